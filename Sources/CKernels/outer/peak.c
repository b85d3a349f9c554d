#include "weight_traits.h"
#include "../threads.h"

#include <time.h>

enum { TK_PEAK_STEPS = 1 << 20, TK_PEAK_SUMS = 12, TK_PEAK_ROUNDS = 12 };

#if defined(__x86_64__)

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct peak_call {
    void (*tile)(tk_int steps, float *sink);
};

static void run_peak(const void *context, tk_int task, int thread) {
    (void)task;
    (void)thread;
    float sink[16];
    ((const struct peak_call *)context)->tile(TK_PEAK_STEPS, sink);
}

#endif

double tk_measure_peak(tk_weight_format format) {
#if defined(__x86_64__)
    const struct tk_isa_table *isa = tk_isa();
    // bf16 without an instruction for it is multiplied as f32. 8 bits without VNNI are measured in half range, the faster.
    const struct tk_weight_traits *traits = tk_weight_traits_of(format, isa);
    int narrow = traits && (traits->integer || traits->symmetric), half = traits && traits->converts && !narrow;
    struct peak_call call = {narrow ? isa->peak_i8 : half ? isa->peak_bf16 : isa->peak_f32};
    tk_int lanes = isa->panel / 2, team = tk_max_threads();
    double operations = 2.0 * (narrow ? 8 : half ? 2 : 1) * (double)(lanes * TK_PEAK_SUMS * team) * TK_PEAK_STEPS;
    double best = 0;
    for (int round = 0; round < TK_PEAK_ROUNDS; round++) {
        double start = seconds();
        tk_run_tasks((int)team, team, run_peak, &call);
        double rate = operations / (seconds() - start);
        best = rate > best ? rate : best;
    }
    return best;
#else
    (void)format;
    return 0;
#endif
}
