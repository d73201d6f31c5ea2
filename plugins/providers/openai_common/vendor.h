/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor.h - one vendor as its data file and the deployment's configuration describe it, made ready
 * for calls. catalog.schema.json is the vocabulary; vendor.c reads it, request.c and response.c use
 * it. Nothing here changes after create().
 */
#ifndef COMPAT_VENDOR_H
#define COMPAT_VENDOR_H

#include "think.h"

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/json.h>

struct names {
    const sluice_span *at;
    size_t n;
};

struct pairs {
    const sluice_header *at;
    size_t n;
};

/* A numeric parameter's bounds; raw JSON numbers, ptr NULL = none. several: the least of a call
 * with n above 1. */
struct clamp {
    sluice_span name, min_raw, max_raw, several_raw;
    double min, max, several;
};

/* The values of a parameter that the vendor takes, decoded strings. */
struct choice_of {
    sluice_span name;
    struct names values;
};

/* Words of a parameter that the vendor has others for. */
struct value_map {
    sluice_span name;
    struct pairs words;
};

/* What is done to a request's members. */
struct rules {
    struct pairs rename;      /* our name -> theirs */
    struct names keep;        /* sent although the profile would not */
    struct names drop;        /* left out without a word */
    struct names unsupported; /* INVALID, or left out with drop_params */
    struct pairs fill;        /* added when absent: name -> raw JSON */
    struct pairs set;         /* added or replaced */
    struct clamp *clamps;
    size_t n_clamps;
    struct choice_of *choices;
    size_t n_choices;
    struct value_map *maps;
    size_t n_maps;
    struct value_map *instead; /* words that are left out and said to the model: raw strings */
    size_t n_instead;
    struct pairs words;    /* members that go by another name when they are a word */
    struct pairs counts;   /* true goes as the number in another member, which is left out */
    struct names to_array; /* a single value becomes an array of one */
    struct names strip;    /* paths of what is taken out: "tools.*.function.strict" */
    struct pairs roles;    /* message roles: ours -> theirs */
    bool flat_content;     /* arrays of nothing but text become one string */
    /* Of the assistant's turns: what their reasoning_content is called (empty: so), what it is on
     * turns with tools that lack it (raw JSON; ptr NULL: nothing), and whether others lose it. */
    sluice_span reasoning_name, reasoning_on_tools;
    bool drop_reasoning, reasoning_in_content;
    uint64_t concerns; /* sl_span_bit() of the members that any of this is about */
};

/* Headers of calls in which somebody has one of these roles, or content of one of these types. */
struct header_rule {
    struct names roles, parts;
    struct pairs headers;
};

/* Rules for some models only. */
struct model_rules {
    struct names match, except; /* patterns with '*' */
    uint64_t begins[4];         /* bits of the bytes that a name which matches may begin with */
    struct choice_of *when;     /* members that must have one of these values */
    size_t n_when;
    bool by_responses; /* chat with them is by the Responses API */
    struct rules rules;
};

/* How chat is asked for: as the model's rules say, or always in one way. */
enum chat_mode { MODE_BY_MODEL, MODE_CHAT, MODE_RESPONSES };

#define NORMAL_REASONING 1u   /* reasoning -> reasoning_content */
#define NORMAL_FINISH 2u      /* any finish_reason -> OpenAI's words */
#define NORMAL_TOOLS 4u       /* index, arguments as a string, id and name once */
#define NORMAL_CONTENT 8u     /* content arrays -> content and reasoning_content */
#define NORMAL_EMBEDDINGS 16u /* numbers -> base64 where the caller asked for it */
#define NORMAL_THINK 32u      /* <think> in the content -> reasoning_content */
#define NORMAL_CITATIONS 128u /* sources beside the answer -> annotations of its text */
#define NORMAL_DETAILS 64u    /* reasoning_details -> reasoning_content beside them */

enum auth_kind { AUTH_BEARER, AUTH_NONE, AUTH_HEADER, AUTH_QUERY };

struct vendor {
    struct sluice_arena mem;
    sluice_span id;
    sluice_span base_raw; /* as the data file has it */
    sluice_span base_url; /* placeholders filled; empty = the deployment must bring one */
    sluice_span missing;  /* the first placeholder without a value: "account_id"; else empty */
    sluice_span missing_env;
    struct pairs operations; /* operation -> path or absolute URL, may hold {model} */
    struct pairs streamed;   /* those that are elsewhere when they are to stream */
    enum auth_kind auth;
    sluice_span auth_param;
    bool key_optional;
    sluice_span key_env; /* the first one, for messages */
    struct pairs headers;
    struct header_rule *header_rules;
    size_t n_header_rules;
    sluice_span base_model;   /* what the model is, when its name does not say it; else empty */
    sluice_span model_prefix; /* in front of model names without a slash */
    enum chat_mode mode;
    bool stream_usage;  /* stream_options.include_usage may be sent */
    struct names allow; /* the deployment's allowed_openai_params: neither dropped nor refused */
    struct rules chat, embeddings;
    struct model_rules *models;
    size_t n_models;
    sluice_span poll_header, poll_path; /* an answer 202 with this header is to be asked for again,
                                           at a path that may hold {id}; empty = it is not */
    uint32_t poll_delay_ms;
    uint32_t normalize; /* NORMAL_* */
    struct pairs finish_reasons;
    const char *usage_at;     /* path of usage beside the usual one; NULL = none */
    const char *const *watch; /* NULL-terminated; what RELAY must show; NULL = nothing */
    struct sl_compat_rule *errors;
    size_t n_errors;
};

