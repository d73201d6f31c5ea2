/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c - see upload.h. */
#include "call/attempt/upload.h"

#include <stdlib.h>
#include "base/status.h"
#include "call/attempt/way.h"
#include "format/form_scan.h"

#define LARGE (4u << 20)       /* smaller forms are held: they can be sent again */
#define HEAD_MOST (256u << 10) /* what stands before the first file */
#define QUEUE_HIGH (512u << 10)
#define QUEUE_MOST (4u << 20)

struct sl_upload {
    struct sl_call *call;
    struct sl_form_scan scan; /* of what follows */
    struct sl_buf queue;      /* has come, and has not been sent */
    uint64_t length, came;    /* of all that follows; of it */
    uint64_t sent;
    size_t closing;        /* bytes at the end of c->body that are not the client's */
    struct sl_attempt *to; /* who sends it; NULL = nobody yet */
    struct sl_timer timer; /* until the next piece */
    unsigned looks;
};

/* ---- is it one? ---- */

/* Where the first file begins, and whether a model stands before it; MORE: not here yet. */
static sluice_status find_file(sluice_span body, sluice_span boundary, size_t *at, bool *model)
{
    struct sl_form_scan s;
    struct sl_form_part part;
    sluice_status st;

    sl_form_scan_init(&s, boundary);
    *model = false;
    while ((st = sl_form_scan_next(&s, &body, &part, NULL)) == SLUICE_OK && !part.file)
        *model = *model || sl_span_eq(part.name, SL_SPAN("model"));
    *at = (size_t)s.part_at;
    sl_form_scan_finish(&s);
    return st;
}

/* Behind a file it would come too late. */
static bool decides(const struct sl_call *c, sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("model")) || sl_member_is_ours(c->operation, name);
}

static sluice_status scan(struct sl_upload *u, sluice_span bytes, sluice_error *err)
{
    struct sl_form_part part;
    sluice_status st;

    while ((st = sl_form_scan_next(&u->scan, &bytes, &part, err)) == SLUICE_OK) {
        char name[64];

        if (!decides(u->call, part.name))
            continue;
        sl_copy_text(name, sizeof name, part.name);
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, name,
                             "in a form of this size %s has to stand before the file", name);
    }
    return st == SLUICE_MORE ? SLUICE_OK : st;
}

/* The next piece did not come: the client's fault, not the vendor's. */
static void late(struct sl_timer *t)
{
    struct sl_upload *u = SL_CONTAINER(t, struct sl_upload, timer);
    struct sl_call *c = u->call;

    if (!sl_time_is_up(c->worker->loop, t, &u->looks))
        return;
    if (u->queue.len >= QUEUE_HIGH) { /* it is held back by us */
        u->looks = 0;
        sl_timer_set(c->worker->loop, t, (uint64_t)c->settings->body_timeout_ms);
        return;
    }
    sl_fail_param(&c->error, SLUICE_E_TIMEOUT, "body_timeout", NULL,
                  "nothing more of the request's body came for %lld ms",
                  (long long)c->settings->body_timeout_ms);
    c->error.http_status = 408;
    sl_call_finish(c, SLUICE_E_TIMEOUT);
}

static struct sl_upload *make(struct sl_call *c, sluice_span rest)
{
    struct sl_upload *u = sl_fault_hit() ? NULL : calloc(1, sizeof *u);

    if (!u)
        return NULL;
    u->call = c;
    sl_buf_init(&u->queue, QUEUE_MOST);
    sl_buf_add(&u->queue, rest);
    sl_form_scan_init(&u->scan, c->boundary);
    sl_timer_init(&u->timer, late);
    return u;
}

static void destroy(struct sl_upload *u)
{
    sl_timer_cancel(&u->timer);
    sl_form_scan_finish(&u->scan);
    sl_buf_finish(&u->queue);
    free(u);
}

/* The head with an end of its own. */
static struct sl_body *make_head(struct sl_call *c, sluice_span head, size_t *closing)
{
    struct sl_buf b;
    struct sl_body *body = NULL;

    sl_buf_init(&b, HEAD_MOST + SL_FORM_LINE + 8);
    sl_buf_add(&b, head);
    sl_buf_add(&b, SL_SPAN("--"));
    sl_buf_add(&b, c->boundary);
    sl_buf_add(&b, SL_SPAN("--\r\n"));
    *closing = b.len - head.len;
    if (sl_buf_ok(&b))
        body = sl_body_adopt(c->worker->owner, &b);
    sl_buf_finish(&b);
    return body;
}

/* false: it is to be held whole. */
static bool is_wanted(struct sl_call *c)
{
    return c->operation->takes == SL_TAKES_FORM && c->step == SL_STEP_BODY && !c->held_whole &&
           c->body_length > LARGE && c->body_length <= (uint64_t)c->settings->max_request_bytes &&
           sl_form_boundary(c->content_type, &c->boundary);
}

