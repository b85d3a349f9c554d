/// Thread counts and the memory of a team.
#ifndef TK_THREADS_H
#define TK_THREADS_H

#include "numerics.h"
#include "CKernels.h"

/// Threads for `work` units of about a nanosecond each: 1 for little work, else `tk_max_threads()`.
int tk_team(tk_int work);

/// One task of a kernel: number `task`, run by thread `thread` of the team.
typedef void (*tk_task)(const void *context, tk_int task, int thread);

/// Runs tasks 0 ..< count, each on whichever thread of the team is free first. Their results must not depend on the
/// thread.
void tk_run_tasks(int team, tk_int count, tk_task task, const void *context);

/// As `tk_run_tasks`, but each thread runs neighbouring tasks, the same ones in every call of as many: what they read stays in its
/// cache.
void tk_run_shares(int team, tk_int count, tk_task task, const void *context);

/// Iterations first ..< last of a loop.
typedef void (*tk_loop)(const void *context, tk_int first, tk_int last);

/// Spreads iterations 0 ..< count over the team in equal runs. Their results must not depend on the thread.
void tk_run_loop(int team, tk_int count, tk_loop loop, const void *context);

/// Floats rounded up so that neighbours share no cache line.
static inline tk_int tk_padded(tk_int floats) { return (floats + 15) / 16 * 16; }

/// Bytes of scratch for `max_threads` threads with `floats` (padded) each, and room to align it.
static inline size_t tk_team_bytes(tk_int floats, int max_threads) {
    return (size_t)floats * sizeof(float) * (size_t)(max_threads < 1 ? 1 : max_threads) + 64;
}

/// Scratch of one thread out of what `tk_team_bytes` sized, aligned to a cache line.
static inline float *tk_thread_memory(void *scratch, tk_int floats, int thread) {
    return (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63) + floats * thread;
}

static inline tk_int tk_min_int(tk_int a, tk_int b) { return a < b ? a : b; }
static inline tk_int tk_max_int(tk_int a, tk_int b) { return a > b ? a : b; }
static inline tk_int tk_ceil_div(tk_int a, tk_int b) { return (a + b - 1) / b; }

#endif
