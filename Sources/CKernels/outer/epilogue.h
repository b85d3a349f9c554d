/// What matrix kernels do to a finished tile while it is in cache.
#ifndef TK_EPILOGUE_H
#define TK_EPILOGUE_H

#include "../isa.h"

/// values[n] = activation(values), in place.
static inline void tk_activate(const struct tk_isa_table *isa, tk_activation activation, float *values, tk_int n) {
    static const tk_unary_op ops[] = {
        [TK_ACT_RELU] = TK_UNARY_RELU, [TK_ACT_GELU_ERF] = TK_UNARY_GELU, [TK_ACT_GELU_TANH] = TK_UNARY_GELU_TANH,
        [TK_ACT_SILU] = TK_UNARY_SILU, [TK_ACT_TANH] = TK_UNARY_TANH, [TK_ACT_SIGMOID] = TK_UNARY_SIGMOID,
    };
    if (activation != TK_ACT_NONE) isa->unary[ops[activation]](values, values, n);
}

#endif
