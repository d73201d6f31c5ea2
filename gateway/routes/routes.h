/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h - what the gateway answers, in one table: method, path, what runs, who may. What is not
 * in the table is refused. The OpenAPI text and /routes are made from the same table.
 */
#ifndef GW_ROUTES_H
#define GW_ROUTES_H

#include <sluice_sdk/span.h>

struct gw_exchange;

enum gw_auth {
    GW_AUTH_NONE, /* anybody: says nothing about models, keys or calls */
    GW_AUTH_KEY   /* a valid key, unless there is no master key */
};

/* In whose words the gateway itself refuses a request: those of the route's clients. */
enum gw_shape {
    GW_SHAPE_OPENAI,
    GW_SHAPE_ANTHROPIC,
    GW_SHAPE_GEMINI,
    GW_SHAPE_OLLAMA,
    GW_SHAPE_AWS,
    GW_SHAPE_COHERE
};

#define GW_STREAM 1u    /* flags: asks for a stream */
#define GW_SOCKET 4u    /* a WebSocket: answered with 101 */
#define GW_KEY_PARAM 2u /* the key may be the parameter `key` of the query */

struct gw_route {
    sluice_span method;    /* empty: every one but OPTIONS */
    sluice_span pattern;   /* "/engines/{model}/completions"; {name} may hold slashes. The first row
                              that fits counts */
    sluice_span operation; /* a call of the library; else */
    void (*handle)(struct gw_exchange *x); /* answered here */
    enum gw_auth auth;
    const char *schema, *answer; /* names in openapi.json's components; NULL = none */
    const char *summary;
    const char *body_type; /* NULL = application/json */
    unsigned flags;        /* GW_STREAM, GW_KEY_PARAM */
    enum gw_shape shape;
};

extern const struct gw_route gw_routes[];
/* What the table does not have may be an endpoint of the configuration. */
extern const struct gw_route gw_pass_route;
extern const size_t gw_n_routes;

enum gw_found { GW_FOUND, GW_NO_PATH, GW_NO_METHOD };

struct gw_match {
    const struct gw_route *route;
    sluice_span name, value; /* of the pattern's {name}, still percent-encoded; empty = none */
};

/* HEAD is answered where GET is. One slash at the end is forgiven. */
enum gw_found gw_route_find(sluice_span method, sluice_span path, struct gw_match *out);

/* "GET, HEAD, OPTIONS": the methods a path takes, as an Allow field has them. Returns the length; 0
 * when the path is unknown. */
#define GW_ALLOW_MAX 96
size_t gw_route_allow(sluice_span path, char out[GW_ALLOW_MAX]);

#endif
