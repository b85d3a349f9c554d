// Gradients of 3x3 filters, four times fewer products: with y = A^T [(G w G^T) * (B^T x B)] A for each tile of F(4x4, 3x3), dw is
// G^T [sum over tiles of (A dy A^T) * (B^T x B)] G. A task has some outputs and a panel of channels; tiles are taken a chunk at a time.
#include "conv_weight_gradient.h"

#include <string.h>

enum {
    TILE = 4, SIDE = 6, POINTS = SIDE * SIDE, TAPS = 9, BLOCK = 6, DEPTH = 256, LANES = 16,
    /// Outputs of a task, and floats of transformed dy that are held.
    OUTPUTS = 66, HELD = 1 << 23,
};

typedef float lanes __attribute__((ext_vector_type(LANES)));

struct winograd_plan {
    tk_int height, width, tiles_h, tiles_w, tiles, blocks;
    /// Tiles of a chunk; tasks down and across.
    tk_int held, row_blocks, column_blocks;
    /// Floats of transformed dy [POINTS][blocks][held][BLOCK], and of one thread.
    tk_int shared, thread;
};

static struct winograd_plan plan_winograd(const tk_conv_weight_gradient_args *g) {
    struct winograd_plan p;
    tk_int panel = tk_isa()->panel;
    p.height = tk_conv2d_output(g->height, 3, 1, g->pad_top + g->pad_bottom, 1);
    p.width = tk_conv2d_output(g->width, 3, 1, g->pad_left + g->pad_right, 1);
    p.tiles_h = tk_ceil_div(p.height, TILE);
    p.tiles_w = tk_ceil_div(p.width, TILE);
    p.tiles = g->batch * p.tiles_h * p.tiles_w;
    p.blocks = tk_ceil_div(g->out_channels, BLOCK);
    p.held = tk_max_int(HELD / (POINTS * p.blocks * BLOCK), DEPTH);
    p.held = tk_min_int(p.held / DEPTH * DEPTH, tk_max_int(p.tiles, 1));
    p.row_blocks = tk_ceil_div(g->out_channels, OUTPUTS);
    p.column_blocks = tk_ceil_div(g->in_channels, panel);
    p.shared = tk_padded(POINTS * p.blocks * p.held * BLOCK);
    // Transformed x, a point's products, sums of a row of points, sums of taps.
    p.thread = tk_padded(POINTS * p.held * panel + (1 + 3 + TAPS) * OUTPUTS * panel);
    return p;
}

int tk_winograd_gradient_pays(const tk_conv_weight_gradient_args *g) {
    if (g->kernel_h != 3 || g->kernel_w != 3 || g->stride_h != 1 || g->stride_w != 1 || g->dilation_h != 1 || g->dilation_w != 1 ||
        g->groups != 1 || g->in_channels < 16 || g->out_channels < 16) return 0;
    struct winograd_plan p = plan_winograd(g);
    // Transforms take as long as half of the products; few tiles do not pay for those of the result.
    return p.tiles >= 24 && p.tiles * POINTS * 3 / 2 < g->batch * p.height * p.width * TAPS;
}

size_t tk_winograd_gradient_scratch(const tk_conv_weight_gradient_args *g, int max_threads) {
    struct winograd_plan p = plan_winograd(g);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.shared * sizeof(float);
}

struct winograd_call {
    const struct tk_isa_table *isa;
    const tk_conv_weight_gradient_args *args;
    struct winograd_plan plan;
    float *shared, *threads;
    /// Tiles [t0, t0 + count) are held.
    tk_int t0, count;
};

struct place {
    tk_int b, y, x;
};

static struct place place_of(const struct winograd_plan *p, tk_int tile) {
    tk_int image = p->tiles_h * p->tiles_w, inside = tile % image;
    return (struct place){tile / image, inside / p->tiles_w * TILE, inside % p->tiles_w * TILE};
}

