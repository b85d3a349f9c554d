#include "reduce.h"
#include "typed.h"

#include <math.h>

/// Neighbouring columns that are folded together, and elements of one task.
enum { TK_FOLD_COLUMNS = 64, TK_FOLD_GRAIN = 16384 };

#define TK_NAME(function) function##_int8_t
#define TK_TYPE int8_t
#define TK_SUM int8_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST INT8_MIN
#define TK_HIGHEST INT8_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_uint8_t
#define TK_TYPE uint8_t
#define TK_SUM uint8_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST 0
#define TK_HIGHEST UINT8_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_int16_t
#define TK_TYPE int16_t
#define TK_SUM int16_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST INT16_MIN
#define TK_HIGHEST INT16_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_uint16_t
#define TK_TYPE uint16_t
#define TK_SUM uint16_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST 0
#define TK_HIGHEST UINT16_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_int32_t
#define TK_TYPE int32_t
#define TK_SUM int32_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST INT32_MIN
#define TK_HIGHEST INT32_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_uint32_t
#define TK_TYPE uint32_t
#define TK_SUM uint32_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST 0
#define TK_HIGHEST UINT32_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_int64_t
#define TK_TYPE int64_t
#define TK_SUM int64_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST INT64_MIN
#define TK_HIGHEST INT64_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_uint64_t
#define TK_TYPE uint64_t
#define TK_SUM uint64_t
#define TK_WRAP uint64_t
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST 0
#define TK_HIGHEST UINT64_MAX
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_f64
#define TK_TYPE double
#define TK_SUM double
#define TK_WRAP double
#define TK_LOAD(v) (v)
#define TK_STORE(v) (v)
#define TK_LOWEST -INFINITY
#define TK_HIGHEST INFINITY
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_f16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_WRAP float
#define TK_LOAD(v) tk_f16_to_f32(v)
#define TK_STORE(v) tk_f32_to_f16(v)
#define TK_LOWEST -INFINITY
#define TK_HIGHEST INFINITY
#include "../families/typed/reduce.inc"

#define TK_NAME(function) function##_bf16
#define TK_TYPE uint16_t
#define TK_SUM float
#define TK_WRAP float
#define TK_LOAD(v) tk_bf16_to_f32(v)
#define TK_STORE(v) tk_f32_to_bf16(v)
#define TK_LOWEST -INFINITY
#define TK_HIGHEST INFINITY
#include "../families/typed/reduce.inc"

typedef void (*reduce_body)(tk_reduce_op op, const void *x, void *y, tk_int n, tk_int stride, tk_int columns);
typedef int64_t (*arg_body)(int minimum, const void *x, tk_int n, tk_int stride);

/// Functions of one element type behind pointers without one.
#define TK_ERASED(dtype, name, type)                                                                                    \
    static void erased_reduce_##name(tk_reduce_op op, const void *x, void *y, tk_int n, tk_int stride, tk_int columns) { \
        reduce_##name(op, x, y, n, stride, columns);                                                                    \
    }                                                                                                                   \
    static int64_t erased_arg_##name(int minimum, const void *x, tk_int n, tk_int stride) {                             \
        return arg_##name(minimum, x, n, stride);                                                                       \
    }
#define TK_ERASED_INTEGER(dtype, type, wide) TK_ERASED(dtype, type, type)
TK_INTEGER_TYPES(TK_ERASED_INTEGER)
TK_ERASED(TK_F64, f64, double)
TK_ERASED(TK_F16, f16, uint16_t)
TK_ERASED(TK_BF16, bf16, uint16_t)

/// Whether any (or, for ALL, every) byte of each column is non-zero.
static void erased_reduce_bool(tk_reduce_op op, const void *x, void *y, tk_int n, tk_int stride, tk_int columns) {
    const uint8_t *bytes = x;
    uint8_t *result = y, all = op == TK_REDUCE_ALL;
    for (tk_int c = 0; c < columns; c++) {
        result[c] = all;
        for (tk_int r = 0; r < n && result[c] == all; r++) result[c] = bytes[r * stride + c] != 0;
    }
}

static const struct {
    reduce_body reduce;
    arg_body arg;
} bodies[TK_BOOL + 1] = {
#define TK_ENTRY(dtype, type, wide) [dtype] = {erased_reduce_##type, erased_arg_##type},
    TK_INTEGER_TYPES(TK_ENTRY)
    [TK_F64] = {erased_reduce_f64, erased_arg_f64},
    [TK_F16] = {erased_reduce_f16, erased_arg_f16},
    [TK_BF16] = {erased_reduce_bf16, erased_arg_bf16},
    [TK_BOOL] = {erased_reduce_bool, NULL},
};

struct reduce_call {
    tk_dtype dtype;
    tk_reduce_op op;
    int minimum;
    const char *x;
    char *y;
    tk_int n, inner;
    /// Runs of columns in one row.
    tk_int parts;
};

static void run_reduce(const void *context, tk_int begin, tk_int end) {
    const struct reduce_call *call = context;
    tk_int width = tk_width(call->dtype), inner = call->inner;
    for (tk_int t = begin; t < end; t++) {
        tk_int o = t / call->parts, column = t % call->parts * TK_FOLD_COLUMNS;
        bodies[call->dtype].reduce(call->op, call->x + (o * call->n * inner + column) * width,
                                   call->y + (o * inner + column) * width, call->n, inner,
                                   tk_min_int(TK_FOLD_COLUMNS, inner - column));
    }
}

static int is_legal(tk_dtype dtype, tk_reduce_op op) {
    if (dtype > TK_BOOL || !bodies[dtype].reduce) return 0;
    int is_logic = op == TK_REDUCE_ANY || op == TK_REDUCE_ALL;
    if (is_logic || dtype == TK_BOOL) return is_logic && dtype == TK_BOOL;
    return op != TK_REDUCE_MEAN || dtype == TK_F64 || tk_is_half(dtype);
}

tk_status tk_reduce_typed(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner) {
    if (!is_legal(dtype, op)) return TK_UNSUPPORTED;
    struct reduce_call call = {dtype, op, 0, x, y, n, inner, tk_ceil_div(inner, TK_FOLD_COLUMNS)};
    tk_int each = tk_max_int(1, n * tk_min_int(inner, TK_FOLD_COLUMNS));
    tk_run_ranges(outer * n * inner, outer * call.parts, TK_FOLD_GRAIN / each, run_reduce, &call);
    return TK_OK;
}

static void run_arg(const void *context, tk_int begin, tk_int end) {
    const struct reduce_call *call = context;
    tk_int width = tk_width(call->dtype), inner = call->inner;
    for (tk_int e = begin; e < end; e++) {
        const char *column = call->x + (e / inner * call->n * inner + e % inner) * width;
        ((int64_t *)call->y)[e] = bodies[call->dtype].arg(call->minimum, column, call->n, inner);
    }
}

tk_status tk_arg_reduce_typed(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n, tk_int inner) {
    if (dtype > TK_BOOL || !bodies[dtype].arg) return TK_UNSUPPORTED;
    struct reduce_call call = {.dtype = dtype, .minimum = minimum, .x = x, .y = (char *)y, .n = n, .inner = inner};
    tk_run_ranges(outer * n * inner, outer * inner, TK_FOLD_GRAIN / tk_max_int(1, n), run_arg, &call);
    return TK_OK;
}
