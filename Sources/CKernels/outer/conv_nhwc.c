#include "conv_nhwc.h"

static int is_valid(const tk_conv_nhwc_args *g) {
    return g->batch >= 0 && g->in_channels > 0 && g->in_channels2 >= 0 && g->height > 0 && g->width > 0 &&
           g->out_channels > 0 && g->kernel_h > 0 && g->kernel_w > 0 && g->stride_h > 0 && g->stride_w > 0 &&
           g->dilation_h > 0 && g->dilation_w > 0 && (g->upsample == 1 || g->upsample == 2) && g->pad_top >= 0 &&
           g->pad_left >= 0 && g->pad_bottom >= 0 && g->pad_right >= 0 && (unsigned)g->activation <= TK_ACT_SIGMOID;
}

static int suits_winograd(const tk_conv_nhwc_args *g) {
    return g->kernel_h == 3 && g->kernel_w == 3 && g->stride_h == 1 && g->stride_w == 1 && g->dilation_h == 1 &&
           g->dilation_w == 1;
}

static int is_runnable(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm) {
    return (unsigned)algorithm <= TK_CONV_WINOGRAD_4 && (algorithm == TK_CONV_DIRECT || suits_winograd(g));
}

static int output_tile(tk_conv_algorithm algorithm) { return algorithm == TK_CONV_WINOGRAD_4 ? 4 : 2; }

tk_conv_algorithm tk_conv_nhwc_choose(const tk_conv_nhwc_args *g) {
    return TK_CONV_DIRECT;
}

size_t tk_conv_nhwc_scratch(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm, int max_threads) {
    if (!is_valid(g) || !is_runnable(g, algorithm)) return 0;
    return algorithm == TK_CONV_DIRECT ? tk_conv_direct_scratch(g, max_threads)
                                       : tk_conv_winograd_scratch(g, output_tile(algorithm), max_threads);
}

tk_status tk_conv_nhwc(const tk_conv_nhwc_args *g, tk_conv_algorithm algorithm, void *scratch) {
    if (!is_valid(g)) return TK_BAD_ARGUMENT;
    if (!is_runnable(g, algorithm)) return TK_UNSUPPORTED;
    if (g->batch * tk_conv_out_height(g) * tk_conv_out_width(g) == 0) return TK_OK;
    if (algorithm == TK_CONV_DIRECT) {
        tk_conv_direct(g, scratch);
    } else {
        tk_conv_winograd(g, output_tile(algorithm), scratch);
    }
    return TK_OK;
}
