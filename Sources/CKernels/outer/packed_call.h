/// What planning and products of `tk_packed_linear` share.
#ifndef TK_PACKED_CALL_H
#define TK_PACKED_CALL_H

#include "weight_traits.h"
#include "../threads.h"

enum {
    /// Output columns of one task; a multiple of every panel width. Rows of tiles are as far apart.
    TK_PACKED_COLUMNS = 64,
    /// 32-bit words of one depth block of a panel: half of a 32 KB first-level cache. Blocks are whole groups of w4, of which
    /// the largest have TK_W4_GROUP_MOST inputs.
    TK_PANEL_WORDS = 4096,
};

struct tk_packed_plan {
    tk_packed_layout layout;
    /// Words of a row of x as products read it, and of one depth block; words from one row to the next.
    tk_int words, depth, stride;
    tk_int rows, row_blocks, column_blocks;
    /// Floats shared by all threads (converted x, row scales, zero points) and of one thread (expanded panel, tiles, groups of a panel).
    tk_int converted, shared, tile, thread;
    /// Where the groups of a panel that is not whole lie behind the expanded panel.
    tk_int part;
};

struct tk_packed_call {
    const struct tk_isa_table *isa;
    const struct tk_weight_traits *traits;
    const tk_packed_linear_args *args;
    struct tk_packed_plan plan;
    tk_packed_path path;
    /// Converted x, its scales and zero points; then the threads' memory.
    float *shared;
    /// Whether rows are rounded to 8 bits by divisions (`i8_quantize_divided`).
    int divides;
};

/// A run of panels of one weight.
struct tk_panels {
    const char *panels;
    tk_int count;
    /// w4 only: groups of the panels whose columns all exist, how many these are, and groups of the one after them.
    tk_w4_groups groups, part;
    tk_int whole;
};

/// Words [p0, p0 + words) of panel `index` of `from`, at `b`.
struct tk_panel_block {
    const struct tk_panels *from;
    tk_int index, p0, words;
    const char *b;
    /// As large a block that comes into the cache meanwhile; NULL for none.
    const char *next;
    tk_int bytes;
    /// Memory for a widened block.
    float *expanded;
};

/// Row i of x, and those after it, as products read them.
static inline int32_t *tk_converted_rows(const struct tk_packed_call *call, tk_int i) {
    return (int32_t *)call->shared + i * call->plan.stride;
}

static inline float *tk_row_scales(const struct tk_packed_call *call) { return call->shared + call->plan.converted; }

static inline int32_t *tk_row_zeros(const struct tk_packed_call *call) {
    return (int32_t *)(tk_row_scales(call) + tk_padded(call->args->m));
}

static inline tk_int tk_group_size(const tk_packed_linear_args *g) { return g->group_size ? g->group_size : TK_W4_GROUP; }

/// How to run `g` on a team.
struct tk_packed_plan tk_plan_packed(const struct tk_isa_table *isa, const struct tk_weight_traits *traits,
                                     const tk_packed_linear_args *g, int team);

/// Row i of x as products read it, if they read another form than f32.
void tk_convert_row(const struct tk_packed_call *call, tk_int i);

/// tile [m, n] with rows TK_PACKED_COLUMNS apart = rows from i0 of x times the columns from j0, a multiple of the panel, of one
/// weight. The `last` product of a tile fetches where its result goes. `expanded` has TK_PANEL_WORDS.
void tk_packed_product(const struct tk_packed_call *call, tk_int i0, tk_int m, tk_int j0, tk_int n, const tk_packed_branch *b,
                       int last, float *expanded, float *tile);

/// What `linear_finish` needs of the weight's columns from j0.
tk_finish_branch tk_packed_finish(const struct tk_packed_call *call, const tk_packed_branch *b, tk_int j0, const float *tile);

#endif
