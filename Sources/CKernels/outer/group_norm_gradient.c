// Gradients of channels-last group normalisation. With n the normalized x, g = dz * gamma and N elements in a group:
// dx = (g - mean(g) - n * mean(g * n)) / deviation, dgamma = sum of dz * n, dbeta = sum of dz. Blocks of pixels give sums for every channel,
// which are joined in double, in order; all is computed from x, so that nothing has to be kept of the way there.
#include "../isa.h"
#include "../threads.h"

#include <math.h>

enum { PIXELS = 64 };

struct gradient_call {
    const struct tk_isa_table *isa;
    const tk_group_norm_gradient_args *args;
    tk_int blocks;
    /// [batch, blocks, 2, channels]: moments of x, then sums of dz and dz * (x - center).
    float *sums;
    /// [batch, 4, channels]: scale and offset of z = x * scale + offset; slope and shift of dx.
    float *affine;
    /// [batch, 2, channels]: means and 1 / deviations of groups, a channel each; then what images add to dgamma and dbeta.
    double *groups, *shares;
};

static tk_int plane(const tk_group_norm_gradient_args *g) { return g->batch * g->channels; }

size_t tk_group_norm_gradient_scratch(const tk_group_norm_gradient_args *g) {
    tk_int blocks = tk_ceil_div(g->spatial, PIXELS);
    return (size_t)(plane(g) * 4) * sizeof(double) + (size_t)(plane(g) * (2 * blocks + 4)) * sizeof(float) + 64;
}

/// First pixel of a task's block and how many there are.
static tk_int block_of(const struct gradient_call *call, tk_int task, tk_int *b, tk_int *first) {
    *b = task / call->blocks;
    *first = task % call->blocks * PIXELS;
    return tk_min_int(PIXELS, call->args->spatial - *first);
}

static void run_moments(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct gradient_call *call = context;
    const tk_group_norm_gradient_args *g = call->args;
    tk_int b, first, count = block_of(call, task, &b, &first);
    const float *image = g->x + b * g->x_image;
    float *sums = call->sums + task * 2 * g->channels;
    call->isa->norm_channel_sums(image + first * g->ldx, g->ldx, count, g->channels, image, sums, sums + g->channels);
}

/// Sums of channel c of image b over all blocks: the first and the second of what blocks gave.
static void total(const struct gradient_call *call, tk_int b, tk_int c, double *first, double *second) {
    tk_int channels = call->args->channels;
    *first = *second = 0.0;
    for (tk_int block = 0; block < call->blocks; block++) {
        const float *sums = call->sums + (b * call->blocks + block) * 2 * channels;
        *first += sums[c];
        *second += sums[channels + c];
    }
}

/// Mean and deviation of a group, and the affine map that they and the parameters make.
static void run_group(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct gradient_call *call = context;
    const tk_group_norm_gradient_args *g = call->args;
    tk_int b = task / g->groups, width = g->channels / g->groups, first = task % g->groups * width;
    const float *image = g->x + b * g->x_image;
    double count = (double)g->spatial, mean = 0.0, squares = 0.0;
    for (tk_int c = first; c < first + width; c++) {
        double sum, square;
        total(call, b, c, &sum, &square);
        mean += (double)image[c] + sum / count;
        squares += square - sum * sum / count;
    }
    mean /= (double)width;
    for (tk_int c = first; c < first + width; c++) {
        double sum, square;
        total(call, b, c, &sum, &square);
        double apart = (double)image[c] + sum / count - mean;
        squares += apart * apart * count;
    }
    double variance = squares / ((double)width * count), inverse = 1.0 / TK_SQRT((variance > 0.0 || isnan(variance) ? variance : 0.0) + g->eps);
    float *scale = call->affine + b * 4 * g->channels, *offset = scale + g->channels;
    double *means = call->groups + b * 2 * g->channels, *inverses = means + g->channels;
    for (tk_int c = first; c < first + width; c++) {
        scale[c] = (float)inverse * (g->gamma ? g->gamma[c] : 1.0f);
        offset[c] = (g->beta ? g->beta[c] : 0.0f) - (float)mean * scale[c];
        means[c] = mean;
        inverses[c] = inverse;
    }
}

