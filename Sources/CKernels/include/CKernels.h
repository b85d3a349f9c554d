/// Hot loops of Tessera, in C. `Docs/kernels.md` explains how they are organised and what they promise.
///
/// Common rules, unless a function says otherwise:
/// - tensors are dense, row-major and f32; pointers need no alignment beyond their element type;
/// - sizes, strides and leading dimensions count elements, not bytes; an empty tensor is legal and touches nothing;
/// - outputs may alias an input exactly (same pointer, same layout) for elementwise and normalisation kernels, nowhere
/// else;
/// - no kernel allocates: one that needs memory takes `scratch` of the size its `_scratch` companion gives;
/// - the same inputs give the same bits for every thread count;
/// - functions that return `tk_status` write nothing when they return anything but `TK_OK`.
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A size, stride or count in elements (Swift `Int`).
typedef ptrdiff_t tk_int;

/// Most dimensions that strided kernels take.
#define TK_MAX_RANK 8

/// Element types, numbered for kernels that dispatch on them.
typedef enum tk_dtype {
    TK_F32 = 0, TK_F16, TK_BF16, TK_F64,
    TK_I8, TK_U8, TK_I16, TK_U16, TK_I32, TK_U32, TK_I64, TK_U64,
    TK_BOOL,
} tk_dtype;

typedef enum tk_status {
    TK_OK = 0,
    /// The kernel has no variant for this dtype, operator, element size or rank.
    TK_UNSUPPORTED = 1,
    /// An index lies outside its table; the position of the first such index is reported.
    TK_INDEX_OUT_OF_RANGE = 2,
    /// A size is negative or contradicts another.
    TK_BAD_ARGUMENT = 3,
} tk_status;

// MARK: elementwise

/// One for each line of `kernels.def`: the number of a unary kernel in the table is that of its operator.
typedef enum tk_unary_op {
#define TK_UNARY(enum, name, promise, bound, formula) TK_UNARY_##enum,
#include "../kernels.def"
    TK_UNARY_COUNT,
} tk_unary_op;

/// y[i] = op(x[i]). `ROUND` goes to nearest even; `GELU_TANH` is 0.5x(1 + tanh(sqrt(2/pi)(x + 0.044715x^3))).
tk_status tk_unary_f32(tk_unary_op op, const float *x, float *y, tk_int n);

/// As `tk_unary_f32` for any float type: f64 by libm, 16-bit floats through f32, rounded once.
tk_status tk_unary(tk_dtype dtype, tk_unary_op op, const void *x, void *y, tk_int n);

/// y[i] = 1 where x[i], of any float type, is NaN, else 0.
tk_status tk_is_nan(tk_dtype dtype, const void *x, uint8_t *y, tk_int n);

/// y[i] = 1 where x[i] is 0, else 0.
void tk_not(const uint8_t *x, uint8_t *y, tk_int n);

/// One for each line of `kernels.def`, in the order of the table behind the unary kernels.
typedef enum tk_binary_op {
#define TK_BINARY(enum, name, promise, bound, real, integer) TK_BINARY_##enum,
#define TK_COMPARE(enum, name, relation) TK_BINARY_##enum,
#define TK_LOGIC(enum, name, formula) TK_BINARY_##enum,
#define TK_BITS(enum, name, formula) TK_BINARY_##enum,
#include "../kernels.def"
    TK_BINARY_COUNT,
} tk_binary_op;

/// y = op(a, b) over `shape`, with y dense and a, b read through strides (0 repeats a dimension).
///
/// `dtype` is that of a and b. Numbers: arithmetic and compare; integers wrap, DIV truncates, MOD has the divisor's sign and REM the
/// dividend's, and division by 0 gives 0; logic is bit by bit, shifts below 0 count as those beyond the width. Bool: compare and logic; any non-zero byte is true. Compare and logic write u8 0 or 1; the rest write
/// `dtype`. MIN and MAX propagate NaN. 16-bit floats compute in f32 and round once. Contiguous, scalar, row and column operands of
/// f32 take vector paths.
tk_status tk_binary(tk_dtype dtype, tk_binary_op op, int rank, const tk_int *shape,
                    const void *a, const tk_int *a_strides, const void *b, const tk_int *b_strides, void *y);

/// How an operand of a `tk_stage` covers [rows, columns]: with all its elements, [columns], [rows], or one.
typedef enum tk_operand { TK_OPERAND_DENSE = 0, TK_OPERAND_ROW, TK_OPERAND_COLUMN, TK_OPERAND_SCALAR } tk_operand;

