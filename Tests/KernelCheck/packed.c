// Dense layers over packed weights, each level with its own packing; integer products keep their bits on all of them.
#include "check.h"

#include <math.h>
#include <string.h>

enum form { PLAIN, GATED, RESIDUAL, FORMS };

struct packed {
    tk_packed_linear_args args;
    /// Dense weights in the format's element type.
    const void *weight, *up;
    const float *start;
};

static const void *pack(const struct packed *c, const void *weight) {
    const tk_packed_linear_args *g = &c->args;
    tk_packed_layout layout = tk_packed_layout_of(g->format, tk_active_isa());
    void *memory = check_memory((tk_int)tk_packed_bytes(g->format, layout, g->n, g->k));
    tk_pack_weight(g->format, layout, weight, g->k, g->n, g->k, memory);
    return memory;
}

static tk_status run_packed(const void *context, void *y) {
    const struct packed *c = context;
    tk_packed_linear_args args = c->args;
    args.y = y;
    args.main.weight = pack(c, c->weight);
    if (c->up) args.up.weight = pack(c, c->up);
    if (c->start) {
        memcpy(y, c->start, (size_t)(args.m * args.n) * sizeof(float));
        args.residual = y;
    }
    return tk_packed_linear(&args, check_scratch(tk_packed_linear_scratch(&args, 1)));
}

/// Makes weights [n, k] of half range: where those of one sign that meet add up to too much, all of them are halved.
static void halve(int8_t *weight, tk_int n, tk_int k) {
    for (tk_int at = 0; at < n * k; at++) {
        tk_int p = at % k;
        int8_t *eight = weight + at - p % 8;
        tk_int count = k - (p - p % 8) < 8 ? k - (p - p % 8) : 8;
        while (!tk_is_half_range(eight, 1, count)) {
            for (tk_int i = 0; i < count; i++) eight[i] /= 2;
        }
    }
}

static int has_four_bits(tk_weight_format format) { return format == TK_WEIGHT_W4 || format == TK_WEIGHT_W4A8; }

/// Random weights as the format stores them, and as numbers in `values`.
static const void *make_weight(tk_weight_format format, tk_int n, tk_int k, float *values) {
    tk_int count = n * k;
    int most = format == TK_WEIGHT_I7 ? 64 : 127;
    float *x = check_floats(count, -0.1f, 0.1f);
    memcpy(values, x, (size_t)count * sizeof(float));
    if (format == TK_WEIGHT_F32) return x;
    if (format == TK_WEIGHT_BF16 || format == TK_WEIGHT_F16) {
        uint16_t *half = check_memory(count * 2);
        tk_cast(TK_F32, format == TK_WEIGHT_BF16 ? TK_BF16 : TK_F16, x, half, count);
        return half;
    }
    int8_t *bytes = check_memory(count);
    if (has_four_bits(format)) {
        for (tk_int i = 0; i < (count + 1) / 2; i++) bytes[i] = (int8_t)(check_random() >> 8);
        return bytes;
    }
    for (tk_int i = 0; i < count; i++) bytes[i] = (int8_t)((int)(check_random() >> 8) % (2 * most + 1) - most);
    if (format == TK_WEIGHT_I7) halve(bytes, n, k);
    if (format == TK_WEIGHT_I7_REST) {
        // Few are large, those of one sign together at times.
        for (tk_int i = 0; i < count; i++) bytes[i] = (int8_t)(i % 997 < 2 && n * k >= 1994 ? (i % 2 ? -128 : 127) : bytes[i] / 4);
    }
    return bytes;
}

/// Scales of integer weights; `values` [n, k] become bounds of what the weights stand for.
static void make_scales(tk_weight_format format, tk_int n, tk_int k, tk_packed_branch *b, float *values) {
    if (has_four_bits(format)) {
        tk_int count = (k + TK_W4_GROUP - 1) / TK_W4_GROUP * n;
        uint16_t *half = check_memory(count * 2);
        tk_cast(TK_F32, TK_BF16, check_floats(count, 0.005f, 0.01f), half, count);
        b->group_scale = half;
    } else {
        b->scale = check_floats(n, 0.0005f, 0.001f);
    }
    for (tk_int i = 0; i < n * k; i++) values[i] = 0.15f;
}

