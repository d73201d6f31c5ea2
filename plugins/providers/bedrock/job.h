/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - files and batches: operations that are made of several requests. A file lies in S3 as it
 * was uploaded; to create a batch it is read, translated line by line into Converse requests, and
 * put beside it, where a model invocation job finds it. What comes of that is read from S3, too,
 * and translated back. Nothing depends on who uploaded it, or on which gateway.
 *
 *     PREFIX/sluice/files/NAME.jsonl            what was uploaded: file-in-NAME
 *     PREFIX/sluice/batches/NAME/RANDOM.jsonl   what the job reads
 *     PREFIX/sluice/results/JOB/RANDOM.jsonl.out   what it writes: file-out-JOB, file-err-JOB
 *
 * NAME begins with the time, counted down, so that S3 lists the newest first.
 */
#ifndef BEDROCK_JOB_H
#define BEDROCK_JOB_H

#include <sluice_sdk/batch.h>
#include <sluice_sdk/steps.h>
#include "bedrock.h"

#define FILE_IN "file-in-"
#define FILE_OUT "file-out-"
#define FILE_ERR "file-err-"
#define BATCH "batch_"

struct bedrock_work {
    struct sl_steps steps;
    enum { ASKS_NOBODY, ASKS_S3, ASKS_BEDROCK } asks; /* NOBODY: the host's store at most */
    const char *param;                                /* what names the thing that may be missing */

    sluice_span bucket, prefix; /* where files lie; prefix ends with '/', or is empty */
    struct sl_batch batch;
    struct sl_buf input, output;
    sluice_span rest;                 /* of the input: not translated yet */
    sluice_span name;                 /* NAME */
    sluice_span job;                  /* a job's id */
    sluice_span key, random;          /* of what the job reads; RANDOM */
    struct sl_buf model;              /* that all lines name */
    sluice_span metadata;             /* raw */
    sluice_span meta_filename, range; /* headers of S3's answer */
    bool failures;                    /* FILE_ERR is read */
};

bool bedrock_job_is(sluice_span operation);
sluice_status bedrock_job_begin(sluice_exchange *x, sluice_error *err);
/* NOMEM, or OK. */
sluice_status bedrock_job_head(sluice_exchange *x, const sluice_http_head *h);
sluice_status bedrock_job_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err);
sluice_status bedrock_job_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
void bedrock_job_close(sluice_exchange *x);

/* What comes next: an object in S3 (query: with its '?', or empty), or the control plane. */
sluice_status bedrock_job_s3(sluice_exchange *x, const char *method, sluice_span bucket,
                             sluice_span key, sluice_span query, sl_steps_fn told,
                             sluice_error *err);
sluice_status bedrock_job_control(sluice_exchange *x, const char *method, sluice_span path,
                                  sl_steps_fn told, sluice_error *err);
sluice_status bedrock_job_store(sluice_exchange *x, const char *method, sl_steps_fn told,
                                sluice_error *err);
/* INVALID with 404. */
sluice_status bedrock_job_missing(sluice_exchange *x, sluice_error *err);
/* What stands behind a prefix in an id, if it is what such ids are made of; else MISSING. */
sluice_status bedrock_job_id(sluice_exchange *x, sluice_span id, const char *prefix,
                             sluice_span *out, sluice_error *err);
/* Percent-encoded but for slashes, in the arena; ptr NULL: out of memory. */
sluice_span bedrock_job_encode(sluice_exchange *x, sluice_span text);
/* limit, from 1 to 1000. */
sluice_status bedrock_job_limit(sluice_exchange *x, unsigned *limit, sluice_error *err);
/* Text of the inside of an object's string member; empty: there is none. Only for what needs no
 * escapes. */
sluice_span bedrock_job_text(sluice_span object, const char *path);

/* files.c */
sluice_status bedrock_files_create(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_files_list(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_files_retrieve(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_files_delete(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_files_content(sluice_exchange *x, sluice_error *err);
sluice_span bedrock_file_key(sluice_exchange *x, sluice_span name);

/* batches.c */
sluice_status bedrock_batches_create(sluice_exchange *x, sluice_error *err);

/* batch_view.c: a job as clients see it. */
sluice_status bedrock_batches_list(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_batches_retrieve(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_batches_cancel(sluice_exchange *x, sluice_error *err);

/* results.c */
sluice_status bedrock_results_content(sluice_exchange *x, sluice_error *err);
sluice_status bedrock_results_file(sluice_exchange *x, sluice_error *err);

#endif
