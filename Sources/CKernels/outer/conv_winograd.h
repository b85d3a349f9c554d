/// Convolution by Winograd's F(m x m, 3x3), m being 2 or 4. Arguments are known to be valid.
#ifndef TK_CONV_WINOGRAD_H
#define TK_CONV_WINOGRAD_H

#include "conv_shared.h"

size_t tk_conv_winograd_scratch(const tk_conv_nhwc_args *args, int m, int max_threads);
void tk_conv_winograd(const tk_conv_nhwc_args *args, int m, void *scratch);

#endif
