/* SPDX-License-Identifier: Apache-2.0 */
/* no_symbol.c - a shared object that is no plugin, or one of another major. */
#ifndef ENTRY
#define ENTRY something_else
#endif

int ENTRY(void);
int ENTRY(void)
{
    return 0;
}
