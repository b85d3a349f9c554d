#include "conv_direct.h"

enum {
    /// Least output pixels of a row whose products are worth a call for each kernel row, and most output channels among which
    /// gathering once is not cheap.
    TK_SLIDING_WIDTH = 12, TK_SLIDING_CHANNELS = 64,
    /// Most output pixels of one task, and most output channels: the gathered rows, [pixels, TK_DEPTH], and the tile
    /// share the second-level cache with the panel in use.
    TK_DIRECT_PIXELS = 96, TK_DIRECT_CHANNELS = 256,
};

struct direct_plan {
    tk_int out_width, pixels;
    /// Contiguous input channels of a tap, taps, taps in a row, depth of the product.
    tk_int run, taps, taps_w, depth;
    /// The rows of the product are pixels of x itself.
    int in_place;
    /// A run is a kernel row, some of whose taps may lie beside the image.
    int whole_rows;
    /// So that neighbouring pixels have rows of the product that overlap in x, and none is gathered but beside the image.
    int sliding;
    /// Output columns whose kernel rows lie on the image.
    tk_int inner_begin, inner_end;
    /// Tile sizes, and tasks along each of them.
    tk_int rows, columns, row_blocks, column_blocks;
    /// Floats of one thread: gathered rows, a widened panel, then the tile [rows, columns].
    tk_int gathered, widened, thread;
};

/// Whether the taps of a kernel row are one run of memory, but for those beside the image.
static int has_runs(const tk_conv_nhwc_args *g) {
    return g->in_channels2 == 0 && g->ldx == g->in_channels && g->dilation_w == 1 && g->upsample == 1;
}

static struct direct_plan plan_direct(const tk_conv_nhwc_args *g) {
    struct direct_plan p;
    p.out_width = tk_conv_out_width(g);
    p.pixels = tk_conv_out_height(g) * p.out_width;
    p.whole_rows = has_runs(g);
    p.run = tk_conv_channels(g) * (p.whole_rows ? g->kernel_w : 1);
    p.taps_w = p.whole_rows ? 1 : g->kernel_w;
    p.taps = g->kernel_h * p.taps_w;
    p.depth = p.run * p.taps;
    p.in_place = g->kernel_h * g->kernel_w == 1 && g->stride_h * g->stride_w == 1 && g->upsample == 1 &&
                 g->pad_top + g->pad_left + g->pad_bottom + g->pad_right == 0;
    p.sliding = p.whole_rows && !p.in_place && g->format == TK_WEIGHT_F32 && p.out_width >= TK_SLIDING_WIDTH &&
                g->out_channels <= TK_SLIDING_CHANNELS;
    p.inner_begin = tk_min_int(tk_ceil_div(g->pad_left, g->stride_w), p.out_width);
    tk_int room = g->width + g->pad_left - g->kernel_w;
    p.inner_end = room < 0 ? p.inner_begin : tk_max_int(tk_min_int(room / g->stride_w + 1, p.out_width), p.inner_begin);
    p.row_blocks = tk_ceil_div(p.pixels, TK_DIRECT_PIXELS);
    p.rows = p.row_blocks > 0 ? tk_ceil_div(p.pixels, p.row_blocks) : 0;
    // Fewer pixels, more tasks across channels, each of which gathers anew.
    p.columns = p.row_blocks >= 4 ? TK_DIRECT_CHANNELS : p.row_blocks >= 2 ? TK_DIRECT_CHANNELS / 2
                                                                          : TK_DIRECT_CHANNELS / 4;
    p.column_blocks = tk_ceil_div(g->out_channels, p.columns);
    p.gathered = p.in_place ? 0 : p.rows * TK_DEPTH;
    p.widened = g->format == TK_WEIGHT_F32 ? 0 : tk_isa()->panel * TK_DEPTH;
    p.thread = tk_padded(p.gathered + p.widened + p.rows * p.columns);
    return p;
}

size_t tk_conv_direct_scratch(const tk_conv_nhwc_args *g, int max_threads) {
    return tk_team_bytes(plan_direct(g).thread, max_threads);
}

struct direct_call {
    const struct tk_isa_table *isa;
    const tk_conv_nhwc_args *args;
    struct direct_plan plan;
    void *scratch;
};

/// to[n] = channels [c, c + n) of both inputs at a pixel of image b, zeros outside the image (pixel < 0).
static void copy_channels(const tk_conv_nhwc_args *g, tk_int b, tk_int pixel, tk_int c, tk_int n, tk_int first,
                          float *to) {
    if (pixel < 0) {
        memset(to, 0, (size_t)n * sizeof(float));
        return;
    }
    tk_int count = tk_min_int(tk_max_int(first - c, 0), n);
    if (count > 0) memcpy(to, g->x + b * g->x_image + pixel * g->ldx + c, (size_t)count * sizeof(float));
    if (count == n) return;
    const float *from = g->x2 + b * g->x2_image + pixel * g->ldx2 + c + count - first;
    memcpy(to + count, from, (size_t)(n - count) * sizeof(float));
}

