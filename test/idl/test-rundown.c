/* SPDX-License-Identifier: MIT */
/*
 * A client that is killed while it holds ten thousand context handles: each is run down once.
 */
#include "handle.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 10000, CLOSED = 100 /* by the client itself, of the first */ };

struct thing {
	int number;
	_Atomic int n_rundowns;
};

static struct thing things[N + 1];
static _Atomic int n_open, n_rundowns;

static void rundown(void *object)
{
	struct thing *thing = object;

	thing->n_rundowns++;
	n_rundowns++;
}

static const struct pen_handle_type type = { "thing", rundown };

static int open_thing(struct pen_call *call, const struct holder_Open_in *in,
		      struct holder_Open_out *out)
{
	struct thing *thing;
	int r;

	if (in->number < 0 || in->number > N)
		return PEN_E_NOT_FOUND;
	thing = &things[in->number];
	thing->number = in->number;
	r = pen_call_handle_new(call, &type, thing, &out->thing);
	if (!r)
		n_open++;
	return r;
}

static int look(struct pen_call *call, const struct holder_Look_in *in, struct holder_Look_out *out)
{
	void *object;
	int r = pen_call_handle_get(call, &type, &in->thing, &object);

	if (!r)
		out->number = ((struct thing *)object)->number;
	return r;
}

static int close_thing(struct pen_call *call, const struct holder_Close_in *in,
		       struct holder_Close_out *out)
{
	out->thing = in->thing;
	return pen_call_handle_close(call, &type, &out->thing);
}

static const struct holder_operations operations = { .Open = open_thing,
						     .Look = look,
						     .Close = close_thing };

/* ---- the client's process ---- */

static int hold(struct pen_call *call, int number)
{
	const struct holder_Open_in in = { .number = number };
	struct holder_Open_out out;
	struct holder_Look_out seen;
	struct holder_Close_in last;
	struct holder_Close_out closed;
	int r = holder_Open(call, &in, &out);

	if (r)
		return r;
	last.thing = out.thing;
	r = holder_Look(call, &(struct holder_Look_in){ .thing = out.thing }, &seen);
	if (r || seen.number != number)
		return r ? r : -EBADMSG;
	return number < CLOSED ? holder_Close(call, &last, &closed) : 0;
}

/* Holds them, says so, and waits for its end. */
static void be_client(int binding_fd, int told_fd)
{
	struct pen_client *client;
	struct pen_call *call;
	char binding[200] = "";
	int r = -EIO;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(binding_fd, binding, sizeof(binding) - 1) > 0)
		r = pen_client_new(&client, binding, NULL, NULL);
	if (!r)
		r = pen_call_new(&call, client);
	for (int i = 0; !r && i < N; i++)
		r = hold(call, i);
	/* One more than may be. */
	if (!r && hold(call, N) != PEN_E_FAULT)
		r = -EBADMSG;
	if (write(told_fd, &r, sizeof(r)) == sizeof(r))
		pause();
	_exit(1);
}

/* ---- the server's ---- */

static void *run(void *server)
{
	pen_server_run(server);
	return NULL;
}

static void test_killed_client(void **state)
{
	static const struct pen_server_config config = { .handles_per_group_max = N - CLOSED };
	static const struct pen_service service = { .interface = &holder_interface,
						    .operations = &operations };
	int binding_fds[2], told_fds[2], told = -1;
	struct pen_server *server;
	const char *binding;
	pthread_t thread;
	pid_t pid;

	assert_int_equal(pipe(binding_fds), 0);
	assert_int_equal(pipe(told_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		be_client(binding_fds[0], told_fds[1]);
	assert_int_equal(pen_server_new(&server, &config), 0);
	assert_int_equal(pen_server_add(server, &service, NULL), 0);
	assert_int_equal(pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &binding), 0);
	assert_int_equal(pthread_create(&thread, NULL, run, server), 0);
	assert_int_equal(write(binding_fds[1], binding, strlen(binding)), strlen(binding));
	assert_int_equal(read(told_fds[0], &told, sizeof(told)), sizeof(told));
	assert_int_equal(told, 0);
	assert_int_equal(n_open, N);
	assert_int_equal(n_rundowns, CLOSED);

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	while (n_rundowns < N)
		poll(NULL, 0, 1);
	pen_server_stop(server);
	pthread_join(thread, NULL);
	pen_server_free(server);
	for (int i = 0; i < N; i++)
		if (things[i].n_rundowns != 1)
			fail_msg("thing %d: run down %d times", i, things[i].n_rundowns);
	assert_int_equal(n_rundowns, N);
	for (int i = 0; i < 2; i++) {
		close(binding_fds[i]);
		close(told_fds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_killed_client) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
