/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the server's flags as one table: name, environment, kind, where it goes, help. */
#include "command/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    TEXT,
    NUMBER,
    FLAG,
    NO_VALUE,  /* accepted, without effect */
    NO_EFFECT, /* the same, with a value */
};

struct flag {
    const char *name, *brief, *env;
    enum kind kind;
    size_t at;
    long min, max;
    const char *help; /* for NO_VALUE and NO_EFFECT: why it has no effect */
};

#define AT(member) offsetof(struct gw_options, member)
#define WORKERS_MAX 1024

static const struct flag flags[] = {
    { "config", "c", "CONFIG_FILE_PATH", TEXT, AT(config), 0, 0, "FILE  LiteLLM's config.yaml" },
    { "host", NULL, "HOST", TEXT, AT(host), 0, 0,
      "ADDR  address to listen on (0.0.0.0 with a master key, else 127.0.0.1)" },
    { "port", NULL, "PORT", NUMBER, AT(port), 0, 65535, "N  port to listen on (4000)" },
    { "num_workers", NULL, "NUM_WORKERS", NUMBER, AT(workers), 1, WORKERS_MAX,
      "N  event loops (one per available core)" },
    { "model", "m", NULL, TEXT, AT(model), 0, 0,
      "NAME  serve this one model without a configuration" },
    { "alias", NULL, NULL, TEXT, AT(alias), 0, 0, "NAME  public name of --model" },
    { "api_base", NULL, NULL, TEXT, AT(api_base), 0, 0, "URL  base URL of --model" },
    { "api_version", NULL, NULL, TEXT, AT(api_version), 0, 0, "TEXT  API version of --model" },
    { "headers", NULL, NULL, TEXT, AT(headers), 0, 0,
      "JSON  extra headers sent upstream with --model" },
    { "temperature", NULL, NULL, TEXT, AT(temperature), 0, 0, "X  default of --model" },
    { "max_tokens", NULL, NULL, TEXT, AT(max_tokens), 0, 0, "N  default of --model" },
    { "request_timeout", NULL, NULL, TEXT, AT(request_timeout), 0, 0, "S  time limit of a call" },
    { "drop_params", NULL, NULL, FLAG, AT(drop_params), 0, 0,
      "leave out parameters that the vendor of --model lacks" },
    { "ssl_certfile_path", NULL, "SSL_CERTFILE_PATH", TEXT, AT(certificate), 0, 0,
      "FILE  certificate chain (PEM): serve HTTPS" },
    { "ssl_keyfile_path", NULL, "SSL_KEYFILE_PATH", TEXT, AT(private_key), 0, 0,
      "FILE  its private key (PEM)" },
    { "keepalive_timeout", NULL, "KEEPALIVE_TIMEOUT", NUMBER, AT(keepalive_s), 1, 86400,
      "S  how long an idle connection stays open" },
    { "drain_timeout", NULL, NULL, NUMBER, AT(drain_s), 0, 86400,
      "S  how long running calls may finish after SIGTERM (30)" },
    { "plugin_path", NULL, NULL, TEXT, AT(plugin_path), 0, 0,
      "DIRS  colon list of absolute plugin folders" },
    { "insecure", NULL, NULL, FLAG, AT(insecure), 0, 0,
      "without a master key, listen beyond 127.0.0.1 all the same" },
    { "debug", NULL, "DEBUG", FLAG, AT(debug), 0, 0, "log debug lines" },
    { "detailed_debug", NULL, "DETAILED_DEBUG", FLAG, AT(debug), 0, 0, "the same" },
    { "health", NULL, NULL, FLAG, AT(health), 0, 0, "ask a running gateway for its health" },
    { "test", NULL, NULL, FLAG, AT(test), 0, 0, "send one chat call to a running gateway" },
    { "version", "v", NULL, FLAG, AT(version), 0, 0, "print the version" },
    { "help", "h", NULL, FLAG, AT(help), 0, 0, "print this text" },
    /* Flags of litellm that have nothing to act on here. */
    { "add_key", NULL, NULL, NO_EFFECT, 0, 0, 0, "put keys into the environment" },
    { "max_budget", NULL, NULL, NO_EFFECT, 0, 0, 0, "budgets are not in force yet" },
    { "save", NULL, NULL, NO_VALUE, 0, 0, 0, "write a configuration file instead" },
    { "add_function_to_prompt", NULL, NULL, NO_VALUE, 0, 0, 0, "tools are sent as tools" },
    { "telemetry", NULL, NULL, NO_EFFECT, 0, 0, 0, "sluice reports to nobody" },
    { "log_config", NULL, NULL, NO_EFFECT, 0, 0, 0, "log lines go to standard error" },
    { "test_async", NULL, NULL, NO_VALUE, 0, 0, 0, "use --test" },
    { "num_requests", NULL, NULL, NO_EFFECT, 0, 0, 0, "use a load generator" },
    { "use_queue", NULL, NULL, NO_VALUE, 0, 0, 0, "there is no queue to choose" },
    { "local", NULL, NULL, NO_VALUE, 0, 0, 0, "there is nothing to download" },
    { "run_gunicorn", NULL, NULL, NO_VALUE, 0, 0, 0, "the server is built in" },
    { "run_hypercorn", NULL, NULL, NO_VALUE, 0, 0, 0, "the server is built in" },
    { "run_granian", NULL, NULL, NO_VALUE, 0, 0, 0, "the server is built in" },
    { "ciphers", NULL, NULL, NO_EFFECT, 0, 0, 0, "OpenSSL's system-wide choice holds" },
    { "iam_token_db_auth", NULL, "IAM_TOKEN_DB_AUTH", NO_VALUE, 0, 0, 0,
      "there is no database yet" },
    { "use_prisma_db_push", NULL, NULL, NO_VALUE, 0, 0, 0, "there is no database yet" },
    { "enforce_prisma_migration_check", NULL, NULL, NO_VALUE, 0, 0, 0, "there is no database yet" },
    { "skip_server_startup", NULL, NULL, NO_VALUE, 0, 0, 0, "use `sluice check FILE`" },
    { "max_requests_before_restart", NULL, NULL, NO_EFFECT, 0, 0, 0,
      "workers do not need restarts" },
    { "max_requests_before_restart_jitter", NULL, NULL, NO_EFFECT, 0, 0, 0,
      "workers do not need restarts" },
    { "reload", NULL, NULL, NO_VALUE, 0, 0, 0, "send SIGHUP after a change of the file" },
};
#define N_FLAGS (sizeof flags / sizeof flags[0])

