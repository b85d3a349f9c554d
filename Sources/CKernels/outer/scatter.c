#include "index.h"
#include "../isa.h"

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

tk_status tk_scatter_add_rows(const float *updates, tk_dtype index_type, const void *index, tk_int count, tk_int cols,
                              float *y, tk_int rows, tk_int *bad) {
    if (count < 0 || cols < 0 || rows < 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, count, rows, bad);
    if (status != TK_OK) return status;
    tk_binary_tile add = tk_isa()->binary[TK_BINARY_ADD];
    for (tk_int i = 0; i < count; i++) {
        float *row = y + tk_index_at(index_type, index, i) * cols;
        add(row, updates + i * cols, row, cols, TK_BOTH_ARRAYS);
    }
    return TK_OK;
}
