/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/form.h - multipart/form-data as spans over the body. */
#ifndef SLUICE_SDK_FORM_H
#define SLUICE_SDK_FORM_H

#include "format/form.h"

#endif
