#include "reduce.h"
#include "../isa.h"

#include <math.h>

/// Inner columns that one task reduces together.
enum { TK_REDUCE_COLUMNS = 1024 };

static float neutral(tk_reduce_op op) {
    switch (op) {
    case TK_REDUCE_MAX: return -INFINITY;
    case TK_REDUCE_MIN: return INFINITY;
    case TK_REDUCE_PROD: return 1.0f;
    default: return 0.0f;
    }
}

static void reduce_row(const struct tk_isa_table *isa, tk_reduce_op op, const float *x, float *y, tk_int n) {
    switch (op) {
    case TK_REDUCE_MAX: isa->reduce_max(x, n, y); break;
    case TK_REDUCE_MIN: isa->reduce_min(x, n, y); break;
    case TK_REDUCE_PROD: isa->reduce_prod(x, n, y); break;
    default: isa->reduce_sum(x, n, y); break;
    }
    if (op == TK_REDUCE_MEAN) *y /= (float)n;
}

/// y[columns] = reduction of n rows of x that lie `stride` apart, row after row.
static void reduce_columns(const struct tk_isa_table *isa, tk_reduce_op op, const float *x, float *y, tk_int n,
                           tk_int stride, tk_int columns) {
    tk_binary_tile tile = isa->binary[op == TK_REDUCE_MAX    ? TK_BINARY_MAX
                                      : op == TK_REDUCE_MIN  ? TK_BINARY_MIN
                                      : op == TK_REDUCE_PROD ? TK_BINARY_MUL
                                                             : TK_BINARY_ADD];
    float start = neutral(op), count = (float)n;
    for (tk_int i = 0; i < columns; i++) y[i] = start;
    for (tk_int r = 0; r < n; r++) tile(y, x + r * stride, y, columns, TK_BOTH_ARRAYS);
    if (op == TK_REDUCE_MEAN) isa->binary[TK_BINARY_DIV](y, &count, y, columns, TK_SCALAR_B);
}

struct reduce_call {
    const struct tk_isa_table *isa;
    tk_reduce_op op;
    const float *x;
    float *y;
    tk_int n, inner;
    /// Blocks of columns.
    tk_int parts;
};

/// Blocks first ..< last of y [outer, parts].
static void reduce_blocks(const void *context, tk_int first, tk_int last) {
    const struct reduce_call *c = context;
    for (tk_int t = first; t < last; t++) {
        tk_int o = t / c->parts, column = t % c->parts * TK_REDUCE_COLUMNS;
        const float *source = c->x + o * c->n * c->inner + column;
        if (c->inner == 1) {
            reduce_row(c->isa, c->op, source, c->y + o, c->n);
        } else {
            reduce_columns(c->isa, c->op, source, c->y + o * c->inner + column, c->n, c->inner,
                           tk_min_int(TK_REDUCE_COLUMNS, c->inner - column));
        }
    }
}

static tk_status reduce_f32(tk_reduce_op op, const float *x, float *y, tk_int outer, tk_int n, tk_int inner) {
    if (op > TK_REDUCE_PROD) return TK_UNSUPPORTED;
    struct reduce_call call = {tk_isa(), op, x, y, n, inner, tk_ceil_div(inner, TK_REDUCE_COLUMNS)};
    tk_run_loop(tk_team(outer * n * inner / 8), outer * call.parts, reduce_blocks, &call);
    return TK_OK;
}

tk_status tk_reduce(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner) {
    if ((unsigned)op >= TK_REDUCE_COUNT) return TK_UNSUPPORTED;
    if (outer < 0 || n < 0 || inner < 0) return TK_BAD_ARGUMENT;
    if (dtype == TK_F32) return reduce_f32(op, x, y, outer, n, inner);
    return tk_reduce_typed(dtype, op, x, y, outer, n, inner);
}

/// Index of the extreme value of a row, by value then position.
static int64_t arg_row(const struct tk_isa_table *isa, int minimum, const float *x, tk_int n) {
    float extreme;
    int64_t position;
    (minimum ? isa->reduce_min : isa->reduce_max)(x, n, &extreme);
    isa->reduce_find(x, n, extreme, &position);
    return position;
}

static int64_t arg_strided(int minimum, const float *x, tk_int n, tk_int stride) {
    int64_t best = 0;
    float value = x[0];
    for (tk_int i = 1; i < n && value == value; i++) {
        float v = x[i * stride];
        if (v != v || (minimum ? v < value : v > value)) {
            value = v;
            best = i;
        }
    }
    return best;
}

struct arg_call {
    const struct tk_isa_table *isa;
    int minimum;
    const float *x;
    int64_t *y;
    tk_int n, inner;
};

/// Blocks first ..< last of the outer dimension.
static void arg_blocks(const void *context, tk_int first, tk_int last) {
    const struct arg_call *c = context;
    for (tk_int o = first; o < last; o++) {
        const float *base = c->x + o * c->n * c->inner;
        for (tk_int i = 0; i < c->inner; i++) {
            c->y[o * c->inner + i] = c->inner == 1 ? arg_row(c->isa, c->minimum, base, c->n)
                                                   : arg_strided(c->minimum, base + i, c->n, c->inner);
        }
    }
}

tk_status tk_arg_reduce(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n, tk_int inner) {
    if (outer < 0 || inner < 0 || n <= 0) return outer * inner == 0 ? TK_OK : TK_BAD_ARGUMENT;
    if (dtype != TK_F32) return tk_arg_reduce_typed(dtype, minimum, x, y, outer, n, inner);
    struct arg_call call = {tk_isa(), minimum, x, y, n, inner};
    tk_run_loop(tk_team(outer * n * inner / 4), outer, arg_blocks, &call);
    return TK_OK;
}
