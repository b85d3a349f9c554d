#include "../families/rows.inc"
#include "../isa.h"
#include "../threads.h"

#include <string.h>

enum {
    /// Output columns of one task; a multiple of every panel width.
    TK_PACKED_COLUMNS = 64,
    /// Most rows of one task: a depth block of them stays in the second-level cache. More where panels are widened first,
    /// which each block of rows pays again.
    TK_PACKED_ROWS = 128, TK_WIDENED_ROWS = 384,
    /// 32-bit words of one depth block of a panel: half of a 32 KB first-level cache. Blocks are whole groups of w4.
    TK_PANEL_WORDS = 4096,
    /// Rows that one task converts.
    TK_CONVERT_ROWS = 16,
};

struct packed_plan {
    tk_packed_layout layout;
    /// Words of a row of x as products read it, and of one depth block.
    tk_int words, depth;
    tk_int rows, row_blocks, column_blocks;
    /// Floats shared by all threads (converted x, row scales, zero points) and of one thread (expanded panel, tiles).
    tk_int converted, shared, tile, thread;
};

/// Whether panels are widened before the product.
static int widens(const struct tk_isa_table *isa, tk_weight_format format) {
    if (format == TK_WEIGHT_BF16) return isa->bf16_group == 1;
    if (format == TK_WEIGHT_I8) return isa->i8_group == 2;
    return format == TK_WEIGHT_W8 || format == TK_WEIGHT_W4;
}

/// Whether x must be converted before the product.
static int converts(const struct tk_isa_table *isa, tk_weight_format format) {
    return format >= TK_WEIGHT_I8 || (format == TK_WEIGHT_BF16 && isa->bf16_group == 2);
}

/// Blocks of rows: small enough for the cache, and enough of them that every thread has work.
static void split_rows(const struct tk_isa_table *isa, const tk_packed_linear_args *g, int team, struct packed_plan *p) {
    p->column_blocks = tk_ceil_div(g->n, TK_PACKED_COLUMNS);
    tk_int blocks = tk_ceil_div(g->m, widens(isa, g->format) ? TK_WIDENED_ROWS : TK_PACKED_ROWS);
    tk_int wanted = tk_ceil_div(2 * team, tk_max_int(p->column_blocks, 1));
    tk_int most = tk_max_int(g->m / (4 * TK_PRODUCT_ROWS), 1);
    p->row_blocks = g->m == 0 ? 0 : tk_max_int(blocks, tk_min_int(wanted, most));
    p->rows = g->m == 0 ? 0 : tk_ceil_div(g->m, p->row_blocks);
}

static struct packed_plan plan_packed(const struct tk_isa_table *isa, const tk_packed_linear_args *g, int team) {
    struct packed_plan p = {0};
    p.layout = tk_packed_layout_of(g->format, tk_active_isa());
    p.words = tk_ceil_div(g->k, p.layout.group);
    p.depth = TK_PANEL_WORDS / isa->panel;
    split_rows(isa, g, team, &p);
    p.converted = converts(isa, g->format) ? tk_padded(g->m * p.words) : 0;
    p.shared = p.converted + (g->format >= TK_WEIGHT_I8 ? 2 * tk_padded(g->m) : 0);
    p.tile = p.rows * TK_PACKED_COLUMNS;
    p.thread = tk_padded(TK_PANEL_WORDS + (g->up.weight ? 2 : 1) * p.tile);
    return p;
}

size_t tk_packed_linear_scratch(const tk_packed_linear_args *args, int max_threads) {
    // One thread has the largest blocks of rows.
    struct packed_plan p = plan_packed(tk_isa(), args, 1);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.shared * sizeof(float);
}

struct packed_call {
    const struct tk_isa_table *isa;
    const tk_packed_linear_args *args;
    struct packed_plan plan;
    tk_packed_path path;
    /// Converted x, its scales and zero points; then the threads' memory.
    float *shared;
};

static const int32_t *converted_rows(const struct packed_call *call) { return (const int32_t *)call->shared; }
static float *row_scales(const struct packed_call *call) { return call->shared + call->plan.converted; }
static int32_t *row_zeros(const struct packed_call *call) {
    return (int32_t *)(row_scales(call) + tk_padded(call->args->m));
}

