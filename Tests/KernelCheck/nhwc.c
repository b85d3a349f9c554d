// Channels-last convolution, by every algorithm that serves a shape, and group normalisation.
#include "check.h"

struct conv {
    tk_conv_nhwc_args args;
    tk_conv_algorithm algorithm;
    const void *weight;
};

static tk_status run_conv(const void *context, void *y) {
    struct conv c = *(const struct conv *)context;
    tk_conv_nhwc_args *g = &c.args;
    tk_int in = c.algorithm == TK_CONV_DEPTHWISE ? 1 : g->in_channels + g->in_channels2;
    tk_int out = g->out_channels, height = g->kernel_h, width = g->kernel_w;
    tk_int panel = tk_packed_layout_of(TK_WEIGHT_F32, tk_active_isa()).panel;
    void *packed = check_memory((tk_int)tk_conv_nhwc_packed_bytes(c.algorithm, g->format, panel, in, out, height, width));
    tk_status status = tk_conv_nhwc_pack(c.algorithm, g->format, panel, c.weight, in, out, height, width, packed);
    if (status != TK_OK) return status;
    g->packed = packed;
    g->y = y;
    return tk_conv_nhwc(g, c.algorithm, check_scratch(tk_conv_nhwc_scratch(g, c.algorithm, 1)));
}

/// n random weights of at most 1, in the elements of a format; integers count in 127ths.
static const void *random_weights(tk_weight_format format, tk_int n) {
    const float *x = check_floats(n, -1, 1);
    if (format == TK_WEIGHT_BF16) {
        uint16_t *narrow = check_memory(n * (tk_int)sizeof *narrow);
        for (tk_int i = 0; i < n; i++) narrow[i] = (uint16_t)((union { float f; uint32_t bits; }){x[i]}.bits >> 16);
        return narrow;
    }
    if (format == TK_WEIGHT_F16) {
        uint16_t *narrow = check_memory(n * (tk_int)sizeof *narrow);
        tk_cast(TK_F32, TK_F16, x, narrow, n);
        return narrow;
    }
    if (format == TK_WEIGHT_I8) {
        int8_t *narrow = check_memory(n);
        for (tk_int i = 0; i < n; i++) narrow[i] = (int8_t)(127 * x[i]);
        return narrow;
    }
    return x;
}

/// n random floats in [-1, 1), of eight bits each where weights are narrow: rounding to bf16 does not change those, so that all levels
/// have the same products.
static const float *random_inputs(tk_weight_format format, tk_int n) {
    float *x = check_floats(n, -1, 1);
    for (tk_int i = 0; i < n && format != TK_WEIGHT_F32; i++) {
        x[i] = (union { uint32_t bits; float f; }){(union { float f; uint32_t bits; }){x[i]}.bits & 0xffff0000}.f;
    }
    return x;
}

struct shape {
    tk_int in, in2, out, height, width, kernel, stride, pad, upsample;
};

static void check_conv(const struct shape *s, tk_conv_algorithm algorithm, tk_weight_format format) {
    tk_int height = tk_conv2d_output(s->upsample * s->height, s->kernel, s->stride, 2 * s->pad, 1);
    tk_int width = tk_conv2d_output(s->upsample * s->width, s->kernel, s->stride, 2 * s->pad, 1);
    tk_int depth = algorithm == TK_CONV_DEPTHWISE ? 1 : s->in + s->in2;
    tk_int n = 2 * height * width * s->out, taps = depth * s->kernel * s->kernel;
    tk_int pixels = s->height * s->width;
    struct conv c = {
        .algorithm = algorithm, .weight = random_weights(format, s->out * taps),
        .args = {
            .batch = 2, .in_channels = s->in, .height = s->height, .width = s->width, .out_channels = s->out,
            .kernel_h = s->kernel, .kernel_w = s->kernel, .stride_h = s->stride, .stride_w = s->stride,
            .pad_top = s->pad, .pad_left = s->pad, .pad_bottom = s->pad, .pad_right = s->pad, .dilation_h = 1,
            .dilation_w = 1, .upsample = s->upsample, .x = random_inputs(format, 2 * pixels * s->in), .ldx = s->in,
            .x_image = pixels * s->in, .x2 = s->in2 ? random_inputs(format, 2 * pixels * s->in2) : 0,
            .in_channels2 = s->in2, .ldx2 = s->in2, .x2_image = pixels * s->in2, .format = format,
            .scale = format == TK_WEIGHT_I8 ? check_floats(s->out, 1.0f / 1270, 1.0f / 127) : 0,
            .bias = check_floats(s->out, -1, 1),
            .activation = TK_ACT_SILU, .residual = check_floats(n, -1, 1), .ldres = s->out,
            .res_image = height * width * s->out, .ldy = s->out, .y_image = height * width * s->out,
        },
    };
    float *scale = check_memory(n * (tk_int)sizeof *scale);
    // Inputs and weights are at most 1, so the sum of an output's |weights| is at most its taps; 2 for bias and residual.
    for (tk_int i = 0; i < n; i++) scale[i] = 1.2f * (float)(taps + 2);
    check_case("%td + %td to %td channels, %td x %td, kernel %td", s->in, s->in2, s->out, s->height, s->width, s->kernel);
    check_close(run_conv, &c, n, (check_bound){.share = 1e-6, .scale = scale});
}

