/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h - for net/ only: names to addresses, for one loop. getaddrinfo runs as a job; answers are
 * kept for a minute, failures for a second; who asks meanwhile joins the question under way. */
#ifndef SL_NET_DNS_H
#define SL_NET_DNS_H

#include "net/address.h"
#include "net/jobs.h"

#define SL_DNS_ADDRESSES 16 /* of one name; more are left out */

struct sl_dns;

struct sl_dns_answer {
    size_t n;
    int error;                                     /* of getaddrinfo, 0 when there are addresses */
    struct sl_address addresses[SL_DNS_ADDRESSES]; /* ports are 0 */
};

/* Embed. */
struct sl_dns_query {
    struct sl_list node;
    /* answer is borrowed until it returns. */
    void (*done)(struct sl_dns_query *q, const struct sl_dns_answer *answer);
};

/* [pool] Looks a name up; tests bring their own. NULL = getaddrinfo. */
typedef void (*sl_dns_lookup)(const char *host, struct sl_dns_answer *out);

struct sl_dns *sl_dns_create(struct sl_loop *l, struct sl_jobs *jobs, sl_dns_lookup lookup);
/* No query may be waiting. */
void sl_dns_destroy(struct sl_dns *d);
/* OK: *answer is filled at once (literal, localhost or remembered). PENDING: q->done() comes from
 * the loop. NOMEM. */
sluice_status sl_dns_resolve(struct sl_dns *d, sluice_span host, struct sl_dns_query *q,
                             struct sl_dns_answer *answer);
void sl_dns_query_init(struct sl_dns_query *q,
                       void (*done)(struct sl_dns_query *q, const struct sl_dns_answer *answer));
void sl_dns_cancel(struct sl_dns_query *q);

#endif
