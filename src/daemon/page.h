/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PAGE_H
#define PEN_DAEMON_PAGE_H
/*
 * The status page: penstockd listens for it and accepts, and hands each connection to
 * penstock-status, a process of no rights that speaks HTTP and asks penstockd how it is. What
 * browsers say is read there, and nowhere else.
 */
#include "daemon/log.h"
#include "io/socket.h"
#include <uv.h>

struct control;
struct page;

struct page_config {
	uv_loop_t *loop;
	struct control *control; /* outlives it */
	const struct log *log;
	const char *program; /* its path */
	const char *listen;  /* "127.0.0.1:9164", "[::1]:9164", or the path of a local socket */
	const char *user;    /* NULL: as this process */
	bool is_confined;
	/* The one that listens there already, which is taken, and where that really is; NULL or
	 * without fd: there is none. */
	struct pen_unix_socket *socket;
	const char *place;
};

/* Listens, and starts the process. PEN_E_SYNTAX: that is no place to listen; a negative errno. */
int page_new(struct page **pagep, const struct page_config *config);

/* To be called while the loop lives, which frees it when it runs again. NULL is none. */
struct page *page_free(struct page *page);

/* Where it listens: with the real port. */
const char *page_place(const struct page *page);
const struct pen_unix_socket *page_socket(const struct page *page);

#endif
