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

/// Elements of the blocks in which a transposition moves, 32 rows and columns where both are as many: they stay in the
/// first-level cache.
enum { TK_SQUARE = 32, TK_BLOCK = TK_SQUARE * TK_SQUARE };

struct transposition {
    const struct tk_walk *walk;
    const struct copy_call *call;
    /// Rows and columns of a block.
    tk_int rows, columns;
    /// Blocks of one pair of dimensions.
    tk_int down, across;
};

typedef uint32_t copy_four __attribute__((ext_vector_type(4)));

static inline copy_four load_four(const uint32_t *p) {
    copy_four v;
    memcpy(&v, p, sizeof v);
    return v;
}

/// 4 rows of 4 elements: columns lie `ss` apart in src, rows `ds` apart in dst.
static inline void copy_square(const uint32_t *src, tk_int ss, uint32_t *dst, tk_int ds) {
    copy_four a = load_four(src), b = load_four(src + ss), c = load_four(src + 2 * ss), d = load_four(src + 3 * ss);
    copy_four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    copy_four upper = __builtin_shufflevector(a, b, 2, 6, 3, 7), lower = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    copy_four rows[4] = {
        __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
        __builtin_shufflevector(upper, lower, 0, 1, 4, 5), __builtin_shufflevector(upper, lower, 2, 3, 6, 7),
    };
    for (int i = 0; i < 4; i++) memcpy(dst + i * ds, &rows[i], sizeof rows[i]);
}

/// dst[r, c] = src[c, r] for a block, row r `ds` after the one before in dst and column c `ss` after it in src.
static void copy_block(const char *src, tk_int ss, char *dst, tk_int ds, tk_int size, tk_int rows, tk_int columns) {
    tk_int r = 0;
    if (size == 4) {
        const uint32_t *s = (const uint32_t *)src;
        uint32_t *d = (uint32_t *)dst;
        for (; r + 4 <= rows && columns >= 4; r += 4) {
            tk_int c = 0;
            for (; c + 4 <= columns; c += 4) copy_square(s + r + c * ss, ss, d + r * ds + c, ds);
            for (; c < columns; c++) {
                for (int i = 0; i < 4; i++) d[(r + i) * ds + c] = s[r + i + c * ss];
            }
        }
    }
    if (columns < rows - r) {
        for (tk_int c = 0; c < columns; c++) {
            copy_elements(src + (r + c * ss) * size, 1, dst + (r * ds + c) * size, ds, size, rows - r);
        }
        return;
    }
    for (; r < rows; r++) copy_elements(src + r * size, ss, dst + r * ds * size, 1, size, columns);
}

static void copy_squares(const void *context, tk_int first, tk_int last) {
    const struct transposition *all = context;
    const struct tk_walk *w = all->walk;
    const struct copy_call *call = all->call;
    int row = w->rank - 2, column = w->rank - 1;
    tk_int rows = w->shape[row], columns = w->shape[column], down = all->down, across = all->across;
    for (tk_int t = first; t < last; t++) {
        tk_int r0 = t / across % down * all->rows, c0 = t % across * all->columns, rest = t / across / down;
        tk_int dst = r0 * w->stride[0][row] + c0, src = r0 + c0 * w->stride[1][column];
        for (int d = row - 1; d >= 0; rest /= w->shape[d], d--) {
            dst += rest % w->shape[d] * w->stride[0][d];
            src += rest % w->shape[d] * w->stride[1][d];
        }
        copy_block(call->src + src * call->size, w->stride[1][column], call->dst + dst * call->size, w->stride[0][row], call->size,
                   tk_min_int(all->rows, rows - r0), tk_min_int(all->columns, columns - c0));
    }
}

/// Transposes the last two dimensions, dst contiguous in the last and src in the one before, over all outer ones.
static void copy_transposed(const struct tk_walk *w, const struct copy_call *call) {
    tk_int rows = w->shape[w->rank - 2], columns = w->shape[w->rank - 1], count = tk_walk_count(w);
    struct transposition all = {.walk = w, .call = call};
    all.columns = tk_min_int(columns, rows < TK_SQUARE ? TK_BLOCK / rows : TK_SQUARE);
    all.rows = tk_min_int(rows, TK_BLOCK / all.columns);
    all.down = tk_ceil_div(rows, all.rows);
    all.across = tk_ceil_div(columns, all.columns);
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
