#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FENCE = 64, FENCE_BYTE = 0x5a, ARENA_BYTES = 64 << 20, MOST_LEVELS = 16, MOST_KERNELS = 256 };

static struct {
    const char *name;
    char label[128];
    int failed, failed_lines;
    /// Largest error on each level, as a share of what is allowed.
    double worst[MOST_LEVELS];
} line;

static char arena[ARENA_BYTES] __attribute__((aligned(64)));
static tk_int arena_used;

static unsigned char *fence;

static void fail(const char *format, ...) {
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    printf("  %s %s: %s: %s\n", line.name, line.label, tk_isa_name(tk_active_isa()), text);
    line.failed = 1;
}

int check_level_after(int level) {
    do level++;
    while (tk_isa_name(level) && tk_select_isa(level) != level);
    return tk_isa_name(level) ? level : 0;
}

static void end_line(void) {
    if (!line.name) return;
    printf("%-28s", line.name);
    for (int level = check_level_after(0); level; level = check_level_after(level)) {
        printf(" %s %-7.2g", tk_isa_name(level), line.worst[level]);
    }
    printf(" %s\n", line.failed ? "FAIL" : "ok");
    fflush(stdout);
    line.failed_lines += line.failed;
}

void check_begin(const char *name) {
    end_line();
    int failed_lines = line.failed_lines;
    memset(&line, 0, sizeof line);
    line.name = name;
    line.failed_lines = failed_lines;
    arena_used = 0;
}

static char covered[MOST_KERNELS];

static int is_in(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word)) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0)) return 1;
    }
    return 0;
}

void check_covers(const char *kernels) {
    for (tk_int i = 0; i < tk_kernel_count() && i < MOST_KERNELS; i++) covered[i] |= is_in(kernels, tk_kernel_at(i).name);
}

int check_finish(void) {
    check_begin(NULL);
    int missing = 0;
    for (tk_int i = 0; i < tk_kernel_count(); i++) {
        tk_kernel_info info = tk_kernel_at(i);
        if (strcmp(info.tile, "vector") != 0 || (i < MOST_KERNELS && covered[i])) continue;
        printf("%s is checked nowhere\n", info.name);
        missing++;
    }
    return line.failed_lines + missing;
}

void check_case(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(line.label, sizeof line.label, format, list);
    va_end(list);
}

void *check_memory(tk_int bytes) {
    tk_int start = arena_used;
    arena_used += (bytes + 63) / 64 * 64;
    if (arena_used > ARENA_BYTES) {
        printf("%s needs more than %d bytes\n", line.name, ARENA_BYTES);
        exit(2);
    }
    return arena + start;
}

static unsigned char *fenced(tk_int bytes) {
    unsigned char *memory = check_memory(bytes + FENCE);
    memset(memory, FENCE_BYTE, (size_t)(bytes + FENCE));
    return memory;
}

static int fence_stands(const unsigned char *at) {
    for (int i = 0; i < FENCE; i++) {
        if (at[i] != FENCE_BYTE) return 0;
    }
    return 1;
}

void *check_scratch(size_t bytes) {
    unsigned char *scratch = fenced((tk_int)bytes);
    fence = scratch + bytes;
    return scratch;
}

/// The result of a kernel on one level.
static void *run(int level, check_kernel kernel, const void *context, tk_int bytes) {
    unsigned char *y = fenced(bytes);
    tk_select_isa(level);
    fence = NULL;
    tk_int used = arena_used;
    tk_status status = kernel(context, y);
    if (status != TK_OK) fail("status %d", status);
    if (!fence_stands(y + bytes)) fail("writes behind its result");
    if (fence && !fence_stands(fence)) fail("writes behind its scratch memory");
    arena_used = used;
    return y;
}

void check_exact(check_kernel kernel, const void *context, tk_int bytes) {
    tk_int used = arena_used;
    const unsigned char *wanted = run(TK_ISA_GENERIC, kernel, context, bytes);
    for (int level = check_level_after(0); level; level = check_level_after(level)) {
        const unsigned char *y = run(level, kernel, context, bytes);
        tk_int i = 0;
        while (i < bytes && y[i] == wanted[i]) i++;
        if (i == bytes) continue;
        fail("byte %td is %02x, not %02x", i, y[i], wanted[i]);
        line.worst[level] = INFINITY;
    }
    arena_used = used;
}

