/* SPDX-License-Identifier: Apache-2.0 */
/* host_share.h - what the instances of one entry share over all loops and over reloads. A registry
 * keeps these by kind, plugin and entry name, so that the entry of a changed configuration finds
 * what the old one had. [any] */
#ifndef SL_PLUGIN_HOST_SHARE_H
#define SL_PLUGIN_HOST_SHARE_H

#include "base/span.h"

struct sl_shares;
struct sl_share; /* counted */

struct sl_shares *sl_shares_create(void); /* NULL when out of memory */
/* Everything taken must have been dropped. */
void sl_shares_destroy(struct sl_shares *s);
/* key: "kind plugin name". Makes it if need be; NULL when out of memory. */
struct sl_share *sl_share_take(struct sl_shares *s, sluice_span key);
/* The last one runs the object's drop(). */
void sl_share_drop(struct sl_share *share);

#endif
