/// What both layouts of group normalisation share.
#ifndef TK_GROUP_NORM_H
#define TK_GROUP_NORM_H

#include "CKernels.h"

/// Folds normalisation, affine and modulation of one channel into y = x * scale + offset.
static inline void tk_channel_affine(const tk_group_norm_args *g, tk_int b, tk_int c, float mean, float inverse,
                                     float *scale, float *offset) {
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

#endif
