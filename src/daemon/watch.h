/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_WATCH_H
#define PEN_DAEMON_WATCH_H
/*
 * By what penstockd is watched and told, while it serves: the control interface, and the status
 * page where the configuration wants one.
 */
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/supervisor.h"
#include <limits.h>

struct page;
struct legacy;

enum { WATCH_CONTROL, WATCH_PAGE, WATCH_N };

struct watch {
	struct control *control;
	struct page *page; /* NULL: none is wanted */
	/* Sockets that were there before them; without fd: none. */
	struct pen_unix_socket left[WATCH_N];
	char place[160]; /* the page's */
	char listen[PATH_MAX];
	struct entrusted entrusted[WATCH_N];
};

struct watch_config {
	struct supervisor *supervisor;
	const char *ncalrpc_dir;
	const struct config *config;
	const struct log *log;
	/* As control_actions has them; NULL: it cannot. */
	uint32_t (*reload)(void *data, struct pen_buffer *diagnosis);
	uint32_t (*upgrade)(void *data, struct pen_buffer *diagnosis);
	void *data;
};

/*
 * What the image before has left, if there was one. First of all, and before the supervisor takes
 * the rest; then stop, whatever comes of it.
 */
void watch_init(struct watch *watch, struct legacy *legacy, const char *ncalrpc_dir,
		const struct config *config);

/* What fails is logged: a negative errno, PEN_E_SYNTAX. Then nothing is left of it. */
int watch_start(struct watch *watch, const struct watch_config *config);

/* Before the supervisor is freed, whose loop frees it. */
void watch_stop(struct watch *watch);

#endif
