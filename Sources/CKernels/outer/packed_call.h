/// What planning and products of `tk_packed_linear` share.
#ifndef TK_PACKED_CALL_H
#define TK_PACKED_CALL_H

#include "weight_traits.h"
#include "../threads.h"

enum {
    /// Output columns of one task; a multiple of every panel width. Rows of tiles are as far apart.
    TK_PACKED_COLUMNS = 64,
};

struct tk_packed_plan {
    tk_packed_layout layout;
    /// Words of a row of x as products read it, and of one depth block.
    tk_int words, depth;
    tk_int rows, row_blocks, column_blocks;
    /// Floats shared by all threads (converted x, row scales, zero points) and of one thread (expanded panel, tiles).
    tk_int converted, shared, tile, thread;
};

struct tk_packed_call {
    const struct tk_isa_table *isa;
    const struct tk_weight_traits *traits;
    const tk_packed_linear_args *args;
    struct tk_packed_plan plan;
    tk_packed_path path;
    /// Converted x, its scales and zero points; then the threads' memory.
    float *shared;
};

/// A run of panels of one weight.
struct tk_panels {
    const char *panels;
    tk_int count;
    /// w4 only: scales of the first column, and how many columns there are.
    const uint16_t *scale;
    tk_int columns;
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

static inline const int32_t *tk_converted_rows(const struct tk_packed_call *call) { return (const int32_t *)call->shared; }

#endif