static float product_size(const tk_packed_linear_args *g, const float *weight, tk_int i, tk_int j) {
    float sum = g->main.bias ? fabsf(g->main.bias[j]) : 0;
    for (tk_int p = 0; p < g->k; p++) sum += fabsf(g->x[i * g->ldx + p] * weight[j * g->k + p]);
    return sum;
}

/// Slopes of SiLU stay below 1.2 and its values below |z| + 1.
static float *error_scale(const struct packed *c, const float *weight, const float *up) {
    const tk_packed_linear_args *g = &c->args;
    float *scale = check_memory(g->m * g->n * (tk_int)sizeof *scale);
    for (tk_int i = 0; i < g->m * g->n; i++) {
        float size = product_size(g, weight, i / g->n, i % g->n);
        if (c->up) size = 2.4f * (size + 1) * (product_size(g, up, i / g->n, i % g->n) + 1);
        scale[i] = size + 1;
    }
    return scale;
}

static void check_size(tk_weight_format format, enum form form, tk_int m, tk_int n, tk_int k) {
    struct packed c = {.args = {.m = m, .n = n, .k = k, .x = check_floats(m * k, -1, 1), .ldx = k, .format = format, .ldy = n}};
    float *weight = check_memory((n * k + 1) * 4), *up = check_memory((n * k + 1) * 4);
    int integer = format >= TK_WEIGHT_I8;
    c.weight = make_weight(format, n, k, weight);
    int scaled = integer || format == TK_WEIGHT_W8 || has_four_bits(format);
    if (scaled) make_scales(format, n, k, &c.args.main, weight);
    if (form == GATED) {
        c.up = make_weight(format, n, k, up);
        c.args.main.bias = c.args.up.bias = check_floats(n, -1, 1);
        c.args.activation = TK_ACT_SILU;
        c.args.up.scale = c.args.main.scale;
        c.args.up.group_scale = c.args.main.group_scale;
        if (scaled) memcpy(up, weight, (size_t)(n * k) * sizeof(float));
    }
    if (form == RESIDUAL) {
        c.start = check_floats(m * n, -1, 1);
        c.args.ldres = n;
    }
    check_case("%td x %td x %td", m, n, k);
    if (integer && form != GATED) {
        check_exact(run_packed, &c, m * n * (tk_int)sizeof(float));
        return;
    }
    // Products of bf16 round x to 8 bits of mantissa.
    double share = format == TK_WEIGHT_BF16 ? 0x1p-8 : (double)(k + 8) * 0x1p-24;
    float *scale = check_memory(m * n * 4);
    if (integer) {
        const float *y = check_generic(run_packed, &c, m * n);
        for (tk_int i = 0; i < m * n; i++) scale[i] = fabsf(y[i]) + 8;
    } else {
        scale = error_scale(&c, weight, up);
    }
    check_close(run_packed, &c, m * n, (check_bound){.share = share, .scale = scale});
}

static tk_status run_levels(const void *context, void *y) {
    const struct packed *c = context;
    tk_packed_linear_args args = c->args;
    args.sums = y;
    args.main.weight = pack(c, c->weight);
    return tk_packed_linear(&args, check_scratch(tk_packed_linear_scratch(&args, 1)));
}

/// Sums of levels; OperatorKernelTests hold them to plain integers.
static void check_levels(tk_weight_format format, tk_int m, tk_int n, tk_int k) {
    static const uint8_t zero = 119;
    uint8_t *levels = check_memory(m * k + 1);
    for (tk_int i = 0; i < m * k; i++) levels[i] = (uint8_t)(check_random() >> 8);
    struct packed c = {.args = {.m = m, .n = n, .k = k, .ldx = k, .format = format, .ldy = n, .levels = levels, .zero = &zero}};
    float *unread = check_memory((n * k + 1) * 4);
    c.weight = make_weight(format, n, k, unread);
    check_case("levels %td x %td x %td", m, n, k);
    check_exact(run_levels, &c, m * n * 4);
}

static tk_status run_integer_conv(const void *context, void *y) {
    const struct packed *c = context;
    tk_integer_conv_args args = {.batch = 2, .channels = 7, .height = 9, .width = 8, .x = c->args.levels, .ldx = 7, .x_image = 9 * 8 * 7,
                                 .kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 1, .pad_top = 1, .pad_left = 1, .pad_bottom = 1,
                                 .pad_right = 2, .dilation_h = 1, .dilation_w = 1, .product = c->args};
    args.product.sums = y;
    args.product.main.weight = pack(c, c->weight);
    return tk_integer_conv(&args, check_scratch(tk_integer_conv_scratch(&args, 1)));
}

