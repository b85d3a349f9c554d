#include "conv_winograd.h"

enum {
    /// Most floats of transformed input held at once, about: 12 MB, so that weights are read once for small images.
    TK_WINOGRAD_FLOATS = 3 << 20,
    /// Most tiles and output channels of one product task, and input channels whose filters are transformed at a time: two
    /// rows of points of them, 2 (m + 2) times 128 times 32 floats, stay in the second-level cache beside the tiles that
    /// they are multiplied with.
    TK_WINOGRAD_ROWS = 50, TK_WINOGRAD_COLUMNS = 32, TK_WINOGRAD_DEPTH = 128,
    /// Most products of a tile.
    TK_POINTS = 36,
    /// Tiles of one task of the input transform, and channels it reads at once.
    TK_INPUT_TILES = 4, TK_INPUT_CHANNELS = 256,
};

struct winograd_plan {
    /// Output tile, input tile, products of a tile.
    tk_int m, side, points;
    tk_int out_height, out_width, channels;
    /// Tiles along each axis of an image, tiles of all images.
    tk_int tiles_h, tiles_w, tiles;
    /// Transformed input [points, held, ldv]: tiles held at once, row and plane strides.
    tk_int held, ldv, v_plane;
    /// Products of one task [points, rows, columns], and their plane stride.
    tk_int rows, columns, m_plane;
    /// Floats of one point of transformed filters [columns / panel, TK_WINOGRAD_DEPTH, panel].
    tk_int u_plane;
    /// Floats of the transformed input, and of one thread: products, one tile of output, two rows of transformed filters.
    tk_int shared, thread;
};

/// Row or plane stride with an odd number of cache lines, so that equal offsets of several fall into different sets.
static tk_int spread(tk_int floats) { return (tk_ceil_div(floats, 16) | 1) * 16; }

static struct winograd_plan plan_winograd(const tk_conv_nhwc_args *g, int m) {
    struct winograd_plan p;
    p.m = m;
    p.side = m + 2;
    p.points = p.side * p.side;
    p.out_height = tk_conv_out_height(g);
    p.out_width = tk_conv_out_width(g);
    p.channels = tk_conv_channels(g);
    p.tiles_h = tk_ceil_div(p.out_height, m);
    p.tiles_w = tk_ceil_div(p.out_width, m);
    p.tiles = g->batch * p.tiles_h * p.tiles_w;
    p.ldv = spread(p.channels);
    tk_int most = tk_max_int(TK_WINOGRAD_FLOATS / (p.points * p.ldv), TK_PRODUCT_ROWS);
    p.held = tk_ceil_div(p.tiles, tk_max_int(tk_ceil_div(p.tiles, most), 1));
    p.v_plane = spread(p.held * p.ldv);
    p.rows = tk_ceil_div(p.held, tk_max_int(tk_ceil_div(p.held, TK_WINOGRAD_ROWS), 1));
    p.columns = TK_WINOGRAD_COLUMNS;
    p.m_plane = spread(p.rows * p.columns);
    p.shared = tk_padded(p.points * p.v_plane);
    p.u_plane = spread(tk_min_int(p.channels, TK_WINOGRAD_DEPTH) * p.columns);
    p.thread = tk_padded(p.points * p.m_plane + m * m * p.columns + 2 * p.side * p.u_plane);
    return p;
}

size_t tk_conv_winograd_scratch(const tk_conv_nhwc_args *g, int m, int max_threads) {
    struct winograd_plan p = plan_winograd(g, m);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.shared * sizeof(float);
}

struct winograd_call {
    const struct tk_isa_table *isa;
    const tk_conv_nhwc_args *args;
    struct winograd_plan plan;
    /// Transformed input, then the threads' memory.
    float *v;
    void *threads;
    /// Tiles [t0, t0 + count) are held, in `row_blocks` tasks.
    tk_int t0, count, row_blocks;
};

/// Image, row and column of a tile's first output.
struct place {
    tk_int b, y, x;
};

static struct place place_of(const struct winograd_plan *p, tk_int tile) {
    tk_int in_image = tile % (p->tiles_h * p->tiles_w);
    return (struct place){tile / (p->tiles_h * p->tiles_w), in_image / p->tiles_w * p->m, in_image % p->tiles_w * p->m};
}

