/// Reductions of types other than f32.
#ifndef TK_REDUCE_H
#define TK_REDUCE_H

#include "../threads.h"

tk_status tk_reduce_typed(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner);

tk_status tk_arg_reduce_typed(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n, tk_int inner);

#endif
