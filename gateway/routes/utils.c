/* SPDX-License-Identifier: Apache-2.0 */
/* utils.c - LiteLLM's /utils/: small questions about models, answered without asking anybody. */
#include "routes/query.h"

/* The row is the answer. */
static int one_row(struct gw_query *q, sluice_span json)
{
    sl_json_raw(&q->out, json);
    return 1;
}

static int end_row(struct gw_query *q, const char **type)
{
    (void)q;
    (void)type;
    return 200;
}

static const struct gw_verb tokens = { .verb = SL_SPAN("tokens.count"),
                                       .row = one_row,
                                       .end = end_row };
static const struct gw_verb params = { .verb = SL_SPAN("params.supported"),
                                       .row = one_row,
                                       .end = end_row };

static void count(struct gw_exchange *x, sluice_span body)
{
    struct gw_verb verb = tokens;

    verb.argument = body;
    gw_query(x, &verb);
}

void gw_count_tokens(struct gw_exchange *x)
{
    gw_gather(x, count);
}

void gw_params_supported(struct gw_exchange *x)
{
    struct gw_verb verb = params;
    struct sl_buf argument;

    sl_buf_init(&argument, 65536);
    if (gw_query_json(x->query, &argument)) {
        verb.argument = sl_buf_span(&argument);
        gw_query(x, &verb);
    } else {
        gw_refuse(&x->reply, 400, "invalid_request_error", NULL, "The query cannot be read.");
    }
    sl_buf_finish(&argument);
}
