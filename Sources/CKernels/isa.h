/// The tiles of one instruction set, as a table of functions derived from `kernels.def`.
#ifndef TK_ISA_H
#define TK_ISA_H

#include "numerics.h"
#include "CKernels.h"

/// Which operand of a binary tile is a single element.
enum { TK_BOTH_ARRAYS = 0, TK_SCALAR_A = 1, TK_SCALAR_B = 2 };

enum {
    /// Queries and keys of one attention tile, queries that share packed keys and values, and how many read K unpacked.
    TK_QUERIES = 128, TK_KEYS = 128, TK_TASK_QUERIES = 4 * TK_QUERIES, TK_FEW_QUERIES = 4,
    /// Largest head that attention with products of 8-bit integers takes.
    TK_NARROW_DEPTH = 1024,
    /// Most output pixels of one convolution tile.
    TK_PIXELS = 128,
    /// Most lanes of a vector, and columns of a panel (two vectors), on any instruction set.
    TK_WIDEST = 16, TK_WIDEST_PANEL = 2 * TK_WIDEST,
    /// Depth of one packed panel: 256 * 16 lanes are half of a 32 KB first-level cache.
    TK_DEPTH = 256,
    /// Groups of four-bit weights times columns of one depth block of a panel.
    TK_BLOCK_SCALES = 512,
    /// Rows that a product tile handles at once.
    TK_PRODUCT_ROWS = 6,
};

/// One factor of a finished tile: products [m, n], f32 or (with row scales) i32, and what belongs to its columns.
typedef struct tk_finish_branch {
    const float *product;
    /// Of integer products, and of no others.
    const int32_t *column_sum;
    /// Added to the sums; NULL for none.
    const int32_t *column_offset;
    /// NULL where weights are no integers, or scaled already.
    const float *column_scale;
    const float *bias;
} tk_finish_branch;

/// Arguments of `linear_finish`; pointers are those of the tile's first row and column.
typedef struct tk_finish_args {
    tk_int m, n, ldproduct;
    tk_finish_branch main, up;
    /// Scale of each row where x was rounded to 8 bits, else NULL; zero point of each row of integer products.
    const float *row_scale;
    const int32_t *zero;
    tk_activation activation;
    const float *gate;
    tk_int ldgate;
    const float *residual;
    tk_int ldres;
    float *y;
    tk_int ldy;
} tk_finish_args;

/// One row of a recurrent layer, `n` hidden units; see families/recurrent.inc.
typedef struct tk_cell_row {
    tk_int n;
    /// Sums of the gates, in the order of `tk_cell`.
    const float *gate[4];
    /// The old state.
    const float *h, *c;
    /// LSTM: [3, n]; NULL for none.
    const float *peephole;
    /// `TK_CELL_GRU_RESET_AFTER`: what inputs add to n.
    const float *input;
    /// Infinity for none.
    float clip;
    tk_activation activation;
    float *h_next, *c_next, *y;
} tk_cell_row;

/// Scales and zero points of four-bit weights from a panel's first column on, for whole panels; see `tk_packed_branch`.
typedef struct tk_w4_groups {
    /// Of type `scales`.
    const void *scale;
    /// NULL: 8 everywhere.
    const uint8_t *zero;
    tk_scale_type scales;
    /// Inputs of a group, and from one group to the next in `scale` and `zero`.
    tk_int size, stride;
} tk_w4_groups;

/// The groups that begin so many groups and columns further on.
static inline __attribute__((always_inline)) tk_w4_groups tk_w4_groups_on(tk_w4_groups g, tk_int groups, tk_int columns) {
    tk_int at = groups * g.stride + columns;
    g.scale = (const char *)g.scale + at * (g.scales == TK_SCALES_F32 ? 4 : 2);
    if (g.zero) g.zero += at;
    return g;
}

typedef void (*tk_unary_tile)(const float *x, float *y, tk_int n);
typedef void (*tk_binary_tile)(const float *a, const float *b, void *y, tk_int n, int mode);

/// f32 functions of formulas alone.
#define TK_UNARY_PLAIN(enum, name, promise, bound, formula) void tk_plain_##name(const float *x, float *y, tk_int n);
#include "kernels.def"

struct tk_isa_table {
    const char *name;
    /// Columns of a panel: two vectors.
    tk_int panel;
    /// Neighbouring inputs in one word of packed i8 and bf16 weights.
    tk_int i8_group, bf16_group;
    /// Whether products of many rows of them take AMX: see families/amx.inc.
    int amx;
    /// Loops that measure the machine, no kernels: see families/peak.inc.
    void (*peak_f32)(tk_int steps, float *sink), (*peak_bf16)(tk_int steps, float *sink);
    void (*peak_i8)(tk_int steps, float *sink);
    tk_unary_tile unary[TK_UNARY_COUNT];
    tk_binary_tile binary[TK_BINARY_COUNT];
#define TK_TILE(name, operators, dtypes, promise, bound, parameters) void (*name) parameters;
#include "kernels.def"
};

extern const struct tk_isa_table tk_table_generic;
#if defined(__x86_64__)
extern const struct tk_isa_table tk_table_avx2;
extern const struct tk_isa_table tk_table_avxvnni;
extern const struct tk_isa_table tk_table_avx512;
extern const struct tk_isa_table tk_table_avx512vnni;
extern const struct tk_isa_table tk_table_avx512bf16;
extern const struct tk_isa_table tk_table_amx;
#endif

/// The table of the active level.
const struct tk_isa_table *tk_isa(void);

/// The table of `level`, or of the best compiled level below it.
const struct tk_isa_table *tk_isa_at(int level);

/// Where the column sums of a packed i8 weight lie.
const int32_t *tk_column_sums(tk_packed_layout layout, const void *packed, tk_int n, tk_int k);

/// Nanoseconds per thousand elements, roughly.
tk_int tk_unary_cost(tk_unary_op op);
tk_int tk_binary_cost(tk_binary_op op);

/// Whether the result is u8.
int tk_is_compare(tk_binary_op op);

/// Bytes of one panel.
tk_int tk_panel_bytes(tk_packed_layout layout, tk_int k);

#endif
