/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidy.c - memory that a burst left behind goes back to the system. Freed pieces stay with malloc()
 * between others that are in use; only when asked does it give back the whole pages among them.
 */
#include "tidy.h"

#include <malloc.h>

#define EVERY_S 15
#define MUCH ((size_t)8 << 20) /* less than that is kept for the next burst */

/* Twice in a row, so that a lull of seconds costs nothing. */
static void look(evutil_socket_t fd, short what, void *arg)
{
    struct gw_tidy *t = arg;
    bool much = mallinfo2().fordblks > MUCH;

    (void)fd;
    (void)what;
    if (much && t->much)
        malloc_trim(0);
    t->much = much && !t->much;
}

bool gw_tidy_start(struct gw_tidy *t, struct event_base *base)
{
    const struct timeval every = { .tv_sec = EVERY_S };

    t->much = false;
    t->timer = event_new(base, -1, EV_PERSIST, look, t);
    return t->timer && event_add(t->timer, &every) == 0;
}

void gw_tidy_stop(struct gw_tidy *t)
{
    if (t->timer)
        event_free(t->timer);
    t->timer = NULL;
}
