/// Sizes, pixels and results of channels-last convolutions, as all algorithms see them.
#ifndef TK_CONV_SHARED_H
#define TK_CONV_SHARED_H

#include "epilogue.h"
#include "weight_traits.h"
#include "../threads.h"

#include <string.h>

static inline tk_int tk_conv_out_height(const tk_conv_nhwc_args *g) {
    return tk_conv2d_output(g->height * g->upsample, g->kernel_h, g->stride_h, g->pad_top + g->pad_bottom,
                            g->dilation_h);
}

static inline tk_int tk_conv_out_width(const tk_conv_nhwc_args *g) {
    return tk_conv2d_output(g->width * g->upsample, g->kernel_w, g->stride_w, g->pad_left + g->pad_right,
                            g->dilation_w);
}

/// Scales of the panel from output c, which `part` takes if some of its lanes are no outputs; NULL if there are none.
static inline const float *tk_conv_scale(const tk_conv_nhwc_args *g, tk_int c, tk_int panel, float *part) {
    if (g->scale == NULL || c + panel <= g->out_channels) return g->scale ? g->scale + c : NULL;
    memset(part, 0, TK_WIDEST_PANEL * sizeof(float));
    memcpy(part, g->scale + c, (size_t)(g->out_channels - c) * sizeof(float));
    return part;
}

static inline tk_int tk_conv_channels(const tk_conv_nhwc_args *g) { return g->in_channels + g->in_channels2; }

/// Number of the input pixel that (iy, ix) of the upsampled image repeats, or -1 outside.
static inline tk_int tk_conv_pixel(const tk_conv_nhwc_args *g, tk_int iy, tk_int ix) {
    if (iy < 0 || ix < 0 || iy >= g->height * g->upsample || ix >= g->width * g->upsample) return -1;
    return g->upsample == 2 ? (iy >> 1) * g->width + (ix >> 1) : iy * g->width + ix;
}

/// Scale and bias (NULL for none), activation and residual of channels [c, c + n) of m output pixels from `pixel` of image b, into y.
/// `values` are [m, n], rows `ldvalues` apart.
static inline void tk_conv_finish(const struct tk_isa_table *isa, const tk_conv_nhwc_args *g, const float *values,
                                  tk_int ldvalues, const float *scale, const float *bias, tk_int b, tk_int pixel, tk_int m, tk_int c, tk_int n) {
    tk_finish_args args = {
        .m = m, .n = n, .ldproduct = ldvalues,
        .main = {.product = values, .column_scale = scale ? scale + c : NULL, .bias = bias ? bias + c : NULL},
        .activation = g->activation, .y = g->y + b * g->y_image + pixel * g->ldy + c, .ldy = g->ldy, .ldres = g->ldres,
        .residual = g->residual ? g->residual + b * g->res_image + pixel * g->ldres + c : NULL,
    };
    isa->linear_finish(&args);
}

#endif
