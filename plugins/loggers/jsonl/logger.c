/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.c - one line of JSON per record into a file. Lines are written whole, many at a time. When
 * the disk fills up in the middle of a line, the rest of that line is kept and written first as
 * soon as there is room again: no record is lost, doubled or torn.
 */
#include "jsonl.h"

#include <stdlib.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define MAX_BYTES ((int64_t)100 << 20)
#define KEEP 5
#define KEEP_MAX 1000
#define PATH_MAX_LEN 4096
#define CHUNK 65536 /* bytes that are gathered before they are written */
#define BATCH_MAX 1024

struct sluice_logger {
    const sluice_host *host;
    struct jsonl_file file;
    bool bodies, tries;
    struct sl_buf lines;    /* whole lines, not yet written */
    size_t ends[BATCH_MAX]; /* in `lines`, of each gathered record; one without a line ends where
                               the one before it does */
    size_t n;               /* gathered records */
    struct sl_buf rest;     /* of a line that was cut by a full disk */
    char rest_uid[64];      /* of its record, which will be handed in again */
};

static const char config_schema[] =
    "{\"type\":\"object\",\"required\":[\"path\"],\"properties\":{"
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"description\":\"the file; its folder must "
    "exist\"},"
    "\"max_bytes\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"rotate beyond this size; "
    "default 100 MiB, 0 never\"},"
    "\"keep\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000,\"description\":\"rotated files "
    "that stay, PATH.1 the youngest; default 5\"},"
    "\"bodies\":{\"type\":\"boolean\",\"description\":\"requests and answers too, where policy "
    "allows; default no\"},"
    "\"tries\":{\"type\":\"boolean\",\"description\":\"a line for each upstream attempt too; "
    "default no\"}},\"additionalProperties\":false}";

/* ---- configuration ---- */

static sluice_status number(sluice_span config, const char *name, int64_t most, int64_t *out,
                            sluice_error *err)
{
    sluice_span v = sl_json_member(config, sl_span_str(name));

    if (!v.ptr)
        return SLUICE_OK;
    if (!sl_json_i64(v, out) || *out < 0 || *out > most)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", name,
                             "%s must be an integer from 0 to %lld", name, (long long)most);
    return SLUICE_OK;
}

static sluice_status read_path(sluice_logger *l, sluice_span config, sluice_error *err)
{
    sluice_span v = sl_json_member(config, SL_SPAN("path")), inside;

    if (!v.ptr || !sl_json_raw_string(v, &inside) || !inside.len || inside.len > PATH_MAX_LEN)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", "path",
                             "path must name the file to write to");
    l->file.path = sl_fault_hit() ? NULL : malloc(inside.len + 1);
    if (!l->file.path)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating the jsonl logger");
    l->file.path[sl_json_unescape(inside, l->file.path)] = '\0';
    return SLUICE_OK;
}

static void jsonl_destroy(sluice_logger *self)
{
    jsonl_file_close(&self->file);
    sl_buf_finish(&self->lines);
    sl_buf_finish(&self->rest);
    free(self->file.path);
    free(self);
}

static sluice_status jsonl_create(const sluice_host *host, sluice_span config, sluice_logger **out,
                                  sluice_error *err)
{
    sluice_logger *l = sl_fault_hit() ? NULL : malloc(sizeof *l);
    sluice_status st;

    if (!l)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating the jsonl logger");
    *l =
        (sluice_logger){ .host = host, .file = { .fd = -1, .max_bytes = MAX_BYTES, .keep = KEEP } };
    sl_buf_init(&l->lines, 2 * JSONL_LINE_MAX);
    sl_buf_init(&l->rest, 2 * JSONL_LINE_MAX);
    config = sl_span_trim(config);
    if (sl_json_validate(config, NULL) < 0 || config.ptr[0] != '{')
        st = sl_fail(err, SLUICE_E_INVALID, "the configuration of jsonl is no JSON object");
    else
        st = read_path(l, config, err);
    if (st == SLUICE_OK)
        st = number(config, "max_bytes", INT64_MAX / 2, &l->file.max_bytes, err);
    if (st == SLUICE_OK)
        st = number(config, "keep", KEEP_MAX, &l->file.keep, err);
    if (st < 0) {
        jsonl_destroy(l);
        return st;
    }
    l->bodies = sl_json_is_true(sl_json_member(config, SL_SPAN("bodies")));
    l->tries = sl_json_is_true(sl_json_member(config, SL_SPAN("tries")));
    *out = l;
    return SLUICE_OK;
}

static sluice_status jsonl_start(sluice_logger *self, sluice_error *err)
{
    return self->file.fd >= 0 ? SLUICE_OK : jsonl_file_open(&self->file, err);
}

static void jsonl_stop(sluice_logger *self)
{
    jsonl_file_close(&self->file);
}

/* ---- writing ---- */

/* The rest of a cut line goes to the file that has its beginning, even if that was moved. */
static sluice_status finish_cut_line(sluice_logger *l, sluice_error *err)
{
    size_t written;
    sluice_status st = SLUICE_OK;

    if (!l->rest.len)
        return SLUICE_OK;
    if (l->file.fd < 0)
        st = jsonl_file_open(&l->file, err);
    if (st < 0)
        return st;
    st = jsonl_file_write(&l->file, sl_buf_span(&l->rest), &written, err);
    sl_buf_consume(&l->rest, written);
    return st;
}

