/* SPDX-License-Identifier: MIT */
#include "np/agent.h"
#include "io/clock.h"
#include <errno.h>
#include <penstock/status.h>

enum { TRIES_MAX = 3 };

uint32_t pen_agent_status(int r)
{
	switch (r) {
	case PEN_E_TIMEOUT:
		return PEN_STATUS_IO_TIMEOUT;
	case -ENOMEM:
		return PEN_STATUS_NO_MEMORY;
	case -ENOENT:
	case -ECONNREFUSED:
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	default:
		return r < 0 ? pen_ntstatus_from_errno(r) : PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
	}
}

/* One that leaves because it is idle may leave while somebody connects. */
bool pen_agent_may_retry(int r, unsigned n_tries)
{
	return (r == -EPIPE || r == -ECONNRESET) && n_tries < TRIES_MAX;
}

static int ask(const char *directory, const struct object_request *request,
	       const struct pen_fds *fds, uint64_t until, struct pen_answer *answer)
{
	struct pen_question question;
	int r = pen_question_ask(&question, directory, request, fds, until);

	while (!r) {
		r = pen_question_wait(&question, until);
		if (!r)
			r = pen_question_answer(&question, answer);
		if (r != PEN_E_AGAIN)
			break;
		r = 0;
	}
	pen_question_done(&question);
	return r;
}

uint32_t pen_agent_ask(const char *directory, const struct object_request *request,
		       const struct pen_fds *fds, int wait_ms, struct pen_answer *answer)
{
	uint64_t until = wait_ms < 0 ? UINT64_MAX : pen_clock_ms() + (uint64_t)wait_ms;
	unsigned n_tries = 1;
	int r;

	pen_answer_init(answer);
	while (pen_agent_may_retry(r = ask(directory, request, fds, until, answer), n_tries)) {
		pen_answer_done(answer);
		pen_answer_init(answer);
		n_tries++;
	}
	return r ? pen_agent_status(r) : answer->reply.status;
}
