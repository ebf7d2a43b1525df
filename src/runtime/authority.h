/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_AUTHORITY_H
#define PEN_RUNTIME_AUTHORITY_H
/*
 * A worker's clients prove themselves to penstock-authd, which alone has accounts and keys: what
 * its mechanisms leave to it is asked over a socket that penstockd has made [idl/authority.idl].
 * What comes back protects the one connection.
 */
#include <penstock/arena.h>
#include <penstock/idl/authority.h>
#include <penstock/mechs.h>

struct pen_authority;

/*
 * Takes the socket, also on failure, and asks what is offered; timeout_ms is how long an answer may
 * take (0: 30000). PEN_E_TIMEOUT; PEN_E_CLOSED: nobody is there; PEN_E_BAD_DATA: what came is no
 * answer; PEN_E_UNSUPPORTED; a negative errno.
 */
int pen_authority_new(struct pen_authority **authorityp, int socket, uint32_t timeout_ms);

/* When its mechs are in no use any more. */
struct pen_authority *pen_authority_free(struct pen_authority *authority);

/* The socket of another that does the same from now on. It is taken. From any thread. */
void pen_authority_replace(struct pen_authority *authority, int socket);

/*
 * Asks anew what is offered, in a thread: *fdp is readable when renewed is to be called, and lasts
 * until then, until the next ask, or free. From one thread, as renewed. -ENOMEM, a negative errno.
 */
int pen_authority_ask_again(struct pen_authority *authority, int *fdp);

/*
 * 0: what is offered has changed: mechs gives others, and those before last as long as the
 * authority. PEN_E_EXISTS: it is what it was; PEN_E_LIMIT: it has changed too often; or as new
 * fails: it stays as it was.
 */
int pen_authority_renewed(struct pen_authority *authority);

/*
 * SPNEGO, NTLM and, where there are keys for it, Kerberos. They wait, in work alone. What is being
 * asked while penstock-authd dies is denied; what comes then waits a while for the next one.
 */
struct pen_mechs *pen_authority_mechs(const struct pen_authority *authority);

/* Whose mechanisms those are; NULL: they are others. */
struct pen_authority *pen_authority_of(const struct pen_mechs *mechs);

/*
 * A question in a conversation of its own; what its answer points to lives in the arena, which its
 * owner wipes, as he does the answer. From any thread; it waits. PEN_E_CLOSED: also, it is nobody's
 * who is not permitted to ask that; else as new.
 */
int pen_authority_ask(struct pen_authority *authority, const struct authority_question *question,
		      struct authority_answer *answer, struct pen_arena *arena);

/* What has failed then, in a sentence. */
const char *pen_authority_sentence(int r);

#endif
