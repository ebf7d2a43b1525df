/* SPDX-License-Identifier: MIT */
/* penstock-status: speaks HTTP with those that penstockd hands it, and asks penstockd how it is. */
#include "daemon/child-main.h"
#include "daemon/control.h"
#include "daemon/page-answer.h"
#include "io/clock.h"
#include "runtime/client.h"
#include "runtime/worker-letter.h"
#include <errno.h>
#include <microhttpd.h>
#include <penstock/client.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 128,
	MEMORY_MAX = 16 * 1024, /* of a connection, for what it says */
	TIMEOUT_S = 10,		/* of one that says nothing */
	ASK_MS = 5000,
	FRESH_MS = 200, /* so long an answer of penstockd's is good */
};

struct server {
	struct MHD_Daemon *http;
	struct pen_client *client;
	struct pen_call *call;
	struct control_GetStatus_out out;
	uint64_t asked_at; /* 0: out has nothing */
	struct pen_arena arena;
	uint8_t room[worker_LETTER_MAX];
};

/* ---- penstockd ---- */

static int ask(void *data, const struct control_status **statusp)
{
	static const struct control_GetStatus_in in;
	struct server *server = data;
	int r = 0;

	if (!server->asked_at || pen_clock_ms() - server->asked_at > FRESH_MS) {
		server->asked_at = 0;
		r = control_GetStatus(server->call, &in, &server->out);
	}
	if (!r && server->out.result)
		r = PEN_E_UNSUPPORTED;
	if (r)
		return r;
	if (!server->asked_at)
		server->asked_at = pen_clock_ms();
	*statusp = &server->out.status;
	return 0;
}

static int take_connection(struct server *server, int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &size)) {
		close(fd); /* it has gone already */
		return 0;
	}
	/* One that it does not take it closes. */
	MHD_add_connection(server->http, fd, (struct sockaddr *)&address, size);
	return 0;
}

/* The first connection is to penstockd itself. -EAGAIN: there is no more for now. */
static int hear(struct server *server)
{
	struct worker_order order;
	int fd, r;

	pen_arena_reset(&server->arena);
	r = pen_worker_receive_order(CHILD_MAIN_SOCKET, &order, &fd, server->room, &server->arena);
	if (r)
		return r;
	if (order.verb != worker_GREET || fd < 0) {
		if (fd >= 0)
			close(fd);
		return PEN_E_BAD_DATA;
	}
	return order.body.greet.number ? take_connection(server, fd)
				       : pen_client_adopt(server->client, fd);
}

/* ---- HTTP ---- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct page_answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result r = MHD_NO;

	response = MHD_create_response_from_buffer(answer->body.size, answer->body.data,
						   MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "Content-Type", answer->type) &&
	    MHD_add_response_header(response, "Cache-Control", "no-store") &&
	    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
	    MHD_add_response_header(response, "Referrer-Policy", "no-referrer") &&
	    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin") &&
	    MHD_add_response_header(response, "Content-Security-Policy",
				    answer->policy ? answer->policy : "default-src 'none'") &&
	    (!answer->allow || MHD_add_response_header(response, "Allow", answer->allow)))
		r = MHD_queue_response(connection, answer->code, response);
	MHD_destroy_response(response);
	return r;
}

static bool is_local(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info && info->client_addr && info->client_addr->sa_family == AF_UNIX;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *n_uploadp, void **statep)
{
	const struct page_source source = { ask, data };
	const struct page_request request = {
		.method = method,
		.path = path,
		.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
		.is_local = is_local(connection),
	};
	struct page_answer answer;
	enum MHD_Result result = MHD_NO;

	/* First come the headers alone; a connection may be kept that is answered after the rest.
	 */
	if (!*statep && (!strcmp(method, "GET") || !strcmp(method, "HEAD"))) {
		*statep = data;
		return MHD_YES;
	}
	if (*statep && *n_uploadp)
		return MHD_NO;
	if (!page_answer(&answer, &request, &source))
		result = send_answer(connection, &answer);
	pen_buffer_done(&answer.body);
	return result;
}

/* ---- its life ---- */

static int make_client(struct server *server)
{
	/* It never sets out by itself: penstockd brings it a connection. */
	const struct pen_client_config config = { .ncalrpc_dir = "/nowhere" };
	int r = pen_client_new(&server->client, "ncalrpc:[" CONTROL_NAME "]", &config, NULL);

	if (!r)
		r = pen_call_new(&server->call, server->client);
	if (!r)
		pen_call_set_timeout(server->call, ASK_MS);
	return r;
}

static int start(struct server *server)
{
	int r = make_client(server);

	if (r)
		return r;
	server->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
					on_request, server, MHD_OPTION_CONNECTION_LIMIT,
					(unsigned)CONNECTIONS_MAX,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
					MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
					MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	return server->http ? 0 : -ENOMEM;
}

static int wait_ms(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(server->http, &ms) != MHD_YES)
		return -1;
	return ms < 60000 ? (int)ms : 60000;
}

/* Until penstockd's end is closed. */
static int run(struct server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->http, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd waits[2] = { { .fd = CHILD_MAIN_SOCKET, .events = POLLIN },
				   { .fd = info ? info->epoll_fd : -1, .events = POLLIN } };
	int r = 0;

	while (!r) {
		if (poll(waits, 2, wait_ms(server)) < 0 && errno != EINTR)
			return -errno;
		r = waits[0].revents ? hear(server) : -EAGAIN;
		if (r == -EAGAIN || r == -EMFILE || r == -ENOMEM)
			r = 0;
		MHD_run(server->http);
	}
	return r == -ECONNRESET ? 0 : r;
}

static const char name[] = "penstock-status";

static const char help[] =
	"Usage: penstock-status [OPTION]...\n"
	"The status page of penstockd, which starts it with a socket for descriptor 3.\n"
	"\n"
	"      --help           print this\n"
	"      --version        print the version\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line or descriptor 3 is wrong.\n";

static const struct option long_options[] = {
	PEN_OPTIONS_END,
};

static const struct pen_command_line command_line = {
	.program = name,
	.help = help,
	.options = long_options,
};

int main(int argc, char **argv)
{
	static const struct confinement confinement = { .is_parser = true };
	struct server *server;
	int end = child_main_begin(&command_line, NULL, argc, argv);
	int r;

	if (end >= 0)
		return end;
	tzset(); /* which reads files, and only the first time */
	server = calloc(1, sizeof(*server));
	r = server ? 0 : -ENOMEM;
	if (!r)
		pen_arena_init(&server->arena, PEN_WORKER_ARENA_MAX);
	if (!r)
		r = start(server);
	if (!r && child_main_confine(name, &confinement))
		_exit(CHILD_MAIN_FAILED);
	if (!r)
		r = run(server);
	child_main_end(name, r);
}
