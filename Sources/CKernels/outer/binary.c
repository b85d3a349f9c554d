#include "binary.h"
#include "../isa.h"

/// Elements gathered at a time from operands that no vector path reads in place.
enum { TK_GATHER_BLOCK = 256 };

static void *result_at(const struct tk_binary_call *call, tk_int i) {
    return tk_is_compare(call->op) ? (void *)((uint8_t *)call->y + i) : (void *)((float *)call->y + i);
}

static const float *gather(const float *x, tk_int stride, tk_int n, float *buffer) {
    if (stride == 1) return x;
    for (tk_int i = 0; i < n; i++) buffer[i] = x[i * stride];
    return buffer;
}

/// Operands are y (dense), a, b.
static void binary_row(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    const struct tk_binary_call *call = context;
    tk_binary_tile tile = tk_isa()->binary[call->op];
    const float *a = (const float *)call->a + offset[1], *b = (const float *)call->b + offset[2];
    tk_int sa = w->stride[1][w->rank - 1], sb = w->stride[2][w->rank - 1];
    if (sa == 1 && sb == 1) {
        tile(a, b, result_at(call, offset[0]), n, TK_BOTH_ARRAYS);
    } else if (sa == 0 && sb == 1) {
        tile(a, b, result_at(call, offset[0]), n, TK_SCALAR_A);
    } else if (sa == 1 && sb == 0) {
        tile(a, b, result_at(call, offset[0]), n, TK_SCALAR_B);
    } else {
        float buffer_a[TK_GATHER_BLOCK], buffer_b[TK_GATHER_BLOCK];
        for (tk_int i = 0; i < n; i += TK_GATHER_BLOCK) {
            tk_int count = tk_min_int(TK_GATHER_BLOCK, n - i);
            tile(gather(a + i * sa, sa, count, buffer_a), gather(b + i * sb, sb, count, buffer_b),
                 result_at(call, offset[0] + i), count, TK_BOTH_ARRAYS);
        }
    }
}

tk_status tk_binary(tk_dtype dtype, tk_binary_op op, int rank, const tk_int *shape, const void *a,
                    const tk_int *a_strides, const void *b, const tk_int *b_strides, void *y) {
    if ((unsigned)op >= TK_BINARY_COUNT) return TK_UNSUPPORTED;
    tk_row_body body = dtype != TK_F32 ? tk_binary_typed_body(dtype, op) : tk_isa()->binary[op] ? binary_row : NULL;
    if (!body) return TK_UNSUPPORTED;
    struct tk_walk walk;
    const tk_int *const strides[] = {NULL, a_strides, b_strides};
    tk_status status = tk_walk_init(&walk, rank, shape, 3, strides);
    if (status != TK_OK) return status;
    struct tk_binary_call call = {dtype, op, a, b, y};
    tk_walk_run(&walk, tk_binary_cost(op), body, &call);
    return TK_OK;
}
