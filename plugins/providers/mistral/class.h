/* SPDX-License-Identifier: Apache-2.0 */
/*
 * class.h - the one thing of this provider that other plugins may be built with: its class. The
 * vertex plugin is compiled with all files of this folder but plugin.c and sets the URLs itself.
 */
#ifndef MISTRAL_CLASS_H
#define MISTRAL_CLASS_H

#include <sluice/provider.h>

extern const sluice_provider_class mistral_provider_class;

#endif
