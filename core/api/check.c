/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - a configuration or a plugin file looked at without being used. */
#include <stdlib.h>
#include "api/instance.h"
#include "base/status.h"
#include "plugin/check.h"

struct report {
    sluice_report_cb line;
    void *ctx;
};

static void on_line(void *ctx, enum sl_key_verdict verdict, sluice_span where, sluice_span key,
                    sluice_span text)
{
    struct report *r = ctx;

    if (r->line)
        r->line(r->ctx, (int32_t)verdict, where, key, text);
}

/* Does every plugin that the configuration names exist, and take what it is given? Opening says so.
 */
static sluice_status try_plugins(const sluice_options *options, struct report *r, sluice_error *err)
{
    sluice_options trial = *options;
    sluice *s;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    trial.flags |= SLUICE_OPEN_TRIAL;
    st = sluice_open(&trial, &s, &why);
    if (st < 0) {
        on_line(r, SL_KEY_ERROR, sl_span_str(options->config_file ? options->config_file : ""),
                sl_span_str(why.param), sl_span_str(why.message));
        if (err)
            *err = why;
        return st;
    }
    sluice_close(s, 0);
    return SLUICE_OK;
}

sluice_status sluice_check(const sluice_options *options, sluice_report_cb line, void *ctx,
                           sluice_error *err)
{
    struct report r = { line, ctx };
    struct sl_config_report report = { on_line, &r };
    struct sl_settings *settings = NULL;
    sluice_status st;

    if (!options->config_file && !options->config.len)
        return sl_fail(err, SLUICE_E_INVALID, "there is no configuration to check");
    st = sl_settings_load(options->config.len ? NULL : options->config_file, options->config,
                          &report, &settings, err);
    sl_settings_destroy(settings);
    return st < 0 ? st : try_plugins(options, &r, err);
}

sluice_status sluice_plugin_check(const char *file, char **json, sluice_error *err)
{
    return sl_plugin_check(file, json, err);
}
