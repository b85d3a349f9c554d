#include "COpenBLAS.h"

#include <cblas.h>
#include <pthread.h>

static void use_one_thread(void) { openblas_set_num_threads(1); }

static void prepare(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_one_thread);
}

static CBLAS_TRANSPOSE order(int transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void co_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc) {
    prepare();
    cblas_sgemm(CblasRowMajor, order(transpose_a), order(transpose_b), (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c,
                (int)ldc);
}

void co_dgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc) {
    prepare();
    cblas_dgemm(CblasRowMajor, order(transpose_a), order(transpose_b), (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c,
                (int)ldc);
}
