#include "bf16_product.h"
#include "../threads.h"

#include <string.h>

enum {
    /// Rows that one task converts: lines of cache of columns, if those lie together.
    TK_CONVERT_ROWS = 64,
};

/// An odd number of cache lines, as AMX wants it (packed_linear.c).
tk_int tk_bf16_stride(tk_int k) {
    enum { LINE = 16 };
    return (tk_ceil_div(tk_ceil_div(k, 2), LINE) | 1) * LINE;
}

struct conversion {
    const struct tk_isa_table *isa;
    struct tk_matrix a;
    tk_int m, k, stride;
    int32_t *rows;
};

static void convert(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct conversion *c = context;
    tk_int first = task * TK_CONVERT_ROWS, last = tk_min_int(first + TK_CONVERT_ROWS, c->m);
    if (c->a.column != 1) {
        c->isa->bf16_columns(c->a.data + first, c->a.column, last - first, c->k, c->rows + first * c->stride, c->stride);
        return;
    }
    for (tk_int i = first; i < last; i++) {
        int32_t *words = c->rows + i * c->stride;
        if (c->k % 2 != 0) words[c->k / 2] = 0;
        c->isa->cast_f32_bf16(c->a.data + i * c->a.row, (uint16_t *)words, c->k);
    }
}

void tk_bf16_rows(int team, struct tk_matrix a, tk_int m, tk_int k, int32_t *rows) {
    struct conversion c = {tk_isa(), a, m, k, tk_bf16_stride(k), rows};
    tk_run_tasks(team, tk_ceil_div(m, TK_CONVERT_ROWS), convert, &c);
}

void tk_bf16_product(const struct tk_isa_table *isa, tk_int m, tk_int n, tk_int k, const int32_t *rows, struct tk_matrix b,
                       int32_t *panel, float *edge, float *c, tk_int ldc) {
    tk_int stride = tk_bf16_stride(k);
    if (k == 0) {
        for (tk_int i = 0; i < m; i++) memset(c + i * ldc, 0, (size_t)n * sizeof(float));
    }
    for (tk_int j = 0; j < n; j += isa->panel) {
        tk_int columns = tk_min_int(isa->panel, n - j);
        int whole = columns == isa->panel || !edge;
        float *out = whole ? c + j : edge;
        tk_int ldo = whole ? ldc : isa->panel;
        for (tk_int p = 0; p < k; p += 2 * TK_DEPTH) {
            tk_int depth = tk_min_int(2 * TK_DEPTH, k - p);
            isa->bf16_pack(b.data + p * b.row + j * b.column, b.row, b.column, depth, columns, panel);
            isa->bf16_panel(m, tk_ceil_div(depth, 2), rows + p / 2, stride, panel, out, ldo, p > 0);
        }
        if (whole || k == 0) continue;
        for (tk_int i = 0; i < m; i++) memcpy(c + i * ldc + j, edge + i * isa->panel, (size_t)columns * sizeof(float));
    }
}
