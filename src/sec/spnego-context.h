/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SPNEGO_CONTEXT_H
#define PEN_SEC_SPNEGO_CONTEXT_H
/*
 * What the client's and the server's side of SPNEGO share.
 */
#include "sec/spnego.h"

/* Named for what is awaited. */
enum spnego_phase {
	SPNEGO_AWAIT_FIRST, /* server: the client's list; client: to begin */
	SPNEGO_AWAIT_INIT,  /* server: the list, after hints */
	SPNEGO_AWAIT_TOKEN, /* of the mechanism */
	SPNEGO_AWAIT_LAST,  /* the mechanism is done: a MIC, or the word that all is well */
	SPNEGO_DONE,
	SPNEGO_FAILED,
};

struct spnego {
	bool is_server;
	struct pen_mech_server server; /* the one that is_server says */
	struct pen_mech_client client;
	const struct pen_spnego_config *config;
	enum spnego_phase phase;

	const struct pen_spnego_mech *chosen; /* of config */
	struct pen_slice oid;		      /* the name it was chosen by, of config */
	struct pen_mech_context *inner;	      /* of chosen; another's, never looked into */
	bool is_raw;			      /* without SPNEGO around it */
	bool is_pending;		      /* inner said so */
	bool is_inner_done;
	struct pen_buffer token; /* of inner, to be sent */

	struct pen_buffer mech_types; /* the client's list, which the MIC is over */
	bool needs_mic;		      /* the choice is not the client's first, or was asked for */
	bool has_sent_mic;
	bool has_answered; /* server: sent its first answer; client: has had it */

	/* Of the peer's token at hand, which is gone when a mechanism that pended goes on. */
	enum pen_spnego_state state;
	bool has_mic;
	struct pen_buffer mic;

	size_t n_left_out; /* client: mechanisms before this one are not offered */
	char left_out[256];
	char reason[512];
};

int spnego_server_step(struct spnego *s, struct pen_slice in, struct pen_buffer *out);
int spnego_client_step(struct spnego *s, struct pen_slice in, struct pen_buffer *out);

/* Ends the negotiation: says why, and returns the error. */
PEN_PRINTF(3, 4) int spnego_fail(struct spnego *s, int error, const char *format, ...);

/* The same, for what the mechanism said. */
int spnego_fail_inner(struct spnego *s, int error);

/* The mechanism of a name, from the first-th of the config on. NULL: there is none. */
const struct pen_spnego_mech *spnego_find(const struct spnego *s, struct pen_slice oid,
					  size_t first);

/* Begins with a mechanism, in place of any before. As new_server and new_client. */
int spnego_choose(struct spnego *s, const struct pen_spnego_mech *chosen);

/* Gives the mechanism a token, and keeps its answer in token. As step. */
int spnego_step_inner(struct spnego *s, struct pen_slice in);

/* Reads a NegTokenResp, and keeps its state and its MIC; otherwise ends the negotiation. */
int spnego_get_resp(struct spnego *s, struct pen_spnego_token *token, struct pen_slice in);
int spnego_keep_mic(struct spnego *s, struct pen_slice mic);

/*
 * Sends a NegTokenResp, with the mechanism's token if there is one and a MIC if wanted.
 * 0, or PEN_E_AGAIN if what is awaited next is anything.
 */
int spnego_put_resp(struct spnego *s, enum pen_spnego_state state, bool wants_mic,
		    enum spnego_phase next, struct pen_buffer *out);

bool spnego_can_sign(const struct spnego *s);

/* Holds the peer's MIC against the list. Otherwise ends the negotiation. */
int spnego_check_mic(struct spnego *s);

#endif
