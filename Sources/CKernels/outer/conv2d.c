#include "epilogue.h"
#include "../threads.h"

#include <string.h>

/// Most output channels of one task.
enum { TK_CONV_CHANNELS = 256 };

struct conv_plan {
    tk_int out_height, out_width, pixels;
    /// Channels of a group going in and out, and depth of the product.
    tk_int in, out, depth;
    /// Tile sizes, and tasks along each of them.
    tk_int tile_pixels, tile_channels, pixel_blocks, channel_blocks;
    /// Floats of one thread: columns, then the tile [tile_channels, tile_pixels].
    tk_int columns, thread;
};

tk_int tk_conv2d_output(tk_int size, tk_int kernel, tk_int stride, tk_int pad, tk_int dilation) {
    tk_int span = size + pad - dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
}

static int is_valid(const tk_conv2d_args *g) {
    return g->batch >= 0 && g->in_channels > 0 && g->height > 0 && g->width > 0 && g->out_channels > 0 &&
           g->kernel_h > 0 && g->kernel_w > 0 && g->stride_h > 0 && g->stride_w > 0 && g->dilation_h > 0 &&
           g->dilation_w > 0 && g->groups > 0 && g->in_channels % g->groups == 0 && g->out_channels % g->groups == 0 &&
           g->pad_top >= 0 && g->pad_left >= 0 && g->pad_bottom >= 0 && g->pad_right >= 0 &&
           (unsigned)g->activation <= TK_ACT_SIGMOID;
}

static struct conv_plan plan_conv(const tk_conv2d_args *g) {
    struct conv_plan p;
    p.out_height = tk_conv2d_output(g->height, g->kernel_h, g->stride_h, g->pad_top + g->pad_bottom, g->dilation_h);
    p.out_width = tk_conv2d_output(g->width, g->kernel_w, g->stride_w, g->pad_left + g->pad_right, g->dilation_w);
    p.pixels = p.out_height * p.out_width;
    p.in = g->in_channels / g->groups;
    p.out = g->out_channels / g->groups;
    p.depth = p.in * g->kernel_h * g->kernel_w;
    p.tile_pixels = p.pixels >= 8 * TK_PIXELS ? TK_PIXELS : p.pixels > 64 ? 64 : TK_WIDEST_PANEL;
    p.channel_blocks = tk_ceil_div(p.out, TK_CONV_CHANNELS);
    p.tile_channels = tk_ceil_div(p.out, p.channel_blocks);
    p.pixel_blocks = tk_ceil_div(p.pixels, p.tile_pixels);
    p.columns = TK_DEPTH * p.tile_pixels;
    p.thread = tk_padded(p.columns + p.tile_channels * p.tile_pixels);
    return p;
}

size_t tk_conv2d_scratch(const tk_conv2d_args *args, int max_threads) {
    return is_valid(args) ? tk_team_bytes(plan_conv(args).thread, max_threads) : 0;
}

/// Activation and residual of n outputs at `offset` of y.
static void finish(const struct tk_isa_table *isa, const tk_conv2d_args *g, float *values, tk_int offset, tk_int n) {
    tk_activate(isa, g->activation, values, n);
    if (g->residual) {
        isa->binary[TK_BINARY_ADD](values, g->residual + offset, g->y + offset, n, TK_BOTH_ARRAYS);
    } else {
        memcpy(g->y + offset, values, (size_t)n * sizeof(float));
    }
}

/// tile [m, n] with rows `tile_pixels` apart = weight [m, depth] columns [depth, n], for output pixels from p0.
static void product(const struct tk_isa_table *isa, const tk_conv2d_args *g, const struct conv_plan *p, const float *x,
                    const float *weight, tk_int m, tk_int p0, tk_int n, float *columns, float *tile) {
    for (tk_int k0 = 0; k0 < p->depth; k0 += TK_DEPTH) {
        tk_int k = tk_min_int(TK_DEPTH, p->depth - k0);
        isa->conv_columns(g, x, p->out_width, p0, n, k0, k, columns);
        for (tk_int j = 0; j < n; j += isa->panel) {
            isa->gemm_panel(m, isa->panel, k, weight + k0, p->depth, 1, columns + j * k, isa->panel, tile + j,
                            p->tile_pixels, k0 > 0);
        }
    }
}

struct conv_call {
    const struct tk_isa_table *isa;
    const tk_conv2d_args *args;
    struct conv_plan plan;
    void *scratch;
};

static void run_tile(const void *context, tk_int task, int thread) {
    const struct conv_call *call = context;
    const tk_conv2d_args *g = call->args;
    const struct conv_plan *p = &call->plan;
    tk_int block = task % p->pixel_blocks, rest = task / p->pixel_blocks;
    tk_int c0 = rest % p->channel_blocks * p->tile_channels;
    tk_int group = rest / p->channel_blocks % g->groups, b = rest / p->channel_blocks / g->groups;
    tk_int p0 = block * p->tile_pixels, n = tk_min_int(p->tile_pixels, p->pixels - p0),
           m = tk_min_int(p->tile_channels, p->out - c0);
    tk_int channel = group * p->out + c0;
    float *columns = tk_thread_memory(call->scratch, p->thread, thread), *tile = columns + p->columns;
    const float *x = g->x + (b * g->in_channels + group * p->in) * g->height * g->width;
    product(call->isa, g, p, x, g->weight + channel * p->depth, m, p0, n, columns, tile);
    for (tk_int c = 0; c < m; c++) {
        float *values = tile + c * p->tile_pixels;
        if (g->bias) call->isa->binary[TK_BINARY_ADD](values, g->bias + channel + c, values, n, TK_SCALAR_B);
        finish(call->isa, g, values, (b * g->out_channels + channel + c) * p->pixels + p0, n);
    }
}

tk_status tk_conv2d(const tk_conv2d_args *g, void *scratch) {
    if (!is_valid(g)) return TK_BAD_ARGUMENT;
    struct conv_call call = {tk_isa(), g, plan_conv(g), scratch};
    const struct conv_plan *p = &call.plan;
    if (p->pixels == 0) return TK_OK;
    int team = tk_team(g->batch * g->out_channels * p->pixels * p->depth / 16);
    tk_run_tasks(team, g->batch * g->groups * p->channel_blocks * p->pixel_blocks, run_tile, &call);
    return TK_OK;
}
