#include "index.h"

#include <string.h>

tk_status tk_gather(const void *x, tk_int outer, tk_int axis, tk_int inner_bytes, tk_dtype index_type,
                    const void *index, tk_int count, void *y, tk_int *bad) {
    if (outer < 0 || axis < 0 || inner_bytes < 0 || count < 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, count, axis, bad);
    if (status != TK_OK || inner_bytes == 0) return status;
    tk_int block = tk_max_int(1, 32768 / inner_bytes), blocks = tk_ceil_div(outer * count, block);
    int team = tk_team(outer * count * (inner_bytes / 8 + 5));
    TK_PARALLEL_FOR(team)
    for (tk_int t = 0; t < blocks; t++) {
        for (tk_int r = t * block; r < tk_min_int((t + 1) * block, outer * count); r++) {
            tk_int source = r / count * axis + tk_index_at(index_type, index, r % count);
            memcpy((char *)y + r * inner_bytes, (const char *)x + source * inner_bytes, (size_t)inner_bytes);
        }
    }
    return TK_OK;
}

#define TK_MOVE(type, to, from) ((type *)y)[to] = ((const type *)x)[from]; break

/// y[to] = x[from] for elements of 1, 2, 4 or 8 bytes.
static inline void move(const void *x, tk_int from, void *y, tk_int to, tk_int size) {
    switch (size) {
    case 1: TK_MOVE(uint8_t, to, from);
    case 2: TK_MOVE(uint16_t, to, from);
    case 4: TK_MOVE(uint32_t, to, from);
    default: TK_MOVE(uint64_t, to, from);
    }
}

static tk_status check_elements(tk_dtype type, const void *index, tk_int outer, tk_int axis, tk_int count, tk_int inner,
                                tk_int size, tk_int *bad) {
    if (size != 1 && size != 2 && size != 4 && size != 8) return TK_UNSUPPORTED;
    if (outer < 0 || axis < 0 || count < 0 || inner < 0) return TK_BAD_ARGUMENT;
    return tk_check_indices(type, index, outer * count * inner, axis, bad);
}

tk_status tk_gather_elements(const void *x, tk_dtype index_type, const void *index, void *y, tk_int outer,
                             tk_int axis_in, tk_int axis_out, tk_int inner, tk_int element_size, tk_int *bad) {
    tk_status status = check_elements(index_type, index, outer, axis_in, axis_out, inner, element_size, bad);
    if (status != TK_OK) return status;
    int team = tk_team(outer * axis_out * inner * 2);
    TK_PARALLEL_FOR(team)
    for (tk_int row = 0; row < outer * axis_out; row++) {
        tk_int base = row / axis_out * axis_in;
        for (tk_int i = 0; i < inner; i++) {
            tk_int from = (base + tk_index_at(index_type, index, row * inner + i)) * inner + i;
            move(x, from, y, row * inner + i, element_size);
        }
    }
    return TK_OK;
}

tk_status tk_scatter_elements(const void *updates, tk_dtype index_type, const void *index, void *y, tk_int outer,
                              tk_int axis_y, tk_int axis_index, tk_int inner, tk_int element_size, tk_int *bad) {
    tk_status status = check_elements(index_type, index, outer, axis_y, axis_index, inner, element_size, bad);
    if (status != TK_OK) return status;
    int team = tk_team(outer * axis_index * inner * 2);
    TK_PARALLEL_FOR(team)
    for (tk_int o = 0; o < outer; o++) {
        for (tk_int e = o * axis_index * inner; e < (o + 1) * axis_index * inner; e++) {
            tk_int to = (o * axis_y + tk_index_at(index_type, index, e)) * inner + e % inner;
            move(updates, e, y, to, element_size);
        }
    }
    return TK_OK;
}
