/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/verdict.h - what a failure means, by a vendor's own tables of statuses, words and
 * texts: filled where the failure is read, kept until end() may return it. For vendors whose words
 * say more than sl_compat_error() of compat.h could know.
 */
#ifndef SLUICE_SDK_VERDICT_H
#define SLUICE_SDK_VERDICT_H

#include <sluice/provider.h>

struct sl_verdict {
    sluice_status status; /* 0 = nothing has been said yet */
    int32_t http_status;  /* towards the client; 0 = the class's own */
    uint32_t retry_after_ms;
    const char *code;  /* static; "" or NULL = none */
    char own_code[56]; /* the vendor's, where it says more than ours; "" = none */
    char message[448];
};

/* HTTP statuses that mean something else than with most vendors. */
struct sl_verdict_http {
    int32_t http;
    sluice_status status;
    int32_t http_status;
    const char *code;
};

/* Words that name a failure. */
struct sl_verdict_word {
    const char *word;
    sluice_status status;
    int32_t http_status;
    const char *code;
};

/* What a message says that calls itself a plain bad request; letters' case does not count. */
struct sl_verdict_text {
    const char *text;
    sluice_status status;
    const char *code;
};

/* An error answer: its message until the vendor's is known, and what the status says. */
void sl_verdict_answer(struct sl_verdict *v, int32_t http, const struct sl_verdict_http *own,
                       size_t n);
/* A failure in the middle of an answer. */
void sl_verdict_event(struct sl_verdict *v);

void sl_verdict_set(struct sl_verdict *v, sluice_status status, int32_t http_status,
                    const char *code);
/* What this status says by the vendor's table, else by what all vendors mean; nothing changes when
 * neither has it. */
void sl_verdict_http(struct sl_verdict *v, int32_t http, const struct sl_verdict_http *own,
                     size_t n);
/* The vendor's message, decoded. */
void sl_verdict_message(struct sl_verdict *v, sluice_span message,
                        const struct sl_verdict_text *texts, size_t n);

/* For end(): fills err and returns the class. */
sluice_status sl_verdict_report(const struct sl_verdict *v, sluice_error *err);

#endif
