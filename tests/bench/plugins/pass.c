/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c - a logger that takes every record and does nothing with it: the price of a plugin. Built
 * under ten names (PASS_ID). With {"hold": true} it takes none, so that they wait. */
#include <sluice/logger.h>
#include <stdlib.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>

struct sluice_logger {
    bool hold;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_logger **out,
                            sluice_error *err)
{
    sluice_logger *l = calloc(1, sizeof *l);

    (void)host;
    (void)err;
    if (!l)
        return SLUICE_E_NOMEM;
    l->hold = sl_json_is_true(sl_json_member(config, SL_SPAN("hold")));
    *out = l;
    return SLUICE_OK;
}

static sluice_status write_nothing(sluice_logger *self, const sluice_record *const *records,
                                   size_t n, size_t *done, sluice_error *err)
{
    (void)records;
    (void)err;
    *done = self->hold ? 0 : n;
    return self->hold ? SLUICE_E_UNAVAILABLE : SLUICE_OK;
}

static void destroy(sluice_logger *self)
{
    free(self);
}

static const sluice_logger_class logger_class = {
    .struct_size = sizeof(sluice_logger_class),
    .config_schema = "{\"type\":\"object\"}",
    .create = create,
    .write = write_nothing,
    .destroy = destroy,
};

SL_PLUGIN(pass, PASS_ID, "1.0.0", "sluice", "lets everything pass", SLUICE_LOGGER_ID, &logger_class)
