/* SPDX-License-Identifier: Apache-2.0 */
/*
 * class.h - the one thing of this provider that other plugins may be built with: its class. The
 * vertex plugin is compiled with all files of this folder but plugin.c, creates providers with
 * "platform":"vertex" in their configuration and sets the URLs itself.
 */
#ifndef GEMINI_CLASS_H
#define GEMINI_CLASS_H

#include <sluice/provider.h>

extern const sluice_provider_class gemini_provider_class;

#endif
