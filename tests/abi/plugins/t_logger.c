/* SPDX-License-Identifier: Apache-2.0 */
/* t_logger.c - a logger for the tests: counts records, has no loop. */
#include <stdlib.h>
#include <string.h>
#include <sluice/ext/io.h>
#include <sluice/logger.h>

struct sluice_logger {
    const sluice_host *host;
    size_t n;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_logger **out,
                            sluice_error *err)
{
    static const char had_loop[] = "a logger was given a loop";

    (void)config;
    if (host->get_extension(host, SLUICE_IO_ID)) {
        memcpy(err->message, had_loop, sizeof had_loop);
        return SLUICE_E_INTERNAL;
    }
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SLUICE_E_NOMEM;
    (*out)->host = host;
    return SLUICE_OK;
}

static sluice_status write_records(sluice_logger *l, const sluice_record *const *records, size_t n,
                                   size_t *done, sluice_error *err)
{
    (void)err;
    for (size_t i = 0; i < n; i++)
        l->n += records[i]->kind == SLUICE_RECORD_CALL;
    *done = n;
    return SLUICE_OK;
}

static void destroy(sluice_logger *l)
{
    free(l);
}

static const sluice_logger_class logger = {
    .struct_size = sizeof logger,
    .create = create,
    .write = write_records,
    .destroy = destroy,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) ? NULL : &logger;
}

static const sluice_plugin plugin = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "t_logger",
    .version = "1",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(t_logger)
{
    return &plugin;
}
