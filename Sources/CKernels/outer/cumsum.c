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

tk_status tk_cumsum(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                    int reverse) {
    if (dtype != TK_F32 && dtype != TK_I32 && dtype != TK_I64) return TK_UNSUPPORTED;
    if (outer < 0 || n < 0 || inner < 0) return TK_BAD_ARGUMENT;
    tk_int first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
    int team = tk_team(outer * n * inner * 2);
    TK_PARALLEL_FOR(team)
    for (tk_int e = 0; e < outer * inner; e++) {
        tk_int at = e / inner * n * inner + e % inner;
        switch (dtype) {
        case TK_F32: cumsum_float((const float *)x + at, (float *)y + at, n, first, step, exclusive); break;
        case TK_I32: cumsum_int32_t((const int32_t *)x + at, (int32_t *)y + at, n, first, step, exclusive); break;
        default: cumsum_int64_t((const int64_t *)x + at, (int64_t *)y + at, n, first, step, exclusive); break;
        }
    }
    return TK_OK;
}
