/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/websocket.h - frames and handshakes of WebSockets (RFC 6455). */
#ifndef SLUICE_SDK_WEBSOCKET_H
#define SLUICE_SDK_WEBSOCKET_H

#include "format/websocket.h"

#endif
