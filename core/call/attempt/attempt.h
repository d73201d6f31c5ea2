/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.h - one upstream try of a call: a pick, a provider's exchange, a transport's exchange,
 * and the intake that reads the answer. It has an arena of its own, freed whole. Retry and fallback
 * are rules over the list of attempts (dispatch.c); an attempt knows only itself.
 */
#ifndef SL_CALL_ATTEMPT_H
#define SL_CALL_ATTEMPT_H

#include "call/call.h"
#include "call/attempt/limits.h"
#include "format/lines.h"
#include "format/sse.h"

/* How an answer's bytes are read. */
enum sl_reading {
    SL_READ_WHOLE, /* one piece to the provider */
    SL_READ_SSE,   /* event by event to the provider */
    SL_READ_LINES,
    SL_READ_RAW,
    SL_READ_U32,
    SL_READ_RELAY_U32,    /* the same in messages of eventstream.h */
    SL_READ_RELAY_EVENTS, /* events in the client's own dialect: on by whole reads */
    SL_READ_RELAY_LINES,  /* the same, a line each */
    SL_READ_RELAY_JSON,   /* one answer in the client's own dialect */
    SL_READ_RELAY_BYTES,  /* speech, files: on as they come, not looked into */
};

/* intake.c: bytes of one answer, cut and judged. */
struct sl_intake {
    uint32_t asked; /* SLUICE_FRAME_* */
    enum sl_reading reading;
    int status;
    uint32_t retry_after_ms; /* that a failure's head asked for; 0 = nothing */
    sluice_span content_type;
    struct sl_sse sse;
    struct sl_lines lines;
    struct sl_buf raw;       /* RELAY_EVENTS: bytes of an event that earlier reads brought */
    bool lf_sent;            /* RELAY_EVENTS: the LF that the next read begins with has been sent */
    struct sl_buf whole;     /* WHOLE, RELAY_JSON, U32: what has come so far */
    int64_t held;            /* bytes of `whole` that are counted */
    uint64_t content_events; /* RELAY_EVENTS: about one token each */
    int64_t length;          /* of the body; -1 = not known */
    bool relayed;            /* RELAY_JSON: all of it was looked at where it was */
    bool sent_all;           /* the request's body is not needed any more */
    bool finish_seen;        /* RELAY_EVENTS: a choice has finished */
    bool end_seen;           /* RELAY_EVENTS: the dialect's terminator came; the rest is nothing */
};

struct sl_attempt {
    union {
        struct sl_list node;
        struct sl_pooled pooled;
    };
    struct sl_call *call;
    struct sl_leg *leg;                 /* of the call's plan */
    struct sluice_arena arena, scratch; /* scratch is emptied after each piece of the answer */
    struct sl_pick pick;
    struct sl_decision seen;          /* by its choice */
    const struct sl_key *key;         /* whose turn it was; NULL: the deployment has only one */
    struct sl_credential *credential; /* what it is sent with; the deployment's, NULL = none */
    enum sl_trial trial, key_trial;   /* what it is to the breakers; bench.h */
    bool carried;                     /* it broke off, and another one went on: they add up */
    bool judged;                      /* they know that it is good */
    bool of_caller;                   /* a failure of it is the client's own fault */
    bool spared;                      /* somebody else may serve what it cannot */
    struct sl_instance *router, *provider;
    const sluice_provider_class *cls;
    sluice_exchange *exchange; /* the provider's; NULL before begin() and after close() */
    struct sl_exchange *x;     /* the transport's; NULL = not under way */
    sluice_span model;         /* the vendor's name */
    /* way.c: what the provider is asked, and so the dialect of its answer. */
    const struct sl_operation *operation;
    const struct sl_bridged *bridged; /* the request in it; NULL = the client's own, relayed */
    bool local;                       /* answered by us: local.c */
    const char *const *watch;
    sluice_sink sink;
    struct sl_dropped dropped;
    struct sl_intake in;
    struct sl_timer timer; /* limits.c's; the delay before a poll */
    struct sl_limit_watch limits;
    struct sl_tape *tape;   /* the raw answer, where somebody wants it again; tape.h */
    uint32_t framing;       /* of one that is replayed */
    bool keeps;             /* somebody may */
    struct sl_draft *draft; /* second.h; NULL: it runs alone */
    struct sl_usage usage;
    uint64_t begun_us, sent_us, first_byte_us, ended_us;
    sluice_status status; /* MORE while it runs */
    char span_id[17];
    bool ended;
    bool busy; /* a piece of the answer is being read: what it lies in stays until that returns */
    struct sl_grant *grant;          /* what this try is sent with; held */
    struct sl_credential_wait *wait; /* it waits for one */
    bool replayed;                   /* a cached answer plays: no pick, no network, no statistics */
    struct sl_socket *socket;        /* the request under way is for a WebSocket: socket.c */
    /* foreign.c: the request under way is for a URL that came with the call. */
    bool foreign;
    uint32_t redirects;
    sluice_span foreign_url;

    /* Not cleared for the next attempt: each is filled, or emptied, when it begins. */
    sluice_call call_view; /* what the provider sees */
    sluice_error error;
};

/* Pick a deployment and send the request. < 0: nothing runs; call->error says why and the attempt
 * (if there was a pick) is in the list, ended. */
