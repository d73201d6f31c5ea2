/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes server-sent events: the same events and the same failure however the stream is cut. */
#include "format/sse.h"

#include "fuzz.h"

struct log {
    struct sl_buf text;
    size_t comments;
    sluice_status st;
};

static void note(struct log *log, const struct sl_sse_event *e)
{
    sl_buf_printf(&log->text, "%zu %zu ", e->event.len, e->data.len);
    sl_buf_add(&log->text, e->event);
    sl_buf_add(&log->text, e->data);
}

static void feed(struct sl_sse *p, struct log *log, const uint8_t *data, size_t len)
{
    char *copy = fuzz_copy((const char *)data, len);
    sluice_span in = sl_span(copy, len);
    struct sl_sse_event e;

    if (log->st == SLUICE_MORE) {
        while ((log->st = sl_sse_next(p, &in, &e, &log->comments)) == SLUICE_OK)
            note(log, &e);
        require(log->st != SLUICE_MORE || in.len == 0);
    }
    free(copy);
}

static void begin(struct sl_sse *p, struct log *log, size_t cap)
{
    *log = (struct log){ .st = SLUICE_MORE };
    sl_buf_init(&log->text, 1 << 24);
    sl_sse_init(p, cap);
}

static void finish(struct sl_sse *p, struct log *log)
{
    struct sl_sse_event e;

    if (log->st == SLUICE_MORE) {
        log->st = sl_sse_end(p, &e);
        if (log->st == SLUICE_OK)
            note(log, &e);
    }
    require(sl_buf_ok(&log->text));
    sl_sse_finish(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t cap = fuzz_number(&data, &size, 300), cut = fuzz_number(&data, &size, size + 1);
    size_t step = fuzz_number(&data, &size, 20) + 1;
    struct log whole, other;
    struct sl_sse p;

    begin(&p, &whole, cap);
    feed(&p, &whole, data, size);
    finish(&p, &whole);
    cut = cut > size ? size : cut;
    for (int way = 0; way < 2; way++) {
        begin(&p, &other, cap);
        if (way == 0) {
            feed(&p, &other, data, cut);
            feed(&p, &other, data + cut, size - cut);
        } else {
            for (size_t at = 0; at < size; at += step)
                feed(&p, &other, data + at, size - at < step ? size - at : step);
        }
        finish(&p, &other);
        require(other.st == whole.st && other.comments == whole.comments);
        require(sl_span_eq(sl_buf_span(&other.text), sl_buf_span(&whole.text)));
        sl_buf_finish(&other.text);
    }
    sl_buf_finish(&whole.text);
    return 0;
}
