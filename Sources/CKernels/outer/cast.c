#include "../half.h"
#include "../isa.h"
#include "walk.h"

#include <math.h>
#include <string.h>

/// Elements of one parallel iteration, and of the buffer through which 16-bit floats pass.
enum { TK_CAST_BLOCK = 4096, TK_CAST_BUFFER = 256 };

/// Truncates and saturates; NaN gives 0. `above` is the first power of two beyond the type.
#define TK_SATURATE(type, below, above, low, high)                                                              \
    static inline type to_##type(double v) {                                                                    \
        return v != v ? 0 : v <= below ? low : v >= above ? high : (type)v;                                     \
    }

TK_SATURATE(int8_t, -0x1p7, 0x1p7, INT8_MIN, INT8_MAX)
TK_SATURATE(uint8_t, 0.0, 0x1p8, 0, UINT8_MAX)
TK_SATURATE(int16_t, -0x1p15, 0x1p15, INT16_MIN, INT16_MAX)
TK_SATURATE(uint16_t, 0.0, 0x1p16, 0, UINT16_MAX)
TK_SATURATE(int32_t, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX)
TK_SATURATE(uint32_t, 0.0, 0x1p32, 0, UINT32_MAX)
TK_SATURATE(int64_t, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)
TK_SATURATE(uint64_t, 0.0, 0x1p64, 0, UINT64_MAX)

/// To f32 with inexact results made odd, so that rounding again to 16 bits rounds only once.
static inline float to_odd(double v) {
    float f = (float)v;
    if (v != v || (double)f == v || (tk_bits_of(f) & 1)) return f;
    return tk_float_of(tk_bits_of(f) + (fabs((double)f) > fabs(v) ? -1u : 1u));
}

/// An integer as a double whose inexact value is odd: bits below the last one that is kept are joined into it.
static inline double odd_u64(uint64_t v) { return (double)(v >> 53 ? (v & ~(uint64_t)0x7ff) | (((v & 0x7ff) != 0) << 11) : v); }
static inline double odd_i64(int64_t v) { return v < 0 ? -odd_u64(0 - (uint64_t)v) : odd_u64((uint64_t)v); }
static inline double odd_i32(int64_t v) { return (double)v; }
#define TK_ODD(v) _Generic((v), int64_t: odd_i64, uint64_t: odd_u64, default: odd_i32)(v)

#define TK_CAST_LOOP(destination, expression)                                                       \
    {                                                                                               \
        destination *y = out;                                                                       \
        for (tk_int i = 0; i < n; i++) y[i] = expression;                                           \
    }                                                                                               \
    break

#define TK_CAST_FROM_FLOAT(type)                                                                    \
    static void from_##type(tk_dtype to, const type *x, void *out, tk_int n) {                      \
        switch (to) {                                                                               \
        case TK_F32: TK_CAST_LOOP(float, (float)x[i]);                                              \
        case TK_F16: TK_CAST_LOOP(uint16_t, tk_f32_to_f16(to_odd(x[i])));                           \
        case TK_BF16: TK_CAST_LOOP(uint16_t, tk_f32_to_bf16(to_odd(x[i])));                         \
        case TK_F64: TK_CAST_LOOP(double, x[i]);                                                    \
        case TK_I8: TK_CAST_LOOP(int8_t, to_int8_t(x[i]));                                          \
        case TK_U8: TK_CAST_LOOP(uint8_t, to_uint8_t(x[i]));                                        \
        case TK_I16: TK_CAST_LOOP(int16_t, to_int16_t(x[i]));                                       \
        case TK_U16: TK_CAST_LOOP(uint16_t, to_uint16_t(x[i]));                                     \
        case TK_I32: TK_CAST_LOOP(int32_t, to_int32_t(x[i]));                                       \
        case TK_U32: TK_CAST_LOOP(uint32_t, to_uint32_t(x[i]));                                     \
        case TK_I64: TK_CAST_LOOP(int64_t, to_int64_t(x[i]));                                       \
        case TK_U64: TK_CAST_LOOP(uint64_t, to_uint64_t(x[i]));                                     \
        case TK_BOOL: TK_CAST_LOOP(uint8_t, x[i] != 0);                                             \
        }                                                                                           \
    }

#define TK_CAST_FROM_INT(type)                                                                      \
    static void from_##type(tk_dtype to, const type *x, void *out, tk_int n) {                      \
        switch (to) {                                                                               \
        case TK_F32: TK_CAST_LOOP(float, (float)x[i]);                                              \
        case TK_F16: TK_CAST_LOOP(uint16_t, tk_f32_to_f16(to_odd(TK_ODD(x[i]))));                   \
        case TK_BF16: TK_CAST_LOOP(uint16_t, tk_f32_to_bf16(to_odd(TK_ODD(x[i]))));                 \
        case TK_F64: TK_CAST_LOOP(double, (double)x[i]);                                            \
        case TK_I8:                                                                                 \
        case TK_U8: TK_CAST_LOOP(uint8_t, (uint8_t)x[i]);                                           \
        case TK_I16:                                                                                \
        case TK_U16: TK_CAST_LOOP(uint16_t, (uint16_t)x[i]);                                        \
        case TK_I32:                                                                                \
        case TK_U32: TK_CAST_LOOP(uint32_t, (uint32_t)x[i]);                                        \
        case TK_I64:                                                                                \
        case TK_U64: TK_CAST_LOOP(uint64_t, (uint64_t)x[i]);                                        \
        case TK_BOOL: TK_CAST_LOOP(uint8_t, x[i] != 0);                                             \
        }                                                                                           \
    }