/// y = op(a), a `tk_unary_op` of a dense operand, or op(a, b), a `tk_binary_op` that is neither comparison nor logic, of which one
/// operand at most is a column or scalar.
typedef struct tk_stage {
    int op;
    const float *a;
    tk_operand a_kind;
    /// NULL for unary operators.
    const float *b;
    tk_operand b_kind;
    /// Dense.
    float *y;
    /// From 1 to the number of stages: a, b or y is dense and kept for the block at hand alone, under this number, and the pointer is not used.
    /// 0: it lies where the pointer says.
    int a_slot, b_slot, y_slot;
} tk_stage;

/// Runs `count` stages, TK_STAGES at most, over f32 [rows, columns], a block of elements through all of them after the other. Memory that a
/// stage writes may be that of a dense operand, and read by later stages as a dense operand; no stage may read it otherwise.
enum { TK_STAGES = 16 };
tk_status tk_elementwise(const tk_stage *stages, int count, tk_int rows, tk_int columns);

/// y = cond ? a : b over `shape`; y dense, the others through strides (0 repeats). `element_size` is 1, 2, 4 or 8
/// bytes.
tk_status tk_where(tk_int element_size, int rank, const tk_int *shape,
                   const uint8_t *cond, const tk_int *cond_strides,
                   const void *a, const tk_int *a_strides, const void *b, const tk_int *b_strides, void *y);

/// y[i] = the element at `value`, for n elements of 1, 2, 4 or 8 bytes.
tk_status tk_fill(tk_int element_size, const void *value, void *y, tk_int n);

/// y[i] = x[i] converted. Float to integer truncates and saturates (NaN gives 0); to f16 and bf16 rounds to nearest
/// even; integer to narrower integer wraps; to bool is x != 0.
tk_status tk_cast(tk_dtype from, tk_dtype to, const void *x, void *y, tk_int n);

/// As `tk_cast` between different types over `shape`, with y dense and x read through strides, of which the last is 1.
tk_status tk_cast_rows(tk_dtype from, tk_dtype to, int rank, const tk_int *shape, const void *x, const tk_int *x_strides,
                       void *y);

/// dst[i * dst_strides] = src[i * src_strides] for all i in `shape`, elements of 1, 2, 4 or 8 bytes. Strides may be
/// negative or, for the source, 0. Serves transpose, slice, concat, split, expand, pad and pixel shuffle.
tk_status tk_copy_strided(tk_int element_size, int rank, const tk_int *shape,
                          const void *src, const tk_int *src_strides, void *dst, const tk_int *dst_strides);

// MARK: normalisation over the last axis

/// y = (x - mean) / sqrt(var + eps) * gamma + beta per row; population variance. gamma and beta [cols] or NULL.
void tk_layer_norm(const float *x, float *y, tk_int rows, tk_int cols,
                   const float *gamma, const float *beta, float eps);

/// y = x / sqrt(mean(x^2) + eps) * gamma per row. gamma [cols] or NULL.
void tk_rms_norm(const float *x, float *y, tk_int rows, tk_int cols, const float *gamma, float eps);

/// y = x / max(||x||_2, eps) per row.
void tk_l2_normalize(const float *x, float *y, tk_int rows, tk_int cols, float eps);

/// y = softmax(x) per row. With `off_by_one` the denominator has one more term: exp(x) / (1 + sum exp(x)).
/// A row of all -inf gives NaN without `off_by_one` and 0 with it.
void tk_softmax(const float *x, float *y, tk_int rows, tk_int cols, int off_by_one);

/// y = x - log(sum exp(x)) per row.
void tk_log_softmax(const float *x, float *y, tk_int rows, tk_int cols);

/// Arguments of `tk_group_norm`; x and y are [batch, channels, spatial].
typedef struct tk_group_norm_args {
    const float *x;
    float *y;
    tk_int batch, channels, spatial;
    /// Divides `channels`.
    tk_int groups;
    float eps;
    /// [channels] or NULL.
    const float *gamma, *beta;
    /// [batch, channels] or NULL: y = norm * (1 + scale) + shift, before SiLU. `scale_stride` is the distance between
    /// batches in both.
    const float *scale, *shift;
    tk_int scale_stride;
    /// Non-zero applies x * sigmoid(x) last.
    int silu;
} tk_group_norm_args;

/// Group normalisation with optional affine, per-(batch, channel) modulation and SiLU.
tk_status tk_group_norm(const tk_group_norm_args *args);

// MARK: indexing. Index types: all integers. A negative or too large index is an error, reported before
// any write; `bad` (may be NULL) receives the position of the first one.

/// y[o, i, :] = x[o, index[i], :], with x [outer, axis, inner_bytes] and y [outer, count, inner_bytes].
tk_status tk_gather(const void *x, tk_int outer, tk_int axis, tk_int inner_bytes,
                    tk_dtype index_type, const void *index, tk_int count, void *y, tk_int *bad);

