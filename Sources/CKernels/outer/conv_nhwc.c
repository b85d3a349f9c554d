#include "conv_depthwise.h"
#include "conv_direct.h"
#include "conv_pairs.h"
#include "conv_winograd.h"

static int is_valid(const tk_conv_nhwc_args *g) {
    return g->batch >= 0 && g->in_channels > 0 && g->in_channels2 >= 0 && g->height > 0 && g->width > 0 &&
           g->out_channels > 0 && g->kernel_h > 0 && g->kernel_w > 0 && g->stride_h > 0 && g->stride_w > 0 &&
           g->dilation_h > 0 && g->dilation_w > 0 && (g->upsample == 1 || g->upsample == 2) && g->pad_top >= 0 &&
           g->pad_left >= 0 && g->pad_bottom >= 0 && g->pad_right >= 0 && (unsigned)g->activation <= TK_ACT_SIGMOID &&
           tk_conv_weight_width(g->format) > 0;
}

static int suits_winograd(const tk_conv_nhwc_args *g) {
    return g->kernel_h == 3 && g->kernel_w == 3 && g->stride_h == 1 && g->stride_w == 1 && g->dilation_h == 1 &&
           g->dilation_w == 1;
}

static int suits_depthwise(const tk_conv_nhwc_args *g) {
    return g->in_channels == g->out_channels && g->in_channels2 == 0 && g->upsample == 1 && g->format == TK_WEIGHT_F32;
}

static int is_runnable(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm) {
    switch (algorithm) {
    case TK_CONV_DIRECT: return 1;
    case TK_CONV_WINOGRAD_2:
    case TK_CONV_WINOGRAD_4: return suits_winograd(g);
    case TK_CONV_DEPTHWISE: return suits_depthwise(g);
    default: return 0;
    }
}

static int output_tile(tk_conv_algorithm algorithm) { return algorithm == TK_CONV_WINOGRAD_4 ? 4 : 2; }

/// Expected time in picoseconds, fitted to timings of two cores with AVX2: multiply-adds, weights (from memory, and for
/// Winograd transformed for each block of tiles), and floats that are gathered or transformed.
static tk_int cost(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm) {
    enum { COLUMNS = 16, GATHERED = 100, TRANSFORMED = 400, FEWEST_ROWS = 4 };
    tk_int in = tk_conv_channels(g), out = tk_ceil_div(g->out_channels, COLUMNS) * COLUMNS;
    tk_int height = tk_conv_out_height(g), width = tk_conv_out_width(g);
    if (algorithm == TK_CONV_DIRECT) {
        enum { PRODUCT = 13, WEIGHT = 120 };
        tk_int depth = in * g->kernel_h * g->kernel_w, rows = g->batch * height * width;
        return depth * (PRODUCT * tk_max_int(rows, FEWEST_ROWS) * out + WEIGHT * out + GATHERED * rows);
    }
    enum { PRODUCT = 15, WEIGHT_2 = 130, WEIGHT_4 = 80, ROWS = 50 };
    tk_int m = output_tile(algorithm), rows = g->batch * tk_ceil_div(height, m) * tk_ceil_div(width, m);
    tk_int weights = (m == 2 ? WEIGHT_2 : WEIGHT_4) * tk_ceil_div(rows, ROWS);
    tk_int products = PRODUCT * tk_max_int(rows, FEWEST_ROWS) + weights;
    return (m + 2) * (m + 2) * (products * in * out + TRANSFORMED * rows * (in + out));
}

tk_conv_algorithm tk_conv_nhwc_choose(const tk_conv_nhwc_args *g) {
    // By AMX direct convolutions are two to four times as fast as what saves products.
    if (!is_valid(g) || !suits_winograd(g) || tk_conv_takes_pairs(g)) return TK_CONV_DIRECT;
    tk_conv_algorithm best = TK_CONV_DIRECT;
    // Direct errors are the smallest, so a little time is not worth leaving it.
    tk_int least = cost(g, TK_CONV_DIRECT) / 100 * 95;
    for (int algorithm = TK_CONV_WINOGRAD_2; algorithm <= TK_CONV_WINOGRAD_4; algorithm++) {
        tk_int c = cost(g, (tk_conv_algorithm)algorithm);
        if (c >= least) continue;
        least = c;
        best = (tk_conv_algorithm)algorithm;
    }
    return best;
}

size_t tk_conv_nhwc_scratch(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm, int max_threads) {
    if (!is_valid(g) || !is_runnable(g, algorithm)) return 0;
    switch (algorithm) {
    case TK_CONV_DIRECT: return tk_conv_takes_pairs(g) ? tk_conv_pairs_scratch(g, max_threads) : tk_conv_direct_scratch(g, max_threads);
    case TK_CONV_DEPTHWISE: return tk_conv_depthwise_scratch(g, max_threads);
    default: return tk_conv_winograd_scratch(g, output_tile(algorithm), max_threads);
    }
}

tk_status tk_conv_nhwc(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm, void *scratch) {
    if (!is_valid(g)) return TK_BAD_ARGUMENT;
    if (tk_weight_traits_of(g->format, tk_isa())->scale != (g->scale != NULL)) return TK_BAD_ARGUMENT;
    if (!is_runnable(g, algorithm)) return TK_UNSUPPORTED;
    if (g->batch * tk_conv_out_height(g) * tk_conv_out_width(g) == 0) return TK_OK;
    switch (algorithm) {
    case TK_CONV_DIRECT:
        if (tk_conv_takes_pairs(g)) tk_conv_pairs(g, scratch);
        else tk_conv_direct(g, scratch);
        break;
    case TK_CONV_DEPTHWISE: tk_conv_depthwise(g, scratch); break;
    default: tk_conv_winograd(g, output_tile(algorithm), scratch);
    }
    return TK_OK;
}
