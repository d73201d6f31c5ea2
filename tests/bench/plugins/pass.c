/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c - a logger that takes every record and does nothing with it: the price of a plugin. Built
 * under ten names (PASS_ID). */
#include <sluice/logger.h>
#include <string.h>

struct sluice_logger {
    char nothing;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_logger **out,
                            sluice_error *err)
{
    static sluice_logger one;

    (void)host;
    (void)config;
    (void)err;
    *out = &one;
    return SLUICE_OK;
}

static sluice_status write_nothing(sluice_logger *self, const sluice_record *const *records,
                                   size_t n, size_t *done, sluice_error *err)
{
    (void)self;
    (void)records;
    (void)err;
    *done = n;
    return SLUICE_OK;
}

static void destroy(sluice_logger *self)
{
    (void)self;
}

static const sluice_logger_class logger_class = {
    .struct_size = sizeof(sluice_logger_class),
    .config_schema = "{\"type\":\"object\"}",
    .create = create,
    .write = write_nothing,
    .destroy = destroy,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) == 0 ? &logger_class : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof(sluice_plugin),
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = PASS_ID,
    .version = "1.0.0",
    .vendor = "sluice",
    .summary = "lets everything pass",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(pass)
{
    return &descriptor;
}
