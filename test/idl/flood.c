/* SPDX-License-Identifier: MIT */
/*
 * As much as one likes through pipes, between two processes, each way: flood [MiB]. Each byte is
 * looked at where it arrives, and neither process may become large by it.
 */
#include "stream.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
	PATTERN = 65521, /* a prime: no chunk begins with it */
	PIECE = 32768,
	RESIDENT_MAX = 32 << 10, /* KiB */
};

#if defined(__SANITIZE_ADDRESS__)
enum { HAS_SHADOW = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { HAS_SHADOW = 1 };
#else
enum { HAS_SHADOW = 0 };
#endif
#else
enum { HAS_SHADOW = 0 };
#endif

static uint8_t pattern[PATTERN + PIECE];

static void fill_pattern(void)
{
	uint32_t x = 2463534242u;

	for (size_t i = 0; i < PATTERN; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = (uint8_t)x;
	}
	memcpy(pattern + PATTERN, pattern, PIECE);
}

/* One end of a flood: how much of it there will be, and has been. */
struct end {
	uint64_t max, n;
};

static size_t give_bytes(struct end *end, uint8_t *bytes, size_t max)
{
	size_t n = max < PIECE ? max : PIECE;

	n = end->max - end->n < n ? (size_t)(end->max - end->n) : n;
	memcpy(bytes, pattern + end->n % PATTERN, n);
	end->n += n;
	return n;
}

static int take_bytes(struct end *end, const uint8_t *bytes, size_t n)
{
	while (n) {
		size_t some = n < PIECE ? n : PIECE;

		if (memcmp(bytes, pattern + end->n % PATTERN, some))
			return -EBADMSG;
		bytes += some;
		end->n += some;
		n -= some;
	}
	return 0;
}

/* ---- the server ---- */

struct flood {
	struct pen_call *call;
	const struct pen_call_pipe *in, *out;
	struct end come, go;
	int64_t *n;
	bool is_whole; /* what comes */
};

static int pull(struct flood *flood)
{
	uint8_t bytes[PIECE];
	size_t n;
	int r;

	while (!(r = pen_call_pull(flood->call, flood->in, bytes, sizeof(bytes), &n)) && n) {
		r = take_bytes(&flood->come, bytes, n);
		if (r)
			return r;
	}
	return r;
}

static int push(struct flood *flood)
{
	uint8_t bytes[PIECE];
	int r = 0;

	while (!r && flood->go.n < flood->go.max) {
		struct end before = flood->go;
		size_t n = give_bytes(&flood->go, bytes, sizeof(bytes));

		r = pen_call_push(flood->call, flood->out, bytes, n);
		if (r)
			flood->go = before;
	}
	return r;
}

static int go_on(struct flood *flood)
{
	int r = 0;

	if (flood->in && !flood->is_whole)
		r = pull(flood);
	if (!r) {
		flood->is_whole = true;
		*flood->n = (int64_t)flood->come.n;
	}
	if (!r && flood->out)
		r = push(flood);
	return r;
}

static void on_flow(struct pen_call *call, void *data)
{
	int r = go_on(data);

	if (r != PEN_E_AGAIN)
		pen_call_finish(call, r);
}

static int start(struct pen_call *call, const struct pen_call_pipe *in,
		 const struct pen_call_pipe *out, uint64_t max, int64_t *n)
{
	struct flood *flood = pen_arena_zalloc(pen_call_arena(call), sizeof(*flood));
	int r;

	if (!flood)
		return -ENOMEM;
	*flood = (struct flood){ .call = call, .in = in, .out = out, .go.max = max, .n = n };
	pen_call_on_flow(call, on_flow, flood);
	r = go_on(flood);
	return r == PEN_E_AGAIN ? PEN_PENDING : r;
}

static int up(struct pen_call *call, const struct stream_Up_in *in, struct stream_Up_out *out)
{
	return start(call, &in->data, NULL, 0, &out->n);
}

static int down(struct pen_call *call, const struct stream_Down_in *in, struct stream_Down_out *out)
{
	int64_t *n = pen_arena_zalloc(pen_call_arena(call), sizeof(*n));

	return n ? start(call, NULL, &out->data, (uint64_t)in->n, n) : -ENOMEM;
}

static int through(struct pen_call *call, const struct stream_Through_in *in,
		   struct stream_Through_out *out)
{
	return start(call, &in->data, &out->back, (uint64_t)in->n, &out->taken);
}

static int serve(int fd)
{
	static const struct stream_operations operations = { .Up = up,
							     .Down = down,
							     .Through = through };
	static const struct pen_service service = { .interface = &stream_interface,
						    .operations = &operations };
	struct pen_server *server;
	const char *binding;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = pen_server_new(&server, NULL);
	if (!r)
		r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &binding);
	if (!r && write(fd, binding, strlen(binding) + 1) < 0)
		r = -errno;
	close(fd);
	return r ? r : pen_server_run(server);
}

