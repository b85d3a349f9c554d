// Largest elements and means of windows, row by row or with the channels of a pixel as neighbours.
#include <math.h>
#include "typed.h"
#include "../isa.h"

enum { TK_POOL_BLOCK = 128 };

/// Taps of window `index` along `axis`: first ..< end lie on the input; the count of those before the end of the padding is returned.
static tk_int pool_window(const tk_pool_args *g, int axis, tk_int index, tk_int *first, tk_int *end) {
    tk_int start = index * g->stride[axis] - g->before[axis], step = g->dilation[axis], taps = g->kernel[axis];
    *first = start < 0 ? tk_min_int(tk_ceil_div(-start, step), taps) : 0;
    tk_int room = g->in[axis] - start, padded = room + g->behind[axis];
    *end = room <= 0 ? *first : tk_max_int(tk_min_int(taps, tk_ceil_div(room, step)), *first);
    return padded <= 0 ? 0 : tk_min_int(taps, tk_ceil_div(padded, step));
}

static inline float pool_larger(float v, float best) { return (v > best) | (v != v) ? v : best; }

static double pool_divisor(const tk_pool_args *g, tk_int inside, tk_int padded) {
    return g->kind == TK_POOL_SUM ? 1 : (double)(g->kind == TK_POOL_MEAN_PADDED ? padded : inside);
}

/// Windows lo ..< hi of `count` are those that read place i·step + offset of a row of `size`.
static void pool_seen(tk_int offset, tk_int step, tk_int size, tk_int count, tk_int *lo, tk_int *hi) {
    *lo = offset < 0 ? tk_ceil_div(-offset, step) : 0;
    *hi = offset >= size ? 0 : tk_min_int(count, tk_ceil_div(size - offset, step));
}

/// One row of windows of a plane: for each tap in order, what it adds to the windows that see it.
static void pool_row(const tk_pool_args *g, const float *plane, tk_int d, tk_int h, float *y) {
    tk_int d0, d1, h0, h1;
    tk_int padded = pool_window(g, 0, d, &d0, &d1) * pool_window(g, 1, h, &h0, &h1);
    tk_int width = g->out[2], step = g->stride[2], inside = (d1 - d0) * (h1 - h0);
    for (tk_int from = 0; from < width; from += TK_POOL_BLOCK) {
        tk_int count = tk_min_int(width - from, TK_POOL_BLOCK);
        float best[TK_POOL_BLOCK];
        double sum[TK_POOL_BLOCK];
        for (tk_int i = 0; i < count; i++) best[i] = -INFINITY, sum[i] = 0;
        for (tk_int a = d0; a < d1; a++) {
            tk_int z = d * g->stride[0] - g->before[0] + a * g->dilation[0];
            for (tk_int b = h0; b < h1; b++) {
                const float *row = plane + (z * g->in[1] + h * g->stride[1] - g->before[1] + b * g->dilation[1]) * g->in[2];
                for (tk_int c = 0; c < g->kernel[2]; c++) {
                    tk_int offset = from * step - g->before[2] + c * g->dilation[2], lo, hi;
                    pool_seen(offset, step, g->in[2], count, &lo, &hi);
                    if (g->kind == TK_POOL_MAX) {
                        if (step == 1)
                            for (tk_int i = lo; i < hi; i++) best[i] = pool_larger(row[i + offset], best[i]);
                        else
                            for (tk_int i = lo; i < hi; i++) best[i] = pool_larger(row[i * step + offset], best[i]);
                    } else {
                        for (tk_int i = lo; i < hi; i++) sum[i] += row[i * step + offset];
                    }
                }
            }
        }
        for (tk_int i = 0; i < count; i++) {
            if (g->kind == TK_POOL_MAX) {
                y[from + i] = best[i];
                continue;
            }
            tk_int first, end, along = pool_window(g, 2, from + i, &first, &end);
            tk_int seen = inside * (end - first);
            y[from + i] = seen == 0 ? 0 : (float)(sum[i] / pool_divisor(g, seen, padded * along));
        }
    }
}

/// The mean or sum of one window for all channels of a pixel.
static void pool_pixel(const tk_pool_args *g, const float *image, tk_int h, tk_int w, float *y) {
    tk_int h0, h1, w0, w1;
    tk_int padded = pool_window(g, 1, h, &h0, &h1) * pool_window(g, 2, w, &w0, &w1);
    tk_int inside = (h1 - h0) * (w1 - w0);
    for (tk_int from = 0; from < g->channels; from += TK_POOL_BLOCK) {
        tk_int count = tk_min_int(g->channels - from, TK_POOL_BLOCK);
        double sum[TK_POOL_BLOCK] = {0};
        for (tk_int a = h0; a < h1; a++) {
            tk_int row = h * g->stride[1] - g->before[1] + a * g->dilation[1];
            for (tk_int b = w0; b < w1; b++) {
                const float *x = image + (row * g->in[2] + w * g->stride[2] - g->before[2] + b * g->dilation[2]) * g->ldx + from;
                for (tk_int i = 0; i < count; i++) sum[i] += x[i];
            }
        }
        double divisor = pool_divisor(g, inside, padded);
        for (tk_int i = 0; i < count; i++) y[from + i] = inside == 0 ? 0 : (float)(sum[i] / divisor);
    }
}

