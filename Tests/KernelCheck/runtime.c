// In place of Sources/CKernels/runtime.c: a static program loads no OpenMP runtime, and runs kernels on one thread.
#include "../../Sources/CKernels/runtime.h"

#include <stddef.h>

const struct tk_runtime *tk_runtime(void) { return NULL; }
