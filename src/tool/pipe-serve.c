/* SPDX-License-Identifier: MIT */
/* penstock pipe serve: a server, of standard input and output or of a process for each client. */
#include "tool/pipe-flow.h"
#include "tool/serve-child.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* An instance of the pipe, and its client if it has one. */
struct instance {
	struct pen_pipe *pipe;
	struct pen_pipe_op listen;
	bool is_listening;
	struct serve_child child;
	struct flow flow; /* unless it listens */
};

struct serve {
	struct tool *tool;
	const char *name;
	char *const *command; /* NULL: standard input and output */
	struct pen_pipe_config config;
	uint32_t quotas[2];
	struct pen_descriptor descriptor;
	enum framing framing;
	uint32_t n_max; /* UINT32_MAX: no limit */
	bool is_once;

	struct instance **instances;
	size_t n, size;
	struct pollfd *fds; /* of signals, then FLOW_FDS of each instance */
	pid_t *ended;	    /* processes whose client is done */
	size_t n_ended;
	bool has_served;
	bool is_over;
	int exit;
};

/* ---- the command line ---- */

static int get_security(struct serve *serve)
{
	const char *sddl = pipe_value(serve->tool, PIPE_SDDL);
	struct pen_sddl_error error = { 0 };

	if (!sddl)
		return TOOL_OK;
	if (pen_sddl_parse(&serve->descriptor, &serve->tool->arena, sddl, NULL, &error))
		return tool_fail(serve->tool, TOOL_USAGE, NULL, "--sddl %s: at %zu: %s", sddl,
				 error.at, error.text);
	serve->config.descriptor = &serve->descriptor;
	return TOOL_OK;
}

static int configure(struct serve *serve)
{
	struct tool *tool = serve->tool;
	uint32_t n_max = serve->command ? PEN_PIPE_UNLIMITED : 1, quota = 65536;
	int r = pipe_framing(tool, &serve->framing);

	if (!r)
		r = pipe_number(tool, PIPE_INSTANCES, "--instances", PEN_PIPE_UNLIMITED, &n_max);
	if (!r)
		r = pipe_number(tool, PIPE_QUOTA, "--quota", 64 << 20, &quota);
	if (!r)
		r = get_security(serve);
	serve->quotas[0] = serve->quotas[1] = quota;
	serve->is_once = pipe_value(tool, PIPE_ONCE);
	serve->n_max = n_max == PEN_PIPE_UNLIMITED ? UINT32_MAX : n_max;
	serve->config.configuration = PEN_PIPE_DUPLEX;
	serve->config.is_message = serve->config.is_message_mode = pipe_value(tool, PIPE_MESSAGE);
	serve->config.instances_max = n_max;
	serve->config.quotas = serve->quotas;
	serve->config.objects_dir = pipe_value(tool, PIPE_OBJECTS_DIR);
	return r;
}

/* ---- instances ---- */

static uint32_t listen_at(struct instance *instance)
{
	uint32_t status;

	memset(&instance->listen, 0, sizeof(instance->listen));
	status = pen_pipe_start_listen(instance->pipe, &instance->listen);
	instance->is_listening = true;
	/* A client may have been there before us, and even gone. */
	if (status == PEN_STATUS_PENDING || status == PEN_STATUS_PIPE_CONNECTED ||
	    status == PEN_STATUS_PIPE_CLOSING)
		return PEN_STATUS_SUCCESS;
	return status;
}

static bool make_room(struct serve *serve)
{
	size_t size = serve->size ? 2 * serve->size : 8;
	struct instance **instances;
	struct pollfd *fds;
	pid_t *ended;

	if (serve->n < serve->size)
		return true;
	instances = reallocarray(serve->instances, size, sizeof(*instances));
	serve->instances = instances ? instances : serve->instances;
	fds = reallocarray(serve->fds, 1 + size * FLOW_FDS, sizeof(*fds));
	serve->fds = fds ? fds : serve->fds;
	ended = reallocarray(serve->ended, size, sizeof(*ended));
	serve->ended = ended ? ended : serve->ended;
	if (!instances || !fds || !ended)
		return false;
	serve->size = size;
	return true;
}

