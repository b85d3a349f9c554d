#include "../families/rows.inc"
#include "half_range.h"
#include "panel_groups.h"

#include <string.h>

enum {
    /// Most rows of one task: a depth block of them stays in the second-level cache. More where panels are widened first,
    /// which each block of rows pays again.
    TK_PACKED_ROWS = 128, TK_WIDENED_ROWS = 384,
    /// The same where AMX multiplies, and 32-bit words of a depth block: products are so fast that reading weights, and sums, once more
    /// is dear, and a panel in the second-level cache is no slower.
    TK_AMX_ROW_BLOCK = 256, TK_AMX_DEPTH = 384,
    /// Floats between the memory of one thread and the next: tiles are walked in strides, beyond whose end caches fetch ahead, and
    /// would take the next thread's widened panel from it while it is written. 16 KB were too few on Zen 5.
    TK_THREAD_GAP = 8192,
    /// Rows that one task converts.
    TK_CONVERT_ROWS = 16,
};

_Static_assert(TK_REST_COLUMNS == TK_PACKED_COLUMNS, "rests of a task stand together");

static int takes_amx(const struct tk_isa_table *isa, const struct tk_weight_traits *traits) {
    return isa->amx && traits->converts && !traits->symmetric;
}

static tk_int most_rows(const struct tk_isa_table *isa, const struct tk_weight_traits *traits) {
    if (takes_amx(isa, traits)) return TK_AMX_ROW_BLOCK;
    return traits->widens ? TK_WIDENED_ROWS : TK_PACKED_ROWS;
}

/// For AMX rows of x are an odd number of cache lines apart: it reads a line of each of sixteen rows at once, and at powers of two those
/// would share few sets of the first-level cache.
static tk_int row_stride(int amx, tk_int words) {
    enum { LINE = 16 };
    return amx ? (tk_ceil_div(words, LINE) | 1) * LINE : words;
}

/// Blocks of rows: small enough for the cache, and enough of them that every thread has work.
static void split_rows(tk_int most_rows, const tk_packed_linear_args *g, int team, struct tk_packed_plan *p) {
    p->column_blocks = tk_ceil_div(g->n, TK_PACKED_COLUMNS);
    tk_int blocks = tk_ceil_div(g->m, most_rows);
    tk_int wanted = tk_ceil_div(2 * team, tk_max_int(p->column_blocks, 1));
    tk_int most = tk_max_int(g->m / (4 * TK_PRODUCT_ROWS), 1);
    p->row_blocks = g->m == 0 ? 0 : tk_max_int(blocks, tk_min_int(wanted, most));
    p->rows = g->m == 0 ? 0 : tk_ceil_div(g->m, p->row_blocks);
}

struct tk_packed_plan tk_plan_packed(const struct tk_isa_table *isa, const struct tk_weight_traits *traits,
                                     const tk_packed_linear_args *g, int team) {
    struct tk_packed_plan p = {.layout = {isa->panel, traits->group, traits->width}};
    p.words = tk_ceil_div(g->k, p.layout.group);
    if (traits->symmetric) p.words = tk_ceil_div(g->k, TK_W4_GROUP) * (TK_W4_GROUP / p.layout.group);
    p.stride = row_stride(takes_amx(isa, traits), p.words);
    if (traits->symmetric) p.stride += tk_ceil_div(g->k, tk_group_size(g));
    p.depth = takes_amx(isa, traits) ? TK_AMX_DEPTH : TK_PANEL_WORDS / isa->panel;
    split_rows(most_rows(isa, traits), g, team, &p);
    p.converted = traits->converts ? tk_padded(g->m * p.stride) : 0;
    p.shared = p.converted + (traits->integer || traits->symmetric ? 2 * tk_padded(g->m) : 0);
    p.tile = p.rows * TK_PACKED_COLUMNS;
    p.part = TK_PANEL_WORDS + (g->up.weight ? 2 : 1) * p.tile;
    p.thread = tk_padded(p.part + (traits->group_scale ? tk_part_floats(g, isa->panel) : 0)) + TK_THREAD_GAP;
    return p;
}