TK_CAST_FROM_FLOAT(float)
TK_CAST_FROM_FLOAT(double)
TK_CAST_FROM_INT(int8_t)
TK_CAST_FROM_INT(uint8_t)
TK_CAST_FROM_INT(int16_t)
TK_CAST_FROM_INT(uint16_t)
TK_CAST_FROM_INT(int32_t)
TK_CAST_FROM_INT(uint32_t)
TK_CAST_FROM_INT(int64_t)
TK_CAST_FROM_INT(uint64_t)

static tk_int width(tk_dtype type) {
    switch (type) {
    case TK_I8: case TK_U8: case TK_BOOL: return 1;
    case TK_F16: case TK_BF16: case TK_I16: case TK_U16: return 2;
    case TK_F32: case TK_I32: case TK_U32: return 4;
    default: return 8;
    }
}

typedef void (*widen_tile)(const uint16_t *x, float *y, tk_int n);

static void from_half(widen_tile widen, tk_dtype to, const uint16_t *x, void *out, tk_int n) {
    float buffer[TK_CAST_BUFFER];
    for (tk_int i = 0; i < n; i += TK_CAST_BUFFER) {
        tk_int count = tk_min_int(TK_CAST_BUFFER, n - i);
        widen(x + i, buffer, count);
        from_float(to, buffer, (char *)out + i * width(to), count);
    }
}

/// Bool bytes are read as 0 or 1 whatever non-zero value they hold.
static void from_bool(tk_dtype to, const uint8_t *x, void *out, tk_int n) {
    uint8_t buffer[TK_CAST_BUFFER];
    for (tk_int i = 0; i < n; i += TK_CAST_BUFFER) {
        tk_int count = tk_min_int(TK_CAST_BUFFER, n - i);
        for (tk_int j = 0; j < count; j++) buffer[j] = x[i + j] != 0;
        from_uint8_t(to, buffer, (char *)out + i * width(to), count);
    }
}

static void cast_block(tk_dtype from, tk_dtype to, const void *x, void *y, tk_int n) {
    const struct tk_isa_table *isa = tk_isa();
    if (from == TK_F32 && to == TK_F16) {
        isa->cast_f32_f16(x, y, n);
        return;
    }
    if (from == TK_F32 && to == TK_BF16) {
        isa->cast_f32_bf16(x, y, n);
        return;
    }
    switch (from) {
    case TK_F32: from_float(to, x, y, n); break;
    case TK_F16: to == TK_F32 ? isa->cast_f16_f32(x, y, n) : from_half(isa->cast_f16_f32, to, x, y, n); break;
    case TK_BF16: to == TK_F32 ? isa->cast_bf16_f32(x, y, n) : from_half(isa->cast_bf16_f32, to, x, y, n); break;
    case TK_F64: from_double(to, x, y, n); break;
    case TK_I8: from_int8_t(to, x, y, n); break;
    case TK_U8: from_uint8_t(to, x, y, n); break;
    case TK_I16: from_int16_t(to, x, y, n); break;
    case TK_U16: from_uint16_t(to, x, y, n); break;
    case TK_I32: from_int32_t(to, x, y, n); break;
    case TK_U32: from_uint32_t(to, x, y, n); break;
    case TK_I64: from_int64_t(to, x, y, n); break;
    case TK_U64: from_uint64_t(to, x, y, n); break;
    case TK_BOOL: from_bool(to, x, y, n); break;
    }
}

struct cast_call {
    tk_dtype from, to;
    const char *x;
    char *y;
    tk_int n;
};

static void cast_blocks(const void *context, tk_int first, tk_int last) {
    const struct cast_call *call = context;
    for (tk_int i = first * TK_CAST_BLOCK; i < tk_min_int(last * TK_CAST_BLOCK, call->n); i += TK_CAST_BLOCK) {
        cast_block(call->from, call->to, call->x + i * width(call->from), call->y + i * width(call->to),
                   tk_min_int(TK_CAST_BLOCK, call->n - i));
    }
}

tk_status tk_cast(tk_dtype from, tk_dtype to, const void *x, void *y, tk_int n) {
    if ((unsigned)from > TK_BOOL || (unsigned)to > TK_BOOL) return TK_UNSUPPORTED;
    if (n < 0) return TK_BAD_ARGUMENT;
    if (from == to && from != TK_BOOL) {
        if (n > 0) memmove(y, x, (size_t)(n * width(from)));
        return TK_OK;
    }
    struct cast_call call = {from, to, x, y, n};
    tk_run_loop(tk_team(n), tk_ceil_div(n, TK_CAST_BLOCK), cast_blocks, &call);
    return TK_OK;
}

/// Operands are y (dense), x.
static void cast_row(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    (void)w;
    const struct cast_call *call = context;
    cast_block(call->from, call->to, call->x + offset[1] * width(call->from), call->y + offset[0] * width(call->to), n);
}

tk_status tk_cast_rows(tk_dtype from, tk_dtype to, int rank, const tk_int *shape, const void *x, const tk_int *x_strides,
                          void *y) {
    if ((unsigned)from > TK_BOOL || (unsigned)to > TK_BOOL || (from == to && from != TK_BOOL)) return TK_UNSUPPORTED;
    struct tk_walk walk;
    const tk_int *const strides[] = {NULL, x_strides};
    tk_status status = tk_walk_init(&walk, rank, shape, 2, strides);
    if (status != TK_OK) return status;
    if (walk.stride[1][walk.rank - 1] != 1 && tk_walk_count(&walk) > 0) return TK_UNSUPPORTED;
    struct cast_call call = {.from = from, .to = to, .x = x, .y = y};
    tk_walk_run(&walk, 1000, cast_row, &call);
    return TK_OK;
}
