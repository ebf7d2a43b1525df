/* SPDX-License-Identifier: MIT */
/*
 * A supervisor with control and two programs, and a status page if that is wanted, for tests of the
 * tool and the page; until it is told to stop, or its standard input ends.
 *
 *	supervised DIRECTORY COUNTER OTHER GREETER [PAGE LISTEN]
 */
#include "daemon/command.h"
#include "daemon/page.h"
#include "daemon/supervisor.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_input(uv_poll_t *poll, int status, int events)
{
	char byte;

	if (status || read(STDIN_FILENO, &byte, 1) <= 0)
		supervisor_drain(poll->data, 1);
}

static int serve(struct supervisor *supervisor, const struct supervisor_config *config,
		 char **paging)
{
	const struct control_config control_config = {
		.loop = supervisor_loop(supervisor),
		.ncalrpc_dir = config->ncalrpc_dir,
		.log = config->log,
		.actions = command_actions(supervisor),
	};
	struct page_config page_config = {
		.loop = control_config.loop,
		.log = config->log,
		.program = paging[0],
		.listen = paging[0] ? paging[1] : NULL,
		.is_confined = true,
	};
	struct control *control;
	struct page *page = NULL;
	uv_poll_t input;
	int r = control_new(&control, &control_config);

	if (r)
		return r;
	page_config.control = control;
	if (page_config.listen && page_new(&page, &page_config))
		return 1;
	if (page)
		printf("%s\n", page_place(page));
	uv_poll_init(control_config.loop, &input, STDIN_FILENO);
	input.data = supervisor;
	uv_poll_start(&input, UV_READABLE, on_input);
	puts("ready");
	fflush(stdout);
	supervisor_run(supervisor, 5000);
	uv_close((uv_handle_t *)&input, NULL);
	page_free(page);
	control_free(control);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct log log = { .level = PEN_LOG_WARNING };
	static const char *const addresses[] = { "127.0.0.1", NULL };
	const char *const programs[] = { argc > 4 ? argv[2] : "", argc > 4 ? argv[3] : "", NULL };
	char ncalrpc[100], np[100];
	const struct supervisor_config config = {
		.programs = programs,
		.greeter = argc > 4 ? argv[4] : "",
		.ncalrpc_dir = ncalrpc,
		.np_dir = np,
		.addresses = addresses,
		.is_confined = true,
		.visitors_max = 10000,
		.log = &log,
	};
	struct supervisor *supervisor;
	int r;

	if (argc < 5)
		return 2;
	snprintf(ncalrpc, sizeof(ncalrpc), "%s", argv[1]);
	snprintf(np, sizeof(np), "%s/np", argv[1]);
	signal(SIGPIPE, SIG_IGN);
	/* Of those that are confined: a search for leaks traces. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	if (supervisor_new(&supervisor, &config))
		return 1;
	r = serve(supervisor, &config, argv + 5);
	supervisor_free(supervisor);
	return r != 0;
}
