/* SPDX-License-Identifier: Apache-2.0 */
/* cpus.h - how many cores this process may use: affinity and the cgroup's cpu.max, not nproc. */
#ifndef GW_CPUS_H
#define GW_CPUS_H

/* At least 1. */
unsigned gw_cpus_available(void);

/* What a cgroup v2 cpu.max line ("200000 100000", "max 100000") allows, rounded up; 0 = no limit or
 * not readable as one. */
unsigned gw_cpus_of_quota(const char *line);

#endif
