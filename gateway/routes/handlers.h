/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h - one HTTP request on its way through the gateway, and what routes.c can name. */
#ifndef GW_HANDLERS_H
#define GW_HANDLERS_H

#include "routes/routes.h"
#include "server/server.h"
#include "process/worker.h"

struct sl_json_out;

/* Where an answer goes; can be kept after on_request(). */
struct gw_reply {
    struct gw_request *request; /* NULL: over, or the client left */
    bool cors;                  /* a browser asks: say that its page may read the answer */
    enum gw_shape shape;        /* of refusals */
};

/* Lives while on_request() runs. */
struct gw_exchange {
    struct gw_worker *worker;
    struct gw_reply reply;
    const struct sl_http_head *head;
    const struct gw_route *route;
    sluice_span path, query;        /* as they came */
    sluice_span param, param_value; /* the pattern's {name}, decoded; empty = none */
    sluice_span key;                /* the client's credential; empty = none */
    /* What to do when the library finds nothing there; NULL = say what it says. */
    void (*otherwise)(struct gw_exchange *x);
};

/* What a request that was not answered at once leaves with gw_request_set_user(): who is told what
 * happens to it. The first member of each such struct. */
struct gw_pending {
    enum gw_flow (*body)(struct gw_pending *p, sluice_span piece, bool last);
    void (*drained)(struct gw_pending *p);
    void (*abort)(struct gw_pending *p);               /* the request is gone: forget it */
    void (*sent)(struct gw_pending *p, bool whole);    /* after GW_TELL; NULL without it */
    char *(*room)(struct gw_pending *p, size_t *room); /* where its body may be read to; or NULL */
    void (*leave)(struct gw_pending *p); /* upgraded, and the server drains; or NULL */
};

/* Answer whole and end the request: *r is emptied. type NULL = no body. */
void gw_answer(struct gw_reply *r, int status, const char *type, sluice_span body);
/* The same in OpenAI's error shape. code NULL = null. */
void gw_refuse(struct gw_reply *r, int status, const char *type, const char *code,
               const char *message);
/* The same with fields of its own. */
void gw_refuse_with(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    const char *type, const char *code, const char *message);
/* The same for a failure of the library. */
void gw_refuse_status(struct gw_reply *r, sluice_status status, const sluice_error *err);
/* The same with fields of its own. */
void gw_answer_with(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    const char *type, sluice_span body);
/* The HTTP status that a failure of the library is answered with. */
int gw_http_status(sluice_status status, const sluice_error *err);
/* A failure as the value of OpenAI's "error". */
void gw_openai_error(struct sl_json_out *o, sluice_status status, const sluice_error *err);
/* Begin an answer of the library: its fields, and ours. */
void gw_answer_head(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    int64_t length);

/* An operation of the library: call_http.c. */
void gw_call(struct gw_exchange *x);
/* The same, told instead of made: explain.c. */
void gw_explain(struct gw_exchange *x);
void gw_transform(struct gw_exchange *x);

/* ws_responses.c: Responses over a WebSocket. */
void gw_ws_responses(struct gw_exchange *x);
/* ws_realtime.c: a WebSocket that goes on to the vendor. */
void gw_ws_realtime(struct gw_exchange *x);

/* gather.c: all of the body first, then goes on; x is another one then, without head, path and
 * query. */
void gw_gather(struct gw_exchange *x, void (*then)(struct gw_exchange *x, sluice_span body));

/* Answered here: models.c, health.c, utils.c, simple.c, openapi.c. */
void gw_models(struct gw_exchange *x);
void gw_ollama_tags(struct gw_exchange *x); /* ollama.c */
void gw_ollama_show(struct gw_exchange *x);
void gw_ollama_version(struct gw_exchange *x);
void gw_model(struct gw_exchange *x);
void gw_health(struct gw_exchange *x);
void gw_services(struct gw_exchange *x);
void gw_backlog(struct gw_exchange *x);
void gw_count_tokens(struct gw_exchange *x);
void gw_params_supported(struct gw_exchange *x);
void gw_ready(struct gw_exchange *x);
void gw_metrics(struct gw_exchange *x);
void gw_alive(struct gw_exchange *x);
void gw_list_routes(struct gw_exchange *x);
void gw_openapi(struct gw_exchange *x);
void gw_front(struct gw_exchange *x);

#endif
