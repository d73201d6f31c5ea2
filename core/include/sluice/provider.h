/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/provider.h - a provider turns calls into one vendor's HTTP and that vendor's
 * answers back. It does no I/O and never sees a secret: it writes requests into structs
 * and is fed the answer's bytes. The host owns sockets, TLS, credentials, timeouts,
 * retries and back-pressure.
 *
 * One attempt is one exchange:
 *
 *     begin -> request -> head -> data ... -> end -> close
 *                 ^___________________________|      (end returned SLUICE_MORE: polling,
 *                                                      paging; legal after an error too)
 *
 * The host may stop after any step and go straight to close (client gone, timeout); a
 * negative status from head() or data() goes straight to close as well. A broken transport
 * never reaches end(): an end of the answer without the vendor's terminator does, and is
 * the plugin's to judge (SLUICE_E_TRUNCATED).
 * Everything here is [loop]. Instances never share state between loops (ext/share.h does)
 * and may be created lazily, while calls run.
 */
#ifndef SLUICE_PROVIDER_H
#define SLUICE_PROVIDER_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_PROVIDER_ID "sluice.provider/1"

typedef struct sluice_provider sluice_provider; /* defined by the plugin: one deployment's config */
typedef struct sluice_exchange sluice_exchange; /* defined by the plugin: one attempt's state */

#define SLUICE_CALL_STREAM 1u /* flags: the caller wants events as they come */
#define SLUICE_CALL_DROP   2u /* flags: leave out what the vendor lacks (drop_params); without
                                 it such a parameter is SLUICE_E_INVALID with err->param */
#define SLUICE_CALL_BODY_STREAM                                                                     \
    4u /* flags: more of the body follows behind body_parts while the request is sent; body is
          only what is there. For plugins that list SLUICE_OPERATION_BODY_STREAM */
#define SLUICE_OPERATION_BODY_STREAM \
    "body.stream" /* no operation: in `operations`, says that SLUICE_CALL_BODY_STREAM is known */

/* sluice_call.credential: what kind of secret the host holds for this deployment. */
#define SLUICE_CRED_NONE  0u
#define SLUICE_CRED_KEY   1u /* a static key */
#define SLUICE_CRED_TOKEN 2u /* becomes a bearer token: OAuth, Entra ID, service account, the
                                plugin's own token class (ext/token.h) */
#define SLUICE_CRED_AWS   3u /* an AWS key pair or what the credential chain yields */

/* What to do. Borrowed until close(), except body and members: they may go once head() has seen a
 * status below 400 (of a request that was not FOREIGN), so copy what is needed later. */
typedef struct sluice_call {
    uint32_t struct_size;
    uint32_t flags;               /* SLUICE_CALL_* */
    sluice_span operation;        /* "chat.completions", "messages", "embeddings", ... */
    sluice_span model;            /* the vendor's model name, already mapped by the router */
    sluice_span base_url;         /* the deployment's; empty = the provider's own default */
    sluice_span content_type;     /* of body */
    sluice_span body;             /* what the caller sent, byte for byte */
    /* A JSON body: its top-level members as they are to go out. Names decoded, duplicates
     * refused, the host's edits in (mapped model, gateway-only members gone, defaults of the
     * deployment added). Values are raw JSON, inside body or elsewhere. Of a form (content_type
     * multipart/form-data) its shorter text fields, as JSON strings; some may come twice. */
    const sluice_header *members;
    size_t n_members;
    const sluice_header *params;  /* of path and query: {"id","resp_1"}, {"limit","20"} */
    size_t n_params;
    const sluice_header *headers; /* the caller's headers that policy lets through */
    size_t n_headers;
    sluice_span request_id;
    uint32_t credential;          /* SLUICE_CRED_* */
    uint32_t reserved;
    sluice_span credential_facts; /* JSON object, nothing secret: region, project_id, ... */
    /* A body that is no JSON, as it is to go out, in pieces: of a form with the host's edits in,
     * all other parts as they came. NULL with a JSON body. */
    const sluice_span *body_parts;
    size_t n_body_parts;
    sluice_span method, path, query; /* passthrough: as the caller wrote them; path: what follows
                                        the route's own, query: without its '?' */
    /* Tells the client that a parameter was not sent: it is named in a header of the answer. With
     * impl, the host's own, before the answer begins. May be NULL. */
    void (*dropped)(void *impl, sluice_span name);
    void *impl;
    const sluice_span *allowed; /* allowed_openai_params: sent although the plugin would not */
    size_t n_allowed;
    /* What a model that stands inside of a file is called at this deployment's vendor, in memory
     * that lives until close(). INVALID: there is none of that name, the caller may not use it, or
     * another account serves it. With impl; may be NULL: then names are the vendor's own. */
    sluice_status (*model_named)(void *impl, sluice_span name, sluice_span *out, sluice_error *err);
} sluice_call;

