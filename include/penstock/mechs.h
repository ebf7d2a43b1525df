/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_MECHS_H
#define PENSTOCK_MECHS_H
/*
 * The security mechanisms of a server, or of a client that drives the engine itself: NTLM,
 * Kerberos, and SPNEGO, which chooses between them.
 *
 *	pen_mechs_new(&mechs, &(struct pen_mechs_config){ .ntlm = &ntlm, .krb5 = &krb5 });
 *	pen_server_new(&server, &(struct pen_server_config){ .mechs = mechs });
 *
 * Which users there are is the program's affair: it is asked by the functions judge, map and
 * admit.
 */
#include <penstock/auth.h>
#include <penstock/token.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_credentials;
struct pen_crypto;
struct pen_krb5_acceptor;
struct pen_mech_row;
struct pen_mechs;

/* ---- NTLM [MS-NLMP] ---- */

enum { PEN_NTLM_CHALLENGE_SIZE = 8, PEN_NTLM_KEY_SIZE = 16 };

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

/* How a server takes NTLM. Texts may be NULL: there is no such name. */
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
	 * With may_block it is called from any thread, and the loop goes on meanwhile.
	 */
	int (*judge)(void *data, const struct pen_ntlm_attempt *attempt,
		     struct pen_ntlm_verdict *verdict);
	void *data;
	bool may_block;

	/*
	 * Draws a challenge, where the judge takes answers to his own alone. It may wait, and is
	 * called from any thread; a failure denies the client. NULL: the challenge is random.
	 */
	int (*draw)(void *data, uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE]);
};

/*
 * Whether a response was made with the password of that hash; what a judge asks who has
 * the hash. PEN_E_DENIED: it was not, or it is of version 1, which is not allowed.
 */
int pen_ntlm_check(const uint8_t nt_hash[PEN_NTLM_KEY_SIZE], const struct pen_ntlm_attempt *attempt,
		   uint8_t session_base_key[PEN_NTLM_KEY_SIZE]);

/* That hash, of a password in UTF-8. PEN_E_UNSUPPORTED: libcrypto has no MD4; PEN_E_BAD_DATA: it is
 * not one, or too long. */
int pen_ntlm_nt_hash(const struct pen_crypto *crypto, const char *password,
		     uint8_t nt_hash[PEN_NTLM_KEY_SIZE]);

/* ---- Kerberos [MS-KILE] ---- */

/*
 * How a server takes Kerberos. All zero: every ticket for the keytab's keys, of users whom
 * a domain's controller describes in a PAC.
 *
 * A ticket that has no PAC with logon information, as those of an MIT KDC, proves a
 * principal ("alice@EXAMPLE.ORG") and nothing else. map says who that is: it gets all
 * that is known in known, adds SIDs at least, and makes a token. PEN_E_NOT_FOUND: it is
 * nobody here. It may wait, and is called from any thread. Without map such a client is
 * denied.
 *
 * Of a ticket that has one, admit makes the domain's user one of this machine: with its
 * groups and rights here. PEN_E_DENIED: the user may not come in, or is none of a domain.
 * It too may wait, and is called from any thread. Without admit the token has what the
 * PAC says.
 */
struct pen_krb5_server {
	const char *keytab;    /* "FILE:/etc/krb5.keytab"; NULL: the library's default */
	const char *principal; /* take tickets for this one; NULL: for any in the keytab */
	const char *rcache;    /* replay cache, "dfl:" or "file2:/path"; NULL: the default */
	bool allow_weak;       /* RC4 */
	bool require_bindings; /* where the server has channel bindings, the client must too */
	int (*map)(void *data, const char *principal, const struct pen_token_info *known,
		   struct pen_token **tokenp);
	int (*admit)(void *data, const struct pen_token *token, struct pen_token **admittedp);
	void *data;
	/*
	 * For a server in two processes, ours alone (sec/krb5-outcome.h): who takes the tickets
	 * where this process has no keytab; and in the one that has it, to keep what came of them.
	 */
	const struct pen_krb5_acceptor *acceptor;
	bool keeps_outcome;
};

/* ---- together ---- */

/* What a server takes. Both are copied, but not what they point to, which must live on. */
struct pen_mechs_config {
	const struct pen_ntlm_server *ntlm; /* NULL: no NTLM */
	const struct pen_krb5_server *krb5; /* NULL: no Kerberos */
};

/* A server's: these, each by itself and under SPNEGO. -EINVAL: there are none, or NTLM
 * lacks its computer or its judge; -ENOMEM. */
int pen_mechs_new(struct pen_mechs **mechsp, const struct pen_mechs_config *config);

/* A client's: Kerberos, NTLM, and SPNEGO, which prefers Kerberos. -ENOMEM. */
int pen_mechs_new_client(struct pen_mechs **mechsp, bool allow_weak_krb5);

/* When nothing uses them any more. */
struct pen_mechs *pen_mechs_free(struct pen_mechs *mechs);

/* As the engine wants them (<penstock/conn.h>); they live as long as the mechs. */
const struct pen_mech_row *pen_mechs_rows(const struct pen_mechs *mechs, size_t *n_rowsp);

/* The one of that auth_type, for pen_conn_add_auth. NULL: there is none. */
const struct pen_mech_row *pen_mechs_find(const struct pen_mechs *mechs, uint8_t auth_type);

/* ---- for who drives the engine ---- */

/* What a mechanism cannot know by itself. Its functions may be called from any thread. */
struct pen_mech_world {
	const struct pen_crypto *crypto;
	void *data;
	int (*random)(void *data, void *bytes, size_t n); /* 0, or a negative errno */
	uint64_t (*now)(void *data);			  /* 100 ns since 1601 */
};

/* libcrypto's ciphers, found once. PEN_E_UNSUPPORTED: it offers nothing; -ENOMEM. */
int pen_crypto_new(struct pen_crypto **cryptop);
struct pen_crypto *pen_crypto_free(struct pen_crypto *crypto);

/* A client's side. What the pointers name must outlive the association. */
struct pen_mech_client {
	const struct pen_mech_world *world;
	const void *config; /* set by the engine */
	const struct pen_credentials *credentials;
	const char *target; /* the server's principal, "host/server.domain"; NULL: not known */
	struct pen_slice channel_bindings;
	enum pen_auth_level level;
	bool wants_delegation;
};

#ifdef __cplusplus
}
#endif
#endif
