#include "panel_groups.h"

// MARK: few rows

static void few_floats(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile) {
    const tk_packed_linear_args *g = call->args;
    call->isa->float_few((int)g->format, m, from->count, g->k, g->x + i0 * g->ldx, g->ldx, from->panels,
                         call->plan.words * call->isa->panel, tile, TK_PACKED_COLUMNS);
}

/// Panels from one on, of four-bit weights with the same rows of groups.
struct few_panels {
    tk_int first, count;
    tk_w4_groups groups;
    const uint8_t *b;
};

/// A run of the panels of `from` from `first` on.
static struct few_panels few_panels(const struct tk_packed_call *call, const struct tk_panels *from, tk_int first) {
    tk_int end = first < from->whole ? from->whole : from->count;
    return (struct few_panels){first, end - first, tk_panel_groups(from, first, 0, call->isa->panel),
                               (const uint8_t *)from->panels + first * tk_panel_bytes(call->plan.layout, call->args->k)};
}

static void few_w4(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile) {
    const tk_packed_linear_args *g = call->args;
    for (tk_int j = 0; j < from->count;) {
        struct few_panels p = few_panels(call, from, j);
        call->isa->w4_few(m, p.count, g->k, g->x + i0 * g->ldx, g->ldx, p.b, tk_panel_bytes(call->plan.layout, g->k), &p.groups,
                          tile + j * call->isa->panel, TK_PACKED_COLUMNS);
        j += p.count;
    }
}

static const int32_t *converted_at(const struct tk_packed_call *call, tk_int i0, tk_int p0) {
    return tk_converted_rows(call, i0) + p0;
}

/// Sums of groups of rows, from word p0 on.
static const int32_t *sums_at(const struct tk_packed_call *call, tk_int i0, tk_int p0) {
    return tk_converted_rows(call, i0) + call->plan.words + p0 * call->plan.layout.group / tk_group_size(call->args);
}

static void few_w4a8(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile) {
    const struct tk_packed_plan *plan = &call->plan;
    for (tk_int j = 0; j < from->count;) {
        struct few_panels p = few_panels(call, from, j);
        call->isa->w4a8_few(m, p.count, plan->words, tk_converted_rows(call, i0), sums_at(call, i0, 0), plan->stride, p.b,
                            tk_panel_bytes(plan->layout, call->args->k), &p.groups, tile + j * call->isa->panel, TK_PACKED_COLUMNS);
        j += p.count;
    }
}

static void few_pairs(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile) {
    tk_int words = call->plan.words;
    call->isa->bf16_few_pairs(m, from->count, words, tk_converted_rows(call, i0), call->plan.stride, (const int32_t *)from->panels,
                              words * call->isa->panel, tile, TK_PACKED_COLUMNS);
}

#define TK_FEW_INTEGERS(name, tile_of)                                                                                      \
    static void name(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panels *from, float *tile) {   \
        tk_int words = call->plan.words, stride = words * call->isa->panel * call->traits->group;                           \
        call->isa->tile_of(m, from->count, words, tk_converted_rows(call, i0), call->plan.stride, (const int8_t *)from->panels, \
                           stride, (int32_t *)tile, TK_PACKED_COLUMNS);                                                     \
    }
TK_FEW_INTEGERS(few_i8, i8_few)
TK_FEW_INTEGERS(few_i7, i7_few)

// MARK: panels

static void multiply_f32(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block,
                         const float *panel, float *tile) {
    const tk_packed_linear_args *g = call->args;
    call->isa->gemm_rows(m, block->words, g->x + i0 * g->ldx + block->p0, g->ldx, panel, tile, TK_PACKED_COLUMNS, block->p0 > 0,
                         block->next, block->bytes, NULL, 0);
}

static void panel_f32(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    multiply_f32(call, i0, m, block, (const float *)block->b, tile);
}

static void panel_widened(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    call->isa->weight_expand((int)call->args->format, block->words, block->b, NULL, block->expanded);
    multiply_f32(call, i0, m, block, block->expanded, tile);
}

static void panel_w4(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    tk_w4_groups groups = tk_panel_groups(block->from, block->index, block->p0, call->isa->panel);
    call->isa->w4_expand(block->words, (const uint8_t *)block->b, &groups, block->expanded);
    multiply_f32(call, i0, m, block, block->expanded, tile);
}

_Static_assert(TK_BLOCK_SCALES * TK_W4_GROUP / 4 == TK_PANEL_WORDS, "scales of all groups of a block");

static void panel_w4a8(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    tk_w4_groups groups = tk_panel_groups(block->from, block->index, block->p0 * call->plan.layout.group, call->isa->panel);
    call->isa->w4a8_panel(m, block->words, converted_at(call, i0, block->p0), sums_at(call, i0, block->p0), call->plan.stride,
                          (const uint8_t *)block->b, &groups, (int32_t *)block->expanded, tile, TK_PACKED_COLUMNS, block->p0 > 0,
                          block->next, block->bytes);
}

