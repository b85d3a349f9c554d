/// f16 and bf16 as bits. Conversions round to nearest even; a NaN stays a NaN.
#ifndef TK_HALF_H
#define TK_HALF_H

#include "numerics.h"
#include <stdint.h>

static inline __attribute__((always_inline)) float tk_float_of(uint32_t bits) {
    return (union { uint32_t i; float f; }){.i = bits}.f;
}

static inline __attribute__((always_inline)) uint32_t tk_bits_of(float value) {
    return (union { float f; uint32_t i; }){.f = value}.i;
}

static inline __attribute__((always_inline)) float tk_bf16_to_f32(uint16_t h) { return tk_float_of((uint32_t)h << 16); }

static inline __attribute__((always_inline)) uint16_t tk_f32_to_bf16(float value) {
    uint32_t bits = tk_bits_of(value);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    uint32_t nan = (bits >> 16) | 0x40;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

/// Normal numbers move their exponent by a shift and an offset; a subnormal `rest` is rest * 2^-24, the low bits of
/// 0.5.
static inline __attribute__((always_inline)) float tk_f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff;
    uint32_t normal = (rest << 13) + (112u << 23);
    uint32_t special = (rest << 13) | 0x7f800000;
    uint32_t subnormal = tk_bits_of(tk_float_of(rest | 0x3f000000) - 0.5f);
    uint32_t bits = rest >= 0x7c00 ? special : rest < 0x0400 ? subnormal : normal;
    return tk_float_of(sign | bits);
}

/// Adding 0.5 rounds a value below 2^-14 to a multiple of 2^-24, which is f16's subnormal step.
static inline __attribute__((always_inline)) uint16_t tk_f32_to_f16(float value) {
    uint32_t bits = tk_bits_of(value), sign = (bits >> 16) & 0x8000, rest = bits & 0x7fffffff;
    uint32_t normal = (rest - (112u << 23) + 0x0fff + ((rest >> 13) & 1)) >> 13;
    uint32_t subnormal = tk_bits_of(tk_float_of(rest) + 0.5f) - 0x3f000000;
    uint32_t half = rest < 0x38800000 ? subnormal : normal;
    half = rest >= 0x477ff000 ? 0x7c00 : half;
    half = rest > 0x7f800000 ? (0x7e00 | ((rest >> 13) & 0x3ff)) : half;
    return (uint16_t)(sign | half);
}

#endif
