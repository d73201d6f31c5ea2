/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c - the schemes that a provider's class may name. */
#include "credential/source.h"

#include <stddef.h>

const struct sl_credential_source *const sl_credential_sources[] = {
    &sl_source_aws,
    &sl_source_entra,
    &sl_source_google,
    NULL,
};
