/// Dense layers with weights that were packed beforehand, in f32, bf16, f16, i8 or i4. Included by `CKernels.h`.
///
/// A packed weight is a row of panels, each so many columns (outputs) wide, padded with zeros:
///
///   [ceil(n / panel)][ceil(k / group)][panel][group]
///
/// The group is how many neighbouring inputs lie in one 32-bit word of an instruction's operand; panel and group depend
/// on the instruction set (`tk_packed_layout_of`). i8 and i7 weights are followed by the sum of each column, i32 [panels * panel],
/// and what is beyond half range by `tk_rests` (outer/half_range.h).
/// Panels of w4 are rows of 32-bit words [ceil(k / 32)][4][panel], each of eight inputs as levels of 0 to 15 (see
/// families/weight_few.inc): i4 weights with 8 added, or u4 as they are (`tk_pack_levels`).
#ifndef TESSERA_PACKED_H
#define TESSERA_PACKED_H

#include <stddef.h>
#include <stdint.h>

/// Element type of a packed weight.
typedef enum tk_weight_format {
    TK_WEIGHT_F32 = 0,
    TK_WEIGHT_BF16,
    /// Products are those of f32 on every machine.
    TK_WEIGHT_F16,
    /// Weight-only formats, for few rows: x stays f32. i8 with a scale for each output, i4 with one for every
    /// `group_size` of its inputs, and perhaps a zero point.
    TK_WEIGHT_W8,
    TK_WEIGHT_W4,
    /// Formats for which x is rounded to 8 bits too.
    TK_WEIGHT_I8,
    /// i8 of half range (`tk_is_half_range`), for which machines without VNNI have a faster exact product.
    TK_WEIGHT_I7,
    /// i8 of which almost all are of half range: what the others have beyond it is multiplied apart.
    TK_WEIGHT_I7_REST,
    /// w4 with x rounded to 8 bits; packed as TK_WEIGHT_W4, so that one packed weight serves both.
    TK_WEIGHT_W4A8,
} tk_weight_format;

/// Least and most neighbouring inputs of an output that share a scale in w4 and w4a8; 64 may too. Rows of packed weights are
/// padded to whole least groups, whatever their groups are.
#define TK_W4_GROUP 32
#define TK_W4_GROUP_MOST 128

/// Element type of the scales of groups of four-bit weights.
typedef enum tk_scale_type {
    TK_SCALES_BF16 = 0,
    /// As models from elsewhere have them: they are not rounded on the way.
    TK_SCALES_F32,
} tk_scale_type;

/// How a format lies in memory under one instruction set.
typedef struct tk_packed_layout {
    /// Outputs of one panel.
    tk_int panel;
    /// Inputs that lie next to each other.
    tk_int group;
    /// Bytes of one element; 0 for w4.
    tk_int width;
} tk_packed_layout;

/// The layout of `format` at instruction set `level`.
tk_packed_layout tk_packed_layout_of(tk_weight_format format, int level);

/// Bytes of a packed weight [n, k].
size_t tk_packed_bytes(tk_weight_format format, tk_packed_layout layout, tk_int n, tk_int k);

/// packed = weight [n, k], rows `ldw` elements apart, of the format's element type (i4: two to a byte, low first); for i7 of half range
/// (`tk_is_half_range`), beyond which machines without VNNI would saturate products or wrap their 16-bit sums. Runs on the
/// calling thread. TK_UNSUPPORTED for i7 with a rest that is too large (`tk_is_nearly_half_range`).
tk_status tk_pack_weight(tk_weight_format format, tk_packed_layout layout, const void *weight, tk_int ldw, tk_int n,
                         tk_int k, void *packed);

/// packed = w4 weight [n, k] of levels, u4, two to a byte, low first, rows `ldw` elements apart: what `tk_pack_weight` makes of
/// i4 weights that are 8 less. `tk_unpack_levels` is its inverse, into dense rows.
tk_status tk_pack_levels(tk_packed_layout layout, const void *weight, tk_int ldw, tk_int n, tk_int k, void *packed);
tk_status tk_unpack_levels(tk_packed_layout layout, const void *packed, tk_int n, tk_int k, void *weight);

/// packed = the transposition of weight [k, n], rows `ldw` elements apart: as `tk_pack_weight` of it. `TK_UNSUPPORTED` for integers and
/// layouts whose words hold several inputs.
tk_status tk_pack_transposed(tk_weight_format format, tk_packed_layout layout, const void *weight, tk_int ldw, tk_int n,
                             tk_int k, void *packed);

/// The inverse of `tk_pack_weight`, into dense rows.
tk_status tk_unpack_weight(tk_weight_format format, tk_packed_layout layout, const void *packed, tk_int n, tk_int k,
                           void *weight);

/// y[i, k] = row index[i] of the weight [n, k] that is packed, in the format's element type of whole bytes. An index out of range is an error,
/// reported before any write; `bad` (may be NULL) receives the position of the first one. `TK_UNSUPPORTED` for w4.
tk_status tk_gather_packed(tk_weight_format format, tk_packed_layout layout, const void *packed, tk_int n, tk_int k, tk_dtype index_type,
                           const void *index, tk_int count, void *y, tk_int *bad);

