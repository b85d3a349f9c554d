#include "bf16_product.h"
#include "../threads.h"

enum {
    /// Rows and columns of one task.
    TK_MATMUL_ROWS = 384, TK_MATMUL_COLUMNS = 64,
    /// Up to this many rows a transposed B is streamed once, unpacked.
    TK_FEW_ROWS = 8,
};

static void scale_row(const struct tk_isa_table *isa, float alpha, float *c, tk_int n) {
    if (alpha != 1.0f) isa->binary[TK_BINARY_MUL](c, &alpha, c, n, TK_SCALAR_B);
}

/// C [m, n] = op(A) [m, k] op(B) [k, n], panel by panel; the packed panel lives on the stack.
static void product(const struct tk_isa_table *isa, tk_int m, tk_int n, tk_int k, struct tk_matrix a,
                    struct tk_matrix b, float *c, tk_int ldc) {
    float packed[TK_DEPTH * TK_WIDEST_PANEL];
    if (m <= TK_FEW_ROWS && a.column == 1 && b.row == 1) {
        isa->gemv_rows(m, n, k, a.data, a.row, b.data, b.column, c, ldc);
        return;
    }
    for (tk_int k0 = 0; k0 < k; k0 += TK_DEPTH) {
        tk_int depth = tk_min_int(TK_DEPTH, k - k0);
        for (tk_int j = 0; j < n; j += isa->panel) {
            tk_int count = tk_min_int(isa->panel, n - j);
            isa->gemm_pack(b.data + k0 * b.row + j * b.column, b.row, b.column, depth, count, packed);
            isa->gemm_panel(m, count, depth, a.data + k0 * a.column, a.row, a.column, packed, isa->panel, c + j, ldc,
                            k0 > 0);
        }
    }
}

struct matmul_call {
    const struct tk_isa_table *isa;
    const tk_matmul_args *args;
    /// Rows of one task, and tasks down and across one product.
    tk_int rows, down, across;
    /// Of rounded operands: A's rows of all batches, then the memory of each thread.
    int32_t *left;
    void *threads;
};

/// Words of op(A), rounded, of all batches.
static tk_int left_words(const tk_matmul_args *g) {
    return g->batch_outer * g->batch_inner * g->m * tk_bf16_stride(g->k);
}

/// Floats of one thread: a panel, and columns that fill none.
enum { TK_BF16_THREAD = TK_BF16_PANEL + TK_BF16_ROWS * TK_WIDEST_PANEL };

size_t tk_matmul_scratch(const tk_matmul_args *args, int max_threads) {
    if (!args->bf16) return 0;
    return (size_t)tk_padded(left_words(args)) * sizeof(int32_t) + tk_team_bytes(TK_BF16_THREAD, max_threads) + 64;
}

static struct tk_matrix left(const tk_matmul_args *g, tk_int outer, tk_int inner) {
    return (struct tk_matrix){g->a + outer * g->a_outer + inner * g->a_inner, g->transpose_a ? 1 : g->lda, g->transpose_a ? g->lda : 1};
}

static struct tk_matrix right(const tk_matmul_args *g, tk_int outer, tk_int inner) {
    return (struct tk_matrix){g->b + outer * g->b_outer + inner * g->b_inner, g->transpose_b ? 1 : g->ldb, g->transpose_b ? g->ldb : 1};
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct matmul_call *call = context;
    const tk_matmul_args *g = call->args;
    tk_int i0 = task / call->across % call->down * call->rows, j0 = task % call->across * TK_MATMUL_COLUMNS;
    tk_int m = tk_min_int(call->rows, g->m - i0), n = tk_min_int(TK_MATMUL_COLUMNS, g->n - j0);
    tk_int batch = task / call->across / call->down, outer = batch / g->batch_inner, inner = batch % g->batch_inner;
    struct tk_matrix a = left(g, outer, inner), b = right(g, outer, inner);
    float *c = g->c + outer * g->c_outer + inner * g->c_inner + i0 * g->ldc + j0;
    a.data += i0 * a.row;
    b.data += j0 * b.column;
    if (m <= 0) return;
    if (g->bf16) {
        float *memory = tk_thread_memory(call->threads, TK_BF16_THREAD, thread);
        const int32_t *rows = call->left + (batch * g->m + i0) * tk_bf16_stride(g->k);
        tk_bf16_product(call->isa, m, n, g->k, rows, b, (int32_t *)memory, memory + TK_BF16_PANEL, c, g->ldc);
    } else {
        product(call->isa, m, n, g->k, a, b, c, g->ldc);
    }
    for (tk_int i = 0; i < m; i++) {
        if (g->k == 0) {
            for (tk_int j = 0; j < n; j++) c[i * g->ldc + j] = 0.0f;
        } else {
            scale_row(call->isa, g->alpha, c + i * g->ldc, n);
        }
    }
}

/// Rounds op(A) of all batches.
static void round_left(struct matmul_call *call, void *scratch) {
    const tk_matmul_args *g = call->args;
    call->left = (int32_t *)tk_thread_memory(scratch, 0, 0);
    call->threads = call->left + tk_padded(left_words(g));
    for (tk_int batch = 0; batch < g->batch_outer * g->batch_inner; batch++) {
        int32_t *rows = call->left + batch * g->m * tk_bf16_stride(g->k);
        tk_bf16_rows(tk_team(g->m * g->k / 4), left(g, batch / g->batch_inner, batch % g->batch_inner), g->m, g->k, rows);
    }
}

tk_status tk_matmul(const tk_matmul_args *g, void *scratch) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || g->batch_outer < 0 || g->batch_inner < 0) return TK_BAD_ARGUMENT;
    if (g->m == 0 || g->n == 0) return TK_OK;
    tk_int most = g->bf16 ? TK_BF16_ROWS : TK_MATMUL_ROWS;
    tk_int down = tk_ceil_div(g->m, most), across = tk_ceil_div(g->n, TK_MATMUL_COLUMNS);
    tk_int batches = g->batch_outer * g->batch_inner;
    struct matmul_call call = {tk_isa(), g, tk_ceil_div(g->m, down), down, across, NULL, NULL};
    if (g->bf16) round_left(&call, scratch);
    tk_run_tasks(tk_team(batches * g->m * g->n * tk_max_int(g->k, 16) / 16), batches * down * across, run_tile, &call);
    return TK_OK;
}
