/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/span.h - text that somebody else owns. */
#ifndef SLUICE_SDK_SPAN_H
#define SLUICE_SDK_SPAN_H

#include "base/span.h"

#endif
