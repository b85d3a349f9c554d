// Gradients of the filters of channels-last convolutions: dweight [outputs, taps * channels] = dyᵀ [outputs, pixels] times the patches
// [pixels, taps * channels] that the kernel sees, 256 pixels at a time. Pixels are cut into runs whose number depends on sizes alone, and sums
// of runs are added up in order, so that bits do not depend on the number of threads.
#include "conv_weight_gradient.h"

#include <string.h>

enum {
    /// Most outputs and panels of one task, rows of the register tile, pixels multiplied at a time.
    ROWS = 96, PANELS = 8, BLOCK = 6, DEPTH = 256,
    /// Tasks that are enough for any team, and fewest pixels that are worth a run of their own.
    TASKS = 32, RUN = 2 * DEPTH,
};

struct gradient_plan {
    tk_int out_height, out_width, pixels;
    /// Channels of a group going in and out, taps, and columns of the product.
    tk_int in, out, taps, columns;
    /// Sizes of a task's tile, and tasks along each direction; pixels of a run.
    tk_int rows, width, row_blocks, column_blocks, runs, run;
    /// Floats of one thread: rows of dy, then a panel of patches.
    tk_int left, thread;
    /// Floats of all sums [runs, outputs, columns].
    tk_int sums;
};

static int is_valid(const tk_conv_weight_gradient_args *g) {
    return g->batch >= 0 && g->in_channels > 0 && g->height >= 0 && g->width >= 0 && g->out_channels > 0 && g->kernel_h > 0 &&
           g->kernel_w > 0 && g->stride_h > 0 && g->stride_w > 0 && g->dilation_h > 0 && g->dilation_w > 0 && g->pad_top >= 0 &&
           g->pad_left >= 0 && g->pad_bottom >= 0 && g->pad_right >= 0 && g->groups > 0 && g->in_channels % g->groups == 0 &&
           g->out_channels % g->groups == 0;
}

static struct gradient_plan plan_gradient(const tk_conv_weight_gradient_args *g) {
    struct gradient_plan p;
    tk_int panel = tk_isa()->panel;
    p.out_height = tk_conv2d_output(g->height, g->kernel_h, g->stride_h, g->pad_top + g->pad_bottom, g->dilation_h);
    p.out_width = tk_conv2d_output(g->width, g->kernel_w, g->stride_w, g->pad_left + g->pad_right, g->dilation_w);
    p.pixels = g->batch * p.out_height * p.out_width;
    p.in = g->in_channels / g->groups;
    p.out = g->out_channels / g->groups;
    p.taps = g->kernel_h * g->kernel_w;
    p.columns = p.taps * p.in;
    p.row_blocks = tk_ceil_div(p.out, ROWS);
    p.rows = tk_ceil_div(tk_ceil_div(p.out, p.row_blocks), BLOCK) * BLOCK;
    p.row_blocks = tk_ceil_div(p.out, p.rows);
    p.column_blocks = tk_ceil_div(p.columns, PANELS * panel);
    p.width = tk_ceil_div(tk_ceil_div(p.columns, p.column_blocks), panel) * panel;
    p.column_blocks = tk_ceil_div(p.columns, p.width);
    tk_int tiles = g->groups * p.row_blocks * p.column_blocks;
    tk_int wanted = tk_min_int(tk_ceil_div(TASKS, tiles), tk_max_int(p.pixels / RUN, 1));
    p.run = tk_ceil_div(tk_ceil_div(tk_max_int(p.pixels, 1), wanted), DEPTH) * DEPTH;
    p.runs = tk_ceil_div(tk_max_int(p.pixels, 1), p.run);
    p.left = p.rows * DEPTH;
    p.thread = tk_padded(p.left + DEPTH * panel);
    p.sums = tk_padded(p.runs * g->out_channels * p.columns);
    return p;
}

size_t tk_conv_weight_gradient_scratch(const tk_conv_weight_gradient_args *g, int max_threads) {
    if (!is_valid(g)) return 0;
    if (tk_winograd_gradient_pays(g)) return tk_winograd_gradient_scratch(g, max_threads);
    struct gradient_plan p = plan_gradient(g);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.sums * sizeof(float);
}

