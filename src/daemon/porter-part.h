/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PORTER_PART_H
#define PEN_DAEMON_PORTER_PART_H
/*
 * What a porter is made of.
 */
#include "base/list.h"
#include "daemon/porter.h"
#include "io/loop.h"
#include "runtime/pipe-instances.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/idl/worker.h>
#include <penstock/security.h>

/* A pipe of which there are to be some. */
struct post {
	struct pen_list link;
	struct porter *porter;
	struct pen_pipe_instances *instances;
	bool is_wanted;		   /* still */
	uint32_t failure;	   /* that was told of; 0: none */
	struct worker_post letter; /* as it was ordered */
	struct pen_arena arena;	   /* where the rest is */
	struct pen_descriptor descriptor;
	uint32_t quotas[2];
	char path[worker_PIPE_NAME_MAX + 16];
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
	struct pen_arena heard;	   /* the order at hand */
	struct pen_arena told;	   /* the report at hand */
	struct pen_buffer scratch; /* the same */
	uint8_t room[worker_LETTER_MAX];
};

/* It may have no instances yet. -ENOMEM; PEN_E_SYNTAX: its security is none, which is said. */
int post_new(struct porter *porter, const struct worker_post *letter);

/* Closes its instances, those alone that nobody has opened. */
void post_free(struct post *post);

/* Makes what is missing. False: not all could be. */
bool post_fill(struct post *post);

/* Whether it is that pipe, and as it is ordered. */
bool post_is(const struct post *post, const struct worker_post *letter);

/* NULL is nobody. */
struct caller *caller_free(struct caller *caller);

/* ---- porter.c ---- */

/* Takes the caller, of whom penstockd is told as soon as it takes word. */
void porter_announce(struct porter *porter, struct caller *caller);

/* Instances are missing: soon it is tried again. */
void porter_try_again(struct porter *porter);

#endif
