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

/// Of LAPACK, which the library holds too: the Cholesky factor of a matrix, and the inverse of the matrix that has a factor. Strings are
/// Fortran's, whose lengths follow the arguments.
typedef void factor(const char *, const int *, double *, const int *, int *, size_t);

static sgemm *f32;
static dgemm *f64;
static factor *dpotrf, *dpotri;

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
    // Absent from builds without LAPACK.
    factor *cholesky = (factor *)dlsym(library, "dpotrf_"), *inverse = (factor *)dlsym(library, "dpotri_");
    if (cholesky && inverse) {
        dpotrf = cholesky;
        dpotri = inverse;
    }
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

void co_sgemm_subtract(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c,
                       ptrdiff_t ldc) {
    if (is_loaded()) {
        f32(ROW_MAJOR, PLAIN, PLAIN, (int)m, (int)n, (int)k, -1, a, (int)lda, b, (int)ldb, 1, c, (int)ldc);
        return;
    }
    for (ptrdiff_t i = 0; i < m; i++) {
        for (ptrdiff_t p = 0; p < k; p++) {
            for (ptrdiff_t j = 0; j < n; j++) c[i * ldc + j] -= a[i * lda + p] * b[p * ldb + j];
        }
    }
}

/// The upper factor R of a = Rᵀ R, in place of the upper triangle; 0 if there is none.
static int plain_factor(ptrdiff_t n, double *a) {
    for (ptrdiff_t i = 0; i < n; i++) {
        double *row = a + i * n;
        // What the rows above have subtracted is done.
        if (!(row[i] > 0)) return 0;
        double root = __builtin_sqrt(row[i]);
        for (ptrdiff_t j = i; j < n; j++) row[j] /= root;
        for (ptrdiff_t r = i + 1; r < n; r++) {
            for (ptrdiff_t j = r; j < n; j++) a[r * n + j] -= row[r] * row[j];
        }
    }
    return 1;
}

/// The upper triangle of the inverse of Rᵀ R, in place of R.
static void plain_inverse(ptrdiff_t n, double *r) {
    // R⁻¹ in place, a column of it after the other: those before it are done, it is still R below the row at hand.
    for (ptrdiff_t j = 0; j < n; j++) {
        r[j * n + j] = 1 / r[j * n + j];
        for (ptrdiff_t i = 0; i < j; i++) {
            double sum = 0;
            for (ptrdiff_t p = i; p < j; p++) sum += r[i * n + p] * r[p * n + j];
            r[i * n + j] = -sum * r[j * n + j];
        }
    }
    // R⁻¹ R⁻ᵀ: rows from the first, which needs those below as they are.
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t j = i; j < n; j++) {
            double sum = 0;
            for (ptrdiff_t p = j; p < n; p++) sum += r[i * n + p] * r[j * n + p];
            r[i * n + j] = sum;
        }
    }
}

int co_inverse_factor(ptrdiff_t n, double *a) {
    if (!is_loaded() || !dpotrf || n > 1 << 20) {
        if (!plain_factor(n, a)) return 0;
        plain_inverse(n, a);
        return plain_factor(n, a);
    }
    // LAPACK's columns are our rows: its lower triangle is our upper one.
    int size = (int)n, fault = 0;
    dpotrf("L", &size, a, &size, &fault, 1);
    if (fault == 0) dpotri("L", &size, a, &size, &fault, 1);
    if (fault == 0) dpotrf("L", &size, a, &size, &fault, 1);
    return fault == 0;
}
