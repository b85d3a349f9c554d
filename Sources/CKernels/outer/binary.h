/// Binary operators of types other than f32, one row at a time.
#ifndef TK_BINARY_H
#define TK_BINARY_H

#include "walk.h"

/// Row body for the dtype, or NULL where it has no such operator. The context is a `struct tk_binary_call`.
tk_row_body tk_binary_typed_body(tk_dtype dtype, tk_binary_op op);

struct tk_binary_call {
    tk_dtype dtype;
    tk_binary_op op;
    const void *a, *b;
    void *y;
};

#endif
