/// Products whose operands are rounded to bf16 and whose sums are f32, of matrices that nobody packed ahead.
#ifndef TK_BF16_PRODUCT_H
#define TK_BF16_PRODUCT_H

#include "../isa.h"

enum {
    /// Most rows of one task: their words, 256 of depth at a time, are half of a second-level cache of 1 MB.
    TK_BF16_ROWS = 512,
    /// Words of a packed panel.
    TK_BF16_PANEL = TK_DEPTH * TK_WIDEST_PANEL,
};

/// An f32 matrix by the distances of its rows and columns, one of which is 1.
struct tk_matrix {
    const float *data;
    tk_int row, column;
};

/// Words (pairs of bf16) from one converted row of depth k to the next.
tk_int tk_bf16_stride(tk_int k);

/// rows [m, tk_bf16_stride(k)] = a [m, k] rounded, on `team` threads.
void tk_bf16_rows(int team, struct tk_matrix a, tk_int m, tk_int k, int32_t *rows);

/// c [m, n] = rows . b [k, n], m <= TK_BF16_ROWS; k = 0 gives zeros. `panel` has TK_BF16_PANEL words, and `edge`, where columns that
/// fill no panel are computed, TK_BF16_ROWS * TK_WIDEST_PANEL floats, unless it is NULL: c has room for whole panels.
void tk_bf16_product(const struct tk_isa_table *isa, tk_int m, tk_int n, tk_int k, const int32_t *rows, struct tk_matrix b,
                       int32_t *panel, float *edge, float *c, tk_int ldc);

#endif