/// Against the generic level; OperatorKernelTests hold it to plain integers.
static void check_integer_conv(tk_weight_format format) {
    static const uint8_t zero = 31;
    tk_int n = 70, k = 63;
    uint8_t *levels = check_memory(2 * 9 * 8 * 7);
    for (tk_int i = 0; i < 2 * 9 * 8 * 7; i++) levels[i] = (uint8_t)(check_random() >> 8);
    struct packed c = {.args = {.n = n, .k = k, .format = format, .ldy = n, .levels = levels, .zero = &zero}};
    c.weight = make_weight(format, n, k, check_memory((n * k + 1) * 4));
    check_case("format %d", (int)format);
    check_exact(run_integer_conv, &c, 2 * 5 * 9 * n * 4);
}

/// The products of 1 and every number of 16 bits; NaNs have one form.
static tk_status run_halves(const void *context, void *y) {
    tk_status status = run_packed(context, y);
    for (tk_int i = 0; i < 1 << 16; i++) {
        if (isnan(((float *)y)[i])) ((float *)y)[i] = NAN;
    }
    return status;
}

static void check_halves(void) {
    static const float one = 1;
    uint16_t *halves = check_memory(2 << 16);
    for (int i = 0; i < 1 << 16; i++) halves[i] = (uint16_t)i;
    for (tk_packed_path path = TK_PATH_FEW_ROWS; path <= TK_PATH_PANELS; path++) {
        struct packed c = {.weight = halves, .args = {.m = 1, .n = 1 << 16, .k = 1, .x = &one, .ldx = 1, .format = TK_WEIGHT_F16,
                                                      .ldy = 1 << 16, .path = path}};
        check_case("path %d", (int)path);
        check_exact(run_halves, &c, 4 << 16);
    }
}

void check_packed(void) {
    check_covers("float_few w4_few w4_expand bf16_panel bf16_few_pairs i8_quantize i8_expand i8_panel i8_few i7_panel i7_few gemm_rows "
                 "weight_expand linear_finish");
    static const char *const names[][FORMS] = {{"packed f32", "packed f32 gated", "packed f32 residual"},
                                               {"packed bf16", "packed bf16 gated", "packed bf16 residual"},
                                               {"packed f16", "packed f16 gated", "packed f16 residual"},
                                               {"packed w8", "packed w8 gated", "packed w8 residual"},
                                               {"packed w4", "packed w4 gated", "packed w4 residual"},
                                               {"packed i8", "packed i8 gated", "packed i8 residual"},
                                               {"packed i7", "packed i7 gated", "packed i7 residual"},
                                               {"packed i7 rest", "packed i7 rest gated", "packed i7 rest residual"},
                                               {"packed w4a8", "packed w4a8 gated", "packed w4a8 residual"}};
    static const tk_int sizes[][3] = {{20, 65, 270}, {40, 31, 64}, {13, 130, 17}, {3, 5, 0}, {0, 5, 3}, {1, 1, 1}, {9, 15, 1100},
                                      {150, 70, 64}, {300, 33, 40}, {21, 33, 3100}};
    for (int format = 0; format <= TK_WEIGHT_W4A8; format++) {
        for (int form = 0; form < FORMS; form++) {
            check_begin(names[format][form]);
            for (tk_int m = 1; m <= 9; m++) check_size((tk_weight_format)format, (enum form)form, m, 70, 45);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                check_size((tk_weight_format)format, (enum form)form, sizes[i][0], sizes[i][1], sizes[i][2]);
            // Every way in which rows are grouped, with words that fill no register of AMX.
            for (tk_int m = 10; m <= 40 && form == PLAIN; m++) check_size((tk_weight_format)format, PLAIN, m, 33, 270);
        }
    }
    check_begin("packed f16 numbers");
    check_halves();
    check_begin("integer conv");
    for (int format = TK_WEIGHT_I8; format <= TK_WEIGHT_I7_REST; format++) check_integer_conv((tk_weight_format)format);
    check_begin("packed levels");
    for (int format = TK_WEIGHT_I8; format <= TK_WEIGHT_I7_REST; format++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_levels((tk_weight_format)format, sizes[i][0], sizes[i][1], sizes[i][2]);
    }
}
