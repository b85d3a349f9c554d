/// Scales and zero points of four-bit weights as tiles read them: for whole panels.
#ifndef TK_PANEL_GROUPS_H
#define TK_PANEL_GROUPS_H

#include "packed_call.h"

/// Floats that `tk_take_groups` needs for the last panel of n columns, if some of its columns do not exist.
tk_int tk_part_floats(const tk_packed_linear_args *g, tk_int panel);

/// Groups of the panels of `from`, which are those of n columns from j0. What belongs to a panel with columns that do not exist is copied
/// to `part`, with zeros for these.
void tk_take_groups(const struct tk_packed_call *call, const tk_packed_branch *b, tk_int j0, tk_int n, float *part, struct tk_panels *from);

/// Those of panel `index` of `from`, from input p on, where a group begins.
static inline tk_w4_groups tk_panel_groups(const struct tk_panels *from, tk_int index, tk_int p, tk_int panel) {
    tk_w4_groups g = index < from->whole ? from->groups : from->part;
    return tk_w4_groups_on(g, p / g.size, index < from->whole ? index * panel : 0);
}

#endif
