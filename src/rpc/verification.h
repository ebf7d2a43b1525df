/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_VERIFICATION_H
#define PEN_RPC_VERIFICATION_H
/*
 * The verification trailer [MS-RPCE 2.2.2.13], which a client puts behind the parameters
 * of a request: what the headers around them said, where the signature covers it even when
 * it does not cover the headers. It is little-endian, whatever the request is: [MS-RPCE] does not
 * say so, Samba does it.
 */
#include "rpc/pdu.h"

/* What a trailer says, or what it must say. */
struct pen_verification {
	bool signs_headers; /* the client can, by the bit for that */
	struct pen_syntax_id abstract;
	struct pen_syntax_id transfer;
	bool is_big_endian;
	uint32_t call_id;
	uint16_t context_id;
	uint16_t opnum;
};

/* Appends one behind a stub, from w's origin on; w is little-endian. */
void pen_verification_put(struct pen_writer *w, const struct pen_verification *verification);

/*
 * Holds what stands behind the parameters against what was said. A client may pad, so a
 * trailer is searched for there; without one, 0. PEN_E_DENIED: it says otherwise, or commands what
 * is not known here and must not be passed over; PEN_E_BAD_DATA: it is cut short.
 */
int pen_verification_check(const struct pen_verification *verification, struct pen_slice rest);

#endif
