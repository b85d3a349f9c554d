#include "threads.h"
#include "environment.h"
#include "runtime.h"

#include <stdatomic.h>

/// Below this much work (nanoseconds, roughly) opening a team costs more than it saves.
enum { TK_SMALL_WORK = 20000 };

/// Threads of the calling thread's kernels, and of those that name none; 0 for what the process is granted.
static _Thread_local int limit = 0;
static _Atomic int default_limit = 0;

static int within_range(int n) { return n < 1 ? 0 : n > TK_MOST_THREADS ? TK_MOST_THREADS : n; }

int tk_use_threads(int n) {
    int before = limit;
    limit = within_range(n);
    return before;
}

void tk_set_default_threads(int n) { atomic_store(&default_limit, within_range(n)); }

int tk_max_threads(void) {
    if (limit > 0) return limit;
    int n = atomic_load_explicit(&default_limit, memory_order_relaxed);
    return n > 0 ? n : tk_granted_threads();
}

/// Milliseconds that idle workers spin before they sleep: long enough to reach the next kernel of a run, short enough to leave
/// the processor to others between runs.
static _Atomic int spin = 1;

void tk_set_spin(int milliseconds) { atomic_store(&spin, milliseconds < 0 ? 0 : milliseconds); }

/// Runtimes keep the time for each thread that opens teams. Whoever set it in the environment keeps that.
static void apply_spin(const struct tk_runtime *runtime) {
    static _Thread_local int applied = -1;
    int wanted = atomic_load_explicit(&spin, memory_order_relaxed);
    if (applied == wanted) return;
    applied = wanted;
    if (runtime->set_spin && !tk_environment_sets_spin()) runtime->set_spin(wanted);
}

/// How many of `team` threads can be had. Each thread that opens teams has its own, so each of them tries for itself.
static int available(int team) {
    static _Thread_local int tried = 0, most = TK_MOST_THREADS;
    if (team > tried) {
        tried = team;
        int count = tk_available_threads(team);
        if (count < team && count < most) {
            most = count;
            tk_note("only %d of %d threads can be started (ulimit -u, pids.max or memory)", count, team);
        }
    }
    return team < most ? team : most;
}

int tk_prepare_threads(void) {
    int team = tk_max_threads();
    if (team <= 1 || !tk_runtime()) return 1;
    return available(team);
}

int tk_team(tk_int work) { return work < TK_SMALL_WORK ? 1 : tk_max_threads(); }

/// One parallel region.
struct region {
    const struct tk_runtime *runtime;
    tk_task task;
    tk_loop loop;
    const void *context;
    tk_int count;
    _Atomic tk_int next;
};

/// Runs `body` on the team; 0 if there is none to be had.
static int run_region(int team, struct region *region, void (*body)(void *)) {
    if (team <= 1 || region->count <= 1 || !(region->runtime = tk_runtime())) return 0;
    team = available(team);
    if (team <= 1) return 0;
    apply_spin(region->runtime);
    region->runtime->parallel(body, region, (unsigned)team, 0);
    return 1;
}

static void take_tasks(void *data) {
    struct region *r = data;
    int thread = r->runtime->thread();
    for (tk_int t = atomic_fetch_add(&r->next, 1); t < r->count; t = atomic_fetch_add(&r->next, 1)) {
        r->task(r->context, t, thread);
    }
}

void tk_run_tasks(int team, tk_int count, tk_task task, const void *context) {
    struct region region = {.task = task, .context = context, .count = count};
    if (run_region(team, &region, take_tasks)) return;
    for (tk_int t = 0; t < count; t++) task(context, t, 0);
}

/// The calling thread's run of equal ones: first ..< last.
static void own_run(const struct region *r, tk_int thread, tk_int *first, tk_int *last) {
    tk_int threads = r->runtime->threads(), share = r->count / threads, longer = r->count % threads;
    *first = thread * share + tk_min_int(thread, longer);
    *last = *first + share + (thread < longer);
}

static void take_share(void *data) {
    struct region *r = data;
    int thread = r->runtime->thread();
    tk_int first, last;
    own_run(r, thread, &first, &last);
    for (tk_int t = first; t < last; t++) r->task(r->context, t, thread);
}

void tk_run_shares(int team, tk_int count, tk_task task, const void *context) {
    struct region region = {.task = task, .context = context, .count = count};
    if (run_region(team, &region, take_share)) return;
    for (tk_int t = 0; t < count; t++) task(context, t, 0);
}

static void take_run(void *data) {
    struct region *r = data;
    tk_int first, last;
    own_run(r, r->runtime->thread(), &first, &last);
    if (first < last) r->loop(r->context, first, last);
}

void tk_run_loop(int team, tk_int count, tk_loop loop, const void *context) {
    struct region region = {.loop = loop, .context = context, .count = count};
    if (run_region(team, &region, take_run)) return;
    if (count > 0) loop(context, 0, count);
}

static void count_thread(const void *context, tk_int first, tk_int last) {
    atomic_fetch_add(*(_Atomic tk_int *const *)context, last > first);
}

int tk_count_team(void) {
    int team = tk_max_threads();
    _Atomic tk_int count = 0, *address = &count;
    tk_run_loop(team, team, count_thread, &address);
    return (int)count;
}
