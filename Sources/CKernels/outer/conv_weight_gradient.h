/// Gradients of 3x3 filters by Winograd's algorithm.
#ifndef TK_CONV_WEIGHT_GRADIENT_H
#define TK_CONV_WEIGHT_GRADIENT_H

#include "../isa.h"
#include "../threads.h"

/// Whether it is expected to be faster than products of patches.
int tk_winograd_gradient_pays(const tk_conv_weight_gradient_args *g);

/// Bytes of scratch, as `tk_conv_weight_gradient_scratch` asks for.
size_t tk_winograd_gradient_scratch(const tk_conv_weight_gradient_args *g, int max_threads);

/// As `tk_conv_weight_gradient`, of arguments for which it pays.
void tk_winograd_gradient(const tk_conv_weight_gradient_args *g, void *scratch);

#endif
