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

// MARK: machine, threads, table

/// Instruction set levels that tiles are compiled for.
enum {
    TK_ISA_GENERIC = 0,
    TK_ISA_AVX2,
    /// AVX2 and AVX-VNNI.
    TK_ISA_AVXVNNI,
    /// AVX-512 F, BW, VL, DQ; then with VNNI; then with VNNI and BF16.
    TK_ISA_AVX512,
    TK_ISA_AVX512VNNI,
    TK_ISA_AVX512BF16,
};

/// Bits of `tk_cpu_features`.
enum {
    TK_CPU_AVX2 = 1 << 0, TK_CPU_FMA = 1 << 1, TK_CPU_F16C = 1 << 2,
    TK_CPU_AVX512F = 1 << 3, TK_CPU_AVX512BW = 1 << 4, TK_CPU_AVX512VL = 1 << 5, TK_CPU_AVX512DQ = 1 << 6,
    TK_CPU_AVX512VNNI = 1 << 7, TK_CPU_AVX512BF16 = 1 << 8, TK_CPU_AVXVNNI = 1 << 9,
};

/// What the CPU has and the operating system saves, as `TK_CPU_*` bits (cpuid and xgetbv; 0 off x86-64).
uint32_t tk_cpu_features(void);

/// Whether this machine can run tiles of `level`. A machine may lack a level below its best (AVX-VNNI below AVX-512).
int tk_can_run(int level);

/// Best `TK_ISA_*` level this machine can run.
int tk_best_isa(void);

/// Makes tiles run at `level` or the best level below it that the machine has; returns the level now active.
/// Not to be called while kernels run.
int tk_select_isa(int level);

/// The `TK_ISA_*` level that tiles run at; the best one until `tk_select_isa` says otherwise.
int tk_active_isa(void);

/// "generic", "avx2", "avxvnni", "avx512", "avx512vnni" or "avx512bf16"; NULL for an unknown level.
const char *tk_isa_name(int level);

/// Limits every kernel to `n` threads; n < 1 restores the default (what OpenMP grants this process).
void tk_set_threads(int n);

/// Threads that kernels may use now; the argument that `_scratch` companions expect.
int tk_max_threads(void);

/// Opens one parallel region and returns how many threads really ran in it.
int tk_count_team(void);

/// How long idle workers spin before they sleep, in milliseconds (libomp's block time); 1 at first. KMP_BLOCKTIME and
/// OMP_WAIT_POLICY in the environment win.
void tk_set_spin(int milliseconds);

/// One line of `kernels.def`.
typedef struct tk_kernel_info {
    /// Kernel name, for instance "unary.exp".
    const char *name;
    /// Operators it serves, separated by spaces.
    const char *operators;
    /// Element types, separated by spaces.
    const char *dtypes;
    /// "exact" (same bits on every instruction set) or "close" (bound in `bound`).
    const char *promise;
    /// Error bound for "close" kernels, for instance "2 ulp"; "" for exact ones.
    const char *bound;
    /// Where the work happens: "vector" (one tile per instruction set), "blas", or "scalar" (plain C).
    const char *tile;
} tk_kernel_info;

/// Number of lines in the kernel table.
tk_int tk_kernel_count(void);

/// Line `i` of the kernel table; all fields NULL when `i` is out of range. Strings are static.
tk_kernel_info tk_kernel_at(tk_int i);

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
#include "../kernels.def"
    TK_BINARY_COUNT,
} tk_binary_op;

/// y = op(a, b) over `shape`, with y dense and a, b read through strides (0 repeats a dimension).
///
/// `dtype` is that of a and b. Numbers: arithmetic and compare; integers wrap, DIV truncates, MOD has the divisor's sign, and
/// division by 0 gives 0. Bool: compare and logic; any non-zero byte is true. Compare and logic write u8 0 or 1; the rest write
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
} tk_stage;

/// Runs `count` stages over f32 [rows, columns], a block of elements through all of them after the other. Memory that a stage
/// writes may be that of a dense operand, and read by later stages as a dense operand; no stage may read it otherwise.
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

// MARK: products

typedef enum tk_activation {
    TK_ACT_NONE = 0, TK_ACT_RELU, TK_ACT_GELU_ERF, TK_ACT_GELU_TANH, TK_ACT_SILU, TK_ACT_TANH, TK_ACT_SIGMOID,
} tk_activation;

/// Arguments of `tk_linear`.
typedef struct tk_linear_args {
    tk_int m, n, k;
    /// x [m, k], rows `ldx` apart.
    const float *x;
    tk_int ldx;
    /// weight [n, k], rows `ldw` apart; bias [n] or NULL.
    const float *weight;
    tk_int ldw;
    const float *bias;
    tk_activation activation;
    /// Second branch of a gated linear, laid out like weight and bias; NULL for none.
    const float *up_weight;
    const float *up_bias;
    /// [m, n] factor, rows `ldgate` apart (0: one row for all, as in layer scale); NULL for none.
    const float *gate;
    tk_int ldgate;
    /// [m, n] addend, rows `ldres` apart (0: one row for all); may be y itself; NULL for none.
    const float *residual;
    tk_int ldres;
    /// y [m, n], rows `ldy` apart.
    float *y;
    tk_int ldy;
} tk_linear_args;

