/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - sluice: the gateway and its subcommands. */
#include "command/commands.h"
#include "process/serve.h"

#include <stdio.h>
#include <string.h>
#include <sluice/sluice.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    { "check", gw_check_command },
    { "explain", gw_explain_command },
    { "complete", gw_complete_command },
    { "plugins", gw_plugins_command },
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

int gw_unknown_flag(const char *command, const char *arg, const char *const *names, size_t n)
{
    const char *near = gw_nearest(arg, names, n);

    if (near)
        fprintf(stderr, "sluice %s: unknown flag %s; did you mean %s?\n", command, arg, near);
    else
        fprintf(stderr, "sluice %s: unknown flag %s\n", command, arg);
    return 2;
}

static int unknown_command(const char *word)
{
    const char *names[N_COMMANDS], *near;

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    near = gw_nearest(word, names, N_COMMANDS);
    if (near)
        fprintf(stderr, "sluice: unknown command %s; did you mean %s?\n", word, near);
    else
        fprintf(stderr, "sluice: unknown command %s; `sluice --help` lists them\n", word);
    return 2;
}

int main(int argc, char **argv)
{
    struct gw_options options;

    if (argc > 1 && argv[1][0] != '-') {
        for (size_t i = 0; i < N_COMMANDS; i++)
            if (!strcmp(argv[1], commands[i].name))
                return commands[i].run(argc - 2, argv + 2);
        return unknown_command(argv[1]);
    }
    if (gw_options_parse(&options, argc - 1, argv + 1, stderr) != GW_PARSE_OK)
        return 2;
    if (options.help) {
        gw_options_help(stdout);
        return 0;
    }
    if (options.version) {
        printf("sluice %s\n", sluice_version());
        return 0;
    }
    if (options.health)
        return gw_client_health(&options);
    if (options.test)
        return gw_client_test(&options);
    return gw_serve(&options);
}
