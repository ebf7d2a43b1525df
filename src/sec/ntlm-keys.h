/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_KEYS_H
#define PEN_SEC_NTLM_KEYS_H
/*
 * The keys and responses of NTLM [MS-NLMP 3.3, 3.4.5]. Keys are of PEN_NTLM_KEY_SIZE
 * bytes, challenges of PEN_NTLM_CHALLENGE_SIZE. All return 0, -ENOMEM, or
 * PEN_E_UNSUPPORTED where the system has no MD4, DES or RC4; those that take texts also
 * PEN_E_BAD_DATA. LAN Manager's own hash of a password is neither made nor taken.
 */
#include "crypto/crypto.h"
#include "sec/ntlm-message.h"

enum { PEN_NTLM_V1_SIZE = 24 };

/* NTOWFv2, which is LMOWFv2 too. */
int pen_ntlm_v2_key(const struct pen_crypto *crypto, const uint8_t *nt_hash, const char *user,
		    const char *domain, uint8_t *key);

/* NTProofStr over what follows it; over a client challenge it is LMv2's response. */
int pen_ntlm_v2_proof(const struct pen_crypto *crypto, const uint8_t *v2_key,
		      const uint8_t *server_challenge, struct pen_slice temp, uint8_t *proof);

/* SessionBaseKey of version 2, and of version 1. */
int pen_ntlm_v2_base_key(const struct pen_crypto *crypto, const uint8_t *v2_key,
			 const uint8_t *proof, uint8_t *key);
int pen_ntlm_v1_base_key(const struct pen_crypto *crypto, const uint8_t *nt_hash, uint8_t *key);

/*
 * The response of version 1, 24 bytes. client_challenge is what LmChallengeResponse
 * begins with under extended session security, else NULL.
 */
int pen_ntlm_v1_response(const struct pen_crypto *crypto, const uint8_t *nt_hash,
			 const uint8_t *server_challenge, const uint8_t *client_challenge,
			 uint8_t *response);

/* KXKEY of version 1 under extended session security; otherwise it is SessionBaseKey. */
int pen_ntlm_v1_exchange_key(const struct pen_crypto *crypto, const uint8_t *base_key,
			     const uint8_t *server_challenge, const uint8_t *client_challenge,
			     uint8_t *key);

/* SIGNKEY and SEALKEY of one direction. */
int pen_ntlm_sign_key(const struct pen_crypto *crypto, const uint8_t *session_key,
		      bool is_of_server, uint8_t *key);
int pen_ntlm_seal_key(const struct pen_crypto *crypto, uint32_t flags, const uint8_t *session_key,
		      bool is_of_server, uint8_t *key);

/* RC4K of a session key, either way. */
int pen_ntlm_exchange(const struct pen_crypto *crypto, const uint8_t *exchange_key,
		      const uint8_t *in, uint8_t *out);

/* The MIC over the three messages; whatever lies in the third's place of it counts as zero. */
int pen_ntlm_mic(const struct pen_crypto *crypto, const uint8_t *session_key,
		 struct pen_slice negotiate, struct pen_slice challenge,
		 struct pen_slice authenticate, uint8_t *mic);

/* What AV_CHANNEL_BINDINGS is: MD5 of gss_channel_bindings_struct [RFC 2744, MS-NLMP 3.1.5.1.2]. */
int pen_ntlm_bindings(const struct pen_crypto *crypto, struct pen_slice application_data,
		      uint8_t *md5);

#endif
