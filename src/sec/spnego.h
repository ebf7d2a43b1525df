/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SPNEGO_H
#define PEN_SEC_SPNEGO_H
/*
 * SPNEGO [RFC 4178, MS-SPNG]: client and server agree on one of several mechanisms, which
 * then proves the peer and protects messages. All that the chosen mechanism does passes
 * through: what it pends, what it can, its signatures, keys and token.
 *
 * The client offers all that it has, with the first token of its first mechanism. The
 * server takes the first on the client's list that it serves. So that nobody on the way
 * can take a better mechanism off the list, both sides sign it (the mechListMIC): our
 * client whenever the last token of the mechanism is its own, and our server whenever
 * the client did; it is due from both whenever the choice is not the client's first. What
 * is due and does not come, and what comes and is wrong, ends the negotiation. A mechanism
 * that cannot sign, because the level is connect, has no MIC [RFC 4178 5].
 *
 * A server also takes the tokens of its mechanisms as they are, without SPNEGO around
 * them, and then answers alike. It answers an empty token with its hints (NegTokenInit2);
 * a client may be given such hints as its first token, which change nothing in what it
 * offers: nobody has signed them.
 */
#include "sec/mech.h"
#include "sec/spnego-token.h"

/* A mechanism that is negotiated, and the names it goes by. */
struct pen_spnego_mech {
	const struct pen_mech *mech;
	const void *config;	      /* the mechanism's own, of its server or its client */
	const struct pen_slice *oids; /* pen_oids_ntlm, pen_oids_krb5 */
	size_t n_oids;
};

/*
 * The config of pen_mech_spnego, in order of preference; with PEN_SPNEGO_MECHS_MAX names
 * in all at most, else new_server and new_client return -EINVAL.
 */
struct pen_spnego_config {
	const struct pen_spnego_mech *mechs;
	size_t n_mechs;
};

extern const struct pen_mech pen_mech_spnego;

/* The mechanism that is spoken at present. NULL: none yet. */
const struct pen_mech *pen_spnego_chosen(const struct pen_mech_context *context);

/*
 * Client: the mechanisms that could not begin, for want of a ticket perhaps, and so were
 * not offered, as a sentence that says why. "": there are none.
 */
const char *pen_spnego_left_out(const struct pen_mech_context *context);

#endif
