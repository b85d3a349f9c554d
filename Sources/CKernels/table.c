// The kernel table as data, for `tessera kernels`, tests and benchmarks.
#include "CKernels.h"

static const tk_kernel_info kernels[] = {
#define TK_UNARY(enum, name, promise, bound) {"unary." #name, #name, "f32", promise, bound, "vector"},
#define TK_BINARY(enum, name, promise, bound) {"binary." #name, #name, "f32", promise, bound, "vector"},
#define TK_TILE(name, operators, dtypes, promise, bound, parameters) \
    {#name, operators, dtypes, promise, bound, "vector"},
#define TK_SCALAR(name, operators, dtypes, promise, bound) {#name, operators, dtypes, promise, bound, "scalar"},
#include "kernels.def"
};

tk_int tk_kernel_count(void) { return sizeof kernels / sizeof kernels[0]; }

tk_kernel_info tk_kernel_at(tk_int i) {
    if (i < 0 || i >= tk_kernel_count()) return (tk_kernel_info){NULL, NULL, NULL, NULL, NULL, NULL};
    return kernels[i];
}
