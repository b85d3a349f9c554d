// Unary operators by the formulas of kernels.def: f64, f32 where there is no tile, and 16-bit floats through f32.
#include "../isa.h"
#include "typed.h"

#include <tgmath.h>

/// Elements of one task, and of the buffer through which 16-bit floats pass.
enum { TK_UNARY_BLOCK = 4096, TK_UNARY_BUFFER = 512 };

#define TK_UNARY(enum, name, promise, bound, formula)                                               \
    static void f64_##name(const double *in, double *out, tk_int n) {                               \
        for (tk_int i = 0; i < n; i++) {                                                            \
            double x = in[i];                                                                       \
            out[i] = formula;                                                                       \
        }                                                                                           \
    }
#include "../kernels.def"

#define TK_UNARY_PLAIN(enum, name, promise, bound, formula)                                         \
    void tk_plain_##name(const float *in, float *out, tk_int n) {                                   \
        for (tk_int i = 0; i < n; i++) {                                                            \
            float x = in[i];                                                                        \
            out[i] = (float)(formula);                                                              \
        }                                                                                           \
    }
#include "../kernels.def"

static void (*const f64[TK_UNARY_COUNT])(const double *in, double *out, tk_int n) = {
#define TK_UNARY(enum, name, promise, bound, formula) [TK_UNARY_##enum] = f64_##name,
#include "../kernels.def"
};

struct unary_call {
    tk_dtype dtype;
    tk_unary_op op;
    const void *x;
    void *y;
};

static void run_f64(const void *context, tk_int begin, tk_int end) {
    const struct unary_call *call = context;
    f64[call->op]((const double *)call->x + begin, (double *)call->y + begin, end - begin);
}

static void run_half(const void *context, tk_int begin, tk_int end) {
    const struct unary_call *call = context;
    const struct tk_isa_table *isa = tk_isa();
    int is_f16 = call->dtype == TK_F16;
    float buffer[TK_UNARY_BUFFER];
    for (tk_int i = begin; i < end; i += TK_UNARY_BUFFER) {
        tk_int n = tk_min_int(TK_UNARY_BUFFER, end - i);
        (is_f16 ? isa->cast_f16_f32 : isa->cast_bf16_f32)((const uint16_t *)call->x + i, buffer, n);
        isa->unary[call->op](buffer, buffer, n);
        (is_f16 ? isa->cast_f32_f16 : isa->cast_f32_bf16)(buffer, (uint16_t *)call->y + i, n);
    }
}

tk_status tk_unary(tk_dtype dtype, tk_unary_op op, const void *x, void *y, tk_int n) {
    if ((unsigned)op >= TK_UNARY_COUNT || dtype > TK_F64) return TK_UNSUPPORTED;
    if (n < 0) return TK_BAD_ARGUMENT;
    if (dtype == TK_F32) return tk_unary_f32(op, x, y, n);
    struct unary_call call = {dtype, op, x, y};
    tk_int cost = tk_unary_cost(op) * (dtype == TK_F64 ? 10 : 2);
    tk_run_ranges(n / 1000 * cost, n, TK_UNARY_BLOCK, dtype == TK_F64 ? run_f64 : run_half, &call);
    return TK_OK;
}

struct nan_call {
    tk_dtype dtype;
    const void *x;
    uint8_t *y;
};

static void run_is_nan(const void *context, tk_int begin, tk_int end) {
    const struct nan_call *call = context;
    const float *f = call->x;
    const double *d = call->x;
    const uint16_t *h = call->x;
    // What is left of the bits of a 16-bit infinity is below those of a NaN.
    uint16_t infinity = call->dtype == TK_F16 ? 0x7c00 : 0x7f80;
    for (tk_int i = begin; i < end; i++) {
        call->y[i] = call->dtype == TK_F32 ? f[i] != f[i] : call->dtype == TK_F64 ? d[i] != d[i] : (h[i] & 0x7fff) > infinity;
    }
}

tk_status tk_is_nan(tk_dtype dtype, const void *x, uint8_t *y, tk_int n) {
    if (dtype > TK_F64) return TK_UNSUPPORTED;
    if (n < 0) return TK_BAD_ARGUMENT;
    struct nan_call call = {dtype, x, y};
    tk_run_ranges(n, n, TK_UNARY_BLOCK, run_is_nan, &call);
    return TK_OK;
}