static bool has_effect(const struct flag *f)
{
    return f->kind != NO_VALUE && f->kind != NO_EFFECT;
}

/* Compare names with '-' taken for '_'; `len` bytes of a. */
static bool same_name(const char *a, size_t len, const char *b)
{
    for (size_t i = 0; i < len; i++)
        if ((a[i] == '-' ? '_' : a[i]) != b[i] || b[i] == '\0')
            return false;
    return b[len] == '\0';
}

static const struct flag *find(const char *arg, const char **value)
{
    const char *equals = strchr(arg, '=');
    size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
    bool two = len > 2 && arg[0] == '-' && arg[1] == '-';

    *value = equals ? equals + 1 : NULL;
    for (size_t i = 0; i < N_FLAGS; i++) {
        const struct flag *f = &flags[i];

        if (two ? same_name(arg + 2, len - 2, f->name)
                : f->brief && len == 2 && arg[1] == f->brief[0])
            return f;
    }
    return NULL;
}

static enum gw_parse set_number(struct gw_options *o, const struct flag *f, const char *text,
                                const char *where, FILE *notes)
{
    char *end = NULL;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < f->min || n > f->max) {
        fprintf(notes, "sluice: %s: \"%s\" is not a number from %ld to %ld\n", where, text, f->min,
                f->max);
        return GW_PARSE_BAD;
    }
    *(long *)((char *)o + f->at) = n;
    return GW_PARSE_OK;
}

static bool is_true(const char *text)
{
    static const char *const no[] = { "", "0", "false", "False", "FALSE", "no", "off" };

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (!strcmp(text, no[i]))
            return false;
    return true;
}

