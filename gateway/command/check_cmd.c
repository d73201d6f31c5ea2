/* SPDX-License-Identifier: Apache-2.0 */
/* check_cmd.c - `sluice check FILE [--strict]`: for each key whether it is in force exactly. */
#include "command/commands.h"
#include "command/logline.h"
#include "command/quickstart.h"

#include <string.h>
#include <sluice/sluice.h>

#define VERDICTS 4

struct report {
    size_t count[VERDICTS];
    bool brief; /* only what is not exact */
};

static void line(void *ctx, int32_t severity, sluice_span where, sluice_span key, sluice_span text)
{
    static const char *const names[VERDICTS] = { "exact", "approximated", "ignored", "error" };
    struct report *r = ctx;

    if (severity < 0 || severity >= VERDICTS)
        severity = VERDICTS - 1;
    r->count[severity]++;
    if (r->brief && severity == 0)
        return;
    printf("%-12s  %.*s  %.*s%s%.*s\n", names[severity], (int)where.len, where.ptr, (int)key.len,
           key.ptr, text.len ? ": " : "", (int)text.len, text.ptr);
}

int gw_check_command(int argc, char **argv)
{
    static const char *const names[] = { "--strict", "--quiet", "--help" };
    struct gw_options o = { 0 };
    struct gw_opening opening;
    sluice_error err = SLUICE_ERROR_INIT;
    struct report report = { 0 };
    bool strict = false;
    sluice_status st;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--strict"))
            strict = true;
        else if (!strcmp(argv[i], "--quiet"))
            report.brief = true;
        else if (argv[i][0] == '-' && strcmp(argv[i], "--help"))
            return gw_unknown_flag("check", argv[i], names, sizeof names / sizeof names[0]);
        else if (argv[i][0] != '-' && !o.config)
            o.config = argv[i];
        else
            o.config = NULL, i = argc;
    }
    if (!o.config) {
        fputs("usage: sluice check FILE [--strict] [--quiet]\n"
              "  --strict  fail on every key that is not in force exactly\n"
              "  --quiet   leave out the keys that are\n",
              stderr);
        return 2;
    }
    gw_log_from(GW_LOG_WARN);
    st = SLUICE_E_NOMEM;
    if (gw_opening_init(&opening, &o, stderr))
        st = sluice_check(&opening.options, line, &report, &err);
    gw_opening_finish(&opening);
    if (st < 0 && !report.count[3] && err.message[0])
        printf("error         %s\n", err.message);
    printf("%zu exact, %zu approximated, %zu ignored, %zu error%s\n", report.count[0],
           report.count[1], report.count[2], report.count[3], report.count[3] == 1 ? "" : "s");
    if (st < 0 || report.count[3])
        return 1;
    return strict && (report.count[1] || report.count[2]) ? 1 : 0;
}
