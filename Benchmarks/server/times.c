// Every latency is kept: quantiles are exact.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

bool times_add(times *t, uint64_t nanoseconds) {
    if (t->count == t->room) {
        size_t room = t->room ? t->room * 2 : 1 << 16;
        uint64_t *values = realloc(t->values, room * sizeof *values);
        if (!values) return false;
        t->values = values;
        t->room = room;
    }
    t->values[t->count++] = nanoseconds;
    return true;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The least value that a share of all stay within, in microseconds.
static double quantile(const times *t, double share) {
    size_t place = (size_t)(share * (double)t->count);
    if ((double)place < share * (double)t->count) place++;
    return (double)t->values[place ? place - 1 : 0] / 1e3;
}

void times_print(times *t) {
    if (!t->count) {
        printf("null");
        return;
    }
    qsort(t->values, t->count, sizeof *t->values, ascending);
    double sum = 0;
    for (size_t i = 0; i < t->count; i++) sum += (double)t->values[i];
    printf(
        "{\"min\": %.1f, \"mean\": %.1f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p99_9\": %.1f, \"max\": %.1f}", quantile(t, 0),
        sum / (double)t->count / 1e3, quantile(t, 0.5), quantile(t, 0.9), quantile(t, 0.99), quantile(t, 0.999), quantile(t, 1));
}
