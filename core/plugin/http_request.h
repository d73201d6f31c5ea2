/* SPDX-License-Identifier: Apache-2.0 */
/* http_request.h - a plugin's request made ready for a transport: parts encoded, references to
 * secrets replaced, the credential placed. For ext/http.h; provider exchanges have their own rules
 * (origins, tokens, relays). */
#ifndef SL_PLUGIN_HTTP_REQUEST_H
#define SL_PLUGIN_HTTP_REQUEST_H

#include "plugin/entry.h"

#include <sluice/provider.h>

/* Everything in *out is copied into arena. */
sluice_status sl_http_request_build(const struct sl_entry *entry, const sluice_http_request *in,
                                    sluice_span secret, struct sluice_arena *arena,
                                    struct sl_http_out *out, sluice_error *err);

#endif