/// y[o, j, i] = x[o, index[o, j, i], i], with x [outer, axis_in, inner], index and y [outer, axis_out, inner].
tk_status tk_gather_elements(const void *x, tk_dtype index_type, const void *index, void *y, tk_int outer,
                             tk_int axis_in, tk_int axis_out, tk_int inner, tk_int element_size, tk_int *bad);

/// y[o, index[o, j, i], i] = updates[o, j, i], with y [outer, axis_y, inner], index and updates [outer, axis_index,
/// inner]. Of equal indices the last wins.
tk_status tk_scatter_elements(const void *updates, tk_dtype index_type, const void *index, void *y, tk_int outer,
                              tk_int axis_y, tk_int axis_index, tk_int inner, tk_int element_size, tk_int *bad);

/// y[index[i], :] = updates[i, :], with y [rows, row_bytes] and updates [count, row_bytes]. Of equal indices the last
/// wins.
tk_status tk_scatter_rows(const void *updates, tk_dtype index_type, const void *index, tk_int count, tk_int row_bytes,
                          void *y, tk_int rows, tk_int *bad);

/// y[index[i], :] += updates[i, :], with y [rows, cols] and updates [count, cols], in the order of i; f32, f64 and integers, which
/// wrap.
tk_status tk_scatter_add_rows(tk_dtype dtype, const void *updates, tk_dtype index_type, const void *index, tk_int count,
                              tk_int cols, void *y, tk_int rows, tk_int *bad);

/// How `tk_scatter_reduce` joins two elements. Integers wrap; NaN stays NaN; of truth values, sums are their or, products their and.
typedef enum tk_scatter_op { TK_SCATTER_ADD = 0, TK_SCATTER_MUL, TK_SCATTER_MAX, TK_SCATTER_MIN } tk_scatter_op;

/// y[o, index[o, j, i], i] = y[...] joined with updates[o, j, i], in the order of j, with y [outer, axis_y, inner], index and updates
/// [outer, axis_index, inner]; f32, f64, integers and truth values.
tk_status tk_scatter_reduce(tk_dtype dtype, tk_scatter_op op, const void *updates, tk_dtype index_type, const void *index, void *y, tk_int outer,
                            tk_int axis_y, tk_int axis_index, tk_int inner, tk_int *bad);

// MARK: reductions of the middle dimension of x [outer, n, inner]; results are [outer, inner]

typedef enum tk_reduce_op {
    TK_REDUCE_SUM = 0, TK_REDUCE_MEAN, TK_REDUCE_MAX, TK_REDUCE_MIN, TK_REDUCE_PROD,
    TK_REDUCE_ANY, TK_REDUCE_ALL,
    TK_REDUCE_COUNT,
} tk_reduce_op;

/// Floats: SUM, MEAN, MAX, MIN, PROD (NaN propagates); f64 adds in the order of n, 16-bit floats in f32, rounding once. Integers:
/// SUM, MAX, MIN, PROD, wrapping. Bool: ANY, ALL, giving 0 or 1. n = 0 gives the neutral element (NaN for MEAN, -inf or the lowest
/// integer for MAX, +inf or the highest for MIN).
tk_status tk_reduce(tk_dtype dtype, tk_reduce_op op, const void *x, void *y, tk_int outer, tk_int n, tk_int inner);

/// Index of the largest (or, with `minimum`, smallest) element; the first of equals; the first NaN if there is one. Any number
/// type. n must be positive.
tk_status tk_arg_reduce(tk_dtype dtype, int minimum, const void *x, int64_t *y, tk_int outer, tk_int n, tk_int inner);

/// y[n], *scale and *zero of DynamicQuantizeLinear: levels 0...255 of the range of x and 0. NaN is level 0.
tk_status tk_dynamic_quantize(const float *x, uint8_t *y, float *scale, uint8_t *zero, tk_int n);

/// y[n] = clamp(round(x / scale) + zero, 0, 255), 0 for NaN.
tk_status tk_quantize(const float *x, float scale, float zero, uint8_t *y, tk_int n);

/// The k largest of each row of x [rows, cols], of any number type, descending, equal values by ascending index, NaN first.
/// values [rows, k] and indices [rows, k]; neither may be NULL. k <= cols.
tk_status tk_top_k(tk_dtype dtype, const void *x, void *values, int64_t *indices, tk_int rows, tk_int cols, tk_int k);

/// Running sum along the middle dimension of x [outer, n, inner], of any number type; 16-bit floats add in f32 and round each
/// result. `exclusive` leaves out the element itself, `reverse` runs from the end.
tk_status tk_cumsum(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                    int reverse);

/// Running product likewise; floats multiply in f64 and round each result.
tk_status tk_cumprod(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
                     int reverse);

// MARK: resize of x [planes, height, width] to y [planes, out_height, out_width]

