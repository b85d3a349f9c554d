/// Direct convolution by pairs of bf16, for AMX.
#ifndef TK_CONV_PAIRS_H
#define TK_CONV_PAIRS_H

#include "conv_shared.h"

/// Whether a direct convolution is computed so: weights are narrow and AMX multiplies. x is rounded to bf16 then.
int tk_conv_takes_pairs(const tk_conv_nhwc_args *g);

size_t tk_conv_pairs_scratch(const tk_conv_nhwc_args *g, int max_threads);
void tk_conv_pairs(const tk_conv_nhwc_args *g, void *scratch);

#endif
