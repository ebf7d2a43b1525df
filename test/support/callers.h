/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_CALLERS_H
#define PEN_TEST_CALLERS_H
/*
 * Three who call a service directly, without a wire: an administrator, a user, nobody.
 */
#include <penstock/call.h>
#include <penstock/token.h>

enum { CALLER_ADMIN, CALLER_USER, CALLER_NOBODY, N_CALLERS };

/*
 * Their calls. A token that is NULL is made: root's, that of uid 1000, and the anonymous
 * one of the network.
 */
void callers_new(struct pen_call *calls[N_CALLERS], struct pen_token *tokens[N_CALLERS],
		 struct pen_server *server, void *service);

/* Frees calls and tokens. */
void callers_free(struct pen_call *calls[N_CALLERS], struct pen_token *tokens[N_CALLERS]);

#endif
