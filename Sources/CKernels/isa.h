/// The tiles of one instruction set, as a table of functions derived from `kernels.def`.
#ifndef TK_ISA_H
#define TK_ISA_H

#include "CKernels.h"

/// Which operand of a binary tile is a single element.
enum { TK_BOTH_ARRAYS = 0, TK_SCALAR_A = 1, TK_SCALAR_B = 2 };

enum {
    /// Queries and keys of one attention tile; query blocks of up to TK_FEW_QUERIES stream K unpacked.
    TK_QUERIES = 64, TK_KEYS = 128, TK_FEW_QUERIES = 4,
    /// Most output pixels of one convolution tile.
    TK_PIXELS = 128,
    /// Most lanes of a vector, and columns of a panel (two vectors), on any instruction set.
    TK_WIDEST = 16, TK_WIDEST_PANEL = 2 * TK_WIDEST,
    /// Depth of one packed panel: 256 * 16 lanes are half of a 32 KB first-level cache.
    TK_DEPTH = 256,
    /// Rows that a product tile handles at once.
    TK_PRODUCT_ROWS = 6,
};

typedef void (*tk_unary_tile)(const float *x, float *y, tk_int n);
typedef void (*tk_binary_tile)(const float *a, const float *b, void *y, tk_int n, int mode);

struct tk_isa_table {
    const char *name;
    /// Columns of a panel: two vectors.
    tk_int panel;
    tk_unary_tile unary[TK_UNARY_COUNT];
    tk_binary_tile binary[TK_BINARY_COUNT];
#define TK_TILE(name, operators, dtypes, promise, bound, parameters) void (*name) parameters;
#include "kernels.def"
};

extern const struct tk_isa_table tk_table_generic;
#if defined(__x86_64__)
extern const struct tk_isa_table tk_table_avx2;
extern const struct tk_isa_table tk_table_avx512;
#endif

/// The table of the active level.
const struct tk_isa_table *tk_isa(void);

#endif
