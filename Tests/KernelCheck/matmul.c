// Batched matrix products with every combination of transposes.
#include "check.h"

static tk_status run_matmul(const void *context, void *y) {
    tk_matmul_args args = *(const tk_matmul_args *)context;
    args.c = y;
    return tk_matmul(&args, check_scratch(tk_matmul_scratch(&args, 1)));
}

/// Two batches of A by one B.
static void check_size(int transpose_a, int transpose_b, int bf16, tk_int m, tk_int n, tk_int k) {
    tk_matmul_args args = {
        .m = m, .n = n, .k = k, .alpha = 0.5f, .transpose_a = transpose_a, .transpose_b = transpose_b,
        .a = check_floats(2 * m * k, -1, 1), .lda = transpose_a ? m : k, .b = check_floats(k * n, -1, 1),
        .ldb = transpose_b ? k : n, .ldc = n, .batch_outer = 2, .batch_inner = 1, .a_outer = m * k, .c_outer = m * n,
        .bf16 = bf16,
    };
    tk_matmul_args sizes = args;
    sizes.a = check_magnitudes(args.a, 2 * m * k);
    sizes.b = check_magnitudes(args.b, k * n);
    check_case("%td x %td x %td", m, n, k);
    check_bound bound = {.share = (double)(k + 1) * 0x1p-24, .scale = check_generic(run_matmul, &sizes, 2 * m * n)};
    check_close(run_matmul, &args, 2 * m * n, bound);
}

void check_matmul(void) {
    check_covers("gemm_panel gemm_pack gemv_rows bf16_columns bf16_pack bf16_panel");
    static const char *const names[] = {"matmul", "matmul a^T", "matmul b^T", "matmul a^T b^T"};
    static const tk_int sizes[][3] = {{1, 33, 65}, {1, 32, 20}, {20, 70, 270}, {7, 5, 3},
                                      {13, 32, 20}, {4, 6, 0}, {6, 31, 16}, {2, 129, 40}};
    for (int form = 0; form < 4; form++) {
        check_begin(names[form]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_size(form & 1, form >> 1, 0, sizes[i][0], sizes[i][1], sizes[i][2]);
            check_size(form & 1, form >> 1, 1, sizes[i][0], sizes[i][1], sizes[i][2]);
        }
    }
}