/// u = A d: six points of four values.
static void spread_line(const lanes *d, int step, lanes *u, int apart) {
    const float p = 0.625f, q = 1.5f;
    lanes even_p = d[0] + p * p * d[2 * step], odd_p = p * d[step] + p * p * p * d[3 * step];
    lanes even_q = d[0] + q * q * d[2 * step], odd_q = q * d[step] + q * q * q * d[3 * step];
    u[0] = d[0];
    u[apart] = even_p + odd_p;
    u[2 * apart] = even_p - odd_p;
    u[3 * apart] = even_q + odd_q;
    u[4 * apart] = even_q - odd_q;
    u[5 * apart] = d[3 * step];
}

/// values [POINTS][LANES] = A dy A^T of outputs [o, o + n) of a tile; zeros beside the picture.
static void spread_tile(const struct winograd_call *call, struct place at, tk_int o, tk_int n, lanes *values) {
    const tk_conv_weight_gradient_args *g = call->args;
    const struct winograd_plan *p = &call->plan;
    lanes tile[TILE * TILE], rows[SIDE * TILE];
    for (tk_int i = 0; i < TILE * TILE; i++) {
        tk_int y = at.y + i / TILE, x = at.x + i % TILE;
        tile[i] = 0.0f;
        if (y < p->height && x < p->width) {
            memcpy(&tile[i], g->dy + at.b * g->dy_image + (y * p->width + x) * g->lddy + o, (size_t)n * sizeof(float));
        }
    }
    for (int j = 0; j < TILE; j++) spread_line(tile + j, TILE, rows + j, TILE);
    for (int i = 0; i < SIDE; i++) spread_line(rows + i * TILE, 1, values + i * SIDE, 1);
}

/// One held tile of dy, all outputs, into blocks of six.
static void run_spread(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct winograd_call *call = context;
    const struct winograd_plan *p = &call->plan;
    struct place at = place_of(p, call->t0 + task);
    tk_int outputs = call->args->out_channels, plane = p->blocks * call->count * BLOCK;
    lanes values[POINTS];
    for (tk_int o = 0; o < p->blocks * BLOCK; o += LANES) {
        tk_int n = tk_min_int(LANES, outputs - o), lanes_kept = tk_min_int(LANES, p->blocks * BLOCK - o);
        if (n > 0) spread_tile(call, at, o, n, values);
        else memset(values, 0, sizeof values);
        for (tk_int i = 0; i < lanes_kept; i++) {
            float *to = call->shared + ((o + i) / BLOCK * call->count + task) * BLOCK + (o + i) % BLOCK;
            for (int point = 0; point < POINTS; point++) to[point * plane] = values[point][i];
        }
    }
}

/// v [POINTS][count][panel] = B^T x B of channels [c, c + n) of all held tiles.
static void take_tiles(const struct winograd_call *call, tk_int c, tk_int n, float *v) {
    static const float zeros[TK_WIDEST_PANEL];
    const tk_conv_weight_gradient_args *g = call->args;
    tk_int panel = call->isa->panel, plane = call->count * panel;
    if (n < panel) memset(v, 0, (size_t)(POINTS * plane) * sizeof(float));
    for (tk_int tile = 0; tile < call->count; tile++) {
        struct place at = place_of(&call->plan, call->t0 + tile);
        const float *pixels[POINTS];
        for (int i = 0; i < POINTS; i++) {
            tk_int y = at.y + i / SIDE - g->pad_top, x = at.x + i % SIDE - g->pad_left;
            int inside = y >= 0 && y < g->height && x >= 0 && x < g->width;
            pixels[i] = inside ? g->x + at.b * g->x_image + (y * g->width + x) * g->ldx + c : zeros;
        }
        call->isa->winograd_input(TILE, pixels, n, v + tile * panel, plane);
    }
}

/// products [m, panel] of one point, over all held tiles.
static void multiply_point(const struct winograd_call *call, int point, tk_int o, tk_int m, const float *v, float *products) {
    const struct winograd_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    const float *dy = call->shared + (point * p->blocks + o / BLOCK) * call->count * BLOCK;
    for (tk_int t = 0; t < call->count; t += DEPTH) {
        tk_int k = tk_min_int(DEPTH, call->count - t);
        for (tk_int i = 0; i < m; i += BLOCK) {
            call->isa->gemm_panel(BLOCK, panel, k, dy + (i * call->count) + t * BLOCK, 1, BLOCK, v + (point * call->count + t) * panel, panel,
                                  products + i * panel, panel, t > 0);
        }
    }
}

