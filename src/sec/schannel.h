/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SCHANNEL_H
#define PEN_SEC_SCHANNEL_H
/*
 * The netlogon security provider, auth_type 68 [MS-NRPC 3.3]: a machine and a domain
 * controller protect their messages under the session key that NetrServerAuthenticate3
 * gave them. The tokens of the bind only name the machine; what proves it is that it can
 * sign. So there is no level below packet here, and the session key is not shown.
 */
#include "sec/mech.h"
#include "sec/schannel-message.h"
#include "sec/schannel-session.h"
#include <penstock/sid.h>

extern const struct pen_mech pen_mech_schannel;

/* A machine's session, as a server has kept it. */
struct pen_schannel_machine {
	struct pen_schannel_keys keys;
	char account[PEN_SCHANNEL_NAME_SIZE]; /* "COMPUTER$" */
	struct pen_sid sid;		      /* of that account */
};

/* The config of a server. */
struct pen_schannel_server {
	const char *domain; /* NetBIOS name of the accounts' domain, for the token; may be NULL */
	bool allow_weak;    /* sessions without AES */

	/*
	 * The session of that machine; from any thread. The names are the client's: domain in
	 * its NetBIOS or its DNS form, "" if it gave none. PEN_E_NOT_FOUND: there is none.
	 */
	int (*find)(void *data, const char *domain, const char *computer,
		    struct pen_schannel_machine *machine);
	void *data;
};

/* The config of a client, whose credentials are not asked. Names may be NULL but computer. */
struct pen_schannel_client {
	struct pen_schannel_keys keys;
	const char *domain; /* NetBIOS */
	const char *computer;
	const char *dns_domain;
	const char *dns_computer;
};

#endif
