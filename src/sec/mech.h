/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_MECH_H
#define PEN_SEC_MECH_H
/*
 * A security mechanism, as one table of functions. The engine knows mechanisms
 * by their auth_type [MS-RPCE 2.2.1.1.7] and nothing else about them. One that
 * is not in a server's list is refused with authentication_type_not_recognized.
 *
 * A context is one peer's proof of who it is, and the keys that come of it. It is
 * made by new_server or new_client, then step is called with each of the peer's
 * tokens in turn until it returns 0; from then on it protects messages.
 */
#include <penstock/mechs.h>

struct pen_buffer;

struct pen_mech_context;

/* A server's side. What the pointers name must outlive the context. */
struct pen_mech_server {
	const struct pen_mech_world *world;
	const void *config;		   /* the mechanism's own, by its header; may be NULL */
	const char *peer;		   /* where the client is, for the token and for words */
	struct pen_slice channel_bindings; /* application data [RFC 5929]; empty: none */
	enum pen_auth_level level;
};

/*
 * A message to be protected. What is signed is head, data and tail one after another,
 * of which data alone is sealed. Without header signing head and tail are empty.
 * signature has as many bytes as signature_size says.
 */
struct pen_protected {
	struct pen_slice head;
	uint8_t *data;
	size_t n;
	struct pen_slice tail;
	uint8_t *signature;
	size_t n_signature;
	bool is_sealed;
};

/* What a context protects messages with. */
enum pen_session_kind {
	PEN_SESSION_NONE,
	PEN_SESSION_NTLM,     /* detail: the flags that were agreed on */
	PEN_SESSION_KRB5,     /* the key's encryption type */
	PEN_SESSION_SCHANNEL, /* netlogon's flags */
};

struct pen_session_keys {
	enum pen_session_kind kind;
	uint32_t detail;
	struct pen_slice key;
};

struct pen_mech {
	const char *name; /* "ntlm", as people write it */
	uint8_t auth_type;

	/* -ENOMEM; PEN_E_UNSUPPORTED: something that the configuration needs is not here. */
	int (*new_server)(struct pen_mech_context **contextp, const struct pen_mech_server *server);
	int (*new_client)(struct pen_mech_context **contextp, const struct pen_mech_client *client);
	struct pen_mech_context *(*free)(struct pen_mech_context *context);

	/*
	 * Takes the peer's token (a client's first step has an empty one) and appends ours,
	 * if there is one to send.
	 * 0: the peer is proved; PEN_E_AGAIN: another token is needed from the peer;
	 * PEN_PENDING: call work, from any thread, and then step with no token;
	 * PEN_E_BAD_DATA: the token is not one; PEN_E_DENIED: it proves nothing, or less than
	 * it must. After the last two the context is of no use but for reason; a token that
	 * was appended all the same tells the peer, where the protocol has room for it.
	 */
	int (*step)(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out);

	/* What may wait: for a KDC, or for a domain controller. NULL: step never pends. */
	void (*work)(struct pen_mech_context *context);

	/* Why the last step, protect or unprotect failed, as a sentence for a log. Never NULL. */
	const char *(*reason)(const struct pen_mech_context *context);

	/* Whether head and tail can be signed too, where both sides have said so. */
	bool (*has_header_signing)(const struct pen_mech_context *context);

	/* Whether they are signed whatever was said, as by NTLM. NULL: they are not. */
	bool (*always_signs_headers)(const struct pen_mech_context *context);

	/*
	 * Bytes of the signature over a message of n bytes of data. 0: the context cannot
	 * sign, because no keys or no integrity came of the negotiation.
	 */
	size_t (*signature_size)(const struct pen_mech_context *context, size_t n, bool is_sealed);

	/*
	 * Signs, and seals if it is to be, in place. Messages are numbered: those of one
	 * direction must be protected in the order in which they are sent.
	 */
	int (*protect)(struct pen_mech_context *context, struct pen_protected *message);

	/* The inverse. PEN_E_DENIED: it is not what the peer protected; data is then worthless. */
	int (*unprotect)(struct pen_mech_context *context, struct pen_protected *message);

	/*
	 * Called when a message of a negotiation above was protected or unprotected, before
	 * any other: the next is ciphered as if that one had not been, in both directions;
	 * the numbers go on [MS-SPNG 3.3.5.1]. NULL: there is nothing to take back.
	 */
	int (*rewind)(struct pen_mech_context *context);

	/* Server: who the client is, once step has returned 0. A new reference. */
	int (*token)(struct pen_mech_context *context, struct pen_token **tokenp);

	/* The key that both sides share; borrowed. Empty: there is none. */
	struct pen_slice (*session_key)(const struct pen_mech_context *context);

	/*
	 * What whoever looks on needs to read the messages (sec/observer.h); the key is
	 * borrowed. NULL: there is no such way.
	 */
	struct pen_session_keys (*session_keys)(const struct pen_mech_context *context);
};

/* A mechanism that a server takes or a client may use, and its config. */
struct pen_mech_row {
	const struct pen_mech *mech;
	const void *config;
};

#endif
