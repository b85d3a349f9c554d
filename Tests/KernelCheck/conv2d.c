// Convolutions with bias, ReLU and residual: by columns and a product.
#include "check.h"

struct shape {
    tk_int in_channels, out_channels, height, width, kernel_h, kernel_w, stride, pad, dilation, groups;
};

static tk_status run_conv2d(const void *context, void *y) {
    tk_conv2d_args args = *(const tk_conv2d_args *)context;
    args.y = y;
    return tk_conv2d(&args, check_scratch(tk_conv2d_scratch(&args, 1)));
}

static void check_shape(const struct shape *s) {
    tk_int height = tk_conv2d_output(s->height, s->kernel_h, s->stride, 2 * s->pad, s->dilation);
    tk_int width = tk_conv2d_output(s->width, s->kernel_w, s->stride, 2 * s->pad, s->dilation);
    tk_int n = 2 * s->out_channels * height * width, inputs = 2 * s->in_channels * s->height * s->width;
    tk_int taps = s->in_channels / s->groups * s->kernel_h * s->kernel_w, weights = s->out_channels * taps;
    tk_conv2d_args args = {
        .batch = 2, .in_channels = s->in_channels, .height = s->height, .width = s->width,
        .out_channels = s->out_channels, .kernel_h = s->kernel_h, .kernel_w = s->kernel_w,
        .stride_h = s->stride, .stride_w = s->stride, .pad_top = s->pad, .pad_left = s->pad, .pad_bottom = s->pad,
        .pad_right = s->pad, .dilation_h = s->dilation, .dilation_w = s->dilation, .groups = s->groups,
        .x = check_floats(inputs, -1, 1), .weight = check_floats(weights, -1, 1),
        .bias = check_floats(s->out_channels, -1, 1), .activation = TK_ACT_RELU, .residual = check_floats(n, -1, 1),
    };
    tk_conv2d_args sizes = args;
    sizes.x = check_magnitudes(args.x, inputs);
    sizes.weight = check_magnitudes(args.weight, weights);
    sizes.bias = check_magnitudes(args.bias, s->out_channels);
    sizes.residual = check_magnitudes(args.residual, n);
    check_case("%td to %td channels, %td x %td, kernel %td x %td", s->in_channels, s->out_channels, s->height,
               s->width, s->kernel_h, s->kernel_w);
    check_bound bound = {.share = (double)(taps + 2) * 0x1p-24, .scale = check_generic(run_conv2d, &sizes, n)};
    check_close(run_conv2d, &args, n, bound);
}

static void check_shapes(const char *name, const struct shape *shapes, tk_int count) {
    check_begin(name);
    for (tk_int i = 0; i < count; i++) check_shape(&shapes[i]);
}

void check_conv2d(void) {
    check_covers("conv_columns gemm_panel");
    static const struct shape whole[] = {{3, 8, 17, 19, 3, 3, 1, 1, 1, 1},   {4, 24, 15, 17, 3, 3, 2, 1, 1, 2},
                                         {3, 5, 32, 32, 16, 16, 16, 0, 1, 1}, {20, 37, 7, 7, 1, 1, 1, 0, 1, 1},
                                         {5, 9, 12, 15, 3, 2, 1, 2, 2, 1},   {40, 7, 9, 9, 3, 3, 1, 1, 1, 1}};
    static const struct shape grouped[] = {{4, 4, 10, 71, 7, 7, 1, 3, 1, 4}, {4, 4, 20, 23, 3, 3, 2, 1, 1, 4},
                                             {4, 4, 5, 3, 3, 3, 1, 5, 1, 4},   {3, 3, 9, 64, 3, 3, 1, 2, 2, 3}};
    check_shapes("conv2d", whole, sizeof whole / sizeof *whole);
    check_shapes("conv2d grouped", grouped, sizeof grouped / sizeof *grouped);
}