static void run_sums(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct gradient_call *call = context;
    const tk_group_norm_gradient_args *g = call->args;
    tk_int b, first, count = block_of(call, task, &b, &first);
    const float *image = g->x + b * g->x_image, *scale = call->affine + b * 4 * g->channels;
    float *sums = call->sums + task * 2 * g->channels;
    call->isa->norm_gradient_sums(image + first * g->ldx, g->ldx, g->dy + b * g->dy_image + first * g->lddy, g->lddy, count, g->channels, image,
                                  scale, scale + g->channels, g->silu, sums, sums + g->channels);
}

/// What a group's channels give dgamma and dbeta, and slope and shift of dx.
static void run_slopes(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct gradient_call *call = context;
    const tk_group_norm_gradient_args *g = call->args;
    tk_int b = task / g->groups, width = g->channels / g->groups, first = task % g->groups * width;
    const float *image = g->x + b * g->x_image;
    double *along = call->shares + b * 2 * g->channels, *plain = along + g->channels;
    double mean = call->groups[b * 2 * g->channels + first], inverse = call->groups[(b * 2 + 1) * g->channels + first];
    double level = 0.0, tilt = 0.0;
    for (tk_int c = first; c < first + width; c++) {
        double sum, product;
        total(call, b, c, &sum, &product);
        plain[c] = sum;
        along[c] = inverse * (product + ((double)image[c] - mean) * sum);
        double gamma = g->gamma ? (double)g->gamma[c] : 1.0;
        level += gamma * plain[c];
        tilt += gamma * along[c];
    }
    double count = (double)(width * g->spatial);
    level /= count;
    tilt /= count;
    float *slope = call->affine + (b * 4 + 2) * g->channels, *shift = slope + g->channels;
    for (tk_int c = first; c < first + width; c++) {
        slope[c] = (float)(-inverse * inverse * tilt);
        shift[c] = (float)(inverse * (inverse * mean * tilt - level));
    }
}

static void run_affine(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct gradient_call *call = context;
    const tk_group_norm_gradient_args *g = call->args;
    tk_int b, first, count = block_of(call, task, &b, &first);
    const float *scale = call->affine + b * 4 * g->channels;
    call->isa->norm_gradient(g->x + b * g->x_image + first * g->ldx, g->ldx, g->dy + b * g->dy_image + first * g->lddy, g->lddy,
                             g->dx + b * g->dx_image + first * g->lddx, g->lddx, count, g->channels, scale, scale + g->channels,
                             scale + 2 * g->channels, scale + 3 * g->channels, g->silu);
}

/// dgamma and dbeta: images added up in order.
static void finish(const struct gradient_call *call) {
    const tk_group_norm_gradient_args *g = call->args;
    for (tk_int c = 0; c < g->channels; c++) {
        double along = 0.0, plain = 0.0;
        for (tk_int b = 0; b < g->batch && g->spatial > 0; b++) {
            along += call->shares[b * 2 * g->channels + c];
            plain += call->shares[(b * 2 + 1) * g->channels + c];
        }
        g->dgamma[c] = (float)along;
        g->dbeta[c] = (float)plain;
    }
}

tk_status tk_group_norm_gradient(const tk_group_norm_gradient_args *g, void *scratch) {
    if (g->groups <= 0 || g->channels < 0 || g->channels % g->groups != 0) return TK_BAD_ARGUMENT;
    struct gradient_call call = {.isa = tk_isa(), .args = g, .blocks = tk_ceil_div(g->spatial, PIXELS)};
    if (g->channels == 0) return TK_OK;
    call.groups = (double *)(void *)tk_thread_memory(scratch, 0, 0);
    call.shares = call.groups + 2 * plane(g);
    call.affine = (float *)(call.shares + 2 * plane(g));
    call.sums = call.affine + 4 * plane(g);
    if (g->batch > 0 && g->spatial > 0) {
        int team = tk_team(plane(g) * g->spatial / 2);
        tk_run_tasks(team, g->batch * call.blocks, run_moments, &call);
        tk_run_tasks(team, g->batch * g->groups, run_group, &call);
        tk_run_tasks(team, g->batch * call.blocks, run_sums, &call);
        tk_run_tasks(team, g->batch * g->groups, run_slopes, &call);
        tk_run_tasks(team, g->batch * call.blocks, run_affine, &call);
    }
    finish(&call);
    return TK_OK;
}