size_t tk_packed_linear_scratch(const tk_packed_linear_args *args, int max_threads) {
    const struct tk_weight_traits *traits = tk_weight_traits_of(args->format, tk_isa());
    if (!traits) return 0;
    // One thread has the largest blocks of rows.
    struct tk_packed_plan p = tk_plan_packed(tk_isa(), traits, args, 1);
    return tk_team_bytes(p.thread, max_threads) + (size_t)p.shared * sizeof(float);
}

static int sums_only(const tk_packed_linear_args *g) { return g->levels && !g->level_scale; }

/// As `i8_quantize` leaves a row: bytes in groups of 4, with the zero point beside them, or pairs of i16 without it.
static void place_levels(const struct tk_packed_call *call, tk_int i, int32_t *out) {
    const tk_packed_linear_args *g = call->args;
    const uint8_t *levels = g->levels + i * g->ldx;
    int32_t zero = g->zero ? *g->zero : 0;
    if (g->k > 0) out[call->plan.words - 1] = 0;
    if (g->level_scale) tk_row_scales(call)[i] = *g->level_scale;
    if (call->plan.layout.group == 4) {
        memcpy(out, levels, (size_t)g->k);
        tk_row_zeros(call)[i] = zero;
    } else {
        for (tk_int p = 0; p < g->k; p++) ((int16_t *)out)[p] = (int16_t)(levels[p] - zero);
        tk_row_zeros(call)[i] = 0;
    }
}

void tk_convert_row(const struct tk_packed_call *call, tk_int i) {
    const tk_packed_linear_args *g = call->args;
    int32_t *out = tk_converted_rows(call, i);
    if (g->levels) {
        place_levels(call, i, out);
        return;
    }
    const float *x = g->x + i * g->ldx;
    if (call->traits->symmetric) {
        call->isa->w4a8_quantize(x, g->k, tk_group_size(g), (int8_t *)out, out + call->plan.words, tk_row_scales(call) + i);
        return;
    }
    if (call->traits->integer) {
        __auto_type quantize = call->divides ? call->isa->i8_quantize_divided : call->isa->i8_quantize;
        quantize(x, g->k, (int)call->plan.layout.group, out, tk_row_scales(call) + i, tk_row_zeros(call) + i);
        return;
    }
    if (g->k % 2 != 0) out[call->plan.words - 1] = 0;
    call->isa->cast_f32_bf16(x, (uint16_t *)out, g->k);
}

static void run_conversion(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct tk_packed_call *call = context;
    tk_int first = task * TK_CONVERT_ROWS, last = tk_min_int(first + TK_CONVERT_ROWS, call->args->m);
    for (tk_int i = first; i < last; i++) tk_convert_row(call, i);
}

tk_packed_path tk_packed_path_for(tk_weight_format format, tk_int m) {
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, tk_isa());
    return traits && m <= traits->few_limit ? TK_PATH_FEW_ROWS : TK_PATH_PANELS;
}

/// Asks for the lines of y, and of the residual, that the tile at row i0, column j0 will go to: a store that waits for its
/// line from memory would stop the loop behind it.
static void fetch_result(const tk_packed_linear_args *g, tk_int i0, tk_int m, tk_int j0) {
    tk_int n = tk_min_int(TK_PACKED_COLUMNS, g->n - j0);
    if (!g->y) return;
    for (tk_int i = i0; i < i0 + m; i++) {
        for (tk_int j = j0; j < j0 + n; j += 16) {
            __builtin_prefetch(g->y + i * g->ldy + j, 1, 2);
            if (g->residual) __builtin_prefetch(g->residual + i * g->ldres + j, 0, 2);
        }
    }
}

