/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_AUTHORITY_LETTER_H
#define PEN_RUNTIME_AUTHORITY_LETTER_H
/*
 * What workers and penstock-authd write to each other over seqpacket sockets: the NDR of
 * <penstock/idl/authority.h>, little-endian, one message a value. There are keys among them, so
 * what was written or read is wiped here; what was read lives in an arena that its owner wipes.
 *
 * due is the time (pen_clock_ms) until which they wait, whatever the other side does, and however
 * the socket is set.
 */
#include <penstock/arena.h>
#include <penstock/idl/authority.h>

/* Of an arena that messages are read into. */
enum { PEN_AUTHORITY_ARENA_MAX = 8 * authority_LETTER_MAX };

/*
 * PEN_E_TIMEOUT; PEN_E_CLOSED: the other side is gone; PEN_E_LIMIT: longer than a message may be,
 * or than the kernel takes; PEN_E_BAD_DATA: what no message can say; -ENOMEM and other negative
 * errnos.
 */
int pen_authority_send_question(int socket, const struct authority_question *question,
				uint64_t due);
int pen_authority_send_answer(int socket, const struct authority_answer *answer, uint64_t due);

/* With it goes a conversation's other end, which stays the caller's. */
int pen_authority_send_call(int socket, int fd, uint64_t due);

/*
 * PEN_E_TIMEOUT; PEN_E_CLOSED; PEN_E_BAD_DATA: it is none, or has descriptors; PEN_E_LIMIT; -ENOMEM
 * and other negative errnos.
 */
int pen_authority_receive_question(int socket, struct authority_question *question,
				   struct pen_arena *arena, uint64_t due);
int pen_authority_receive_answer(int socket, struct authority_answer *answer,
				 struct pen_arena *arena, uint64_t due);

/* Does not wait: PEN_E_AGAIN. The descriptor is a seqpacket socket, and the caller's. */
int pen_authority_receive_call(int socket, int *fdp);

#endif
