#include "threads.h"

#include <stdatomic.h>

int omp_get_max_threads(void);
int omp_get_thread_num(void);
void kmp_set_blocktime(int milliseconds);

/// Below this much work (nanoseconds, roughly) opening a team costs more than it saves.
enum { TK_SMALL_WORK = 20000 };

static _Atomic int limit = 0;

/// What OpenMP granted before any limit of ours; read once, as omp_get_max_threads is per thread.
static int granted(void) {
    static _Atomic int count = 0;
    int n = atomic_load(&count);
    if (n == 0) {
        n = omp_get_max_threads();
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

int tk_team(tk_int work) { return work < TK_SMALL_WORK ? 1 : tk_max_threads(); }

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

void tk_set_spin(int milliseconds) { kmp_set_blocktime(milliseconds < 0 ? 0 : milliseconds); }