/* layers: JSON objects, copied; of members with one name the last layer's counts. */
sluice_status oc_vendor_read(struct vendor *v, const sluice_span *layers, size_t n,
                             sluice_error *err);
/* A layer: what OpenAI's reasoning models take, wherever they run. */
sluice_span oc_reasoning_models(void);
void oc_vendor_finish(struct vendor *v);

/* ptr NULL = not there. */
sluice_span oc_pairs_get(const struct pairs *p, sluice_span name);
bool oc_names_have(const struct names *n, sluice_span name);
/* Is the call for a model that fits one of `match` and none of `except`, and does all of `when`
 * hold? */
bool oc_model_fits(const struct vendor *v, const struct model_rules *m, const sluice_call *call);

/* Is chat with this model asked for by the Responses API? */
bool oc_by_responses(const struct vendor *v, sluice_span model);

/* ---- request.c ---- */

/* The members of a chat call by the rules of vendor and model. */
sluice_status oc_request_members(const struct vendor *v, const sluice_call *call,
                                 struct sluice_arena *mem, const sluice_header **members, size_t *n,
                                 sluice_error *err);

/* The body for `operation` as parts: the caller's bytes wherever nothing has to change. */
sluice_status oc_request_body(const struct vendor *v, const sluice_call *call,
                              struct sluice_arena *mem, const sluice_part **parts, size_t *n,
                              sluice_error *err);
/* Does the call go to the vendor's own address? The host may hand in the data file's, placeholders
 * included. */
bool oc_own_base(const struct vendor *v, const sluice_call *call);
/* Where the vendor's API begins. */
sluice_status oc_request_base(const struct vendor *v, const sluice_call *call, sluice_span *base,
                              sluice_error *err);
/* The absolute URL. */
sluice_status oc_request_url(const struct vendor *v, const sluice_call *call,
                             struct sluice_arena *mem, sluice_span *url, sluice_error *err);

/* history.c: the turns of `messages` as the rules want them; the same text when nothing changes. */
sluice_status oc_request_history(const struct rules *const *rules, size_t n, sluice_span *messages,
                                 struct sluice_arena *mem);

/* headers.c: those of the vendor, and those that its rules have for such a call. out: room for
 * oc_headers_most(). */
size_t oc_headers_most(const struct vendor *v);
size_t oc_headers(const struct vendor *v, const sluice_call *call, sluice_header *out);

/* strip.c: what the rules' paths name is taken out of a member; the same text when nothing is. */
sluice_status oc_request_strip(const struct rules *const *rules, size_t n, sluice_span name,
                               sluice_span *value, struct sluice_arena *mem);

/* ---- response.c, vectors.c ---- */

#define THINK_CHOICES 8 /* beyond, thoughts stay where they are */

/* What normalising must remember over the events of one stream. */
struct normal_state {
    bool stream;
    uint64_t tool_choices; /* bit = choice that called a tool */
    uint64_t finished;     /* bit = choice with a finish_reason */
    uint64_t named;        /* bit = tool of choice 0 whose id and name were sent */
    uint64_t next_index;   /* of tools that come without one */
    uint64_t last_id;      /* hash of the id that came last */
    struct think think[THINK_CHOICES];
};

/* A chat object (chunk or whole answer) in OpenAI's form, as parts over `object`, valid JSON.
 * choices, usage: these members of it; ptr NULL = absent. */
sluice_status oc_response_normal(const struct vendor *v, struct normal_state *state,
                                 sluice_span object, sluice_span choices, sluice_span usage,
                                 struct sluice_arena *mem, sluice_span **parts, size_t *n);
/* Vectors of numbers as base64. */
sluice_status oc_response_base64(sluice_span object, struct sluice_arena *mem, sluice_span **parts,
                                 size_t *n);

/* ---- splice.c ---- */

/* Builds parts over a text whose pieces are replaced from left to right. */
struct splice {
    sluice_span text;
    size_t at; /* what is before was taken or replaced */
    sluice_span *parts;
    size_t n, cap;
    struct sluice_arena *mem;
    bool failed;
};
void oc_splice_begin(struct splice *s, sluice_span text, struct sluice_arena *mem);
/* Take the text up to the start of `old`, a piece of it, and leave `old` out. */
void oc_splice_skip(struct splice *s, sluice_span old);
/* Take the text up to `ptr`. */
void oc_splice_upto(struct splice *s, const char *ptr);
void oc_splice_add(struct splice *s, sluice_span with);
/* Take the rest. NOMEM if anything failed. */
sluice_status oc_splice_end(struct splice *s);
/* The parts in one piece; ptr NULL when out of memory. */
sluice_span oc_splice_flat(struct splice *s);

#endif
