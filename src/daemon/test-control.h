/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TEST_CONTROL_H
#define PEN_DAEMON_TEST_CONTROL_H
/*
 * Control, what it controls, and clients beside it in one thread.
 */
#include "daemon/control.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct log quiet = { .level = PEN_LOG_ERROR };
static const struct log silent = { .level = (enum pen_log_level) - 1 };

struct fixture {
	unsigned n_fds;
	char directory[40];
	uv_loop_t loop;
	struct control *control;
	/* what was done */
	unsigned n_stops, n_restarts, n_traces;
	bool is_now;
	char program[32];
};

/* ---- what it controls ---- */

static inline int describe(void *data, struct pen_arena *arena, struct control_status *status)
{
	const struct fixture *f = data;

	*status = (struct control_status){
		.version = "1.2.3",
		.pid = 42,
		.accepted = f->n_stops,
		.endpoints = pen_arena_array(arena, 1, sizeof(*status->endpoints)),
		.programs = pen_arena_array(arena, 1, sizeof(*status->programs)),
	};
	return status->endpoints && status->programs ? 0 : -ENOMEM;
}

static inline uint32_t stop(void *data, enum control_manner manner)
{
	struct fixture *f = data;

	f->n_stops++;
	f->is_now = manner == control_NOW;
	return 0;
}

static inline uint32_t restart(void *data, const char *program, bool is_now)
{
	struct fixture *f = data;

	f->n_restarts++;
	f->is_now = is_now;
	snprintf(f->program, sizeof(f->program), "%s", program);
	return strcmp(program, "one") ? PEN_WERR_NOT_FOUND : 0;
}

static inline uint32_t reload(void *data, struct pen_buffer *diagnosis)
{
	return pen_buffer_printf(diagnosis, "line 1: no") ? PEN_WERR_NOT_ENOUGH_MEMORY
							  : PEN_WERR_INVALID_DATA;
}

static inline uint32_t trace(void *data, int socket, const struct control_trace_filter *filter)
{
	struct fixture *f = data;

	if (filter->opnum != 7 || strcmp(filter->user, "ann") != 0)
		return PEN_WERR_INVALID_PARAMETER;
	if (f->n_traces++)
		return PEN_WERR_BUSY;
	close(socket);
	return 0;
}

/* ---- the fixture ---- */

static inline int make(struct fixture *f, bool can_all, const struct log *log)
{
	const struct control_config config = {
		.loop = &f->loop,
		.ncalrpc_dir = f->directory,
		.log = log,
		.actions = { .describe = describe,
			     .stop = can_all ? stop : NULL,
			     .restart = can_all ? restart : NULL,
			     .trace = can_all ? trace : NULL,
			     .reload = can_all ? reload : NULL,
			     .data = f },
	};

	return control_new(&f->control, &config);
}

static inline struct fixture *start(bool can_all)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->n_fds = pen_count_fds();
	strcpy(f->directory, "/tmp/penstock-control-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	/* As that of all local sockets: anybody gets in. */
	assert_int_equal(chmod(f->directory, 0755), 0);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(make(f, can_all, &quiet), 0);
	return f;
}

static inline void finish(struct fixture *f)
{
	control_free(f->control);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	assert_int_equal(rmdir(f->directory), 0);
	assert_int_equal(pen_count_fds(), f->n_fds);
	test_free(f);
}

/* What the first loop of a process opens stays open. */
static inline int warm_up(void **state)
{
	uv_loop_t loop;

	return uv_loop_init(&loop) || uv_loop_close(&loop);
}

#endif
