/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PAGE_ANSWER_H
#define PEN_DAEMON_PAGE_ANSWER_H
/*
 * What the status page answers a request of HTTP with.
 *
 *	/               the page
 *	/status.json    what it shows
 *	/metrics        the same as OpenMetrics
 */
#include <penstock/buffer.h>
#include <penstock/idl/control.h>

struct page_request {
	const char *method, *path;
	const char *host; /* as the client calls us; NULL: it does not say */
	bool is_local;	  /* it comes by a local socket */
};

struct page_answer {
	unsigned code;
	const char *type, *policy; /* policy: of the page's content; NULL: none */
	const char *allow;	   /* methods; NULL: that is not the question */
	struct pen_buffer body;
};

/* Who knows how penstockd is; the status lasts until it is asked again. */
struct page_source {
	int (*ask)(void *data, const struct control_status **statusp);
	void *data;
};

/* The body is to be freed, whatever is returned. -ENOMEM. */
int page_answer(struct page_answer *answer, const struct page_request *request,
		const struct page_source *source);

/*
 * Whether a browser that calls us so can be looking at a page of ours: by an address, as
 * localhost, or by this machine's name. A page of others whose name leads here is none.
 */
bool page_is_own_host(const char *host, const char *machine);

#endif