/// Transforms `n` channels of one source into v; `numbers` are the tile's input pixels, -1 for padding.
static void transform_source(const struct winograd_call *call, const tk_int *numbers, const float *x, tk_int ldx,
                             tk_int n, float *v) {
    static const float zeros[TK_INPUT_CHANNELS];
    const struct winograd_plan *p = &call->plan;
    for (tk_int c = 0; c < n; c += TK_INPUT_CHANNELS) {
        const float *pixels[TK_POINTS];
        for (tk_int t = 0; t < p->points; t++) pixels[t] = numbers[t] < 0 ? zeros : x + numbers[t] * ldx + c;
        call->isa->winograd_input((int)p->m, pixels, tk_min_int(TK_INPUT_CHANNELS, n - c), v + c, p->v_plane);
    }
}

static void transform_tile(const struct winograd_call *call, tk_int tile) {
    const tk_conv_nhwc_args *g = call->args;
    const struct winograd_plan *p = &call->plan;
    struct place at = place_of(p, call->t0 + tile);
    tk_int numbers[TK_POINTS];
    for (tk_int t = 0; t < p->points; t++) {
        numbers[t] = tk_conv_pixel(g, at.y + t / p->side - g->pad_top, at.x + t % p->side - g->pad_left);
    }
    float *v = call->v + tile * p->ldv;
    transform_source(call, numbers, g->x + at.b * g->x_image, g->ldx, g->in_channels, v);
    if (g->in_channels2 == 0) return;
    transform_source(call, numbers, g->x2 + at.b * g->x2_image, g->ldx2, g->in_channels2, v + g->in_channels);
}

static void run_input(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct winograd_call *call = context;
    tk_int end = tk_min_int((task + 1) * TK_INPUT_TILES, call->count);
    for (tk_int tile = task * TK_INPUT_TILES; tile < end; tile++) transform_tile(call, tile);
}

/// Where the packed filters of channels from k0 to the panel of output c begin: [panels, channels, 9, panel].
static const char *filters_at(const struct winograd_call *call, tk_int c, tk_int k0) {
    const tk_conv_nhwc_args *g = call->args;
    tk_int width = tk_conv_weight_width(g->format);
    return (const char *)g->packed + 9 * (c * call->plan.channels + k0 * call->isa->panel) * width;
}

/// u [2 side, panels, k, panel] = two rows of the transformed filters of channels [k0, k0 + k) to outputs [c0, c0 + n).
static void transform_filters(const struct winograd_call *call, int pair, tk_int c0, tk_int n, tk_int k0, tk_int k,
                              float *u) {
    const struct winograd_plan *p = &call->plan;
    const tk_conv_nhwc_args *g = call->args;
    tk_int panel = call->isa->panel;
    for (tk_int j = c0; j < c0 + n; j += panel, u += k * panel) {
        float part[TK_WIDEST_PANEL];
        call->isa->winograd_weight((int)p->m, pair, k, (int)g->format, filters_at(call, j, k0),
                                   tk_conv_scale(g, j, panel, part), u, p->u_plane);
    }
}

/// products [m, n] of one point (+ products) = rows v [m, k] times panels u. `next_v`, which the following call reads, comes
/// into the cache meanwhile, as do `bytes` of the filters `next` of each panel, `apart` bytes apart.
static void multiply_point(const struct winograd_call *call, tk_int m, tk_int n, tk_int k, const float *v,
                           const float *u, float *products, int accumulate, const float *next_v, const char *next,
                           tk_int bytes, tk_int apart) {
    const struct winograd_plan *p = &call->plan;
    tk_int panel = call->isa->panel, share = tk_padded(tk_ceil_div(k, tk_ceil_div(n, panel)));
    for (tk_int j = 0, fetched = 0; j < n; j += panel, fetched += share, u += k * panel) {
        const float *ahead = next_v && fetched < k ? next_v + fetched : NULL;
        call->isa->gemm_rows(m, k, v, p->ldv, u, products + j, p->columns, accumulate, next, bytes, ahead,
                             tk_min_int(share, k - fetched));
        if (next) next += apart;
    }
}

/// Number of point `i` of the 2 side points of a pair of rows: those of the first and the last row, or of two between.
static tk_int point_of(const struct winograd_plan *p, int pair, tk_int i) {
    tk_int row = pair == 0 ? (i < p->side ? 0 : p->side - 1) : 2 * pair - 1 + i / p->side;
    return row * p->side + i % p->side;
}