/// Largest elements of a row of windows for all channels: for each tap in order, the windows that see it.
static void pool_max_pixels(const tk_pool_args *g, tk_binary_tile larger, const float *image, tk_int h, float *y) {
    tk_int h0, h1, width = g->out[2], step = g->stride[2], n = g->channels;
    pool_window(g, 1, h, &h0, &h1);
    for (tk_int w = 0; w < width; w++) {
        for (tk_int i = 0; i < n; i++) y[w * g->ldy + i] = -INFINITY;
    }
    // Windows whose pixels follow each other without gaps are one run.
    int dense = step == 1 && g->ldx == n && g->ldy == n;
    for (tk_int a = h0; a < h1; a++) {
        const float *row = image + (h * g->stride[1] - g->before[1] + a * g->dilation[1]) * g->in[2] * g->ldx;
        for (tk_int b = 0; b < g->kernel[2]; b++) {
            tk_int offset = b * g->dilation[2] - g->before[2], lo, hi;
            pool_seen(offset, step, g->in[2], width, &lo, &hi);
            for (tk_int w = lo; w < hi; w += dense ? hi - lo : 1) {
                float *best = y + w * g->ldy;
                larger(best, row + (w * step + offset) * g->ldx, best, dense ? (hi - lo) * n : n, TK_BOTH_ARRAYS);
            }
        }
    }
}

/// As pool_row for one window, with the place of its largest element; `base` is the place of the plane in x.
static void pool_place(const tk_pool_args *g, const float *plane, tk_int base, tk_int d, tk_int h, tk_int w, float *y, int64_t *place) {
    tk_int first[3], end[3], index[3] = {d, h, w}, start[3];
    for (int axis = 0; axis < 3; axis++) {
        pool_window(g, axis, index[axis], &first[axis], &end[axis]);
        start[axis] = index[axis] * g->stride[axis] - g->before[axis];
    }
    tk_int best = -1;
    for (tk_int a = first[0]; a < end[0]; a++) {
        for (tk_int b = first[1]; b < end[1]; b++) {
            for (tk_int c = first[2]; c < end[2]; c++) {
                tk_int row = (start[0] + a * g->dilation[0]) * g->in[1] + start[1] + b * g->dilation[1];
                tk_int at = row * g->in[2] + start[2] + c * g->dilation[2];
                float v = plane[at];
                if (best < 0 || v > plane[best] || (v != v && plane[best] == plane[best])) best = at;
            }
        }
    }
    *y = best < 0 ? -INFINITY : plane[best];
    *place = best < 0 ? 0 : base + best;
}

static void run_rows(const void *context, tk_int begin, tk_int end) {
    const tk_pool_args *g = context;
    tk_int plane = g->in[0] * g->in[1] * g->in[2];
    for (tk_int r = begin; r < end; r++) {
        tk_int h = r % g->out[1], d = r / g->out[1] % g->out[0];
        tk_int base = r / (g->out[1] * g->out[0]) * plane, line = r * g->out[2];
        if (g->indices) {
            for (tk_int w = 0; w < g->out[2]; w++) pool_place(g, g->x + base, base, d, h, w, g->y + line + w, g->indices + line + w);
        } else {
            pool_row(g, g->x + base, d, h, g->y + line);
        }
    }
}

static void run_pixels(const void *context, tk_int begin, tk_int end) {
    const tk_pool_args *g = context;
    for (tk_int r = begin; r < end; r++) {
        tk_int h = r % g->out[1], image = r / g->out[1];
        float *y = g->y + image * g->y_image + h * g->out[2] * g->ldy;
        if (g->kind == TK_POOL_MAX) {
            pool_max_pixels(g, tk_isa()->binary[TK_BINARY_MAX], g->x + image * g->x_image, h, y);
            continue;
        }
        for (tk_int w = 0; w < g->out[2]; w++) pool_pixel(g, g->x + image * g->x_image, h, w, y + w * g->ldy);
    }
}

tk_status tk_pool(const tk_pool_args *g) {
    if (g->batch < 0 || g->channels < 0 || (g->indices && (g->ldx > 0 || g->kind != TK_POOL_MAX))) return TK_BAD_ARGUMENT;
    for (int axis = 0; axis < 3; axis++) {
        if (g->in[axis] < 0 || g->out[axis] < 0 || g->kernel[axis] < 1 || g->stride[axis] < 1 || g->dilation[axis] < 1 ||
            g->before[axis] < 0 || g->behind[axis] < 0)
            return TK_BAD_ARGUMENT;
    }
    tk_int images = g->ldx > 0 ? g->batch : g->batch * g->channels;
    if (g->ldx > 0 && (g->in[0] != 1 || g->out[0] != 1 || g->kernel[0] != 1 || g->stride[0] != 1 || g->before[0] != 0))
        return TK_BAD_ARGUMENT;
    tk_int rows = images * g->out[0] * g->out[1], line = g->out[2] * (g->ldx > 0 ? g->channels : 1);
    tk_int taps = g->kernel[0] * g->kernel[1] * g->kernel[2];
    tk_run_ranges(rows * line * taps, rows, 4096 / tk_max_int(1, line * taps), g->ldx > 0 ? run_pixels : run_rows, g);
    return TK_OK;
}
