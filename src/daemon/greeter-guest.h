/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_GREETER_GUEST_H
#define PEN_DAEMON_GREETER_GUEST_H
/*
 * A connection from when it is handed to the greeter until penstockd has heard what became of it;
 * and what guests share.
 */
#include "base/list.h"
#include "daemon/greeter.h"
#include "io/loop.h"
#include "rpc/first.h"
#include "runtime/pipe-carrier.h"
#include <penstock/arena.h>
#include <penstock/idl/worker.h>

/* Named for what they await. */
enum guest_state {
	GUEST_AWAIT_NPA,  /* smbd's words first */
	GUEST_AWAIT_BIND, /* the rest of the first fragment */
	GUEST_AWAIT_END,  /* answered; lets the peer read before it closes */
	GUEST_AWAIT_WORD, /* that penstockd takes word of it; there is no time limit to that */
	GUEST_N_STATES,
};

/* What one has whom smbd carries. */
struct guest_pipe {
	struct pen_pipe_carrier *carrier;
	struct pen_token *token;
	char client[46];
	size_t at;	 /* in its bytes: where the last message begins that is not all there */
	size_t n_before; /* of the fragment, in the messages before that */
};

/* There may be thousands of them: it is small. */
struct guest {
	uv_poll_t poll;
	struct pen_list link; /* among those in its state, the first due first */
	struct greeter *greeter;
	struct guest_pipe *pipe; /* NULL: it is not carried */
	struct pen_buffer bytes; /* as they came, after the NPA request */
	uint64_t due;
	size_t held; /* as last counted in the greeter's */
	uint32_t number;
	int fd;
	uint32_t wanted; /* bytes of the fragment, before there is more to say of it */
	uint8_t state;
	uint8_t why; /* farewell, if has_gone */
	bool has_gone;
	bool is_unwatched; /* the loop has let go of it */
	bool is_told;	   /* and penstockd knows */
};

struct greeter {
	struct greeter_config config;
	struct pen_loop loop;
	uv_poll_t orders;
	int polled; /* that, for which events */
	uv_timer_t sweep;
	struct pen_list guests[GUEST_N_STATES];
	uint32_t n_guests;
	size_t held;	  /* bytes, of all guests */
	bool is_blocked;  /* penstockd takes no word for now, and is not heard either */
	bool is_over;	  /* penstockd is gone */
	bool has_refused; /* one that has no guest, of which word is to be sent */
	struct worker_gone refused;
	int error;

	struct pen_arena arena;	   /* of the message at hand */
	struct pen_buffer scratch; /* the same */
	struct pen_syntax_id syntaxes[PEN_FIRST_SYNTAXES_MAX];
	struct worker_syntax letter_syntaxes[PEN_FIRST_SYNTAXES_MAX];
	uint8_t in[worker_BYTES_MAX];
	uint8_t fragment[worker_BYTES_MAX]; /* taken out of its messages */
	uint8_t room[worker_LETTER_MAX];
};

/* Takes the descriptor, also on failure: -ENOMEM, or what cannot be waited for. */
int guest_new(struct greeter *greeter, uint32_t number, int fd, bool is_carried);

/* Closes what is left of it. */
void guest_free(struct guest *guest);

/* Closes it now; penstockd is to be told why. Leave tells it too. */
void guest_close(struct guest *guest, enum worker_farewell why);
void guest_leave(struct guest *guest, enum worker_farewell why);

/* Its time is over. */
void guest_late(struct guest *guest);

/* The bytes of its first fragment, and of what follows, without messages around them. */
struct pen_slice guest_fragment(const struct guest *guest);

/* ---- greeter.c ---- */

/* One more waits for penstockd to take word of it. */
void greeter_tell(struct greeter *greeter);

#endif
