// Linear layers: y = activation(x w^T + bias) * (x up^T + bias) * gate + residual.
#include "check.h"

#include <math.h>
#include <string.h>

enum form { PLAIN, ACTIVATED, GATED, RESIDUAL, ROW_GATE, FORMS };

struct linear {
    tk_linear_args args;
    /// What y holds at first; NULL for nothing.
    const float *start;
};

static tk_status run_linear(const void *context, void *y) {
    const struct linear *c = context;
    tk_linear_args args = c->args;
    args.y = y;
    if (c->start) {
        memcpy(y, c->start, (size_t)(args.m * args.n) * sizeof(float));
        args.residual = y;
    }
    return tk_linear(&args, check_scratch(tk_linear_scratch(&args, 1)));
}

static struct linear make_linear(enum form form, tk_int m, tk_int n, tk_int k) {
    struct linear c = {.args = {.m = m, .n = n, .k = k, .x = check_floats(m * k, -1, 1), .ldx = k,
                                .weight = check_floats(n * k, -0.1f, 0.1f), .ldw = k, .ldy = n}};
    if (form != PLAIN && form != RESIDUAL) c.args.bias = check_floats(n, -1, 1);
    if (form == ACTIVATED) c.args.activation = (tk_activation)(1 + (m + n + k) % TK_ACT_SIGMOID);
    if (form == GATED) {
        c.args.activation = TK_ACT_SILU;
        c.args.up_weight = check_floats(n * k, -0.1f, 0.1f);
        c.args.up_bias = c.args.bias;
        c.args.gate = check_floats(m * n, -1, 1);
        c.args.ldgate = n;
    }
    if (form == RESIDUAL) {
        c.start = check_floats(m * n, -1, 1);
        c.args.ldres = n;
    }
    if (form == ROW_GATE) {
        c.args.gate = check_floats(n, -1, 1);
        c.args.residual = check_floats(n, -1, 1);
    }
    return c;
}

static float product_size(const tk_linear_args *g, const float *weight, tk_int i, tk_int j) {
    float sum = g->bias ? fabsf(g->bias[j]) : 0;
    for (tk_int p = 0; p < g->k; p++) sum += fabsf(g->x[i * g->ldx + p] * weight[j * g->ldw + p]);
    return sum;
}

/// Slopes of the activations stay below 1.2 and their values below |z| + 1.
static float *error_scale(const struct linear *c) {
    const tk_linear_args *g = &c->args;
    float *scale = check_memory(g->m * g->n * (tk_int)sizeof *scale);
    for (tk_int i = 0; i < g->m * g->n; i++) {
        tk_int row = i / g->n, j = i % g->n;
        float size = product_size(g, g->weight, row, j);
        if (g->activation) size = 1.2f * (size + 1);
        if (g->up_weight) size *= 2 * (product_size(g, g->up_weight, row, j) + 1);
        if (g->gate) size *= fabsf(g->gate[row * g->ldgate + j]);
        scale[i] = size + (g->residual || c->start ? 1 : 0);
    }
    return scale;
}

static void check_size(enum form form, tk_int m, tk_int n, tk_int k) {
    struct linear c = make_linear(form, m, n, k);
    check_case("%td x %td x %td", m, n, k);
    double share = (double)(k + (form == PLAIN ? 0 : 8)) * 0x1p-24;
    check_close(run_linear, &c, m * n, (check_bound){.share = share, .scale = error_scale(&c)});
}

void check_linear(void) {
    check_covers("gemm_panel gemm_pack gemv_rows");
    static const char *const names[FORMS] = {"linear", "linear activated", "linear gated", "linear residual",
                                             "linear row gate"};
    static const tk_int sizes[][3] = {{1, 97, 70},   {2, 33, 300}, {7, 64, 19}, {20, 65, 270}, {40, 31, 64},
                                      {13, 130, 17}, {3, 5, 0},    {0, 5, 3},   {1, 1, 1},     {9, 15, 513}};
    for (int form = 0; form < FORMS; form++) {
        check_begin(names[form]);
        for (tk_int m = 1; m <= 9; m++) check_size((enum form)form, m, 37, 45);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_size((enum form)form, sizes[i][0], sizes[i][1], sizes[i][2]);
        }
    }
}
