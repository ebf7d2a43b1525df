/* SPDX-License-Identifier: MIT */
/* A server of transfer.idl, for the tests of the command line; it says where it listens. */
#include "transfer.h"
#include <errno.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { PIECE = 5000, POINTS_MAX = 10000 };

/* What an operation does as often as something flows. */
struct job {
	struct pen_call *call;
	const void *in;
	void *out;
	int (*step)(struct job *job);
	uint64_t n;
	uint64_t sum;
	uint64_t n_kept;
	uint64_t n_pushed;
	bool is_pulled;
	uint8_t *kept;
	size_t n_room;
};

static void flowed(struct pen_call *call, void *data)
{
	struct job *job = data;
	int r = job->step(job);

	if (r != PEN_E_AGAIN)
		pen_call_finish(call, r);
}

static void given_up(struct pen_call *call, void *data)
{
	pen_call_finish(call, PEN_E_CANCELLED);
}

static int start(struct pen_call *call, const void *in, void *out, int (*step)(struct job *job))
{
	struct job *job = pen_arena_zalloc(pen_call_arena(call), sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	*job = (struct job){ .call = call, .in = in, .out = out, .step = step };
	pen_call_on_flow(call, flowed, job);
	pen_call_on_cancel(call, given_up, job);
	r = step(job);
	return r == PEN_E_AGAIN ? PEN_PENDING : r;
}

/* ---- bytes ---- */

static int put_step(struct job *job)
{
	const struct transfer_Put_in *in = job->in;
	struct transfer_Put_out *out = job->out;
	uint8_t bytes[PIECE];
	size_t n;
	int r;

	while (!(r = pen_call_pull(job->call, &in->data, bytes, PIECE, &n)) && n) {
		job->n += n;
		for (size_t i = 0; i < n; i++)
			job->sum += bytes[i];
	}
	if (r)
		return r;
	if (job->n < in->least)
		return pen_call_fail(job->call, 5, "That is too little.");
	out->n = (int64_t)job->n;
	out->sum = (int64_t)job->sum;
	return 0;
}

static int put(struct pen_call *call, const struct transfer_Put_in *in,
	       struct transfer_Put_out *out)
{
	return start(call, in, out, put_step);
}

static int get_step(struct job *job)
{
	const struct transfer_Get_in *in = job->in;
	struct transfer_Get_out *out = job->out;
	uint8_t bytes[PIECE];

	while (job->n < (uint64_t)in->n) {
		size_t n = (uint64_t)in->n - job->n < PIECE ? (size_t)((uint64_t)in->n - job->n)
							    : PIECE;
		int r;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)((job->n + i) % 251);
		r = pen_call_push(job->call, &out->data, bytes, n);
		if (r)
			return r;
		for (size_t i = 0; i < n; i++)
			job->sum += bytes[i];
		job->n += n;
	}
	out->sum = (int64_t)job->sum;
	return 0;
}

static int get(struct pen_call *call, const struct transfer_Get_in *in,
	       struct transfer_Get_out *out)
{
	return start(call, in, out, get_step);
}

/* ---- what is kept whole, and sent back ---- */

static int keep(struct job *job, const void *elements, size_t n)
{
	struct pen_arena *arena = pen_call_arena(job->call);

	while (job->n_kept + n > job->n_room) {
		uint8_t *room = pen_arena_alloc(arena, job->n_room * 2 + PIECE);

		if (!room)
			return -ENOMEM;
		if (job->n_kept)
			memcpy(room, job->kept, job->n_kept);
		job->kept = room;
		job->n_room = job->n_room * 2 + PIECE;
	}
	memcpy(job->kept + job->n_kept, elements, n);
	job->n_kept += n;
	return 0;
}

static int pull_all(struct job *job, const struct pen_call_pipe *pipe, size_t size)
{
	uint64_t elements[PIECE / 8];
	size_t n;
	int r = 0;

	while (!r && !job->is_pulled) {
		r = pen_call_pull(job->call, pipe, elements, sizeof(elements) / size, &n);
		if (!r && n)
			r = keep(job, elements, n * size);
		job->is_pulled = !r && !n;
	}
	return r;
}

static int push_all(struct job *job, const struct pen_call_pipe *pipe, size_t size)
{
	while (job->n_pushed < job->n_kept) {
		size_t n =
			job->n_kept - job->n_pushed < PIECE ? job->n_kept - job->n_pushed : PIECE;
		int r;

		n = n / size * size;
		r = pen_call_push(job->call, pipe, job->kept + job->n_pushed, n / size);
		if (r)
			return r;
		job->n_pushed += n;
	}
	return 0;
}

static int mirror_step(struct job *job)
{
	const struct transfer_Mirror_in *in = job->in;
	struct transfer_Mirror_out *out = job->out;
	int r = pull_all(job, &in->data, 1);

	return r ? r : push_all(job, &out->data, 1);
}