/* Where the host puts the deployment's secret. It goes only to the origin of base_url (or
 * one of sluice_provider_class.origins) and never with SLUICE_REQ_FOREIGN. A value the host
 * does not know fails the attempt with UNSUPPORTED. */
#define SLUICE_AUTH_NONE   0u /* the safe default */
#define SLUICE_AUTH_BEARER 1u /* Authorization: Bearer SECRET; auth_param = OAuth scope, if the
                                 credential has to be exchanged */
#define SLUICE_AUTH_HEADER 2u /* auth_param names the header; "NAME: TEXT" puts TEXT and a blank
                                 before the secret */
#define SLUICE_AUTH_QUERY  3u /* auth_param names the query parameter */
#define SLUICE_AUTH_SIGV4  4u /* auth_param = "aws:amz:REGION:SERVICE" */

/* How the host cuts the answer's body before data(). Unknown values: UNSUPPORTED. */
#define SLUICE_FRAME_WHOLE 0u /* one frame, up to the host's size cap */
#define SLUICE_FRAME_SSE   1u /* one frame per server-sent event */
#define SLUICE_FRAME_LINES 2u /* one frame per line */
#define SLUICE_FRAME_RAW   3u /* as the bytes arrive */
#define SLUICE_FRAME_RELAY 4u /* the answer speaks the call's operation: the host passes it on
                                 by whole reads, scans it for usage and errors and shows data()
                                 only what `watch` asks for. Event stream, one JSON value or
                                 binary follows from the answer's content type */
#define SLUICE_FRAME_U32   5u /* frames that begin with their own total length, 32 bits
                                 big-endian (AWS event streams) */

/* One piece of a request body. FROZEN */
typedef struct sluice_part {
    uint32_t kind; /* SLUICE_PART_*; unknown: UNSUPPORTED */
    uint32_t form; /* SLUICE_FORM_* */
    sluice_span data;
} sluice_part;
#define SLUICE_PART_BYTES   0u
#define SLUICE_PART_SECRET  1u /* data = a secret reference, put in at sending; logs show *** */
#define SLUICE_PART_BASE64  2u /* data is sent in base64 */
#define SLUICE_FORM_RAW     0u /* as it is */
#define SLUICE_FORM_PERCENT 1u /* percent-encoded */
#define SLUICE_FORM_JSON    2u /* as the inside of a JSON string */

#define SLUICE_REQ_BODY_STREAM                                                                      \
    4u /* flags: behind `body` follows what the caller still sends, as it comes. Only with
          SLUICE_CALL_BODY_STREAM, and only once: such a request is never sent again */
#define SLUICE_REQ_FOREIGN 1u /* flags: a GET of a URL from the caller or from an answer: public
                                 addresses only (unless the operator allows the host), redirects
                                 followed, 3 at most, 20 MB, 30 s, never our credential or headers.
                                 Failures on the way end the call with invalid_image_url; a status
                                 that is none of success is the plugin's to judge */
#define SLUICE_REQ_SOCKET 2u /* flags: a WebSocket (RFC 6455), by GET: the host shakes hands. It is
                                accepted by status 101, which head() sees; then frames go both ways
                                as they are, past data(). For operation "realtime" */

/* The next HTTP request. Zeroed by the host; spans live in the arena or longer. */
typedef struct sluice_http_request {
    uint32_t struct_size;
    uint32_t flags;               /* SLUICE_REQ_* */
    uint32_t auth;                /* SLUICE_AUTH_* */
    uint32_t framing;             /* SLUICE_FRAME_*; error answers (>= 400) are always WHOLE */
    uint32_t delay_ms;            /* wait first; for polling */
    uint32_t reserved;
    sluice_span auth_param;
    sluice_span method;           /* empty = POST */
    sluice_span url;              /* absolute; "mock:", "kept:" see below */
    const sluice_part *body;      /* sent one after the other */
    size_t n_body;
    const sluice_header *headers; /* beside what the host adds: host, length, credential */
    size_t n_headers;
    /* RELAY: NULL-terminated; events containing one of these strings are also shown to data(),
     * which may report usage or fail the call, but not write. May be NULL. */
    const char *const *watch;
} sluice_http_request;

