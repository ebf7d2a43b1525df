/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PORTER_PART_H
#define PEN_DAEMON_PORTER_PART_H
/*
 * What a porter is made of.
 */
#include "base/list.h"
#include "daemon/porter.h"
#include "io/loop.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/idl/worker.h>
#include <penstock/pipe.h>
#include <penstock/security.h>

enum { POST_INSTANCES = 4 };

/* An instance that listens. */
struct instance {
	struct post *post;
	struct pen_pipe *pipe; /* NULL: none, for now */
	struct pen_pipe_op listen;
	uv_poll_t poll;
	bool is_watched; /* the loop has its poll */
	bool is_closing; /* not for long */
};

/* A pipe of which there are to be some. */
struct post {
	struct pen_list link;
	struct porter *porter;
	unsigned n_watched;
	bool is_wanted; /* still */
	bool is_over;
	uint32_t failure; /* that was told of; 0: none */
	char name[worker_PIPE_NAME_MAX];
	struct instance instances[POST_INSTANCES];
};

/* Somebody who has come, until penstockd takes word of it. */
struct caller {
	struct pen_list link;
	uint32_t process;
	struct pen_token *token;
	int envelope;
	char name[worker_PIPE_NAME_MAX];
};

struct porter {
	struct porter_config config;
	struct pen_loop loop;
	uv_poll_t orders;
	uv_timer_t again;
	struct pen_list posts;
	struct pen_list callers;
	bool is_over;
	int error;
	struct pen_descriptor descriptor; /* of pipes */
	struct pen_arena forever;	  /* where that is */
	struct pen_arena arena;		  /* of the message at hand */
	struct pen_buffer scratch;	  /* the same */
	uint8_t room[worker_LETTER_MAX];
};

/* -ENOMEM. It may have no instances yet. */
int post_new(struct porter *porter, const char *name);

/* Closes its instances, those alone that nobody has opened. */
void post_free(struct post *post);

/* Makes what is missing. False: not all could be. */
bool post_fill(struct post *post);

/* NULL is nobody. */
struct caller *caller_free(struct caller *caller);

/* ---- porter.c ---- */

/* Takes the caller, of whom penstockd is told as soon as it takes word. */
void porter_announce(struct porter *porter, struct caller *caller);

/* Instances are missing: soon it is tried again. */
void porter_try_again(struct porter *porter);

#endif
