#include "conv_pairs.h"

// x is rounded once to a picture of bf16 that has its padding, both inputs and repeated pixels. Of that nothing is gathered: the rows of a
// product are runs of the picture that begin a pixel apart and overlap. Without strides products run on from one row of outputs to the
// next, over the few pixels between them that are no outputs; so they have many rows, whatever the width.

enum {
    /// Least channels: products of fewer have too few words.
    TK_PAIRS_CHANNELS = 16,
    /// About how many outputs of a channel, and how many channels, are one task: its weights are made pairs once for all of those outputs.
    TK_PAIRS_PIXELS = 256, TK_PAIRS_OUTPUTS = 256,
    /// Most depth of one product.
    TK_PAIRS_DEPTH = 768,
};

struct pairs_plan {
    tk_int channels, out_height, out_width;
    /// The picture of bf16, and words of one of it.
    tk_int height, width, image;
    /// Depth of a run of taps in memory, and how many runs a kernel row has.
    tk_int run, runs;
    /// Rows of products from one row of outputs to the next, and whether they run on.
    tk_int pitch;
    int runs_on;
    /// Tile sizes, in rows of outputs and channels, and tasks along each of them.
    tk_int rows, columns, row_blocks, column_blocks;
    /// Words of one thread: pairs of a panel, then the tile [rows, pitch, columns].
    tk_int panel, thread;
};

static int takes_pairs(tk_weight_format format, tk_int channels, const struct tk_isa_table *isa) {
    int fits = format == TK_WEIGHT_BF16 || format == TK_WEIGHT_I8;
    return isa->amx && fits && channels >= TK_PAIRS_CHANNELS && channels % 2 == 0;
}

int tk_conv_takes_pairs(const tk_conv_nhwc_args *g) {
    return takes_pairs(g->format, tk_conv_channels(g), tk_isa());
}

int tk_conv_multiplies_pairs(tk_weight_format format, tk_int in_channels, int level) {
    return takes_pairs(format, in_channels, tk_isa_at(level));
}

static struct pairs_plan plan_pairs(const tk_conv_nhwc_args *g) {
    struct pairs_plan p = {.channels = tk_conv_channels(g), .out_height = tk_conv_out_height(g), .out_width = tk_conv_out_width(g)};
    p.height = g->height * g->upsample + g->pad_top + g->pad_bottom;
    p.width = g->width * g->upsample + g->pad_left + g->pad_right;
    p.image = p.height * p.width * p.channels / 2;
    p.runs = g->dilation_w == 1 ? 1 : g->kernel_w;
    p.run = p.channels * g->kernel_w / p.runs;
    p.runs_on = g->stride_h == 1 && g->stride_w == 1;
    p.pitch = p.runs_on ? p.width : p.out_width;
    tk_int wanted = tk_max_int(TK_PAIRS_PIXELS / tk_max_int(p.pitch, 1), 1);
    p.row_blocks = tk_ceil_div(p.out_height, wanted);
    p.rows = p.row_blocks > 0 ? tk_ceil_div(p.out_height, p.row_blocks) : 0;
    tk_int panel = tk_isa()->panel, outputs = tk_ceil_div(g->out_channels, panel) * panel;
    // One block of rows leaves other threads work by having fewer channels.
    p.columns = tk_min_int(p.row_blocks >= 2 ? TK_PAIRS_OUTPUTS : TK_PAIRS_OUTPUTS / 2, outputs);
    p.column_blocks = tk_ceil_div(g->out_channels, p.columns);
    p.panel = panel * TK_PAIRS_DEPTH / 2;
    p.thread = tk_padded(p.panel + p.rows * p.pitch * p.columns);
    return p;
}

size_t tk_conv_pairs_scratch(const tk_conv_nhwc_args *g, int max_threads) {
    struct pairs_plan p = plan_pairs(g);
    return tk_team_bytes(p.thread, max_threads) + (size_t)tk_padded(g->batch * p.image) * sizeof(int32_t);
}

struct pairs_call {
    const struct tk_isa_table *isa;
    const tk_conv_nhwc_args *args;
    struct pairs_plan plan;
    /// The pictures, then the threads' memory.
    uint16_t *pictures;
    float *memory;
};

// MARK: pictures

/// to [channels] = both inputs at a pixel of image b.
static void round_pixel(const struct pairs_call *call, tk_int b, tk_int pixel, uint16_t *to) {
    const tk_conv_nhwc_args *g = call->args;
    call->isa->cast_f32_bf16(g->x + b * g->x_image + pixel * g->ldx, to, g->in_channels);
    if (!g->in_channels2) return;
    call->isa->cast_f32_bf16(g->x2 + b * g->x2_image + pixel * g->ldx2, to + g->in_channels, g->in_channels2);
}