/// products [points, rows, columns] = v [points, tiles i0 ..< i0 + m, channels] times filters [points, channels,
/// c0 ..< c0 + n], which are transformed into `u` two rows of points at a time.
static void multiply(const struct winograd_call *call, tk_int i0, tk_int m, tk_int c0, tk_int n, float *products,
                     float *u) {
    const struct winograd_plan *p = &call->plan;
    tk_int panel = call->isa->panel, width = tk_conv_weight_width(call->args->format);
    int points = 2 * (int)p->side;
    for (int pair = 0; pair < p->side / 2; pair++) {
        for (tk_int k0 = 0; k0 < p->channels; k0 += TK_WINOGRAD_DEPTH) {
            tk_int k = tk_min_int(TK_WINOGRAD_DEPTH, p->channels - k0);
            const float *v = call->v + i0 * p->ldv + k0;
            transform_filters(call, pair, c0, n, k0, k, u);
            // The next block's filters, a part with each point; later pairs find them in a cache.
            tk_int part = tk_ceil_div(9 * panel * width * k / 64, points) * 64;
            const char *next = pair == 0 && k0 + k < p->channels ? filters_at(call, c0, k0 + k) : NULL;
            for (int i = 0; i < points; i++) {
                const float *next_v = i + 1 < points ? v + point_of(p, pair, i + 1) * p->v_plane : NULL;
                multiply_point(call, m, n, k, v + point_of(p, pair, i) * p->v_plane, u + i * p->u_plane,
                               products + point_of(p, pair, i) * p->m_plane, k0 > 0, next_v,
                               next ? next + i * part : NULL, part, 9 * panel * width * p->channels);
            }
        }
    }
}

/// Channels [c0, c0 + n) of one tile's outputs that lie inside the image; values is [m * m, columns].
static void finish_tile(const struct winograd_call *call, tk_int tile, tk_int c0, tk_int n, float *values) {
    const struct winograd_plan *p = &call->plan;
    struct place at = place_of(p, tile);
    tk_int height = tk_min_int(p->m, p->out_height - at.y), width = tk_min_int(p->m, p->out_width - at.x);
    for (tk_int i = 0; i < height; i++) {
        tk_int pixel = (at.y + i) * p->out_width + at.x;
        tk_conv_finish(call->isa, call->args, values + i * p->m * p->columns, p->columns, NULL, NULL, at.b, pixel, width, c0, n);
    }
}

static void run_products(const void *context, tk_int task, int thread) {
    const struct winograd_call *call = context;
    const tk_conv_nhwc_args *g = call->args;
    const struct winograd_plan *p = &call->plan;
    tk_int i0 = task % call->row_blocks * p->rows, c0 = task / call->row_blocks * p->columns;
    tk_int m = tk_min_int(p->rows, call->count - i0), n = tk_min_int(p->columns, g->out_channels - c0);
    float *products = tk_thread_memory(call->threads, p->thread, thread), *values = products + p->points * p->m_plane;
    multiply(call, i0, m, c0, n, products, values + p->m * p->m * p->columns);
    for (tk_int i = 0; i < m; i++) {
        call->isa->winograd_output((int)p->m, products + i * p->columns, p->m_plane, n, g->bias ? g->bias + c0 : NULL,
                                   values, p->columns);
        finish_tile(call, call->t0 + i0 + i, c0, n, values);
    }
}

void tk_conv_winograd(const tk_conv_nhwc_args *g, int m, void *scratch) {
    struct winograd_call call = {tk_isa(), g, plan_winograd(g, m)};
    const struct winograd_plan *p = &call.plan;
    call.v = tk_thread_memory(scratch, 0, 0);
    call.threads = call.v + p->shared;
    int team = tk_team(p->tiles * p->points * p->channels * g->out_channels / 16);
    for (call.t0 = 0; call.t0 < p->tiles; call.t0 += call.count) {
        call.count = tk_min_int(p->held, p->tiles - call.t0);
        call.row_blocks = tk_ceil_div(call.count, p->rows);
        tk_run_tasks(team, tk_ceil_div(call.count, TK_INPUT_TILES), run_input, &call);
        tk_run_tasks(team, call.row_blocks * tk_ceil_div(g->out_channels, p->columns), run_products, &call);
    }
}
