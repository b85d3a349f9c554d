// Channels-last group normalisation. Each block of pixels gives sums for every channel about the first pixel's value, which
// is near enough to the mean that squares lose little; blocks and channels are then joined in double.
#include "../isa.h"
#include "../threads.h"
#include "group_norm.h"

#include <math.h>

enum { TK_NORM_PIXELS = 64 };

struct norm_call {
    const struct tk_isa_table *isa;
    const tk_group_norm_nhwc_args *args;
    tk_int blocks;
    /// [batch, blocks, 2, channels] sums, then [batch, 2, channels] scales and offsets.
    float *sums, *affine;
};

size_t tk_group_norm_nhwc_scratch(const tk_group_norm_nhwc_args *args) {
    const tk_group_norm_args *g = &args->norm;
    tk_int blocks = tk_ceil_div(g->spatial, TK_NORM_PIXELS);
    return (size_t)(g->batch * (blocks + 1) * 2 * g->channels) * sizeof(float) + 64;
}

static void run_sums(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct norm_call *call = context;
    const tk_group_norm_nhwc_args *a = call->args;
    const tk_group_norm_args *g = &a->norm;
    tk_int b = task / call->blocks, first = task % call->blocks * TK_NORM_PIXELS;
    const float *image = g->x + b * a->x_image;
    float *sums = call->sums + task * 2 * g->channels;
    call->isa->norm_channel_sums(image + first * a->ldx, a->ldx, tk_min_int(TK_NORM_PIXELS, g->spatial - first),
                                 g->channels, image, sums, sums + g->channels);
}

/// Mean of channel c of image b, and the sum of squares about it.
static void channel_moments(const struct norm_call *call, tk_int b, tk_int c, double *mean, double *squares) {
    const tk_group_norm_args *g = &call->args->norm;
    double sum = 0.0, square = 0.0;
    for (tk_int block = 0; block < call->blocks; block++) {
        const float *sums = call->sums + (b * call->blocks + block) * 2 * g->channels;
        sum += sums[c];
        square += sums[g->channels + c];
    }
    double count = (double)g->spatial;
    *mean = (double)g->x[b * call->args->x_image + c] + sum / count;
    *squares = square - sum * sum / count;
}

static void run_group(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct norm_call *call = context;
    const tk_group_norm_args *g = &call->args->norm;
    tk_int b = task / g->groups, count = g->channels / g->groups, first = task % g->groups * count;
    double total = 0.0, squares = 0.0;
    for (tk_int c = first; c < first + count; c++) {
        double mean, square;
        channel_moments(call, b, c, &mean, &square);
        total += mean;
        squares += square;
    }
    double middle = total / (double)count;
    for (tk_int c = first; c < first + count; c++) {
        double mean, square;
        channel_moments(call, b, c, &mean, &square);
        squares += (mean - middle) * (mean - middle) * (double)g->spatial;
    }
    double variance = squares / (double)(count * g->spatial);
    float inverse = (float)(1.0 / TK_SQRT((variance > 0.0 || isnan(variance) ? variance : 0.0) + g->eps));
    float *scale = call->affine + b * 2 * g->channels;
    for (tk_int c = first; c < first + count; c++)
        tk_channel_affine(g, b, c, (float)middle, inverse, scale + c, scale + g->channels + c);
}

static void run_affine(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct norm_call *call = context;
    const tk_group_norm_nhwc_args *a = call->args;
    const tk_group_norm_args *g = &a->norm;
    tk_int b = task / call->blocks, first = task % call->blocks * TK_NORM_PIXELS;
    const float *scale = call->affine + b * 2 * g->channels;
    call->isa->norm_channels(g->x + b * a->x_image + first * a->ldx, a->ldx, g->y + b * a->y_image + first * a->ldy,
                             a->ldy, tk_min_int(TK_NORM_PIXELS, g->spatial - first), g->channels, scale,
                             scale + g->channels, g->silu);
}

tk_status tk_group_norm_nhwc(const tk_group_norm_nhwc_args *a, void *scratch) {
    const tk_group_norm_args *g = &a->norm;
    if (g->groups <= 0 || g->channels < 0 || g->channels % g->groups != 0) return TK_BAD_ARGUMENT;
    if (g->batch == 0 || g->channels == 0 || g->spatial == 0) return TK_OK;
    struct norm_call call = {tk_isa(), a, tk_ceil_div(g->spatial, TK_NORM_PIXELS), tk_thread_memory(scratch, 0, 0), NULL};
    call.affine = call.sums + g->batch * call.blocks * 2 * g->channels;
    int team = tk_team(g->batch * g->channels * g->spatial / 4);
    tk_run_tasks(team, g->batch * call.blocks, run_sums, &call);
    tk_run_tasks(team, g->batch * g->groups, run_group, &call);
    tk_run_tasks(team, g->batch * call.blocks, run_affine, &call);
    return TK_OK;
}
