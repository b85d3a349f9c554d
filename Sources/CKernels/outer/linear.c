#include "epilogue.h"
#include "../threads.h"

#include <string.h>

enum {
    /// Up to this many rows the weight is streamed once, unpacked.
    TK_FEW_ROWS = 8,
    /// Output columns of one task; a multiple of every panel width.
    TK_LINEAR_COLUMNS = 64,
    /// Most rows of one task; beyond it the weight is packed again for each block of rows.
    TK_LINEAR_ROWS = 384,
};

struct linear_plan {
    tk_int rows, columns, row_blocks, column_blocks;
    /// Floats of one thread: packed weight, then one or two tiles [rows, columns].
    tk_int packed, tile, thread;
};

static struct linear_plan plan_linear(const tk_linear_args *g) {
    struct linear_plan p;
    int few = g->m <= TK_FEW_ROWS;
    p.row_blocks = tk_ceil_div(g->m, TK_LINEAR_ROWS);
    p.rows = p.row_blocks > 0 ? tk_ceil_div(g->m, p.row_blocks) : 0;
    p.columns = TK_LINEAR_COLUMNS;
    p.column_blocks = tk_ceil_div(g->n, p.columns);
    p.packed = few ? 0 : TK_DEPTH * p.columns;
    p.tile = p.rows * p.columns;
    p.thread = tk_padded(p.packed + (g->up_weight ? 2 : 1) * p.tile);
    return p;
}

size_t tk_linear_scratch(const tk_linear_args *args, int max_threads) {
    return tk_team_bytes(plan_linear(args).thread, max_threads);
}

/// tile [m, n] with rows TK_LINEAR_COLUMNS apart = x [m, k] weight [n, k]^T.
static void product(const struct tk_isa_table *isa, const tk_linear_args *g, tk_int m, tk_int n, const float *x,
                    const float *weight, float *packed, float *tile) {
    if (g->m <= TK_FEW_ROWS) {
        isa->gemv_rows(m, n, g->k, x, g->ldx, weight, g->ldw, tile, TK_LINEAR_COLUMNS);
        return;
    }
    if (g->k == 0) memset(tile, 0, (size_t)(m * TK_LINEAR_COLUMNS) * sizeof(float));
    for (tk_int k0 = 0; k0 < g->k; k0 += TK_DEPTH) {
        tk_int k = tk_min_int(TK_DEPTH, g->k - k0);
        for (tk_int j = 0; j < n; j += isa->panel) {
            tk_int count = tk_min_int(isa->panel, n - j);
            isa->gemm_pack(weight + j * g->ldw + k0, 1, g->ldw, k, count, packed);
            isa->gemm_panel(m, isa->panel, k, x + k0, g->ldx, 1, packed, isa->panel, tile + j, TK_LINEAR_COLUMNS,
                            k0 > 0);
        }
    }
}

/// Bias, activation, second branch, gate and residual of row i, columns [j, j + n), into y.
static void finish_row(const struct tk_isa_table *isa, const tk_linear_args *g, tk_int i, tk_int j, tk_int n,
                       float *values, float *up) {
    tk_binary_tile add = isa->binary[TK_BINARY_ADD], multiply = isa->binary[TK_BINARY_MUL];
    if (g->bias) add(values, g->bias + j, values, n, TK_BOTH_ARRAYS);
    tk_activate(isa, g->activation, values, n);
    if (g->up_weight) {
        if (g->up_bias) add(up, g->up_bias + j, up, n, TK_BOTH_ARRAYS);
        multiply(values, up, values, n, TK_BOTH_ARRAYS);
    }
    if (g->gate) multiply(values, g->gate + i * g->ldgate + j, values, n, TK_BOTH_ARRAYS);
    float *y = g->y + i * g->ldy + j;
    if (g->residual) {
        add(values, g->residual + i * g->ldres + j, y, n, TK_BOTH_ARRAYS);
    } else {
        memcpy(y, values, (size_t)n * sizeof(float));
    }
}

struct linear_call {
    const struct tk_isa_table *isa;
    const tk_linear_args *args;
    struct linear_plan plan;
    void *scratch;
};

static void run_tile(const void *context, tk_int task, int thread) {
    const struct linear_call *call = context;
    const tk_linear_args *g = call->args;
    const struct linear_plan *p = &call->plan;
    tk_int i0 = task % p->row_blocks * p->rows, j0 = task / p->row_blocks * p->columns;
    tk_int m = tk_min_int(p->rows, g->m - i0), n = tk_min_int(p->columns, g->n - j0);
    float *packed = tk_thread_memory(call->scratch, p->thread, thread), *tile = packed + p->packed,
          *up = tile + p->tile;
    const float *x = g->x + i0 * g->ldx;
    product(call->isa, g, m, n, x, g->weight + j0 * g->ldw, packed, tile);
    if (g->up_weight) product(call->isa, g, m, n, x, g->up_weight + j0 * g->ldw, packed, up);
    for (tk_int i = 0; i < m; i++) {
        finish_row(call->isa, g, i0 + i, j0, n, tile + i * TK_LINEAR_COLUMNS, up + i * TK_LINEAR_COLUMNS);
    }
}

tk_status tk_linear(const tk_linear_args *g, void *scratch) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || (unsigned)g->activation > TK_ACT_SIGMOID) return TK_BAD_ARGUMENT;
    struct linear_call call = {tk_isa(), g, plan_linear(g), scratch};
    int team = tk_team(g->m * g->n * tk_max_int(g->k, 16) / 16);
    tk_run_tasks(team, call.plan.row_blocks * call.plan.column_blocks, run_tile, &call);
    return TK_OK;
}
