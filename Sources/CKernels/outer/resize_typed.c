// Nearest pixels of any element size, and weighted ones in f64.
#include "resize.h"
#include "typed.h"

struct nearest_call {
    tk_int size;
    const char *x;
    char *y;
    tk_int height, width, out_height, out_width;
    const int32_t *rows, *columns;
};

#define TK_PICK(type)                                                                               \
    for (tk_int j = 0; j < call->out_width; j++) ((type *)target)[j] = ((const type *)source)[call->columns[j]]; \
    break

static void run_nearest(const void *context, tk_int begin, tk_int end) {
    const struct nearest_call *call = context;
    for (tk_int r = begin; r < end; r++) {
        tk_int row = r / call->out_height * call->height + call->rows[r % call->out_height];
        const char *source = call->x + row * call->width * call->size;
        char *target = call->y + r * call->out_width * call->size;
        switch (call->size) {
        case 1: TK_PICK(uint8_t);
        case 2: TK_PICK(uint16_t);
        case 4: TK_PICK(uint32_t);
        default: TK_PICK(uint64_t);
        }
    }
}

tk_status tk_resize_nearest(tk_int element_size, const void *x, void *y, tk_int planes, tk_int height, tk_int width,
                            tk_int out_height, tk_int out_width, const int32_t *rows, const int32_t *columns) {
    if (element_size != 1 && element_size != 2 && element_size != 4 && element_size != 8) return TK_UNSUPPORTED;
    if (planes < 0 || out_height < 0 || out_width < 0) return TK_BAD_ARGUMENT;
    if (!tk_all_within(rows, out_height, height) || !tk_all_within(columns, out_width, width)) return TK_INDEX_OUT_OF_RANGE;
    struct nearest_call call = {element_size, x, y, height, width, out_height, out_width, rows, columns};
    tk_run_ranges(planes * out_height * out_width, planes * out_height, 4096 / tk_max_int(1, out_width), run_nearest, &call);
    return TK_OK;
}

/// Rows of the result; sums run over source rows, then columns.
static void run_weighted(const void *context, tk_int begin, tk_int end) {
    const tk_resize_f64_args *g = context;
    for (tk_int r = begin; r < end; r++) {
        const double *plane = g->x + r / g->out_height * g->height * g->width;
        tk_int first = r % g->out_height * g->taps;
        for (tk_int c = 0; c < g->out_width; c++) {
            double sum = 0;
            for (tk_int i = first; i < first + g->taps; i++) {
                for (tk_int j = c * g->taps; j < (c + 1) * g->taps; j++) {
                    sum += g->row_weight[i] * g->column_weight[j] * plane[g->row_index[i] * g->width + g->column_index[j]];
                }
            }
            g->y[r * g->out_width + c] = sum;
        }
    }
}

tk_status tk_resize_f64(const tk_resize_f64_args *g) {
    if (g->planes < 0 || g->height < 0 || g->width < 0 || g->out_height < 0 || g->out_width < 0 || g->taps < 0)
        return TK_BAD_ARGUMENT;
    if (!tk_all_within(g->row_index, g->out_height * g->taps, g->height) ||
        !tk_all_within(g->column_index, g->out_width * g->taps, g->width))
        return TK_INDEX_OUT_OF_RANGE;
    tk_int pixels = g->planes * g->out_height * g->out_width;
    tk_run_ranges(pixels * g->taps * g->taps, g->planes * g->out_height, 1024 / tk_max_int(1, g->out_width), run_weighted, g);
    return TK_OK;
}
