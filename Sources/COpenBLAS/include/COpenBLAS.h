/// Matrix products of OpenBLAS, each on the calling thread alone: callers split their work over threads of their own.
///
/// C [m, n] = op(A) op(B), row-major; A is [m, k], or [k, m] when `transpose_a`; B is [k, n], or [n, k] when `transpose_b`; rows are
/// `lda`, `ldb` and `ldc` elements apart. Sizes are those of a block: they fit an `int`. The first call loads the
/// library and sets its threads in this process to 1; where it cannot be loaded, plain loops compute the same.
#ifndef TESSERA_COPENBLAS_H
#define TESSERA_COPENBLAS_H

#include <stddef.h>

/// A, B and C are f32.
void co_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc);

/// A, B and C are f64.
void co_dgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc);

/// C -= A B; all f32, A is [m, k], B is [k, n].
void co_sgemm_subtract(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c,
                       ptrdiff_t ldc);

/// The upper triangular U of a⁻¹ = Uᵀ U, in place of the upper triangle of the symmetric `a` [n, n]; the other triangle is not read, and left
/// as it comes. Returns 0 if `a` is not positive definite.
int co_inverse_factor(ptrdiff_t n, double *a);

#endif