/// to[n] = floats [c, c + n) of the kernel row that begins at pixel (iy, ix) of image b, zeros beside and outside the image.
static void copy_run(const tk_conv_nhwc_args *g, tk_int b, tk_int iy, tk_int ix, tk_int c, tk_int n, float *to) {
    tk_int first = n, end = n;
    if (iy >= 0 && iy < g->height) {
        first = tk_min_int(tk_max_int(-ix * g->in_channels - c, 0), n);
        end = tk_min_int(tk_max_int((g->width - ix) * g->in_channels - c, first), n);
    }
    for (tk_int i = 0; i < first; i++) to[i] = 0.0f;
    if (first < end) {
        const float *from = g->x + b * g->x_image + (iy * g->width + ix) * g->ldx + c;
        memcpy(to + first, from + first, (size_t)(end - first) * sizeof(float));
    }
    for (tk_int i = end; i < n; i++) to[i] = 0.0f;
}

/// to[k] = depth [k0, k0 + k) of the product's row for output pixel (oy, ox).
static void gather_row(const struct direct_call *call, tk_int b, tk_int oy, tk_int ox, tk_int k0, tk_int k,
                       float *to) {
    const tk_conv_nhwc_args *g = call->args;
    const struct direct_plan *p = &call->plan;
    tk_int tap = k0 / p->run, c = k0 % p->run, first = g->in_channels2 ? g->in_channels : p->run;
    for (; k > 0; tap++, c = 0) {
        tk_int n = tk_min_int(p->run - c, k);
        tk_int iy = oy * g->stride_h + tap / p->taps_w * g->dilation_h - g->pad_top;
        tk_int ix = ox * g->stride_w + tap % p->taps_w * g->dilation_w - g->pad_left;
        if (p->whole_rows) copy_run(g, b, iy, ix, c, n, to);
        else copy_channels(g, b, tk_conv_pixel(g, iy, ix), c, n, first, to);
        to += n;
        k -= n;
    }
}

/// Rows of the product for pixels [p0, p0 + m), depth from k0: sets where they are and how far apart, returns the depth
/// they have.
static tk_int next_rows(const struct direct_call *call, tk_int b, tk_int p0, tk_int m, tk_int k0, float *gathered,
                        const float **a, tk_int *lda) {
    const tk_conv_nhwc_args *g = call->args;
    const struct direct_plan *p = &call->plan;
    if (p->in_place) {
        int second = k0 >= g->in_channels;
        *a = second ? g->x2 + b * g->x2_image + p0 * g->ldx2 + k0 - g->in_channels
                    : g->x + b * g->x_image + p0 * g->ldx + k0;
        *lda = second ? g->ldx2 : g->ldx;
        return tk_min_int(TK_DEPTH, (second ? p->depth : g->in_channels) - k0);
    }
    tk_int k = tk_min_int(TK_DEPTH, p->depth - k0);
    for (tk_int i = 0; i < m; i++) {
        gather_row(call, b, (p0 + i) / p->out_width, (p0 + i) % p->out_width, k0, k, gathered + i * k);
    }
    *a = gathered;
    *lda = k;
    return k;
}

/// tile [m, panel] (+)= rows a times depth [k0, k0 + k) of the panel from channel c. Meanwhile `next` comes into the cache.
static void multiply_panel(const struct direct_call *call, tk_int m, tk_int k0, tk_int k, const float *a, tk_int lda, tk_int c,
                           const char *next, float *widened, float *tile) {
    const struct direct_plan *p = &call->plan;
    const tk_conv_nhwc_args *g = call->args;
    tk_int panel = call->isa->panel, width = tk_conv_weight_width(g->format);
    const void *weights = (const char *)g->packed + (c * p->depth + k0 * panel) * width;
    if (p->widened > 0) {
        float part[TK_WIDEST_PANEL];
        call->isa->weight_expand((int)g->format, k, weights, tk_conv_scale(g, c, panel, part), widened);
        weights = widened;
    }
    call->isa->gemm_rows(m, k, a, lda, weights, tile, p->columns, k0 > 0, next, k * panel * width, NULL, 0);
}

/// tile [m, columns] = rows of pixels from p0 times packed weights of channels [c0, c0 + n).
static void product(const struct direct_call *call, tk_int b, tk_int p0, tk_int m, tk_int c0, tk_int n,
                    float *gathered, float *tile) {
    const struct direct_plan *p = &call->plan;
    tk_int panel = call->isa->panel, width = tk_conv_weight_width(call->args->format);
    const char *weights = (const char *)call->args->packed + c0 * p->depth * width;
    for (tk_int k0 = 0, k; k0 < p->depth; k0 += k) {
        const float *a;
        tk_int lda;
        k = next_rows(call, b, p0, m, k0, gathered, &a, &lda);
        for (tk_int j = 0; j < n; j += panel) {
            const char *next = weights + ((j + panel) * p->depth + k0 * panel) * width;
            if (j + panel >= n) next = k0 + k < p->depth ? weights + (k0 + k) * panel * width : NULL;
            multiply_panel(call, m, k0, k, a, lda, c0 + j, next, gathered + p->gathered, tile + j);
        }
    }
}

