#define _GNU_SOURCE
#include "runtime.h"
#include "environment.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

/// Files that a runtime opens while it starts: itself, the shared page, the list of processors, and some to spare.
enum { FILES = 6 };

/// In the order in which they are tried. libgomp knows no block time, but needs no shared memory.
static const struct {
    const char *file;
    int shares_memory;
} libraries[] = {{"libomp.so.5", 1}, {"libomp.so", 1}, {"libgomp.so.1", 0}};

static struct tk_runtime runtime;
static const struct tk_runtime *loaded;

static int load_library(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
    int (*most)(void) = (int (*)(void))dlsym(library, "omp_get_max_threads");
    runtime.parallel = (void (*)(void (*)(void *), void *, unsigned, unsigned))dlsym(library, "GOMP_parallel");
    runtime.thread = (int (*)(void))dlsym(library, "omp_get_thread_num");
    runtime.threads = (int (*)(void))dlsym(library, "omp_get_num_threads");
    runtime.set_spin = (void (*)(int))dlsym(library, "kmp_set_blocktime");
    if (!most || !runtime.parallel || !runtime.thread || !runtime.threads) {
        dlclose(library);
        return 0;
    }
    // Reads the environment, now and not later.
    most();
    return 1;
}

static void load(void) {
    if (!tk_can_open_files(FILES)) {
        tk_note("too few file descriptors are left for an OpenMP runtime, so kernels run on one thread");
        return;
    }
    int can_share = tk_can_share_memory(), found = 0;
    char **inherited = environ, **sound = tk_runtime_environment(inherited);
    if (!sound) return;
    // The pointer is exchanged, not the contents: other threads may be reading variables, and children get the old ones.
    environ = sound;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !found; i++) {
        if (can_share || !libraries[i].shares_memory) found = load_library(libraries[i].file);
    }
    environ = inherited;
    if (found) loaded = &runtime;
    if (found && can_share) return;
    const char *reason = can_share ? "no OpenMP runtime was found (libomp.so.5, Debian package libomp5)" : "/dev/shm cannot be written";
    tk_note("%s, so kernels run on %s", reason, found ? "the threads of libgomp" : "one thread");
}

const struct tk_runtime *tk_runtime(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return loaded;
}
