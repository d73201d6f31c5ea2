/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the plugin's descriptor; the class is provider.c's. */
#include <sluice_sdk/plugin.h>
#include "class.h"

SL_PLUGIN(anthropic, "anthropic", "0.1.0", "sluice", "Anthropic's Messages API", SLUICE_PROVIDER_ID,
          &anthropic_provider_class)
