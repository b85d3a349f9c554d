#include "walk.h"

struct where_call {
    const uint8_t *cond;
    const void *a, *b;
    void *y;
};

/// Operands are y (dense), cond, a, b.
#define TK_WHERE(type)                                                                                          \
    static void where_##type(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {    \
        const struct where_call *call = context;                                                                \
        const uint8_t *cond = call->cond + offset[1];                                                           \
        const type *a = (const type *)call->a + offset[2], *b = (const type *)call->b + offset[3];              \
        type *y = (type *)call->y + offset[0];                                                                  \
        int last = w->rank - 1;                                                                                 \
        tk_int sc = w->stride[1][last], sa = w->stride[2][last], sb = w->stride[3][last];                       \
        for (tk_int i = 0; i < n; i++) y[i] = cond[i * sc] ? a[i * sa] : b[i * sb];                             \
    }

TK_WHERE(uint8_t)
TK_WHERE(uint16_t)
TK_WHERE(uint32_t)
TK_WHERE(uint64_t)

tk_status tk_where(tk_int element_size, int rank, const tk_int *shape, const uint8_t *cond, const tk_int *cond_strides,
                   const void *a, const tk_int *a_strides, const void *b, const tk_int *b_strides, void *y) {
    tk_row_body body = element_size == 1   ? where_uint8_t
                       : element_size == 2 ? where_uint16_t
                       : element_size == 4 ? where_uint32_t
                       : element_size == 8 ? where_uint64_t
                                           : NULL;
    if (!body) return TK_UNSUPPORTED;
    struct tk_walk walk;
    const tk_int *const strides[] = {NULL, cond_strides, a_strides, b_strides};
    tk_status status = tk_walk_init(&walk, rank, shape, 4, strides);
    if (status != TK_OK) return status;
    struct where_call call = {cond, a, b, y};
    tk_walk_run(&walk, 600, body, &call);
    return TK_OK;
}
