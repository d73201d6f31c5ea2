/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the subcommands. argv begins behind the command's name; each returns the exit
 * status: 0 fine, 1 not, 2 wrong usage. */
#ifndef GW_COMMANDS_H
#define GW_COMMANDS_H

#include "command/options.h"

int gw_check_command(int argc, char **argv);
int gw_explain_command(int argc, char **argv);
int gw_plugins_command(int argc, char **argv);
int gw_complete_command(int argc, char **argv);
/* --health, --test: ask a running gateway. */
int gw_client_health(const struct gw_options *o);
int gw_client_test(const struct gw_options *o);

/* Say what a subcommand's flag might have been; returns 2. */
int gw_unknown_flag(const char *command, const char *arg, const char *const *names, size_t n);

#endif
