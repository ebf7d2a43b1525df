/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_H
#define PEN_SEC_NTLM_H
/*
 * NTLMSSP [MS-NLMP], client and server.
 *
 * Our client speaks version 2 with a MIC, extended session security, 128 bits and a key
 * exchange, and refuses a server that does not. Our server takes what its config (a struct
 * pen_ntlm_server) allows, and leaves it to a judge whether a response is right.
 */
#include "sec/mech.h"
#include "sec/ntlm-message.h"

extern const struct pen_mech pen_mech_ntlm;

#endif