static void round_row(const struct pairs_call *call, tk_int b, tk_int row, uint16_t *to) {
    const tk_conv_nhwc_args *g = call->args;
    const struct pairs_plan *p = &call->plan;
    tk_int channels = p->channels, inner = g->width * g->upsample, y = row - g->pad_top;
    if (y < 0 || y >= g->height * g->upsample) {
        memset(to, 0, (size_t)(p->width * channels) * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(g->pad_left * channels) * sizeof *to);
    to += g->pad_left * channels;
    if (g->upsample == 1 && g->ldx == channels) {
        call->isa->cast_f32_bf16(g->x + b * g->x_image + y * g->width * channels, to, inner * channels);
    } else {
        for (tk_int x = 0; x < inner; x++) round_pixel(call, b, tk_conv_pixel(g, y, x), to + x * channels);
    }
    memset(to + inner * channels, 0, (size_t)(g->pad_right * channels) * sizeof *to);
}

static void round_rows(const void *context, tk_int first, tk_int last) {
    const struct pairs_call *call = context;
    const struct pairs_plan *p = &call->plan;
    for (tk_int i = first; i < last; i++) {
        round_row(call, i / p->height, i % p->height, call->pictures + i * p->width * p->channels);
    }
}

// MARK: products

/// tile [rows, pitch, panel] (+)= the outputs of rows from `row` by depth [k0, k0 + k) of the run that begins at tap (ky, kx).
static void multiply_run(const struct pairs_call *call, const uint16_t *picture, tk_int row, tk_int rows, tk_int ky, tk_int kx, tk_int k0,
                         tk_int k, const int32_t *weights, float *tile) {
    const tk_conv_nhwc_args *g = call->args;
    const struct pairs_plan *p = &call->plan;
    tk_int at = (row * g->stride_h + ky * g->dilation_h) * p->width + kx * g->dilation_w, words = tk_ceil_div(k, 2);
    tk_int step = g->stride_w * p->channels / 2, calls = p->runs_on ? 1 : rows;
    tk_int m = p->runs_on ? (rows - 1) * p->pitch + p->out_width : p->out_width;
    for (tk_int i = 0; i < calls; i++) {
        const uint16_t *a = picture + (at + i * g->stride_h * p->width) * p->channels + k0;
        call->isa->bf16_panel(m, words, (const int32_t *)a, step, weights, tile + i * p->pitch * p->columns, p->columns,
                              ky + kx + k0 > 0);
    }
}

/// As `multiply_run` by all of one panel of weights.
static void multiply_panel(const struct pairs_call *call, const uint16_t *picture, tk_int row, tk_int rows, const char *weights,
                           int32_t *pairs, float *tile) {
    const tk_conv_nhwc_args *g = call->args;
    const struct pairs_plan *p = &call->plan;
    tk_int step = call->isa->panel * tk_conv_weight_width(g->format);
    for (tk_int i = 0; i < g->kernel_h * p->runs; i++) {
        for (tk_int k0 = 0; k0 < p->run; k0 += TK_PAIRS_DEPTH) {
            tk_int k = tk_min_int(TK_PAIRS_DEPTH, p->run - k0);
            call->isa->weight_pairs((int)g->format, k, weights + (i * p->run + k0) * step, pairs);
            multiply_run(call, picture, row, rows, i / p->runs, i % p->runs, k0, k, pairs, tile);
        }
    }
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct pairs_call *call = context;
    const tk_conv_nhwc_args *g = call->args;
    const struct pairs_plan *p = &call->plan;
    tk_int row = task % p->row_blocks * p->rows, rest = task / p->row_blocks;
    tk_int c0 = rest % p->column_blocks * p->columns, b = rest / p->column_blocks;
    tk_int rows = tk_min_int(p->rows, p->out_height - row), n = tk_min_int(p->columns, g->out_channels - c0);
    if (rows <= 0) return;
    float *pairs = call->memory + thread * p->thread, *tile = pairs + p->panel;
    tk_int depth = g->kernel_h * p->runs * p->run * tk_conv_weight_width(g->format);
    for (tk_int j = 0; j < n; j += call->isa->panel) {
        multiply_panel(call, call->pictures + b * p->image * 2, row, rows, (const char *)g->packed + (c0 + j) * depth, (int32_t *)pairs,
                       tile + j);
    }
    for (tk_int i = 0; i < rows; i++) {
        tk_conv_finish(call->isa, g, tile + i * p->pitch * p->columns, p->columns, g->scale, g->bias, b, (row + i) * p->out_width,
                       p->out_width, c0, n);
    }
}

void tk_conv_pairs(const tk_conv_nhwc_args *g, void *scratch) {
    struct pairs_call call = {tk_isa(), g, plan_pairs(g), (uint16_t *)tk_thread_memory(scratch, 0, 0), NULL};
    const struct pairs_plan *p = &call.plan;
    tk_int lines = g->batch * p->height, outputs = g->batch * p->out_height * p->out_width * g->out_channels;
    call.memory = (float *)call.pictures + tk_padded(g->batch * p->image);
    tk_run_loop(tk_team(lines * p->width * p->channels / 8), lines, round_rows, &call);
    tk_run_tasks(tk_team(outputs * g->kernel_h * g->kernel_w * p->channels / 128), g->batch * p->row_blocks * p->column_blocks, run_tile,
                 &call);
}
