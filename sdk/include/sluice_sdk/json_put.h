/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/json_put.h - JSON for whoever writes a line per call: one room, no questions. */
#ifndef SLUICE_SDK_JSON_PUT_H
#define SLUICE_SDK_JSON_PUT_H

#include "format/json_put.h"

#endif
