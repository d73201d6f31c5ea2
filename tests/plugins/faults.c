/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - a provider's cassettes through the plugin linked into this program, where the failing
 * allocations of the test kit reach the plugin's own memory, which they do not in a loaded file.
 * ENTRY is the plugin's built-in entry; CASSETTES its folder.
 */
#include "cassette.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

SLUICE_EXTERN_C const sluice_plugin *ENTRY(void);

static int torture(const struct sl_testplugin *plugin, const char *path)
{
    struct sl_cassette *c = NULL;
    sluice_error err = SLUICE_ERROR_INIT;
    char *fault;

    if (sl_cassette_load(path, &c, &err) < 0) {
        printf("FAIL %s: %s\n", path, err.message);
        return 1;
    }
    fault = sl_cassette_play(c, plugin);
    if (!fault)
        fault = sl_cassette_torture(c, plugin);
    if (fault)
        printf("FAIL %s\n%s\n", path, fault);
    sl_cassette_destroy(c);
    free(fault);
    return fault != NULL;
}

int main(void)
{
    struct sl_testplugin *plugin = NULL;
    sluice_error err = SLUICE_ERROR_INIT;
    glob_t files;
    int bad = 0;

    if (sl_testplugin_wrap(ENTRY, &plugin, &err) < 0 ||
        glob(CASSETTES "/*.cassette", 0, NULL, &files) != 0) {
        printf("no plugin or no cassettes: %s\n", err.message);
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        bad += torture(plugin, files.gl_pathv[i]);
    printf("%zu cassettes, %d failed\n", files.gl_pathc, bad);
    globfree(&files);
    sl_testplugin_drop(plugin);
    return bad > 0;
}
