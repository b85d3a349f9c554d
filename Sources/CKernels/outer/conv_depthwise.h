/// Depthwise convolution. Arguments are known to be valid.
#ifndef TK_CONV_DEPTHWISE_H
#define TK_CONV_DEPTHWISE_H

#include "conv_shared.h"

size_t tk_conv_depthwise_scratch(const tk_conv_nhwc_args *args, int max_threads);
void tk_conv_depthwise(const tk_conv_nhwc_args *args, void *scratch);

#endif
