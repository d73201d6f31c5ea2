/* SPDX-License-Identifier: Apache-2.0 */
/* testlog.h - a logger that keeps records for the test that includes this, behind kit.h:
 * sluice_add_builtin(testlog), LOGGED in the configuration, and after kit_close() they are in
 * seen[]. */
#ifndef TEST_CALL_TESTLOG_H
#define TEST_CALL_TESTLOG_H

#include <sluice/logger.h>

#define LOGGED "litellm_settings: {callbacks: [testlog]}\n"

struct seen {
    uint32_t kind, flags;
    int32_t http_status;
    sluice_status status;
    char uid[64], parent[64], purpose[64], text[2048], detail[1024];
    int64_t input, output;
    uint32_t attempts;
    char variant[32];
};

static struct seen seen[16];
static size_t n_seen;

static sluice_status log_create(const sluice_host *host, sluice_span config, sluice_logger **out,
                                sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_logger *)(void *)seen;
    return SLUICE_OK;
}

static sluice_status log_write(sluice_logger *self, const sluice_record *const *records, size_t n,
                               size_t *done, sluice_error *err)
{
    (void)self;
    (void)done;
    (void)err;
    for (size_t i = 0; i < n && n_seen < 16; i++) {
        const sluice_record *r = records[i];
        struct seen *s = &seen[n_seen++];

        *s = (struct seen){ r->kind, r->flags, r->http_status, r->status, "", "", "", "", "",
                            -1,      -1,       r->attempts,    "" };
        snprintf(s->uid, sizeof s->uid, "%.*s", SL_FMT(r->uid));
        snprintf(s->parent, sizeof s->parent, "%.*s", SL_FMT(r->parent_uid));
        snprintf(s->variant, sizeof s->variant, "%.*s", SL_FMT(r->variant));
        snprintf(s->purpose, sizeof s->purpose, "%.*s", SL_FMT(r->purpose));
        snprintf(s->text, sizeof s->text, "%.*s %.*s %.*s %.*s", SL_FMT(r->error_message),
                 SL_FMT(r->request), SL_FMT(r->request_id), SL_FMT(r->key_id));
        snprintf(s->detail, sizeof s->detail, "%.*s", SL_FMT(r->detail));
        for (size_t k = 0; k < r->n_counts; k++)
            if (r->counts[k].kind == SLUICE_USE_OUTPUT)
                s->output = r->counts[k].n;
            else if (r->counts[k].kind == SLUICE_USE_INPUT)
                s->input = r->counts[k].n;
    }
    return SLUICE_OK;
}

static void log_destroy(sluice_logger *self)
{
    (void)self;
}

static const sluice_logger_class log_class = {
    .struct_size = sizeof log_class,
    .flags = SLUICE_LOG_BODIES,
    .config_schema = "{}",
    .create = log_create,
    .write = log_write,
    .destroy = log_destroy,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) == 0 ? &log_class : NULL;
}

static const sluice_plugin *testlog(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "testlog",
        .version = "1",
        .vendor = "test",
        .summary = "keeps records for this test",
        .get_class = get_class,
    };

    return &plugin;
}

#endif
