/* SPDX-License-Identifier: Apache-2.0 */
/* openai_error.h - failures in OpenAI's shape: {"error":{"message","type","param","code"}}. */
#ifndef SL_FORMAT_OPENAI_ERROR_H
#define SL_FORMAT_OPENAI_ERROR_H

#include "base/buf.h"
#include "base/status.h"

struct sl_encoder;

/* The HTTP status a failure is answered with. */
int sl_error_http_status(sluice_status status, const sluice_error *err);
void sl_openai_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err);
void sl_openai_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err);
/* The class of an `error` value found in an answer with status 200, or in a stream. */
sluice_status sl_openai_failure(sluice_span error, sluice_error *err);

#endif
