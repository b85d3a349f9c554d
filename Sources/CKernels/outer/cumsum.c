#include "../threads.h"

/// One column of a [n, inner] block, from `first` on in steps of `step` rows.
#define TK_CUMSUM(type, accumulator)                                                                            \
    static void cumsum_##type(const type *x, type *y, tk_int n, tk_int first, tk_int step, int exclusive) {     \
        accumulator sum = 0;                                                                                    \
        for (tk_int r = 0, at = first; r < n; r++, at += step) {                                                \
            accumulator before = sum;                                                                           \
            sum += (accumulator)x[at];                                                                          \
            y[at] = (type)(exclusive ? before : sum);                                                           \
        }                                                                                                       \
    }

TK_CUMSUM(float, float)
TK_CUMSUM(int32_t, uint32_t)
TK_CUMSUM(int64_t, uint64_t)

struct cumsum_call {
    tk_dtype dtype;
    const void *x;
    void *y;
    tk_int n, inner, first, step;
    int exclusive;
};

/// Columns begin ..< end.
static void sum_columns(const void *context, tk_int begin, tk_int end) {
    const struct cumsum_call *c = context;
    for (tk_int e = begin; e < end; e++) {
        tk_int at = e / c->inner * c->n * c->inner + e % c->inner;
        switch (c->dtype) {
        case TK_F32: cumsum_float((const float *)c->x + at, (float *)c->y + at, c->n, c->first, c->step, c->exclusive); break;
        case TK_I32: cumsum_int32_t((const int32_t *)c->x + at, (int32_t *)c->y + at, c->n, c->first, c->step, c->exclusive); break;
        default: cumsum_int64_t((const int64_t *)c->x + at, (int64_t *)c->y + at, c->n, c->first, c->step, c->exclusive); break;
        }
    }
}

tk_status tk_cumsum(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                    int reverse) {
    if (dtype != TK_F32 && dtype != TK_I32 && dtype != TK_I64) return TK_UNSUPPORTED;
    if (outer < 0 || n < 0 || inner < 0) return TK_BAD_ARGUMENT;
    tk_int first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
    struct cumsum_call call = {dtype, x, y, n, inner, first, step, exclusive};
    tk_run_loop(tk_team(outer * n * inner * 2), outer * inner, sum_columns, &call);
    return TK_OK;
}
