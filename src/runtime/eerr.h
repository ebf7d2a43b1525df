/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_EERR_H
#define PEN_RUNTIME_EERR_H
/*
 * Extended errors of a server and of calls: who is told what.
 */
#include "runtime/call.h"
#include <penstock/eerr.h>

struct pen_server;

/*
 * Appends what a client is told of a failure, which may be nothing: a record of this server's, of
 * that status and place, and behind it the chain. sentence may be NULL. What cannot be said is left
 * out without a word, as a fault is due.
 */
struct pen_server_failure {
	enum pen_eerr_location location;
	uint32_t status; /* the fault's */
	const char *sentence;
	const struct pen_eerr *chain;
};

void pen_server_tell(const struct pen_server *server, enum pen_protseq protseq,
		     const struct pen_server_failure *failure, size_t max, struct pen_buffer *eerr);

/* This machine's own name, without its domain, into text of n bytes; "" where it has none. */
void pen_computer_name(char *text, size_t n);

/* Takes what came with a fault. What does not read is told of in the call's sentence. */
void pen_call_take_eerr(struct pen_call *call, struct pen_slice eerr);

#endif