struct gradient_call {
    const struct tk_isa_table *isa;
    const tk_conv_weight_gradient_args *args;
    struct gradient_plan plan;
    /// Sums of runs, then the memory of threads.
    float *sums, *threads;
};

/// left [m / BLOCK][k][BLOCK] = outputs [o, o + m) of dy at pixels [p0, p0 + k); the last block is as wide as what is left of m.
static void take_rows(const struct gradient_call *call, tk_int o, tk_int m, tk_int p0, tk_int k, float *left) {
    const tk_conv_weight_gradient_args *g = call->args;
    tk_int image = call->plan.out_height * call->plan.out_width;
    for (tk_int p = 0; p < k; p++) {
        const float *from = g->dy + (p0 + p) / image * g->dy_image + (p0 + p) % image * g->lddy + o;
        tk_int i = 0;
        for (; i + BLOCK <= m; i += BLOCK) memcpy(left + i * k + p * BLOCK, from + i, BLOCK * sizeof(float));
        for (tk_int j = i; j < m; j++) left[i * k + p * (m - i) + j - i] = from[j];
    }
}

/// Pixels of one row of results whose tap lies on the image: x + (first + i) * step for i in first ..< end.
struct line {
    const float *x;
    tk_int first, end, step;
};

/// Where tap (ky, kx) of `n` results from (oy, ox) of image b lies.
static struct line line_of(const tk_conv_weight_gradient_args *g, tk_int b, tk_int oy, tk_int ox, tk_int n, tk_int ky, tk_int kx) {
    tk_int iy = oy * g->stride_h + ky * g->dilation_h - g->pad_top, ix = ox * g->stride_w + kx * g->dilation_w - g->pad_left;
    struct line line = {NULL, n, n, g->stride_w * g->ldx};
    if (iy < 0 || iy >= g->height) return line;
    line.first = tk_min_int(ix >= 0 ? 0 : tk_ceil_div(-ix, g->stride_w), n);
    line.end = ix >= g->width ? line.first : tk_max_int(tk_min_int((g->width - 1 - ix) / g->stride_w + 1, n), line.first);
    line.x = g->x + b * g->x_image + (iy * g->width + ix) * g->ldx;
    return line;
}

/// Columns [column, column + count) of `panel` [k] get channels [c, c + count) of x for a tap, at results [p0, p0 + k).
static void take_channels(const struct gradient_call *call, tk_int c, tk_int tap, tk_int count, tk_int p0, tk_int k, tk_int column, float *panel) {
    const tk_conv_weight_gradient_args *g = call->args;
    const struct gradient_plan *p = &call->plan;
    tk_int across = call->isa->panel, image = p->out_height * p->out_width;
    for (tk_int done = 0; done < k;) {
        tk_int at = (p0 + done) % image, oy = at / p->out_width, ox = at % p->out_width;
        tk_int n = tk_min_int(p->out_width - ox, k - done);
        struct line line = line_of(g, (p0 + done) / image, oy, ox, n, tap / g->kernel_w, tap % g->kernel_w);
        float *to = panel + done * across + column;
        for (tk_int i = 0; i < line.first; i++) memset(to + i * across, 0, (size_t)count * sizeof(float));
        if (count == across && line.end > line.first) {
            call->isa->gemm_pack(line.x + line.first * line.step + c, line.step, 1, line.end - line.first, count, to + line.first * across);
        } else {
            for (tk_int i = line.first; i < line.end; i++) {
                const float *from = line.x + i * line.step + c;
                for (tk_int j = 0; j < count; j++) to[i * across + j] = from[j];
            }
        }
        for (tk_int i = line.end; i < n; i++) memset(to + i * across, 0, (size_t)count * sizeof(float));
        done += n;
    }
}

