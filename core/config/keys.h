/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the one table of every configuration key that is known, by section: its type and what
 * becomes of it now. LiteLLM's vocabulary and our own additions. The manual page sluice.yaml(5) is
 * held against it by a test.
 */
#ifndef SL_CONFIG_KEYS_H
#define SL_CONFIG_KEYS_H

#include "base/span.h"

enum sl_section {
    SL_IN_NOTHING, /* values inside are data, not keys */
    SL_IN_TOP,
    SL_IN_MODEL, /* an entry of model_list */
    SL_IN_PARAMS,
    SL_IN_INFO,
    SL_IN_ROUTER,
    SL_IN_RETRIES, /* retry_policy */
    SL_IN_FAILS,   /* allowed_fails_policy */
    SL_IN_BUDGET,  /* retry_budget */
    SL_IN_ROUTING, /* an entry of routing_groups */
    SL_IN_HEDGE,
    SL_IN_GROUP, /* a value of model_group_options */
    SL_IN_LITELLM,
    SL_IN_CACHE,
    SL_IN_GENERAL,
    SL_IN_PASS,       /* an entry of pass_through_endpoints */
    SL_IN_OBJECTS,    /* object_store */
    SL_IN_AWS_CLIENT, /* an entry of aws_client_credentials */
    SL_IN_ALERTING,
    SL_IN_CREDENTIAL,
    SL_IN_GUARDRAIL,
    SL_IN_PLUGINS,
    SL_IN_SECTIONS /* how many */
};

enum sl_key_type {
    SL_TYPE_ANY,
    SL_TYPE_BOOL,    /* false is as good as absent */
    SL_TYPE_BOOL_ON, /* true is as good as absent */
    SL_TYPE_INT,     /* >= 0 */
    SL_TYPE_NUMBER,  /* any decimal */
    SL_TYPE_AMOUNT,  /* decimal >= 0 */
    SL_TYPE_SECONDS, /* decimal >= 0, to the millisecond */
    SL_TYPE_PRICE,   /* US dollars, to the pico-dollar */
    SL_TYPE_STRING,
    SL_TYPE_TEXT,   /* a string; a number is taken as its text */
    SL_TYPE_SECRET, /* a string that is never shown */
    SL_TYPE_STRINGS,
    SL_TYPE_STRING_OR_STRINGS,
    SL_TYPE_BOOL_OR_STRING,
    SL_TYPE_LIST,
    SL_TYPE_MAP,
    SL_TYPE_MAPS,       /* a list of maps */
    SL_TYPE_MAP_OF_MAPS /* the names are data */
};

enum sl_key_state {
    SL_NOW,
    SL_START, /* in force as the start found it: a reload leaves it, and says so (at_start.h) */
    SL_LATER,
    SL_NEVER
};

/* Where a litellm_params key goes. */
enum sl_key_use {
    SL_USE_NONE,
    SL_USE_FIELD,      /* read by settings_model.c */
    SL_USE_PROVIDER,   /* into the provider's configuration */
    SL_USE_CREDENTIAL, /* into what authentication reads */
    SL_USE_MOCK,       /* the same, of the mock provider */
    SL_USE_REQUEST     /* default request parameter */
};

/* Keys that share everything but their names. */
struct sl_key_row {
    enum sl_section section;
    enum sl_key_type type;
    enum sl_key_state state;
    enum sl_key_use use;
    enum sl_section inside; /* of a map, or of the maps in a list */
    const char *text;       /* how, what it waits for, why not; "" when there is nothing to say */
    const char *names;      /* separated by blanks */
};

/* Row number i of the whole table; NULL behind its end. */
const struct sl_key_row *sl_key_row(size_t i);
/* The next name of a row: start with *pos = 0; empty at the end. */
sluice_span sl_key_name(const struct sl_key_row *row, size_t *pos);
/* NULL when unknown. */
const struct sl_key_row *sl_key_find(enum sl_section section, sluice_span name);
/* The known name of this section that was probably meant, else empty. */
sluice_span sl_key_near(enum sl_section section, sluice_span name);
/* The section (as its users write it) that has this very name, else NULL. */
const char *sl_key_elsewhere(enum sl_section section, sluice_span name);
/* "router_settings" */
const char *sl_section_name(enum sl_section section);
const char *sl_key_type_name(enum sl_key_type type);
/* Does a value under this name have to be kept secret, wherever it stands? */
bool sl_key_is_secret(sluice_span name);
/* The nearest of blank-separated words within a few slips of the pen, else empty. */
sluice_span sl_word_near(const char *words, sluice_span word);

/* The parts of the table. */
extern const struct sl_key_row sl_keys_model[], sl_keys_router[], sl_keys_litellm[],
    sl_keys_general[];
extern const size_t sl_keys_model_n, sl_keys_router_n, sl_keys_litellm_n, sl_keys_general_n;

#endif
