/* SPDX-License-Identifier: MIT */
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"

enum { PROOF_SIZE = 16 };

/* Clients are known that leave the domain out of the key [MS-NLMP 3.2.5.1.2]. */
static int check_v2(const uint8_t *nt_hash, const struct pen_ntlm_attempt *attempt,
		    const char *domain, uint8_t *base_key)
{
	const struct pen_slice temp = { .data = attempt->nt.data + PROOF_SIZE,
					.size = attempt->nt.size - PROOF_SIZE };
	uint8_t key[PEN_NTLM_KEY_SIZE];
	uint8_t proof[PROOF_SIZE];
	int r = pen_ntlm_v2_key(attempt->crypto, nt_hash, attempt->user, domain, key);

	if (!r)
		r = pen_ntlm_v2_proof(attempt->crypto, key, attempt->server_challenge, temp, proof);
	if (!r && !pen_equal_secret(proof, attempt->nt.data, sizeof(proof)))
		r = PEN_E_DENIED;
	if (!r)
		r = pen_ntlm_v2_base_key(attempt->crypto, key, proof, base_key);
	pen_wipe(key, sizeof(key));
	return r;
}

static int check_v1(const uint8_t *nt_hash, const struct pen_ntlm_attempt *attempt,
		    uint8_t *base_key)
{
	bool is_extended = attempt->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY;
	uint8_t response[PEN_NTLM_V1_SIZE];
	int r;

	if (!attempt->allow_v1 || (is_extended && attempt->lm.size < PEN_NTLM_CHALLENGE_SIZE))
		return PEN_E_DENIED;
	r = pen_ntlm_v1_response(attempt->crypto, nt_hash, attempt->server_challenge,
				 is_extended ? attempt->lm.data : NULL, response);
	if (r)
		return r;
	if (!pen_equal_secret(response, attempt->nt.data, sizeof(response)))
		return PEN_E_DENIED;
	return pen_ntlm_v1_base_key(attempt->crypto, nt_hash, base_key);
}

int pen_ntlm_check(const uint8_t nt_hash[PEN_NTLM_KEY_SIZE], const struct pen_ntlm_attempt *attempt,
		   uint8_t session_base_key[PEN_NTLM_KEY_SIZE])
{
	int r;

	if (attempt->nt.size == PEN_NTLM_V1_SIZE)
		return check_v1(nt_hash, attempt, session_base_key);
	if (attempt->nt.size < PEN_NTLM_V1_SIZE)
		return PEN_E_DENIED;
	r = check_v2(nt_hash, attempt, attempt->domain, session_base_key);
	if (r == PEN_E_DENIED && attempt->domain[0])
		r = check_v2(nt_hash, attempt, "", session_base_key);
	return r;
}