static void convert_row(const struct packed_call *call, tk_int i) {
    const tk_packed_linear_args *g = call->args;
    const float *x = g->x + i * g->ldx;
    int32_t *out = (int32_t *)call->shared + i * call->plan.words;
    if (g->format >= TK_WEIGHT_I8) {
        call->isa->i8_quantize(x, g->k, (int)call->plan.layout.group, out, row_scales(call) + i, row_zeros(call) + i);
        return;
    }
    if (g->k % 2 != 0) out[call->plan.words - 1] = 0;
    call->isa->cast_f32_bf16(x, (uint16_t *)out, g->k);
}

static void run_conversion(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct packed_call *call = context;
    tk_int first = task * TK_CONVERT_ROWS, last = tk_min_int(first + TK_CONVERT_ROWS, call->args->m);
    for (tk_int i = first; i < last; i++) convert_row(call, i);
}

/// Most rows for which reading each weight once is faster than panels, which fetch ahead (`tessera kernels --bench`).
static tk_int few_rows_limit(const struct tk_isa_table *isa, tk_weight_format format) {
    if (widens(isa, format)) return 9;
    return format >= TK_WEIGHT_I8 ? 0 : 1;
}

/// Rows that share a weight while it is in a register; with one more, accumulators would leave theirs on AVX2.
static tk_int few_rows_at_once(tk_weight_format format) {
    return format >= TK_WEIGHT_I8 ? TK_PRODUCT_ROWS : format == TK_WEIGHT_W4 ? 4 : 5;
}

tk_packed_path tk_packed_path_for(tk_weight_format format, tk_int m) {
    return m <= few_rows_limit(tk_isa(), format) ? TK_PATH_FEW_ROWS : TK_PATH_PANELS;
}

/// A run of panels of one weight.
struct source {
    const char *panels;
    tk_int count;
    /// w4 only: scales of the first column, and how many columns there are.
    const uint16_t *scale;
    tk_int columns;
};

/// tile [m, columns] = rows [i0, i0 + m) of x times panels, m <= TK_PRODUCT_ROWS: each weight is read once.
static void few_rows(const struct packed_call *call, tk_int i0, tk_int m, const struct source *from, float *tile) {
    const struct tk_isa_table *isa = call->isa;
    const tk_packed_linear_args *g = call->args;
    tk_int words = call->plan.words, stride = words * isa->panel, panels = from->count, ldc = TK_PACKED_COLUMNS;
    const float *x = g->x + i0 * g->ldx;
    const int32_t *a = converted_rows(call) + i0 * words;
    const void *b = from->panels;
    if (g->format == TK_WEIGHT_I7) {
        isa->i7_few(m, panels, words, a, words, b, stride * 4, (int32_t *)tile, ldc);
    } else if (g->format == TK_WEIGHT_I8) {
        isa->i8_few(m, panels, words, a, words, b, stride * isa->i8_group, (int32_t *)tile, ldc);
    } else if (g->format == TK_WEIGHT_W4) {
        isa->w4_few(m, panels, g->k, x, g->ldx, b, tk_panel_bytes(call->plan.layout, g->k), from->scale, g->n,
                    from->columns, tile, ldc);
    } else if (converts(isa, g->format)) {
        isa->bf16_few_pairs(m, panels, words, a, words, b, stride, tile, ldc);
    } else {
        isa->float_few((int)g->format, m, panels, g->k, x, g->ldx, b, stride, tile, ldc);
    }
}

/// Words [p0, p0 + words) of panel `index`, widened to f32.
static void expand(const struct packed_call *call, const struct source *from, tk_int index, tk_int p0, tk_int words,
                   const char *b, float *expanded) {
    const tk_packed_linear_args *g = call->args;
    if (g->format == TK_WEIGHT_W4) {
        tk_int column = index * call->isa->panel;
        call->isa->w4_expand(words, (const uint8_t *)b, from->scale + p0 / TK_W4_GROUP * g->n + column, g->n,
                             from->columns - column, expanded);
    } else {
        call->isa->weight_expand((int)g->format, words, b, NULL, expanded);
    }
}

