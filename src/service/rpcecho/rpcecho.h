/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_RPCECHO_H
#define PEN_SERVICE_RPCECHO_H
/*
 * The echo test interface. It works for whoever calls, so it is offered only where
 * somebody asks for it.
 */
#include <penstock/server.h>

extern const struct pen_service pen_rpcecho_service; /* its data is not used */

#endif
