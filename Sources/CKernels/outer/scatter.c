#include "index.h"
#include "../isa.h"
#include "typed.h"

#include <string.h>

tk_status tk_scatter_rows(const void *updates, tk_dtype index_type, const void *index, tk_int count, tk_int row_bytes,
                          void *y, tk_int rows, tk_int *bad) {
    if (count < 0 || row_bytes < 0 || rows < 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, count, rows, bad);
    if (status != TK_OK || row_bytes == 0) return status;
    for (tk_int i = 0; i < count; i++) {
        tk_int row = tk_index_at(index_type, index, i);
        memcpy((char *)y + row * row_bytes, (const char *)updates + i * row_bytes, (size_t)row_bytes);
    }
    return TK_OK;
}

/// Adds `count` rows of x to rows of y.
struct add_call {
    tk_dtype index_type;
    const void *index;
    tk_int count, cols;
};

static void add_f32(const struct add_call *call, const float *x, float *y) {
    tk_binary_tile add = tk_isa()->binary[TK_BINARY_ADD];
    for (tk_int i = 0; i < call->count; i++) {
        float *row = y + tk_index_at(call->index_type, call->index, i) * call->cols;
        add(row, x + i * call->cols, row, call->cols, TK_BOTH_ARRAYS);
    }
}

/// `wide` wraps where it is an integer.
#define TK_ADD_ROWS(name, type, wide)                                                               \
    static void add_##name(const struct add_call *call, const type *x, type *y) {                   \
        for (tk_int i = 0; i < call->count; i++) {                                                  \
            type *row = y + tk_index_at(call->index_type, call->index, i) * call->cols;             \
            const type *more = x + i * call->cols;                                                  \
            for (tk_int c = 0; c < call->cols; c++) row[c] = (type)((wide)row[c] + (wide)more[c]);  \
        }                                                                                           \
    }
TK_ADD_ROWS(f64, double, double)
TK_ADD_ROWS(8, uint8_t, uint64_t)
TK_ADD_ROWS(16, uint16_t, uint64_t)
TK_ADD_ROWS(32, uint32_t, uint64_t)
TK_ADD_ROWS(64, uint64_t, uint64_t)

tk_status tk_scatter_add_rows(tk_dtype dtype, const void *updates, tk_dtype index_type, const void *index, tk_int count,
                              tk_int cols, void *y, tk_int rows, tk_int *bad) {
    if (dtype > TK_U64 || tk_is_half(dtype)) return TK_UNSUPPORTED;
    if (count < 0 || cols < 0 || rows < 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, count, rows, bad);
    if (status != TK_OK) return status;
    struct add_call call = {index_type, index, count, cols};
    switch (dtype) {
    case TK_F32: add_f32(&call, updates, y); break;
    case TK_F64: add_f64(&call, updates, y); break;
    case TK_I8: case TK_U8: add_8(&call, updates, y); break;
    case TK_I16: case TK_U16: add_16(&call, updates, y); break;
    case TK_I32: case TK_U32: add_32(&call, updates, y); break;
    default: add_64(&call, updates, y); break;
    }
    return TK_OK;
}
