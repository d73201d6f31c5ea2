/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the plugin's descriptor; the class is provider.c's. */
#include <sluice_sdk/plugin.h>
#include "class.h"

SL_PLUGIN(mistral, "mistral", "0.1.0", "sluice", "Mistral's API", SLUICE_PROVIDER_ID,
          &mistral_provider_class)
