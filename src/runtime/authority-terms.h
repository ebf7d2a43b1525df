/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_AUTHORITY_TERMS_H
#define PEN_RUNTIME_AUTHORITY_TERMS_H
/*
 * How clients may prove themselves, as penstock-authd says it: what they are offered by its terms,
 * and a thread that asks for them again.
 */
#include <penstock/arena.h>
#include <penstock/idl/authority.h>
#include <penstock/mechs.h>

/* ---- what is offered ---- */

struct pen_authority_offer {
	struct pen_authority_offer *before; /* which connections may have begun with */
	struct pen_arena arena;
	struct pen_ntlm_server ntlm;
	struct pen_krb5_server krb5;
	bool has_krb5;
	struct pen_mechs *mechs;
};

/*
 * By the terms, with the functions of ntlm and krb5, and with what was added to the mechs of the
 * one before (NULL: none), which is taken if it goes well. -EINVAL, -ENOMEM.
 */
int pen_authority_offer_new(struct pen_authority_offer **offerp,
			    const struct authority_terms *terms, const struct pen_ntlm_server *ntlm,
			    const struct pen_krb5_server *krb5, struct pen_authority_offer *before);

/* And those before it. */
struct pen_authority_offer *pen_authority_offer_free(struct pen_authority_offer *offer);

/* Whether it is what the terms say. */
bool pen_authority_offer_is(const struct pen_authority_offer *offer,
			    const struct authority_terms *terms);

/* ---- asking ---- */

struct pen_authority_inquiry;

/* Takes the socket, in any case, and asks in a thread. -ENOMEM, a negative errno. */
int pen_authority_inquiry_new(struct pen_authority_inquiry **inquiryp, int socket,
			      uint32_t timeout_ms);

/* Also before it is done. */
struct pen_authority_inquiry *pen_authority_inquiry_free(struct pen_authority_inquiry *inquiry);

/* Readable when it is done. */
int pen_authority_inquiry_fd(const struct pen_authority_inquiry *inquiry);

/* The terms, which are the inquiry's. -EAGAIN: it is not done; or as authority-letter.h fails. */
int pen_authority_inquiry_terms(const struct pen_authority_inquiry *inquiry,
				const struct authority_terms **termsp);

#endif