/// Coefficients of G [point][tap].
static float filter_point(int point, int tap) {
    const float p = 0.625f, q = 1.5f, pp = 0.390625f, qq = 2.25f;
    if (point == 0) return tap == 0 ? 1.0f / (pp * qq) : 0.0f;
    if (point == SIDE - 1) return tap == 2 ? 1.0f : 0.0f;
    float r = (point < 3 ? p : q) * (point % 2 ? 1.0f : -1.0f), own = point < 3 ? pp : qq, other = point < 3 ? qq : pp;
    return (tap == 0 ? 1.0f : tap == 1 ? r : r * r) / (2.0f * own * (own - other));
}

/// dweight of a task's outputs and channels; added to what earlier chunks gave.
static void write_taps(const struct winograd_call *call, tk_int o, tk_int m, tk_int c, tk_int n, const float *taps) {
    const tk_conv_weight_gradient_args *g = call->args;
    tk_int panel = call->isa->panel;
    for (tk_int i = 0; i < m; i++) {
        float *to = g->dweight + ((o + i) * g->in_channels + c) * TAPS;
        for (tk_int j = 0; j < n; j++) {
            for (int tap = 0; tap < TAPS; tap++) {
                float value = taps[(tap * OUTPUTS + i) * panel + j];
                to[j * TAPS + tap] = call->t0 > 0 ? to[j * TAPS + tap] + value : value;
            }
        }
    }
}

static void run_task(const void *context, tk_int task, int thread) {
    const struct winograd_call *call = context;
    const struct winograd_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    tk_int o = task % p->row_blocks * OUTPUTS, c = task / p->row_blocks * panel;
    tk_int m = tk_min_int(OUTPUTS, call->args->out_channels - o), n = tk_min_int(panel, call->args->in_channels - c);
    tk_int rows = tk_ceil_div(m, BLOCK) * BLOCK, size = OUTPUTS * panel, used = rows * panel;
    float *v = tk_thread_memory(call->threads, p->thread, thread), *products = v + POINTS * p->held * panel, *line = products + size,
          *taps = line + 3 * size;
    take_tiles(call, c, n, v);
    memset(taps, 0, (size_t)(TAPS * size) * sizeof(float));
    for (int i = 0; i < SIDE; i++) {
        memset(line, 0, (size_t)(3 * size) * sizeof(float));
        for (int j = 0; j < SIDE; j++) {
            multiply_point(call, i * SIDE + j, o, rows, v, products);
            for (int tap = 0; tap < 3; tap++) {
                float factor = filter_point(j, tap);
                if (factor != 0.0f) call->isa->axpy(products, factor, line + tap * size, used);
            }
        }
        for (int tap = 0; tap < TAPS; tap++) {
            float factor = filter_point(i, tap / 3);
            if (factor != 0.0f) call->isa->axpy(line + tap % 3 * size, factor, taps + tap * size, used);
        }
    }
    write_taps(call, o, m, c, n, taps);
}

void tk_winograd_gradient(const tk_conv_weight_gradient_args *g, void *scratch) {
    struct winograd_call call = {.isa = tk_isa(), .args = g, .plan = plan_winograd(g), .shared = tk_thread_memory(scratch, 0, 0)};
    const struct winograd_plan *p = &call.plan;
    call.threads = call.shared + p->shared;
    int team = tk_team(p->tiles * POINTS * g->in_channels * g->out_channels / 16);
    for (call.t0 = 0; call.t0 < p->tiles; call.t0 += call.count) {
        call.count = tk_min_int(p->held, p->tiles - call.t0);
        tk_run_tasks(team, call.count, run_spread, &call);
        tk_run_tasks(team, p->row_blocks * p->column_blocks, run_task, &call);
    }
}
