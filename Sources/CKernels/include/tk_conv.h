/// Convolution; and channels-last (NHWC) layout: convolution with weights packed once, group normalisation. Included by
/// CKernels.h.
#ifndef TESSERA_TK_CONV_H
#define TESSERA_TK_CONV_H

#ifndef TESSERA_CKERNELS_H
#error "include CKernels.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Arguments of `tk_conv2d`. x [batch, in_channels, height, width], weight [out_channels, in_channels / groups,
/// kernel_h, kernel_w], y [batch, out_channels, out_height, out_width].
typedef struct tk_conv2d_args {
    tk_int batch, in_channels, height, width;
    tk_int out_channels, kernel_h, kernel_w;
    tk_int stride_h, stride_w;
    tk_int pad_top, pad_left, pad_bottom, pad_right;
    tk_int dilation_h, dilation_w;
    tk_int groups;
    const float *x;
    const float *weight;
    /// [out_channels] or NULL.
    const float *bias;
    tk_activation activation;
    /// Shaped like y, added after the activation; may be y itself; NULL for none.
    const float *residual;
    float *y;
} tk_conv2d_args;

/// y = activation(conv(x, weight) + bias) + residual. Output sizes are those of `tk_conv2d_output`.
/// `scratch` has `tk_conv2d_scratch` bytes.
tk_status tk_conv2d(const tk_conv2d_args *args, void *scratch);

/// Bytes of scratch that `tk_conv2d` needs for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_conv2d_scratch(const tk_conv2d_args *args, int max_threads);

/// floor((size + pad - dilation * (kernel - 1) - 1) / stride) + 1, or 0 where the kernel does not fit; `pad` is both
/// sides' sum.
tk_int tk_conv2d_output(tk_int size, tk_int kernel, tk_int stride, tk_int pad, tk_int dilation);

// MARK: channels last

/// How a convolution is computed. Winograd's F(m x m, 3x3) makes m x m outputs out of (m + 2) x (m + 2) products. Depthwise is
/// another operation: output channel c is the convolution of input channel c alone with a filter of one input channel.
typedef enum tk_conv_algorithm {
    TK_CONV_DIRECT = 0, TK_CONV_WINOGRAD_2, TK_CONV_WINOGRAD_4, TK_CONV_DEPTHWISE
} tk_conv_algorithm;

/// Arguments of `tk_conv_nhwc`. Channels of a pixel are contiguous, pixels are `ld...` apart, rows are width pixels,
/// images are `..._image` apart; so x, residual and y may be channel slices of wider tensors.
typedef struct tk_conv_nhwc_args {
    /// x [batch, height, width, in_channels].
    tk_int batch, in_channels, height, width;
    tk_int out_channels, kernel_h, kernel_w;
    tk_int stride_h, stride_w;
    tk_int pad_top, pad_left, pad_bottom, pad_right;
    tk_int dilation_h, dilation_w;
    /// 1 or 2: the input is read as if each pixel were repeated `upsample` times in both directions.
    tk_int upsample;
    const float *x;
    tk_int ldx, x_image;
    /// Second input [batch, height, width, in_channels2], whose channels follow those of x; NULL and 0 for none.
    const float *x2;
    tk_int in_channels2, ldx2, x2_image;
    /// What `tk_conv_nhwc_pack` wrote for the same algorithm (or another that reads the same) of a filter of this format
    /// (f32, bf16, f16 or i8) while the same instruction set was active.
    tk_weight_format format;
    const void *packed;
    /// i8 only: [out_channels], what an integer weight of each output is multiplied with; NULL for others.
    const float *scale;
    /// [out_channels] or NULL.
    const float *bias;
    tk_activation activation;
    /// [batch, out_height, out_width, out_channels], added after the activation; may be y itself; NULL for none.
    const float *residual;
    tk_int ldres, res_image;
    /// [batch, out_height, out_width, out_channels]; sizes by `tk_conv2d_output` of `upsample` times the input.
    float *y;
    tk_int ldy, y_image;
} tk_conv_nhwc_args;

/// Algorithm expected to be fastest for these sizes of what is not depthwise (pointers are not read; the format and the active instruction
/// set count where AMX multiplies).
tk_conv_algorithm tk_conv_nhwc_choose(const tk_conv_nhwc_args *args);

/// Whether kernels of the instruction set `level` round x to pairs of bf16 for such filters, so that no other algorithm is chosen than direct.
int tk_conv_multiplies_pairs(tk_weight_format format, tk_int in_channels, int level);

/// Bytes of packed weights for an instruction set with panels of `panel` outputs (`tk_packed_layout_of`); `in_channels` counts both inputs.
/// 0 for a format that convolutions do not take, or a kernel that the algorithm cannot run.
size_t tk_conv_nhwc_packed_bytes(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, tk_int in_channels,
                                 tk_int out_channels, tk_int kernel_h, tk_int kernel_w);

/// Packs weight [out_channels, in_channels, kernel_h, kernel_w] of the format's element type into
/// `tk_conv_nhwc_packed_bytes`. Both forms of Winograd read the same, direct and depthwise (in_channels 1) convolutions another.
tk_status tk_conv_nhwc_pack(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, const void *weight,
                            tk_int in_channels, tk_int out_channels, tk_int kernel_h, tk_int kernel_w, void *packed);

/// The inverse of `tk_conv_nhwc_pack`.
tk_status tk_conv_nhwc_unpack(tk_conv_algorithm algorithm, tk_weight_format format, tk_int panel, const void *packed,
                              tk_int in_channels, tk_int out_channels, tk_int kernel_h, tk_int kernel_w, void *weight);

