/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SPNEGO_TOKEN_H
#define PEN_SEC_SPNEGO_TOKEN_H
/*
 * The tokens of a negotiation [RFC 4178 4.2, MS-SPNG 2.2.1], and the frame that tokens
 * of the GSS-API start with [RFC 2743 3.1]. OIDs are the contents of their DER, without
 * tag and length. What is read is a view of the bytes it was read from; a slice without
 * data is a field that is not there.
 */
#include <penstock/buffer.h>

enum {
	PEN_SPNEGO_TOKEN_MAX = 65536, /* bytes of a whole token */
	PEN_SPNEGO_MECHS_MAX = 32,    /* mechanisms in a list */
	PEN_SPNEGO_OID_MAX = 64,      /* bytes of an OID */
};

enum pen_spnego_kind { PEN_SPNEGO_INIT, PEN_SPNEGO_RESP };

enum pen_spnego_state {
	PEN_SPNEGO_NO_STATE = -1,
	PEN_SPNEGO_ACCEPT_COMPLETED,
	PEN_SPNEGO_ACCEPT_INCOMPLETE,
	PEN_SPNEGO_REJECT,
	PEN_SPNEGO_REQUEST_MIC,
};

struct pen_spnego_token {
	enum pen_spnego_kind kind;

	/* NegTokenInit, and NegTokenInit2. */
	struct pen_slice mech_types; /* MechTypeList as it is on the wire, which the MIC is over */
	struct pen_slice mechs[PEN_SPNEGO_MECHS_MAX]; /* the same list, as OIDs; not written */
	size_t n_mechs;
	struct pen_slice hint_name; /* only of NegTokenInit2 */

	/* NegTokenResp. */
	enum pen_spnego_state state;
	struct pen_slice supported_mech;

	/* Both. */
	struct pen_slice mech_token; /* of NegTokenResp: responseToken */
	struct pen_slice mech_list_mic;
};

/* 1.3.6.1.5.5.2, and the mechanisms that Windows and its peers know. */
extern const struct pen_slice pen_oid_spnego;
extern const struct pen_slice pen_oid_ntlm;    /* 1.3.6.1.4.1.311.2.2.10 [MS-NLMP 1.9] */
extern const struct pen_slice pen_oid_krb5;    /* 1.2.840.113554.1.2.2 [RFC 4121 6] */
extern const struct pen_slice pen_oid_ms_krb5; /* 1.2.840.48018.1.2.2 [MS-KILE 3.1.5.2] */

/* All the names of a mechanism, in the order in which Windows offers them. */
enum { PEN_N_OIDS_NTLM = 1, PEN_N_OIDS_KRB5 = 2 };

extern const struct pen_slice pen_oids_ntlm[PEN_N_OIDS_NTLM];
extern const struct pen_slice pen_oids_krb5[PEN_N_OIDS_KRB5];

bool pen_oid_equal(struct pen_slice a, struct pen_slice b);

/*
 * Reads a token, an initial one in its frame. PEN_E_BAD_DATA: it is not DER, or not such
 * a token, or crosses a limit above. Fields that later versions may append are skipped.
 */
int pen_spnego_token_get(struct pen_spnego_token *token, struct pen_slice bytes);

/* Appends the token, an initial one in its frame. -ENOMEM, PEN_E_LIMIT as the buffer. */
int pen_spnego_token_put(const struct pen_spnego_token *token, struct pen_buffer *buffer);

/* Appends a MechTypeList. */
int pen_spnego_mech_types_put(const struct pen_slice *oids, size_t n, struct pen_buffer *buffer);

/* The mechanism of a framed token; inner, if not NULL, gets what follows. PEN_E_BAD_DATA. */
int pen_gss_frame_get(struct pen_slice *mech, struct pen_slice *inner, struct pen_slice bytes);

#endif
