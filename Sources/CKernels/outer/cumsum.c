#include "typed.h"

#define TK_NAME(function) function##_int8_t
#define TK_TYPE int8_t
#define TK_SUM uint8_t
#define TK_PRODUCT uint8_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_uint8_t
#define TK_TYPE uint8_t
#define TK_SUM uint8_t
#define TK_PRODUCT uint8_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_int16_t
#define TK_TYPE int16_t
#define TK_SUM uint16_t
#define TK_PRODUCT uint16_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_uint16_t
#define TK_TYPE uint16_t
#define TK_SUM uint16_t
#define TK_PRODUCT uint16_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_int32_t
#define TK_TYPE int32_t
#define TK_SUM uint32_t
#define TK_PRODUCT uint32_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_uint32_t
#define TK_TYPE uint32_t
#define TK_SUM uint32_t
#define TK_PRODUCT uint32_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_int64_t
#define TK_TYPE int64_t
#define TK_SUM uint64_t
#define TK_PRODUCT uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_uint64_t
#define TK_TYPE uint64_t
#define TK_SUM uint64_t
#define TK_PRODUCT uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_f32
#define TK_TYPE float
#define TK_SUM float
#define TK_PRODUCT double
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_f64
#define TK_TYPE double
#define TK_SUM double
#define TK_PRODUCT double
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_f16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_PRODUCT double
#define TK_LOAD(v) tk_f16_to_f32(v)
#define TK_STORE(v) tk_f32_to_f16(v)
#include "../families/typed/cumsum.inc"

#define TK_NAME(function) function##_bf16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_PRODUCT double
#define TK_LOAD(v) tk_bf16_to_f32(v)
#define TK_STORE(v) tk_f32_to_bf16(v)
#include "../families/typed/cumsum.inc"

typedef void (*running)(const void *x, void *y, tk_int n, tk_int first, tk_int step, int exclusive);

static const running sums[TK_BOOL] = {
#define TK_ENTRY(dtype, type, wide) [dtype] = cumsum_##type,
    TK_INTEGER_TYPES(TK_ENTRY)
    [TK_F32] = cumsum_f32, [TK_F64] = cumsum_f64, [TK_F16] = cumsum_f16, [TK_BF16] = cumsum_bf16,
};

static const running products[TK_BOOL] = {
#undef TK_ENTRY
#define TK_ENTRY(dtype, type, wide) [dtype] = cumprod_##type,
    TK_INTEGER_TYPES(TK_ENTRY)
    [TK_F32] = cumprod_f32, [TK_F64] = cumprod_f64, [TK_F16] = cumprod_f16, [TK_BF16] = cumprod_bf16,
};

struct running_call {
    running body;
    tk_dtype dtype;
    const char *x;
    char *y;
    tk_int n, inner;
    int exclusive, reverse;
};

static void run_columns(const void *context, tk_int begin, tk_int end) {
    const struct running_call *call = context;
    tk_int width = tk_width(call->dtype), inner = call->inner;
    tk_int first = call->reverse ? (call->n - 1) * inner : 0, step = call->reverse ? -inner : inner;
    for (tk_int e = begin; e < end; e++) {
        tk_int at = (e / inner * call->n * inner + e % inner) * width;
        call->body(call->x + at, call->y + at, call->n, first, step, call->exclusive);
    }
}

static tk_status run(const running *bodies, tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                     int reverse) {
    if (dtype >= TK_BOOL) return TK_UNSUPPORTED;
    if (outer < 0 || n < 0 || inner < 0) return TK_BAD_ARGUMENT;
    struct running_call call = {bodies[dtype], dtype, x, y, n, inner, exclusive, reverse};
    tk_run_ranges(outer * n * inner * 2, outer * inner, 4096 / tk_max_int(1, n), run_columns, &call);
    return TK_OK;
}

tk_status tk_cumsum(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                    int reverse) {
    return run(sums, dtype, x, y, outer, n, inner, exclusive, reverse);
}

tk_status tk_cumprod(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                     int reverse) {
    return run(products, dtype, x, y, outer, n, inner, exclusive, reverse);
}
