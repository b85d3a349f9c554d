#include "../isa.h"
#include "../threads.h"
#include "resize.h"

static tk_int thread_floats(const tk_resize_args *g) { return tk_padded(g->height * g->out_width); }

size_t tk_resize_scratch(const tk_resize_args *args, int max_threads) {
    return tk_team_bytes(thread_floats(args), max_threads);
}

/// line[out_width] = weighted sums of one source row's columns.
static void resize_row(const tk_resize_args *g, const float *x, float *line) {
    for (tk_int j = 0; j < g->out_width; j++) {
        const int32_t *index = g->column_index + j * g->column_taps;
        const float *weight = g->column_weight + j * g->column_taps;
        float sum = 0.0f;
        for (tk_int t = 0; t < g->column_taps; t++) sum += weight[t] * x[index[t]];
        line[j] = sum;
    }
}

struct resize_call {
    const struct tk_isa_table *isa;
    const tk_resize_args *args;
    void *scratch;
};

/// Rows of one plane are first resized into `lines` [height, out_width], then combined.
static void resize_plane(const void *context, tk_int plane, int thread) {
    const struct resize_call *call = context;
    const tk_resize_args *g = call->args;
    const float *x = g->x + plane * g->height * g->width;
    float *y = g->y + plane * g->out_height * g->out_width;
    float *lines = tk_thread_memory(call->scratch, thread_floats(g), thread);
    for (tk_int i = 0; i < g->height; i++) resize_row(g, x + i * g->width, lines + i * g->out_width);
    for (tk_int i = 0; i < g->out_height; i++) {
        float *out = y + i * g->out_width;
        for (tk_int j = 0; j < g->out_width; j++) out[j] = 0.0f;
        for (tk_int t = 0; t < g->row_taps; t++) {
            tk_int at = i * g->row_taps + t;
            call->isa->axpy(lines + g->row_index[at] * g->out_width, g->row_weight[at], out, g->out_width);
        }
    }
}

tk_status tk_resize_separable(const tk_resize_args *g, void *scratch) {
    if (g->planes < 0 || g->height < 0 || g->width < 0 || g->out_height < 0 || g->out_width < 0 || g->row_taps < 0 ||
        g->column_taps < 0) {
        return TK_BAD_ARGUMENT;
    }
    if (!tk_all_within(g->row_index, g->out_height * g->row_taps, g->height) ||
        !tk_all_within(g->column_index, g->out_width * g->column_taps, g->width)) {
        return TK_INDEX_OUT_OF_RANGE;
    }
    struct resize_call call = {tk_isa(), g, scratch};
    int team = tk_team(g->planes * g->out_width * (g->height * g->column_taps + g->out_height * g->row_taps / 8));
    tk_run_tasks(team, g->planes, resize_plane, &call);
    return TK_OK;
}
