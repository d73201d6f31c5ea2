/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns.c - one entry per name: asked, answered, or both while a new answer is awaited. Entries that
 * ran out are taken away when the table is full, else stay for the next question.
 */
#include "net/dns.h"

#include <netdb.h>
#include "base/map.h"
#include "net/mem.h"

#define KEEP_US (60ull * 1000000)
#define KEEP_FAILS_US (1ull * 1000000)
#define NAMES_MAX 1024

/* What the job works on; outlives the entry when it is dropped meanwhile. */
struct lookup {
    struct entry *entry; /* the loop's; NULL: nobody wants it any more */
    struct sl_job *job;
    sl_dns_lookup fn;
    struct sl_dns_answer answer;
    char host[];
};

struct entry {
    struct sl_dns *dns;
    struct sl_list node; /* oldest answer first */
    struct sl_list waiting;
    struct lookup *lookup; /* under way */
    uint64_t until_us;     /* what `answer` is good for */
    struct sl_dns_answer answer;
    size_t n_host;
    char host[];
};

struct sl_dns {
    struct sl_loop *loop;
    struct sl_jobs *jobs;
    sl_dns_lookup fn;
    struct sl_map names;
    struct sl_list entries;
};

static void look_up(const char *host, struct sl_dns_answer *out)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *list = NULL;

    hints.ai_family = AF_UNSPEC;
    out->n = 0;
    out->error = getaddrinfo(host, NULL, &hints, &list);
    if (out->error)
        return;
    for (struct addrinfo *a = list; a && out->n < SL_DNS_ADDRESSES; a = a->ai_next)
        if (sl_address_copy(a->ai_addr, &out->addresses[out->n]))
            out->n++;
    freeaddrinfo(list);
    if (out->n == 0)
        out->error = EAI_NONAME;
}

struct sl_dns *sl_dns_create(struct sl_loop *l, struct sl_jobs *jobs, sl_dns_lookup lookup)
{
    struct sl_dns *d = sl_net_zalloc(sizeof *d);

    if (!d)
        return NULL;
    d->loop = l;
    d->jobs = jobs;
    d->fn = lookup ? lookup : look_up;
    sl_map_init(&d->names);
    sl_list_init(&d->entries);
    return d;
}

static void drop_entry(struct entry *e)
{
    struct lookup *lookup = e->lookup;

    sl_map_remove(&e->dns->names, sl_span(e->host, e->n_host));
    sl_list_remove(&e->node);
    if (lookup) {
        lookup->entry = NULL;
        if (sl_jobs_cancel(e->dns->jobs, lookup->job))
            free(lookup);
    }
    free(e);
}

void sl_dns_destroy(struct sl_dns *d)
{
    if (!d)
        return;
    while (!sl_list_empty(&d->entries))
        drop_entry(SL_CONTAINER(d->entries.next, struct entry, node));
    sl_map_finish(&d->names);
    free(d);
}

static void work(void *ctx)
{
    struct lookup *lookup = ctx;

    lookup->fn(lookup->host, &lookup->answer);
}

static void done(void *ctx)
{
    struct lookup *lookup = ctx;
    struct entry *e = lookup->entry;
    struct sl_dns_answer answer = lookup->answer;
    struct sl_list waiting;

    free(lookup);
    if (!e)
        return;
    e->lookup = NULL;
    e->answer = answer;
    e->until_us = sl_loop_now_us(e->dns->loop) + (answer.error ? KEEP_FAILS_US : KEEP_US);
    sl_list_remove(&e->node);
    sl_list_append(&e->dns->entries, &e->node);
    /* Who asks from inside a callback gets the answer at once; the entry itself may go. */
    sl_list_init(&waiting);
    sl_list_append(&e->waiting, &waiting);
    sl_list_remove(&e->waiting);
    while (!sl_list_empty(&waiting)) {
        struct sl_dns_query *q = SL_CONTAINER(waiting.next, struct sl_dns_query, node);

        sl_list_remove(&q->node);
        q->done(q, &answer);
    }
}

static void make_room(struct sl_dns *d)
{
    sl_list_each_safe(pos, &d->entries)
    {
        struct entry *e = SL_CONTAINER(pos, struct entry, node);

        if (d->names.n < NAMES_MAX)
            break;
        if (sl_list_empty(&e->waiting))
            drop_entry(e);
    }
}

static struct entry *add_entry(struct sl_dns *d, sluice_span host)
{
    struct entry *e;

    make_room(d);
    e = sl_net_zalloc(sizeof *e + host.len + 1);
    if (!e)
        return NULL;
    e->dns = d;
    e->n_host = host.len;
    memcpy(e->host, host.ptr, host.len);
    sl_list_init(&e->waiting);
    sl_list_init(&e->node);
    if (!sl_map_put(&d->names, sl_span(e->host, e->n_host), e)) {
        free(e);
        return NULL;
    }
    sl_list_append(&d->entries, &e->node);
    return e;
}

static bool ask(struct sl_dns *d, struct entry *e)
{
    struct lookup *lookup = sl_net_zalloc(sizeof *lookup + e->n_host + 1);

    if (!lookup)
        return false;
    lookup->entry = e;
    lookup->fn = d->fn;
    memcpy(lookup->host, e->host, e->n_host);
    lookup->job = sl_jobs_submit(d->jobs, d->loop, work, done, lookup);
    if (!lookup->job) {
        free(lookup);
        return false;
    }
    e->lookup = lookup;
    return true;
}

/* "localhost" and names below it never leave the machine (RFC 6761). IPv4 first: that is where
 * local servers listen. */
static bool is_localhost(sluice_span host)
{
    sluice_span last = SL_SPAN("localhost");

    if (host.len < last.len)
        return false;
    return sl_span_ieq(sl_span_from(host, host.len - last.len), last) &&
           (host.len == last.len || host.ptr[host.len - last.len - 1] == '.');
}

sluice_status sl_dns_resolve(struct sl_dns *d, sluice_span host, struct sl_dns_query *q,
                             struct sl_dns_answer *answer)
{
    struct entry *e;

    answer->error = 0;
    answer->n = 1;
    if (sl_address_literal(host, &answer->addresses[0]))
        return SLUICE_OK;
    if (is_localhost(host)) {
        answer->n = 2;
        sl_address_literal(SL_SPAN("127.0.0.1"), &answer->addresses[0]);
        sl_address_literal(SL_SPAN("::1"), &answer->addresses[1]);
        return SLUICE_OK;
    }
    e = sl_map_get(&d->names, host);
    if (e && sl_loop_now_us(d->loop) < e->until_us) {
        *answer = e->answer;
        return SLUICE_OK;
    }
    if (!e)
        e = add_entry(d, host);
    if (!e || (!e->lookup && !ask(d, e)))
        return SLUICE_E_NOMEM;
    sl_list_append(&e->waiting, &q->node);
    return SLUICE_PENDING;
}

void sl_dns_query_init(struct sl_dns_query *q,
                       void (*fn)(struct sl_dns_query *q, const struct sl_dns_answer *answer))
{
    sl_list_init(&q->node);
    q->done = fn;
}

void sl_dns_cancel(struct sl_dns_query *q)
{
    sl_list_remove(&q->node);
}
