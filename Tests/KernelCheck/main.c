// kernel-check [--require LEVEL] [--reboot]
//
// Exits with 0 if every kernel passed and this CPU can run LEVEL, by default "avx2". With --reboot, for use as the first
// process of a machine, checks in a child process, which may crash, and then restarts the machine.
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void (*const families[])(void) = {
    check_elementwise, check_norm, check_linear, check_packed, check_matmul, check_attention,
    check_conv2d,      check_reduce, check_cast,   check_resize, check_nhwc, check_typed,
};

static void print_cpu(void) {
    static const char *const names[] = {"avx2",     "fma",      "f16c",       "avx512f",    "avx512bw",
                                        "avx512vl", "avx512dq", "avx512vnni", "avx512bf16", "avxvnni"};
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

static int run_checks(const char *required) {
    print_cpu();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) families[i]();
    int failed = check_finish(), missing = !can_run(required);
    if (missing) printf("this CPU cannot run %s\n", required);
    if (failed) printf("%d lines failed\n", failed);
    printf("%s\n", failed || missing ? "FAIL" : "PASS");
    return failed || missing;
}

static void run_as_first_process(const char *required) {
    pid_t child = fork();
    if (child == 0) {
        int failed = run_checks(required);
        fflush(stdout);
        _exit(failed);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("\n%s\nFAIL\n", strsignal(WTERMSIG(status)));
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_AUTOBOOT);
}

int main(int count, char **arguments) {
    const char *required = "avx2";
    int first = 0;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--reboot") == 0) first = 1;
        if (strcmp(arguments[i], "--require") == 0 && i + 1 < count) required = arguments[i + 1];
    }
    if (first) run_as_first_process(required);
    return run_checks(required);
}
