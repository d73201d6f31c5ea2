/* SPDX-License-Identifier: Apache-2.0 */
/* routing_sim.c - runs the scenarios and prints a table; fails when a figure is out of its range.
 */
#include "scenarios.h"

#include <stdio.h>

const char *sim_plugins;
static int bad;

void heading(const char *text)
{
    printf("\n%s\n", text);
}

void note(const char *what, double figure)
{
    printf("        %-66s %12.4f\n", what, figure);
}

void expect(const char *what, double figure, double least, double most)
{
    int ok = figure >= least && figure <= most;

    printf("%s  %-66s %12.4f  in %.4f .. %.4f\n", ok ? "  ok  " : " FAIL ", what, figure, least,
           most);
    bad += !ok;
}

struct answer sim_exact(struct world *w, size_t deployment)
{
    uint64_t us = (uint64_t)w->vendors[deployment].median_us;

    return (struct answer){ SLUICE_OK, us, us };
}

struct answer sim_steady(struct world *w, size_t deployment)
{
    uint64_t us = (uint64_t)world_spread(w, w->vendors[deployment].median_us);

    return (struct answer){ SLUICE_OK, us, us };
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: routing_sim FOLDER-OF-PLUGINS\n");
        return 2;
    }
    sim_plugins = argv[1];
    shares();
    usage();
    latency();
    tails();
    outage();
    printf("\n%s\n", bad ? "FAILED" : "all as expected");
    return bad > 0;
}