/// As `tk_packed_product`, panel after panel, a block of depth at a time. The `last` product of a tile fetches where its result goes.
static void panels_product(const struct tk_packed_call *call, tk_int i0, tk_int m, tk_int j0, const struct tk_panels *from,
                           int last, float *expanded, float *tile) {
    const struct tk_packed_plan *p = &call->plan;
    tk_int panel = call->isa->panel, stride = tk_panel_bytes(p->layout, call->args->k);
    for (tk_int p0 = 0; p0 < p->words; p0 += p->depth) {
        tk_int words = tk_min_int(p->depth, p->words - p0), bytes = tk_panel_bytes(p->layout, words * p->layout.group);
        const char *block = from->panels + tk_panel_bytes(p->layout, p0 * p->layout.group);
        if (last && p0 + words == p->words) fetch_result(call->args, i0, m, j0);
        for (tk_int j = 0; j < from->count; j++) {
            const char *now = block + j * stride;
            const char *next = j + 1 < from->count ? now + stride : p0 + words < p->words ? block + bytes : NULL;
            struct tk_panel_block at = {from, j, p0, words, now, next, bytes, expanded};
            call->traits->panel_block(call, i0, m, &at, tile + j * panel);
        }
    }
}

/// Adds the products of what is beyond half range.
static void add_rests(const struct tk_packed_call *call, tk_int i0, tk_int m, tk_int j0, const tk_packed_branch *b, int32_t *tile) {
    const tk_packed_linear_args *g = call->args;
    const struct tk_rests *rests = tk_rests_of(call->plan.layout, b->weight, g->n, g->k);
    tk_int count, stride = call->plan.stride * (tk_int)sizeof(int32_t);
    const uint8_t *rows = (const uint8_t *)tk_converted_rows(call, i0);
    for (const struct tk_rest *rest = tk_rests_in(rests, g->n, j0 / TK_PACKED_COLUMNS, &count), *end = rest + count; rest < end; rest++) {
        const uint8_t *x = rows + rest->input;
        int32_t weight = rest->weight, *out = tile + rest->column;
        for (tk_int i = 0; i < m; i++) out[i * TK_PACKED_COLUMNS] += weight * x[i * stride];
    }
}

void tk_packed_product(const struct tk_packed_call *call, tk_int i0, tk_int m, tk_int j0, tk_int n, const tk_packed_branch *b,
                       int last, float *expanded, float *tile) {
    const struct tk_packed_plan *p = &call->plan;
    tk_int panel = call->isa->panel;
    struct tk_panels from = {.panels = (const char *)b->weight + j0 / panel * tk_panel_bytes(p->layout, call->args->k)};
    from.count = tk_ceil_div(n, panel);
    if (call->traits->group_scale) tk_take_groups(call, b, j0, n, expanded + p->part, &from);
    if (p->words == 0) {
        memset(tile, 0, (size_t)(m * TK_PACKED_COLUMNS) * sizeof(float));
    } else if (call->path == TK_PATH_FEW_ROWS) {
        TK_ROW_BLOCKS(m, call->traits->few_at_once,
                      { call->traits->few_rows(call, i0 + row, rows, &from, tile + row * TK_PACKED_COLUMNS); })
    } else {
        panels_product(call, i0, m, j0, &from, last, expanded, tile);
    }
    if (call->traits->rest) add_rests(call, i0, m, j0, b, (int32_t *)tile);
}

tk_finish_branch tk_packed_finish(const struct tk_packed_call *call, const tk_packed_branch *b, tk_int j0, const float *tile) {
    const tk_packed_linear_args *g = call->args;
    tk_finish_branch f = {.product = tile, .bias = b->bias ? b->bias + j0 : NULL};
    if (call->traits->integer) f.column_sum = tk_column_sums(call->plan.layout, b->weight, g->n, g->k) + j0;
    if (call->traits->integer && b->offset) f.column_offset = b->offset + j0;
    if (call->traits->scale) f.column_scale = b->scale + j0;
    return f;
}

/// The sums of a tile without what the zero points add.
static void store_sums(const struct tk_packed_call *call, tk_int i0, tk_int m, tk_int j0, tk_int n, const int32_t *tile) {
    const tk_packed_linear_args *g = call->args;
    const int32_t *columns = tk_column_sums(call->plan.layout, g->main.weight, g->n, g->k) + j0;
    const int32_t *offset = g->main.offset ? g->main.offset + j0 : NULL;
    for (tk_int i = 0; i < m; i++) {
        int32_t zero = tk_row_zeros(call)[i0 + i], *out = g->sums + (i0 + i) * g->ldy + j0;
        for (tk_int j = 0; j < n; j++) out[j] = tile[i * TK_PACKED_COLUMNS + j] - zero * columns[j] + (offset ? offset[j] : 0);
    }
}