static double unit_in_last_place(float value) {
    int exponent;
    frexpf(value, &exponent);
    return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static double allowed(check_bound bound, float value, tk_int i) {
    double single = bound.absolute + (bound.scale ? bound.share * bound.scale[i] : 0);
    return 2 * (single + (isfinite(value) ? bound.ulp * unit_in_last_place(value) : 0));
}

/// Distance as a share of what is allowed; 0 for equal values, whatever is allowed.
static double error_share(float value, float wanted, double allowance) {
    if (value == wanted || (isnan(value) && isnan(wanted))) return 0;
    double share = fabs((double)value - wanted) / allowance;
    return isnan(share) ? INFINITY : share;
}

static void compare(int level, const float *y, const float *wanted, tk_int n, check_bound bound) {
    tk_int at = -1;
    double worst = 0;
    for (tk_int i = 0; i < n; i++) {
        double share = error_share(y[i], wanted[i], allowed(bound, wanted[i], i));
        if (share > worst) {
            worst = share;
            at = i;
        }
    }
    if (worst > line.worst[level]) line.worst[level] = worst;
    if (worst > 1) fail("element %td is %.9g, not %.9g: %.3g of the bound", at, y[at], wanted[at], worst);
}

void check_close(check_kernel kernel, const void *context, tk_int n, check_bound bound) {
    tk_int used = arena_used, bytes = n * (tk_int)sizeof(float);
    const float *wanted = run(TK_ISA_GENERIC, kernel, context, bytes);
    for (int level = check_level_after(0); level; level = check_level_after(level)) {
        compare(level, run(level, kernel, context, bytes), wanted, n, bound);
    }
    arena_used = used;
}

/// "2.5 ulp + 1e-36" or "1.5 ulp, absolutely 2e-7 below 0".
static check_bound stated_bound(const char *text) {
    const char *plus = strstr(text, "+ "), *absolutely = strstr(text, "absolutely ");
    double absolute = plus ? atof(plus + 2) : absolutely ? atof(absolutely + 11) : 0;
    return (check_bound){.ulp = atof(text), .absolute = absolute};
}

void check_promise(tk_kernel_info info, check_kernel kernel, const void *context, tk_int n) {
    if (strcmp(info.promise, "exact") == 0) {
        check_exact(kernel, context, n * (tk_int)sizeof(float));
    } else {
        check_close(kernel, context, n, stated_bound(info.bound));
    }
}

const float *check_generic(check_kernel kernel, const void *context, tk_int n) {
    return run(TK_ISA_GENERIC, kernel, context, n * (tk_int)sizeof(float));
}

uint32_t check_random(void) {
    static uint64_t state = 0x853c49e6748fea9b;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

float *check_floats(tk_int n, float low, float high) {
    float *x = check_memory(n * (tk_int)sizeof *x);
    for (tk_int i = 0; i < n; i++) x[i] = low + (high - low) * (float)(check_random() >> 8) * 0x1p-24f;
    return x;
}

uint8_t *check_flags(tk_int n, int ones) {
    uint8_t *x = check_memory(n);
    for (tk_int i = 0; i < n; i++) x[i] = check_random() % 100 < (uint32_t)ones;
    return x;
}

float *check_magnitudes(const float *x, tk_int n) {
    float *y = check_memory(n * (tk_int)sizeof *y);
    for (tk_int i = 0; i < n; i++) y[i] = fabsf(x[i]);
    return y;
}

float *check_row_largest(const float *x, tk_int rows, tk_int cols) {
    float *y = check_memory(rows * cols * (tk_int)sizeof *y);
    for (tk_int r = 0; r < rows; r++) {
        float largest = 0;
        for (tk_int i = 0; i < cols; i++) largest = fmaxf(largest, fabsf(x[r * cols + i]));
        for (tk_int i = 0; i < cols; i++) y[r * cols + i] = largest;
    }
    return y;
}
