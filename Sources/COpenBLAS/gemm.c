#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Loaded at the first product and not linked: OpenBLAS starts its threads while it is loaded, and ends the process where it may not.

/// Of cblas.h.
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };
typedef void sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);

static sgemm *f32;
static dgemm *f64;

/// The environment with one thread for OpenBLAS; NULL without memory.
static char **with_one_thread(char **inherited) {
    static char one[] = "OPENBLAS_NUM_THREADS=1";
    static char *const nothing[] = {NULL};
    char *const *from = inherited ? inherited : nothing;
    size_t count = 0, kept = 0, length = strcspn(one, "=") + 1;
    while (from[count]) count++;
    char **result = malloc((count + 2) * sizeof *result);
    if (!result) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(from[i], one, length) != 0) result[kept++] = from[i];
    }
    result[kept++] = one;
    result[kept] = NULL;
    return result;
}

static void load(void) {
    char **inherited = environ, **sound = with_one_thread(inherited);
    if (!sound) return;
    // The pointer is exchanged, not the contents: other threads may be reading variables.
    environ = sound;
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
    environ = inherited;
    if (!library) return;
    sgemm *s = (sgemm *)dlsym(library, "cblas_sgemm");
    dgemm *d = (dgemm *)dlsym(library, "cblas_dgemm");
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (!s || !d || !set_threads) return;
    // Also where the program had it loaded before.
    set_threads(1);
    f32 = s;
    f64 = d;
}

static int is_loaded(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return f64 != NULL;
}

/// What stands in where there is no OpenBLAS: slower, added up in the order of k.
#define PLAIN_PRODUCT(T)                                                                                                              \
    static void plain_##T(int ta, int tb, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const T *a, ptrdiff_t lda, const T *b, ptrdiff_t ldb, \
                          T *c, ptrdiff_t ldc) {                                                                                       \
        for (ptrdiff_t i = 0; i < m; i++) {                                                                                            \
            for (ptrdiff_t j = 0; j < n; j++) {                                                                                        \
                T sum = 0;                                                                                                             \
                for (ptrdiff_t p = 0; p < k; p++) {                                                                                    \
                    sum += a[ta ? p * lda + i : i * lda + p] * b[tb ? j * ldb + p : p * ldb + j];                                      \
                }                                                                                                                      \
                c[i * ldc + j] = sum;                                                                                                  \
            }                                                                                                                          \
        }                                                                                                                              \
    }

PLAIN_PRODUCT(float)
PLAIN_PRODUCT(double)

static int order(int transposed) { return transposed ? TRANSPOSED : PLAIN; }

void co_sgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc) {
    if (!is_loaded()) return plain_float(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, c, ldc);
    f32(ROW_MAJOR, order(transpose_a), order(transpose_b), (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c, (int)ldc);
}

void co_dgemm(int transpose_a, int transpose_b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t lda,
              const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc) {
    if (!is_loaded()) return plain_double(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, c, ldc);
    f64(ROW_MAJOR, order(transpose_a), order(transpose_b), (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c, (int)ldc);
}
