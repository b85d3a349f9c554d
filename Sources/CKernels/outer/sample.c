// Pictures read between their pixels. Weights and sums are in double precision, in the order of the definition.
#include <math.h>
#include "typed.h"

/// What a position reads of one line, or of a plane: offsets and weights.
struct taps {
    tk_int count;
    tk_int offset[64];
    double weight[64];
};

static double mirrored(double place, double low, double high) {
    if (place >= low && place <= high) return place;
    double length = high - low;
    if (!(length > 0)) return low;
    double beyond = place < low ? low - place : place - high;
    double turns = floor(beyond / length), rest = fmod(beyond, length);
    return (place < low) == (fmod(turns, 2) == 0) ? low + rest : high - rest;
}

static double clamped(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

/// `place` on the line, or near it where all outside is 0.
static double moved_inside(double place, tk_int size, tk_outside outside) {
    double last = (double)(size - 1);
    switch (outside) {
    case TK_OUTSIDE_ZEROS: return clamped(place, -4, last + 4);
    case TK_OUTSIDE_BORDER: return clamped(place, 0, last);
    case TK_OUTSIDE_REFLECT: return mirrored(place, -0.5, last + 0.5);
    default: return mirrored(place, 0, last);
    }
}

/// The pixel that stands for `index`; -1 for one that counts as 0.
static tk_int pixel(tk_int index, tk_int size, tk_outside outside) {
    if (index >= 0 && index < size) return index;
    switch (outside) {
    case TK_OUTSIDE_ZEROS: return -1;
    case TK_OUTSIDE_BORDER: return index < 0 ? 0 : size - 1;
    case TK_OUTSIDE_REFLECT: return (tk_int)mirrored((double)index, -0.5, (double)size - 0.5);
    default: return (tk_int)mirrored((double)index, 0, (double)(size - 1));
    }
}

static double near_weight(double d) { return ((-0.75 + 2) * d - (-0.75 + 3)) * d * d + 1; }
static double far_weight(double d) { return ((-0.75 * d - 5 * -0.75) * d + 8 * -0.75) * d - 4 * -0.75; }

static void add_tap(struct taps *line, tk_int index, double weight, tk_int size, tk_outside outside) {
    tk_int at = pixel(index, size, outside);
    if (at < 0) return;
    line->offset[line->count] = at;
    line->weight[line->count++] = weight;
}

static void line_taps(const tk_sample_args *g, double place, tk_int size, struct taps *line) {
    line->count = 0;
    if (!isfinite(place)) {
        if (g->outside != TK_OUTSIDE_ZEROS) add_tap(line, 0, 1, size, g->outside);
        return;
    }
    // Of cubic, each neighbour is moved inside by itself.
    if (g->mode == TK_SAMPLE_CUBIC && g->outside != TK_OUTSIDE_ZEROS)
        place = clamped(place, -1e9, 1e9);
    else
        place = moved_inside(g->mode == TK_SAMPLE_NEAREST ? rint(place) : place, size, g->outside);
    double whole = floor(place), t = place - whole;
    tk_int first = (tk_int)whole;
    if (g->mode == TK_SAMPLE_NEAREST) {
        add_tap(line, (tk_int)place, 1, size, g->outside);
    } else if (g->mode == TK_SAMPLE_LINEAR) {
        add_tap(line, first, 1 - t, size, g->outside);
        add_tap(line, first + 1, t, size, g->outside);
    } else {
        add_tap(line, first - 1, far_weight(1 + t), size, g->outside);
        add_tap(line, first, near_weight(t), size, g->outside);
        add_tap(line, first + 1, near_weight(1 - t), size, g->outside);
        add_tap(line, first + 2, far_weight(2 - t), size, g->outside);
    }
}

/// Taps of a position: those of each dimension, multiplied.
static void point_taps(const tk_sample_args *g, const float *position, struct taps *all) {
    all->count = 1;
    all->offset[0] = 0;
    all->weight[0] = 1;
    for (tk_int axis = 0; axis < g->rank; axis++) {
        struct taps line, next;
        line_taps(g, position[axis], g->size[axis], &line);
        next.count = 0;
        for (tk_int i = 0; i < all->count; i++) {
            for (tk_int j = 0; j < line.count; j++) {
                next.offset[next.count] = all->offset[i] * g->size[axis] + line.offset[j];
                next.weight[next.count++] = all->weight[i] * line.weight[j];
            }
        }
        *all = next;
    }
}

static void run_points(const void *context, tk_int begin, tk_int end) {
    const tk_sample_args *g = context;
    tk_int plane = g->size[0] * (g->rank > 1 ? g->size[1] : 1) * (g->rank > 2 ? g->size[2] : 1);
    for (tk_int p = begin; p < end; p++) {
        struct taps taps;
        point_taps(g, g->positions + p * g->rank, &taps);
        tk_int image = p / g->points, point = p % g->points;
        for (tk_int c = 0; c < g->channels; c++) {
            const float *x = g->x + (image * g->channels + c) * plane;
            double sum = 0;
            for (tk_int i = 0; i < taps.count; i++) sum += taps.weight[i] * x[taps.offset[i]];
            g->y[(image * g->channels + c) * g->points + point] = (float)sum;
        }
    }
}

tk_status tk_sample(const tk_sample_args *g) {
    if (g->batch < 0 || g->channels < 0 || g->points < 0 || g->rank < 1 || g->rank > 3) return TK_BAD_ARGUMENT;
    for (tk_int axis = 0; axis < g->rank; axis++)
        if (g->size[axis] < 1) return TK_BAD_ARGUMENT;
    tk_int taps = g->mode == TK_SAMPLE_NEAREST ? 1 : 1 << (g->mode == TK_SAMPLE_LINEAR ? g->rank : 2 * g->rank);
    tk_run_ranges(g->batch * g->points * (g->channels + 4) * taps, g->batch * g->points, 64, run_points, g);
    return TK_OK;
}
