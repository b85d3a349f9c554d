// Regions of pictures, pooled. Weights and sums are in double precision, in the order of the definition.
#include <math.h>
#include "index.h"
#include "typed.h"

enum { TK_ROI_BLOCK = 64 };

/// The two pixels around a place on a line, with weights; 0 outside.
static int neighbours(double place, tk_int size, tk_int at[2], double weight[2]) {
    if (!(place >= -1) || place > (double)size) return 0;
    if (place < 0) place = 0;
    tk_int low = tk_min_int((tk_int)place, size - 1);
    int isLast = low >= size - 1;
    at[0] = low;
    at[1] = isLast ? low : low + 1;
    weight[0] = isLast ? 1 : 1 - (place - (double)low);
    weight[1] = isLast ? 0 : place - (double)low;
    return 1;
}

/// Start of a region along one dimension, length of a part, and points of it.
struct span {
    double start, length;
    tk_int count;
};

static int make_span(const tk_roi_align_args *g, float from, float to, tk_int parts, struct span *span) {
    double offset = g->half_pixel ? 0.5 : 0, start = (double)from * g->scale - offset, end = (double)to * g->scale - offset;
    double size = end - start;
    span->start = start;
    span->length = (g->half_pixel || size > 1 ? size : 1) / (double)parts;
    if (!isfinite(start) || !isfinite(span->length) || span->length >= 4096) return 0;
    span->count = g->samples > 0 ? g->samples : tk_max_int((tk_int)ceil(span->length), 0);
    return 1;
}

static double point(const struct span *span, tk_int part, tk_int index) {
    double place = ((double)index + 0.5) / (double)span->count;
    return span->start + span->length * ((double)part + place);
}

/// One part of a region for up to TK_ROI_BLOCK channels.
static void align_part(const tk_roi_align_args *g, const float *x, tk_int channels, const struct span *rows,
                       const struct span *columns, tk_int i, tk_int j, double *result) {
    tk_int plane = g->height * g->width, seen = 0;
    for (tk_int c = 0; c < channels; c++) result[c] = 0;
    for (tk_int a = 0; a < rows->count; a++) {
        for (tk_int b = 0; b < columns->count; b++, seen++) {
            tk_int down[2], right[2];
            double high[2], wide[2];
            int exists = neighbours(point(rows, i, a), g->height, down, high) &&
                         neighbours(point(columns, j, b), g->width, right, wide);
            for (tk_int c = 0; c < channels; c++) {
                double value = 0;
                for (int k = 0; k < 4 && exists; k++) {
                    double v = high[k / 2] * wide[k % 2] * x[c * plane + down[k / 2] * g->width + right[k % 2]];
                    value = !g->is_max ? value + v : k == 0 || v > value ? v : value;
                }
                result[c] = !g->is_max ? result[c] + value : seen == 0 || value > result[c] ? value : result[c];
            }
        }
    }
    for (tk_int c = 0; c < channels && !g->is_max; c++) result[c] /= (double)tk_max_int(seen, 1);
}

static void run_regions(const void *context, tk_int begin, tk_int end) {
    const tk_roi_align_args *g = context;
    tk_int blocks = tk_ceil_div(g->channels, TK_ROI_BLOCK), parts = g->out_height * g->out_width;
    for (tk_int task = begin; task < end; task++) {
        tk_int region = task / blocks, first = task % blocks * TK_ROI_BLOCK;
        tk_int channels = tk_min_int(g->channels - first, TK_ROI_BLOCK);
        const float *corners = g->regions + 4 * region;
        struct span rows, columns;
        if (!make_span(g, corners[1], corners[3], g->out_height, &rows) || !make_span(g, corners[0], corners[2], g->out_width, &columns))
            continue;
        tk_int image = tk_index_at(g->index_type, g->images, region);
        const float *x = g->x + (image * g->channels + first) * g->height * g->width;
        float *y = g->y + (region * g->channels + first) * parts;
        for (tk_int part = 0; part < parts; part++) {
            double result[TK_ROI_BLOCK];
            align_part(g, x, channels, &rows, &columns, part / g->out_width, part % g->out_width, result);
            for (tk_int c = 0; c < channels; c++) y[c * parts + part] = (float)result[c];
        }
    }
}