/// panel [k, across] = columns [first, first + n) of the patches of results [p0, p0 + k); zeros beyond n.
static void take_panel(const struct gradient_call *call, tk_int group, tk_int first, tk_int n, tk_int p0, tk_int k, float *panel) {
    const struct gradient_plan *p = &call->plan;
    tk_int across = call->isa->panel;
    if (n < across) memset(panel, 0, (size_t)(k * across) * sizeof(float));
    for (tk_int done = 0; done < n;) {
        tk_int tap = (first + done) / p->in, c = (first + done) % p->in, count = tk_min_int(p->in - c, n - done);
        take_channels(call, group * p->in + c, tap, count, p0, k, done, panel);
        done += count;
    }
}

/// Sums over one run of pixels for one tile of outputs and columns.
static void run_tile(const void *context, tk_int task, int thread) {
    const struct gradient_call *call = context;
    const struct gradient_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    tk_int i0 = task % p->row_blocks * p->rows, rest = task / p->row_blocks;
    tk_int j0 = rest % p->column_blocks * p->width, group = rest / p->column_blocks % call->args->groups;
    tk_int run = rest / p->column_blocks / call->args->groups;
    tk_int m = tk_min_int(p->rows, p->out - i0), n = tk_min_int(p->width, p->columns - j0);
    tk_int o = group * p->out + i0, end = tk_min_int((run + 1) * p->run, p->pixels);
    float *left = tk_thread_memory(call->threads, p->thread, thread), *right = left + p->left;
    float *sums = call->sums + (run * call->args->out_channels + o) * p->columns + j0;
    for (tk_int p0 = run * p->run; p0 < end; p0 += DEPTH) {
        tk_int k = tk_min_int(DEPTH, end - p0);
        take_rows(call, o, m, p0, k, left);
        for (tk_int j = 0; j < n; j += panel) {
            tk_int count = tk_min_int(panel, n - j);
            take_panel(call, group, j0 + j, count, p0, k, right);
            for (tk_int i = 0; i < m; i += BLOCK) {
                tk_int rows = tk_min_int(BLOCK, m - i);
                call->isa->gemm_panel(rows, count, k, left + i * k, 1, rows, right, panel, sums + i * p->columns + j, p->columns,
                                      p0 > run * p->run);
            }
        }
    }
}

/// dweight of outputs first ..< last: runs added up, channels before taps.
static void run_finish(const void *context, tk_int first, tk_int last) {
    const struct gradient_call *call = context;
    const struct gradient_plan *p = &call->plan;
    tk_int plane = call->args->out_channels * p->columns;
    for (tk_int o = first; o < last; o++) {
        float *sums = call->sums + o * p->columns, *to = call->args->dweight + o * p->columns;
        for (tk_int run = 1; run < p->runs; run++) {
            call->isa->binary[TK_BINARY_ADD](sums, sums + run * plane, sums, p->columns, TK_BOTH_ARRAYS);
        }
        for (tk_int tap = 0; tap < p->taps; tap++) {
            for (tk_int c = 0; c < p->in; c++) to[c * p->taps + tap] = sums[tap * p->in + c];
        }
    }
}

tk_status tk_conv_weight_gradient(const tk_conv_weight_gradient_args *g, void *scratch) {
    if (!is_valid(g)) return TK_BAD_ARGUMENT;
    if (tk_winograd_gradient_pays(g)) {
        tk_winograd_gradient(g, scratch);
        return TK_OK;
    }
    struct gradient_call call = {tk_isa(), g, plan_gradient(g), tk_thread_memory(scratch, 0, 0), NULL};
    const struct gradient_plan *p = &call.plan;
    call.threads = call.sums + p->sums;
    if (p->pixels == 0) {
        memset(g->dweight, 0, (size_t)(g->out_channels * p->columns) * sizeof(float));
        return TK_OK;
    }
    int team = tk_team(p->pixels * g->out_channels * p->columns / 16);
    tk_run_tasks(team, p->row_blocks * p->column_blocks * g->groups * p->runs, run_tile, &call);
    tk_run_loop(team, g->out_channels, run_finish, &call);
    return TK_OK;
}
