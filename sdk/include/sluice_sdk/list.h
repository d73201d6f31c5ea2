/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/list.h - an intrusive ring. */
#ifndef SLUICE_SDK_LIST_H
#define SLUICE_SDK_LIST_H

#include "base/list.h"

#endif
