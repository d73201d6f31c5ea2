/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - see sluice_sdk/steps.h. */
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>
#include <sluice_sdk/steps.h>

const struct sl_steps_job *sl_steps_job(const struct sl_steps_job *jobs, size_t n,
                                        sluice_span operation)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(operation, sl_span_str(jobs[i].operation)))
            return &jobs[i];
    return NULL;
}

void sl_steps_init(struct sl_steps *s, struct sluice_arena *arena)
{
    *s = (struct sl_steps){ .arena = arena };
}

sluice_status sl_steps_nomem(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
}

sluice_status sl_steps_ask(struct sl_steps *s, const char *method, sluice_span url,
                           sl_steps_fn told, sluice_error *err)
{
    s->next = (sluice_http_request){ .struct_size = sizeof s->next,
                                     .method = sl_span_str(method),
                                     .url = url,
                                     .framing = SLUICE_FRAME_WHOLE,
                                     .headers = s->headers };
    s->told = told;
    s->failed = NULL;
    s->more = true;
    return url.ptr ? SLUICE_OK : sl_steps_nomem(err);
}

sluice_status sl_steps_store(struct sl_steps *s, const char *method, sluice_span name,
                             sl_steps_fn told, sluice_error *err)
{
    sluice_span url = name.ptr ? sl_arena_printf(s->arena, "kept:%.*s", SL_FMT(name)) : name;

    return sl_steps_ask(s, method, url, told, err);
}

void sl_steps_pause(struct sl_steps *s, sl_steps_fn told)
{
    sl_steps_ask(s, "POST", SL_SPAN("mock:"), told, NULL);
    sl_steps_header(s, SL_SPAN(":status"), SL_SPAN("200"));
}

void sl_steps_header(struct sl_steps *s, sluice_span name, sluice_span value)
{
    if (s->next.n_headers < SL_STEPS_HEADERS)
        s->headers[s->next.n_headers++] = (sluice_header){ name, value };
}

sluice_status sl_steps_body(struct sl_steps *s, const sluice_span *pieces, size_t n,
                            sluice_error *err)
{
    sluice_part *parts = sl_alloc(s->arena, (n + 1) * sizeof *parts);

    if (!parts)
        return sl_steps_nomem(err);
    for (size_t i = 0; i < n; i++)
        parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, pieces[i] };
    s->next.body = parts;
    s->next.n_body = n;
    return SLUICE_OK;
}

sluice_status sl_steps_data(struct sl_steps *s, sluice_exchange *x, sluice_span text,
                            const sluice_sink *sink, sluice_error *err)
{
    s->heard = true;
    return s->told ? s->told(x, text, sink, err) : SLUICE_OK;
}

sluice_status sl_steps_end(struct sl_steps *s, sluice_exchange *x, int32_t http_status,
                           const sluice_sink *sink, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (http_status >= 400)
        st = s->failed ? s->failed(x, SL_SPAN(""), sink, err) : SLUICE_E_UPSTREAM;
    else if (!s->heard && s->next.framing == SLUICE_FRAME_WHOLE)
        st = sl_steps_data(s, x, SL_SPAN(""), sink, err); /* an empty answer */
    if (st < 0 || !s->more)
        return st;
    s->more = s->heard = false;
    return SLUICE_MORE;
}

sluice_status sl_steps_answer(const struct sl_buf *b, const sluice_sink *sink, sluice_error *err)
{
    sluice_span text = sl_buf_span(b);

    return sl_buf_ok(b) ? sink->whole(sink, &text, 1) : sl_steps_nomem(err);
}
