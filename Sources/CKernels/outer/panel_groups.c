#include "panel_groups.h"

#include <string.h>

static tk_int group_count(const tk_packed_linear_args *g) { return tk_ceil_div(g->k, tk_group_size(g)); }

static tk_int scale_bytes(const tk_packed_linear_args *g) { return g->scales == TK_SCALES_F32 ? 4 : 2; }

tk_int tk_part_floats(const tk_packed_linear_args *g, tk_int panel) {
    tk_int bytes = group_count(g) * panel * (scale_bytes(g) + 1);
    return g->n % panel == 0 ? 0 : tk_ceil_div(bytes, (tk_int)sizeof(float));
}

/// Rows of `to` bytes = as many rows of `count` bytes, `stride` apart, and zeros.
static void pad_rows(const char *from, tk_int rows, tk_int stride, tk_int count, char *out, tk_int to) {
    for (tk_int i = 0; i < rows; i++) {
        memcpy(out + i * to, from + i * stride, (size_t)count);
        memset(out + i * to + count, 0, (size_t)(to - count));
    }
}

void tk_take_groups(const struct tk_packed_call *call, const tk_packed_branch *b, tk_int j0, tk_int n, float *part, struct tk_panels *from) {
    const tk_packed_linear_args *g = call->args;
    tk_int panel = call->isa->panel, left = n % panel, width = scale_bytes(g), groups = group_count(g);
    tk_w4_groups all = {.scale = b->group_scale, .zero = b->group_zero, .scales = g->scales, .size = tk_group_size(g), .stride = g->n};
    from->groups = tk_w4_groups_on(all, 0, j0);
    from->whole = n / panel;
    if (left == 0) return;
    tk_w4_groups rest = tk_w4_groups_on(from->groups, 0, n - left);
    char *scale = (char *)part, *zero = scale + groups * panel * width;
    pad_rows(rest.scale, groups, g->n * width, left * width, scale, panel * width);
    if (rest.zero) pad_rows((const char *)rest.zero, groups, g->n, left, zero, panel);
    from->part = (tk_w4_groups){scale, rest.zero ? (const uint8_t *)zero : NULL, g->scales, rest.size, panel};
}
