/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/http1.h - strict HTTP/1.1 messages. */
#ifndef SLUICE_SDK_HTTP1_H
#define SLUICE_SDK_HTTP1_H

#include "format/http1_parse.h"

#endif
