/* SPDX-License-Identifier: Apache-2.0 */
/* converse.c - the Converse dialect as a table, and that of models' own requests beside it. */
#include "format/converse/converse.h"

const struct sl_dialect sl_dialect_converse = {
    .name = "converse",
    .content_type = "application/vnd.amazon.eventstream",
    .framing = SL_FRAMING_BINARY,
    .id_header = "x-amzn-requestid",
    .look = sl_converse_look,
    .failure = sl_converse_failure,
    .http_status = sl_converse_http_status,
    .error_body = sl_converse_error_body,
    .error_event = sl_converse_error_event,
    .delta = sl_converse_delta,
    .end = sl_converse_end,
    .collect = sl_converse_collect,
    .whole = sl_converse_whole,
    .retrace = sl_converse_retrace,
};

const struct sl_dialect sl_dialect_invoke = {
    .name = "invoke",
    .content_type = "application/vnd.amazon.eventstream",
    .framing = SL_FRAMING_BINARY,
    .id_header = "x-amzn-requestid",
    .look = sl_invoke_look,
    .failure = sl_converse_failure,
    .http_status = sl_converse_http_status,
    .error_body = sl_converse_error_body,
    .error_event = sl_converse_error_event,
};
