/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/batch.h - OpenAI's batch files for vendors whose batches have a form of their own: a
 * line of the input as the vendor's request, the vendor's answer as a line of the output. Each line
 * is a chat call as any other: it goes through the provider's own functions, so what is translated,
 * dropped or refused is what would be if it came alone. Also the objects that clients see.
 */
#ifndef SLUICE_SDK_BATCH_H
#define SLUICE_SDK_BATCH_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/form.h>
#include <sluice_sdk/json.h>

#define SL_BATCH_TURN                                                                              \
    ((size_t)1 << 20) /* bytes of a file that are translated at a time: meanwhile                  \
                         nothing else runs on the loop */

struct sl_batch {
    const sluice_host *host;
    const sluice_provider_class *cls;
    sluice_provider *self;
    const sluice_call *call;    /* the one that the file belongs to */
    struct sluice_arena arena;  /* of one line */
    size_t line;                /* number of the last one read */
    size_t lines;               /* how many there were but for blank ones */
    struct sl_buf name, vendor; /* the model that was named last, and what the vendor calls it */
    sluice_http_request sent;   /* of the last line; its headers stay until the next one */
};

void sl_batch_init(struct sl_batch *b, const sluice_host *host, const sluice_provider_class *cls,
                   sluice_provider *self, const sluice_call *call);
void sl_batch_finish(struct sl_batch *b);

/* ---- input ---- */

struct sl_batch_line {
    sluice_span custom_id; /* a JSON string, raw */
    sluice_span body;      /* a JSON object, raw */
    sluice_span model;     /* as the vendor calls it; lives until the next line */
};

/* The next line, which is taken from *rest. OK; MORE: there was none left; INVALID: the error names
 * the line and what is wrong in it. Blank lines are none. */
sluice_status sl_batch_next(struct sl_batch *b, sluice_span *rest, struct sl_batch_line *out,
                            sluice_error *err);
/* Appends the body that the vendor would be sent. INVALID: the error names line and parameter. */
sluice_status sl_batch_request(struct sl_batch *b, const struct sl_batch_line *line,
                               struct sl_buf *out, sluice_error *err);
/* Reads on from *rest and gives each line to fn, up to SL_BATCH_TURN bytes. OK: that was it for
 * now; MORE: there is no line left. */
typedef sluice_status (*sl_batch_fn)(sluice_exchange *x, const struct sl_batch_line *line,
                                     sluice_error *err);
sluice_status sl_batch_turn(struct sl_batch *b, sluice_span *rest, sl_batch_fn fn,
                            sluice_exchange *x, sluice_error *err);
/* For a caller's own rules: the same way to say what is wrong with the last line. */
sluice_status sl_batch_refuse(const struct sl_batch *b, const char *param, const char *message,
                              sluice_error *err);

/* ---- output: each appends one line ---- */

/* A whole answer of the vendor's; one that is none becomes a line that says so. custom_id: raw. */
sluice_status sl_batch_answer(struct sl_batch *b, sluice_span custom_id, sluice_span model,
                              sluice_span answer, struct sl_buf *out);
/* An error answer of the vendor's. */
sluice_status sl_batch_failed(sluice_span custom_id, sluice_status status,
                              const sluice_error *error, struct sl_buf *out);
/* A request that was never made. */
sluice_status sl_batch_skipped(sluice_span custom_id, const char *code, const char *message,
                               struct sl_buf *out);

/* ---- objects ---- */

struct sl_batch_file {
    sluice_span id, filename; /* plain text */
    const char *purpose;
    int64_t bytes, created_at;
    int64_t expires_at; /* 0 = never */
};
void sl_batch_write_file(struct sl_json_out *o, const struct sl_batch_file *f);

enum sl_batch_status {
    SL_BATCH_VALIDATING,
    SL_BATCH_FAILED,
    SL_BATCH_IN_PROGRESS,
    SL_BATCH_FINALIZING,
    SL_BATCH_COMPLETED,
    SL_BATCH_EXPIRED,
    SL_BATCH_CANCELLING,
    SL_BATCH_CANCELLED
};

/* Texts are plain, and may be empty: null. Times are Unix seconds, 0: null. */
struct sl_batch_object {
    sluice_span id, input_file_id, output_file_id, error_file_id;
    sluice_span endpoint, completion_window; /* JSON strings, raw; empty: the usual ones */
    sluice_span metadata;                    /* raw; empty: null */
    sluice_span failure;                     /* why it failed */
    enum sl_batch_status status;
    int64_t created_at, started_at, expires_at, ended_at, cancelling_at;
    int64_t total, completed, failed;
};
void sl_batch_write(struct sl_json_out *o, const struct sl_batch_object *b);

/* The file of a form (call->body). INVALID: there is none. */
sluice_status sl_batch_file_part(const sluice_call *call, struct sl_form_part *out,
                                 sluice_error *err);
/* A parameter of path or query; empty: it was not given. */
sluice_span sl_batch_param(const sluice_call *call, const char *name);
/* A member, raw; ptr NULL: it was not given, or is null. */
sluice_span sl_batch_member(const sluice_call *call, const char *name);
/* INVALID unless the batch is one of chat calls, as OpenAI wants it asked for. */
sluice_status sl_batch_check(const sluice_call *call, sluice_error *err);

#endif
