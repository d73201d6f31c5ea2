/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bedrock.h - what the files of the bedrock provider share: the deployment, one exchange, where it
 * goes (target.c) and the table of model families. Chat is written by request.h's files and read by
 * answer.h's; vectors and images have a file each.
 */
#ifndef BEDROCK_H
#define BEDROCK_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/eventstream.h>
#include <sluice_sdk/fetch.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>
#include <sluice_sdk/verdict.h>
#include <turns/effort.h>

/* ---- family.c: what a family of models takes ---- */

enum bedrock_maker {
    MAKER_OTHER,
    MAKER_CLAUDE,
    MAKER_NOVA,
    MAKER_MISTRAL,
    MAKER_TITAN,
    MAKER_COHERE,
    MAKER_GPT_OSS,
    MAKER_STABILITY
};

enum bedrock_job {
    JOB_CHAT,
    JOB_TITAN,
    JOB_TITAN_IMAGE,
    JOB_NOVA_EMBED,
    JOB_COHERE,
    JOB_CANVAS,
    JOB_STABILITY
};

struct bedrock_family {
    const char *contains; /* in the model's id */
    enum bedrock_maker maker;
    enum bedrock_job job;
    enum turns_thinking thinking;
    int32_t max_output; /* where thinking has a budget */
    bool system;        /* system prompts */
    bool forced_tool;   /* toolChoice any and tool */
    bool structured;    /* outputConfig.textFormat, strict tools */
    bool status, cache; /* toolResult.status; cachePoint */
    bool sampling;      /* temperature, topP, top_k */
    bool one_sampling;  /* temperature and topP together are refused */
    bool disable_ok;    /* {"type":"disabled"} is accepted */
    const char *top_k;  /* its name among the model's own fields; NULL = none */
};
const struct bedrock_family *bedrock_family(sluice_span model);

/* ---- config.c ---- */

struct sluice_provider {
    const sluice_host *host;
    struct sluice_arena arena; /* owns the spans below */
    sluice_span base_model;    /* which model a deployment under an ARN is; may be empty */
    sluice_span region;        /* the deployment's own; else the credential's */
    /* Of batches; may be empty. A bucket may have a prefix behind it. */
    sluice_span bucket, output_bucket, bucket_region, encryption_key, batch_role;
    int64_t budgets[EFFORTS];
    bool lenient_arguments;
};
extern const sluice_provider_class bedrock_class;
extern const char bedrock_config_schema[];
sluice_status bedrock_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                             sluice_error *err);
void bedrock_destroy(sluice_provider *self);

/* ---- target.c: a model's name taken apart, and the URL ---- */

struct bedrock_target {
    sluice_span model;  /* base id, inference profile or ARN */
    sluice_span family; /* what the family is known by */
    sluice_span region; /* empty = not known */
    bool invoke;        /* the caller wants InvokeModel */
};
sluice_status bedrock_target(const sluice_provider *self, const sluice_call *call,
                             struct sluice_arena *arena, struct bedrock_target *out);
/* action: "converse", ... INVALID: neither a region nor a base URL. */
sluice_status bedrock_url(const sluice_call *call, const struct bedrock_target *target,
                          const char *action, struct sluice_arena *arena, sluice_span *out,
                          sluice_error *err);
/* The address of another service of the region ("s3", "bedrock"), or the deployment's own address
 * when it has one: whoever stands there stands for all of them. path: with its '/'. */
sluice_status bedrock_service_url(const sluice_call *call, const char *service, sluice_span region,
                                  sluice_span path, struct sluice_arena *arena, sluice_span *out,
                                  sluice_error *err);

/* ---- the exchange ---- */

#define BEDROCK_NO_BLOCK UINT32_MAX

enum bedrock_block {
    BLOCK_PLAIN, /* text, reasoning, and kinds we do not know */
    BLOCK_TOOL,
    BLOCK_JSON_TOOL /* the forced tool whose input is the answer */
};

/* What is known of the answer so far. */
struct bedrock_answer {
    bool started, stopped;
    bool ended; /* what was used came, which is always last */
    bool tool_called;
    const char *finish; /* OpenAI's word for the stop reason; NULL = not told */
    uint32_t index;     /* of the open tool block, or BEDROCK_NO_BLOCK */
    enum bedrock_block block;
    bool args_seen; /* of the open tool block */
    struct sl_buf citations, extra;
};

/* Vectors and images: one invocation after the other, the answer gathered. */
struct bedrock_series {
    const struct sl_json **inputs;
    size_t n, next, step; /* all; the first of this round; how many a round takes */
    bool base64;
    struct sl_buf out; /* elements of `data` */
    size_t written;
    int64_t tokens; /* -1 = not told */
};

struct bedrock_work; /* job.h */

struct sluice_exchange {
    sluice_provider *self;
    struct bedrock_work *job; /* NULL: no files, no batches */
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    struct bedrock_target target;
    const struct bedrock_family *family;
    struct sl_fetch fetch; /* images behind URLs come first */
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    const char *action;
    uint32_t framing;
    bool relay, stream;
    int32_t http_status;
    sluice_span request_id, error_type, tokens_in; /* headers of the answer */
    sluice_span json_tool; /* name of the forced tool that carries the answer; empty = none */
    struct sl_verdict failure;
    struct bedrock_answer answer;
    struct bedrock_series series;
};

/* ---- request.c: writes x->body for a call in OpenAI's chat form ---- */

sluice_status bedrock_request(sluice_exchange *x, sluice_error *err);

/* ---- embed.c, image.c: InvokeModel ---- */

sluice_status bedrock_embed_begin(sluice_exchange *x, sluice_error *err);
/* Writes the body of this round. */
sluice_status bedrock_embed_body(sluice_exchange *x, sluice_error *err);
/* One answer; DONE by bedrock_embed_end(): OK, or MORE. */
sluice_status bedrock_embed_answer(sluice_exchange *x, sluice_span json, sluice_error *err);
sluice_status bedrock_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
sluice_status bedrock_image_begin(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_image_answer(sluice_exchange *x, sluice_span json, const sluice_sink *sink,
                                   sluice_error *err);

/* ---- error.c: what a failure means ---- */

/* An error answer. body may be anything, type the value of x-amzn-errortype. */
void bedrock_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span type,
                          sluice_span body, struct sluice_arena *arena);
/* An exception in a stream. */
void bedrock_failure_event(struct sl_verdict *v, sluice_span type, sluice_span payload,
                           struct sluice_arena *arena);

#endif
