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

tk_status tk_reduce_int(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner) {
    int logic = op == TK_REDUCE_ANY || op == TK_REDUCE_ALL, is_bool = dtype == TK_BOOL || dtype == TK_U8;
    if (op == TK_REDUCE_MEAN || logic != is_bool || !(is_bool || dtype == TK_I64 || dtype == TK_I32))
        return TK_UNSUPPORTED;
    int team = tk_team(outer * n * inner);
    TK_PARALLEL_FOR(team)
    for (tk_int e = 0; e < outer * inner; e++) {
        tk_int at = e / inner * n * inner + e % inner;
        if (is_bool) {
            ((uint8_t *)y)[e] = reduce_bool(op == TK_REDUCE_ALL, (const uint8_t *)x + at, n, inner);
        } else if (dtype == TK_I64) {
            ((int64_t *)y)[e] = reduce_int64_t(op, (const int64_t *)x + at, n, inner);
        } else {
            ((int32_t *)y)[e] = reduce_int32_t(op, (const int32_t *)x + at, n, inner);
        }
    }
    return TK_OK;
}

tk_status tk_arg_reduce_int(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n,
                            tk_int inner) {
    if (dtype != TK_I64 && dtype != TK_I32) return TK_UNSUPPORTED;
    int team = tk_team(outer * n * inner);
    TK_PARALLEL_FOR(team)
    for (tk_int e = 0; e < outer * inner; e++) {
        tk_int at = e / inner * n * inner + e % inner;
        y[e] = dtype == TK_I64 ? arg_int64_t(minimum, (const int64_t *)x + at, n, inner)
                               : arg_int32_t(minimum, (const int32_t *)x + at, n, inner);
    }
    return TK_OK;
}
