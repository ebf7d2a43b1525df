/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_CONTEXT_H
#define PEN_SEC_NTLM_CONTEXT_H
/*
 * An NTLM context from inside, for the files that it is made of.
 */
#include "sec/ntlm-session.h"
#include "sec/ntlm.h"

/* What a context awaits. */
enum pen_ntlm_state {
	PEN_NTLM_AWAIT_START, /* client */
	PEN_NTLM_AWAIT_NEGOTIATE,
	PEN_NTLM_AWAIT_DRAW,  /* server: work is to draw the challenge */
	PEN_NTLM_AWAIT_DRAWN, /* it has; step is to tell */
	PEN_NTLM_AWAIT_CHALLENGE,
	PEN_NTLM_AWAIT_AUTHENTICATE,
	PEN_NTLM_AWAIT_WORK,
	PEN_NTLM_AWAIT_RESULT, /* work is done; step is to tell */
	PEN_NTLM_OPEN,
	PEN_NTLM_FAILED,
};

struct pen_mech_context {
	enum pen_ntlm_state state;
	bool is_server;
	const struct pen_mech_world *world;
	struct pen_mech_server server;
	struct pen_mech_client client;
	const struct pen_ntlm_server *config;

	/* The messages as they were on the wire, for the MIC. */
	struct pen_buffer negotiate;
	struct pen_buffer challenge;
	struct pen_buffer authenticate;
	uint8_t server_challenge[PEN_NTLM_CHALLENGE_SIZE];
	uint32_t flags;

	/* Server: what is judged. */
	struct pen_ntlm_authenticate message; /* borrows from authenticate */
	struct pen_ntlm_attempt attempt;
	struct pen_ntlm_verdict verdict;
	char *domain;
	char *user;
	char *workstation;
	int judged; /* what the judge said, or before that who drew the challenge */
	bool needs_mic;

	uint8_t session_key[PEN_NTLM_KEY_SIZE];
	struct pen_ntlm_session *session;
	char reason[256];
};

/* Ends a context's life with a sentence; returns error. */
int pen_ntlm_fail(struct pen_mech_context *context, int error, const char *format, ...)
	PEN_PRINTF(3, 4);

/* One step of either side. */
int pen_ntlm_client_step(struct pen_mech_context *context, struct pen_slice in,
			 struct pen_buffer *out);
int pen_ntlm_server_step(struct pen_mech_context *context, struct pen_slice in,
			 struct pen_buffer *out);
void pen_ntlm_server_work(struct pen_mech_context *context);

/* What a context must be able to do at its level: flags of SIGN and SEAL. */
uint32_t pen_ntlm_level_flags(enum pen_auth_level level);

static inline struct pen_slice pen_ntlm_slice(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ .data = buffer->data, .size = buffer->size };
}

#endif
