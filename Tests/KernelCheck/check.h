/// Runs kernels on every instruction set of this CPU and compares their results with the generic ones.
///
/// A family of kernels is one file with one function, declared below and listed in main.c. The function calls
/// `check_begin` for each line of the report, then `check_exact` or `check_close` for as many cases as it likes.
#ifndef TESSERA_KERNEL_CHECK_H
#define TESSERA_KERNEL_CHECK_H

#include "CKernels.h"

void check_elementwise(void);
void check_norm(void);
void check_linear(void);
void check_packed(void);
void check_four_bits(void);
void check_matmul(void);
void check_attention(void);
void check_conv2d(void);
void check_reduce(void);
void check_cast(void);
void check_resize(void);
void check_nhwc(void);
void check_typed(void);
void check_recurrent(void);

/// Writes a kernel's result to y; `context` holds its arguments.
typedef tk_status (*check_kernel)(const void *context, void *y);

/// How far a float result may be from the truth: `ulp` units in its last place, plus `absolute`, plus `share` of
/// `scale[i]`.
typedef struct check_bound {
    double ulp, absolute, share;
    const float *scale;
} check_bound;

/// Starts a line of the report and forgets the memory of the line before.
void check_begin(const char *name);

/// Says that the lines that follow check these vector kernels of the table, names separated by spaces.
void check_covers(const char *kernels);

/// Names the next case, for reports of failures.
void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// A result of `bytes` bytes that must have the same bits everywhere.
void check_exact(check_kernel kernel, const void *context, tk_int bytes);

/// A result of n floats, each within the bound of the truth, so that two of them may be twice as far apart.
void check_close(check_kernel kernel, const void *context, tk_int n, check_bound bound);

/// As the kernel table says of kernel `info`: exact, or close with a bound in ulp and an absolute one.
void check_promise(tk_kernel_info info, check_kernel kernel, const void *context, tk_int n);

/// The generic result of n floats.
const float *check_generic(check_kernel kernel, const void *context, tk_int n);

/// Uninitialised memory until the next `check_begin`.
void *check_memory(tk_int bytes);

/// Scratch memory of exactly `bytes`, for one call of a kernel; writing behind it is a failure.
void *check_scratch(size_t bytes);

/// n random floats in [low, high).
float *check_floats(tk_int n, float low, float high);

/// n random bytes, `ones` of a hundred of them 1, the others 0.
uint8_t *check_flags(tk_int n, int ones);

/// |x[i]|, for bounds that are sums of magnitudes.
float *check_magnitudes(const float *x, tk_int n);

/// For every element of x [rows, cols] the largest magnitude of its row.
float *check_row_largest(const float *x, tk_int rows, tk_int cols);

/// The next level above `level` that this CPU can run; 0 if there is none.
int check_level_after(int level);

/// Next of a fixed sequence of random numbers.
uint32_t check_random(void);

/// Ends the report; the number of lines that failed, and of vector kernels that no line covered.
int check_finish(void);

#endif
