/* SPDX-License-Identifier: Apache-2.0 */
/* google_token.c - the token services: an assertion, a refresh token or another provider's token
 * for an access token; and an access token for that of an account one may speak for. */
#include "base/clock.h"
#include "base/status.h"
#include "credential/google.h"
#include "credential/wire.h"
#include "format/json_tree.h"

#define STEP_MS 15000

struct post {
    struct sl_http_out out;
    sluice_header headers[2];
    sluice_span body;
};

static void post(struct sl_fetch *f, sluice_span url, const char *type, sluice_span bearer,
                 sluice_span body, sl_fetch_answered then)
{
    struct post *p = body.ptr ? sl_alloc0(&f->arena, sizeof *p) : NULL;
    size_t n = 0;

    if (!p) {
        sl_fetch_nomem(f);
        return;
    }
    p->headers[n++] = (sluice_header){ SL_SPAN("content-type"), sl_span_str(type) };
    if (bearer.len) {
        p->headers[n].name = SL_SPAN("authorization");
        p->headers[n].value = sl_arena_printf(&f->arena, "Bearer %.*s", SL_FMT(bearer));
        if (!p->headers[n++].value.ptr) {
            sl_fetch_nomem(f);
            return;
        }
    }
    p->body = body;
    p->out = (struct sl_http_out){ .method = SL_SPAN("POST"),
                                   .url = url,
                                   .headers = p->headers,
                                   .n_headers = n,
                                   .body = &p->body,
                                   .n_body = 1 };
    sl_fetch_http(f, &p->out, STEP_MS, then);
}

/* What a refusal says of itself: {"error","error_description"} or {"error":{"message"}}. */
static void refused(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who)
{
    struct sl_json_error why;
    struct sl_json *tree = NULL;
    sluice_span body = sl_arena_dup(&f->arena, a->body), word, message;

    if (body.ptr)
        (void)sl_json_parse(body, &f->arena, &tree, &why);
    word = sl_json_text(sl_json_opt(tree, "error"), &f->arena);
    message = sl_json_text(sl_json_opt(tree, "error_description"), &f->arena);
    if (!message.len)
        message = sl_json_text(sl_json_opt(sl_json_opt(tree, "error"), "message"), &f->arena);
    sl_fetch_refused(f, a, who, word, message);
}

bool sl_google_take_token(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who)
{
    struct sl_google_fetch *s = sl_google_state(f);
    sluice_span body = sl_arena_dup(&f->arena, a->body);
    struct sl_json_error why;
    struct sl_json *tree;

    if (!body.ptr) {
        sl_fetch_nomem(f);
        return false;
    }
    if (a->status != 200 || sl_json_parse(body, &f->arena, &tree, &why) < 0) {
        refused(f, a, who);
        return false;
    }
    s->token = sl_json_text(sl_json_opt(tree, "access_token"), &f->arena);
    s->expires_in_s = sl_json_int(sl_json_opt(tree, "expires_in"), 0);
    if (s->token.len)
        return true;
    sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_UPSTREAM, "%s answered without a token", who));
    return false;
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    if (status < 0)
        sl_fetch_fail(f, status);
    else if (sl_google_take_token(f, a, "Google's token service"))
        sl_google_have_token(f);
}

void sl_google_from_service(struct sl_fetch *f)
{
    static const char type[] = "application/x-www-form-urlencoded";
    struct sl_google_fetch *s = sl_google_state(f);
    const sluice_header assertion[] = {
        { SL_SPAN("grant_type"), SL_SPAN("urn:ietf:params:oauth:grant-type:jwt-bearer") },
        { SL_SPAN("assertion"), s->assertion },
    };
    const sluice_header refresh[] = {
        { SL_SPAN("grant_type"), SL_SPAN("refresh_token") },
        { SL_SPAN("client_id"), s->client_id },
        { SL_SPAN("client_secret"), s->client_secret },
        { SL_SPAN("refresh_token"), s->refresh_token },
    };
    const sluice_header exchange[] = {
        { SL_SPAN("grant_type"), SL_SPAN("urn:ietf:params:oauth:grant-type:token-exchange") },
        { SL_SPAN("audience"), s->audience },
        { SL_SPAN("scope"), SL_SPAN(SL_GOOGLE_SCOPE) },
        { SL_SPAN("requested_token_type"),
          SL_SPAN("urn:ietf:params:oauth:token-type:access_token") },
        { SL_SPAN("subject_token"), s->subject_token },
        { SL_SPAN("subject_token_type"), s->subject_type },
    };
    sluice_span body = s->kind == SL_GOOGLE_SERVICE ? sl_fetch_form(f, assertion, 2)
                       : s->kind == SL_GOOGLE_USER  ? sl_fetch_form(f, refresh, 4)
                                                    : sl_fetch_form(f, exchange, 6);

    post(f, s->token_url, type, SL_SPAN(""), body, answered);
}

/* A moment as seconds from now; 0 = it is none. */
static int64_t seconds_to(sluice_span text)
{
    int64_t at = sl_unix_of(text);

    return at ? at - sl_unix_ms() / 1000 : 0;
}

static void impersonated(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    struct sl_google_fetch *s = sl_google_state(f);
    sluice_span body;
    struct sl_json_error why;
    struct sl_json *tree;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    body = sl_arena_dup(&f->arena, a->body);
    if (!body.ptr) {
        sl_fetch_nomem(f);
        return;
    }
    if (a->status != 200 || sl_json_parse(body, &f->arena, &tree, &why) < 0) {
        refused(f, a, "Google's credentials service");
        return;
    }
    s->token = sl_json_text(sl_json_opt(tree, "accessToken"), &f->arena);
    s->expires_in_s = seconds_to(sl_json_text(sl_json_opt(tree, "expireTime"), &f->arena));
    if (s->token.len)
        sl_google_finish(f);
    else
        refused(f, a, "Google's credentials service");
}

void sl_google_impersonate(struct sl_fetch *f)
{
    struct sl_google_fetch *s = sl_google_state(f);

    post(f, s->impersonate, "application/json", s->token,
         SL_SPAN("{\"scope\":[\"" SL_GOOGLE_SCOPE "\"],\"lifetime\":\"3600s\"}"), impersonated);
}
