#include "index.h"
#include "typed.h"

/// Columns of y [axis, inner] of one outer position, and of index and updates.
struct reduce_call {
    tk_scatter_op op;
    tk_dtype index_type;
    const void *index;
    tk_int axis_y, axis_index, inner;
    const char *updates;
    char *y;
};

/// `wide` is unsigned where elements are integers, so that sums and products wrap.
#define TK_JOINED(type, wide, a, b, op)                                                             \
    ((op) == TK_SCATTER_ADD   ? (type)((wide)(a) + (wide)(b))                                       \
     : (op) == TK_SCATTER_MUL ? (type)((wide)(a) * (wide)(b))                                       \
     : (a) != (a) || (b) != (b) ? (type)((wide)(a) + (wide)(b))                                     \
     : (op) == TK_SCATTER_MAX ? ((a) > (b) ? (a) : (b))                                             \
                              : ((a) < (b) ? (a) : (b)))

#define TK_REDUCE_COLUMNS(dtype, type, wide)                                                        \
    static void columns_##type(const struct reduce_call *call, tk_int begin, tk_int end) {          \
        for (tk_int e = begin; e < end; e++) {                                                      \
            tk_int outer = e / call->inner, i = e % call->inner;                                    \
            type *y = (type *)call->y + outer * call->axis_y * call->inner + i;                     \
            tk_int first = outer * call->axis_index * call->inner + i;                              \
            for (tk_int j = 0; j < call->axis_index; j++) {                                         \
                tk_int at = first + j * call->inner;                                                \
                type *to = y + tk_index_at(call->index_type, call->index, at) * call->inner;        \
                type a = *to, b = ((const type *)call->updates)[at];                                \
                *to = TK_JOINED(type, wide, a, b, call->op);                                        \
            }                                                                                       \
        }                                                                                           \
    }
TK_REDUCE_COLUMNS(TK_I8, int8_t, uint64_t)
TK_REDUCE_COLUMNS(TK_U8, uint8_t, uint64_t)
TK_REDUCE_COLUMNS(TK_I16, int16_t, uint64_t)
TK_REDUCE_COLUMNS(TK_U16, uint16_t, uint64_t)
TK_REDUCE_COLUMNS(TK_I32, int32_t, uint64_t)
TK_REDUCE_COLUMNS(TK_U32, uint32_t, uint64_t)
TK_REDUCE_COLUMNS(TK_I64, int64_t, uint64_t)
TK_REDUCE_COLUMNS(TK_U64, uint64_t, uint64_t)
TK_REDUCE_COLUMNS(TK_F32, float, float)
TK_REDUCE_COLUMNS(TK_F64, double, double)

struct typed_call {
    struct reduce_call call;
    tk_dtype dtype;
};

static void run_columns(const void *context, tk_int begin, tk_int end) {
    const struct typed_call *typed = context;
    const struct reduce_call *call = &typed->call;
    switch (typed->dtype) {
    case TK_I8: columns_int8_t(call, begin, end); break;
    case TK_U8: case TK_BOOL: columns_uint8_t(call, begin, end); break;
    case TK_I16: columns_int16_t(call, begin, end); break;
    case TK_U16: columns_uint16_t(call, begin, end); break;
    case TK_I32: columns_int32_t(call, begin, end); break;
    case TK_U32: columns_uint32_t(call, begin, end); break;
    case TK_I64: columns_int64_t(call, begin, end); break;
    case TK_U64: columns_uint64_t(call, begin, end); break;
    case TK_F32: columns_float(call, begin, end); break;
    default: columns_double(call, begin, end); break;
    }
}

tk_status tk_scatter_reduce(tk_dtype dtype, tk_scatter_op op, const void *updates, tk_dtype index_type, const void *index, void *y, tk_int outer,
                            tk_int axis_y, tk_int axis_index, tk_int inner, tk_int *bad) {
    if (dtype > TK_BOOL || tk_is_half(dtype)) return TK_UNSUPPORTED;
    if (outer < 0 || axis_y < 0 || axis_index < 0 || inner < 0 || (unsigned)op > TK_SCATTER_MIN) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, outer * axis_index * inner, axis_y, bad);
    if (status != TK_OK) return status;
    // Truth values are 0 and 1: their sum is the larger one.
    if (dtype == TK_BOOL && op == TK_SCATTER_ADD) op = TK_SCATTER_MAX;
    struct typed_call call = {{op, index_type, index, axis_y, axis_index, inner, updates, y}, dtype};
    tk_run_ranges(outer * axis_index * inner * 4, outer * inner, 4096 / tk_max_int(1, axis_index), run_columns, &call);
    return TK_OK;
}
