/* SPDX-License-Identifier: Apache-2.0 */
/* plugins_cmd.c - `sluice plugins`: what is found; `sluice plugins check FILE`: why one is not. */
#include "command/ask.h"
#include "command/commands.h"
#include "command/logline.h"
#include "command/quickstart.h"

#include <sluice_sdk/json.h>

struct listing {
    bool json;
    size_t n;
};

static sluice_span text_of(sluice_span row, const char *name)
{
    sluice_span inside = { NULL, 0 };

    sl_json_raw_string(sl_json_find(row, name), &inside);
    return inside;
}

static int on_row(void *ctx, sluice_span row)
{
    struct listing *l = ctx;
    sluice_span hash = text_of(row, "sha256"), uses = text_of(row, "uses");
    sluice_span version = text_of(row, "version");

    if (l->json) {
        printf("%.*s\n", SL_FMT(row));
        return 0;
    }
    if (!l->n++)
        printf("%-24s %-9s %-13s %-4s %-12s %s\n", "ID", "KIND", "VERSION/USES", "ABI", "SHA-256",
               "FILE");
    /* A data file has no version of its own, but a class that runs it. */
    printf("%-24.*s %-9.*s %-13.*s %-4.*s %-12.*s %.*s\n", SL_FMT(text_of(row, "id")),
           SL_FMT(text_of(row, "kind")), SL_FMT(version.len ? version : uses),
           SL_FMT(text_of(row, "abi")), SL_FMT(sl_span_head(hash, 12)),
           SL_FMT(text_of(row, "file")));
    return 0;
}

static int list(const struct gw_options *o, bool json)
{
    struct listing listing = { .json = json };
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_opening opening;
    sluice_loop *loop = NULL;
    sluice *s = NULL;
    sluice_status st = SLUICE_E_INVALID;

    if (gw_opening_init(&opening, o, stderr)) {
        st = sluice_open(&opening.options, &s, &err);
        if (st >= 0)
            st = sluice_spawn(s, &loop, &err);
        if (st >= 0)
            st = gw_ask(loop, NULL, "plugins.list", on_row, &listing, &err);
    }
    if (st < 0)
        fprintf(stderr, "sluice plugins: %s\n", err.message);
    if (s)
        sluice_close(s, 0);
    gw_opening_finish(&opening);
    return st < 0;
}

static int check(const char *file)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *json = NULL;

    if (sluice_plugin_check(file, &json, &err) < 0) {
        fprintf(stderr, "sluice plugins check: %s\n", err.message);
        return 1;
    }
    printf("%s\n", json);
    sluice_free(json);
    return 0;
}

int gw_plugins_command(int argc, char **argv)
{
    static const char *const names[] = { "--json", "--config", "--plugin_path", "--help" };
    struct gw_options o = { 0 };
    bool json = false;

    gw_log_from(GW_LOG_WARN);
    if (argc == 2 && !strcmp(argv[0], "check"))
        return check(argv[1]);
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--json"))
            json = true;
        else if ((!strcmp(argv[i], "--config") || !strcmp(argv[i], "-c")) && i + 1 < argc)
            o.config = argv[++i];
        else if (!strcmp(argv[i], "--plugin_path") && i + 1 < argc)
            o.plugin_path = argv[++i];
        else if (argv[i][0] == '-' && strcmp(argv[i], "--help"))
            return gw_unknown_flag("plugins", argv[i], names, sizeof names / sizeof names[0]);
        else {
            fputs("usage: sluice plugins [--config FILE] [--plugin_path DIRS] [--json]\n"
                  "       sluice plugins check FILE\n",
                  stderr);
            return 2;
        }
    }
    return list(&o, json);
}