/// y = activation(x weight^T + bias) * (x up_weight^T + up_bias) * gate + residual, absent factors being 1, absent
/// addends 0. `scratch` has `tk_linear_scratch` bytes.
tk_status tk_linear(const tk_linear_args *args, void *scratch);

/// Bytes of scratch that `tk_linear` needs for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_linear_scratch(const tk_linear_args *args, int max_threads);

#include "packed.h"

/// Arguments of `tk_matmul`: C = alpha * op(A) op(B) for every (outer, inner) batch.
typedef struct tk_matmul_args {
    tk_int m, n, k;
    float alpha;
    /// A is [m, k], or [k, m] when `transpose_a`; rows `lda` apart. B is [k, n], or [n, k] when `transpose_b`.
    int transpose_a, transpose_b;
    const float *a;
    tk_int lda;
    const float *b;
    tk_int ldb;
    float *c;
    tk_int ldc;
    /// Two batch dimensions with a stride for each operand; stride 0 repeats (not for c).
    tk_int batch_outer, batch_inner;
    tk_int a_outer, a_inner, b_outer, b_inner, c_outer, c_inner;
} tk_matmul_args;

/// Batched matrix product; needs no scratch.
tk_status tk_matmul(const tk_matmul_args *args);

/// One product on the calling thread: C [m, n] = op(A) op(B), row-major, rows `lda`, `ldb` and `ldc` apart.
typedef void (*tk_gemm)(int transpose_a, int transpose_b, tk_int m, tk_int n, tk_int k, const void *a, tk_int lda,
                        const void *b, tk_int ldb, void *c, tk_int ldc);

/// Arguments of `tk_product`, as in `tk_matmul_args`; elements have `element_size` bytes.
typedef struct tk_product_args {
    tk_int element_size;
    tk_int m, n, k;
    int transpose_a, transpose_b;
    const void *a;
    tk_int lda;
    const void *b;
    tk_int ldb;
    void *c;
    tk_int ldc;
    tk_int batch_outer, batch_inner;
    tk_int a_outer, a_inner, b_outer, b_inner, c_outer, c_inner;
} tk_product_args;

/// Batched matrix product in blocks of fixed size, each by one call of `gemm`.
tk_status tk_product(const tk_product_args *args, tk_gemm gemm);

/// Arguments of `tk_attention`. q [batch, heads, nq, d], k [batch, heads, nk, d], v [batch, heads, nk, dv],
/// y [batch, heads, nq, dv]; the last dimension is contiguous, the others have strides (0 repeats, not for y).
typedef struct tk_attention_args {
    tk_int batch, heads, nq, nk, d, dv;
    float scale;
    const float *q;
    tk_int q_batch, q_head, q_row;
    /// f32, or bf16 with `half_k` and `half_v`.
    const void *k;
    tk_int k_batch, k_head, k_row;
    const void *v;
    tk_int v_batch, v_head, v_row;
    int half_k, half_v;
    float *y;
    tk_int y_batch, y_head, y_row;
    /// Boolean mask [batch, heads, nq, nk], non-zero = masked out: the score becomes the lowest finite float, so that a
    /// row with all keys masked attends uniformly. NULL for none.
    const uint8_t *mask;
    /// Additive mask of the same shape, added to scale * q k^T. NULL for none.
    const float *bias;
    /// Strides of whichever mask is given (both, if both); keys are contiguous, 0 repeats.
    tk_int mask_batch, mask_head, mask_row;
    /// Non-zero: the softmax denominator has one more term, exp(0).
    int off_by_one;
    /// Non-zero: query i sees keys 0 ... i + nk - nq, the others get the lowest finite float.
    int causal;
    /// Non-zero: products are those of 8-bit integers if d <= 1024 (see families/attention_i8.inc), which pays for many queries.
    int narrow;
} tk_attention_args;

/// y = softmax(scale * q k^T, masked) v, without storing all scores. nk = 0 gives y = 0.
/// `scratch` has `tk_attention_scratch` bytes.
tk_status tk_attention(const tk_attention_args *args, void *scratch);

/// Bytes of scratch that `tk_attention` needs for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_attention_scratch(const tk_attention_args *args, int max_threads);

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

/// The k largest of each row of x [rows, cols], of any number type, descending, equal values by ascending index, NaN first.
/// values [rows, k] and indices [rows, k]; neither may be NULL. k <= cols.
tk_status tk_top_k(tk_dtype dtype, const void *x, void *values, int64_t *indices, tk_int rows, tk_int cols, tk_int k);

/// Running sum along the middle dimension of x [outer, n, inner], of any number type; 16-bit floats add in f32 and round each
/// result. `exclusive` leaves out the element itself, `reverse` runs from the end.
tk_status tk_cumsum(tk_dtype dtype, const void *x, void *y, tk_int outer, tk_int n, tk_int inner, int exclusive,
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

#ifdef __cplusplus
}
#endif

#include "tk_conv.h"

#endif