/* ---- the client ---- */

static int give(void *data, void *elements, size_t max, size_t *np)
{
	*np = give_bytes(data, elements, max);
	return 0;
}

static int take(void *data, const void *elements, size_t n)
{
	return take_bytes(data, elements, n);
}

/* The most that a process has ever had resident, in KiB. */
static long resident(pid_t pid)
{
	char path[40], line[200];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %ld", &kib);
	if (file)
		fclose(file);
	return kib;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

enum way { UP, DOWN, THROUGH, N_WAYS };
static const char *const ways[] = { "up", "down", "up, then down" };

static int call_way(struct pen_call *call, enum way way, struct end *go, struct end *come,
		    int64_t *taken)
{
	const struct pen_call_pipe in = { .pull = give, .data = go };
	const struct pen_call_pipe out = { .push = take, .data = come };
	struct stream_Down_out to = { .data = out };
	struct stream_Through_out both = { .back = out };
	struct stream_Up_out from = { 0 };
	int r;

	switch (way) {
	case UP:
		r = stream_Up(call, &(struct stream_Up_in){ .data = in }, &from);
		*taken = from.n;
		return r;
	case DOWN:
		*taken = 0;
		return stream_Down(call, &(struct stream_Down_in){ .n = (int64_t)come->max }, &to);
	default:
		r = stream_Through(
			call, &(struct stream_Through_in){ .n = (int64_t)come->max, .data = in },
			&both);
		*taken = both.taken;
		return r;
	}
}

static int check(enum way way, uint64_t max, pid_t server, struct pen_call *call)
{
	struct end go = { .max = way == DOWN ? 0 : max }, come = { .max = way == UP ? 0 : max };
	double begin = seconds(), took;
	long here, there;
	int64_t taken;
	int r = call_way(call, way, &go, &come, &taken);

	took = seconds() - begin;
	here = resident(getpid());
	there = resident(server);
	printf("%s: %.0f MiB in %.2f s, %.0f MiB/s; resident at most %ld KiB here, %ld KiB there\n",
	       ways[way], (double)max / 1048576, took, (double)(go.n + come.n) / took / 1048576,
	       here, there);
	if (r || go.n != go.max || come.n != come.max || (uint64_t)taken != go.max) {
		fprintf(stderr, "%s: %d, %s; %llu of %llu went, %llu came, %lld taken\n", ways[way],
			r, pen_call_error(call), (unsigned long long)go.n, (unsigned long long)max,
			(unsigned long long)come.n, (long long)taken);
		return 1;
	}
	if (!HAS_SHADOW && (here > RESIDENT_MAX || there > RESIDENT_MAX)) {
		fprintf(stderr, "%s: more than %d KiB are resident\n", ways[way], RESIDENT_MAX);
		return 1;
	}
	return 0;
}

static int flood(const char *binding, uint64_t max, pid_t server)
{
	struct pen_client *client = NULL;
	struct pen_call *call = NULL;
	int failed = pen_client_new(&client, binding, NULL, NULL) || pen_call_new(&call, client);

	for (int way = 0; !failed && way < N_WAYS; way++)
		failed = check(way, max, server, call);
	pen_call_free(call);
	pen_client_free(client);
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t max = (argc > 1 ? strtoull(argv[1], NULL, 10) : 64) << 20;
	char binding[200] = "";
	int fds[2], failed;
	pid_t pid;

	fill_pattern();
	if (pipe(fds))
		return 2;
	pid = fork();
	if (!pid) {
		close(fds[0]);
		_exit(serve(fds[1]) != 0);
	}
	close(fds[1]);
	if (pid < 0 || read(fds[0], binding, sizeof(binding) - 1) <= 0)
		return 2;
	failed = flood(binding, max, pid);
	kill(pid, SIGTERM);
	return failed;
}
