/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - drives a provider through whole exchanges without a network: it is given a call and
 * canned HTTP answers, does the host's part (framing, relay, the body's members), and yields as
 * text what the plugin wrote: its requests, and every line that reached the sink. And the loops
 * that every provider has to stand: cut at each byte, stopped after each step, memory failing at
 * each allocation.
 *
 * A request as text:                     Sink lines:
 *     POST https://host/v1/x                 head 206 name: value, name: value
 *     auth: bearer                           chunk {...}          one event of a stream
 *     name: value                            whole {...}          the whole answer
 *                                            bytes TYPE TEXT      joined over calls; \xNN
 *     body                                   usage input=12 output=3
 *                                            delta text choice=0 index=0 text=Hel
 *                                            relay {...}          shown to the client as it came:
 *                                                                 an event's data, or a whole body
 * A request to "mock:" needs no answer: without one it is played back.
 * auth: is none (no line), bearer, header, query, sigv4, with the parameter; a secret reference in
 * the body shows as <ref>. "framing:", "delay:", "foreign" lines appear when they are not default.
 */
#ifndef SL_TESTHOST_EXCHANGE_H
#define SL_TESTHOST_EXCHANGE_H

#include "testhost.h"
#include <sluice/provider.h>

struct sl_test_call {
    sluice_span operation; /* empty = chat.completions */
    sluice_span model;     /* empty = the body's "model" */
    sluice_span base_url;
    sluice_span content_type; /* empty = application/json */
    sluice_span body;
    sluice_span request_id;
    sluice_span credential_facts; /* empty = {} */
    uint32_t flags;               /* SLUICE_CALL_* */
    uint32_t credential;          /* SLUICE_CRED_* */
    const sluice_header *params, *headers;
    size_t n_params, n_headers;
};

struct sl_test_answer {
    int32_t status;
    const sluice_header *headers; /* names in lower case */
    size_t n_headers;
    sluice_span body;
    bool broken; /* the connection breaks behind body: end() is not reached */
};

/* How to torture this run; zeroed = not at all. */
struct sl_test_plan {
    size_t chunk;   /* feed answers in pieces of this many bytes; 0 = at once */
    size_t cut;     /* and cut once more at this offset of each body; 0 = not */
    unsigned steps; /* go to close() after this many steps (begin counts); 0 = never */
    bool twice;     /* ask request() twice; a different second answer is SLUICE_E_INTERNAL */
};

/* Text is malloc'ed and NUL-terminated. */
struct sl_test_result {
    sluice_status status; /* of the exchange; CANCELLED after `steps`, UPSTREAM after `broken` */
    sluice_error error;
    char *requests;   /* one after the other, separated by an empty line */
    char *sink;       /* lines */
    unsigned steps;   /* how many functions were called between begin and close */
    size_t n_answers; /* how many answers were used */
};
void sl_test_result_finish(struct sl_test_result *r);

/* One provider instance. */
struct sl_test_provider {
    struct sl_testhost *host;
    const sluice_provider_class *cls;
    sluice_provider *self;
};
/* config: JSON text. */
sluice_status sl_test_provider_init(struct sl_test_provider *p, struct sl_testhost *t,
                                    const struct sl_testplugin *plugin, sluice_span config,
                                    sluice_error *err);
void sl_test_provider_finish(struct sl_test_provider *p);

/* One exchange; answers are used in order, one per round. A round without an answer left is
 * SLUICE_E_UNAVAILABLE. r is to be finished by the caller in any case. Returns r->status. */
sluice_status sl_test_exchange(struct sl_test_provider *p, const struct sl_test_call *call,
                               const struct sl_test_answer *answers, size_t n_answers,
                               const struct sl_test_plan *plan, struct sl_test_result *r);

/* The loops. Each returns NULL when all is well, or a malloc'ed sentence about the first fault. */

/* Any cut of the answers gives the same sink lines, status and requests as no cut. */
char *sl_test_every_cut(struct sl_test_provider *p, const struct sl_test_call *call,
                        const struct sl_test_answer *answers, size_t n_answers);
/* close() after each step works, and request() asked twice gives the same request. */
char *sl_test_every_stop(struct sl_test_provider *p, const struct sl_test_call *call,
                         const struct sl_test_answer *answers, size_t n_answers);
/* Each allocation failing in turn, create() included, gives a negative status, mostly NOMEM, and
 * the next run is whole again. Leaks are for AddressSanitizer or valgrind to find. */
char *sl_test_every_fault(const struct sl_testplugin *plugin, struct sl_testhost *t,
                          sluice_span config, const struct sl_test_call *call,
                          const struct sl_test_answer *answers, size_t n_answers);

#endif
