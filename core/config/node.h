/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - a configuration file as a tree, with the place of every key and value. Lives in the
 * arena of one load (load.h) and ends with it; aliases share nodes, so it is a graph without
 * cycles.
 */
#ifndef SL_CONFIG_NODE_H
#define SL_CONFIG_NODE_H

#include "base/arena.h"

enum sl_node_kind {
    SL_NODE_NULL,
    SL_NODE_BOOL,
    SL_NODE_INT,
    SL_NODE_FLOAT,
    SL_NODE_STRING,
    SL_NODE_LIST,
    SL_NODE_MAP
};

/* Where something stands; lines and columns count from 1. */
struct sl_place {
    sluice_span file;
    uint32_t line, column;
};

struct sl_node {
    enum sl_node_kind kind;
    bool hidden;   /* from the environment, or secret: never printed */
    bool secret;   /* leaves this layer only as a reference */
    bool from_env; /* the text of a variable: there is no other way to spell a number there */
    bool unset;    /* named a variable that there is none of: null, and reported */
    bool expanded; /* expand.c was here */
    struct sl_place place;
    sluice_span text;          /* strings decoded; numbers and booleans as JSON spells them */
    uint32_t weight;           /* nodes below, each use of an alias counted, and itself */
    uint32_t n;                /* items or members */
    struct sl_node **items;    /* of a list */
    struct sl_member *members; /* of a map */
    struct sl_node *next_hidden;
};

struct sl_member {
    sluice_span key;
    struct sl_place place;
    struct sl_node *value;
};

/* The member's value; NULL when absent, null, or when map is NULL or no map. */
struct sl_node *sl_node_get(const struct sl_node *map, const char *name);
struct sl_member *sl_node_member(const struct sl_node *map, sluice_span name);
/* The text of a string, empty for anything else. */
sluice_span sl_node_str(const struct sl_node *node);
/* "a string", "an integer", ... */
const char *sl_node_kind_name(enum sl_node_kind kind);

#endif