static void panel_pairs(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    call->isa->bf16_panel(m, block->words, converted_at(call, i0, block->p0), call->plan.stride, (const int32_t *)block->b, tile,
                          TK_PACKED_COLUMNS, block->p0 > 0);
}

static void panel_i8(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    call->isa->i8_expand(block->words, (const int8_t *)block->b, (int32_t *)block->expanded);
    call->isa->i8_panel(m, block->words, converted_at(call, i0, block->p0), call->plan.stride, (const int32_t *)block->expanded,
                        (int32_t *)tile, TK_PACKED_COLUMNS, block->p0 > 0, block->next, block->bytes);
}

static void panel_fours(const struct tk_packed_call *call, tk_int i0, tk_int m, const struct tk_panel_block *block, float *tile) {
    call->isa->i7_panel(m, block->words, converted_at(call, i0, block->p0), call->plan.stride, (const int32_t *)block->b,
                        (int32_t *)tile, TK_PACKED_COLUMNS, block->p0 > 0, block->next, block->bytes);
}

// MARK: the table

static const struct tk_weight_traits f32 = {.width = 4, .group = 1, .convolves = 1, .few_limit = 1, .few_at_once = 5,
                                            .few_rows = few_floats, .panel_block = panel_f32};

static const struct tk_weight_traits f16 = {.width = 2, .group = 1, .widens = 1, .convolves = 1, .few_limit = 9, .few_at_once = 5,
                                            .few_rows = few_floats, .panel_block = panel_widened};

static const struct tk_weight_traits w8 = {.width = 1, .group = 1, .widens = 1, .scale = 1, .few_limit = 24, .few_at_once = 5,
                                           .few_rows = few_floats, .panel_block = panel_widened};

static const struct tk_weight_traits w4 = {.width = 0, .group = 1, .widens = 1, .group_scale = 1, .few_limit = 9,
                                           .few_at_once = 4, .few_rows = few_w4, .panel_block = panel_w4};

#define TK_W4A8_TRAITS(limit, at_once)                                                                                          \
    {.width = 0, .group = 4, .widens = 1, .converts = 1, .symmetric = 1, .group_scale = 1, .few_limit = limit,                  \
     .few_at_once = at_once, .few_rows = few_w4a8, .panel_block = panel_w4a8}

/// With 16 registers and with 32.
static const struct tk_weight_traits w4a8[] = {TK_W4A8_TRAITS(7, 4), TK_W4A8_TRAITS(12, 6)};

static const struct tk_weight_traits i7 = {.width = 1, .group = 4, .converts = 1, .integer = 1, .scale = 1, .few_limit = 0,
                                           .few_at_once = TK_PRODUCT_ROWS, .few_rows = few_i7, .panel_block = panel_fours};

static const struct tk_weight_traits i7_rest = {.width = 1, .group = 4, .converts = 1, .integer = 1, .scale = 1, .rest = 1, .few_limit = 0,
                                                .few_at_once = TK_PRODUCT_ROWS, .few_rows = few_i7, .panel_block = panel_fours};

/// By how many neighbouring inputs the instruction set multiplies at once.
static const struct tk_weight_traits bf16[] = {
    [1] = {.width = 2, .group = 1, .widens = 1, .convolves = 1, .few_limit = 9, .few_at_once = 5, .few_rows = few_floats,
           .panel_block = panel_widened},
    [2] = {.width = 2, .group = 2, .converts = 1, .convolves = 1, .few_limit = 1, .few_at_once = 5, .few_rows = few_pairs,
           .panel_block = panel_pairs},
};

static const struct tk_weight_traits i8[] = {
    [2] = {.width = 1, .group = 2, .widens = 1, .converts = 1, .integer = 1, .scale = 1, .convolves = 1, .few_limit = 9,
           .few_at_once = TK_PRODUCT_ROWS, .few_rows = few_i8, .panel_block = panel_i8},
    [4] = {.width = 1, .group = 4, .converts = 1, .integer = 1, .scale = 1, .convolves = 1, .few_limit = 0,
           .few_at_once = TK_PRODUCT_ROWS, .few_rows = few_i8, .panel_block = panel_fours},
};

const struct tk_weight_traits *tk_weight_traits_of(tk_weight_format format, const struct tk_isa_table *isa) {
    switch (format) {
    case TK_WEIGHT_F32: return &f32;
    case TK_WEIGHT_BF16: return &bf16[isa->bf16_group];
    case TK_WEIGHT_F16: return &f16;
    case TK_WEIGHT_W8: return &w8;
    case TK_WEIGHT_W4: return &w4;
    case TK_WEIGHT_I8: return &i8[isa->i8_group];
    case TK_WEIGHT_I7: return &i7;
    case TK_WEIGHT_I7_REST: return &i7_rest;
    case TK_WEIGHT_W4A8: return &w4a8[isa->panel == TK_WIDEST_PANEL];
    }
    return NULL;
}

tk_int tk_conv_weight_width(tk_weight_format format) {
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, tk_isa());
    return traits && traits->convolves ? traits->width : 0;
}
