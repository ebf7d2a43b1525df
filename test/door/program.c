/* SPDX-License-Identifier: MIT */
/* A service program for tests of the supervisor; by the name of "other" it is another one. */
#include "counter.h"
#include <errno.h>
#include <penstock/token.h>
#include <penstock/worker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- counters ---- */

static const struct pen_handle_type counters = { .name = "counter", .rundown = free };

static int open_counter(struct pen_call *call, const struct counter_Open_in *in,
			struct counter_Open_out *out)
{
	int32_t *value = malloc(sizeof(*value));
	int r;

	if (!value)
		return -ENOMEM;
	*value = in->first;
	r = pen_call_handle_new(call, &counters, value, &out->counter);
	if (r)
		free(value);
	return r;
}

static int add(struct pen_call *call, const struct counter_Add_in *in, struct counter_Add_out *out)
{
	void *value;
	int r = pen_call_handle_get(call, &counters, &in->counter, &value);

	if (!r)
		out->total = *(int32_t *)value += in->n;
	return r;
}

static int close_counter(struct pen_call *call, const struct counter_Close_in *in,
			 struct counter_Close_out *out)
{
	out->counter = in->counter;
	return pen_call_handle_close(call, &counters, &out->counter);
}

/* ---- the process ---- */

static int tell_pid(struct pen_call *call, const struct counter_Pid_in *in,
		    struct counter_Pid_out *out)
{
	out->result = (uint32_t)getpid();
	return 0;
}

static int fill(struct pen_call *call, const struct counter_Fill_in *in,
		struct counter_Fill_out *out)
{
	out->bytes = pen_arena_alloc(pen_call_arena(call), in->n ? in->n : 1);
	if (!out->bytes)
		return -ENOMEM;
	memset(out->bytes, 0x5a, in->n);
	return 0;
}

static int wait_a_while(struct pen_call *call, const struct counter_Wait_in *in,
			struct counter_Wait_out *out)
{
	const struct timespec time = { in->ms / 1000, (long)(in->ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
	return 0;
}

static int die(struct pen_call *call, const struct counter_Die_in *in, struct counter_Die_out *out)
{
	_exit(99);
}

static int tell_uid(struct pen_call *call, const struct counter_Uid_in *in,
		    struct counter_Uid_out *out)
{
	const struct pen_token_info *who = pen_token_info(pen_call_token(call));

	out->result = who->has_unix ? (int32_t)who->uid : -1;
	return 0;
}

static const struct counter_operations counter_operations = {
	.Open = open_counter,
	.Add = add,
	.Close = close_counter,
	.Pid = tell_pid,
	.Fill = fill,
	.Wait = wait_a_while,
	.Die = die,
	.Uid = tell_uid,
};

static int which_pid(struct pen_call *call, const struct other_WhichPid_in *in,
		     struct other_WhichPid_out *out)
{
	out->result = (uint32_t)getpid();
	return 0;
}

static const struct other_operations other_operations = { .WhichPid = which_pid };

/* ---- pipes that carry no RPC ---- */

/* What a message asks for; any other is its own answer. */
static uint32_t answer(char text[1024], uint32_t n, const struct pen_token *client)
{
	if (n == 3 && !memcmp(text, "pid", 3))
		return (uint32_t)snprintf(text, 1024, "%d", (int)getpid());
	if (n == 3 && !memcmp(text, "uid", 3))
		return (uint32_t)snprintf(text, 1024, "%u", pen_token_info(client)->uid);
	if (n == 3 && !memcmp(text, "die", 3))
		_exit(99);
	return n;
}

static void serve_echo(void *data, struct pen_pipe *pipe, const struct pen_token *client)
{
	char text[1024];
	uint32_t n;

	while (!pen_pipe_read(pipe, text, sizeof(text), &n, -1))
		if (pen_pipe_write(pipe, text, answer(text, n, client), &n, -1))
			break;
}

/* Tells what it is, and is over. */
static void serve_word(void *data, struct pen_pipe *pipe, const struct pen_token *client)
{
	uint32_t n;

	pen_pipe_write(pipe, "word", 4, &n, -1);
}

static const uint32_t small[2] = { 4096, 100 };

static const struct pen_worker_pipe pipes[] = {
	{ .name = "Counter-Echo",
	  .config = { .configuration = PEN_PIPE_DUPLEX,
		      .is_message = true,
		      .is_message_mode = true },
	  .serve = serve_echo },
	{ .name = "counter\\word",
	  .config = { .configuration = PEN_PIPE_OUTBOUND,
		      .rejects_remote = true,
		      .instances_max = 2,
		      .quotas = small },
	  .security = "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)",
	  .clients_max = 1,
	  .serve = serve_word },
};

/* ---- what they are ---- */

static const char *const counter_endpoints[] = { "ncalrpc:[counter]",
						 "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\counter]",
						 NULL };
static const char *const other_endpoints[] = { "ncalrpc:[counter]", "ncalrpc:", NULL };

static const struct pen_worker_service counter_services[] = {
	{ .service = { .interface = &counter_interface, .operations = &counter_operations },
	  .endpoints = counter_endpoints },
};

static const struct pen_worker_service other_services[] = {
	{ .service = { .interface = &other_interface, .operations = &other_operations },
	  .endpoints = other_endpoints },
};

/* Numbers of tests; else the defaults. */
static uint32_t number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? (uint32_t)atoi(text) : 0;
}

/* A process fails as often as the file of that variable has bytes. */
static bool is_failing(int argc, char **argv, const char *variable)
{
	const char *path = getenv(variable);
	struct stat file;

	if (!path || argc < 2 || strcmp(argv[1], "--worker") || stat(path, &file) || !file.st_size)
		return false;
	return !truncate(path, file.st_size - 1);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	bool is_other = name && !strcmp(name, "/other");
	const struct pen_worker worker = {
		.services = is_other ? other_services : counter_services,
		.n_services = 1,
		.pipes = pipes,
		.n_pipes = is_other ? 0 : PEN_COUNT(pipes),
		.workers_max = is_other ? 1 : number_of("COUNTER_WORKERS"),
		.workers_min = is_other ? 0 : number_of("COUNTER_READY"),
		.idle_s = number_of("COUNTER_IDLE"),
		.config = { .connections_per_peer_max = 100000 },
	};

	/* As one that penstock-authd gives no answer. */
	if (is_failing(argc, argv, "COUNTER_AWAY"))
		return 75;
	if (is_failing(argc, argv, "COUNTER_FAILS"))
		return 1;
	return pen_worker_main(argc, argv, &worker);
}
