/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_MACHINE_H
#define PEN_RUNTIME_MACHINE_H
/*
 * A machine's own session with a domain controller [MS-NRPC 3.1.4, 3.4]: it proves itself
 * with the password of its account, and then, over netlogon's provider with privacy, asks
 * about users and changes that password.
 *
 * It speaks AES alone, and holds what was negotiated against what the controller says of
 * it over the sealed channel. One thread uses it at a time; all of it waits.
 */
#include "sec/ntlm.h"
#include <penstock/arena.h>
#include <penstock/sid.h>

struct pen_machine;

/* Texts are copied. */
struct pen_machine_config {
	const char *binding;  /* of a controller: "ncacn_ip_tcp:dc.ad.test" */
	const char *computer; /* NetBIOS name; its account is that with a dollar */
	const char *domain;   /* NetBIOS name */
	uint8_t nt_hash[PEN_NTLM_KEY_SIZE];
	uint32_t timeout_ms; /* of connections and of each call; 0: 30 s */
};

/* Opens nothing yet. -ENOMEM, PEN_E_UNSUPPORTED: libcrypto offers too little. */
int pen_machine_new(struct pen_machine **machinep, const struct pen_machine_config *config);
struct pen_machine *pen_machine_free(struct pen_machine *machine);

/* The sentence for the last failure. */
const char *pen_machine_error(const struct pen_machine *machine);

/*
 * Begins a session, in place of one there may be. PEN_E_DENIED: the controller does not
 * know the machine by that password, or is not one itself, or offers too little;
 * what pen_call_invoke returns.
 */
int pen_machine_open(struct pen_machine *machine);

/* What a controller says of a user. Texts and arrays live in the arena. */
struct pen_machine_logon {
	uint32_t status; /* 0, or why not: an NTSTATUS */
	struct pen_sid user;
	struct pen_sid primary_group;
	const struct pen_sid *groups; /* enabled ones, extra SIDs too */
	size_t n_groups;
	const char *account;
	const char *domain;
	bool is_guest;
	uint8_t session_base_key[PEN_NTLM_KEY_SIZE]; /* the caller wipes it */
};

/*
 * NetrLogonSamLogonEx of a response. Opens a session if there is none, and once more where
 * the one there was is gone. 0: see logon->status. Fails as open does; PEN_E_BAD_DATA: the
 * controller contradicts itself.
 */
int pen_machine_logon(struct pen_machine *machine, const struct pen_ntlm_attempt *attempt,
		      struct pen_arena *arena, struct pen_machine_logon *logon);

/*
 * NetrServerPasswordSet2: a new password of the machine's account, in UTF-16LE; from then
 * on it is this machine's. PEN_E_LIMIT: it is empty, too long, or half a code unit;
 * PEN_E_DENIED: the controller will not have it; or as open.
 */
int pen_machine_set_password(struct pen_machine *machine, struct pen_slice password);

#endif
