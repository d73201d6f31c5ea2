/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line of the server: the flags of `litellm`, with their environment
 * variables, in one table; and the few of our own. Subcommands parse their own flags.
 */
#ifndef GW_OPTIONS_H
#define GW_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#define GW_DEFAULT_PORT 4000
#define GW_DEFAULT_DRAIN_S 30

/* All text belongs to argv or to the environment. */
struct gw_options {
    const char *config; /* NULL = none */
    const char *host;   /* NULL = chosen by the master key rule */
    bool host_from_env; /* $HOST, which some shells set to the machine's name */
    long port;
    long workers; /* 0 = as many as the machine gives us */
    const char *model, *alias, *api_base, *api_version, *headers;
    const char *temperature, *max_tokens, *request_timeout; /* numbers, still text */
    bool drop_params;
    bool debug;
    bool insecure; /* serve beyond loopback without a master key */
    bool health, test, version, help;
    const char *certificate, *private_key;
    long keepalive_s; /* 0 = the listener's default */
    long drain_s;
    const char *plugin_path;
};

/* What to do after gw_options_parse(). */
enum gw_parse { GW_PARSE_OK, GW_PARSE_BAD };

/* Flags may be written with '-' or '_', and as "--name value" or "--name=value". What is accepted
 * without effect is said in one line on `notes`; what is wrong, with the nearest name, on `notes`
 * too. */
enum gw_parse gw_options_parse(struct gw_options *o, int argc, char **argv, FILE *notes);
void gw_options_help(FILE *out);

/* The name among names[0..n) that is fewest edits away from `word`, or NULL when none is near. */
const char *gw_nearest(const char *word, const char *const *names, size_t n);

#endif
