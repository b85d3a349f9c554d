// CPU quotas of control groups, versions 1 and 2. A process with two processors' time on a large host would otherwise be
// throttled most of the time.
#include "environment.h"

#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

/// The numbers in a file, of which "max" is none.
static int read_numbers(const char *path, long long *first, long long *second) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int fields = fscanf(file, "%lld %lld", first, second);
    fclose(file);
    return fields;
}

static int processors(long long time, long long period) {
    if (time <= 0 || period <= 0) return 0;
    long long count = time / period + (time % period != 0);
    return count > TK_MOST_THREADS ? TK_MOST_THREADS : (int)count;
}

/// The quota in folder `base`/`group`: cpu.max of version 2, or the two files of version 1.
static int quota_in(const char *base, const char *group) {
    char path[PATH_BYTES];
    long long time = 0, period = 0, none = 0;
    snprintf(path, sizeof path, "%s%s/cpu.max", base, group);
    if (read_numbers(path, &time, &period) == 2) return processors(time, period);
    snprintf(path, sizeof path, "%s%s/cpu.cfs_quota_us", base, group);
    if (read_numbers(path, &time, &none) < 1) return 0;
    snprintf(path, sizeof path, "%s%s/cpu.cfs_period_us", base, group);
    return read_numbers(path, &period, &none) < 1 ? 0 : processors(time, period);
}

static int smaller(int a, int b) { return a == 0 || (b > 0 && b < a) ? b : a; }

/// The least quota of `group` and its parents. A container may see its own group as the root under another's path.
static int least_quota(const char *base, const char *group) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s", strcmp(group, "/") == 0 ? "" : group);
    int least = quota_in(base, path);
    for (char *cut = strrchr(path, '/'); cut; cut = strrchr(path, '/')) {
        *cut = 0;
        least = smaller(least, quota_in(base, path));
    }
    return least;
}

/// Whether a comma-separated list of controllers names "cpu".
static int has_cpu(const char *controllers) {
    for (const char *at = controllers; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == 0)) return 1;
    }
    return 0;
}

/// One line of the list of groups: "0::/group" in version 2, "4:cpu,cpuacct:/group" in version 1.
static int quota_of_line(char *line, const char *root) {
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return 0;
    *group++ = 0;
    controllers++;
    group[strcspn(group, "\n")] = 0;
    char base[PATH_BYTES];
    if (*controllers == 0) {
        snprintf(base, sizeof base, "%s/unified", root);
        return smaller(least_quota(root, group), least_quota(base, group));
    }
    if (!has_cpu(controllers)) return 0;
    snprintf(base, sizeof base, "%s/%s", root, controllers);
    int quota = least_quota(base, group);
    snprintf(base, sizeof base, "%s/cpu", root);
    return smaller(quota, least_quota(base, group));
}

int tk_quota(const char *groups, const char *root) {
    int least = quota_in(root, "");
    FILE *file = fopen(groups, "r");
    if (!file) return least;
    char line[PATH_BYTES];
    while (fgets(line, sizeof line, file)) least = smaller(least, quota_of_line(line, root));
    fclose(file);
    return least;
}
