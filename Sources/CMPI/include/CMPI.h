#ifndef TESSERA_CMPI_H
#define TESSERA_CMPI_H

#include <stddef.h>
#include <stdint.h>

/// Messages between the processes of an MPI job. Every function gives 0 or an error code of MPI (``cmpi_text``) and none ends the process but
/// ``cmpi_abort``. All are called by one thread, the one that called ``cmpi_start``.

/// A message on its way: MPI_Request, whose type differs between implementations of MPI.
typedef struct {
    uint64_t handle;
} cmpi_request;

/// Joins the job. `rank` is the number of this process among `ranks`, from 0.
int cmpi_start(int *rank, int *ranks);

/// Leaves the job; all processes must.
int cmpi_stop(void);

/// Ends all processes of the job, this one with exit code `code`.
void cmpi_abort(int code);

/// Begins to send `bytes` at `data` to process `rank`; they must stay as they are until the request is done.
int cmpi_send(const void *data, size_t bytes, int rank, int tag, cmpi_request *request);

/// Begins to receive a message of process `rank` with `tag`, of `bytes` at most.
int cmpi_receive(void *data, size_t bytes, int rank, int tag, cmpi_request *request);

/// Whether the message has been sent or has arrived; the request is then spent. Makes messages go on.
int cmpi_test(cmpi_request *request, int *is_done);

/// Gives up a message that is awaited.
int cmpi_cancel(cmpi_request *request);

/// What error `code` means, at most `size` bytes with the 0 at the end.
void cmpi_text(int code, char *text, size_t size);

#endif
