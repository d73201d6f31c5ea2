/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - loads a configuration from text and keeps its report as lines "verdict where key: text".
 */
#ifndef TESTS_CONFIG_KIT_H
#define TESTS_CONFIG_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "config/settings.h"

struct loaded {
    struct sl_settings *s; /* NULL when there were errors */
    sluice_status status;
    sluice_error err;
    struct sl_buf report;
};

static inline void kit_line(void *ctx, enum sl_key_verdict verdict, sluice_span where,
                            sluice_span key, sluice_span text)
{
    static const char *const names[] = { "exact", "approximated", "ignored", "error" };

    sl_buf_printf(ctx, "%s %.*s %.*s: %.*s\n", names[verdict], SL_FMT(where), SL_FMT(key),
                  SL_FMT(text));
}

static inline void kit_load_from(struct loaded *l, const char *path, sluice_span text)
{
    struct sl_config_report report = { kit_line, &l->report };

    *l = (struct loaded){ .err = SLUICE_ERROR_INIT };
    sl_buf_init(&l->report, 16 << 20);
    l->status = sl_settings_load(path, text, &report, &l->s, &l->err);
    sl_buf_add_char(&l->report, '\0');
}

static inline void kit_load(struct loaded *l, const char *text)
{
    kit_load_from(l, NULL, sl_span_str(text));
}

static inline void kit_unload(struct loaded *l)
{
    sl_settings_destroy(l->s);
    sl_buf_finish(&l->report);
}

static inline bool kit_reports(const struct loaded *l, const char *part)
{
    return l->report.ptr && strstr(l->report.ptr, part) != NULL;
}

#define assert_reported(l, part)                                                                   \
    do {                                                                                           \
        if (!kit_reports(&(l), part))                                                              \
            fail_msg("no '%s' in\n%s", part, (l).report.ptr);                                      \
    } while (0)
#define assert_unreported(l, part)                                                                 \
    do {                                                                                           \
        if (kit_reports(&(l), part))                                                               \
            fail_msg("'%s' in\n%s", part, (l).report.ptr);                                         \
    } while (0)
/* Loads what must be free of errors. */
#define load_good(l, text)                                                                         \
    do {                                                                                           \
        kit_load(&(l), text);                                                                      \
        if ((l).status != SLUICE_OK)                                                               \
            fail_msg("%s", (l).err.message);                                                       \
    } while (0)
#define assert_span(span, text)                                                                    \
    do {                                                                                           \
        sluice_span span_ = (span);                                                                \
        if (!sl_span_eq(span_, sl_span_str(text)))                                                 \
            fail_msg("'%.*s' is not '%s'", SL_FMT(span_), text);                                   \
    } while (0)

#endif
