#include "CMPI.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(uint64_t), "a request of this MPI does not fit");

/* The job's processes, apart from whatever else in the process speaks MPI. */
static MPI_Comm processes = MPI_COMM_NULL;

static MPI_Request unpack(const cmpi_request *request) {
    MPI_Request value;
    memcpy(&value, &request->handle, sizeof value);
    return value;
}

static void pack(MPI_Request value, cmpi_request *request) {
    request->handle = 0;
    memcpy(&request->handle, &value, sizeof value);
}

int cmpi_start(int *rank, int *ranks) {
    int provided, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (code != MPI_SUCCESS) return code;
    if (provided < MPI_THREAD_FUNNELED) return MPI_ERR_UNSUPPORTED_OPERATION;
    /* Errors come back as codes; MPI's own habit is to end the process. */
    if ((code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN)) != MPI_SUCCESS) return code;
    if ((code = MPI_Comm_dup(MPI_COMM_WORLD, &processes)) != MPI_SUCCESS) return code;
    if ((code = MPI_Comm_set_errhandler(processes, MPI_ERRORS_RETURN)) != MPI_SUCCESS) return code;
    if ((code = MPI_Comm_rank(processes, rank)) != MPI_SUCCESS) return code;
    return MPI_Comm_size(processes, ranks);
}

int cmpi_stop(void) { return MPI_Finalize(); }

void cmpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

int cmpi_send(const void *data, size_t bytes, int rank, int tag, cmpi_request *request) {
    if (bytes > INT_MAX) return MPI_ERR_COUNT;
    MPI_Request value = MPI_REQUEST_NULL;
    int code = MPI_Isend(data, (int)bytes, MPI_BYTE, rank, tag, processes, &value);
    pack(value, request);
    return code;
}

int cmpi_receive(void *data, size_t bytes, int rank, int tag, cmpi_request *request) {
    if (bytes > INT_MAX) return MPI_ERR_COUNT;
    MPI_Request value = MPI_REQUEST_NULL;
    int code = MPI_Irecv(data, (int)bytes, MPI_BYTE, rank, tag, processes, &value);
    pack(value, request);
    return code;
}

int cmpi_test(cmpi_request *request, int *is_done) {
    MPI_Request value = unpack(request);
    int code = MPI_Test(&value, is_done, MPI_STATUS_IGNORE);
    pack(value, request);
    return code;
}

int cmpi_cancel(cmpi_request *request) {
    MPI_Request value = unpack(request);
    if (value == MPI_REQUEST_NULL) return MPI_SUCCESS;
    int code = MPI_Cancel(&value);
    if (code == MPI_SUCCESS) code = MPI_Request_free(&value);
    pack(MPI_REQUEST_NULL, request);
    return code;
}

void cmpi_text(int code, char *text, size_t size) {
    char whole[MPI_MAX_ERROR_STRING] = "unknown error";
    int length;
    if (MPI_Error_string(code, whole, &length) != MPI_SUCCESS) snprintf(whole, sizeof whole, "error %d", code);
    snprintf(text, size, "%s", whole);
}
