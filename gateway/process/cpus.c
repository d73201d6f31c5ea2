/* SPDX-License-Identifier: Apache-2.0 */
/* cpus.c - a container with a quota of two cores on a machine with 64 gets two loops. */
#include "process/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned gw_cpus_of_quota(const char *line)
{
    char *end = NULL;
    long quota = strtol(line, &end, 10), period;

    if (end == line || quota <= 0)
        return 0;
    period = strtol(end, &end, 10);
    if (period <= 0)
        return 0;
    return (unsigned)((quota + period - 1) / period);
}

static unsigned quota_of(const char *group)
{
    char path[512], line[64];
    unsigned n = 0;
    FILE *f;

    if ((size_t)snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group) >= sizeof path)
        return 0;
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fgets(line, sizeof line, f))
        n = gw_cpus_of_quota(line);
    fclose(f);
    return n;
}

/* The tightest quota of our group and its ancestors; 0 = none. */
static unsigned group_limit(void)
{
    char line[512] = "", *group = NULL;
    unsigned limit = 0;
    FILE *f = fopen("/proc/self/cgroup", "re");

    if (!f)
        return 0;
    while (!group && fgets(line, sizeof line, f))
        if (!strncmp(line, "0::/", 4))
            group = line + 3;
    fclose(f);
    if (!group)
        return 0;
    group[strcspn(group, "\n")] = '\0';
    for (;;) {
        unsigned n = quota_of(group);
        char *slash = strrchr(group, '/');

        if (n && (!limit || n < limit))
            limit = n;
        if (!slash)
            return limit;
        *slash = '\0'; /* "/a/b", "/a", "": the last one is the root group */
    }
}

unsigned gw_cpus_available(void)
{
    cpu_set_t set;
    unsigned n = 1, limit = group_limit();

    if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 0)
        n = (unsigned)CPU_COUNT(&set);
    return limit && limit < n ? limit : n;
}
