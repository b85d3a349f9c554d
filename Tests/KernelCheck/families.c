#include "include/KernelCheck.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

static void (*const families[])(void) = {
    check_elementwise, check_norm, check_linear, check_packed, check_four_bits, check_matmul, check_attention,
    check_conv2d,      check_reduce, check_cast,   check_resize, check_nhwc, check_typed, check_recurrent,
};

static void print_cpu(void) {
    static const char *const names[] = {"avx2",       "fma",        "f16c",    "avx512f",  "avx512bw", "avx512vl", "avx512dq",
                                        "avx512vnni", "avx512bf16", "avxvnni", "amx_tile", "amx_int8", "amx_bf16"};
    uint32_t features = tk_cpu_features();
    printf("cpu features:");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (features >> i & 1) printf(" %s", names[i]);
    }
    printf("\nbest level: %s\nlargest error as a share of what is allowed:\n", tk_isa_name(tk_best_isa()));
}

static int can_run(const char *name) {
    int level = check_level_after(0);
    while (level && strcmp(tk_isa_name(level), name) != 0) level = check_level_after(level);
    return level != 0;
}

int kernel_check(const char *required) {
    // Scratch memory is sized for one thread.
    int before = tk_use_threads(1);
    print_cpu();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) families[i]();
    tk_use_threads(before);
    int failed = check_finish(), missing = required && !can_run(required);
    if (missing) printf("this CPU cannot run %s\n", required);
    if (failed) printf("%d failed\n", failed);
    printf("%s\n", failed || missing ? "FAIL" : "PASS");
    return failed + missing;
}
