#include "threads.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

int omp_get_max_threads(void);
int omp_get_thread_num(void);
void kmp_set_blocktime(int milliseconds);

/// Below this much work (nanoseconds, roughly) opening a team costs more than it saves.
enum { TK_SMALL_WORK = 20000 };

static _Atomic int limit = 0;

/// Processors that the control group's quota comes to, rounded up (cgroup v2: "quota period" in microseconds), or 0 without
/// one. Read where a container sees its own group. A container with a quota of two processors' time on a large host would otherwise be throttled most of the time.
static int quota(void) {
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (!file) return 0;
    long long time = 0, period = 0;
    int fields = fscanf(file, "%lld %lld", &time, &period);
    fclose(file);
    if (fields != 2 || time <= 0 || period <= 0) return 0;
    long long count = (time + period - 1) / period;
    return count > 1024 ? 1024 : (int)count;
}

/// What OpenMP grants (it honours affinity and OMP_NUM_THREADS) within the quota, before any limit of ours; read once, as
/// omp_get_max_threads is per thread.
static int granted(void) {
    static _Atomic int count = 0;
    int n = atomic_load(&count);
    if (n == 0) {
        int most = quota();
        n = omp_get_max_threads();
        if (most > 0 && n > most) n = most;
        if (n < 1) n = 1;
        atomic_store(&count, n);
    }
    return n;
}

void tk_set_threads(int n) { atomic_store(&limit, n < 1 ? 0 : n); }

int tk_max_threads(void) {
    int n = atomic_load_explicit(&limit, memory_order_relaxed);
    return n > 0 ? n : granted();
}

/// Milliseconds that idle workers spin before they sleep: long enough to reach the next kernel of a run, short enough to leave
/// the processor to others between runs.
static _Atomic int spin = 1;

/// libomp keeps the block time for each thread that opens teams. Whoever set the policy in the environment keeps it.
static void apply_spin(void) {
    static _Thread_local int applied = -1;
    int wanted = atomic_load_explicit(&spin, memory_order_relaxed);
    if (applied == wanted) return;
    applied = wanted;
    if (!getenv("KMP_BLOCKTIME") && !getenv("OMP_WAIT_POLICY")) kmp_set_blocktime(wanted);
}

int tk_team(tk_int work) {
    if (work < TK_SMALL_WORK) return 1;
    apply_spin();
    return tk_max_threads();
}

/// A shared counter instead of schedule(dynamic), whose newer entry points older libomp releases lack.
void tk_run_tasks(int team, tk_int count, tk_task task, const void *context) {
    _Atomic tk_int next = 0;
#pragma omp parallel num_threads(team) if (team > 1 && count > 1)
    {
        int thread = omp_get_thread_num();
        for (tk_int t = atomic_fetch_add(&next, 1); t < count; t = atomic_fetch_add(&next, 1)) task(context, t, thread);
    }
}

int tk_count_team(void) {
    int count = 0, team = tk_max_threads();
#pragma omp parallel num_threads(team) reduction(+ : count)
    count += 1;
    return count;
}

void tk_set_spin(int milliseconds) { atomic_store(&spin, milliseconds < 0 ? 0 : milliseconds); }
