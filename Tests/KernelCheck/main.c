// kernel-check [--require LEVEL] [--reboot]
//
// Exits with 0 if every kernel passed and this CPU can run LEVEL, by default "avx2". With --reboot, for use as the first
// process of a machine, checks in a child process, which may crash, and then restarts the machine.
#define _POSIX_C_SOURCE 200809L
#include "include/KernelCheck.h"

#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void run_as_first_process(const char *required) {
    pid_t child = fork();
    if (child == 0) {
        int failed = kernel_check(required) != 0;
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
    return kernel_check(required) != 0;
}
