#include "../isa.h"
#include "../threads.h"
#include "group_norm.h"

/// Mean and 1 / sqrt(var + eps) of one group, from the sums of its channels added in double in channel order.
static void group_statistics(const struct tk_isa_table *isa, const float *x, tk_int channels, tk_int spatial, float eps,
                             float *mean, float *inverse) {
    double sum = 0.0, squares = 0.0, count = (double)(channels * spatial);
    for (tk_int c = 0; c < channels; c++) {
        float part;
        isa->reduce_sum(x + c * spatial, spatial, &part);
        sum += part;
    }
    *mean = (float)(sum / count);
    for (tk_int c = 0; c < channels; c++) {
        float part;
        isa->reduce_squares(x + c * spatial, spatial, *mean, &part);
        squares += part;
    }
    *inverse = (float)(1.0 / TK_SQRT(squares / count + eps));
}

/// Groups begin ..< end of all images.
static void normalize_groups(const void *context, tk_int begin, tk_int end) {
    const tk_group_norm_args *g = context;
    const struct tk_isa_table *isa = tk_isa();
    tk_int channels = g->channels / g->groups, spatial = g->spatial;
    for (tk_int t = begin; t < end; t++) {
        tk_int b = t / g->groups, first = t % g->groups * channels;
        tk_int base = (b * g->channels + first) * spatial;
        float mean, inverse, scale, offset;
        group_statistics(isa, g->x + base, channels, spatial, g->eps, &mean, &inverse);
        for (tk_int c = 0; c < channels; c++) {
            tk_channel_affine(g, b, first + c, mean, inverse, &scale, &offset);
            isa->norm_channel(g->x + base + c * spatial, g->y + base + c * spatial, spatial, scale, offset, g->silu);
        }
    }
}

tk_status tk_group_norm(const tk_group_norm_args *g) {
    if (g->groups <= 0 || g->channels < 0 || g->channels % g->groups != 0) return TK_BAD_ARGUMENT;
    tk_run_loop(tk_team(g->batch * g->channels * g->spatial / 2), g->batch * g->groups, normalize_groups, g);
    return TK_OK;
}
