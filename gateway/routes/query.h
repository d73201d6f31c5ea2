/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - an HTTP request that is answered from a verb of sluice_control(): its rows are gathered
 * and then made into one body. The client may leave meanwhile. */
#ifndef GW_QUERY_H
#define GW_QUERY_H

#include "routes/handlers.h"

#include <sluice/sluice.h>
#include <sluice_sdk/json.h>

struct gw_query {
    struct gw_pending pending; /* first */
    struct gw_reply reply;     /* request NULL: the client left */
    struct sl_buf body;        /* what row() and end() write */
    struct sl_json_out out;    /* over body */
    struct sl_buf name;        /* {name} of the path, decoded */
    bool draining;             /* as it was when the request came */
    size_t rows, others;       /* counters of row() and end() */
    struct sl_buf aside;       /* a second list, when row() sorts into two */
    bool busy;                 /* sluice_control() has not returned */
    bool over;

    /* Each JSON row; non-zero stops. */
    int (*row)(struct gw_query *q, sluice_span json);
    /* All rows came: close the body, choose status and type. */
    int (*end)(struct gw_query *q, const char **type);
};

/* What a handler needs to say. argument: JSON or empty. Whether the caller's key is judged is the
 * route table's business. Failures are answered. Before the rows, begin() may write to q->out. */
struct gw_verb {
    sluice_span verb, argument;
    void (*begin)(struct gw_query *q);
    int (*row)(struct gw_query *q, sluice_span json);
    int (*end)(struct gw_query *q, const char **type);
};
void gw_query(struct gw_exchange *x, const struct gw_verb *verb);
/* A query string's parameters as a JSON object of texts; false: badly encoded, or too long. */
bool gw_query_json(sluice_span query, struct sl_buf *out);

#endif
