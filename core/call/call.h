/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one call, from the first header to the record: the struct that all steps share, and its
 * life. It walks down a table of steps (steps.c); a step that must wait leaves an owner and a way
 * to cancel. Everything of it lies in one arena; finish is entered exactly once from wherever it
 * ends.
 */
#ifndef SL_CALL_CALL_H
#define SL_CALL_CALL_H

#include <sluice/cache.h>
#include <sluice/sluice.h>
#include "base/digest.h"
#include "call/runtime/body.h"
#include "call/choice/choose.h"
#include "call/choice/decision.h"
#include "call/dispatch/plan.h"
#include "call/wishes.h"
#include "call/runtime/worker.h"
#include "format/dialect/operation.h"
#include "format/json_scan.h"
#include "policy/aws_client.h"
#include "policy/principal.h"
#include "route/pick.h"

#define SL_CALL_DEPTH 2            /* calls that work for calls that work for calls */
#define SL_PENDING_MOST (1u << 20) /* a preamble that is held back */
#define SL_PRIORITY_MOST 1000000
#define SL_RETRIES_MOST 10 /* that a client can ask for */

enum {
    SL_STEP_HEAD,
    SL_STEP_AUTH,
    SL_STEP_BODY,
    SL_STEP_PARSE,
    SL_STEP_PERMIT,
    SL_STEP_RESOLVE,
    SL_STEP_LIMIT,
    SL_STEP_CACHE,
    SL_STEP_DISPATCH,
    SL_STEP_FINISH,
    SL_STEPS
};

/* What a step says when it returns. */
enum sl_verdict {
    SL_NEXT, /* go on with the next one */
    SL_WAIT, /* something will call sl_call_resume() or end the call */
    SL_END,  /* over: sl_call.status and .error say how */
};

/* What a step waits for. Whatever else ends the wait (the client leaves, a deadline, a drain), it
 * is taken back by cancel(). */
struct sl_wait_class {
    void (*cancel)(struct sl_call *c);  /* also when it took too long; NULL = nothing to undo */
    void (*expired)(struct sl_call *c); /* it took too long: resume, or finish */
};

struct sl_wait {
    const struct sl_wait_class *cls; /* NULL = it waits for attempts, or for nothing */
    struct sl_timer timer;
    unsigned looks; /* at the sockets, since its time is up: sl_time_is_up() */
};

/* What a client has got of a stream, for those who may have to go on with it: continue.c. */
struct sl_said {
    struct sl_buf text; /* escaped, as in JSON */
    bool inside;        /* of a thinking block */
    bool spoiled;       /* nobody can go on behind it */
};

/* What a client sees of a call: outlet.c. */
struct sl_outlet {
    struct sl_encoder encoder;
    bool committed;  /* the head has left: retry and fallback are over */
    bool terminated; /* the stream's terminator has left */
    bool listed;     /* the first event of a list has been framed */
    bool through;    /* events of content go on as the bytes they came in, as long as the mode lasts
                        and the model is the one that was asked for */
    bool usage_told; /* an event that was passed on said how much was used */
    uint64_t thinking; /* bit = choice whose thoughts stand in its content, and have not ended */
    enum { SL_OUT_NOTHING, SL_OUT_EVENTS, SL_OUT_DELTAS, SL_OUT_WHOLE, SL_OUT_BYTES } mode;
    int status;          /* 0 = 200 */
    sluice_span headers; /* of the attempt that answers: "name\nvalue\n"...; head.h */
    size_t n_headers;
    sluice_span content_type;
    size_t n_parts; /* what this turn has to write */
    struct sl_outlet_room room;
    int64_t bytes;
};

struct sl_object;
struct sl_upload;
struct sl_run;
struct sl_listener;