sluice_status sl_attempt_start(struct sl_call *c);
/* Another one beside it: d's, or the router's choice. */
sluice_status sl_attempt_second(struct sl_call *c, const struct sl_deployment *d);
/* The same with a cached answer in the vendor's place; NOT_FOUND: the deployment is gone. */
sluice_status sl_attempt_replay(struct sl_call *c);
/* The same with what a flight writes. */
sluice_status sl_attempt_follow(struct sl_call *c, sluice_span deployment, uint32_t framing);
/* Stop it: nothing more comes of it. Harmless when it has ended. */
void sl_attempt_stop(struct sl_attempt *a, sluice_status status);
/* The wall clock at a moment of the other one. */
int64_t sl_attempt_unix_ms(const struct sl_attempt *a, uint64_t at_us);
/* It is over by itself: tells dispatch. */
void sl_attempt_end(struct sl_attempt *a, sluice_status status);
/* attempt_start.c: the provider's exchange; then the next request, with a credential that is good
 * at this moment. */
sluice_status sl_attempt_begin(struct sl_attempt *a);
sluice_status sl_attempt_go(struct sl_attempt *a);
/* Asks the provider for the request and hands it to a transport. */
sluice_status sl_attempt_send(struct sl_attempt *a);
/* The dialect's own end was seen: the connection is not waited for. */
void sl_attempt_complete(struct sl_attempt *a);
void sl_attempt_pause(struct sl_attempt *a, bool on);
/* attempt_pool.c: for worker.c; an empty one, NULL when out of memory. */
void sl_attempt_pool_init(struct sl_pool *pool);
struct sl_attempt *sl_attempt_take(struct sl_worker *w);
/* Back to the loop's pool, when nothing on the stack uses it any more. */
void sl_attempt_recycle(struct sl_attempt *a);

/* attempt_start.c: the request that the provider would send first, which nobody sends. *attempt is
 * given back in any case, by sl_attempt_rehearsed(); its error says why not. */
sluice_status sl_attempt_rehearse(struct sl_call *c, const struct sl_pick *pick,
                                  sluice_http_request *out, struct sl_attempt **attempt);
void sl_attempt_rehearsed(struct sl_attempt *a); /* NULL is fine */

/* intake.c */
void sl_intake_init(struct sl_attempt *a);
void sl_intake_finish(struct sl_attempt *a);
/* intake_head.c: the head, which says how to read on. */
sluice_status sl_intake_head(struct sl_attempt *a, const struct sl_http_in *head);
sluice_status sl_intake_data(struct sl_attempt *a, sluice_span bytes, bool more);
/* The answer is complete: OK, MORE (ask again), or how it failed. */
sluice_status sl_intake_end(struct sl_attempt *a);
extern const struct sl_exchange_events sl_attempt_events;

/* sink.c: the provider's way out. */
void sl_sink_init(struct sl_attempt *a);

/* way.c: native, bridged, or answered here; UNSUPPORTED: none of them. a->model is known. */
sluice_status sl_attempt_way(struct sl_attempt *a);
/* bridge.c: the client's request in its operation's pivot, made once for all attempts that want it
 * so. */
sluice_status sl_bridge_request(struct sl_attempt *a, bool extended);
void sl_bridge_drop(struct sl_call *c);
/* local.c: an answer of ours instead of the provider's; sets class and exchange. */
sluice_status sl_local_begin(struct sl_attempt *a);

/* request_view.c: the vendor's name of the model; what the provider is shown. */
sluice_status sl_request_model(struct sl_attempt *a);
sluice_status sl_request_view(struct sl_attempt *a);
/* request.c: what goes on the wire. */
sluice_status sl_request_build(struct sl_attempt *a, const sluice_http_request *request,
                               struct sl_http_out *out);

/* dispatch.c: told by attempts. */
void sl_dispatch_ended(struct sl_attempt *a); /* a->status says how; may start another one */

/* outlet.c: what the client gets. All of them may end the call (the client leaves while it is
 * written to): look at call->finished afterwards. */
void sl_outlet_init(struct sl_call *c);
void sl_outlet_finish(struct sl_call *c);
/* One event of a stream in the client's dialect: its JSON text, what a look at it found, and the
 * bytes it came in (raw.ptr NULL when they do not stand alone). */
sluice_status sl_outlet_event(struct sl_attempt *a, const struct sl_event_view *view,
                              sluice_span text, sluice_span raw);
sluice_status sl_outlet_delta(struct sl_attempt *a, const sluice_delta *d);
sluice_status sl_outlet_delta_of(void *attempt, const sluice_delta *d); /* as a callback */
/* The whole answer in the client's dialect. */
sluice_status sl_outlet_answer(struct sl_attempt *a, const struct sl_event_view *view,
                               sluice_span text);
/* length: of all of it; -1 = not known. */
sluice_status sl_outlet_bytes(struct sl_attempt *a, sluice_span content_type, int64_t length,
                              sluice_span data);
/* Write what was gathered. more: the same turn brings more. */
void sl_outlet_flush(struct sl_call *c, bool more);
/* The winner has ended well: finish chunks, usage, terminator, or the gathered whole answer. */
sluice_status sl_outlet_end(struct sl_attempt *a);
/* An attempt failed before anything left: forget what it brought. */
void sl_outlet_reset(struct sl_call *c);
/* The end of an answer that was held back (stored.h): events of a stream, or the whole of it. */
void sl_outlet_rest(struct sl_call *c, sluice_span text);
/* A stream of our own, whole frames of events, with nobody asked. The head goes before the first.
 */
void sl_outlet_frames(struct sl_call *c, sluice_span frames);
/* A whole answer of our own, JSON, with nobody asked. */
void sl_outlet_text(struct sl_call *c, sluice_span json);
/* The call failed: an error body, or an error event when the stream has begun. */
void sl_outlet_fail(struct sl_call *c);

#endif
