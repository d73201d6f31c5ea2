/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.c - one line of JSON per call, appended to a file. It runs on a thread of its own, so
 * plain blocking code is right: what is slow here is slow for nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sluice/logger.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>

#define LINE_MAX_BYTES (64u << 10)

struct sluice_logger {
    const sluice_host *host;
    char *path;
    int fd;
    struct sl_buf line;
};

static void destroy(sluice_logger *l)
{
    sl_buf_finish(&l->line);
    free(l->path);
    free(l);
}

/* The configuration is checked already: "file", if given, is text. */
static sluice_status create(const sluice_host *host, sluice_span config, sluice_logger **out,
                            sluice_error *err)
{
    sluice_span inside;
    sluice_logger *l = calloc(1, sizeof *l);

    (void)err;
    if (!l)
        return SLUICE_E_NOMEM;
    l->host = host;
    l->fd = -1;
    sl_buf_init(&l->line, LINE_MAX_BYTES);
    if (!sl_json_raw_string(sl_json_find(config, "file"), &inside))
        inside = (sluice_span){ "sluice-calls.jsonl", 18 };
    l->path = malloc(inside.len + 1);
    if (!l->path) {
        destroy(l);
        return SLUICE_E_NOMEM;
    }
    l->path[sl_json_unescape(inside, l->path)] = 0;
    *out = l;
    return SLUICE_OK;
}

/* Called again with back-off while it says UNAVAILABLE. */
static sluice_status start(sluice_logger *l, sluice_error *err)
{
    l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (l->fd >= 0)
        return SLUICE_OK;
    snprintf(err->message, sizeof err->message, "%s: %s", l->path, strerror(errno));
    return SLUICE_E_UNAVAILABLE;
}

static int64_t count(const sluice_record *r, uint32_t kind)
{
    for (size_t i = 0; i < r->n_counts; i++)
        if (r->counts[i].kind == kind)
            return r->counts[i].n;
    return -1;
}

static void write_line(struct sl_buf *b, const sluice_record *r)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", r->uid);
    sl_json_kv_i64(&o, "started_us", r->started_us);
    sl_json_kv_str(&o, "operation", r->operation);
    sl_json_kv_str(&o, "model", r->model);
    sl_json_kv_str(&o, "provider", r->provider);
    sl_json_kv_i64(&o, "http_status", r->http_status);
    sl_json_kv_i64(&o, "total_us", r->total_us);
    sl_json_kv_i64(&o, "input_tokens", count(r, SLUICE_USE_INPUT));
    sl_json_kv_i64(&o, "output_tokens", count(r, SLUICE_USE_OUTPUT));
    sl_json_kv_str(&o, "error", r->error_message);
    sl_json_close(&o, '}');
    sl_buf_add_char(b, '\n');
}

/* One write() per line, so that a line is in the file whole or not at all. */
static sluice_status write_records(sluice_logger *l, const sluice_record *const *records, size_t n,
                                   size_t *done, sluice_error *err)
{
    for (*done = 0; *done < n; ++*done) {
        const sluice_record *r = records[*done];

        if (r->kind != SLUICE_RECORD_CALL)
            continue; /* also kinds that came later */
        sl_buf_reset(&l->line);
        write_line(&l->line, r);
        if (!sl_buf_ok(&l->line))
            return SLUICE_E_INVALID; /* this one is unusable: the host drops it and goes on */
        if (write(l->fd, l->line.ptr, l->line.len) != (ssize_t)l->line.len) {
            snprintf(err->message, sizeof err->message, "%s: %s", l->path, strerror(errno));
            return SLUICE_E_UNAVAILABLE; /* the host keeps the rest and tries again */
        }
    }
    return SLUICE_OK;
}

static void stop(sluice_logger *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

static const sluice_logger_class logger = {
    .struct_size = sizeof logger,
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,"
                     "\"properties\":{\"file\":{\"type\":\"string\",\"minLength\":1}}}",
    .create = create,
    .start = start,
    .write = write_records,
    .stop = stop,
    .destroy = destroy,
};

SL_PLUGIN(example_lines, "example_lines", "1.0", "example",
          "a line of JSON per call, appended to a file", SLUICE_LOGGER_ID, &logger)
