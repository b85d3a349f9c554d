#ifndef TESSERA_CPERF_H
#define TESSERA_CPERF_H

#include <stdint.h>

/// Counters of the processor and the kernel, one of one thread each (perf_event_open).
enum cp_event {
    CP_CYCLES,
    CP_INSTRUCTIONS,
    /// Of the last level of caches.
    CP_CACHE_REFERENCES,
    CP_CACHE_MISSES,
    /// Nanoseconds in which the thread ran.
    CP_TASK_CLOCK,
    CP_PAGE_FAULTS,
    CP_EVENT_COUNT
};

/// Opens a counter of what thread `tid` of this process does in user space, counting from now on. Gives a descriptor, or -errno.
int cp_open(enum cp_event event, int tid);

/// Its count so far; where it had to share the processor's counters with others, what it would be without that. Gives 0, or -errno.
int cp_read(int descriptor, double *value);

void cp_close(int descriptor);

#endif
