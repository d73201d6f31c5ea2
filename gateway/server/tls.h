/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - how bytes get to and from a socket: plainly, or through OpenSSL. */
#ifndef GW_TLS_H
#define GW_TLS_H

#include "server/server.h"

#include <sys/types.h>
#include <sys/uio.h>

/* One side of a connection. */
struct gw_io {
    const struct gw_io_ops *ops;
    void *ssl;
    int fd;
    bool read_wants_write; /* TLS: the handshake waits for the socket to take bytes */
};

struct gw_io_ops {
    /* As recv(): 0 at the end, -1 and errno; EAGAIN = not now. */
    ssize_t (*read)(struct gw_io *io, char *to, size_t size);
    /* As writev(), never with SIGPIPE. `scratch` has GW_TLS_RECORD bytes. After EAGAIN the same
     * bytes must come again, more may follow them. */
    ssize_t (*write)(struct gw_io *io, const struct iovec *iov, size_t n, char *scratch);
    /* Are there bytes that were received already, so that the socket will not report them? */
    bool (*pending)(const struct gw_io *io);
    /* Tell the other side that no more bytes come. */
    void (*finish)(struct gw_io *io);
    /* Free everything but the descriptor. */
    void (*close)(struct gw_io *io);
};

#define GW_TLS_RECORD 16384

/* For an accepted socket; tls NULL = plain. False when memory is out. */
bool gw_io_open(struct gw_io *io, int fd, struct gw_tls *tls);

#endif
