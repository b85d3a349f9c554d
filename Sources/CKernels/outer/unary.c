#include "../isa.h"

tk_int tk_unary_cost(tk_unary_op op) { return op >= TK_UNARY_SIN ? 5000 : op >= TK_UNARY_EXP ? 1000 : 200; }

tk_status tk_unary_f32(tk_unary_op op, const float *x, float *y, tk_int n) {
    tk_stage stage = {.op = (int)op, .a = x, .a_kind = TK_OPERAND_DENSE, .y = y};
    return tk_elementwise(&stage, 1, 1, n);
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
