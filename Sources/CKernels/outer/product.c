// Products whose inner kernel the caller brings.
#include "typed.h"

#include <limits.h>
#include <string.h>

/// Rows and columns of one block. The same for any number of threads, so that a library whose bits depend on the size of a product or on
/// the place of a row in it gives the same ones.
enum { TK_PRODUCT_BLOCK = 128 };

struct product_call {
    const tk_product_args *args;
    tk_gemm gemm;
    tk_int down, across;
};

static void run_block(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct product_call *call = context;
    const tk_product_args *g = call->args;
    tk_int size = g->element_size, batch = task / (call->down * call->across);
    tk_int outer = batch / g->batch_inner, inner = batch % g->batch_inner;
    tk_int row = task / call->across % call->down * TK_PRODUCT_BLOCK, column = task % call->across * TK_PRODUCT_BLOCK;
    tk_int rows = tk_min_int(TK_PRODUCT_BLOCK, g->m - row), columns = tk_min_int(TK_PRODUCT_BLOCK, g->n - column);
    const char *a = (const char *)g->a + (outer * g->a_outer + inner * g->a_inner + row * (g->transpose_a ? 1 : g->lda)) * size;
    const char *b = (const char *)g->b + (outer * g->b_outer + inner * g->b_inner + column * (g->transpose_b ? g->ldb : 1)) * size;
    char *c = (char *)g->c + (outer * g->c_outer + inner * g->c_inner + row * g->ldc + column) * size;
    if (g->k > 0) {
        call->gemm(g->transpose_a, g->transpose_b, rows, columns, g->k, a, g->lda, b, g->ldb, c, g->ldc);
    } else {
        for (tk_int r = 0; r < rows; r++) memset(c + r * g->ldc * size, 0, (size_t)(columns * size));
    }
}

tk_status tk_product(const tk_product_args *g, tk_gemm gemm) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || g->batch_outer < 0 || g->batch_inner < 0) return TK_BAD_ARGUMENT;
    if (g->k > INT_MAX || g->lda > INT_MAX || g->ldb > INT_MAX || g->ldc > INT_MAX) return TK_UNSUPPORTED;
    struct product_call call = {g, gemm, tk_ceil_div(g->m, TK_PRODUCT_BLOCK), tk_ceil_div(g->n, TK_PRODUCT_BLOCK)};
    tk_int batches = g->batch_outer * g->batch_inner;
    tk_int work = batches * g->m * g->n * tk_max_int(g->k, 16) / 8;
    tk_run_tasks(tk_team(work), batches * call.down * call.across, run_block, &call);
    return TK_OK;
}
