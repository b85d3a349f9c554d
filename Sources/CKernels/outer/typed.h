/// What kernels that exist for every element type share.
#ifndef TK_TYPED_H
#define TK_TYPED_H

#include "../half.h"
#include "../threads.h"

// Formulas give the bits of the reference on machines with fused multiply-add too.
#pragma STDC FP_CONTRACT OFF

/// X(dtype, type, wide) for the integer types; `wide` holds every value in 64 bits.
#define TK_INTEGER_TYPES(X)                                                                         \
    X(TK_I8, int8_t, int64_t) X(TK_U8, uint8_t, int64_t) X(TK_I16, int16_t, int64_t)                \
    X(TK_U16, uint16_t, int64_t) X(TK_I32, int32_t, int64_t) X(TK_U32, uint32_t, int64_t)           \
    X(TK_I64, int64_t, int64_t) X(TK_U64, uint64_t, uint64_t)

/// Bytes of one element; 0 for what is no type.
static inline tk_int tk_width(tk_dtype type) {
    switch (type) {
    case TK_I8: case TK_U8: case TK_BOOL: return 1;
    case TK_F16: case TK_BF16: case TK_I16: case TK_U16: return 2;
    case TK_F32: case TK_I32: case TK_U32: return 4;
    case TK_F64: case TK_I64: case TK_U64: return 8;
    }
    return 0;
}

static inline int tk_is_half(tk_dtype type) { return type == TK_F16 || type == TK_BF16; }

static inline int tk_nan_f32(float v) { return v != v; }
static inline int tk_nan_f64(double v) { return v != v; }
static inline int tk_nan_none(uint64_t v) { return (void)v, 0; }
#define TK_IS_NAN(v) _Generic((v), float: tk_nan_f32, double: tk_nan_f64, default: tk_nan_none)(v)

/// Handles items begin ..< end.
typedef void (*tk_range_body)(const void *context, tk_int begin, tk_int end);

/// Spreads `count` items over the team in runs of `grain`; `work` is nanoseconds in all, roughly.
void tk_run_ranges(tk_int work, tk_int count, tk_int grain, tk_range_body body, const void *context);

#endif
