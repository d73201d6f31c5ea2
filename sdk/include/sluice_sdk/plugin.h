/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/plugin.h - the end of a plugin that holds one class: its descriptor and entry. */
#ifndef SLUICE_SDK_PLUGIN_H
#define SLUICE_SDK_PLUGIN_H

#include <string.h>
#include <sluice/plugin.h>

/* SL_PLUGIN(com_acme_chat, "com.acme.chat", "1.0", "Acme Inc.", "Acme's chat API",
 *           SLUICE_PROVIDER_ID, &provider)
 * NAME is the id as SLUICE_PLUGIN_ENTRY() wants it: dots are underscores. */
#define SL_PLUGIN(NAME, ID, VERSION, VENDOR, SUMMARY, CLASS_ID, CLASS)                             \
    static const void *sl_plugin_class_(const char *id_)                                           \
    {                                                                                              \
        return strcmp(id_, CLASS_ID) == 0 ? (CLASS) : NULL;                                        \
    }                                                                                              \
    static const sluice_plugin sl_plugin_ = {                                                      \
        .magic = SLUICE_MAGIC,                                                                     \
        .struct_size = sizeof sl_plugin_,                                                          \
        .abi_major = SLUICE_ABI_MAJOR,                                                             \
        .abi_minor = SLUICE_ABI_MINOR,                                                             \
        .id = ID,                                                                                  \
        .version = VERSION,                                                                        \
        .vendor = VENDOR,                                                                          \
        .summary = SUMMARY,                                                                        \
        .get_class = sl_plugin_class_,                                                             \
    };                                                                                             \
    SLUICE_PLUGIN_ENTRY(NAME)                                                                      \
    {                                                                                              \
        return &sl_plugin_;                                                                        \
    }

#endif
