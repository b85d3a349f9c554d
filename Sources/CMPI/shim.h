#ifndef TESSERA_CMPI_H
#define TESSERA_CMPI_H

// Messages between the processes of an MPI job. What Swift cannot see of MPI's header, macros and types that differ between
// implementations, is behind functions. Each gives 0 or an error code (cmpi_text), and none ends the process. All are
// called by one thread, the one that called cmpi_start.

#include <limits.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/// The processes of a job: an MPI_Comm.
typedef struct {
    uint64_t handle;
} cmpi_job;

/// A message on its way: an MPI_Request.
typedef struct {
    uint64_t handle;
} cmpi_request;

_Static_assert(sizeof(MPI_Request) <= sizeof(uint64_t), "a request of this MPI does not fit");
_Static_assert(sizeof(MPI_Comm) <= sizeof(uint64_t), "a communicator of this MPI does not fit");

static inline MPI_Comm cmpi_communicator(cmpi_job job) {
    MPI_Comm value;
    memcpy(&value, &job.handle, sizeof value);
    return value;
}

static inline MPI_Request cmpi_unpack(const cmpi_request *request) {
    MPI_Request value;
    memcpy(&value, &request->handle, sizeof value);
    return value;
}

static inline void cmpi_pack(MPI_Request value, cmpi_request *request) {
    request->handle = 0;
    memcpy(&request->handle, &value, sizeof value);
}

/// Joins the job. `rank` is the number of this process among `size`, from 0.
static inline int cmpi_start(cmpi_job *job, int *rank, int *size) {
    int provided, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (code != MPI_SUCCESS) return code;
    if (provided < MPI_THREAD_FUNNELED) return MPI_ERR_OTHER;
    // Errors come back as codes; MPI's own habit is to end the process. Messages of others in this process stay apart.
    if ((code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN)) != MPI_SUCCESS) return code;
    MPI_Comm processes;
    if ((code = MPI_Comm_dup(MPI_COMM_WORLD, &processes)) != MPI_SUCCESS) return code;
    if ((code = MPI_Comm_set_errhandler(processes, MPI_ERRORS_RETURN)) != MPI_SUCCESS) return code;
    job->handle = 0;
    memcpy(&job->handle, &processes, sizeof processes);
    if ((code = MPI_Comm_rank(processes, rank)) != MPI_SUCCESS) return code;
    return MPI_Comm_size(processes, size);
}

/// Leaves the job; all processes must.
static inline int cmpi_stop(void) { return MPI_Finalize(); }

/// Begins to send `bytes` at `data` to process `rank`; they stay as they are until the request is done.
static inline int cmpi_send(cmpi_job job, const void *data, size_t bytes, int rank, int tag, cmpi_request *request) {
    if (bytes > INT_MAX) return MPI_ERR_COUNT;
    MPI_Request value = MPI_REQUEST_NULL;
    int code = MPI_Isend(data, (int)bytes, MPI_BYTE, rank, tag, cmpi_communicator(job), &value);
    cmpi_pack(value, request);
    return code;
}

/// Begins to receive a message of process `rank` with `tag`, of `bytes` at most.
static inline int cmpi_receive(cmpi_job job, void *data, size_t bytes, int rank, int tag, cmpi_request *request) {
    if (bytes > INT_MAX) return MPI_ERR_COUNT;
    MPI_Request value = MPI_REQUEST_NULL;
    int code = MPI_Irecv(data, (int)bytes, MPI_BYTE, rank, tag, cmpi_communicator(job), &value);
    cmpi_pack(value, request);
    return code;
}

/// Whether the message has left or has arrived; the request is then spent. Makes messages go on.
static inline int cmpi_test(cmpi_request *request, int *is_done) {
    MPI_Request value = cmpi_unpack(request);
    int code = MPI_Test(&value, is_done, MPI_STATUS_IGNORE);
    cmpi_pack(value, request);
    return code;
}

/// Gives up a message that is awaited.
static inline int cmpi_cancel(cmpi_request *request) {
    MPI_Request value = cmpi_unpack(request);
    if (value == MPI_REQUEST_NULL) return MPI_SUCCESS;
    int code = MPI_Cancel(&value);
    if (code == MPI_SUCCESS) code = MPI_Request_free(&value);
    cmpi_pack(MPI_REQUEST_NULL, request);
    return code;
}

/// What error `code` means, at most `size` bytes with the 0 at the end.
static inline void cmpi_text(int code, char *text, size_t size) {
    char whole[MPI_MAX_ERROR_STRING];
    int length;
    if (MPI_Error_string(code, whole, &length) == MPI_SUCCESS) {
        snprintf(text, size, "%s", whole);
    } else {
        snprintf(text, size, "error %d", code);
    }
}

#endif
