/* SPDX-License-Identifier: Apache-2.0 */
/* loop_guest.h - for net/ only: things that must be settled before their loop goes away. */
#ifndef SL_NET_LOOP_GUEST_H
#define SL_NET_LOOP_GUEST_H

#include "net/loop.h"

/* [loop] settle() runs in sl_loop_destroy(), before what was posted is dropped; it takes the guest
 * off the list. Leaving earlier is sl_list_remove(&g->node). */
struct sl_loop_guest {
    struct sl_list node;
    void (*settle)(struct sl_loop_guest *g);
};
void sl_loop_enter(struct sl_loop *l, struct sl_loop_guest *g);

#endif