/* The URL "mock:" opens no connection: the host plays the request back as the answer, so that a
 * provider for tests and demonstrations takes the way of every other. Its body is the answer's body,
 * its headers are the answer's, but for these, whose values are decimal numbers unless said
 * otherwise and which are left out of the answer:
 *     :status          of the answer; required
 *     :delay-ms        to wait before the head
 *     :chunk           bytes of the body that come at a time; absent: one part of the body
 *     :chunk-delay-ms  to wait between two of these
 *     :fail            refuse, reset, stall (nothing more ever comes) or truncate (an end before
 *                      the length that the head announced)
 *     :after           bytes of the body that come before the failure; absent: not even the head
 *
 * The URL "kept:NAME" opens none either: the host's store answers, in which texts lie between calls
 * for the time, and within the size, that the operator set. PUT keeps the body, GET gives it, DELETE
 * removes it. A text belongs to whom the call is for and to this plugin: nobody else finds it. NAME
 * is made of letters, digits, '-', '_' and '.', 128 at most. 200; 404: there is none; 413: larger
 * than the store keeps; 503: the store cannot be used. The body of a failure says why, in a
 * sentence. */

typedef struct sluice_http_head {
    uint32_t struct_size;
    int32_t status;
    const sluice_header *headers; /* names in lower case */
    size_t n_headers;
} sluice_http_head;

typedef struct sluice_frame {
    uint32_t struct_size;
    uint32_t reserved;
    sluice_span event; /* SSE event name, else empty */
    sluice_span data;  /* payload; SSE data lines joined by \n */
} sluice_frame;

/* What a call consumed: a list of counts, so that new units need no new field. A kind that
 * is absent is not known. FROZEN */
typedef struct sluice_count {
    uint32_t kind; /* SLUICE_USE_*; skip kinds you do not know */
    uint32_t reserved;
    int64_t n;
} sluice_count;
#define SLUICE_USE_INPUT          1u  /* tokens of the prompt, all of them (OpenAI's prompt_tokens) */
#define SLUICE_USE_OUTPUT         2u  /* tokens of the answer, reasoning included */
#define SLUICE_USE_CACHED_INPUT   3u  /* part of INPUT read from the vendor's cache */
#define SLUICE_USE_CACHE_WRITE    4u  /* part of INPUT written to it */
#define SLUICE_USE_CACHE_WRITE_1H 5u  /* part of CACHE_WRITE kept for one hour */
#define SLUICE_USE_REASONING      6u  /* part of OUTPUT */
#define SLUICE_USE_AUDIO_INPUT    7u  /* part of INPUT */
#define SLUICE_USE_AUDIO_OUTPUT   8u  /* part of OUTPUT */
#define SLUICE_USE_IMAGE_INPUT    9u  /* part of INPUT */
#define SLUICE_USE_SEARCHES       10u /* web searches */
#define SLUICE_USE_MILLISECONDS   11u /* of audio or video */
#define SLUICE_USE_CHARACTERS     12u
#define SLUICE_USE_IMAGES         13u
#define SLUICE_USE_COST_NANO_USD  14u /* only if the vendor reports a price */
#define SLUICE_USE_KINDS          15u /* one more than the last */

typedef struct sluice_usage {
    uint32_t struct_size;
    uint32_t n_counts;
    const sluice_count *counts;
} sluice_usage;

/* One step of a chat answer, in no vendor's words. The host makes of it what the client's
 * dialect asks for: chunks, events, or one whole answer. */
typedef struct sluice_delta {
    uint32_t struct_size;
    uint32_t kind;        /* SLUICE_DELTA_* */
    uint32_t choice;      /* 0 unless the caller asked for several */
    uint32_t index;       /* TOOL_*, REASONING, EXTRA: the vendor's block number. Equal numbers
                             belong together; the host makes tool indices dense */
    sluice_span text;     /* the inside of a JSON string, still escaped; TOOL_ARGS: a piece of
                             the arguments' JSON text, escaped likewise; FINISH: the reason */
    sluice_span id, name; /* TOOL_START; same form as text. START: id and model of the answer */
    sluice_span extra;    /* members to merge, raw JSON without braces: `"signature":"x"` */
} sluice_delta;
#define SLUICE_DELTA_START      1u /* the answer begins; optional */
#define SLUICE_DELTA_TEXT       2u
#define SLUICE_DELTA_REASONING  3u /* text of a thinking block */
#define SLUICE_DELTA_SIGNATURE  4u /* text = its signature, or extra = an opaque block as
                                      `"type":"redacted_thinking","data":"..."`; index as above */