/// tile [m, n] = rows of m neighbouring pixels from (oy, ox), inner ones, times the packed weights of n channels: a product for each
/// kernel row, whose rows begin `stride_w` pixels of x apart.
static void slide(const struct direct_call *call, tk_int b, tk_int oy, tk_int ox, tk_int m, const float *weights, tk_int n,
                  float *tile) {
    const tk_conv_nhwc_args *g = call->args;
    const struct direct_plan *p = &call->plan;
    tk_int panel = call->isa->panel, lda = g->stride_w * g->ldx;
    const float *x = g->x + b * g->x_image + (ox * g->stride_w - g->pad_left) * g->ldx;
    for (tk_int j = 0; j < n; j += panel) {
        int accumulate = 0;
        for (tk_int ky = 0; ky < g->kernel_h; ky++) {
            tk_int iy = oy * g->stride_h - g->pad_top + ky * g->dilation_h;
            if (iy < 0 || iy >= g->height) continue;
            for (tk_int k0 = 0; k0 < p->run; k0 += TK_DEPTH) {
                tk_int k = tk_min_int(TK_DEPTH, p->run - k0);
                const float *block = weights + j * p->depth + (ky * p->run + k0) * panel;
                call->isa->gemm_rows(m, k, x + iy * g->width * g->ldx + k0, lda, block, tile + j, p->columns, accumulate, NULL, 0, NULL, 0);
                accumulate = 1;
            }
        }
        for (tk_int i = 0; !accumulate && i < m; i++) memset(tile + i * p->columns + j, 0, (size_t)panel * sizeof(float));
    }
}

/// As `slide`, of pixels whose kernel rows lie beside the image in part.
static void slide_edge(const struct direct_call *call, tk_int b, tk_int oy, tk_int ox, tk_int m, const float *weights, tk_int n,
                       float *gathered, float *tile) {
    const struct direct_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    for (tk_int k0 = 0; k0 < p->depth; k0 += TK_DEPTH) {
        tk_int k = tk_min_int(TK_DEPTH, p->depth - k0);
        for (tk_int i = 0; i < m; i++) gather_row(call, b, oy, ox + i, k0, k, gathered + i * k);
        for (tk_int j = 0; j < n; j += panel) {
            call->isa->gemm_rows(m, k, gathered, k, weights + j * p->depth + k0 * panel, tile + j, p->columns, k0 > 0, NULL, 0, NULL, 0);
        }
    }
}

/// As `product`, row of output pixels after row, the inner ones of which slide.
static void sliding_product(const struct direct_call *call, tk_int b, tk_int p0, tk_int m, tk_int c0, tk_int n, float *gathered,
                            float *tile) {
    const struct direct_plan *p = &call->plan;
    const float *weights = (const float *)call->args->packed + c0 * p->depth;
    for (tk_int i = 0; i < m;) {
        tk_int oy = (p0 + i) / p->out_width, ox = (p0 + i) % p->out_width;
        int inner = ox >= p->inner_begin && ox < p->inner_end;
        tk_int end = inner ? p->inner_end : ox < p->inner_begin ? p->inner_begin : p->out_width, count = tk_min_int(end - ox, m - i);
        if (inner) slide(call, b, oy, ox, count, weights, n, tile + i * p->columns);
        else slide_edge(call, b, oy, ox, count, weights, n, gathered, tile + i * p->columns);
        i += count;
    }
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct direct_call *call = context;
    const tk_conv_nhwc_args *g = call->args;
    const struct direct_plan *p = &call->plan;
    tk_int p0 = task % p->row_blocks * p->rows, rest = task / p->row_blocks;
    tk_int c0 = rest % p->column_blocks * p->columns, b = rest / p->column_blocks;
    tk_int m = tk_min_int(p->rows, p->pixels - p0), n = tk_min_int(p->columns, g->out_channels - c0);
    float *gathered = tk_thread_memory(call->scratch, p->thread, thread), *tile = gathered + p->gathered + p->widened;
    if (p->sliding) sliding_product(call, b, p0, m, c0, n, gathered, tile);
    else product(call, b, p0, m, c0, n, gathered, tile);
    tk_conv_finish(call->isa, g, tile, p->columns, NULL, g->bias, b, p0, m, c0, n);
}

void tk_conv_direct(const tk_conv_nhwc_args *g, void *scratch) {
    struct direct_call call = {tk_isa(), g, plan_direct(g), scratch};
    const struct direct_plan *p = &call.plan;
    int team = tk_team(g->batch * p->pixels * g->out_channels * p->depth / 16);
    tk_run_tasks(team, g->batch * p->row_blocks * p->column_blocks, run_tile, &call);
}
