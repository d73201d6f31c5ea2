/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - the server from start to end; blocks. Returns the process's exit status. */
#ifndef GW_SERVE_H
#define GW_SERVE_H

#include "command/options.h"

int gw_serve(const struct gw_options *o);

#endif
