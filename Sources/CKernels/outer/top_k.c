#include "typed.h"

#define TK_NAME(function) function##_int8_t
#define TK_TYPE int8_t
#define TK_SUM int8_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_uint8_t
#define TK_TYPE uint8_t
#define TK_SUM uint8_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_int16_t
#define TK_TYPE int16_t
#define TK_SUM int16_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_uint16_t
#define TK_TYPE uint16_t
#define TK_SUM uint16_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_int32_t
#define TK_TYPE int32_t
#define TK_SUM int32_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_uint32_t
#define TK_TYPE uint32_t
#define TK_SUM uint32_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_int64_t
#define TK_TYPE int64_t
#define TK_SUM int64_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_uint64_t
#define TK_TYPE uint64_t
#define TK_SUM uint64_t
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_f32
#define TK_TYPE float
#define TK_SUM float
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_f64
#define TK_TYPE double
#define TK_SUM double
#define TK_LOAD(v) (v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_f16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_LOAD(v) tk_f16_to_f32(v)
#include "../families/typed/top_k.inc"

#define TK_NAME(function) function##_bf16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_LOAD(v) tk_bf16_to_f32(v)
#include "../families/typed/top_k.inc"

static void (*const bodies[TK_BOOL])(const void *row, tk_int n, tk_int k, void *values, int64_t *indices) = {
#define TK_ENTRY(dtype, type, wide) [dtype] = top_k_##type,
    TK_INTEGER_TYPES(TK_ENTRY)
    [TK_F32] = top_k_f32, [TK_F64] = top_k_f64, [TK_F16] = top_k_f16, [TK_BF16] = top_k_bf16,
};

struct top_k_call {
    tk_dtype dtype;
    const char *x;
    char *values;
    int64_t *indices;
    tk_int columns, k;
};

static void run_rows(const void *context, tk_int begin, tk_int end) {
    const struct top_k_call *call = context;
    tk_int width = tk_width(call->dtype);
    for (tk_int r = begin; r < end; r++) {
        bodies[call->dtype](call->x + r * call->columns * width, call->columns, call->k, call->values + r * call->k * width,
                            call->indices + r * call->k);
    }
}

tk_status tk_top_k(tk_dtype dtype, const void *x, void *values, int64_t *indices, tk_int rows, tk_int cols, tk_int k) {
    if (dtype >= TK_BOOL) return TK_UNSUPPORTED;
    if (rows < 0 || cols < 0 || k < 0 || k > cols) return TK_BAD_ARGUMENT;
    if (k == 0) return TK_OK;
    struct top_k_call call = {dtype, x, values, indices, cols, k};
    tk_run_ranges(rows * cols * 2, rows, 4096 / cols, run_rows, &call);
    return TK_OK;
}
