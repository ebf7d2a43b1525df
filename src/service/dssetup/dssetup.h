/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_DSSETUP_H
#define PEN_SERVICE_DSSETUP_H
/*
 * What the machine is to its domain [MS-DSSP]: a server of a workgroup. The other opnums
 * are not on the wire since they are in the document.
 */
#include <penstock/server.h>

/* data: the workgroup's name, a const char *. */
extern const struct pen_service pen_dssetup_service;

#endif
