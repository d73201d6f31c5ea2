/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/sse.h - a byte stream cut into server-sent events. */
#ifndef SLUICE_SDK_SSE_H
#define SLUICE_SDK_SSE_H

#include "format/sse.h"

#endif
