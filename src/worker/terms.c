/* SPDX-License-Identifier: MIT */
#include "worker/terms.h"
#include "runtime/server.h"
#include <stdlib.h>

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void stop_waiting(struct pen_worker_terms *terms)
{
	if (terms->answer)
		uv_close((uv_handle_t *)terms->answer, on_closed);
	terms->answer = NULL;
}

static void note(const struct pen_worker_terms *terms, int result)
{
	if (!result)
		pen_server_log(terms->server, PEN_LOG_INFO,
			       "penstock-authd has other terms, for connections from now on");
	else if (result != PEN_E_EXISTS)
		pen_server_log(terms->server, PEN_LOG_WARNING,
			       "what penstock-authd offers is not known anew: %s",
			       pen_error_name(result));
}

static void on_answer(uv_poll_t *poll, int status, int events)
{
	struct pen_worker_terms *terms = poll->data;
	int r;

	stop_waiting(terms);
	r = pen_authority_renewed(terms->authority);
	if (!r)
		pen_server_set_mechs(terms->server, pen_authority_mechs(terms->authority));
	note(terms, r);
}

static int await(struct pen_worker_terms *terms, int fd)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));
	int r;

	if (!poll)
		return -ENOMEM;
	r = uv_poll_init(&terms->server->loop.uv, poll, fd);
	if (r) {
		free(poll);
		return r;
	}
	poll->data = terms;
	terms->answer = poll;
	return uv_poll_start(poll, UV_READABLE, on_answer);
}

void pen_worker_terms_ask(struct pen_worker_terms *terms)
{
	int fd, r;

	if (!terms->authority)
		return;
	stop_waiting(terms);
	r = pen_authority_ask_again(terms->authority, &fd);
	if (!r)
		r = await(terms, fd);
	if (r)
		note(terms, r);
}

void pen_worker_terms_end(struct pen_worker_terms *terms)
{
	stop_waiting(terms);
}
