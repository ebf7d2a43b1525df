/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_AUTH_H
#define PENSTOCK_AUTH_H
/*
 * How calls are protected: by which mechanism, and how much of them.
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* [MS-RPCE 2.2.1.1.7] */
enum pen_auth_type {
	PEN_AUTH_NONE = 0,
	PEN_AUTH_SPNEGO = 9,
	PEN_AUTH_NTLM = 10,
	PEN_AUTH_KRB5 = 16,
	PEN_AUTH_SCHANNEL = 68, /* netlogon's */
};

/* [MS-RPCE 2.2.1.1.8] */
enum pen_auth_level {
	PEN_AUTH_LEVEL_NONE = 1,
	PEN_AUTH_LEVEL_CONNECT,	  /* the peer is proved, and nothing is signed */
	PEN_AUTH_LEVEL_CALL,	  /* of datagrams only */
	PEN_AUTH_LEVEL_PACKET,	  /* signed, as integrity is */
	PEN_AUTH_LEVEL_INTEGRITY, /* signed */
	PEN_AUTH_LEVEL_PRIVACY,	  /* signed and sealed */
};

#ifdef __cplusplus
}
#endif
#endif