/* What is asked of the object store for a call: stored.c. */
struct sl_stored {
    struct sl_objects_op *op; /* under way; NULL = nothing is */
    unsigned asked;           /* SL_STORED_*: a bit each */
    sluice_status status;     /* of the last question */
    struct sl_object *found;  /* what it found; held */
    bool leased;              /* a process makes it, and that is not this one */
    unsigned looks;           /* at how it stands there */
    bool in_session;          /* the answer is remembered there, and kept by nobody */
    sluice_span rest; /* of the answer, that waits until it is kept; ptr NULL = nothing does */
    struct sl_body *conversation; /* history and input, for a vendor that knows neither */
    struct sl_buf items;          /* of a relayed answer that is remembered */
};

/* A request in its operation's pivot: bridge.c. */
struct sl_bridged {
    struct sl_body *body; /* NULL = not made */
    sluice_header *members;
    size_t n_members;
    sluice_span echo;
    const struct sl_leg *leg; /* whose members it was made of */
    bool dropped;             /* made with drop_params */
};

struct sl_call {
    union {
        struct sl_list node;
        struct sl_pooled pooled;
    };
    struct sl_worker *worker;
    struct sl_hold *hold;
    struct sluice_arena arena;
    uint64_t task;
    const sluice_events *events;
    void *ctx;
    uint32_t flags; /* SLUICE_CALL_*, SLUICE_BODY_* */
    const struct sl_settings *settings;

    /* what came in */
    const struct sl_operation *operation; /* the client's; what a provider is asked: attempt.h */
    const struct sl_dialect *dialect;     /* the client's */
    sluice_span key, request_id, tags, session, peer;
    sluice_span content_type, method, path, query;
    const sluice_header *headers, *params; /* those that are looked at later */
    size_t n_headers, n_params;
    const sluice_header *all_headers; /* for routers that ask for them; NULL = none does */
    size_t n_all_headers;
    struct sl_body *body;
    bool body_complete;
    uint64_t body_length;     /* that was announced; 0 = not known */
    struct sl_upload *upload; /* what follows behind body; NULL = nothing does */
    bool held_whole;          /* it is no such form, or nobody takes one */
    bool shed;                /* there was no room for its body */
    uint64_t refused_us;      /* since when there is none for the next piece; 0 = there is */
    bool wants_room;          /* a piece was not taken, and the client waits to be told */
    struct sl_timer room;
    uint32_t timeout_ms, stream_timeout_ms; /* the client's own; 0 = none */
    int64_t num_retries;                    /* the client's own; -1 = none */
    struct sl_wishes wishes;
    char parent_uid[40];
    sluice_span purpose;              /* what it does for its parent */
    const struct sl_principal *payer; /* who was let in already, by the parent; NULL = ask */
    struct sl_list children, sibling; /* calls that work for this one; among its parent's */
    unsigned depth;                   /* 0: it works for nobody */
    struct sluice_session *connected; /* whose client made it: session.h; NULL = none */
    struct sl_list companion;         /* among its calls */
    bool warm;                        /* nobody is asked: what follows can continue it */

    struct sl_aws_client *signer; /* the client signed its request; NULL = it did not */

    /* what the steps found */
    const struct sl_principal *who;
    sluice_header *members; /* of the body; spans into it. Of a form: its text fields, as JSON */
    size_t n_members;
    uint64_t member_bits;       /* of their names */
    struct sl_json_longs longs; /* in the body */
    sluice_span boundary;       /* the body is a form; empty = it is not */
    sluice_span model;          /* what the client asked for, plain text */
    sluice_span model_json;     /* the same as a JSON string; head.c */
    bool stream, include_usage;
    bool many_choices;                   /* n above 1 was asked for */
    int64_t input_tokens, output_tokens; /* estimate; the client's maximum; -1 = not known */
    const struct sl_group *group;
    struct sl_wildcard_match match;
    const struct sl_pass_route *pass;   /* of operations that take anything: where it leads */
    const struct sl_deployment *pinned; /* an id that we issued names it; NULL = none */
    struct sl_choose_facts routing;
    struct sl_model_list *model_list; /* several models at once; NULL = one */
    sluice_span service_tier;         /* that was asked for; empty = none */
    struct sl_needs needs;            /* needs.c */
    struct sl_decision seen;          /* by the last choice */

