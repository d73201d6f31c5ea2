/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws_client.h - clients that sign their requests as AWS has it: whose signature it is, and whether
 * it is right. A signature is over the body too: most clients say its hash in a header, which is
 * believed until the body is here; others make us wait for it. Everything lies in the call's arena.
 */
#ifndef SL_POLICY_AWS_CLIENT_H
#define SL_POLICY_AWS_CLIENT_H

#include "config/settings.h"
#include "credential/sigv4.h"
#include "policy/principal.h"

struct sl_aws_client {
    struct sl_sigv4_request request; /* copies; path and query as the client wrote them */
    struct sl_sigv4_claim claim;
    sluice_span secret; /* of the configuration, or the key itself */
    sluice_span key;    /* of this gateway's: what the pair stands for */
    bool checked;       /* all but the body's hash */
};

/* Is this request signed? Copies what is needed of it; NULL: it is not, or (*nomem) memory is out.
 */
struct sl_aws_client *sl_aws_client_read(sluice_span method, sluice_span path, sluice_span query,
                                         const sluice_header *headers, size_t n,
                                         struct sluice_arena *arena, bool *nomem);
/* From the head: who it is. DENIED: nobody we know, or a signature that is wrong already. The
 * access key id is one of general_settings.aws_client_credentials, or a key of this gateway's,
 * whose secret then is the key as well. */
sluice_status sl_aws_client_who(struct sl_aws_client *c, const struct sl_settings *settings,
                                int64_t now_unix_s, struct sluice_arena *arena,
                                const struct sl_principal **who, sluice_error *err);
/* The body is here: DENIED unless it is the one that was signed. */
sluice_status sl_aws_client_body(struct sl_aws_client *c, sluice_span body, int64_t now_unix_s,
                                 struct sluice_arena *arena, sluice_error *err);

#endif
