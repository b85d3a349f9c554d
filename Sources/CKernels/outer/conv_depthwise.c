#include "conv_depthwise.h"

/// Most channels of one task, so that pictures of few rows have tasks for all threads.
enum { TK_DEPTHWISE_CHANNELS = 256 };

struct depthwise_call {
    const struct tk_isa_table *isa;
    const tk_conv_nhwc_args *args;
    tk_int out_height, out_width;
    /// Channels of a task, and tasks along them.
    tk_int channels, blocks;
    /// Floats of one thread: a row [out_width, channels].
    tk_int thread;
    void *scratch;
};

static struct depthwise_call plan_depthwise(const tk_conv_nhwc_args *g, void *scratch) {
    struct depthwise_call c = {.isa = tk_isa(), .args = g, .scratch = scratch};
    c.out_height = tk_conv_out_height(g);
    c.out_width = tk_conv_out_width(g);
    c.channels = tk_min_int(g->out_channels, TK_DEPTHWISE_CHANNELS);
    c.blocks = tk_ceil_div(g->out_channels, c.channels);
    c.thread = tk_padded(c.out_width * c.channels);
    return c;
}

size_t tk_conv_depthwise_scratch(const tk_conv_nhwc_args *g, int max_threads) {
    return tk_team_bytes(plan_depthwise(g, NULL).thread, max_threads);
}

/// row [out_width, n] = sums of channels [c0, c0 + n).
static void sum_row(const struct depthwise_call *call, tk_int b, tk_int oy, tk_int c0, tk_int n, float *row) {
    const tk_conv_nhwc_args *g = call->args;
    tk_int panel = call->isa->panel, taps = g->kernel_h * g->kernel_w;
    for (tk_int c = 0; c < n; c += panel) {
        tk_int lanes = tk_min_int(panel, n - c);
        float bias[TK_WIDEST_PANEL] = {0};
        if (g->bias) memcpy(bias, g->bias + c0 + c, (size_t)lanes * sizeof(float));
        call->isa->conv_depthwise_row(g, g->x + b * g->x_image + c0 + c, (const float *)g->packed + (c0 + c) * taps, bias, oy,
                                      call->out_width, lanes, row + c, n);
    }
}

static void run_row(const void *context, tk_int task, int thread) {
    const struct depthwise_call *call = context;
    const tk_conv_nhwc_args *g = call->args;
    tk_int c0 = task % call->blocks * call->channels, oy = task / call->blocks % call->out_height;
    tk_int b = task / call->blocks / call->out_height, n = tk_min_int(call->channels, g->out_channels - c0);
    float *row = tk_thread_memory(call->scratch, call->thread, thread);
    sum_row(call, b, oy, c0, n, row);
    tk_conv_finish(call->isa, g, row, n, NULL, NULL, b, oy * call->out_width, call->out_width, c0, n);
}

void tk_conv_depthwise(const tk_conv_nhwc_args *g, void *scratch) {
    struct depthwise_call call = plan_depthwise(g, scratch);
    tk_int rows = g->batch * call.out_height;
    int team = tk_team(rows * call.out_width * g->out_channels * g->kernel_h * g->kernel_w / 8);
    tk_run_tasks(team, rows * call.blocks, run_row, &call);
}