static uint32_t add_instance(struct serve *serve)
{
	struct instance *instance = make_room(serve) ? malloc(sizeof(*instance)) : NULL;
	uint32_t status;

	if (!instance)
		return PEN_STATUS_NO_MEMORY;
	instance->child = (struct serve_child){ 0, -1, -1 };
	serve->config.disposition = serve->n ? PEN_PIPE_OPEN : PEN_PIPE_CREATE;
	status = pen_pipe_create(&instance->pipe, serve->name, &serve->config, NULL);
	if (!status) {
		status = listen_at(instance);
		if (status)
			pen_pipe_free(instance->pipe);
	}
	if (status) {
		free(instance);
		return status;
	}
	serve->instances[serve->n++] = instance;
	return PEN_STATUS_SUCCESS;
}

static bool has_listener(const struct serve *serve)
{
	for (size_t i = 0; i < serve->n; i++)
		if (serve->instances[i]->is_listening)
			return true;
	return false;
}

/* There is one more instance than there are clients, as far as that may be. */
static uint32_t keep_listening(struct serve *serve)
{
	uint32_t status;

	if (serve->is_over || has_listener(serve) || serve->n >= serve->n_max ||
	    (serve->is_once && serve->has_served) || (!serve->command && serve->n))
		return PEN_STATUS_SUCCESS;
	status = add_instance(serve);
	/* Those there are may still be served; the next that ends listens again. */
	return serve->n ? PEN_STATUS_SUCCESS : status;
}

static void remove_instance(struct serve *serve, size_t i)
{
	struct instance *instance = serve->instances[i];

	serve_child_let_go(&instance->child);
	pen_pipe_free(instance->pipe);
	if (!instance->is_listening)
		flow_done(&instance->flow);
	free(instance);
	serve->instances[i] = serve->instances[--serve->n];
}

/* ---- processes that have lost their client ---- */

static void reap(struct serve *serve, int flags)
{
	for (size_t i = 0; i < serve->n_ended;)
		if (waitpid(serve->ended[i], NULL, flags))
			serve->ended[i] = serve->ended[--serve->n_ended];
		else
			i++;
}

static void let_go(struct serve *serve, struct instance *instance)
{
	serve_child_let_go(&instance->child);
	reap(serve, WNOHANG);
	/* As many as there is room for instances; more than that have ended long since. */
	while (serve->n_ended == serve->size)
		reap(serve, 0);
	if (instance->child.pid)
		serve->ended[serve->n_ended++] = instance->child.pid;
	instance->child.pid = 0;
}

/* ---- clients ---- */

static void begin(struct serve *serve, struct instance *instance)
{
	struct flow *flow = &instance->flow;
	int r = 0;

	instance->is_listening = false;
	serve->has_served = true;
	if (serve->command) {
		r = serve_child_start(&instance->child, serve->command, instance->pipe);
		flow_init(flow, instance->pipe, instance->child.in, instance->child.out);
	} else {
		flow_init(flow, instance->pipe, STDIN_FILENO, STDOUT_FILENO);
	}
	flow->is_message = serve->config.is_message;
	flow->framing = serve->framing;
	flow->finishes = serve->command || pipe_value(serve->tool, PIPE_CLOSE);
	flow->is_in_pieces = !serve->command;
	flow->may_be_deaf = serve->command;
	if (!r)
		return;
	serve->exit = tool_fail(serve->tool, TOOL_FAILED, NULL, "cannot run %s: %s",
				serve->command[0], strerror(-r));
	/* Nothing comes and nothing goes, so it ends with the next turn. */
	flow->is_in_ended = flow->is_deaf = true;
}

/* What became of a client may end it all. */
static void judge(struct serve *serve, const struct flow *flow, enum flow_state state)
{
	int r = pipe_end_flow(serve->tool, flow, state, serve->name);

	if (!serve->command && state == FLOW_FAILED && flow->result)
		serve->is_over = true; /* standard input or output fails the next one too */
	if (!serve->command && (state == FLOW_DEAF || (state == FLOW_FINISHED && flow->finishes)))
		serve->is_over = true;
	if (serve->is_once)
		serve->is_over = true;
	if (serve->is_over && r)
		serve->exit = r;
}

static uint32_t end(struct serve *serve, size_t i, enum flow_state state)
{
	struct instance *instance = serve->instances[i];
	uint32_t status;

	judge(serve, &instance->flow, state);
	let_go(serve, instance);
	if (serve->is_over || has_listener(serve)) {
		remove_instance(serve, i);
		return PEN_STATUS_SUCCESS;
	}
	/* With what had come in for the one who has gone. */
	pen_pipe_disconnect(instance->pipe);
	flow_settle(&instance->flow);
	flow_done(&instance->flow);
	status = listen_at(instance);
	if (status)
		remove_instance(serve, i);
	return status;
}

