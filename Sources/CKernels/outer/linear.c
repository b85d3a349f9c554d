#include "epilogue.h"
#include "bf16_product.h"
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
    /// Words of x, rounded, which lie before the memory of the threads.
    tk_int left;
};

static struct linear_plan plan_linear(const tk_linear_args *g) {
    struct linear_plan p;
    int few = g->m <= TK_FEW_ROWS && !g->bf16;
    p.row_blocks = tk_ceil_div(g->m, g->bf16 ? TK_BF16_ROWS : TK_LINEAR_ROWS);
    p.rows = p.row_blocks > 0 ? tk_ceil_div(g->m, p.row_blocks) : 0;
    p.columns = TK_LINEAR_COLUMNS;
    p.column_blocks = tk_ceil_div(g->n, p.columns);
    p.packed = few ? 0 : TK_DEPTH * p.columns;
    p.tile = p.rows * p.columns;
    p.thread = tk_padded(p.packed + (g->up_weight ? 2 : 1) * p.tile);
    p.left = g->bf16 ? tk_padded(g->m * tk_bf16_stride(g->k)) : 0;
    return p;
}

size_t tk_linear_scratch(const tk_linear_args *args, int max_threads) {
    struct linear_plan p = plan_linear(args);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.left * sizeof(int32_t);
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
    /// x, rounded, or NULL.
    const int32_t *left;
    void *scratch;
};

/// As `product` for rows from i0 on, of operands that are rounded or not.
static void multiply(const struct linear_call *call, tk_int i0, tk_int m, tk_int n, const float *weight, float *packed, float *tile) {
    const tk_linear_args *g = call->args;
    if (!call->left) {
        product(call->isa, g, m, n, g->x + i0 * g->ldx, weight, packed, tile);
        return;
    }
    struct tk_matrix b = {weight, 1, g->ldw};
    const int32_t *rows = call->left + i0 * tk_bf16_stride(g->k);
    tk_bf16_product(call->isa, m, n, g->k, rows, b, (int32_t *)packed, NULL, tile, TK_LINEAR_COLUMNS);
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct linear_call *call = context;
    const tk_linear_args *g = call->args;
    const struct linear_plan *p = &call->plan;
    tk_int i0 = task % p->row_blocks * p->rows, j0 = task / p->row_blocks * p->columns;
    tk_int m = tk_min_int(p->rows, g->m - i0), n = tk_min_int(p->columns, g->n - j0);
    float *packed = tk_thread_memory(call->scratch, p->thread, thread), *tile = packed + p->packed,
          *up = tile + p->tile;
    multiply(call, i0, m, n, g->weight + j0 * g->ldw, packed, tile);
    if (g->up_weight) multiply(call, i0, m, n, g->up_weight + j0 * g->ldw, packed, up);
    for (tk_int i = 0; i < m; i++) {
        finish_row(call->isa, g, i0 + i, j0, n, tile + i * TK_LINEAR_COLUMNS, up + i * TK_LINEAR_COLUMNS);
    }
}

tk_status tk_linear(const tk_linear_args *g, void *scratch) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || (unsigned)g->activation > TK_ACT_SIGMOID) return TK_BAD_ARGUMENT;
    struct linear_call call = {tk_isa(), g, plan_linear(g), NULL, scratch};
    if (g->bf16) {
        int32_t *rows = (int32_t *)tk_thread_memory(scratch, 0, 0);
        tk_bf16_rows(tk_team(g->m * g->k / 4), (struct tk_matrix){g->x, g->ldx, 1}, g->m, g->k, rows);
        call.left = rows;
        call.scratch = rows + call.plan.left;
    }
    int team = tk_team(g->m * g->n * tk_max_int(g->k, 16) / 16);
    tk_run_tasks(team, call.plan.row_blocks * call.plan.column_blocks, run_tile, &call);
    return TK_OK;
}
