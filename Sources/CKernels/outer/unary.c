#include "../isa.h"
#include "../threads.h"

/// Elements of one parallel iteration.
enum { TK_UNARY_BLOCK = 4096 };

tk_int tk_unary_cost(tk_unary_op op) { return op >= TK_UNARY_SIN ? 5000 : op >= TK_UNARY_EXP ? 1000 : 200; }

tk_status tk_unary_f32(tk_unary_op op, const float *x, float *y, tk_int n) {
    if ((unsigned)op >= TK_UNARY_COUNT) return TK_UNSUPPORTED;
    tk_unary_tile tile = tk_isa()->unary[op];
    tk_int blocks = tk_ceil_div(n, TK_UNARY_BLOCK);
    int team = tk_team(n / 1000 * tk_unary_cost(op));
    TK_PARALLEL_FOR(team)
    for (tk_int t = 0; t < blocks; t++) {
        tk_int i = t * TK_UNARY_BLOCK;
        tile(x + i, y + i, tk_min_int(TK_UNARY_BLOCK, n - i));
    }
    return TK_OK;
}

#define TK_UNARY_INT(type, unsigned_type)                                                           \
    static tk_status unary_##type(tk_unary_op op, const type *x, type *y, tk_int n) {               \
        for (tk_int i = 0; i < n; i++) {                                                            \
            unsigned_type v = (unsigned_type)x[i];                                                  \
            switch (op) {                                                                           \
            case TK_UNARY_NEG: y[i] = (type)(0 - v); break;                                         \
            case TK_UNARY_ABS: y[i] = (type)(x[i] < 0 ? 0 - v : v); break;                          \
            case TK_UNARY_SQUARE: y[i] = (type)(v * v); break;                                      \
            case TK_UNARY_SIGN: y[i] = (x[i] > 0) - (x[i] < 0); break;                              \
            case TK_UNARY_RELU: y[i] = x[i] < 0 ? 0 : x[i]; break;                                  \
            default: return TK_UNSUPPORTED;                                                         \
            }                                                                                       \
        }                                                                                           \
        return TK_OK;                                                                               \
    }

TK_UNARY_INT(int32_t, uint32_t)
TK_UNARY_INT(int64_t, uint64_t)

tk_status tk_unary_int(tk_dtype dtype, tk_unary_op op, const void *x, void *y, tk_int n) {
    if ((unsigned)op > TK_UNARY_RELU) return TK_UNSUPPORTED;
    if (dtype == TK_I32) return unary_int32_t(op, x, y, n);
    if (dtype == TK_I64) return unary_int64_t(op, x, y, n);
    return TK_UNSUPPORTED;
}

void tk_is_nan(const float *x, uint8_t *y, tk_int n) {
    for (tk_int i = 0; i < n; i++) y[i] = x[i] != x[i];
}

void tk_not(const uint8_t *x, uint8_t *y, tk_int n) {
    for (tk_int i = 0; i < n; i++) y[i] = x[i] == 0;
}
