/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - what a plugin's request becomes on the wire: parts encoded, references to secrets
 * replaced, the credential placed or the request signed. The only place where a credential meets a
 * request.
 */
#ifndef SL_CREDENTIAL_WIRE_H
#define SL_CREDENTIAL_WIRE_H

#include <sluice/provider.h>
#include "credential/credential.h"
#include "net/transport.h"

struct sl_wire {
    struct sluice_arena *arena; /* for all that is written */
    sluice_error *err;
    const struct sl_credential *credential; /* NULL = none */
    const struct sl_grant *grant;           /* NULL = nothing is placed */
    const sluice_provider_class *cls;
    const struct sl_entry *provider; /* whose secrets may be named */
    sluice_span base_url;
    const struct sl_upstream_options *upstream;
    const sluice_header *headers; /* of the deployment, sent with all but foreign ones */
    size_t n_headers;
    sluice_span content_type; /* of a body whose request names none */
};

/* Spans of *out lie in the arena or are the request's own. */
sluice_status sl_wire_build(const struct sl_wire *w, const sluice_http_request *r,
                            struct sl_http_out *out);

/* wire_sigv4.c: adds the headers of a signature by auth_param's region and service; *out is
 * complete but for them, and its list has room for SL_WIRE_SIGNED more. */
#define SL_WIRE_SIGNED 4
sluice_status sl_wire_sign(const struct sl_wire *w, sluice_span auth_param, struct sl_http_out *out,
                           sluice_header *headers);

/* parts.c: one piece of a body as it is sent. */
sluice_status sl_wire_part(const struct sl_wire *w, const sluice_part *part, sluice_span *out);
/* Percent-encoded in the arena; ptr NULL: out of memory. */
sluice_span sl_wire_percent(struct sluice_arena *arena, sluice_span text);
sluice_span sl_wire_base64(struct sluice_arena *arena, sluice_span data);

#endif