static uint32_t turn_instance(struct serve *serve, size_t i, const struct pollfd *fds)
{
	struct instance *instance = serve->instances[i];
	static const struct pollfd nothing[FLOW_FDS];
	enum flow_state state;
	uint32_t status;

	if (instance->is_listening) {
		if (instance->listen.status == PEN_STATUS_PENDING)
			pen_pipe_dispatch(instance->pipe);
		status = instance->listen.status;
		if (status == PEN_STATUS_PENDING)
			return PEN_STATUS_SUCCESS;
		if (status && status != PEN_STATUS_PIPE_CONNECTED &&
		    status != PEN_STATUS_PIPE_CLOSING)
			return status;
		begin(serve, instance);
		fds = nothing;
		status = keep_listening(serve);
		if (status)
			return status;
	}
	state = flow_turn(&instance->flow, fds);
	return state == FLOW_GOES_ON ? PEN_STATUS_SUCCESS : end(serve, i, state);
}

/* ---- the loop ---- */

static int sooner(int one_ms, int other_ms)
{
	return one_ms < 0 || (other_ms >= 0 && other_ms < one_ms) ? other_ms : one_ms;
}

static int prepare(struct serve *serve, int signals)
{
	int wait_ms = -1;

	serve->fds[0] = (struct pollfd){ signals, POLLIN, 0 };
	for (size_t i = 0; i < serve->n; i++) {
		struct instance *instance = serve->instances[i];
		struct pollfd *fds = serve->fds + 1 + i * FLOW_FDS;

		if (!instance->is_listening) {
			wait_ms = sooner(wait_ms, flow_prepare(&instance->flow, fds));
			continue;
		}
		fds[0] = (struct pollfd){ pen_pipe_fd(instance->pipe),
					  pen_pipe_events(instance->pipe), 0 };
		fds[1] = fds[2] = (struct pollfd){ -1, 0, 0 };
		if (instance->listen.status != PEN_STATUS_PENDING)
			wait_ms = 0;
		wait_ms = sooner(wait_ms, pen_pipe_timeout(instance->pipe));
	}
	return wait_ms;
}

/* An instance that is removed has another in its place, so it goes from the last to the first; and
 * those that are new have nothing yet. */
static uint32_t turn(struct serve *serve)
{
	uint32_t status = PEN_STATUS_SUCCESS;

	for (size_t i = serve->n; i-- && !status;)
		status = turn_instance(serve, i, serve->fds + 1 + i * FLOW_FDS);
	reap(serve, WNOHANG);
	return status ? status : keep_listening(serve);
}

static uint32_t run(struct serve *serve, int signals)
{
	uint32_t status = keep_listening(serve);

	while (!status && !serve->is_over) {
		int wait_ms = prepare(serve, signals);

		if (poll(serve->fds, 1 + serve->n * FLOW_FDS, wait_ms) < 0)
			continue;
		if (serve->fds[0].revents)
			return PEN_STATUS_SUCCESS;
		status = turn(serve);
	}
	/* What a process has begun for the only client, it finishes. */
	if (serve->is_over)
		reap(serve, 0);
	return status;
}

static int fail(struct serve *serve, uint32_t status)
{
	if (status == PEN_STATUS_ACCESS_DENIED && !serve->n)
		return tool_fail_nt(serve->tool, TOOL_SERVER,
				    "Is there a pipe of that name already? \"penstock ns why\" "
				    "tells.",
				    serve->name, status);
	return pipe_fail(serve->tool, "cannot serve", serve->name, status);
}

static int serve_all(struct serve *serve)
{
	uint32_t status;
	sigset_t set;
	int signals;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return tool_fail_result(serve->tool, -errno);
	status = run(serve, signals);
	close(signals);
	if (status)
		serve->exit = fail(serve, status);
	while (serve->n)
		remove_instance(serve, 0);
	return serve->exit;
}

int pipe_serve(struct tool *tool, int argc, char **argv)
{
	struct serve serve = { .tool = tool, .name = pipe_name(tool, argv[0]) };
	int r;

	if (!serve.name)
		return tool_fail_result(tool, -ENOMEM);
	if (tool->rest && !*tool->rest)
		return tool_fail(tool, TOOL_USAGE, NULL, "--exec needs a command");
	serve.command = tool->rest;
	r = configure(&serve);
	if (!r)
		r = serve_all(&serve);
	free(serve.instances);
	free(serve.fds);
	free(serve.ended);
	return r;
}