tk_status tk_roi_align(const tk_roi_align_args *g, tk_int *bad) {
    if (g->batch < 0 || g->channels < 0 || g->height < 1 || g->width < 1 || g->count < 0 || g->out_height < 1 || g->out_width < 1)
        return TK_BAD_ARGUMENT;
    tk_status status = tk_check_indices(g->index_type, g->images, g->count, g->batch, bad);
    if (status != TK_OK) return status;
    struct span span;
    for (tk_int r = 0; r < g->count; r++) {
        const float *corners = g->regions + 4 * r;
        if (!make_span(g, corners[1], corners[3], g->out_height, &span) || !make_span(g, corners[0], corners[2], g->out_width, &span))
            return TK_BAD_ARGUMENT;
    }
    tk_int tasks = g->count * tk_ceil_div(g->channels, TK_ROI_BLOCK), samples = g->samples > 0 ? g->samples : 2;
    tk_run_ranges(g->count * g->channels * g->out_height * g->out_width * samples * samples * 4, tasks, 1, run_regions, g);
    return TK_OK;
}

/// The pixels that part `part` of `parts` from start to end touches, of those that are there.
static void touched(double start, double end, tk_int part, tk_int parts, tk_int size, tk_int *first, tk_int *last) {
    double span = end - start + 1, length = (span > 1 ? span : 1) / (double)parts;
    double low = floor((double)part * length) + start, high = ceil((double)(part + 1) * length) + start;
    *first = (tk_int)(low < 0 ? 0 : low > (double)size ? (double)size : low);
    *last = tk_max_int((tk_int)(high < 0 ? 0 : high > (double)size ? (double)size : high), *first);
}

static double corner(const tk_max_roi_pool_args *g, tk_int region, int index) {
    double v = round((double)g->regions[5 * region + index] * g->scale);
    return v < -1e9 ? -1e9 : v > 1e9 ? 1e9 : v;
}

static void run_max(const void *context, tk_int begin, tk_int end) {
    const tk_max_roi_pool_args *g = context;
    for (tk_int task = begin; task < end; task++) {
        tk_int region = task / g->channels, channel = task % g->channels;
        const float *x = g->x + ((tk_int)g->regions[5 * region] * g->channels + channel) * g->height * g->width;
        float *y = g->y + task * g->out_height * g->out_width;
        for (tk_int i = 0; i < g->out_height; i++) {
            for (tk_int j = 0; j < g->out_width; j++) {
                tk_int top, bottom, left, right;
                touched(corner(g, region, 2), corner(g, region, 4), i, g->out_height, g->height, &top, &bottom);
                touched(corner(g, region, 1), corner(g, region, 3), j, g->out_width, g->width, &left, &right);
                float best = 0;
                for (tk_int a = top; a < bottom; a++) {
                    for (tk_int b = left; b < right; b++) {
                        float v = x[a * g->width + b];
                        best = (a == top && b == left) || v > best ? v : best;
                    }
                }
                y[i * g->out_width + j] = best;
            }
        }
    }
}

tk_status tk_max_roi_pool(const tk_max_roi_pool_args *g, tk_int *bad) {
    if (g->batch < 0 || g->channels < 0 || g->height < 0 || g->width < 0 || g->count < 0 || g->out_height < 1 || g->out_width < 1)
        return TK_BAD_ARGUMENT;
    for (tk_int r = 0; r < g->count; r++) {
        const float *region = g->regions + 5 * r;
        if (!(region[0] > -1) || !(region[0] < (float)g->batch)) {
            *bad = r;
            return TK_INDEX_OUT_OF_RANGE;
        }
        for (int i = 1; i < 5; i++)
            if (region[i] != region[i]) return TK_BAD_ARGUMENT;
    }
    tk_run_ranges(g->count * g->channels * g->height * g->width, g->count * g->channels, 4, run_max, g);
    return TK_OK;
}
