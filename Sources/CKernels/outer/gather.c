#include "index.h"

#include <string.h>

struct gather_call {
    const void *x;
    tk_dtype index_type;
    const void *index;
    void *y;
    tk_int axis, count, inner_bytes;
};

/// Rows first ..< last of y [outer, count].
static void gather_rows(const void *context, tk_int first, tk_int last) {
    const struct gather_call *c = context;
    for (tk_int r = first; r < last; r++) {
        tk_int source = r / c->count * c->axis + tk_index_at(c->index_type, c->index, r % c->count);
        memcpy((char *)c->y + r * c->inner_bytes, (const char *)c->x + source * c->inner_bytes, (size_t)c->inner_bytes);
    }
}

tk_status tk_gather(const void *x, tk_int outer, tk_int axis, tk_int inner_bytes, tk_dtype index_type,
                    const void *index, tk_int count, void *y, tk_int *bad) {
    if (outer < 0 || axis < 0 || inner_bytes < 0 || count < 0) return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(index_type, index, count, axis, bad);
    if (status != TK_OK || inner_bytes == 0) return status;
    struct gather_call call = {x, index_type, index, y, axis, count, inner_bytes};
    tk_run_loop(tk_team(outer * count * (inner_bytes / 8 + 5)), outer * count, gather_rows, &call);
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

struct elements_call {
    /// What is read, and where it goes.
    const void *x;
    tk_dtype index_type;
    const void *index;
    void *y;
    /// Sizes of the axis in x or y that indices point into, and of that in the index tensor.
    tk_int axis, axis_index, inner, size;
};

/// Rows first ..< last of y [outer, axis_index].
static void gather_element_rows(const void *context, tk_int first, tk_int last) {
    const struct elements_call *c = context;
    for (tk_int row = first; row < last; row++) {
        tk_int base = row / c->axis_index * c->axis;
        for (tk_int i = 0; i < c->inner; i++) {
            tk_int from = (base + tk_index_at(c->index_type, c->index, row * c->inner + i)) * c->inner + i;
            move(c->x, from, c->y, row * c->inner + i, c->size);
        }
    }
}

/// Blocks first ..< last of the outer dimension.
static void scatter_blocks(const void *context, tk_int first, tk_int last) {
    const struct elements_call *c = context;
    tk_int block = c->axis_index * c->inner;
    for (tk_int o = first; o < last; o++) {
        for (tk_int e = o * block; e < (o + 1) * block; e++) {
            tk_int to = (o * c->axis + tk_index_at(c->index_type, c->index, e)) * c->inner + e % c->inner;
            move(c->x, e, c->y, to, c->size);
        }
    }
}

tk_status tk_gather_elements(const void *x, tk_dtype index_type, const void *index, void *y, tk_int outer,
                             tk_int axis_in, tk_int axis_out, tk_int inner, tk_int element_size, tk_int *bad) {
    tk_status status = check_elements(index_type, index, outer, axis_in, axis_out, inner, element_size, bad);
    if (status != TK_OK) return status;
    struct elements_call call = {x, index_type, index, y, axis_in, axis_out, inner, element_size};
    tk_run_loop(tk_team(outer * axis_out * inner * 2), outer * axis_out, gather_element_rows, &call);
    return TK_OK;
}

tk_status tk_scatter_elements(const void *updates, tk_dtype index_type, const void *index, void *y, tk_int outer,
                              tk_int axis_y, tk_int axis_index, tk_int inner, tk_int element_size, tk_int *bad) {
    tk_status status = check_elements(index_type, index, outer, axis_y, axis_index, inner, element_size, bad);
    if (status != TK_OK) return status;
    struct elements_call call = {updates, index_type, index, y, axis_y, axis_index, inner, element_size};
    tk_run_loop(tk_team(outer * axis_index * inner * 2), outer, scatter_blocks, &call);
    return TK_OK;
}
