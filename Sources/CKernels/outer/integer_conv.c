#include "../isa.h"
#include "../threads.h"

#include <string.h>

enum {
    /// Bytes of patches that are gathered at a time: they stay in the second-level cache. And least pixels, for products of some rows.
    TK_PATCH_BYTES = 1 << 18, TK_PATCH_PIXELS = 48,
};

struct patch_call {
    const tk_integer_conv_args *args;
    uint8_t *patches;
    /// First pixel of the result, and bytes of a patch.
    tk_int start, depth;
    uint8_t zero;
};

static tk_int out_height(const tk_integer_conv_args *g) {
    return tk_conv2d_output(g->height, g->kernel_h, g->stride_h, g->pad_top + g->pad_bottom, g->dilation_h);
}

static tk_int out_width(const tk_integer_conv_args *g) {
    return tk_conv2d_output(g->width, g->kernel_w, g->stride_w, g->pad_left + g->pad_right, g->dilation_w);
}

/// One row of taps of a patch; what lies outside of the picture is the level that stands for 0.
static void gather_row(const struct patch_call *c, const uint8_t *row, tk_int left, uint8_t *out) {
    const tk_integer_conv_args *g = c->args;
    for (tk_int i = 0; i < g->kernel_w; i++, out += g->channels) {
        tk_int column = left + i * g->dilation_w;
        if (row && column >= 0 && column < g->width) {
            memcpy(out, row + column * g->ldx, (size_t)g->channels);
        } else {
            memset(out, c->zero, (size_t)g->channels);
        }
    }
}

static void gather_patches(const void *context, tk_int first, tk_int last) {
    const struct patch_call *c = context;
    const tk_integer_conv_args *g = c->args;
    tk_int height = out_height(g), width = out_width(g), row_bytes = g->kernel_w * g->channels;
    for (tk_int t = first; t < last; t++) {
        tk_int pixel = c->start + t, image = pixel / (height * width), y = pixel / width % height, x = pixel % width;
        uint8_t *patch = c->patches + t * c->depth;
        for (tk_int i = 0; i < g->kernel_h; i++) {
            tk_int row = y * g->stride_h - g->pad_top + i * g->dilation_h, left = x * g->stride_w - g->pad_left;
            const uint8_t *source = row >= 0 && row < g->height ? g->x + image * g->x_image + row * g->width * g->ldx : NULL;
            if (source && g->ldx == g->channels && g->dilation_w == 1 && left >= 0 && left + g->kernel_w <= g->width) {
                memcpy(patch + i * row_bytes, source + left * g->ldx, (size_t)row_bytes);
            } else {
                gather_row(c, source, left, patch + i * row_bytes);
            }
        }
    }
}

/// Whether the patches are the pixels of x as they lie.
static int is_pointwise(const tk_integer_conv_args *g) {
    return g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 && g->stride_w == 1 && g->pad_top == 0 && g->pad_left == 0 &&
           g->pad_bottom == 0 && g->pad_right == 0 && (g->batch == 1 || g->x_image == g->height * g->width * g->ldx);
}

static tk_int pixels_at_once(const tk_integer_conv_args *g, tk_int pixels, tk_int depth) {
    if (is_pointwise(g)) return pixels;
    return tk_min_int(pixels, tk_max_int(TK_PATCH_BYTES / tk_max_int(depth, 1), TK_PATCH_PIXELS));
}

size_t tk_integer_conv_scratch(const tk_integer_conv_args *g, int max_threads) {
    tk_int pixels = g->batch * out_height(g) * out_width(g), depth = g->kernel_h * g->kernel_w * g->channels;
    tk_packed_linear_args product = g->product;
    product.m = pixels_at_once(g, pixels, depth);
    return tk_packed_linear_scratch(&product, max_threads) + (is_pointwise(g) ? 0 : (size_t)(product.m * depth)) + 64;
}

static int is_sound(const tk_integer_conv_args *g) {
    return g->batch >= 0 && g->channels >= 0 && g->height >= 0 && g->width >= 0 && g->kernel_h > 0 && g->kernel_w > 0 &&
           g->stride_h > 0 && g->stride_w > 0 && g->dilation_h > 0 && g->dilation_w > 0 && g->pad_top >= 0 && g->pad_left >= 0 &&
           g->pad_bottom >= 0 && g->pad_right >= 0 && g->product.k == g->kernel_h * g->kernel_w * g->channels && !g->product.gate;
}

tk_status tk_integer_conv(const tk_integer_conv_args *g, void *scratch) {
    if (!is_sound(g)) return TK_BAD_ARGUMENT;
    tk_int pixels = g->batch * out_height(g) * out_width(g), depth = g->product.k, step = pixels_at_once(g, pixels, depth);
    int direct = is_pointwise(g);
    tk_packed_linear_args product = g->product;
    struct patch_call call = {g, scratch, 0, depth, g->product.zero ? *g->product.zero : 0};
    // Whole cache lines of patches, so that what follows lies as the scratch memory does.
    char *work = (char *)scratch + (direct ? 0 : (step * depth + 63) & ~(tk_int)63);
    for (; call.start < pixels; call.start += step) {
        product.m = tk_min_int(step, pixels - call.start);
        product.levels = direct ? g->x : call.patches;
        product.ldx = direct ? g->ldx : depth;
        if (!direct) tk_run_loop(tk_team(product.m * depth / 16), product.m, gather_patches, &call);
        if (g->product.y) product.y = g->product.y + call.start * g->product.ldy;
        if (g->product.sums) product.sums = g->product.sums + call.start * g->product.ldy;
        if (g->product.residual) product.residual = g->product.residual + call.start * g->product.ldres;
        tk_status status = tk_packed_linear(&product, work);
        if (status != TK_OK) return status;
    }
    return TK_OK;
}