static void check_algorithm(const char *name, tk_conv_algorithm algorithm, tk_weight_format format) {
    static const struct shape shapes[] = {
        {20, 0, 37, 13, 11, 3, 1, 1, 1}, {33, 7, 40, 9, 14, 3, 1, 1, 1}, {16, 0, 64, 7, 7, 3, 1, 1, 2},
        {5, 0, 9, 12, 15, 3, 2, 1, 1},   {40, 0, 70, 7, 9, 1, 1, 0, 1},  {3, 0, 33, 32, 32, 16, 16, 0, 1},
        // More channels than are transformed at a time, and more tiles than a task takes.
        {110, 23, 37, 5, 6, 3, 1, 1, 1}, {3, 0, 5, 30, 29, 3, 1, 1, 1},
        // What AMX takes: several blocks of rows, strides, both inputs, runs deeper than a product.
        {16, 0, 5, 30, 29, 3, 1, 1, 1},  {18, 0, 300, 12, 15, 3, 2, 1, 1}, {25, 9, 40, 5, 4, 3, 1, 0, 2}, {300, 0, 33, 5, 6, 3, 1, 1, 1},
    };
    check_begin(name);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int winograd = shapes[i].kernel == 3 && shapes[i].stride == 1;
        if (winograd || algorithm == TK_CONV_DIRECT) check_conv(&shapes[i], algorithm, format);
    }
}

static void check_depthwise(void) {
    static const struct shape shapes[] = {
        {4, 0, 4, 10, 71, 7, 1, 3, 1}, {37, 0, 37, 12, 13, 3, 1, 1, 1}, {16, 0, 16, 20, 23, 3, 2, 1, 1}, {300, 0, 300, 5, 3, 5, 1, 5, 1},
    };
    check_begin("conv nhwc depthwise");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_conv(&shapes[i], TK_CONV_DEPTHWISE, TK_WEIGHT_F32);
}

static tk_status run_norm(const void *context, void *y) {
    tk_group_norm_nhwc_args args = *(const tk_group_norm_nhwc_args *)context;
    args.norm.y = y;
    return tk_group_norm_nhwc(&args, check_scratch(tk_group_norm_nhwc_scratch(&args)));
}

static void check_norm_nhwc(int silu) {
    static const tk_int sizes[][4] = {{2, 32, 49, 8}, {1, 72, 300, 4}, {3, 4, 1, 2}, {1, 6, 17, 3}};
    check_begin(silu ? "group_norm nhwc silu" : "group_norm nhwc");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const tk_int *s = sizes[i];
        tk_int n = s[0] * s[1] * s[2], image = s[1] * s[2];
        const float *modulation = check_floats(s[0] * 2 * s[1], -1, 1);
        tk_group_norm_nhwc_args args = {
            .norm = {.x = check_floats(n, -2, 2), .batch = s[0], .channels = s[1], .spatial = s[2], .groups = s[3],
                     .eps = 1e-2f, .gamma = check_floats(s[1], -1, 1), .beta = check_floats(s[1], -1, 1),
                     .scale = modulation, .shift = modulation + s[1], .scale_stride = 2 * s[1], .silu = silu},
            .ldx = s[1], .x_image = image, .ldy = s[1], .y_image = image,
        };
        check_case("%td x %td x %td in %td groups", s[0], s[1], s[2], s[3]);
        float *scale = check_row_largest(check_generic(run_norm, &args, n), 1, n);
        check_close(run_norm, &args, n, (check_bound){.share = 1e-5, .scale = scale});
    }
}

void check_nhwc(void) {
    check_covers("conv_depthwise_row gemm_rows weight_expand weight_pairs winograd_weight winograd_input winograd_output "
                 "norm_channel_sums norm_channels");
    check_algorithm("conv nhwc direct", TK_CONV_DIRECT, TK_WEIGHT_F32);
    check_algorithm("conv nhwc direct bf16", TK_CONV_DIRECT, TK_WEIGHT_BF16);
    check_algorithm("conv nhwc direct f16", TK_CONV_DIRECT, TK_WEIGHT_F16);
    check_algorithm("conv nhwc direct i8", TK_CONV_DIRECT, TK_WEIGHT_I8);
    check_algorithm("conv nhwc winograd 2", TK_CONV_WINOGRAD_2, TK_WEIGHT_F32);
    check_algorithm("conv nhwc winograd 2 bf16", TK_CONV_WINOGRAD_2, TK_WEIGHT_BF16);
    check_algorithm("conv nhwc winograd 2 f16", TK_CONV_WINOGRAD_2, TK_WEIGHT_F16);
    check_algorithm("conv nhwc winograd 2 i8", TK_CONV_WINOGRAD_2, TK_WEIGHT_I8);
    check_algorithm("conv nhwc winograd 4", TK_CONV_WINOGRAD_4, TK_WEIGHT_F32);
    check_algorithm("conv nhwc winograd 4 bf16", TK_CONV_WINOGRAD_4, TK_WEIGHT_BF16);
    check_algorithm("conv nhwc winograd 4 f16", TK_CONV_WINOGRAD_4, TK_WEIGHT_F16);
    check_algorithm("conv nhwc winograd 4 i8", TK_CONV_WINOGRAD_4, TK_WEIGHT_I8);
    check_depthwise();
    check_norm_nhwc(0);
    check_norm_nhwc(1);
}
