/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_IDENTITY_H
#define PEN_POLICY_IDENTITY_H
/*
 * Whom a policy can name. The forms cannot be mistaken for each other, so that a slip of the
 * finger is found and not taken for somebody's name.
 *
 *	anonymous, authenticated
 *	S-1-5-32-544		a user, or a group that the user is in
 *	OFFICE\alice, *\alice	a user whose name was proved; * is any domain
 *	uid:1000		a user of this machine
 */
#include <penstock/buffer.h>
#include <penstock/token.h>

enum pen_identity_kind {
	PEN_IDENTITY_ANONYMOUS,
	PEN_IDENTITY_AUTHENTICATED,
	PEN_IDENTITY_SID,
	PEN_IDENTITY_NAME,
	PEN_IDENTITY_UID,
};

struct pen_identity {
	enum pen_identity_kind kind;
	const char *text;    /* as the policy has it */
	const char *account; /* of a name: in the text, after its backslash */
	uint32_t uid;
	uint32_t sid_index; /* among the policy's */
	struct pen_sid sid;
};

/* Borrows the text. PEN_E_SYNTAX: it is none of the forms; PEN_E_LIMIT: of a uid too large. */
int pen_identity_parse(struct pen_identity *identity, const char *text);

/* Whether the token is one of those. NULL: nobody's. */
bool pen_identity_is(const struct pen_identity *identity, const struct pen_token *token);

/*
 * Appends the form that names the token's user best: the name that was proved, or what is
 * known instead. -ENOMEM.
 */
int pen_identity_print(const struct pen_token *token, struct pen_buffer *buffer);

#endif
