#define _GNU_SOURCE
#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    NOTICE_BYTES = 1024,
    /// Stack of a thread: kernels keep panels of 32 KB on it.
    STACK_BYTES = 2 << 20,
    /// Threads left to others where fewer can be had than wanted.
    SPARE_THREADS = 2,
};

// MARK: notices

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char notice[NOTICE_BYTES];

void tk_note(const char *format, ...) {
    char text[NOTICE_BYTES / 2];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    pthread_mutex_lock(&lock);
    size_t used = strlen(notice);
    if (!strstr(notice, text)) snprintf(notice + used, sizeof notice - used, "%s%s", used ? "; " : "", text);
    pthread_mutex_unlock(&lock);
}

size_t tk_environment_notice(char *text, size_t size) {
    pthread_mutex_lock(&lock);
    size_t length = strlen(notice);
    if (size > 0) snprintf(text, size, "%s", notice);
    pthread_mutex_unlock(&lock);
    return length;
}

// MARK: threads

/// The number above 0 that the variable holds (of a list the first), at most `TK_MOST_THREADS`; 0 if it is unset or holds none.
static int count_in(const char *name) {
    const char *text = getenv(name);
    if (!text) return 0;
    char *end = NULL;
    long count = strtol(text, &end, 10);
    const char *rest = end + strspn(end, " \t");
    if (end != text && count > 0 && (*rest == 0 || *rest == ',')) return count > TK_MOST_THREADS ? TK_MOST_THREADS : (int)count;
    tk_note("%s='%.40s' is no number above 0 and is ignored", name, text);
    return 0;
}

/// Processors that the calling thread may run on.
static int affinity(void) {
    enum { MOST_PROCESSORS = 1 << 16 };
    for (int most = 1024; most <= MOST_PROCESSORS; most *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)most);
        if (!set) break;
        size_t bytes = CPU_ALLOC_SIZE((size_t)most);
        int failed = sched_getaffinity(0, bytes, set), reason = errno;
        int count = failed ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (!failed) return count;
        if (reason != EINVAL) break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < TK_MOST_THREADS ? (int)online : 1;
}

static int granted;

static void find_granted(void) {
    int asked = count_in("OMP_NUM_THREADS"), most = count_in("OMP_THREAD_LIMIT"), quota = tk_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    int count = asked > 0 ? asked : affinity();
    if (most > 0 && count > most) count = most;
    if (quota > 0 && count > quota) count = quota;
    granted = count < 1 ? 1 : count > TK_MOST_THREADS ? TK_MOST_THREADS : count;
}

int tk_granted_threads(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_granted);
    return granted;
}

struct trial {
    pthread_mutex_t lock;
};

static void *wait_for_end(void *data) {
    struct trial *trial = data;
    pthread_mutex_lock(&trial->lock);
    pthread_mutex_unlock(&trial->lock);
    return NULL;
}

int tk_available_threads(int wanted) {
    struct trial trial = {PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[TK_MOST_THREADS];
    pthread_attr_t attributes;
    if (wanted > TK_MOST_THREADS) wanted = TK_MOST_THREADS;
    if (wanted <= 1 || pthread_attr_init(&attributes) != 0) return 1;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    // All of them wait for the lock, so that they exist at the same time.
    pthread_mutex_lock(&trial.lock);
    int made = 0;
    while (made < wanted - 1 && pthread_create(&threads[made], &attributes, wait_for_end, &trial) == 0) made++;
    pthread_mutex_unlock(&trial.lock);
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    if (made == wanted - 1) return wanted;
    int count = made + 1 - SPARE_THREADS;
    return count < 1 ? 1 : count;
}

// MARK: variables

/// A variable that is passed on if its value is made of these words, and of numbers where `numbers` says so.
struct passed {
    const char *name, *words;
    int numbers;
};

/// The first two say how long idle threads spin.
static const struct passed passed[] = {
    {"KMP_BLOCKTIME", "infinite", 1},
    {"OMP_WAIT_POLICY", "active passive", 0},
    {"OMP_PROC_BIND", "true false close spread master primary", 0},
    {"OMP_PLACES", "threads cores sockets", 0},
    {"OMP_DISPLAY_ENV", "true false verbose", 0},
    {"KMP_AFFINITY",
     "none disabled compact scatter balanced respect norespect verbose noverbose warnings nowarnings granularity=fine "
     "granularity=thread granularity=core granularity=socket",
     1},
};
enum { PASSED = sizeof passed / sizeof *passed };

static int is_in(const char *words, const char *word, size_t length) {
    while (*words) {
        size_t next = strcspn(words, " ");
        if (next == length && strncasecmp(words, word, length) == 0) return 1;
        words += next + strspn(words + next, " ");
    }
    return 0;
}

static int is_number(const char *word, size_t length) { return length < 8 && strspn(word, "0123456789") >= length; }

static int is_sound(const struct passed *p, const char *value) {
    int count = 0;
    for (const char *at = value + strspn(value, " ,"); *at; at += strspn(at, " ,")) {
        size_t length = strcspn(at, " ,");
        if (!is_in(p->words, at, length) && !(p->numbers && is_number(at, length))) return 0;
        at += length;
        count++;
    }
    return count > 0;
}

/// Whether the entry NAME=value is passed on to a runtime.
static int passes(const char *entry) {
    static const char *const prefixes[] = {"OMP_", "KMP_", "GOMP_", "LIBOMP_"};
    size_t known = sizeof prefixes / sizeof *prefixes, i = 0;
    while (i < known && strncmp(entry, prefixes[i], strlen(prefixes[i])) != 0) i++;
    if (i == known) return 1;
    for (i = 0; i < PASSED; i++) {
        size_t length = strlen(passed[i].name);
        if (strncmp(entry, passed[i].name, length) != 0 || entry[length] != '=') continue;
        if (is_sound(&passed[i], entry + length + 1)) return 1;
        tk_note("%.80s is not understood and is ignored", entry);
    }
    return 0;
}

char **tk_runtime_environment(char **inherited) {
    // Stacks as `tk_available_threads` tries them.
    static char stack[] = "OMP_STACKSIZE=2M";
    static char *const nothing[] = {NULL};
    char *const *from = inherited ? inherited : nothing;
    size_t count = 0;
    while (from[count]) count++;
    char **result = malloc((count + 2) * sizeof *result);
    if (!result) return NULL;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (passes(from[i])) result[kept++] = from[i];
    }
    result[kept++] = stack;
    result[kept] = NULL;
    return result;
}

int tk_environment_sets_spin(void) {
    for (int i = 0; i < 2; i++) {
        const char *value = getenv(passed[i].name);
        if (value && is_sound(&passed[i], value)) return 1;
    }
    return 0;
}

// MARK: files

int tk_can_open_files(int count) {
    enum { MOST = 16 };
    int files[MOST], opened = 0;
    if (count > MOST) count = MOST;
    while (opened < count && (files[opened] = open("/", O_RDONLY | O_CLOEXEC)) >= 0) opened++;
    for (int i = 0; i < opened; i++) close(files[i]);
    return opened == count;
}

int tk_can_share_memory(void) {
    long page = sysconf(_SC_PAGESIZE);
    struct rlimit largest;
    // Beyond it a signal would end the process.
    if (getrlimit(RLIMIT_FSIZE, &largest) == 0 && largest.rlim_cur < (rlim_t)page) return 0;
    char name[64];
    snprintf(name, sizeof name, "/tessera-%ld", (long)getpid());
    int file = shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return 0;
    shm_unlink(name);
    int full = posix_fallocate(file, 0, page);
    close(file);
    return full == 0;
}
