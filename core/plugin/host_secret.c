/* SPDX-License-Identifier: Apache-2.0 */
/* host_secret.c - ext/secret.h: the text behind a reference, to the instance whose configuration
 * holds the reference and to no other. */
#include "plugin/host.h"

static sluice_status reveal(const sluice_host *host, sluice_span ref, sluice_span *out)
{
    const struct sl_secret *secret = sl_entry_secret(sl_host_instance(host)->entry, ref);

    if (!secret)
        return SLUICE_E_NOT_FOUND;
    *out = sl_secret_reveal(secret);
    return SLUICE_OK;
}

const sluice_host_secret sl_host_secret = { .struct_size = sizeof sl_host_secret,
                                            .reveal = reveal };
