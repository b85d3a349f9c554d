// The kernel table as data, for `tessera kernels`, tests and benchmarks.
#include "CKernels.h"

#define INTEGERS "i8 u8 i16 u16 i32 u32 i64 u64"
#define NUMBERS "f32 f64 f16 bf16 " INTEGERS

static const tk_kernel_info kernels[] = {
#define TK_UNARY(enum, name, promise, bound, formula) {"unary." #name, #name, "f32 f64 f16 bf16", promise, bound, "vector"},
#define TK_UNARY_PLAIN(enum, name, promise, bound, formula) {"unary." #name, #name, "f32 f64 f16 bf16", promise, bound, "scalar"},
#define TK_BINARY(enum, name, promise, bound, real, integer) {"binary." #name, #name, NUMBERS, promise, bound, "vector"},
#define TK_COMPARE(enum, name, relation) {"binary." #name, #name, NUMBERS " bool", "exact", "", "vector"},
#define TK_LOGIC(enum, name, formula) {"binary." #name, #name, INTEGERS " bool", "exact", "", "scalar"},
#define TK_BITS(enum, name, formula) {"binary." #name, #name, INTEGERS, "exact", "", "scalar"},
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
