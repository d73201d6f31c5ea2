/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what dialects make of a vendor's own answers, which are relayed: whatever comes, what a
 * look finds lies in the text; texts of a shape that was seen before mean what a look of their own
 * finds; a failure is told in whole frames of JSON; and behind events that were retraced an answer
 * can be written on. The first byte picks the dialect, the second whether it is a whole answer;
 * then an event a line: its name, a blank, its text.
 */
#include "written.h"

#include "format/converse/converse.h"
#include "format/json_scan.h"
#include "format/dialect/look_memo.h"
#include "format/openai/openai_error.h"
#include "format/dialect/retrace.h"

static const struct sl_dialect *const dialects[] = {
    &sl_dialect_openai_chat,
    &sl_dialect_openai_plain,
    &sl_dialect_openai_events,
    &sl_dialect_anthropic,
    &sl_dialect_gemini,
    &sl_dialect_gemini_list,
    &sl_dialect_cohere,
    &sl_dialect_ollama_chat,
    &sl_dialect_ollama_generate,
    &sl_dialect_responses,
    &sl_dialect_responses_messages,
    &sl_dialect_responses_kept,
    &sl_dialect_converse,
    &sl_dialect_invoke,
};

struct relayed {
    const struct sl_dialect *dialect;
    struct sluice_arena arena, scratch;
    struct sl_encoder e;
    struct sl_usage usage;
    struct sl_look_memo memo;
    struct sl_buf out;
    bool kept;    /* the memo has something */
    bool spoiled; /* nobody can write on */
};

static bool within(sluice_span inner, sluice_span outer)
{
    return !inner.ptr || (inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len);
}

static void check_view(const struct sl_event_view *v, sluice_span text)
{
    require(v->cls <= SL_EVENT_END);
    require(within(v->content, text));
    for (size_t i = 0; i < v->n_members; i++)
        require(within(v->members[i].value, text) && v->members[i].value.len);
    require(!v->usage.len || sl_json_validate(v->usage, NULL) >= 0);
    require(!v->id.len || sl_json_validate(v->id, NULL) >= 0);
    require(!v->model.len || sl_json_validate(v->model, NULL) >= 0);
    require(v->cls != SL_EVENT_ERROR || v->error.len);
}

/* Does what is kept say the same as the look that was taken? */
static void check_memo(struct relayed *r, sluice_span text, const struct sl_event_view *looked,
                       const struct sl_usage *usage, bool whole)
{
    struct sl_usage guessed = { 0 };
    struct sl_event_view v;

    if (r->kept && sl_look_memo_find(&r->memo, text, &v, &guessed)) {
        require(v.cls == looked->cls && v.has_usage == looked->has_usage);
        require(v.usage_only == looked->usage_only && v.usage_null == looked->usage_null);
        require(sl_span_eq(v.id, looked->id) && sl_span_eq(v.model, looked->model));
        require(guessed.known == usage->known &&
                memcmp(guessed.n, usage->n, sizeof guessed.n) == 0);
    }
    if (whole ? looked->cls == SL_EVENT_CONTENT : sl_look_kind(looked) != SL_LOOK_KINDS) {
        sl_look_memo_keep(&r->memo, text, looked);
        r->kept = true;
    }
}

static void is_json(void *ctx, sluice_span name, sluice_span text)
{
    (void)ctx;
    (void)name;
    require(sl_json_validate(text, NULL) >= 0);
}

/* The frames that were written from there on; a list is a text that they are pieces of. */
static void check_written(struct relayed *r, size_t from)
{
    require(sl_buf_ok(&r->out));
    if (r->dialect->framing != SL_FRAMING_LIST)
        written_each(r->dialect, sl_span_from(sl_buf_span(&r->out), from), is_json, NULL);
}

static void check_failure(struct relayed *r, sluice_span error)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st = r->dialect->failure(error, &err);
    size_t from = r->out.len;
    int status;

    require(st < 0 && err.message[0]);
    status = r->dialect->http_status ? r->dialect->http_status(st, &err)
                                     : sl_error_http_status(st, &err);
    require(status >= 400 && status < 600);
    r->dialect->error_body(&r->out, st, &err);
    require(sl_json_validate(sl_span_from(sl_buf_span(&r->out), from), NULL) >= 0);
    from = r->out.len;
    r->dialect->error_event(&r->e, &r->out, st, &err);
    check_written(r, from);
}

