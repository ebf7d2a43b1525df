/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_H
#define PEN_SEC_NTLM_H
/*
 * NTLMSSP [MS-NLMP], client and server.
 *
 * Our client speaks version 2 with a MIC, extended session security, 128 bits and a key
 * exchange, and refuses a server that does not. Our server takes what its config allows,
 * and leaves it to a judge whether a response is right.
 */
#include "sec/mech.h"
#include "sec/ntlm-message.h"

extern const struct pen_mech pen_mech_ntlm;

/* What a client says of itself, as a judge is to see it. It lives for the call. */
struct pen_ntlm_attempt {
	const struct pen_crypto *crypto;
	const char *domain; /* as it came, "" too */
	const char *user;
	const char *workstation;
	const char *peer; /* where the client is */
	uint8_t server_challenge[PEN_NTLM_CHALLENGE_SIZE];
	struct pen_slice nt; /* NtChallengeResponse */
	struct pen_slice lm; /* LmChallengeResponse */
	uint32_t flags;
	bool allow_v1;
};

struct pen_ntlm_verdict {
	uint8_t session_base_key[PEN_NTLM_KEY_SIZE]; /* wiped after use */
	struct pen_token *token;		     /* taken */
	bool is_unproved; /* a guest: there is no key in common, so no MIC and no signature */
	char reason[160]; /* of a refusal, as a sentence for a log; "": the usual one */
};

/* The config of a server. Texts may be NULL: there is no such name. */
struct pen_ntlm_server {
	const char *netbios_computer; /* "SERVER"; there must be one */
	const char *netbios_domain;   /* NULL: the computer is its own */
	const char *dns_computer;
	const char *dns_domain;
	const char *dns_forest;

	bool allow_v1;	       /* responses of version 1 */
	bool allow_weak;       /* no extended session security, or less than 128 bits */
	bool allow_anonymous;  /* nobody, with a key that everybody knows */
	bool require_bindings; /* where the server has channel bindings, the client must too */

	/*
	 * Who is it? Fills the verdict. PEN_E_NOT_FOUND: there is no such user;
	 * PEN_E_DENIED: the response is wrong, or the user may not; or a negative errno.
	 * With may_block it is called from work, thus from any thread, else from step.
	 */
	int (*judge)(void *data, const struct pen_ntlm_attempt *attempt,
		     struct pen_ntlm_verdict *verdict);
	void *data;
	bool may_block;
};

/*
 * Whether a response was made with the password of that hash; the check of an account
 * store. PEN_E_DENIED: it was not, or it is of version 1, which is not allowed.
 */
int pen_ntlm_check(const uint8_t nt_hash[PEN_NTLM_KEY_SIZE], const struct pen_ntlm_attempt *attempt,
		   uint8_t session_base_key[PEN_NTLM_KEY_SIZE]);

#endif
