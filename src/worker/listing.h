/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_LISTING_H
#define PEN_WORKER_LISTING_H
/*
 * What a worker says that it serves: in the lines that Samba's RPC daemons print, or as JSON,
 * which docs/first-service.md describes. Who reads it is daemon/listing.c.
 */
#include <penstock/buffer.h>
#include <penstock/worker.h>

enum {
	PEN_WORKER_LISTING_MAX = 64 * 1024, /* bytes */
	PEN_WORKER_INTERFACES_MAX = 256,
	PEN_WORKER_ENDPOINTS_MAX = 256,	   /* of all interfaces */
	PEN_WORKER_TEXT_MAX = 1024,	   /* bytes of a name or a binding, with its end */
	PEN_WORKER_PIPES_MAX = 64,	   /* that carry no RPC */
	PEN_WORKER_PIPE_QUOTA = 64 * 1024, /* bytes, of those that do not say */
	PEN_WORKER_PIPE_NAME_MAX = 256,	   /* bytes, with its end */
	PEN_WORKER_PATHS_MAX = 64,	   /* that it reads, and that it writes */
};

/*
 * Whether all can be listed and served: PEN_E_SYNTAX, PEN_E_EXISTS, PEN_E_LIMIT,
 * PEN_E_UNSUPPORTED, with the sentence in error; -ENOMEM.
 */
int pen_worker_check(const struct pen_worker *worker, struct pen_ndr_error *error);

/* Appends it, of a worker that was checked. PEN_E_LIMIT: it is too long; -ENOMEM. */
int pen_worker_list_text(const struct pen_worker *worker, struct pen_buffer *text);
int pen_worker_list_json(const struct pen_worker *worker, const char *name,
			 struct pen_buffer *text);

#endif
