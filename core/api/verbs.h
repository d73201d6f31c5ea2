/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what sluice_control() can be asked for. */
#ifndef SL_API_VERBS_H
#define SL_API_VERBS_H

#include "api/instance.h"

/* JSON values, each followed by a NUL. */
struct sl_rows {
    struct sl_buf text;
};

struct sl_verb {
    const char *name;
    bool needs_key; /* else public: health, and what a server in front must know */
    /* On the control thread; NULL: "explain", which is a call. */
    sluice_status (*run)(struct sluice *s, const struct sl_snapshot *snapshot, sluice_span argument,
                         struct sl_rows *rows, sluice_error *err);
};

const struct sl_verb *sl_verb_find(sluice_span name);

/* control_explain.c: {"operation","request","upstream"}; the key was found good, or vouched for. */
sluice_status sl_control_explain(sluice_loop *loop, sluice_span key, sluice_span argument,
                                 sluice_row_cb row, sluice_done_cb done, void *ctx,
                                 sluice_error *err);

/* verbs_utils.c: in LiteLLM's shapes; the argument is the request */
sluice_status sl_verb_count_tokens(struct sluice *s, const struct sl_snapshot *snapshot,
                                   sluice_span argument, struct sl_rows *rows, sluice_error *err);
sluice_status sl_verb_params(struct sluice *s, const struct sl_snapshot *snapshot,
                             sluice_span argument, struct sl_rows *rows, sluice_error *err);

/* verbs_deployments.c */
sluice_status sl_verb_deployments(struct sluice *s, const struct sl_snapshot *snapshot,
                                  sluice_span argument, struct sl_rows *rows, sluice_error *err);
void sl_deployment_metrics(const struct sl_snapshot *snapshot, struct sl_buf *b);
void sl_queue_metrics(const struct sluice *s, const struct sl_snapshot *snapshot, struct sl_buf *b);

#endif
