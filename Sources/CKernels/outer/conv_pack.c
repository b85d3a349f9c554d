#include "conv_nhwc.h"

enum { TK_POINTS = 36 };

/// u [side, side] = G w G^T.
static void transform_weight(int side, const double (*g)[3], const float *w, float *u) {
    double rows[6][3];
    for (int i = 0; i < side; i++) {
        for (int x = 0; x < 3; x++) rows[i][x] = g[i][0] * w[x] + g[i][1] * w[3 + x] + g[i][2] * w[6 + x];
    }
    for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
            u[i * side + j] = (float)(rows[i][0] * g[j][0] + rows[i][1] * g[j][1] + rows[i][2] * g[j][2]);
        }
    }
}

struct pack_call {
    tk_int panel, panels, in, out, taps;
    /// 0 for direct, else m + 2, with G.
    int side;
    double g[6][3];
    const float *weight;
    float *packed;
};

/// packed[tap * in + c, lane] = weight[lane, c, tap], zeros beyond the last output channel.
static void pack_direct(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct pack_call *call = context;
    tk_int lanes = tk_min_int(call->panel, call->out - task * call->panel), depth = call->taps * call->in;
    const float *weight = call->weight + task * call->panel * depth;
    float *packed = call->packed + task * call->panel * depth;
    memset(packed, 0, (size_t)(call->panel * depth) * sizeof(float));
    for (tk_int lane = 0; lane < lanes; lane++) {
        for (tk_int c = 0; c < call->in; c++) {
            for (tk_int t = 0; t < call->taps; t++) {
                packed[(t * call->in + c) * call->panel + lane] = weight[lane * depth + c * call->taps + t];
            }
        }
    }
}

/// packed[point, panel, c, lane] = (G weight[lane, c] G^T)[point].
static void pack_winograd(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct pack_call *call = context;
    tk_int lanes = tk_min_int(call->panel, call->out - task * call->panel), points = call->side * call->side;
    for (tk_int c = 0; c < call->in; c++) {
        float u[TK_WIDEST_PANEL][TK_POINTS] = {{0}};
        for (tk_int lane = 0; lane < lanes; lane++) {
            const float *w = call->weight + ((task * call->panel + lane) * call->in + c) * 9;
            transform_weight(call->side, call->g, w, u[lane]);
        }
        for (tk_int t = 0; t < points; t++) {
            float *packed = call->packed + ((t * call->panels + task) * call->in + c) * call->panel;
            for (tk_int lane = 0; lane < call->panel; lane++) packed[lane] = u[lane][t];
        }
    }
}

/// G for the points of `families/winograd.inc`: the row of p is (1, p, p^2) / product of (p - q) over the other points
/// q, that of infinity (0, 0, 1).
static void fill_g(int m, double g[6][3]) {
    static const double two[] = {0, 1, -1}, four[] = {0, 0.625, -0.625, 1.5, -1.5};
    const double *points = m == 2 ? two : four;
    int finite = m + 1;
    for (int i = 0; i < finite; i++) {
        double p = points[i], product = 1;
        for (int j = 0; j < finite; j++) product *= j == i ? 1 : p - points[j];
        g[i][0] = 1 / product;
        g[i][1] = p / product;
        g[i][2] = p * p / product;
    }
    g[finite][0] = g[finite][1] = 0;
    g[finite][2] = 1;
}

static tk_int matrices(tk_conv_algorithm algorithm, tk_int kernel_h, tk_int kernel_w) {
    if (algorithm == TK_CONV_DIRECT) return kernel_h * kernel_w;
    if ((unsigned)algorithm > TK_CONV_WINOGRAD_4 || kernel_h != 3 || kernel_w != 3) return 0;
    return algorithm == TK_CONV_WINOGRAD_2 ? 16 : 36;
}

size_t tk_conv_nhwc_packed_bytes(tk_conv_algorithm algorithm, tk_int in_channels, tk_int out_channels,
                                 tk_int kernel_h, tk_int kernel_w) {
    tk_int panel = tk_isa()->panel, columns = tk_ceil_div(out_channels, panel) * panel;
    return (size_t)(matrices(algorithm, kernel_h, kernel_w) * in_channels * columns) * sizeof(float);
}

tk_status tk_conv_nhwc_pack(tk_conv_algorithm algorithm, const float *weight, tk_int in_channels, tk_int out_channels,
                            tk_int kernel_h, tk_int kernel_w, float *packed) {
    if (in_channels <= 0 || out_channels <= 0 || kernel_h <= 0 || kernel_w <= 0) return TK_BAD_ARGUMENT;
    tk_int count = matrices(algorithm, kernel_h, kernel_w), panel = tk_isa()->panel;
    if (count == 0) return TK_UNSUPPORTED;
    struct pack_call call = {.panel = panel, .panels = tk_ceil_div(out_channels, panel), .in = in_channels,
                             .out = out_channels, .taps = kernel_h * kernel_w, .weight = weight, .packed = packed};
    if (algorithm != TK_CONV_DIRECT) {
        call.side = algorithm == TK_CONV_WINOGRAD_2 ? 4 : 6;
        fill_g(call.side - 2, call.g);
    }
    tk_run_tasks(tk_team(count * in_channels * out_channels), call.panels, call.side ? pack_winograd : pack_direct,
                 &call);
    return TK_OK;
}
