/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign.h - requests for URLs that came with a call (SLUICE_REQ_FOREIGN): images to be sent on,
 * files to be read. Public addresses only, unless the operator allows the host; three redirects,
 * each held to the same rule; no header, key or certificate of a deployment; bounded in size and
 * time. A failure is the caller's mistake: neither retried nor held against the deployment.
 */
#ifndef SL_CALL_FOREIGN_H
#define SL_CALL_FOREIGN_H

#include "call/attempt/attempt.h"

#define SL_FOREIGN_BYTES (20u << 20)
#define SL_FOREIGN_MS 30000
#define SL_FOREIGN_REDIRECTS 3

/* Must this URL's host be public? Not when litellm_settings.user_url_validation is off or its
 * user_url_allowed_hosts has "host" or "host:port". */
bool sl_foreign_checked(const struct sl_settings *s, sluice_span url);
/* Is this answer a redirect to follow? */
bool sl_foreign_redirects(const struct sl_http_in *head);
/* The request that a redirect asks for; INVALID when there were too many, or it leads nowhere. */
sluice_status sl_foreign_follow(struct sl_attempt *a, const struct sl_http_in *head,
                                struct sl_http_out *out);
/* INVALID, invalid_image_url, with the host's name and why. */
sluice_status sl_foreign_fail(struct sl_attempt *a, const char *why);

#endif