static void forget_lines(sluice_logger *l)
{
    sl_buf_reset(&l->lines);
    l->n = 0;
}

static bool wanted(const sluice_logger *l, const sluice_record *r)
{
    return r->kind == SLUICE_RECORD_CALL || r->kind == SLUICE_RECORD_EVENT ||
           (r->kind == SLUICE_RECORD_TRY && l->tries);
}

static sluice_status gather(sluice_logger *l, const sluice_record *r)
{
    size_t before = l->lines.len;
    sluice_status st = wanted(l, r) ? jsonl_line(&l->lines, r, l->bodies) : SLUICE_OK;

    if (st < 0) {
        /* What was gathered before is still good. */
        l->lines.failed = false;
        l->lines.len = before;
        return st;
    }
    l->ends[l->n++] = l->lines.len;
    return SLUICE_OK;
}

/* Write the first `len` bytes of the lines, which end with a record. *done grows by the records
 * that are whole in the file; records[*done] is the first gathered one. */
static sluice_status write_lines(sluice_logger *l, size_t len, const sluice_record *const *records,
                                 size_t *done, sluice_error *err)
{
    size_t written, k = 0, begin;
    sluice_status st =
        jsonl_file_write(&l->file, sl_span_head(sl_buf_span(&l->lines), len), &written, err);

    while (k < l->n && l->ends[k] <= written)
        k++;
    *done += k;
    if (st < 0) {
        begin = k ? l->ends[k - 1] : 0;
        if (begin < written) {
            sl_buf_reset(&l->rest);
            sl_buf_add(&l->rest, sl_span(l->lines.ptr + written, l->ends[k] - written));
            sl_copy_text(l->rest_uid, sizeof l->rest_uid, records[*done]->uid);
        }
        return st;
    }
    l->n -= k;
    for (size_t i = 0; i < l->n; i++)
        l->ends[i] = l->ends[i + k] - len;
    sl_buf_consume(&l->lines, len);
    return SLUICE_OK;
}

/* The newest line does not fit behind those before it, or behind what is in the file. */
static sluice_status make_room(sluice_logger *l, size_t before, const sluice_record *const *records,
                               size_t *done, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (!l->file.max_bytes || l->file.size + (int64_t)l->lines.len <= l->file.max_bytes)
        return SLUICE_OK;
    if (before)
        st = write_lines(l, before, records, done, err);
    return st < 0 ? st : jsonl_file_room(&l->file, l->lines.len, err);
}

static sluice_status write_records(sluice_logger *l, const sluice_record *const *records, size_t n,
                                   size_t *done, sluice_error *err)
{
    sluice_status st = SLUICE_OK, bad = SLUICE_OK;

    while (st == SLUICE_OK && *done + l->n < n) {
        size_t before = l->lines.len;

        bad = gather(l, records[*done + l->n]);
        if (bad < 0)
            break;
        st = make_room(l, before, records, done, err);
        if (st == SLUICE_OK && (l->lines.len >= CHUNK || l->n == BATCH_MAX))
            st = write_lines(l, l->lines.len, records, done, err);
    }
    if (st == SLUICE_OK)
        st = write_lines(l, l->lines.len, records, done, err);
    if (st == SLUICE_OK && bad < 0)
        st = sl_fail(err, bad, "out of memory writing a record");
    return st;
}

static sluice_status jsonl_write(sluice_logger *self, const sluice_record *const *records, size_t n,
                                 size_t *done, sluice_error *err)
{
    sluice_status st;

    *done = 0;
    st = finish_cut_line(self, err);
    if (st < 0)
        return st;
    /* The record of the cut line is handed in again, since it was not reported as safe. */
    if (self->rest_uid[0] && n && sl_span_eq(records[0]->uid, sl_span_str(self->rest_uid)))
        *done = 1;
    self->rest_uid[0] = '\0';
    st = jsonl_file_follow(&self->file, err);
    if (st == SLUICE_OK)
        st = write_records(self, records, n, done, err);
    forget_lines(self);
    return st;
}

static sluice_status jsonl_flush(sluice_logger *self, uint32_t deadline_ms, sluice_error *err)
{
    sluice_status st = finish_cut_line(self, err);

    (void)deadline_ms;
    return st < 0 ? st : jsonl_file_sync(&self->file, err);
}

static const sluice_logger_class logger_class = {
    .struct_size = sizeof(sluice_logger_class),
    .flags = SLUICE_LOG_BODIES,
    .batch_max = BATCH_MAX,
    .config_schema = config_schema,
    .create = jsonl_create,
    .start = jsonl_start,
    .write = jsonl_write,
    .flush = jsonl_flush,
    .stop = jsonl_stop,
    .destroy = jsonl_destroy,
};

SL_PLUGIN(jsonl, "jsonl", "0.1.0", "sluice", "one line of JSON per call into a rotating file",
          SLUICE_LOGGER_ID, &logger_class)