sluice_status sl_upload_begin(struct sl_call *c)
{
    sluice_span body = sl_body_span(c->body);
    struct sl_upload *u;
    struct sl_body *head;
    sluice_status st;
    size_t at, closing;
    bool model;

    if (!is_wanted(c))
        return SLUICE_OK;
    st = find_file(body, c->boundary, &at, &model);
    /* Without a model nobody knows where to: it may stand behind the file. */
    model = model || c->operation->model == SL_MODEL_NONE || sl_call_param(c, SL_SPAN("model")).len;
    c->held_whole = st < 0 || (st == SLUICE_OK && !model) || at > HEAD_MOST ||
                    (st == SLUICE_MORE && body.len > HEAD_MOST);
    if (c->held_whole || st == SLUICE_MORE)
        return SLUICE_OK;
    u = make(c, sl_span_from(body, at));
    head = u && sl_buf_ok(&u->queue) ? make_head(c, sl_span_head(body, at), &closing) : NULL;
    if (!head) {
        if (u)
            destroy(u);
        c->held_whole = true;
        return SLUICE_OK;
    }
    u->length = c->body_length - at;
    u->came = u->queue.len;
    u->closing = closing;
    st = scan(u, sl_buf_span(&u->queue), &c->error);
    sl_body_drop(c->body);
    c->body = head;
    c->upload = u;
    sl_timer_set(c->worker->loop, &u->timer, (uint64_t)c->settings->body_timeout_ms);
    return st;
}

/* ---- what comes ---- */

sluice_status sl_upload_add(struct sl_call *c, sluice_span data, bool last)
{
    struct sl_upload *u = c->upload;
    sluice_status st;

    if (data.len && u->queue.len >= QUEUE_HIGH)
        return SLUICE_E_NOMEM; /* the vendor is slower than the client */
    st = scan(u, data, &c->error);
    if (st < 0)
        return st;
    u->came += data.len;
    if (u->came > u->length || (last && u->came != u->length))
        return sl_fail(&c->error, SLUICE_E_INVALID, "the body is not as long as was announced");
    sl_buf_add(&u->queue, data);
    if (!sl_buf_ok(&u->queue))
        return sl_fail(&c->error, SLUICE_E_INTERNAL, "out of memory for the request's body");
    if (last && !sl_form_scan_over(&u->scan))
        return sl_fail(&c->error, SLUICE_E_INVALID, "the multipart body has no end");
    u->looks = 0;
    if (last)
        sl_timer_cancel(&u->timer);
    else
        sl_timer_set(c->worker->loop, &u->timer, (uint64_t)c->settings->body_timeout_ms);
    if (u->to)
        sl_upload_feed(u->to);
    return SLUICE_OK;
}

/* ---- where it goes ---- */

static bool takes(struct sl_call *c, const struct sl_deployment *d)
{
    return sl_way_takes(c->worker, d, SLUICE_OPERATION_BODY_STREAM) &&
           !(d->upstream && (d->upstream->http2 || d->upstream->proxy)) &&
           !sl_span_starts(d->base_url, SL_SPAN("unix:"));
}

/* All of it in one piece again, as if it had never been taken apart. */
static sluice_status put_back(struct sl_call *c)
{
    struct sl_upload *u = c->upload;
    sluice_span head = sl_body_span(c->body);
    struct sl_body *whole =
        sl_body_create(c->worker->owner, &c->worker->bodies, (size_t)c->body_length);
    sluice_status st = whole ? SLUICE_OK : SLUICE_E_NOMEM;

    if (st >= 0)
        st = sl_body_add(whole, sl_span_head(head, head.len - u->closing), UINT64_MAX, INT64_MAX);
    if (st >= 0)
        st = sl_body_add(whole, sl_buf_span(&u->queue), UINT64_MAX, INT64_MAX);
    if (st < 0) {
        sl_body_drop(whole);
        return st;
    }
    sl_body_drop(c->body);
    c->body = whole;
    c->held_whole = true;
    sl_upload_drop(c);
    sl_call_has_room(c);
    return SLUICE_OK;
}

enum sl_verdict sl_upload_enter(struct sl_call *c)
{
    bool taken = true;

    if (!c->upload || c->n_attempts || !c->group)
        return SL_NEXT;
    for (size_t i = 0; i < c->group->n; i++)
        taken = taken && takes(c, c->group->deployments[i]);
    if (taken)
        return SL_NEXT;
    if (put_back(c) < 0)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    c->step = SL_STEP_BODY - 1; /* again from there, with all of it */
    return SL_NEXT;
}

uint64_t sl_upload_rest(const struct sl_call *c)
{
    return c->upload ? c->upload->length : 0;
}

void sl_upload_open(const struct sl_call *c, sluice_span *parts, size_t *n)
{
    size_t cut = c->upload->closing;

    while (cut && *n) {
        size_t take = parts[*n - 1].len < cut ? parts[*n - 1].len : cut;

        parts[*n - 1].len -= take;
        cut -= take;
        if (!parts[*n - 1].len)
            --*n;
    }
}

void sl_upload_feed(struct sl_attempt *a)
{
    struct sl_upload *u = a->call->upload;
    size_t n;

    if (!u || !a->x || !a->x->cls->feed || (u->to && u->to != a && u->sent))
        return;
    u->to = a;
    if (!u->queue.len)
        return;
    n = a->x->cls->feed(a->x, sl_buf_span(&u->queue));
    sl_buf_consume(&u->queue, n);
    u->sent += n;
    if (u->queue.len < QUEUE_HIGH)
        sl_call_has_room(a->call);
}

bool sl_upload_is_spent(const struct sl_call *c)
{
    return c->upload && c->upload->sent;
}

void sl_upload_drop(struct sl_call *c)
{
    if (c->upload)
        destroy(c->upload);
    c->upload = NULL;
}