    /* the walk */
    unsigned step;
    bool walking, finished;
    struct sl_defer
        begin;           /* an embedder's call: its first step waits until sluice_start() is back */
    struct sl_wait wait; /* of the step that waits */
    struct sl_timer deadline; /* of the whole call */
    uint64_t deadline_ms;     /* 0 = none */
    unsigned deadline_looks;

    /* cache */
    struct sl_instance *cache; /* of this loop; NULL = none, or not asked */
    sluice_cache_op *cache_op; /* pending */
    sluice_cache_entry hit;    /* value.ptr NULL = none */
    unsigned char digest[SL_DIGEST_SIZE];
    int64_t cache_ttl_ms;
    bool cache_get, cache_put;

    /* dispatch */
    struct sl_list attempts;   /* all that were made; live ones first */
    struct sl_attempt *winner; /* the one whose answer goes out */
    struct sl_plan plan;
    uint32_t n_attempts;
    uint64_t pauses_us; /* between attempts, all in all */
    /* waiting for a place: turn.h */
    struct sl_queue_place *place; /* in line; NULL = not */
    const struct sl_deployment *busy_at, *waited_at;
    int64_t priority; /* lower is served first */
    uint64_t arrival, queued_us;
    bool my_turn, turn_late, priority_said;
    /* an upstream call that several share: flight.h */
    struct sl_seat *seat;     /* of one that reads it; NULL = none */
    struct sl_flight *flight; /* of the one that flies; NULL = it does not */
    bool alone, shared;       /* it goes its own way; it is answered by a flight */

    bool running; /* it has one of global_max_parallel_requests */

    struct sl_timer retry;       /* the pause before an attempt */
    struct sl_timer second;      /* when another deployment is asked as well; second.h */
    struct sl_attempt *drafting; /* of several attempts: whose draft `out` is; NULL = nobody's */
    uint32_t n_seconds;          /* attempts beside others: no retries */
    bool paused;
    bool credential_again; /* a refused credential was replaced once */

    struct sl_bridged *bridged; /* plain, and with the extension members; NULL = neither yet */
    struct sl_stored stored;
    struct sl_run *run;           /* background.h: it makes this response; NULL = none */
    struct sl_listener *listener; /* background.h: it reads, or awaits, one */
    sluice_span echo;             /* background.c: what the response says again of the request */
    struct sl_object *history;    /* stored.c: what this call continues, or is about */
    sluice_span input;            /* stored.c: what it brought */
    struct sl_outlet out;
    struct sl_said said;
    struct sl_usage usage;

    /* how it went */
    sluice_status status;
    int http_status;
    char uid[40];
    uint64_t received_us, begun_us, dispatched_us, first_byte_us, upstream_us;
    int64_t unix_us;             /* when it was received, as a wall clock says */
    uint64_t stage_us[SL_STEPS]; /* when each step was entered; 0 = never */
    sluice_span response_id;
    bool cached;

    /* after its end */
    struct sl_record *record; /* waits to hear whether the answer was delivered; delivery.c */
    struct sl_timer linger;
    bool telling; /* done() has not returned */

    /* Not cleared for the next call: whoever begins one empties it. */
    sluice_error error;
};

/* Takes what is needed of the request (copied into the arena), begins to walk. */
sluice_status sl_call_start(struct sl_worker *w, const sluice_request *request,
                            const sluice_events *events, void *ctx, uint64_t *task,
                            sluice_error *err);
/* One of a session's: session.c. */
sluice_status sl_call_start_in(struct sluice_session *s, const sluice_request *request, bool warm,
                               const sluice_events *events, void *ctx, uint64_t *task,
                               sluice_error *err);
sluice_status sl_call_body(struct sl_call *c, sluice_span data, bool last);
/* Whoever had no room for a piece of it has some now: the client is told soon. */
void sl_call_has_room(struct sl_call *c);
void sl_call_tell_room(struct sl_timer *t);
/* Where the next piece of it may be put beforehand; NULL: nowhere. */
char *sl_call_body_room(struct sl_call *c, size_t *room);
void sl_call_pause(struct sl_call *c, bool on);
/* status CANCELLED, SHUTDOWN or NOMEM. */
void sl_call_cancel(struct sl_call *c, sluice_status status);

