/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - private to the test kit: the call as a provider gets it, its request as text. */
#ifndef SL_TESTHOST_REQUEST_H
#define SL_TESTHOST_REQUEST_H

#include "exchange.h"
#include "text.h"

/* Fills out from in: members of a JSON body, defaults. Memory from a. */
sluice_status call_make(const struct sl_test_call *in, struct sluice_arena *a, sluice_call *out,
                        sluice_error *err);
/* Appends the request; UNSUPPORTED for values no host knows, INVALID for what no host would send.
 */
sluice_status request_print(const sluice_http_request *r, struct text *out, sluice_error *err);
/* The URL "mock:": the request is played back as the answer. headers: room for what is left of
 * them; body is to be freed by the caller. UNAVAILABLE: it wants to fail before the head. */
bool request_is_mock(const sluice_http_request *r);
sluice_status mock_answer(const sluice_http_request *r, struct text *body, sluice_header *headers,
                          size_t room, struct sl_test_answer *out, sluice_error *err);

#endif
