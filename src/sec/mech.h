/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_MECH_H
#define PEN_SEC_MECH_H
/*
 * A security mechanism, as one table of functions. The engine knows mechanisms
 * by their auth_type [MS-RPCE 2.2.1.1.7] and nothing else about them. One that
 * is not in a server's list is refused with authentication_type_not_recognized.
 */
#include <penstock/base.h>

struct pen_buffer;
struct pen_token;

struct pen_mech_context;

enum pen_auth_level {
	PEN_AUTH_LEVEL_NONE = 1,
	PEN_AUTH_LEVEL_CONNECT,
	PEN_AUTH_LEVEL_CALL,
	PEN_AUTH_LEVEL_PACKET,
	PEN_AUTH_LEVEL_INTEGRITY,
	PEN_AUTH_LEVEL_PRIVACY,
};

struct pen_mech {
	const char *name;
	uint8_t auth_type;
	bool has_header_signing;

	int (*new_server)(struct pen_mech_context **contextp, void *config,
			  enum pen_auth_level level);
	struct pen_mech_context *(*free)(struct pen_mech_context *context);

	/* Takes the peer's token, appends ours. PEN_E_AGAIN: another leg is needed. */
	int (*step)(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out);

	size_t (*signature_size)(const struct pen_mech_context *context, size_t n_sealed);

	/* Protects in place: data sealed at PRIVACY, the whole of pdu signed. */
	int (*wrap)(struct pen_mech_context *context, uint8_t *data, size_t n, struct pen_slice pdu,
		    uint8_t *signature, size_t n_signature);
	int (*unwrap)(struct pen_mech_context *context, uint8_t *data, size_t n,
		      struct pen_slice pdu, const uint8_t *signature, size_t n_signature);

	/* Who the peer is, once step has returned 0. A new reference. */
	int (*token)(struct pen_mech_context *context, struct pen_token **tokenp);
	int (*session_key)(struct pen_mech_context *context, struct pen_slice *key);
};

#endif