/* For steps and what they wait for. */
void sl_call_resume(struct sl_call *c); /* the waiting step runs again */
/* The step that runs is about to return SL_WAIT: for how long at most. */
void sl_call_wait(struct sl_call *c, const struct sl_wait_class *cls, uint64_t ms);
void sl_call_wait_over(struct sl_call *c); /* without its cancel() */
void sl_call_waited(struct sl_timer *t);   /* wait.timer's function */
/* c->deadline has come. */
void sl_call_expire(struct sl_call *c);
/* A limit's timer has run out. Is that so? A loop that was late must not make the other side look
 * late: at first the answer is no, and the timer comes again when the sockets were read; twice,
 * since an answer and its end may take a read each. */
bool sl_time_is_up(struct sl_loop *l, struct sl_timer *t, unsigned *looks);
/* Ends the call with c->error's status; not from inside a step (return sl_call_refuse() there). */
void sl_call_finish(struct sl_call *c, sluice_status status);
/* The body is beyond general_settings.max_request_size_mb: notes it. */
sluice_status sl_call_too_large(struct sl_call *c);
/* Note a failure and return SL_END. */
enum sl_verdict sl_call_refuse(struct sl_call *c, sluice_status status);

/* delivery.c: the answer has left, or will not. */
void sl_call_delivered(struct sl_call *c, bool whole);
/* It is told later: the record waits. */
void sl_call_linger(struct sl_call *c);

/* call.c, for start.c: an empty one, its end, its steps. */
struct sl_call *sl_call_take(struct sl_worker *w); /* NULL when out of memory */
void sl_call_free(struct sl_call *c);
void sl_call_walk(struct sl_call *c);
/* Nothing uses it any more when this turn is over. */
void sl_call_retire(struct sl_call *c);
/* For worker.c: the pool of ended calls; put those of this turn there, with their attempts. */
void sl_call_pool_init(struct sl_pool *pool);
void sl_call_reap(struct sl_worker *w);

/* A parameter of path or query; ptr NULL = not there. */
sluice_span sl_call_param(const struct sl_call *c, sluice_span name);
/* A member of the body. Dozens are asked for in each call, and few are there. */
sluice_span sl_call_member_find(const struct sl_call *c, sluice_span name);
static inline sluice_span sl_call_member(const struct sl_call *c, sluice_span name)
{
    return c->member_bits & sl_span_bit(name) ? sl_call_member_find(c, name) : sl_span(NULL, 0);
}
/* parse_form.c: the text fields of a form as members. */
enum sl_verdict sl_parse_form(struct sl_call *c);

/* The table. */
struct sl_step {
    const char *name;
    enum sl_verdict (*run)(struct sl_call *c);
    bool works; /* its time depends on the call: the clock is read again behind it */
};
extern const struct sl_step sl_steps[SL_STEPS];

enum sl_verdict sl_step_head(struct sl_call *c);     /* step_head.c: operation, headers */
enum sl_verdict sl_step_auth(struct sl_call *c);     /* step_auth.c: who is it */
enum sl_verdict sl_step_body(struct sl_call *c);     /* step_body.c: all of it is here */
enum sl_verdict sl_step_parse(struct sl_call *c);    /* step_parse.c: valid, model, stream */
enum sl_verdict sl_step_permit(struct sl_call *c);   /* step_auth.c: may they do this */
enum sl_verdict sl_step_resolve(struct sl_call *c);  /* step_resolve.c: which group */
enum sl_verdict sl_step_limit(struct sl_call *c);    /* step_limit.c */
enum sl_verdict sl_step_cache(struct sl_call *c);    /* step_cache.c */
enum sl_verdict sl_step_dispatch(struct sl_call *c); /* dispatch.c */

#endif
