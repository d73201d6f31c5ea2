/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - the plugin's descriptor; the class is provider.c's. */
#include <sluice_sdk/plugin.h>
#include "class.h"

SL_PLUGIN(gemini, "gemini", "0.1.0", "sluice", "Google's Gemini API (AI Studio)",
          SLUICE_PROVIDER_ID, &gemini_provider_class)
