#define _GNU_SOURCE
#include "CPerf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    uint32_t type;
    uint64_t config;
} events[CP_EVENT_COUNT] = {
    [CP_CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    [CP_INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    [CP_CACHE_REFERENCES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
    [CP_CACHE_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    [CP_TASK_CLOCK] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    [CP_PAGE_FAULTS] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
};

int cp_open(enum cp_event event, int tid) {
    if ((unsigned)event >= CP_EVENT_COUNT) return -EINVAL;
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = events[event].type;
    attr.config = events[event].config;
    /* All that kernel.perf_event_paranoid = 2, the usual value, allows. */
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    long descriptor = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int cp_read(int descriptor, double *value) {
    struct {
        uint64_t value, enabled, running;
    } counted;
    ssize_t length = read(descriptor, &counted, sizeof counted);
    if (length < 0) return -errno;
    if (length != (ssize_t)sizeof counted) return -EIO;
    double scale = counted.running > 0 ? (double)counted.enabled / (double)counted.running : 1;
    *value = (double)counted.value * scale;
    return 0;
}

void cp_close(int descriptor) { close(descriptor); }