/// tile [m, panel] (+)= words [p0, p0 + words) of the rows from i0, times the same words of panel `index`, at `b`. Meanwhile
/// the block at `next` (NULL for none), as large, comes into the cache.
static void panel_block(const struct packed_call *call, tk_int i0, tk_int m, const struct source *from, tk_int index,
                        tk_int p0, tk_int words, const char *b, const char *next, tk_int bytes, float *expanded,
                        float *tile) {
    const struct tk_isa_table *isa = call->isa;
    const tk_packed_linear_args *g = call->args;
    tk_int lda = call->plan.words, ldc = TK_PACKED_COLUMNS;
    const int32_t *a = converted_rows(call) + i0 * lda + p0;
    const float *x = g->x + i0 * g->ldx + p0;
    if (g->format == TK_WEIGHT_F32) {
        isa->gemm_rows(m, words, x, g->ldx, (const float *)b, tile, ldc, p0 > 0, next, bytes, NULL, 0);
    } else if (g->format == TK_WEIGHT_I7 || (g->format == TK_WEIGHT_I8 && isa->i8_group == 4)) {
        isa->i7_panel(m, words, a, lda, (const int32_t *)b, (int32_t *)tile, ldc, p0 > 0, next, bytes);
    } else if (g->format == TK_WEIGHT_I8) {
        isa->i8_expand(words, (const int8_t *)b, (int32_t *)expanded);
        isa->i8_panel(m, words, a, lda, (const int32_t *)expanded, (int32_t *)tile, ldc, p0 > 0, next, bytes);
    } else if (converts(isa, g->format)) {
        isa->bf16_panel(m, words, a, lda, (const int32_t *)b, tile, ldc, p0 > 0);
    } else {
        expand(call, from, index, p0, words, b, expanded);
        isa->gemm_rows(m, words, x, g->ldx, expanded, tile, ldc, p0 > 0, next, bytes, NULL, 0);
    }
}

/// Asks for the lines of y, and of the residual, that the tile at row i0, column j0 will go to: a store that waits for its
/// line from memory would stop the loop behind it.
static void fetch_result(const tk_packed_linear_args *g, tk_int i0, tk_int m, tk_int j0) {
    tk_int n = tk_min_int(TK_PACKED_COLUMNS, g->n - j0);
    for (tk_int i = i0; i < i0 + m; i++) {
        for (tk_int j = j0; j < j0 + n; j += 16) {
            __builtin_prefetch(g->y + i * g->ldy + j, 1, 2);
            if (g->residual) __builtin_prefetch(g->residual + i * g->ldres + j, 0, 2);
        }
    }
}

/// As `product`, panel after panel, a block of depth at a time. The `last` product of a tile fetches where its result goes.
static void panels_product(const struct packed_call *call, tk_int i0, tk_int m, tk_int j0, const struct source *from,
                           int last, float *expanded, float *tile) {
    const struct packed_plan *p = &call->plan;
    tk_int panel = call->isa->panel, stride = tk_panel_bytes(p->layout, call->args->k);
    for (tk_int p0 = 0; p0 < p->words; p0 += p->depth) {
        tk_int words = tk_min_int(p->depth, p->words - p0), bytes = tk_panel_bytes(p->layout, words * p->layout.group);
        const char *block = from->panels + tk_panel_bytes(p->layout, p0 * p->layout.group);
        if (last && p0 + words == p->words) fetch_result(call->args, i0, m, j0);
        for (tk_int j = 0; j < from->count; j++) {
            const char *now = block + j * stride;
            const char *next = j + 1 < from->count ? now + stride : p0 + words < p->words ? block + bytes : NULL;
            panel_block(call, i0, m, from, j, p0, words, now, next, bytes, expanded, tile + j * panel);
        }
    }
}

/// tile [m, n] with rows TK_PACKED_COLUMNS apart = rows from i0 of x times the columns from j0 of one weight.
static void product(const struct packed_call *call, tk_int i0, tk_int m, tk_int j0, tk_int n, const tk_packed_branch *b,
                    int last, float *expanded, float *tile) {
    const struct packed_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    struct source from = {.panels = (const char *)b->weight + j0 / panel * tk_panel_bytes(p->layout, call->args->k)};
    from.count = tk_ceil_div(n, panel);
    from.columns = n;
    if (b->group_scale) from.scale = b->group_scale + j0;
    if (p->words == 0) {
        memset(tile, 0, (size_t)(m * TK_PACKED_COLUMNS) * sizeof(float));
    } else if (call->path == TK_PATH_FEW_ROWS) {
        tk_int most = few_rows_at_once(call->args->format);
        TK_ROW_BLOCKS(m, most, { few_rows(call, i0 + row, rows, &from, tile + row * TK_PACKED_COLUMNS); })
    } else {
        panels_product(call, i0, m, j0, &from, last, expanded, tile);
    }
}

