/// Products of matrices, and attention. Included by CKernels.h.
#ifndef TESSERA_TK_PRODUCTS_H
#define TESSERA_TK_PRODUCTS_H

#ifndef TESSERA_CKERNELS_H
#error "include CKernels.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

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
    /// Non-zero: x and the weights are rounded to bf16; sums are f32.
    int bf16;
} tk_linear_args;

/// y = activation(x weight^T + bias) * (x up_weight^T + up_bias) * gate + residual, absent factors being 1, absent
/// addends 0. `scratch` has `tk_linear_scratch` bytes.
tk_status tk_linear(const tk_linear_args *args, void *scratch);

/// Bytes of scratch that `tk_linear` needs for these sizes with up to `max_threads` threads (pointers are not read).
size_t tk_linear_scratch(const tk_linear_args *args, int max_threads);

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
    /// Non-zero: A and B are rounded to bf16; sums are f32.
    int bf16;
} tk_matmul_args;

/// Batched matrix product. `scratch` has `tk_matmul_scratch` bytes.
tk_status tk_matmul(const tk_matmul_args *args, void *scratch);

/// Bytes of scratch that `tk_matmul` needs for these sizes with up to `max_threads` threads (pointers are not read): none unless `bf16`.
size_t tk_matmul_scratch(const tk_matmul_args *args, int max_threads);

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

/// Arguments of `tk_attention`. q [batch, heads, nq, d], k [batch, heads / group, nk, d], v [batch, heads / group, nk, dv],
/// y [batch, heads, nq, dv]; the last dimension is contiguous, the others have strides (0 repeats, not for y).
typedef struct tk_attention_args {
    tk_int batch, heads, nq, nk, d, dv;
    /// Heads of queries that share one of keys and values; 0 is 1.
    tk_int group;
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

#ifdef __cplusplus
}
#endif

#endif