static sluice_status retraced(void *ctx, const sluice_delta *d)
{
    struct relayed *r = ctx;
    size_t from = r->out.len;
    sluice_status st = SLUICE_OK;

    if (d->kind == SLUICE_DELTA_TOOL_START || d->kind == SLUICE_DELTA_FINISH || d->choice)
        r->spoiled = true;
    else
        st = r->dialect->delta(&r->e, d, &r->out);
    r->out.len = from;
    return st;
}

static void write_on(struct relayed *r)
{
    const sluice_delta more = { .struct_size = sizeof more,
                                .kind = SLUICE_DELTA_TEXT,
                                .text = SL_SPAN("more") };
    const sluice_delta finish = { .struct_size = sizeof finish,
                                  .kind = SLUICE_DELTA_FINISH,
                                  .text = SL_SPAN("stop") };
    size_t from = r->out.len;

    if (r->dialect->delta(&r->e, &more, &r->out) >= 0 &&
        r->dialect->delta(&r->e, &finish, &r->out) >= 0 &&
        r->dialect->end(&r->e, &r->usage, &r->out) >= 0)
        check_written(r, from);
}

/* False: nothing after it is looked at. */
static bool take(struct relayed *r, sluice_span name, sluice_span text, bool whole)
{
    const struct sl_retrace retrace = { &r->e, &r->scratch, retraced, r };
    char *copy = fuzz_copy(text.ptr, text.len);
    sluice_span own = sl_span(copy, text.len);
    struct sl_usage usage = { 0 };
    struct sl_event_view v;
    sluice_status st;

    sl_arena_reset(&r->scratch);
    st = r->dialect->look(name, own, whole, &r->scratch, &v, &usage);
    require(st >= 0 || st == SLUICE_E_INVALID || st == SLUICE_E_NOMEM);
    if (st >= 0) {
        check_view(&v, own);
        if (r->dialect->shapes && !name.len)
            check_memo(r, own, &v, &usage, whole);
        if (v.cls == SL_EVENT_ERROR)
            check_failure(r, v.error);
        if (name.len)
            v.event = name;
        if (!whole && r->dialect->retrace && !r->spoiled && v.cls < SL_EVENT_ERROR)
            r->spoiled = r->dialect->retrace(&retrace, &v, own) < 0 || r->spoiled;
    }
    free(copy);
    return st >= 0 && v.cls < SL_EVENT_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct relayed r = { .spoiled = false };
    sluice_span rest;
    bool more = true;

    if (size < 2)
        return 0;
    r.dialect = dialects[(uint8_t)(data[0] - 'a') % (sizeof dialects / sizeof *dialects)];
    rest = sl_span((const char *)data + 2, size - 2);
    sl_arena_init(&r.arena, 256u << 20);
    sl_arena_init(&r.scratch, 256u << 20);
    sl_buf_init(&r.out, 256u << 20);
    sl_look_memo_init(&r.memo);
    r.e = (struct sl_encoder){ .dialect = r.dialect,
                               .arena = &r.arena,
                               .id = SL_SPAN("id"),
                               .model = SL_SPAN("m"),
                               .created = 7,
                               .include_usage = true,
                               .usage = &r.usage };
    if (data[1] & 1) {
        more = take(&r, sl_span("", 0), rest, true);
    } else {
        while (rest.len && more) {
            sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));
            size_t blank = sl_span_find_char(line, ' ');

            rest = sl_span_from(rest, line.len + 1);
            more = take(&r, sl_span_head(line, blank), sl_span_from(line, blank + 1), false);
        }
        if (more && !r.spoiled && r.dialect->retrace)
            write_on(&r);
    }
    sl_encoder_finish(&r.e);
    sl_look_memo_finish(&r.memo);
    sl_buf_finish(&r.out);
    sl_arena_finish(&r.scratch);
    sl_arena_finish(&r.arena);
    return 0;
}
