/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/json.h - JSON: scanner, span edits, read-only tree, writer. */
#ifndef SLUICE_SDK_JSON_H
#define SLUICE_SDK_JSON_H

#include "format/json_scan.h"
#include "format/json_edit.h"
#include "format/json_tree.h"
#include "format/json_write.h"

#endif
