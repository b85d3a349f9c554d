// Normalisation and softmax over rows, and group normalisation.
#include "check.h"

#include <math.h>

enum norm { LAYER, RMS, L2, SOFTMAX, SOFTMAX_OFF_BY_ONE, LOG_SOFTMAX };

struct rows {
    enum norm kind;
    const float *x, *gamma, *beta;
    tk_int rows, cols;
};

static tk_status run_rows(const void *context, void *y) {
    const struct rows *c = context;
    switch (c->kind) {
    case LAYER: tk_layer_norm(c->x, y, c->rows, c->cols, c->gamma, c->beta, 1e-5f); break;
    case RMS: tk_rms_norm(c->x, y, c->rows, c->cols, c->gamma, 1e-5f); break;
    case L2: tk_l2_normalize(c->x, y, c->rows, c->cols, 1e-6f); break;
    case LOG_SOFTMAX: tk_log_softmax(c->x, y, c->rows, c->cols); break;
    default: tk_softmax(c->x, y, c->rows, c->cols, c->kind == SOFTMAX_OFF_BY_ONE);
    }
    return TK_OK;
}

static void check_rows(const char *name, enum norm kind, double share) {
    static const tk_int widths[] = {1, 2, 15, 16, 17, 31, 33, 64, 77, 129, 768};
    check_begin(name);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        tk_int rows = 3, cols = widths[i], n = rows * cols;
        struct rows c = {kind, check_floats(n, -4, 4), NULL, NULL, rows, cols};
        for (int affine = 0; affine < 2; affine++) {
            check_case("%td x %td, affine %d", rows, cols, affine);
            c.gamma = affine ? check_floats(cols, -1, 1) : NULL;
            c.beta = affine ? check_floats(cols, -1, 1) : NULL;
            const float *y = check_generic(run_rows, &c, n);
            int by_row = kind == LAYER || kind == LOG_SOFTMAX;
            float *scale = by_row ? check_row_largest(y, rows, cols) : check_magnitudes(y, n);
            check_close(run_rows, &c, n, (check_bound){.absolute = 1e-30, .share = share, .scale = scale});
        }
    }
}

static tk_status run_group(const void *context, void *y) {
    tk_group_norm_args args = *(const tk_group_norm_args *)context;
    args.y = y;
    return tk_group_norm(&args);
}

static void check_group(int silu) {
    static const tk_int sizes[][4] = {{2, 32, 49, 8}, {1, 8, 1024, 4}, {3, 4, 1, 2}, {1, 6, 17, 3}};
    check_begin(silu ? "group_norm silu" : "group_norm");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const tk_int *s = sizes[i];
        tk_int n = s[0] * s[1] * s[2];
        const float *modulation = check_floats(s[0] * 2 * s[1], -1, 1);
        tk_group_norm_args args = {
            .x = check_floats(n, -2, 2), .batch = s[0], .channels = s[1], .spatial = s[2], .groups = s[3],
            .eps = 1e-2f, .gamma = check_floats(s[1], -1, 1), .beta = check_floats(s[1], -1, 1),
            .scale = modulation, .shift = modulation + s[1], .scale_stride = 2 * s[1], .silu = silu,
        };
        check_case("%td x %td x %td in %td groups", s[0], s[1], s[2], s[3]);
        float *scale = check_row_largest(check_generic(run_group, &args, n), 1, n);
        check_close(run_group, &args, n, (check_bound){.share = 1e-5, .scale = scale});
    }
}

/// dx of all pixels, then dgamma and dbeta.
static tk_status run_group_gradient(const void *context, void *y) {
    tk_group_norm_gradient_args args = *(const tk_group_norm_gradient_args *)context;
    tk_int n = args.batch * args.spatial * args.channels;
    args.dx = y;
    args.dgamma = (float *)y + n;
    args.dbeta = args.dgamma + args.channels;
    return tk_group_norm_gradient(&args, check_scratch(tk_group_norm_gradient_scratch(&args)));
}

static void check_group_gradient(int silu) {
    static const tk_int sizes[][4] = {{2, 32, 49, 8}, {1, 24, 300, 4}, {3, 4, 5, 2}, {1, 9, 17, 3}};
    check_begin(silu ? "group_norm_gradient silu" : "group_norm_gradient");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const tk_int *s = sizes[i];
        tk_int image = s[1] * s[2], n = s[0] * image, all = n + 2 * s[1];
        tk_group_norm_gradient_args args = {
            .batch = s[0], .channels = s[1], .spatial = s[2], .groups = s[3], .eps = 1e-2f, .silu = silu,
            .x = check_floats(n, -2, 2), .dy = check_floats(n, -2, 2), .ldx = s[1], .x_image = image, .lddy = s[1], .dy_image = image,
            .gamma = check_floats(s[1], -1, 1), .beta = check_floats(s[1], -1, 1), .lddx = s[1], .dx_image = image,
        };
        check_case("%td x %td x %td in %td groups", s[0], s[1], s[2], s[3]);
        const float *y = check_generic(run_group_gradient, &args, all);
        check_close(run_group_gradient, &args, all, (check_bound){.share = 1e-5, .scale = check_row_largest(y, 1, all)});
    }
}

void check_norm(void) {
    check_covers("norm_layer norm_rms norm_l2 softmax_row softmax_log_row norm_channel reduce_squares norm_gradient_sums norm_gradient");
    check_rows("layer_norm", LAYER, 1e-6);
    check_rows("rms_norm", RMS, 1e-6);
    check_rows("l2_normalize", L2, 1e-6);
    check_rows("softmax", SOFTMAX, 2e-6);
    check_rows("softmax off by one", SOFTMAX_OFF_BY_ONE, 2e-6);
    check_rows("log_softmax", LOG_SOFTMAX, 1e-6);
    check_group(0);
    check_group(1);
    check_group_gradient(0);
    check_group_gradient(1);
}