static enum gw_parse from_environment(struct gw_options *o, FILE *notes)
{
    for (size_t i = 0; i < N_FLAGS; i++) {
        const struct flag *f = &flags[i];
        const char *text = f->env ? getenv(f->env) : NULL;

        if (!text || !*text || !has_effect(f))
            continue;
        if (f->kind == TEXT)
            *(const char **)((char *)o + f->at) = text;
        else if (f->kind == FLAG)
            *(bool *)((char *)o + f->at) |= is_true(text);
        else if (set_number(o, f, text, f->env, notes) != GW_PARSE_OK)
            return GW_PARSE_BAD;
    }
    o->host_from_env = o->host != NULL;
    return GW_PARSE_OK;
}

static enum gw_parse unknown(const char *arg, FILE *notes)
{
    const char *names[N_FLAGS], *near;
    char word[64];
    size_t n = 0;

    if (arg[0] != '-') {
        fprintf(notes, "sluice: unexpected argument \"%s\"; `sluice --help` lists commands\n", arg);
        return GW_PARSE_BAD;
    }
    while (*arg == '-')
        arg++;
    for (; arg[n] && arg[n] != '=' && n + 1 < sizeof word; n++)
        word[n] = arg[n] == '-' ? '_' : arg[n];
    word[n] = '\0';
    for (size_t i = 0; i < N_FLAGS; i++)
        names[i] = flags[i].name;
    near = gw_nearest(word, names, N_FLAGS);
    if (near)
        fprintf(notes, "sluice: unknown flag --%s; did you mean --%s?\n", word, near);
    else
        fprintf(notes, "sluice: unknown flag --%s; `sluice --help` lists all\n", word);
    return GW_PARSE_BAD;
}

enum gw_parse gw_options_parse(struct gw_options *o, int argc, char **argv, FILE *notes)
{
    *o = (struct gw_options){ .port = GW_DEFAULT_PORT, .drain_s = GW_DEFAULT_DRAIN_S };
    if (from_environment(o, notes) != GW_PARSE_OK)
        return GW_PARSE_BAD;
    for (int i = 0; i < argc; i++) {
        const char *value;
        const struct flag *f = argv[i][0] == '-' ? find(argv[i], &value) : NULL;
        bool takes = f && (f->kind == TEXT || f->kind == NUMBER || f->kind == NO_EFFECT);

        if (!f)
            return unknown(argv[i], notes);
        if (takes && !value) {
            if (i + 1 == argc) {
                fprintf(notes, "sluice: --%s needs a value\n", f->name);
                return GW_PARSE_BAD;
            }
            value = argv[++i];
        }
        if (!has_effect(f))
            fprintf(notes, "sluice: --%s has no effect: %s\n", f->name, f->help);
        else if (f->kind == FLAG)
            *(bool *)((char *)o + f->at) = value ? is_true(value) : true;
        else if (f->kind == TEXT)
            *(const char **)((char *)o + f->at) = value;
        else if (set_number(o, f, value, f->name, notes) != GW_PARSE_OK)
            return GW_PARSE_BAD;
        if (f->at == AT(host) && has_effect(f))
            o->host_from_env = false;
    }
    return GW_PARSE_OK;
}

void gw_options_help(FILE *out)
{
    fputs("usage: sluice [FLAGS]                    serve\n"
          "       sluice check FILE [--strict]      judge a configuration\n"
          "       sluice explain [-c FILE] BODY.json where a call would go, and why\n"
          "       sluice plugins [check FILE]       list plugins, or look into one file\n"
          "       sluice complete -m MODEL TEXT     one call, without a server\n\nflags:\n",
          out);
    for (size_t i = 0; i < N_FLAGS; i++) {
        const struct flag *f = &flags[i];
        const char *gap = strstr(f->help, "  ");
        int value = f->kind == FLAG || !gap ? 0 : (int)(gap - f->help);
        int width;

        if (!has_effect(f))
            continue;
        width = fprintf(out, "  --%s%s%s %.*s", f->name, f->brief ? ", -" : "",
                        f->brief ? f->brief : "", value, f->help);
        fprintf(out, "%*s%s\n", width < 34 ? 34 - width : 1, "", f->help + (value ? value + 2 : 0));
    }
    fputs("\nflags of litellm without effect here (accepted, with a note):\n ", out);
    for (size_t i = 0; i < N_FLAGS; i++)
        if (!has_effect(&flags[i]))
            fprintf(out, " --%s", flags[i].name);
    fputs("\n", out);
}
