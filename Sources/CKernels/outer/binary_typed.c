#include "binary.h"
#include "../isa.h"
#include "typed.h"

#include <math.h>

/// Elements of 16-bit floats that pass through f32 at a time.
enum { TK_HALF_BLOCK = 256 };

static int64_t quotient_signed(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b; }

static uint64_t quotient_unsigned(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }

/// Remainder with the divisor's sign.
static int64_t modulo_signed(int64_t a, int64_t b) {
    int64_t r = b == 0 || b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static uint64_t modulo_unsigned(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; }

/// Remainder with the dividend's sign.
static int64_t remainder_signed(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static double tk_modulo_f64(double a, double b) {
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/// base^exponent, wrapping.
static uint64_t power_unsigned(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base) {
        if (exponent & 1) result *= base;
    }
    return result;
}

/// A negative exponent gives the truncated quotient (0, 1 or -1), or 0 for base 0.
static uint64_t power_signed(int64_t base, int64_t exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? (uint64_t)-1 : 1) : 0;
    return power_unsigned((uint64_t)base, (uint64_t)exponent);
}

/// Left by any number of places: by fewer than none counts as by all.
static uint64_t tk_shift_left(uint64_t a, uint64_t places) { return places > 63 ? 0 : a << places; }

static int64_t right_signed(int64_t a, int64_t places) { return places < 0 || places > 63 ? (a < 0 ? -1 : 0) : a >> places; }

static uint64_t right_unsigned(uint64_t a, uint64_t places) { return places > 63 ? 0 : a >> places; }

#define tk_shift_right(p, q) _Generic((p), uint64_t: right_unsigned, default: right_signed)(p, q)
#define tk_remainder(p, q) _Generic((p), uint64_t: modulo_unsigned, default: remainder_signed)(p, q)
#define tk_quotient(p, q) _Generic((p), uint64_t: quotient_unsigned, default: quotient_signed)(p, q)
#define tk_modulo(p, q) _Generic((p), uint64_t: modulo_unsigned, default: modulo_signed)(p, q)
#define tk_power(p, q) _Generic((p), uint64_t: power_unsigned, default: power_signed)(p, q)

#define TK_ROW row_int8_t
#define TK_TYPE int8_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_uint8_t
#define TK_TYPE uint8_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_int16_t
#define TK_TYPE int16_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_uint16_t
#define TK_TYPE uint16_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_int32_t
#define TK_TYPE int32_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_uint32_t
#define TK_TYPE uint32_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_int64_t
#define TK_TYPE int64_t
#define TK_WIDE int64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_uint64_t
#define TK_TYPE uint64_t
#define TK_WIDE uint64_t
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) integer
#include "../families/typed/binary.inc"

#define TK_ROW row_double
#define TK_TYPE double
#define TK_WIDE double
#define TK_READ(v) (v)
#define TK_CHOOSE(real, integer) real
#include "../families/typed/binary.inc"

/// Truth values: any non-zero byte is 1.
static void row_bool(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    const struct tk_binary_call *call = context;
    const uint8_t *a = (const uint8_t *)call->a + offset[1], *b = (const uint8_t *)call->b + offset[2];
    tk_int sa = w->stride[1][w->rank - 1], sb = w->stride[2][w->rank - 1];
    uint8_t *y = (uint8_t *)call->y + offset[0];
#define TK_LOOP(formula)                                                                            \
    for (tk_int i = 0; i < n; i++) {                                                                \
        int p = a[i * sa] != 0, q = b[i * sb] != 0;                                                 \
        y[i] = (uint8_t)(formula);                                                                  \
    }                                                                                               \
    return
    switch (call->op) {
#define TK_COMPARE(enum, name, relation) case TK_BINARY_##enum: TK_LOOP(relation);
#define TK_LOGIC(enum, name, formula) case TK_BINARY_##enum: TK_LOOP(formula);
#include "../kernels.def"
    default: return;
    }
#undef TK_LOOP
}

static void widen(const struct tk_isa_table *isa, tk_dtype dtype, const uint16_t *x, tk_int stride, tk_int n, float *y) {
    uint16_t gathered[TK_HALF_BLOCK];
    if (stride != 1) {
        for (tk_int i = 0; i < n; i++) gathered[i] = x[i * stride];
        x = gathered;
    }
    (dtype == TK_F16 ? isa->cast_f16_f32 : isa->cast_bf16_f32)(x, y, n);
}

/// 16-bit floats through the f32 tiles.
static void row_half(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    const struct tk_binary_call *call = context;
    const struct tk_isa_table *isa = tk_isa();
    const uint16_t *a = (const uint16_t *)call->a + offset[1], *b = (const uint16_t *)call->b + offset[2];
    tk_int sa = w->stride[1][w->rank - 1], sb = w->stride[2][w->rank - 1];
    float p[TK_HALF_BLOCK], q[TK_HALF_BLOCK];
    for (tk_int i = 0; i < n; i += TK_HALF_BLOCK) {
        tk_int count = tk_min_int(TK_HALF_BLOCK, n - i);
        widen(isa, call->dtype, a + i * sa, sa, count, p);
        widen(isa, call->dtype, b + i * sb, sb, count, q);
        if (tk_is_compare(call->op)) {
            isa->binary[call->op](p, q, (uint8_t *)call->y + offset[0] + i, count, TK_BOTH_ARRAYS);
        } else {
            isa->binary[call->op](p, q, p, count, TK_BOTH_ARRAYS);
            (call->dtype == TK_F16 ? isa->cast_f32_f16 : isa->cast_f32_bf16)(p, (uint16_t *)call->y + offset[0] + i, count);
        }
    }
}

tk_row_body tk_binary_typed_body(tk_dtype dtype, tk_binary_op op) {
    int is_compare = tk_is_compare(op), is_logic = !is_compare && op > TK_BINARY_GE;
    if (dtype == TK_BOOL) return (is_logic && op < TK_BINARY_SHIFT_LEFT) || is_compare ? row_bool : NULL;
    switch (dtype) {
#define TK_CASE(dtype, type, wide) case dtype: return row_##type;
        TK_INTEGER_TYPES(TK_CASE)
    case TK_F64: return is_logic ? NULL : row_double;
    case TK_F16: case TK_BF16: return is_logic ? NULL : row_half;
    default: return NULL;
    }
}