static int mirror(struct pen_call *call, const struct transfer_Mirror_in *in,
		  struct transfer_Mirror_out *out)
{
	return start(call, in, out, mirror_step);
}

static int turn_step(struct job *job)
{
	const struct transfer_Turn_in *in = job->in;
	struct transfer_Turn_out *out = job->out;
	bool was_pulled = job->is_pulled;
	int r = pull_all(job, &in->given, sizeof(struct transfer_POINT));

	if (r)
		return r;
	out->n = (int32_t)(job->n_kept / sizeof(struct transfer_POINT));
	for (int32_t i = 0; i < out->n && !was_pulled; i++) {
		struct transfer_POINT *p = (struct transfer_POINT *)job->kept + i;
		int32_t x = p->x;

		p->x = (int32_t)p->y;
		p->y = x;
	}
	return push_all(job, &out->turned, sizeof(struct transfer_POINT));
}

static int turn(struct pen_call *call, const struct transfer_Turn_in *in,
		struct transfer_Turn_out *out)
{
	return start(call, in, out, turn_step);
}

static int wait_for_cancel(struct pen_call *call, const struct transfer_Wait_in *in,
			   struct transfer_Wait_out *out)
{
	pen_call_on_cancel(call, given_up, NULL);
	return PEN_PENDING;
}

/* ---- numbers that the client says ---- */

struct question {
	int32_t times;
	struct transfer_Number_in in;
	struct transfer_Number_out answer;
	struct transfer_Ask_out *out;
};

static void answered(struct pen_call *call, int result, void *data)
{
	struct question *q = data;

	if (!result)
		q->out->sum += q->answer.value;
	if (!result && ++q->in.i < q->times)
		result = transfer_Number(call, &q->in, &q->answer, answered, q);
	else if (!result)
		result = PEN_PENDING;
	if (result)
		pen_call_finish(call, result == PEN_PENDING ? 0 : result);
}

static int ask(struct pen_call *call, const struct transfer_Ask_in *in,
	       struct transfer_Ask_out *out)
{
	struct question *q = pen_arena_zalloc(pen_call_arena(call), sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	if (in->times <= 0)
		return 0;
	q->times = in->times;
	q->out = out;
	r = transfer_Number(call, &q->in, &q->answer, answered, q);
	return r ? r : PEN_PENDING;
}

/* ---- handles ---- */

static const struct pen_handle_type counters = { .name = "counter", .rundown = free };

static int open_counter(struct pen_call *call, const struct transfer_Open_in *in,
			struct transfer_Open_out *out)
{
	int32_t *counter = malloc(sizeof(*counter));
	int r;

	if (!counter)
		return -ENOMEM;
	*counter = in->first;
	r = pen_call_handle_new(call, &counters, counter, &out->counter);
	if (r)
		free(counter);
	return r;
}

static int measure(struct pen_call *call, const struct transfer_Measure_in *in,
		   struct transfer_Measure_out *out)
{
	struct stat stat = { 0 };

	if (in->file.is_there && fstat(in->file.fd, &stat))
		return -errno;
	out->size = stat.st_size;
	out->same = in->file;
	return 0;
}

static int add(struct pen_call *call, const struct transfer_Add_in *in,
	       struct transfer_Add_out *out)
{
	void *counter;
	int r = pen_call_handle_get(call, &counters, &in->counter, &counter);

	if (r)
		return r;
	out->total = *(int32_t *)counter += in->n;
	return 0;
}

static int close_counter(struct pen_call *call, const struct transfer_Close_in *in,
			 struct transfer_Close_out *out)
{
	out->counter = in->counter;
	return pen_call_handle_close(call, &counters, &out->counter);
}

static const struct transfer_operations operations = {
	.Put = put,
	.Get = get,
	.Mirror = mirror,
	.Turn = turn,
	.Wait = wait_for_cancel,
	.Measure = measure,
	.Ask = ask,
	.Open = open_counter,
	.Add = add,
	.Close = close_counter,
};

static const struct pen_service service = {
	.interface = &transfer_interface,
	.operations = &operations,
};

static struct pen_server *server;

static void on_signal(int number)
{
	pen_server_stop(server);
}

/* An argument is the directory of a local socket. */
int main(int argc, char **argv)
{
	const struct pen_server_config config = { .ncalrpc_dir = argc > 1 ? argv[1] : NULL };
	const char *binding;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	r = pen_server_new(&server, &config);
	if (!r)
		r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &binding);
	if (!r && config.ncalrpc_dir)
		r = pen_server_listen(server, "ncalrpc:[transfer]", NULL, NULL);
	if (!r) {
		puts(binding);
		fflush(stdout);
		signal(SIGTERM, on_signal);
		r = pen_server_run(server);
	}
	pen_server_free(server);
	return r != 0;
}
