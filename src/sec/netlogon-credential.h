/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NETLOGON_CREDENTIAL_H
#define PEN_SEC_NETLOGON_CREDENTIAL_H
/*
 * What a machine and its domain controller prove to each other with, and the session
 * key that comes of it [MS-NRPC 3.1.4]. Both sides have the NT hash of the machine's
 * password, and a challenge from each:
 *
 *	client					server
 *	init					init
 *	sends its credential.client	->	compares it with its own
 *	compares credential.server	<-	sends it
 *	step, for each call		->	verify, and with the answer
 *	check				<-	the authenticator that it made
 *
 * AES is what everybody speaks. Without PEN_NETLOGON_AES in flags the keys are made with
 * MD5 and used with DES and RC4: whoever passes such flags here has been told to allow
 * them. Keys of DES alone, without PEN_NETLOGON_STRONG_KEYS, are not made at all.
 *
 * All functions that return int: 0, -ENOMEM, PEN_E_UNSUPPORTED (the flags ask for what
 * is not made here, or the system lacks an old cipher), or what they say.
 */
#include "crypto/crypto.h"

enum {
	PEN_NETLOGON_CHALLENGE_SIZE = 8,
	PEN_NETLOGON_KEY_SIZE = 16,
	PEN_NETLOGON_PASSWORD_MAX = 512,
	PEN_NETLOGON_TRUST_PASSWORD_SIZE = 516,
};

/* NegotiateFlags [MS-NRPC 3.1.4.2], those that mean something to us. */
#define PEN_NETLOGON_RC4	       UINT32_C(0x00000004)
#define PEN_NETLOGON_STRONG_KEYS       UINT32_C(0x00004000)
#define PEN_NETLOGON_PASSWORD_SET2     UINT32_C(0x00020000)
#define PEN_NETLOGON_GET_DOMAIN_INFO   UINT32_C(0x00040000)
#define PEN_NETLOGON_AES	       UINT32_C(0x01000000)
#define PEN_NETLOGON_AUTHENTICATED_RPC UINT32_C(0x40000000)

/* One side's state. It is a value: copy it to try, and wipe what is not kept. */
struct pen_netlogon_credential {
	uint32_t flags;
	uint8_t session_key[PEN_NETLOGON_KEY_SIZE];
	uint8_t client[PEN_NETLOGON_CHALLENGE_SIZE]; /* the client's proof */
	uint8_t server[PEN_NETLOGON_CHALLENGE_SIZE]; /* the server's */
	uint8_t stored[PEN_NETLOGON_CHALLENGE_SIZE]; /* ClientStoredCredential */
};

/* NETLOGON_AUTHENTICATOR [MS-NRPC 2.2.1.1.5] */
struct pen_netlogon_authenticator {
	uint8_t credential[PEN_NETLOGON_CHALLENGE_SIZE];
	uint32_t timestamp; /* seconds since 1970; a server's is 0 */
};

/* Whether a challenge may be one: five equal bytes at its begin are an attack (CVE-2020-1472). */
bool pen_netlogon_challenge_is_random(const uint8_t challenge[PEN_NETLOGON_CHALLENGE_SIZE]);

/* The session key and both proofs. PEN_E_DENIED: a challenge is not random. */
int pen_netlogon_credential_init(struct pen_netlogon_credential *credential,
				 const struct pen_crypto *crypto, uint32_t flags,
				 const uint8_t nt_hash[PEN_NETLOGON_KEY_SIZE],
				 const uint8_t client_challenge[PEN_NETLOGON_CHALLENGE_SIZE],
				 const uint8_t server_challenge[PEN_NETLOGON_CHALLENGE_SIZE]);

/* Server: the same, where somebody else has made the key and compared the client's proof. */
void pen_netlogon_credential_adopt(struct pen_netlogon_credential *credential, uint32_t flags,
				   const uint8_t session_key[PEN_NETLOGON_KEY_SIZE],
				   const uint8_t client[PEN_NETLOGON_CHALLENGE_SIZE],
				   const uint8_t server[PEN_NETLOGON_CHALLENGE_SIZE]);

/* Client: what goes with the next call [MS-NRPC 3.1.4.5]. */
int pen_netlogon_credential_step(struct pen_netlogon_credential *credential,
				 const struct pen_crypto *crypto, uint32_t timestamp,
				 struct pen_netlogon_authenticator *authenticator);

/*
 * Client: whether the answer is the server's. PEN_E_DENIED: it is not, and the two sides
 * must begin again.
 */
int pen_netlogon_credential_check(struct pen_netlogon_credential *credential,
				  const struct pen_crypto *crypto,
				  const struct pen_netlogon_authenticator *answer);

/*
 * Server: whether the call is the client's, and what goes with the answer. PEN_E_DENIED:
 * it is not, and nothing has changed.
 */
int pen_netlogon_credential_verify(struct pen_netlogon_credential *credential,
				   const struct pen_crypto *crypto,
				   const struct pen_netlogon_authenticator *authenticator,
				   struct pen_netlogon_authenticator *answer);

/* ---- secrets within calls, under the session key; in place ---- */

int pen_netlogon_encrypt(const struct pen_netlogon_credential *credential,
			 const struct pen_crypto *crypto, uint8_t *data, size_t n);
int pen_netlogon_decrypt(const struct pen_netlogon_credential *credential,
			 const struct pen_crypto *crypto, uint8_t *data, size_t n);

/* As those two, for a key within a validation: one that is all zero is none, and stays so. */
int pen_netlogon_encrypt_key(const struct pen_netlogon_credential *credential,
			     const struct pen_crypto *crypto, uint8_t *key, size_t n);
int pen_netlogon_decrypt_key(const struct pen_netlogon_credential *credential,
			     const struct pen_crypto *crypto, uint8_t *key, size_t n);

/*
 * An NT hash under the session key as two blocks of DES [MS-SAMR 2.2.11.1.1], as
 * NetrServerPasswordSet carries it.
 */
int pen_netlogon_encrypt_hash(const struct pen_netlogon_credential *credential,
			      const struct pen_crypto *crypto,
			      const uint8_t hash[PEN_NETLOGON_KEY_SIZE],
			      uint8_t out[PEN_NETLOGON_KEY_SIZE]);
int pen_netlogon_decrypt_hash(const struct pen_netlogon_credential *credential,
			      const struct pen_crypto *crypto,
			      const uint8_t encrypted[PEN_NETLOGON_KEY_SIZE],
			      uint8_t out[PEN_NETLOGON_KEY_SIZE]);

/*
 * NL_TRUST_PASSWORD [MS-NRPC 2.2.1.3.7] from a password in UTF-16LE. trust comes full of
 * random bytes, and leaves encrypted. PEN_E_LIMIT: the password is empty, too long, or
 * has half a code unit.
 */
int pen_netlogon_trust_password_put(const struct pen_netlogon_credential *credential,
				    const struct pen_crypto *crypto, struct pen_slice password,
				    uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE]);

/*
 * And back: decrypts trust in place; the password is borrowed from it. PEN_E_BAD_DATA:
 * its length is not one; PEN_E_DENIED: it is empty, all zeros, or was never encrypted.
 */
int pen_netlogon_trust_password_get(const struct pen_netlogon_credential *credential,
				    const struct pen_crypto *crypto,
				    uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE],
				    struct pen_slice *passwordp);

#endif