#define SLUICE_DELTA_TOOL_START 5u
#define SLUICE_DELTA_TOOL_ARGS  6u
#define SLUICE_DELTA_REFUSAL    7u
#define SLUICE_DELTA_EXTRA      8u /* only extra: annotations, vendor additions to the message */
#define SLUICE_DELTA_FINISH     9u /* OpenAI's word: stop, length, tool_calls, content_filter.
                                      Once per choice; the host writes it after everything else */
#define SLUICE_DELTA_LOGPROBS  10u /* extra = `"content":[...]` in OpenAI's form; the host joins the
                                      lists */

/* Where results go. A plugin that translates chat answers writes delta(); one whose vendor
 * speaks the call's operation already writes chunk() or whole(); binary goes to bytes().
 * The host writes [DONE], usage, and one id, created and model for all chunks. Each call
 * copies. A negative status must be returned by the plugin at once. */
typedef struct sluice_sink sluice_sink;
struct sluice_sink {
    uint32_t struct_size;
    uint32_t flags;        /* none yet */
    void *impl;
    sluice_arena *scratch; /* emptied after each data() and end() */
    /* One event of a stream in the operation's dialect: JSON text in parts. */
    sluice_status (*chunk)(const sluice_sink *sink, const sluice_span *parts, size_t n);
    /* The whole answer, once; never together with chunk() or delta(). */
    sluice_status (*whole)(const sluice_sink *sink, const sluice_span *parts, size_t n);
    /* A binary answer (speech, files), in pieces. */
    sluice_status (*bytes)(const sluice_sink *sink, sluice_span content_type, sluice_span data);
    /* Totals so far; per kind the last report wins. */
    void (*usage)(const sluice_sink *sink, const sluice_usage *usage);
    /* Status and headers for the client other than 200 and the content type (206,
     * content-disposition). Before the first result. */
    sluice_status (*head)(const sluice_sink *sink, int32_t status, const sluice_header *headers,
                          size_t n);
    /* One step of a chat answer, streaming or not. */
    sluice_status (*delta)(const sluice_sink *sink, const sluice_delta *delta);
};

typedef struct sluice_provider_class {
    uint32_t struct_size;
    uint32_t flags;                /* none yet */
    const char *const *operations; /* NULL-terminated; what begin() accepts, and so the dialects
                                      it takes natively; the host bridges the rest */
    const char *config_schema;     /* JSON Schema of config; the host checks it first */
    const char *const *origins;    /* NULL-terminated "https://host[:port]" that may get the
                                      credential when base_url is empty; may be NULL. A '*' stands
                                      for one or more letters, digits and hyphens */

    /* config: the deployment's own JSON object merged over its catalogue entry; secrets are
     * references. Copy what outlives the call. */
    sluice_status (*create)(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err);
    void (*destroy)(sluice_provider *self);

    /* Check the call and set up state in arena, which lives until close(). */
    sluice_status (*begin)(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err);
    /* Write the next request. Asked again for the same step if the connection failed before
     * any answer arrived, so it must not consume state. */
    sluice_status (*request)(sluice_exchange *x, sluice_http_request *out, sluice_error *err);
    /* *framing: in as asked for, may be changed now that the answer's head is known. */
    sluice_status (*head)(sluice_exchange *x, const sluice_http_head *head, uint32_t *framing,
                          sluice_error *err);
    sluice_status (*data)(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err);
    /* The answer is complete: OK done, MORE ask request() again, < 0 the call failed. After an
     * error status (>= 400) name the class and fill err from the vendor's text. */
    sluice_status (*end)(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
    /* Exactly once for each begin() that returned OK; may be NULL (the arena goes anyway). */
    void (*close)(sluice_exchange *x);
    /* What this deployment takes natively: OK, or UNSUPPORTED = bridge it or go elsewhere.
     * May be NULL: then `operations` says. */
    sluice_status (*accepts)(sluice_provider *self, sluice_span operation, sluice_span model);
    /* [any] Optional extras by id (ext/token.h); may be NULL. */
    const void *(*get_extension)(const char *id);
} sluice_provider_class;

#ifdef __cplusplus
}
#endif
#endif
