#include "../threads.h"

/// A heap of the k best entries so far in the output arrays, the worst at its root.
struct heap {
    float *values;
    int64_t *indices;
};

/// Whether entry (a, i) ranks behind (b, j): smaller value, NaN being largest, or equal and later.
static int is_behind(float a, int64_t i, float b, int64_t j) {
    int a_nan = a != a, b_nan = b != b;
    if (a_nan != b_nan) return b_nan;
    return a_nan || a == b ? i > j : a < b;
}

static void swap_entries(struct heap h, tk_int i, tk_int j) {
    float value = h.values[i];
    int64_t index = h.indices[i];
    h.values[i] = h.values[j];
    h.indices[i] = h.indices[j];
    h.values[j] = value;
    h.indices[j] = index;
}

static void sift_down(struct heap h, tk_int at, tk_int n) {
    for (;;) {
        tk_int child = 2 * at + 1;
        if (child >= n) return;
        if (child + 1 < n && is_behind(h.values[child + 1], h.indices[child + 1], h.values[child], h.indices[child]))
            child++;
        if (!is_behind(h.values[child], h.indices[child], h.values[at], h.indices[at])) return;
        swap_entries(h, at, child);
        at = child;
    }
}

/// Fills the heap with the first k entries, lets better ones replace the root, then sorts by moving the worst to the
/// end.
static void top_k_row(const float *x, tk_int n, tk_int k, struct heap h) {
    for (tk_int i = 0; i < k; i++) {
        h.values[i] = x[i];
        h.indices[i] = i;
    }
    for (tk_int i = k / 2 - 1; i >= 0; i--) sift_down(h, i, k);
    for (tk_int i = k; i < n; i++) {
        if (!is_behind(h.values[0], h.indices[0], x[i], i)) continue;
        h.values[0] = x[i];
        h.indices[0] = i;
        sift_down(h, 0, k);
    }
    for (tk_int last = k - 1; last > 0; last--) {
        swap_entries(h, 0, last);
        sift_down(h, 0, last);
    }
}

struct top_k_call {
    const float *x;
    struct heap heap;
    tk_int cols, k;
};

static void top_k_rows(const void *context, tk_int first, tk_int last) {
    const struct top_k_call *c = context;
    for (tk_int r = first; r < last; r++) {
        top_k_row(c->x + r * c->cols, c->cols, c->k, (struct heap){c->heap.values + r * c->k, c->heap.indices + r * c->k});
    }
}

tk_status tk_top_k(const float *x, float *values, int64_t *indices, tk_int rows, tk_int cols, tk_int k) {
    if (rows < 0 || cols < 0 || k < 0 || k > cols) return TK_BAD_ARGUMENT;
    if (k == 0) return TK_OK;
    struct top_k_call call = {x, {values, indices}, cols, k};
    tk_run_loop(tk_team(rows * cols * 2), rows, top_k_rows, &call);
    return TK_OK;
}
