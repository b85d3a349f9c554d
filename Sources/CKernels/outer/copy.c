#include "walk.h"

#include <string.h>

struct copy_call {
    const char *src;
    char *dst;
    tk_int size;
};

#define TK_COPY_LOOP(type)                                                                          \
    {                                                                                               \
        const type *s = (const type *)src;                                                          \
        type *d = (type *)dst;                                                                      \
        for (tk_int i = 0; i < n; i++) d[i * ds] = s[i * ss];                                       \
    }                                                                                               \
    break

/// n elements of `size` bytes; strides in elements.
static void copy_elements(const char *src, tk_int ss, char *dst, tk_int ds, tk_int size, tk_int n) {
    switch (size) {
    case 1: TK_COPY_LOOP(uint8_t);
    case 2: TK_COPY_LOOP(uint16_t);
    case 4: TK_COPY_LOOP(uint32_t);
    default: TK_COPY_LOOP(uint64_t);
    }
}

/// Operands are dst, src.
static void copy_row(const struct tk_walk *w, const void *context, const tk_int *offset, tk_int n) {
    const struct copy_call *call = context;
    tk_int ds = w->stride[0][w->rank - 1], ss = w->stride[1][w->rank - 1];
    char *dst = call->dst + offset[0] * call->size;
    const char *src = call->src + offset[1] * call->size;
    if (ds == 1 && ss == 1) {
        memcpy(dst, src, (size_t)(n * call->size));
    } else {
        copy_elements(src, ss, dst, ds, call->size, n);
    }
}

static void swap_dimensions(struct tk_walk *w, int i, int j) {
    tk_int n = w->shape[i];
    w->shape[i] = w->shape[j];
    w->shape[j] = n;
    for (int o = 0; o < w->operands; o++) {
        tk_int s = w->stride[o][i];
        w->stride[o][i] = w->stride[o][j];
        w->stride[o][j] = s;
    }
}

/// Puts a dimension in which `operand` is contiguous at position `at`, if there is one before it.
static int bring_contiguous(struct tk_walk *w, int operand, int at) {
    for (int d = at; d >= 0; d--) {
        if (w->stride[operand][d] != 1 || w->shape[d] == 1) continue;
        swap_dimensions(w, d, at);
        return 1;
    }
    return 0;
}

/// Side of the squares in which a transposition moves; 32 rows of 32 elements stay in the first-level cache.
enum { TK_SQUARE = 32 };

struct transposition {
    const struct tk_walk *walk;
    const struct copy_call *call;
    /// Squares of one pair of dimensions.
    tk_int down, across;
};

static void copy_squares(const void *context, tk_int first, tk_int last) {
    const struct transposition *all = context;
    const struct tk_walk *w = all->walk;
    const struct copy_call *call = all->call;
    int row = w->rank - 2, column = w->rank - 1;
    tk_int rows = w->shape[row], columns = w->shape[column], down = all->down, across = all->across;
    for (tk_int t = first; t < last; t++) {
        tk_int r0 = t / across % down * TK_SQUARE, c0 = t % across * TK_SQUARE, rest = t / across / down;
        tk_int dst = r0 * w->stride[0][row] + c0, src = r0 + c0 * w->stride[1][column];
        for (int d = row - 1; d >= 0; rest /= w->shape[d], d--) {
            dst += rest % w->shape[d] * w->stride[0][d];
            src += rest % w->shape[d] * w->stride[1][d];
        }
        tk_int count = tk_min_int(TK_SQUARE, columns - c0);
        for (tk_int r = 0; r < tk_min_int(TK_SQUARE, rows - r0); r++) {
            copy_elements(call->src + (src + r) * call->size, w->stride[1][column],
                          call->dst + (dst + r * w->stride[0][row]) * call->size, 1, call->size, count);
        }
    }
}

/// Transposes the last two dimensions, dst contiguous in the last and src in the one before, over all outer ones.
static void copy_transposed(const struct tk_walk *w, const struct copy_call *call) {
    tk_int rows = w->shape[w->rank - 2], columns = w->shape[w->rank - 1], count = tk_walk_count(w);
    struct transposition all = {w, call, tk_ceil_div(rows, TK_SQUARE), tk_ceil_div(columns, TK_SQUARE)};
    tk_run_loop(tk_team(count), count / (rows * columns) * all.down * all.across, copy_squares, &all);
}

tk_status tk_copy_strided(tk_int element_size, int rank, const tk_int *shape, const void *src,
                          const tk_int *src_strides, void *dst, const tk_int *dst_strides) {
    if (element_size != 1 && element_size != 2 && element_size != 4 && element_size != 8) return TK_UNSUPPORTED;
    struct tk_walk walk;
    const tk_int *const strides[] = {dst_strides, src_strides};
    tk_status status = tk_walk_init(&walk, rank, shape, 2, strides);
    if (status != TK_OK || tk_walk_count(&walk) == 0) return status;
    struct copy_call call = {src, dst, element_size};
    int last = walk.rank - 1;
    if (bring_contiguous(&walk, 0, last) && walk.stride[1][last] != 1 && last > 0 &&
        bring_contiguous(&walk, 1, last - 1)) {
        copy_transposed(&walk, &call);
    } else {
        tk_walk_run(&walk, 500, copy_row, &call);
    }
    return TK_OK;
}

tk_status tk_fill(tk_int element_size, const void *value, void *y, tk_int n) {
    const tk_int zero = 0, one = 1;
    return tk_copy_strided(element_size, 1, &n, value, &zero, y, &one);
}