/// Packs a filter of f32 that was computed, for the active instruction set: weight [out_channels, in_channels, kernel_h, kernel_w], or with
/// `turned` weight [in_channels, out_channels, kernel_h, kernel_w] with its taps in the opposite order, as the way back through a convolution
/// reads its filter.
tk_status tk_conv_nhwc_pack_computed(tk_conv_algorithm algorithm, const float *weight, tk_int in_channels, tk_int out_channels,
                                     tk_int kernel_h, tk_int kernel_w, int turned, float *packed);

/// Bytes of scratch that `tk_conv_nhwc` needs for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_conv_nhwc_scratch(const tk_conv_nhwc_args *args, tk_conv_algorithm algorithm, int max_threads);

/// y = activation(conv([x, x2], weight) + bias) + residual, ungrouped or depthwise. Winograd needs a 3x3 kernel with stride and
/// dilation 1, depthwise as many outputs as inputs, no x2, no upsampling and f32 weights (else `TK_UNSUPPORTED`). Narrow
/// weights are widened in cache; products and sums are f32, but for direct convolutions by AMX (of bf16 and i8, an even number of channels, 16 at
/// least), for which x is rounded to bf16.
tk_status tk_conv_nhwc(const tk_conv_nhwc_args *args, tk_conv_algorithm algorithm, void *scratch);

// MARK: gradients

/// Arguments of `tk_conv_weight_gradient`.
typedef struct tk_conv_weight_gradient_args {
    /// x [batch, height, width, in_channels], pixels `ldx` and images `x_image` floats apart.
    tk_int batch, in_channels, height, width;
    tk_int out_channels, kernel_h, kernel_w;
    tk_int stride_h, stride_w;
    tk_int pad_top, pad_left, pad_bottom, pad_right;
    tk_int dilation_h, dilation_w;
    tk_int groups;
    const float *x;
    tk_int ldx, x_image;
    /// [batch, out_height, out_width, out_channels]; sizes by `tk_conv2d_output`.
    const float *dy;
    tk_int lddy, dy_image;
    /// [out_channels, in_channels / groups, kernel_h, kernel_w].
    float *dweight;
} tk_conv_weight_gradient_args;

/// dweight[o, c, i, j] = sum over images and places of dy[., ., ., o] times what tap (i, j) of channel c saw there. `scratch` has
/// `tk_conv_weight_gradient_scratch` bytes.
tk_status tk_conv_weight_gradient(const tk_conv_weight_gradient_args *args, void *scratch);

/// Bytes of scratch for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_conv_weight_gradient_scratch(const tk_conv_weight_gradient_args *args, int max_threads);

// MARK: group normalisation

/// Arguments of `tk_group_norm_nhwc`.
typedef struct tk_group_norm_nhwc_args {
    /// x and y are [batch, spatial, channels]; the other fields are as in `tk_group_norm`.
    tk_group_norm_args norm;
    /// Floats between pixels and between images of x and y.
    tk_int ldx, x_image, ldy, y_image;
} tk_group_norm_nhwc_args;

/// Group normalisation of channels-last tensors. `scratch` has `tk_group_norm_nhwc_scratch` bytes.
tk_status tk_group_norm_nhwc(const tk_group_norm_nhwc_args *args, void *scratch);

/// Bytes of scratch that `tk_group_norm_nhwc` needs for these sizes (pointers are not read).
size_t tk_group_norm_nhwc_scratch(const tk_group_norm_nhwc_args *args);

/// Arguments of `tk_group_norm_gradient`.
typedef struct tk_group_norm_gradient_args {
    /// x and dy are [batch, spatial, channels], dx too; pixels and images of each are floats apart.
    tk_int batch, channels, spatial, groups;
    float eps;
    /// Non-zero: dy belongs to silu(norm(x)).
    int silu;
    const float *x, *dy;
    tk_int ldx, x_image, lddy, dy_image;
    /// [channels] or NULL.
    const float *gamma, *beta;
    float *dx;
    tk_int lddx, dx_image;
    /// [channels].
    float *dgamma, *dbeta;
} tk_group_norm_gradient_args;

/// Gradients of a channels-last group normalisation, and of SiLU behind it, by its input, gamma and beta. `scratch` has
/// `tk_group_norm_gradient_scratch` bytes.
tk_status tk_group_norm_gradient(const tk_group_norm_gradient_args *args, void *scratch);

/// Bytes of scratch for these sizes (pointers are not read).
size_t tk_group_norm_gradient_scratch(const tk_group_norm_gradient_args *args);

/// Arguments of `tk_integer_conv`.
typedef struct tk_integer_conv_args {
    tk_int batch, channels, height, width;
    /// Levels [batch, height, width, channels], pixels `ldx` and images `x_image` apart.
    const uint8_t *x;
    tk_int ldx, x_image;
    tk_int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right, dilation_h, dilation_w;
    /// The product of patches [pixels, k] with the weight [n, k], k being (row, column, channel): all of it but m, levels and ldx. y, sums and
    /// residual are those of all pixels.
    tk_packed_linear_args product;
} tk_integer_conv_args;

/// A channels-last convolution of levels: each pixel of the result is a row of `tk_packed_linear` over the levels that the kernel sees,
/// `*product.zero` where that is nothing. `scratch` has `tk_integer_conv_scratch` bytes.
tk_status tk_integer_conv(const tk_integer_conv_args *args, void *scratch);

/// Bytes of scratch for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_integer_conv_scratch(const tk_integer_conv_args *args, int max_threads);

#ifdef __cplusplus
}
#endif

#endif
