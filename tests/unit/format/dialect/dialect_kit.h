/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect_kit.h - what tests of client dialects share: a request translated as the host does it,
 * and an answer of the pivot written as a stream or whole. Included by the tests of core/format.
 */
#ifndef TEST_DIALECT_KIT_H
#define TEST_DIALECT_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "format/openai/openai_deltas.h"
#include "format/dialect/operation.h"

struct desk {
    const struct sl_operation *op;
    struct sluice_arena arena, scratch;
    struct sl_encoder e;
    struct sl_usage usage;
    struct sl_buf out;
    sluice_error err;
};

static inline void desk_open(struct desk *d, const char *operation)
{
    *d = (struct desk){ .err = SLUICE_ERROR_INIT };
    d->op = sl_operation_find(sl_span_str(operation), sl_span("", 0));
    assert_non_null(d->op);
    sl_arena_init(&d->arena, 64u << 20);
    sl_arena_init(&d->scratch, 64u << 20);
    sl_buf_init(&d->out, 64u << 20);
    d->e = (struct sl_encoder){ .dialect = d->op->dialect,
                                .arena = &d->arena,
                                .id = SL_SPAN("id_1"),
                                .model = SL_SPAN("m"),
                                .created = 1790000000,
                                .usage = &d->usage };
}

static inline void desk_close(struct desk *d)
{
    sl_encoder_finish(&d->e);
    sl_arena_finish(&d->arena);
    sl_arena_finish(&d->scratch);
    sl_buf_finish(&d->out);
}

#define DESK_EXTENDED 1u
#define DESK_DROP 2u
#define DESK_STREAM 4u

/* The pivot's request in d->out, with a zero behind it. The members' places are checked. */
static inline sluice_status desk_translate(struct desk *d, const char *body, unsigned flags)
{
    struct sl_translation t = { .model = SL_SPAN("m"),
                                .stream = flags & DESK_STREAM,
                                .extended = flags & DESK_EXTENDED,
                                .drop = flags & DESK_DROP,
                                .arena = &d->scratch,
                                .keep = &d->arena,
                                .err = &d->err,
                                .out = { &d->out, false } };
    struct sl_json_error why;
    struct sl_json *root;
    sluice_status st;

    sl_buf_reset(&d->out);
    st = sl_json_parse(sl_span_str(body), &d->scratch, &root, &why);
    t.root = root;
    if (st >= 0)
        st = d->op->request(&t);
    if (st >= 0)
        d->e.echo = t.echo;
    for (size_t i = 0; i < t.n_members && st >= 0; i++) {
        sluice_span value = sl_json_member(sl_buf_span(&d->out), sl_span_str(t.members[i].name));

        assert_ptr_equal(value.ptr, d->out.ptr + t.members[i].at);
        assert_int_equal(value.len, t.members[i].end - t.members[i].at);
    }
    sl_buf_add_char(&d->out, 0);
    return st;
}

static inline void desk_expect_request(const char *operation, unsigned flags, const char *body,
                                       const char *pivot)
{
    struct desk d;

    desk_open(&d, operation);
    if (desk_translate(&d, body, flags) < 0)
        fail_msg("refused: %s", d.err.message);
    assert_string_equal(d.out.ptr, pivot);
    desk_close(&d);
}

static inline void desk_expect_refusal(const char *operation, unsigned flags, const char *body,
                                       const char *param)
{
    struct desk d;

    desk_open(&d, operation);
    assert_int_equal(desk_translate(&d, body, flags), SLUICE_E_INVALID);
    assert_string_equal(d.err.param, param);
    desk_close(&d);
}

struct desk_step {
    struct desk *d;
    bool stream;
};

static inline sluice_status desk_on_delta(void *ctx, const sluice_delta *delta)
{
    struct desk_step *s = ctx;

    return s->stream ? s->d->e.dialect->delta(&s->d->e, delta, &s->d->out)
                     : s->d->e.dialect->collect(&s->d->e, delta);
}

/* Chunks (or one whole answer) of the pivot, told in steps; the client wants a stream or not. */
static inline sluice_status desk_answer(struct desk *d, const char *const *texts, bool stream)
{
    struct desk_step s = { d, stream };
    sluice_status st = SLUICE_OK;

    sl_buf_reset(&d->out);
    for (; *texts && st >= 0; texts++)
        st = sl_openai_deltas(sl_span_str(*texts), &d->scratch, desk_on_delta, &s);
    if (st >= 0)
        st = stream ? d->e.dialect->end(&d->e, &d->usage, &d->out)
                    : d->e.dialect->whole(&d->e, &d->usage, &d->out);
    sl_buf_add_char(&d->out, 0);
    return st;
}

/* With every allocation failing in turn: an answer whole and as a stream, and a request. */
static inline void desk_expect_faults_told(const char *operation, const char *const *answer,
                                           const char *request)
{
    struct desk d;

    for (int what = 0; what < 3; what++) {
        sluice_status st = SLUICE_E_NOMEM;

        for (uint64_t n = 1; st != SLUICE_OK; n++) {
            desk_open(&d, operation);
            sl_fault_after(n);
            st = what < 2 ? desk_answer(&d, answer, what)
                          : desk_translate(&d, request, DESK_EXTENDED);
            sl_fault_after(0);
            assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
            desk_close(&d);
            assert_true(n < 1000);
        }
    }
}

#define DESK_CHUNK(delta) "{\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":null}]}"
#define DESK_FINISH(word)                                                                          \
    "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" word "\"}]}"

static inline size_t desk_times(const char *text, const char *part)
{
    size_t n = 0;

    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

#endif