static void run_tile(const void *context, tk_int task, int thread) {
    const struct tk_packed_call *call = context;
    const tk_packed_linear_args *g = call->args;
    const struct tk_packed_plan *p = &call->plan;
    tk_int i0 = task % p->row_blocks * p->rows, j0 = task / p->row_blocks * TK_PACKED_COLUMNS;
    tk_int m = tk_min_int(p->rows, g->m - i0), n = tk_min_int(TK_PACKED_COLUMNS, g->n - j0);
    if (m <= 0) return;
    float *expanded = call->shared + p->shared + thread * p->thread;
    float *tile = expanded + TK_PANEL_WORDS, *up = tile + p->tile;
    tk_packed_product(call, i0, m, j0, n, &g->main, !g->up.weight, expanded, tile);
    if (sums_only(g)) {
        store_sums(call, i0, m, j0, n, (const int32_t *)tile);
        return;
    }
    tk_finish_args f = {.m = m, .n = n, .ldproduct = TK_PACKED_COLUMNS, .activation = g->activation};
    f.main = tk_packed_finish(call, &g->main, j0, tile);
    if (g->up.weight) {
        tk_packed_product(call, i0, m, j0, n, &g->up, 1, expanded, up);
        f.up = tk_packed_finish(call, &g->up, j0, up);
    }
    if (call->traits->integer || call->traits->symmetric) f.row_scale = tk_row_scales(call) + i0;
    if (call->traits->integer) f.zero = tk_row_zeros(call) + i0;
    f.gate = g->gate ? g->gate + i0 * g->ldgate + j0 : NULL;
    f.ldgate = g->ldgate;
    f.residual = g->residual ? g->residual + i0 * g->ldres + j0 : NULL;
    f.ldres = g->ldres;
    f.y = g->y + i0 * g->ldy + j0;
    f.ldy = g->ldy;
    call->isa->linear_finish(&f);
}

static int lacks_scale(const struct tk_weight_traits *traits, const tk_packed_branch *b) {
    return (traits->group_scale && !b->group_scale) || (traits->scale && !b->scale);
}

static int is_group_size(tk_int size) {
    return size == TK_W4_GROUP || size == 2 * TK_W4_GROUP || size == TK_W4_GROUP_MOST;
}

tk_status tk_packed_linear(const tk_packed_linear_args *g, void *scratch) {
    if (g->m < 0 || g->n < 0 || g->k < 0 || (unsigned)g->activation > TK_ACT_SIGMOID) return TK_BAD_ARGUMENT;
    if ((unsigned)g->scales > TK_SCALES_F32) return TK_BAD_ARGUMENT;
    const struct tk_isa_table *isa = tk_isa();
    const struct tk_weight_traits *traits = tk_weight_traits_of(g->format, isa);
    if (!traits || (traits->integer && g->k > TK_I8_DEPTH)) return TK_UNSUPPORTED;
    if (traits->group_scale && !is_group_size(tk_group_size(g))) return TK_UNSUPPORTED;
    if (g->levels && (!traits->integer || (sums_only(g) && (!g->sums || g->up.weight)))) return TK_BAD_ARGUMENT;
    if (g->m == 0 || g->n == 0) return TK_OK;
    if (!sums_only(g)) {
        if (lacks_scale(traits, &g->main) || (g->up.weight && lacks_scale(traits, &g->up))) return TK_BAD_ARGUMENT;
    }
    int team = tk_team(g->m * g->n * tk_max_int(g->k, 16) / 32);
    struct tk_packed_call call = {.isa = isa, .traits = traits, .args = g, .plan = tk_plan_packed(isa, traits, g, team), .path = g->path,
                                  .shared = tk_thread_memory(scratch, 0, 0)};
    if (call.path == TK_PATH_AUTO) call.path = tk_packed_path_for(g->format, g->m);
    if (traits->converts) {
        tk_run_tasks(tk_team(g->m * g->k / 4), tk_ceil_div(g->m, TK_CONVERT_ROWS), run_conversion, &call);
    }
    tk_run_tasks(team, call.plan.row_blocks * call.plan.column_blocks, run_tile, &call);
    return TK_OK;
}
