/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anthropic.h - what the files of the anthropic provider share: the deployment, one exchange, and
 * the table of model families. Requests are written by request.h's files, answers read by
 * answer.h's.
 */
#ifndef ANTHROPIC_H
#define ANTHROPIC_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>
#include <sluice_sdk/verdict.h>
#include <turns/effort.h>

/* ---- family.c: what a family of models takes ---- */

struct anthropic_family {
    const char *contains; /* in the model's name */
    int32_t max_output;
    enum turns_thinking thinking;
    bool structured;    /* output_config.format, strict tools */
    bool sampling;      /* temperature, top_p, top_k */
    bool one_sampling;  /* temperature and top_p together are refused */
    bool disable_ok;    /* {"type":"disabled"} is accepted */
    bool between_tools; /* {"type":"between_tools"} is the least thinking there is */
    bool forced_tool;   /* tool_choice any and tool are accepted */
    bool xhigh, max;    /* efforts above high */
};
const struct anthropic_family *anthropic_family(sluice_span model);

/* ---- config.c ---- */

struct sluice_provider {
    const sluice_host *host;
    struct sluice_arena arena; /* owns the spans below */
    sluice_span api_version;
    /* Where others serve these models the model is part of the URL and this the body's
     * anthropic_version; empty = the vendor's own way. */
    sluice_span version_in_body;
    sluice_span betas;          /* comma list */
    sluice_span base_model;     /* which model a deployment under another name is; may be empty */
    int64_t default_max_tokens; /* 0 = by family */
    int64_t budgets[EFFORTS];
    bool lenient_arguments;
};
extern const char anthropic_config_schema[];
sluice_status anthropic_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                               sluice_error *err);
void anthropic_destroy(sluice_provider *self);

/* ---- the exchange ---- */

#define ANTHROPIC_NO_BLOCK UINT32_MAX

enum anthropic_block {
    BLOCK_SKIPPED, /* server tools, kinds we do not know */
    BLOCK_TEXT,
    BLOCK_THINKING,
    BLOCK_TOOL,
    BLOCK_JSON_TOOL /* the forced tool whose input is the answer */
};

/* What is known of the answer so far. */
struct anthropic_answer {
    bool started, stopped;
    bool tool_called;
    const char *finish; /* OpenAI's word for the last stop reason; NULL = not told */
    uint32_t index;     /* of the open block, or ANTHROPIC_NO_BLOCK */
    enum anthropic_block block;
    bool args_seen;       /* of the open tool block */
    uint64_t chars;       /* code points of text so far: annotations count in them */
    uint64_t block_chars; /* chars when the open block began */
    struct sl_buf held;   /* input or citations of the open block, raw */
    struct sl_buf annotations, citations, searches; /* of all blocks: elements of JSON arrays */
    uint32_t known;                                 /* usage: bit per SLUICE_USE_* */
    int64_t input, cache_write, cache_read;         /* disjoint, as the vendor counts */
    int64_t n[SLUICE_USE_KINDS];
};

struct anthropic_job; /* job.h */

struct sluice_exchange {
    sluice_provider *self;
    struct anthropic_job *job; /* NULL: one request, for messages */
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    sluice_header headers[3];
    size_t n_headers;
    sluice_span url, query;
    uint32_t framing;
    bool relay, count_only;
    int32_t http_status;
    sluice_span json_tool; /* name of the forced tool that carries the answer; empty = none */
    struct sl_verdict failure;
    struct anthropic_answer answer;
};

/* ---- beta.c: the comma list of anthropic-beta, each name once ---- */

#define ANTHROPIC_MAX_BETAS 32
#define ANTHROPIC_FILES_BETA "files-api-2025-04-14"
struct anthropic_betas {
    sluice_span names[ANTHROPIC_MAX_BETAS];
    size_t n;
};
void anthropic_betas_add(struct anthropic_betas *b, sluice_span list);
/* What a body's members need: files, remote tool servers, context editing. */
void anthropic_betas_of_member(struct anthropic_betas *b, sluice_span name);
sluice_status anthropic_betas_join(const struct anthropic_betas *b, struct sluice_arena *arena,
                                   sluice_span *out);

/* ---- provider.c: where all requests go, and what they carry ---- */

/* path: behind the version. In the arena. */
sluice_span anthropic_url(sluice_exchange *x, sluice_span path);
/* Fills x->headers, the content type first. */
sluice_status anthropic_write_headers(sluice_exchange *x, struct anthropic_betas *betas);

/* ---- request.c: writes x->body for a call in OpenAI's chat form ---- */

sluice_status anthropic_request(sluice_exchange *x, struct anthropic_betas *betas,
                                sluice_error *err);

/* ---- error.c: what a failure means ---- */

/* An error answer. body may be anything, retry_after the header's value. */
void anthropic_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span body,
                            sluice_span retry_after, struct sluice_arena *arena);
/* An `error` event; error: the raw member of that name. */
void anthropic_failure_event(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena);

#endif
