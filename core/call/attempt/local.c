/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local.c - an answer of ours where a deployment has none, or is not to be asked: a provider that
 * is part of the host, and whose one request is played back at once. So it goes the way of every
 * answer.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "format/usage/prompt.h"

/* Every provider has an exchange of its own; this one's is an answer. */
struct sluice_exchange {
    struct sl_attempt *attempt;
    sluice_span text;
};

static sluice_status no_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                              sluice_exchange **out, sluice_error *err)
{
    (void)self;
    (void)call;
    (void)arena;
    (void)out;
    return sl_fail(err, SLUICE_E_INTERNAL, "this is begun by the host itself");
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header headers[] = {
        { SL_SPAN(":status"), SL_SPAN("200") },
        { SL_SPAN("content-type"), SL_SPAN("application/json") },
    };
    sluice_part *part = sl_alloc(&x->attempt->arena, sizeof *part);

    if (!part)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an answer");
    *part = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, x->text };
    out->framing = x->attempt->call->warm ? SLUICE_FRAME_WHOLE : SLUICE_FRAME_RELAY;
    out->url = SL_SPAN("mock:");
    out->headers = headers;
    out->n_headers = 2;
    out->body = part;
    out->n_body = 1;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)x;
    (void)h;
    (void)framing;
    (void)err;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    (void)x;
    (void)frame;
    (void)sink;
    (void)err;
    return SLUICE_OK;
}

/* An answer without anything in it, that nobody paid for. */
static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    static const sluice_count nothing[] = { { SLUICE_USE_INPUT, 0, 0 },
                                            { SLUICE_USE_OUTPUT, 0, 0 } };
    static const sluice_usage usage = { sizeof usage, 2, nothing };
    static const sluice_delta start = { .struct_size = sizeof start, .kind = SLUICE_DELTA_START };
    static const sluice_delta finish = { .struct_size = sizeof finish,
                                         .kind = SLUICE_DELTA_FINISH,
                                         .text = SL_SPAN("stop") };
    sluice_status st;

    (void)err;
    if (!x->attempt->call->warm)
        return SLUICE_OK;
    sink->usage(sink, &usage);
    st = sink->delta(sink, &start);
    return st < 0 ? st : sink->delta(sink, &finish);
}

static const char *const operations[] = { NULL };

static const sluice_provider_class local_class = {
    .struct_size = sizeof local_class,
    .operations = operations,
    .begin = no_begin,
    .request = request,
    .head = head,
    .data = data,
    .end = end,
};

/* Texts are counted wherever they stand; tools by their names as well. */
static int64_t tokens_of(const struct sl_attempt *a)
{
    static const char *const settings[] = { "model", "metadata", "tool_choice", "thinking" };
    struct sl_prompt prompt = { 0 };

    for (size_t i = 0; i < a->leg->n_members; i++) {
        const sluice_header *m = &a->leg->members[i];
        bool prompted = !sl_member_is_ours(a->operation, m->name);

        for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++)
            prompted = prompted && !sl_span_eq(m->name, sl_span_str(settings[k]));
        if (prompted)
            sl_prompt_add(&prompt, m->value,
                          sl_span_eq(m->name, SL_SPAN("tools")) ? SL_PROMPT_SCHEMA
                                                                : SL_PROMPT_MESSAGES);
    }
    return sl_prompt_tokens(&prompt);
}

sluice_status sl_local_begin(struct sl_attempt *a)
{
    struct sluice_exchange *x = sl_alloc(&a->arena, sizeof *x);
    struct sl_buf b;

    if (!x)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory for an answer");
    sl_buf_init(&b, 4096);
    if (a->call->warm)
        sl_buf_add(&b, SL_SPAN("{}"));
    else
        a->operation->estimate(&b, tokens_of(a));
    x->attempt = a;
    x->text = sl_buf_ok(&b) ? sl_arena_dup(&a->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    a->cls = &local_class;
    a->exchange = x;
    return x->text.ptr ? SLUICE_OK
                       : sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory for an answer");
}