static tk_finish_branch branch(const struct packed_call *call, const tk_packed_branch *b, tk_int j0, const float *tile) {
    const tk_packed_linear_args *g = call->args;
    tk_finish_branch f = {.product = tile, .bias = b->bias ? b->bias + j0 : NULL};
    if (g->format >= TK_WEIGHT_I8) f.column_sum = tk_column_sums(call->plan.layout, b->weight, g->n, g->k) + j0;
    if (g->format >= TK_WEIGHT_I8 || g->format == TK_WEIGHT_W8) f.column_scale = b->scale + j0;
    return f;
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct packed_call *call = context;
    const tk_packed_linear_args *g = call->args;
    const struct packed_plan *p = &call->plan;
    tk_int i0 = task % p->row_blocks * p->rows, j0 = task / p->row_blocks * TK_PACKED_COLUMNS;
    tk_int m = tk_min_int(p->rows, g->m - i0), n = tk_min_int(TK_PACKED_COLUMNS, g->n - j0);
    if (m <= 0) return;
    float *expanded = call->shared + p->shared + thread * p->thread;
    float *tile = expanded + TK_PANEL_WORDS, *up = tile + p->tile;
    product(call, i0, m, j0, n, &g->main, !g->up.weight, expanded, tile);
    tk_finish_args f = {.m = m, .n = n, .ldproduct = TK_PACKED_COLUMNS, .activation = g->activation};
    f.main = branch(call, &g->main, j0, tile);
    if (g->up.weight) {
        product(call, i0, m, j0, n, &g->up, 1, expanded, up);
        f.up = branch(call, &g->up, j0, up);
    }
    if (g->format >= TK_WEIGHT_I8) {
        f.row_scale = row_scales(call) + i0;
        f.zero = row_zeros(call) + i0;
    }
    f.gate = g->gate ? g->gate + i0 * g->ldgate + j0 : NULL;
    f.ldgate = g->ldgate;
    f.residual = g->residual ? g->residual + i0 * g->ldres + j0 : NULL;
    f.ldres = g->ldres;
    f.y = g->y + i0 * g->ldy + j0;
    f.ldy = g->ldy;
    call->isa->linear_finish(&f);
}

static int lacks_scale(tk_weight_format format, const tk_packed_branch *b) {
    if (format == TK_WEIGHT_W4) return !b->group_scale;
    return (format >= TK_WEIGHT_I8 || format == TK_WEIGHT_W8) && !b->scale;
}

tk_status tk_packed_linear(const tk_packed_linear_args *g, void *scratch) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || (unsigned)g->activation > TK_ACT_SIGMOID) return TK_BAD_ARGUMENT;
    if ((unsigned)g->format > TK_WEIGHT_I7 || (g->format >= TK_WEIGHT_I8 && g->k > TK_I8_DEPTH)) return TK_UNSUPPORTED;
    if (g->m == 0 || g->n == 0) return TK_OK;
    if (lacks_scale(g->format, &g->main) || (g->up.weight && lacks_scale(g->format, &g->up))) return TK_BAD_ARGUMENT;
    const struct tk_isa_table *isa = tk_isa();
    int team = tk_team(g->m * g->n * tk_max_int(g->k, 16) / 32);
    struct packed_call call = {isa, g, plan_packed(isa, g, team), g->path, tk_thread_memory(scratch, 0, 0)};
    if (call.path == TK_PATH_AUTO) call.path = tk_packed_path_for(g->format, g->m);
    if (converts(isa, g->format)) {
        tk_run_tasks(tk_team(g->m * g->k / 4), tk_ceil_div(g->m, TK_CONVERT_ROWS), run_conversion, &call);
    }
    tk_run_tasks(team, call.plan.row_blocks * call.plan.column_blocks, run_tile, &call);
    return TK_OK;
}
