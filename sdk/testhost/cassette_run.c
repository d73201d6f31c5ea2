/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cassette_run.c - replays cassettes through a provider file.
 *
 *     cassette_run [--once] [--record] PLUGIN.so FILE.cassette...
 *
 * Each is played as it is, then cut at every byte, stopped after every step and with every
 * allocation failing in turn (--once: not). --record writes what comes out now into the files.
 * Exits with the number of cassettes that failed, at most 100.
 */
#include "cassette.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    bool once, record;
};

static int run(const struct options *o, const struct sl_testplugin *plugin, const char *path)
{
    struct sl_cassette *c = NULL;
    sluice_error err = SLUICE_ERROR_INIT;
    char *fault = NULL;
    int bad = 0;

    if (sl_cassette_load(path, &c, &err) < 0 ||
        (o->record && sl_cassette_record(path, c, plugin, &err) < 0)) {
        printf("FAIL %s\n%s\n", path, err.message);
        sl_cassette_destroy(c);
        return 1;
    }
    if (!o->record)
        fault = sl_cassette_play(c, plugin);
    if (!fault && !o->once)
        fault = sl_cassette_torture(c, plugin);
    if (fault) {
        printf("FAIL %s\n%s\n", path, fault);
        bad = 1;
    } else {
        printf("ok   %s\n", path);
    }
    free(fault);
    sl_cassette_destroy(c);
    return bad;
}

int main(int argc, char **argv)
{
    struct options o = { false, false };
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;
    int i = 1, bad = 0;

    for (; i < argc && argv[i][0] == '-'; i++) {
        o.once |= !strcmp(argv[i], "--once");
        o.record |= !strcmp(argv[i], "--record");
    }
    if (argc - i < 2) {
        fputs("usage: cassette_run [--once] [--record] PLUGIN.so FILE.cassette...\n", stderr);
        return 100;
    }
    if (sl_testplugin_load(argv[i], &plugin, &err) < 0) {
        printf("FAIL %s\n", err.message);
        return 100;
    }
    for (i++; i < argc; i++)
        bad += run(&o, plugin, argv[i]);
    sl_testplugin_drop(plugin);
    return bad > 100 ? 100 : bad;
}