/// y[p, i, j] = x[p, rows[i], columns[j]], elements of 1, 2, 4 or 8 bytes.
tk_status tk_resize_nearest(tk_int element_size, const void *x, void *y, tk_int planes, tk_int height, tk_int width,
                            tk_int out_height, tk_int out_width, const int32_t *rows, const int32_t *columns);

/// Arguments of `tk_resize_separable`.
typedef struct tk_resize_args {
    const float *x;
    float *y;
    tk_int planes, height, width, out_height, out_width;
    /// Contributions per output row: source rows `row_index` and weights `row_weight`, both [out_height, row_taps].
    tk_int row_taps;
    const int32_t *row_index;
    const float *row_weight;
    /// The same for columns, [out_width, column_taps].
    tk_int column_taps;
    const int32_t *column_index;
    const float *column_weight;
} tk_resize_args;

/// y = weighted sum of source rows of (weighted sums of source columns): linear, cubic, area, antialiased alike.
/// `scratch` has `tk_resize_scratch` bytes.
tk_status tk_resize_separable(const tk_resize_args *args, void *scratch);

/// Arguments of `tk_resize_f64`, as in `tk_resize_args`.
typedef struct tk_resize_f64_args {
    const double *x;
    double *y;
    tk_int planes, height, width, out_height, out_width;
    tk_int taps;
    const int32_t *row_index, *column_index;
    const double *row_weight, *column_weight;
} tk_resize_f64_args;

/// y[p, i, j] = sum of row weight * column weight * x over taps * taps source pixels, row by row.
tk_status tk_resize_f64(const tk_resize_f64_args *args);

/// Bytes of scratch that `tk_resize_separable` needs with up to `max_threads` threads (pointers are not read).
size_t tk_resize_scratch(const tk_resize_args *args, int max_threads);

// MARK: windows

typedef enum tk_pool_kind { TK_POOL_MAX, TK_POOL_MEAN_INSIDE, TK_POOL_MEAN_PADDED, TK_POOL_SUM } tk_pool_kind;

/// Windows over depth, height and width of x [batch, channels, in…]; dimensions that are missing have size and kernel 1.
typedef struct tk_pool_args {
    const float *x;
    float *y;
    tk_pool_kind kind;
    tk_int batch, channels;
    tk_int in[3], out[3], kernel[3], stride[3], dilation[3], before[3], behind[3];
    /// 0 for rows of dense planes; else floats from pixel to pixel, whose channels are neighbours, and from image to image; depth is 1.
    tk_int ldx, ldy, x_image, y_image;
    /// Of MAX in rows: the place of each largest element in x, the first of equal ones, 0 for a window on padding alone; or NULL.
    int64_t *indices;
} tk_pool_args;

/// The largest element, NaN first, -inf for a window on padding alone; or the sum, in double precision and in the order of taps, over the
/// taps on x, or those on x and its padding, or 1; 0 for a window on padding alone.
tk_status tk_pool(const tk_pool_args *args);

// MARK: pictures read between their pixels

typedef enum tk_sample_mode { TK_SAMPLE_NEAREST, TK_SAMPLE_LINEAR, TK_SAMPLE_CUBIC } tk_sample_mode;
typedef enum tk_outside { TK_OUTSIDE_ZEROS, TK_OUTSIDE_BORDER, TK_OUTSIDE_REFLECT, TK_OUTSIDE_MIRROR } tk_outside;

/// x [batch, channels, size…] of `rank` 1 to 3 dimensions, positions [batch, points, rank], y [batch, channels, points].
typedef struct tk_sample_args {
    const float *x, *positions;
    float *y;
    tk_sample_mode mode;
    tk_outside outside;
    tk_int batch, channels, points, rank, size[3];
} tk_sample_args;

tk_status tk_sample(const tk_sample_args *args);

/// x [batch, channels, height, width], regions [count, 4] (left, top, right, bottom), images [count], y [count, channels, out_height, out_width].
typedef struct tk_roi_align_args {
    const float *x, *regions;
    tk_dtype index_type;
    const void *images;
    float *y;
    tk_int batch, channels, height, width, count, out_height, out_width, samples;
    double scale;
    int half_pixel, is_max;
} tk_roi_align_args;

/// TK_BAD_ARGUMENT for a region that is not finite or whose parts are larger than 4096 pixels.
tk_status tk_roi_align(const tk_roi_align_args *args, tk_int *bad);

/// As above with regions [count, 5], the image first.
typedef struct tk_max_roi_pool_args {
    const float *x, *regions;
    float *y;
    tk_int batch, channels, height, width, count, out_height, out_width;
    double scale;
} tk_max_roi_pool_args;

tk_status tk_max_roi_pool(const tk_max_roi_pool_args *args, tk_int *bad);

#ifdef __cplusplus
}
#endif

#include "tk_machine.h"
#include "tk_products.h"
#include "packed.h"
#include "tk_conv.h"
#include "tk_recurrent.h"

#endif
