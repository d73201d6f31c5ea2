/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the plugin's descriptor; the class is provider.c's. */
#include <string.h>
#include "class.h"

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_PROVIDER_ID) == 0 ? &mistral_provider_class : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof descriptor,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "mistral",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "Mistral's API",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(mistral)
{
    return &descriptor;
}
