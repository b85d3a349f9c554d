#include "walk.h"

/// Elements that one parallel iteration handles, more or less.
enum { TK_WALK_BLOCK = 8192 };

static int mergeable(const struct tk_walk *w, int i) {
    for (int o = 0; o < w->operands; o++) {
        if (w->stride[o][i] != w->stride[o][i + 1] * w->shape[i + 1]) return 0;
    }
    return 1;
}

static void drop_dimension(struct tk_walk *w, int i) {
    for (int d = i; d + 1 < w->rank; d++) {
        w->shape[d] = w->shape[d + 1];
        for (int o = 0; o < w->operands; o++) w->stride[o][d] = w->stride[o][d + 1];
    }
    w->rank--;
}

static void merge_dimensions(struct tk_walk *w) {
    for (int i = w->rank - 1; i >= 0 && w->rank > 1; i--) {
        if (w->shape[i] == 1) drop_dimension(w, i);
    }
    for (int i = w->rank - 2; i >= 0; i--) {
        if (!mergeable(w, i)) continue;
        w->shape[i + 1] *= w->shape[i];
        drop_dimension(w, i);
    }
}

tk_status tk_walk_init(struct tk_walk *w, int rank, const tk_int *shape, int operands, const tk_int *const *strides) {
    if (rank < 0 || rank > TK_MAX_RANK) return TK_UNSUPPORTED;
    w->rank = rank;
    w->operands = operands;
    tk_int dense = 1;
    for (int i = rank - 1; i >= 0; i--) {
        if (shape[i] < 0) return TK_BAD_ARGUMENT;
        w->shape[i] = shape[i];
        for (int o = 0; o < operands; o++) w->stride[o][i] = strides[o] ? strides[o][i] : dense;
        dense *= shape[i];
    }
    if (rank == 0) {
        w->rank = 1;
        w->shape[0] = 1;
        for (int o = 0; o < operands; o++) w->stride[o][0] = 1;
    }
    if (dense > 0) merge_dimensions(w);
    return TK_OK;
}

tk_int tk_walk_count(const struct tk_walk *w) {
    tk_int count = 1;
    for (int i = 0; i < w->rank; i++) count *= w->shape[i];
    return count;
}

/// Operand offsets of row `row`, and its coordinates in `index`.
static void locate(const struct tk_walk *w, tk_int row, tk_int *index, tk_int *offset) {
    for (int o = 0; o < w->operands; o++) offset[o] = 0;
    for (int d = w->rank - 2; d >= 0; d--) {
        index[d] = row % w->shape[d];
        row /= w->shape[d];
        for (int o = 0; o < w->operands; o++) offset[o] += index[d] * w->stride[o][d];
    }
}

static void advance(const struct tk_walk *w, tk_int *index, tk_int *offset) {
    for (int d = w->rank - 2; d >= 0; d--) {
        for (int o = 0; o < w->operands; o++) offset[o] += w->stride[o][d];
        if (++index[d] < w->shape[d]) return;
        for (int o = 0; o < w->operands; o++) offset[o] -= index[d] * w->stride[o][d];
        index[d] = 0;
    }
}

static void run_rows(const struct tk_walk *w, tk_int first, tk_int count, tk_row_body body, const void *context) {
    tk_int index[TK_MAX_RANK], offset[TK_MAX_OPERANDS], n = w->shape[w->rank - 1];
    locate(w, first, index, offset);
    for (tk_int r = 0; r < count; r++) {
        body(w, context, offset, n);
        advance(w, index, offset);
    }
}

static void run_part(const struct tk_walk *w, tk_int row, tk_int start, tk_int n, tk_row_body body,
                     const void *context) {
    tk_int index[TK_MAX_RANK], offset[TK_MAX_OPERANDS];
    locate(w, row, index, offset);
    for (int o = 0; o < w->operands; o++) offset[o] += start * w->stride[o][w->rank - 1];
    body(w, context, offset, n);
}

struct walk_call {
    const struct tk_walk *walk;
    tk_row_body body;
    const void *context;
    /// Parts of a row, or rows of a block.
    tk_int parts, block;
};

/// Parts first ..< last of all rows.
static void run_parts(const void *context, tk_int first, tk_int last) {
    const struct walk_call *c = context;
    tk_int n = c->walk->shape[c->walk->rank - 1];
    for (tk_int t = first; t < last; t++) {
        tk_int start = t % c->parts * TK_WALK_BLOCK;
        run_part(c->walk, t / c->parts, start, tk_min_int(TK_WALK_BLOCK, n - start), c->body, c->context);
    }
}

/// Blocks first ..< last of rows.
static void run_blocks(const void *context, tk_int first, tk_int last) {
    const struct walk_call *c = context;
    tk_int rows = tk_walk_count(c->walk) / c->walk->shape[c->walk->rank - 1];
    for (tk_int t = first; t < last; t++) {
        run_rows(c->walk, t * c->block, tk_min_int(c->block, rows - t * c->block), c->body, c->context);
    }
}

void tk_walk_run(const struct tk_walk *w, tk_int cost, tk_row_body body, const void *context) {
    tk_int count = tk_walk_count(w), n = w->shape[w->rank - 1];
    if (count == 0) return;
    tk_int rows = count / n;
    int team = tk_team(count / 1000 * cost + cost);
    struct walk_call call = {w, body, context, tk_ceil_div(n, TK_WALK_BLOCK), tk_max_int(1, TK_WALK_BLOCK / n)};
    if (n > TK_WALK_BLOCK) {
        tk_run_loop(team, rows * call.parts, run_parts, &call);
    } else {
        tk_run_loop(team, tk_ceil_div(rows, call.block), run_blocks, &call);
    }
}
