/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_FIRST_H
#define PEN_RPC_FIRST_H
/*
 * The first fragment of an association, read no further than it takes to choose who serves it:
 * which interfaces the client binds, and in which association group [C706 12.6.4.3].
 */
#include <penstock/interface.h>

enum {
	PEN_FIRST_SYNTAXES_MAX = 1024,
	PEN_FIRST_MAX = 65535, /* bytes of a fragment */
};

struct pen_first {
	uint32_t assoc_group_id; /* 0: a new one */
	size_t n_syntaxes;
	struct pen_syntax_id *syntaxes; /* the abstract ones of its contexts, in order */
	size_t n_used;			/* bytes, the fragment's own */
};

/*
 * Reads it from the first n bytes of the stream; syntaxes has room for PEN_FIRST_SYNTAXES_MAX.
 * PEN_E_AGAIN: it is not whole; PEN_E_PROTOCOL: it is no bind that could be answered with anything
 * but a refusal, in whichever byte that shows first. Nothing is allocated.
 */
int pen_first_get(struct pen_first *first, struct pen_syntax_id *syntaxes, const uint8_t *data,
		  size_t n);

#endif
