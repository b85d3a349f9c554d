#include "binary.h"

/// base^exponent, wrapping; a negative exponent gives the truncated quotient (0, 1 or -1), or 0 for base 0.
static uint64_t power(int64_t base, int64_t exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? (uint64_t)-1 : 1) : 0;
    uint64_t result = 1, factor = (uint64_t)base;
    for (; exponent > 0; exponent >>= 1, factor *= factor) {
        if (exponent & 1) result *= factor;
    }
    return result;
}

static int64_t quotient(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b; }

static int64_t remainder_c(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static int64_t remainder_floor(int64_t a, int64_t b) {
    int64_t r = remainder_c(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

#define TK_ROW(result, expression)                                                                  \
    for (tk_int i = 0; i < n; i++) {                                                                \
        int64_t p = a[i * sa], q = b[i * sb];                                                       \
        ((result *)call->y)[offset[0] + i] = (result)(expression);                                  \
    }                                                                                               \
    break

#define TK_BINARY_INT(type)                                                                                     \
    static void row_##type(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {      \
        const struct tk_binary_call *call = context;                                                            \
        const type *a = (const type *)call->a + offset[1], *b = (const type *)call->b + offset[2];              \
        tk_int sa = w->stride[1][w->rank - 1], sb = w->stride[2][w->rank - 1];                                  \
        switch (call->op) {                                                                                     \
        case TK_BINARY_ADD: TK_ROW(type, (uint64_t)p + (uint64_t)q);                                            \
        case TK_BINARY_SUB: TK_ROW(type, (uint64_t)p - (uint64_t)q);                                            \
        case TK_BINARY_MUL: TK_ROW(type, (uint64_t)p * (uint64_t)q);                                            \
        case TK_BINARY_DIV: TK_ROW(type, quotient(p, q));                                                       \
        case TK_BINARY_MIN: TK_ROW(type, p < q ? p : q);                                                        \
        case TK_BINARY_MAX: TK_ROW(type, p > q ? p : q);                                                        \
        case TK_BINARY_POW: TK_ROW(type, power(p, q));                                                          \
        case TK_BINARY_MOD: TK_ROW(type, remainder_floor(p, q));                                                \
        case TK_BINARY_FMOD: TK_ROW(type, remainder_c(p, q));                                                   \
        case TK_BINARY_EQ: TK_ROW(uint8_t, p == q);                                                             \
        case TK_BINARY_NE: TK_ROW(uint8_t, p != q);                                                             \
        case TK_BINARY_LT: TK_ROW(uint8_t, p < q);                                                              \
        case TK_BINARY_LE: TK_ROW(uint8_t, p <= q);                                                             \
        case TK_BINARY_GT: TK_ROW(uint8_t, p > q);                                                              \
        case TK_BINARY_GE: TK_ROW(uint8_t, p >= q);                                                             \
        default: break;                                                                                         \
        }                                                                                                       \
    }

TK_BINARY_INT(int32_t)
TK_BINARY_INT(int64_t)

static void row_logic(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    const struct tk_binary_call *call = context;
    const uint8_t *a = (const uint8_t *)call->a + offset[1], *b = (const uint8_t *)call->b + offset[2];
    tk_int sa = w->stride[1][w->rank - 1], sb = w->stride[2][w->rank - 1];
    switch (call->op) {
    case TK_BINARY_EQ: TK_ROW(uint8_t, p == q);
    case TK_BINARY_NE: TK_ROW(uint8_t, p != q);
    case TK_BINARY_AND: TK_ROW(uint8_t, (p != 0) & (q != 0));
    case TK_BINARY_OR: TK_ROW(uint8_t, (p | q) != 0);
    case TK_BINARY_XOR: TK_ROW(uint8_t, (p != 0) ^ (q != 0));
    default: break;
    }
}

tk_row_body tk_binary_int_body(tk_dtype dtype, tk_binary_op op) {
    int logic = op >= TK_BINARY_AND;
    switch (dtype) {
    case TK_I32: return logic ? NULL : row_int32_t;
    case TK_I64: return logic ? NULL : row_int64_t;
    case TK_U8:
    case TK_BOOL: return logic || op == TK_BINARY_EQ || op == TK_BINARY_NE ? row_logic : NULL;
    default: return NULL;
    }
}
