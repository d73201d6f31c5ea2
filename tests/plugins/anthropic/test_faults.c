/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults.c - every cassette through the plugin linked into this program, where the failing
 * allocations of the test kit reach the plugin's own buffers, which they do not in a loaded file.
 */
#include "cassette.h"

#include <stdio.h>
#include <stdlib.h>

const sluice_plugin *sluice_builtin_anthropic(void);

int main(int argc, char **argv)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_testplugin *plugin = NULL;
    int bad = 0;

    if (sl_testplugin_wrap(sluice_builtin_anthropic, &plugin, &err) < 0) {
        printf("%s\n", err.message);
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        struct sl_cassette *c = NULL;
        char *fault = NULL;

        if (sl_cassette_load(argv[i], &c, &err) < 0) {
            printf("FAIL %s: %s\n", argv[i], err.message);
            bad++;
            continue;
        }
        fault = sl_cassette_play(c, plugin);
        if (!fault)
            fault = sl_cassette_torture(c, plugin);
        if (fault) {
            printf("FAIL %s\n%s\n", argv[i], fault);
            bad++;
        }
        free(fault);
        sl_cassette_destroy(c);
    }
    sl_testplugin_drop(plugin);
    return bad > 0;
}
