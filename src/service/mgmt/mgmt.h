/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_MGMT_H
#define PEN_SERVICE_MGMT_H
/*
 * Remote management [C706 appendix Q], at every endpoint of a server. Everybody may
 * ask; only an administrator of this machine, on it, may stop the server.
 */
#include <penstock/server.h>

extern const struct pen_service pen_mgmt_service; /* its data is not used */

#endif
