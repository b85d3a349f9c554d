#include "reduce.h"

/// acc = op(acc, v) over column i of a [n, inner] block.
#define TK_FOLD(start, step)                                                                        \
    acc = start;                                                                                    \
    for (tk_int r = 0; r < n; r++) {                                                                \
        int64_t v = x[r * inner];                                                                   \
        step;                                                                                       \
    }                                                                                               \
    break

#define TK_REDUCE_INT(type, lowest, highest)                                                                    \
    static type reduce_##type(tk_reduce_op op, const type *x, tk_int n, tk_int inner) {                         \
        int64_t acc = 0;                                                                                        \
        switch (op) {                                                                                           \
        case TK_REDUCE_MAX: TK_FOLD(lowest, acc = v > acc ? v : acc);                                           \
        case TK_REDUCE_MIN: TK_FOLD(highest, acc = v < acc ? v : acc);                                          \
        case TK_REDUCE_PROD: TK_FOLD(1, acc = (int64_t)((uint64_t)acc * (uint64_t)v));                          \
        default: TK_FOLD(0, acc = (int64_t)((uint64_t)acc + (uint64_t)v));                                      \
        }                                                                                                       \
        return (type)acc;                                                                                       \
    }                                                                                                           \
    static int64_t arg_##type(int minimum, const type *x, tk_int n, tk_int inner) {                             \
        int64_t best = 0;                                                                                       \
        for (tk_int r = 1; r < n; r++) {                                                                        \
            type v = x[r * inner], now = x[best * inner];                                                       \
            if (minimum ? v < now : v > now) best = r;                                                          \
        }                                                                                                       \
        return best;                                                                                            \
    }

TK_REDUCE_INT(int32_t, INT32_MIN, INT32_MAX)
TK_REDUCE_INT(int64_t, INT64_MIN, INT64_MAX)

/// Whether any (or, with `all`, every) byte of the column is non-zero.
static uint8_t reduce_bool(int all, const uint8_t *x, tk_int n, tk_int inner) {
    for (tk_int r = 0; r < n; r++) {
        if ((x[r * inner] != 0) != all) return !all;
    }
    return (uint8_t)all;
}

struct reduce_int_call {
    tk_dtype dtype;
    tk_reduce_op op;
    int minimum;
    const void *x;
    void *y;
    tk_int n, inner;
};

/// Results first ..< last.
static void reduce_elements(const void *context, tk_int first, tk_int last) {
    const struct reduce_int_call *c = context;
    for (tk_int e = first; e < last; e++) {
        tk_int at = e / c->inner * c->n * c->inner + e % c->inner;
        if (c->dtype == TK_I64) {
            ((int64_t *)c->y)[e] = reduce_int64_t(c->op, (const int64_t *)c->x + at, c->n, c->inner);
        } else if (c->dtype == TK_I32) {
            ((int32_t *)c->y)[e] = reduce_int32_t(c->op, (const int32_t *)c->x + at, c->n, c->inner);
        } else {
            ((uint8_t *)c->y)[e] = reduce_bool(c->op == TK_REDUCE_ALL, (const uint8_t *)c->x + at, c->n, c->inner);
        }
    }
}

static void arg_elements(const void *context, tk_int first, tk_int last) {
    const struct reduce_int_call *c = context;
    for (tk_int e = first; e < last; e++) {
        tk_int at = e / c->inner * c->n * c->inner + e % c->inner;
        ((int64_t *)c->y)[e] = c->dtype == TK_I64 ? arg_int64_t(c->minimum, (const int64_t *)c->x + at, c->n, c->inner)
                                                  : arg_int32_t(c->minimum, (const int32_t *)c->x + at, c->n, c->inner);
    }
}

tk_status tk_reduce_int(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner) {
    int logic = op == TK_REDUCE_ANY || op == TK_REDUCE_ALL, is_bool = dtype == TK_BOOL || dtype == TK_U8;
    if (op == TK_REDUCE_MEAN || logic != is_bool || !(is_bool || dtype == TK_I64 || dtype == TK_I32))
        return TK_UNSUPPORTED;
    struct reduce_int_call call = {.dtype = dtype, .op = op, .x = x, .y = y, .n = n, .inner = inner};
    tk_run_loop(tk_team(outer * n * inner), outer * inner, reduce_elements, &call);
    return TK_OK;
}

tk_status tk_arg_reduce_int(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n,
                            tk_int inner) {
    if (dtype != TK_I64 && dtype != TK_I32) return TK_UNSUPPORTED;
    struct reduce_int_call call = {.dtype = dtype, .minimum = minimum, .x = x, .y = y, .n = n, .inner = inner};
    tk_run_loop(tk_team(outer * n * inner), outer * inner, arg_elements, &call);
    return TK_OK;
}
