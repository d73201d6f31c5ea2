/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - files and batches: operations that are made of several requests, to the vendor and to the
 * host's store.
 *
 * A file for a batch is kept in the host's store, since the vendor has no batch files (requests
 * come inline) and does not give uploaded files back. All other files are the vendor's (Files API).
 * What a batch yields is no file at the vendor either: it is read from the batch when it is asked
 * for.
 */
#ifndef ANTHROPIC_JOB_H
#define ANTHROPIC_JOB_H

#include <sluice_sdk/batch.h>
#include <sluice_sdk/steps.h>
#include "anthropic.h"

/* What begins so is ours: an input that is kept; what came of a batch, good and bad. Behind the
 * latter two stands the batch's id. */
#define FILE_IN "file-in-"
#define FILE_OUT "file-out-"
#define FILE_ERR "file-err-"

struct anthropic_job {
    struct sl_steps steps;
    bool vendor;       /* it is asked; else our store, or nobody */
    const char *param; /* what names the thing that may be missing */
    struct anthropic_betas betas;
    struct sl_batch batch;
    struct sl_buf input, output; /* the file; what is made of it */
    sluice_span rest;            /* of the input: not translated yet */
    sluice_span id;              /* of the file or batch, plain */
    sluice_span meta, note;      /* a file's first line; what is kept of a batch; raw */
    sluice_span object;          /* the batch as the vendor describes it, raw */
    bool failures;               /* FILE_ERR is read */
};

bool anthropic_job_is(sluice_span operation);
sluice_status anthropic_job_begin(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_job_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err);
sluice_status anthropic_job_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
void anthropic_job_close(sluice_exchange *x);

/* The vendor, next. path: behind /v1, in the arena. content_type empty: JSON. */
sluice_status anthropic_job_ask(sluice_exchange *x, const char *method, sluice_span path,
                                sluice_span content_type, sl_steps_fn told, sluice_error *err);
/* The host's store, next. */
sluice_status anthropic_job_store(sluice_exchange *x, const char *method, sluice_span name,
                                  sl_steps_fn told, sluice_error *err);
/* INVALID with 404. */
sluice_status anthropic_job_missing(sluice_exchange *x, sluice_error *err);
/* A path with an id as one segment. */
sluice_span anthropic_job_path(sluice_exchange *x, const char *before, sluice_span id,
                               const char *behind);
/* limit and after, as the vendor calls them. */
sluice_status anthropic_job_list_path(sluice_exchange *x, const char *before, sluice_span *out,
                                      sluice_error *err);

/* files.c */
sluice_status anthropic_files_create(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_files_list(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_files_retrieve(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_files_delete(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_files_content(sluice_exchange *x, sluice_error *err);

/* batches.c */
sluice_status anthropic_batches_create(sluice_exchange *x, sluice_error *err);

/* batch_view.c */
sluice_status anthropic_batches_list(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_batches_retrieve(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_batches_cancel(sluice_exchange *x, sluice_error *err);
/* The name under which what the vendor does not keep of a batch is kept. */
sluice_span anthropic_batch_note(sluice_exchange *x, sluice_span batch);
/* Is it a batch as the vendor describes it? If not: UPSTREAM. */
bool anthropic_batch_is(sluice_span text);
sluice_status anthropic_batch_odd(sluice_error *err);
int64_t anthropic_batch_moment(sluice_span object, const char *name);
/* To the client, with x->job->note. */
sluice_status anthropic_batch_answer(sluice_exchange *x, sluice_span object,
                                     const sluice_sink *sink, sluice_error *err);

/* results.c: what of a batch is a file. */
sluice_status anthropic_batch_results(sluice_exchange *x, sluice_error *err);
sluice_status anthropic_batch_as_file(sluice_exchange *x, sluice_error *err);

#endif
