#include "../isa.h"
#include "../threads.h"

#include <math.h>

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
    *inverse = (float)(1.0 / sqrt(squares / count + eps));
}

/// Folds normalisation, affine and modulation of one channel into y = x * scale + offset.
static void channel_affine(const tk_group_norm_args *g, tk_int b, tk_int c, float mean, float inverse, float *scale,
                           float *offset) {
    float s = g->gamma ? inverse * g->gamma[c] : inverse;
    float o = (g->beta ? g->beta[c] : 0.0f) - mean * s;
    tk_int at = b * g->scale_stride + c;
    if (g->scale) {
        s *= 1.0f + g->scale[at];
        o *= 1.0f + g->scale[at];
    }
    if (g->shift) o += g->shift[at];
    *scale = s;
    *offset = o;
}

tk_status tk_group_norm(const tk_group_norm_args *g) {
    if (g->groups <= 0 || g->channels < 0 || g->channels % g->groups != 0) return TK_BAD_ARGUMENT;
    const struct tk_isa_table *isa = tk_isa();
    tk_int channels = g->channels / g->groups, spatial = g->spatial;
    int team = tk_team(g->batch * g->channels * spatial / 2);
    TK_PARALLEL_FOR(team)
    for (tk_int t = 0; t < g->batch * g->groups; t++) {
        tk_int b = t / g->groups, first = t % g->groups * channels;
        tk_int base = (b * g->channels + first) * spatial;
        float mean, inverse, scale, offset;
        group_statistics(isa, g->x + base, channels, spatial, g->eps, &mean, &inverse);
        for (tk_int c = 0; c < channels; c++) {
            channel_affine(g, b, first + c, mean, inverse, &scale, &offset);
            isa->norm_channel(g->x + base + c * spatial, g->y + base + c * spatial, spatial, scale, offset, g->silu);
        }
    }
    return TK_OK;
}
