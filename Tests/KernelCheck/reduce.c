// Reductions and positions of extremes, along the last and along a middle dimension.
#include "check.h"

#include <math.h>

struct reduce {
    tk_reduce_op op;
    const float *x;
    tk_int outer, n, inner;
};

static tk_status run_reduce(const void *context, void *y) {
    const struct reduce *c = context;
    return tk_reduce(TK_F32, c->op, c->x, y, c->outer, c->n, c->inner);
}

static tk_status run_largest(const void *context, void *y) {
    const struct reduce *c = context;
    return tk_arg_reduce(TK_F32, 0, c->x, y, c->outer, c->n, c->inner);
}

static tk_status run_smallest(const void *context, void *y) {
    const struct reduce *c = context;
    return tk_arg_reduce(TK_F32, 1, c->x, y, c->outer, c->n, c->inner);
}

static const tk_int sizes[][3] = {{3, 1, 1}, {4, 15, 1}, {2, 16, 1},  {3, 77, 1},  {2, 1000, 1},
                                  {3, 7, 5}, {2, 40, 3}, {1, 33, 16}, {2, 9, 100}, {1, 300, 17}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static check_bound reduce_bound(const struct reduce *c) {
    tk_int results = c->outer * c->inner;
    struct reduce magnitude = *c;
    magnitude.x = check_magnitudes(c->x, results * c->n);
    return (check_bound){.share = (double)c->n * 0x1p-24, .scale = check_generic(run_reduce, &magnitude, results)};
}

static void check_op(const char *name, tk_reduce_op op) {
    int exact = op == TK_REDUCE_MAX || op == TK_REDUCE_MIN;
    check_begin(name);
    for (int i = 0; i < SIZES; i++) {
        struct reduce c = {op, NULL, sizes[i][0], sizes[i][1], sizes[i][2]};
        tk_int results = c.outer * c.inner;
        c.x = op == TK_REDUCE_PROD ? check_floats(results * c.n, 0.9f, 1.1f) : check_floats(results * c.n, -2, 2);
        check_case("%td, %td, %td", c.outer, c.n, c.inner);
        if (exact) {
            check_exact(run_reduce, &c, results * (tk_int)sizeof(float));
        } else {
            check_close(run_reduce, &c, results, reduce_bound(&c));
        }
    }
}

/// Few distinct values, so that the first of equals must be found; a NaN in every other case.
static void check_positions(const char *name, check_kernel kernel) {
    check_begin(name);
    for (int i = 0; i < SIZES; i++) {
        struct reduce c = {.outer = sizes[i][0], .n = sizes[i][1], .inner = sizes[i][2]};
        tk_int count = c.outer * c.n * c.inner;
        float *x = check_floats(count, -40, 40);
        for (tk_int j = 0; j < count; j++) x[j] = roundf(x[j]);
        if (i % 2) x[count / 2] = NAN;
        c.x = x;
        check_case("%td, %td, %td", c.outer, c.n, c.inner);
        check_exact(kernel, &c, c.outer * c.inner * (tk_int)sizeof(int64_t));
    }
}

/// y, then the zero point and the scale.
static tk_status run_quantize(const void *context, void *y) {
    const struct reduce *c = context;
    uint8_t *levels = y;
    return tk_dynamic_quantize(c->x, levels, (float *)(levels + (c->n + 4) / 4 * 4), levels + c->n, c->n);
}

static void check_quantize(void) {
    static const tk_int counts[] = {0, 1, 7, 16, 77, 5000, 300000};
    check_begin("dynamic_quantize");
    for (int i = 0; i < 14; i++) {
        struct reduce c = {.n = counts[i / 2]};
        float *x = check_floats(c.n, -3, i == 5 ? -1 : 7);
        if (i % 2 && c.n > 0) x[c.n / 2] = i % 4 == 1 ? NAN : INFINITY;
        c.x = x;
        check_case("%td", c.n);
        check_exact(run_quantize, &c, (c.n + 4) / 4 * 4 + 4);
    }
}

static tk_status run_levels(const void *context, void *y) {
    const struct reduce *c = context;
    return tk_quantize(c->x, 0.03f, (float)c->inner, y, c->n);
}

static void check_levels(void) {
    static const tk_int counts[] = {0, 1, 7, 16, 77, 5000, 300000};
    check_begin("quantize");
    for (int i = 0; i < 14; i++) {
        struct reduce c = {.n = counts[i / 2], .inner = i % 3 * 100};
        float *x = check_floats(c.n, -5, 5);
        if (i % 2 && c.n > 0) x[c.n / 2] = i % 4 == 1 ? NAN : -INFINITY;
        c.x = x;
        check_case("%td, zero %td", c.n, c.inner);
        check_exact(run_levels, &c, c.n);
    }
}

void check_reduce(void) {
    check_covers("reduce_sum reduce_max reduce_min reduce_prod reduce_find levels_range levels_of");
    check_quantize();
    check_levels();
    check_op("reduce_sum", TK_REDUCE_SUM);
    check_op("reduce_mean", TK_REDUCE_MEAN);
    check_op("reduce_max", TK_REDUCE_MAX);
    check_op("reduce_min", TK_REDUCE_MIN);
    check_op("reduce_prod", TK_REDUCE_PROD);
    check_positions("arg_max", run_largest);
    check_positions("arg_min", run_smallest);
}