/// Non-zero if `packed`, bytes from elsewhere as many as `tk_packed_bytes` says, can be multiplied with: whatever its numbers are, they are read
/// within it.
int tk_packed_is_sound(tk_weight_format format, tk_packed_layout layout, const void *packed, tk_int n, tk_int k);

/// One packed weight [n, k] and what belongs to its outputs.
typedef struct tk_packed_branch {
    /// As `tk_pack_weight` made it for the active instruction set; NULL for no branch.
    const void *weight;
    /// w8, i8, i7 and i7 with a rest only: f32 [n], what an integer weight of each output is multiplied with.
    const float *scale;
    /// w4 and w4a8 only: `scales` [ceil(k / group_size), n], likewise for each group of inputs, of which the last may be a part.
    const void *group_scale;
    /// w4 and w4a8 only: the level that stands for 0, a byte of 0 to 15 [ceil(k / group_size), n]; NULL: 8. A weight is
    /// (level - zero) * scale.
    const uint8_t *group_zero;
    /// f32 [n] or NULL.
    const float *bias;
    /// i8 and i7 only: i32 [n] added to the sums, or NULL.
    const int32_t *offset;
} tk_packed_branch;

/// Most that the weights of one sign may add up to where products of u8 activations meet in 16 bits: 255 * 128 < 2^15.
#define TK_HALF_RANGE_SUM 128

/// Non-zero if the weights [n, k] are of half range: within -64...64 and, of the four whose products meet (inputs 0, 1, 4, 5
/// and 2, 3, 6, 7 of every aligned eight), the positive ones add up to 128 at most and the negative ones to -128 at least.
int tk_is_half_range(const int8_t *weight, tk_int n, tk_int k);

/// Non-zero if weights [n, k] can be packed as TK_WEIGHT_I7_REST: few enough of them exceed what may add up in 16 bits.
int tk_is_nearly_half_range(const int8_t *weight, tk_int n, tk_int k);

/// How `tk_packed_linear` walks rows and weights.
typedef enum tk_packed_path {
    /// Whichever is faster for this many rows.
    TK_PATH_AUTO = 0,
    /// A few rows at a time over weights as they are packed: each weight is widened in registers.
    TK_PATH_FEW_ROWS,
    /// All rows over one panel after the other, widened once into the first-level cache.
    TK_PATH_PANELS,
} tk_packed_path;

/// The path that `TK_PATH_AUTO` takes for `m` rows.
tk_packed_path tk_packed_path_for(tk_weight_format format, tk_int m);

/// Arguments of `tk_packed_linear`; see `tk_linear_args` for the fields they share.
typedef struct tk_packed_linear_args {
    tk_int m, n, k;
    const float *x;
    tk_int ldx;
    tk_weight_format format;
    /// w4 and w4a8 only: inputs that share a scale, in both branches: 32 (0 means that), 64 or 128.
    tk_int group_size;
    /// w4 and w4a8 only: what `group_scale` of both branches is made of.
    tk_scale_type scales;
    tk_packed_branch main;
    tk_activation activation;
    tk_packed_branch up;
    const float *gate;
    tk_int ldgate;
    const float *residual;
    tk_int ldres;
    float *y;
    tk_int ldy;
    /// i8 and i7 only, in place of x: rows of levels `ldx` apart, the level that stands for 0 (NULL: 0), and what a level stands for. Where
    /// that is NULL, the exact sums of (level - zero) * weight go to `sums`; scales, biases and all else are not read.
    const uint8_t *levels, *zero;
    const float *level_scale;
    int32_t *sums;
    /// Changes speed and, for floats, the order of sums.
    tk_packed_path path;
} tk_packed_linear_args;

/// y = activation(x weight^T + bias) * (x up_weight^T + up_bias) * gate + residual.
///
/// f32: as `tk_linear`. bf16: weights are bf16, sums f32; where the machine multiplies bf16, x is rounded to it first. f16,
/// w8, w4: x and sums are f32.
/// i8, i7: each row of x is rounded to 8 bits with a scale and zero point of its own (see families/quantize.inc), products and
/// sums are exact integers, so the result before the activation has the same bits on every instruction set. Needs
/// k <= TK_I8_DEPTH.
/// w4a8: each row of x becomes q * s, s = max |x| / 127 (1 where that is subnormal), q = round(x * (1 / s)), ties to even; a
/// row with a number that is not finite gives NaN. The product is s * (f32 sum over groups, in order, by fused multiply-adds of
/// the group's scale and the exact integer sum of q * (level - zero)), so that it too has the same bits on every instruction
/// set, for any path and number of rows.
tk_status tk_packed_linear(const tk_packed_linear_args *args, void *scratch);

/// Bytes of scratch that `tk_packed_linear` needs for these sizes with up to `max_threads` threads (pointers other than
/// `up.weight` are not read, and of that only whether it is NULL).
size_t tk_packed_linear_scratch(const tk_packed_linear_args *args, int max_threads);

/// Operations a second that this machine's registers allow in products of `format` on the threads that kernels may use: the
/// best of a few short loops. 0 where it cannot be measured.
double tk_measure_peak(tk_weight_format format);

/// Largest k of i8 products: 65536 * 255 * 127 still fits in 32 bits.
#define TK_I8_DEPTH 65536

#endif
