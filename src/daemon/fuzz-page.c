/* SPDX-License-Identifier: MIT */
/* A request for the status page: method, path and host, a line each; or a name in metrics. */
#include "daemon/metrics.h"
#include "daemon/page-answer.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct control_program program = { .path = "/one", .n_workers = 0 };
static const struct control_status status = { .version = "1",
					      .programs = &program,
					      .n_programs = 1 };

static int ask(void *data, const struct control_status **statusp)
{
	*statusp = &status;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct page_source source = { ask, NULL };
	struct page_request request = { 0 };
	struct page_answer answer;
	char text[512], *rest = text;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	request.method = strsep(&rest, "\n");
	request.path = rest ? strsep(&rest, "\n") : "/metrics";
	request.host = rest;
	program.name = request.method;
	if (page_answer(&answer, &request, &source))
		__builtin_trap();
	if (answer.code == 200 && !page_is_own_host(request.host, "") && strchr(request.host, '.'))
		__builtin_trap();
	answer.body.size = 0;
	if (metrics_put(&status, &answer.body))
		__builtin_trap();
	/* Whatever the name is, a line of it is one line. */
	for (size_t i = 0; i + 1 < answer.body.size; i++)
		if (answer.body.data[i] == '\n' && answer.body.data[i + 1] != '#' &&
		    answer.body.data[i + 1] != 'p')
			__builtin_trap();
	pen_buffer_done(&answer.body);
	return 0;
}
