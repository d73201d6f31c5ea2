/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - IP addresses, and which of them a request of foreign origin may reach: the special
 * ranges of IANA's registries for IPv4 and IPv6 are closed. */
#include "net/address.h"

#include <arpa/inet.h>

struct range4 {
    uint32_t net;
    unsigned bits;
};

static const struct range4 closed4[] = {
    { 0x00000000, 8 },  /* this network */
    { 0x0a000000, 8 },  /* private */
    { 0x64400000, 10 }, /* shared by carriers */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa83f8110, 32 }, /* 168.63.129.16, a cloud's service for its virtual machines */
    { 0xa9fe0000, 16 }, /* link-local, metadata services */
    { 0xac100000, 12 }, /* private */
    { 0xc0000000, 24 }, /* protocol assignments */
    { 0xc0000200, 24 }, /* documentation */
    { 0xc0a80000, 16 }, /* private */
    { 0xc6120000, 15 }, /* benchmarks */
    { 0xc6336400, 24 }, /* documentation */
    { 0xcb007100, 24 }, /* documentation */
    { 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

/* How an IPv6 range is judged: closed, or by the IPv4 address that begins at byte `embedded`. */
struct range6 {
    unsigned char net[12];
    unsigned bits;
    unsigned embedded; /* 0 = closed */
};

static const struct range6 special6[] = {
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96, 12 },    /* v4-mapped */
    { { 0 }, 96, 0 },                                            /* ::, ::1, v4-compatible */
    { { 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0 }, 96, 12 }, /* NAT64 */
    { { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, 0 },                    /* NAT64 of a site */
    { { 0x20, 0x01, 0, 0 }, 32, 0 },                             /* Teredo */
    { { 0x20, 0x01, 0x00, 0x10 }, 28, 0 },                       /* ORCHID */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, 0 },                       /* documentation */
    { { 0x20, 0x02 }, 16, 2 },                                   /* 6to4 */
};

static bool public4(uint32_t host)
{
    for (size_t i = 0; i < sizeof closed4 / sizeof *closed4; i++)
        if ((host ^ closed4[i].net) >> (32 - closed4[i].bits) == 0)
            return false;
    return true;
}

static bool inside6(const unsigned char *a, const struct range6 *r)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;

    if (memcmp(a, r->net, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ r->net[whole]) >> (8 - rest) == 0;
}

static uint32_t read4(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool public6(const unsigned char *a)
{
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++) {
        const struct range6 *r = &special6[i];

        if (inside6(a, r))
            return r->embedded && public4(read4(a + r->embedded));
    }
    return a[0] >> 5 == 1; /* 2000::/3 is all of the global unicast space */
}

bool sl_address_public(const struct sl_address *a)
{
    if (a->u.any.sa_family == AF_INET)
        return public4(ntohl(a->u.v4.sin_addr.s_addr));
    return a->u.any.sa_family == AF_INET6 && public6(a->u.v6.sin6_addr.s6_addr);
}

bool sl_address_literal(sluice_span host, struct sl_address *out)
{
    char text[INET6_ADDRSTRLEN];

    if (host.len == 0 || host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = 0;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->u.v4.sin_addr) == 1) {
        out->u.v4.sin_family = AF_INET;
        out->len = sizeof out->u.v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->u.v6.sin6_addr) == 1) {
        out->u.v6.sin6_family = AF_INET6;
        out->len = sizeof out->u.v6;
        return true;
    }
    return false;
}

bool sl_address_copy(const struct sockaddr *from, struct sl_address *out)
{
    memset(out, 0, sizeof *out);
    if (from->sa_family == AF_INET)
        out->len = sizeof out->u.v4;
    else if (from->sa_family == AF_INET6)
        out->len = sizeof out->u.v6;
    else
        return false;
    memcpy(&out->u, from, out->len);
    return true;
}

void sl_address_set_port(struct sl_address *a, uint16_t port)
{
    if (a->u.any.sa_family == AF_INET)
        a->u.v4.sin_port = htons(port);
    else
        a->u.v6.sin6_port = htons(port);
}
