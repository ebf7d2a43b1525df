/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of operations on both ends of a pipe, and the same on the pure engine: each
 * status, count and byte is the same. The client's end is in this process or in another one, which
 *may be stopped, delayed or killed meanwhile.
 *
 *	model one|two|stopped|killed [sequences [seed]]
 */
#include "np/end.h"
#include "support/unit.h"
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SRV = PEN_CHANNEL_SERVER,
	CLI = PEN_CHANNEL_CLIENT,
	SLOTS = 4,
	BYTES = 64,
	STEPS = 40,
	LONG_MS = 60000
};

enum verb {
	READ,
	WRITE,
	FLUSH,
	TRANSACT,
	CANCEL,
	POLL,
	PEEK,
	MODES,
	INFO,
	DISCONNECT,
	CLOSE,
	N_VERBS
};

struct command {
	enum verb verb;
	unsigned slot;
	uint32_t n;
	uint32_t modes[2];
	uint8_t bytes[BYTES];
};

struct reply {
	uint32_t status;
	uint32_t information;
	uint32_t more[4];
	uint8_t bytes[BYTES];
};

/* ---- the real ends ---- */

struct site {
	struct pen_end end;
	int life; /* the server's */
	bool is_used[SLOTS];
	struct pen_pipe_op ops[SLOTS];
	uint8_t bytes[SLOTS][BYTES];
};

static void give(struct site *site, unsigned slot, struct reply *reply)
{
	const struct pen_pipe_op *op = &site->ops[slot];

	reply->status = op->status;
	if (op->status == PEN_STATUS_PENDING)
		return;
	site->is_used[slot] = false;
	reply->information = op->information;
	if (op->own.kind == PEN_END_READ || op->own.kind == PEN_END_TRANSACT)
		memcpy(reply->bytes, site->bytes[slot], op->information);
}

static void start(struct site *site, const struct command *c, enum pen_end_kind kind,
		  struct reply *reply)
{
	bool reads = kind == PEN_END_READ,
	     writes = kind == PEN_END_WRITE || kind == PEN_END_TRANSACT;
	uint32_t size = reads || kind == PEN_END_TRANSACT ? c->modes[0] : 0;

	memset(&site->ops[c->slot], 0, sizeof(site->ops[c->slot]));
	site->is_used[c->slot] = true;
	pen_end_start(&site->end, &site->ops[c->slot], kind, writes ? c->bytes : NULL,
		      writes ? c->n : 0, site->bytes[c->slot], size);
	give(site, c->slot, reply);
}

static void look_at(struct site *site, const struct command *c, struct reply *reply)
{
	struct pen_channel *channel;
	struct pen_channel_peek peek = { 0 };
	struct pen_channel_info info = { 0 };
	const struct pen_channel_modes modes = { c->modes[0], c->modes[1] };

	assert_int_equal(pen_end_enter(&site->end, LONG_MS), 0);
	channel = pen_end_channel(&site->end);
	if (c->verb == PEEK) {
		reply->status =
			pen_channel_peek(channel, site->end.side, reply->bytes, c->n, &peek);
		memcpy(reply->more, &peek, sizeof(reply->more));
	} else if (c->verb == INFO) {
		reply->status = pen_channel_get_info(channel, site->end.side, &info);
		memcpy(reply->more, &info, offsetof(struct pen_channel_info, has_read));
	} else {
		reply->status = pen_channel_set_modes(channel, site->end.side, &modes);
	}
	pen_end_leave(&site->end);
}

static void do_real(struct site *site, const struct command *c, struct reply *reply)
{
	static const enum pen_end_kind kinds[] = { PEN_END_READ, PEN_END_WRITE, PEN_END_FLUSH,
						   PEN_END_TRANSACT };

	memset(reply, 0, sizeof(*reply));
	switch (c->verb) {
	case READ:
	case WRITE:
	case FLUSH:
	case TRANSACT:
		start(site, c, kinds[c->verb], reply);
		break;
	case CANCEL:
		reply->status = pen_end_cancel(&site->end, &site->ops[c->slot]);
		break;
	case POLL:
		pen_end_dispatch(&site->end);
		give(site, c->slot, reply);
		break;
	case DISCONNECT:
		reply->status = pen_end_disconnect(&site->end, LONG_MS);
		break;
	case CLOSE:
		pen_end_close(&site->end, site->life);
		break;
	default:
		look_at(site, c, reply);
	}
}

/* ---- the model ---- */

struct model {
	struct pen_channel channel;
	void *block;
	uint8_t *rings[2][PEN_CHANNEL_CLASSES];
	unsigned numbers[2][SLOTS];
	bool is_used[2][SLOTS];
	uint32_t sizes[2][SLOTS];
};

static uint8_t *ring(void *data, unsigned queue, unsigned size_class)
{
	struct model *model = data;
	uint8_t **place = &model->rings[queue][size_class];

	if (!*place)
		*place =
			calloc(1, pen_channel_ring_size(&model->channel.config, queue, size_class));
	return *place;
}

static void leave(void *data, unsigned queue, unsigned size_class)
{
	struct model *model = data;

	free(model->rings[queue][size_class]);
	model->rings[queue][size_class] = NULL;
}

static void model_open(struct model *model, const struct pen_channel_config *config)
{
	const struct pen_channel_memory memory = { model, ring, leave };

	memset(model, 0, sizeof(*model));
	model->block = calloc(1, pen_channel_block_size());
	pen_channel_init(&model->channel, model->block, config, &memory);
	pen_channel_begin(&model->channel, config->is_message, false);
	pen_channel_connect(&model->channel);
}

static void model_close(struct model *model)
{
	for (unsigned q = 0; q < 2; q++)
		for (unsigned c = 0; c < PEN_CHANNEL_CLASSES; c++)
			free(model->rings[q][c]);
	free(model->block);
}

static void start_in_model(struct model *model, unsigned end, const struct command *c,
			   struct reply *reply)
{
	const struct pen_channel_caller caller = { end, 1 + end, 0 };
	struct pen_channel *channel = &model->channel;
	struct pen_channel_result result = { 0 };

	if (c->verb == READ)
		reply->status =
			pen_channel_read(channel, &caller, reply->bytes, c->modes[0], &result);
	else if (c->verb == WRITE)
		reply->status = pen_channel_write(channel, &caller, c->bytes, c->n, &result);
	else if (c->verb == FLUSH)
		reply->status = pen_channel_flush(channel, &caller, &result);
	else
		reply->status = pen_channel_transact(channel, &caller, c->bytes, c->n, c->modes[0],
						     &result);
	if (reply->status != PEN_STATUS_PENDING)
		reply->information = result.information;
	model->is_used[end][c->slot] = reply->status == PEN_STATUS_PENDING;
	model->numbers[end][c->slot] = result.op;
	model->sizes[end][c->slot] = c->modes[0];
}

static void do_model(struct model *model, unsigned end, const struct command *c,
		     struct reply *reply)
{
	struct pen_channel *channel = &model->channel;
	const struct pen_channel_modes modes = { c->modes[0], c->modes[1] };
	struct pen_channel_result result = { 0 };
	struct pen_channel_peek peek = { 0 };
	struct pen_channel_info info = { 0 };

	memset(reply, 0, sizeof(*reply));
	switch (c->verb) {
	case READ:
	case WRITE:
	case FLUSH:
	case TRANSACT:
		start_in_model(model, end, c, reply);
		break;
	case CANCEL:
		reply->status = pen_channel_cancel(channel, end, model->numbers[end][c->slot]);
		break;
	case POLL:
		reply->status =
			pen_channel_fetch(channel, end, model->numbers[end][c->slot], reply->bytes,
					  model->sizes[end][c->slot], &result);
		model->is_used[end][c->slot] = reply->status == PEN_STATUS_PENDING;
		if (reply->status != PEN_STATUS_PENDING)
			reply->information = result.information;
		break;
	case DISCONNECT:
		reply->status = pen_channel_disconnect(channel);
		break;
	case CLOSE:
		pen_channel_close(channel, end);
		break;
	case PEEK:
		reply->status = pen_channel_peek(channel, end, reply->bytes, c->n, &peek);
		memcpy(reply->more, &peek, sizeof(reply->more));
		break;
	case INFO:
		reply->status = pen_channel_get_info(channel, end, &info);
		memcpy(reply->more, &info, offsetof(struct pen_channel_info, has_read));
		break;
	default:
		reply->status = pen_channel_set_modes(channel, end, &modes);
	}
}

/* ---- a sequence ---- */

struct world {
	struct site sites[2];
	struct model model;
	pid_t pid;  /* where the client's end is; 0: here */
	int socket; /* to there */
	bool is_closed[2];
};

static void serve_commands(struct site *site, int socket)
{
	struct command command;
	struct reply reply = { 0 };

	assert_int_equal(send(socket, &reply, 1, 0), 1);
	while (recv(socket, &command, sizeof(command), 0) == sizeof(command)) {
		do_real(site, &command, &reply);
		if (send(socket, &reply, sizeof(reply), 0) < 0)
			break;
	}
	_exit(0);
}

static void fork_client(struct world *world)
{
	int fds[2];
	char ready;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	world->pid = fork();
	assert_true(world->pid >= 0);
	if (!world->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		close(world->sites[SRV].life);
		serve_commands(&world->sites[CLI], fds[1]);
	}
	close(fds[1]);
	world->socket = fds[0];
	/* The other one has only its own end now. */
	assert_int_equal(recv(fds[0], &ready, 1, 0), 1);
	/* The handle here is closed; the one there is left. */
	pen_end_close(&world->sites[CLI].end, -1);
}

static void open_world(struct world *world, bool is_far)
{
	const struct pen_channel_config config = {
		.is_message = rand() % 2,
		.configuration = PEN_CHANNEL_DUPLEX,
		.quotas = { (uint32_t)rand() % 100, (uint32_t)rand() % 100 },
	};
	struct pen_link_parts parts;
	struct pen_link *link;
	int life, fds[2];

	memset(world, 0, sizeof(*world));
	assert_int_equal(pen_link_make(&link, &config, config.is_message, false, &life), 0);
	assert_int_equal(pen_link_copy_parts(link, &parts), 0);
	pen_end_init(&world->sites[SRV].end, SRV, link);
	assert_int_equal(pipe(fds), 0);
	close(parts.peer_life);
	parts.life = life;
	parts.peer_life = fds[0];
	world->sites[SRV].life = fds[1];
	world->sites[CLI].life = -1;
	assert_int_equal(pen_link_take(&link, CLI, &config, &parts), 0);
	pen_end_init(&world->sites[CLI].end, CLI, link);
	assert_int_equal(pen_end_enter(&world->sites[CLI].end, LONG_MS), 0);
	assert_int_equal(pen_channel_connect(pen_end_channel(&world->sites[CLI].end)), 0);
	pen_end_leave(&world->sites[CLI].end);
	model_open(&world->model, &config);
	if (is_far)
		fork_client(world);
}

/* False: the far end was killed before it answered. */
static bool do_it(struct world *world, unsigned end, const struct command *c, struct reply *reply)
{
	if (end == SRV || !world->pid) {
		do_real(&world->sites[end], c, reply);
		return true;
	}
	return send(world->socket, c, sizeof(*c), MSG_NOSIGNAL) == sizeof(*c) &&
	       recv(world->socket, reply, sizeof(*reply), 0) == sizeof(*reply);
}

static void expect_same(const struct command *c, unsigned end, const struct reply *real,
			const struct reply *model)
{
	if (!memcmp(real, model, sizeof(*real)))
		return;
	fail_msg("verb %d at end %u: 0x%x (%u: %u %u %u) and not 0x%x (%u: %u %u %u)", c->verb, end,
		 real->status, real->information, real->more[0], real->more[1], real->more[2],
		 model->status, model->information, model->more[0], model->more[1], model->more[2]);
}

static void choose(struct world *world, unsigned end, struct command *c)
{
	memset(c, 0, sizeof(*c));
	c->slot = (unsigned)rand() % SLOTS;
	c->verb = (enum verb)(rand() % CLOSE);
	if (!(rand() % 60))
		c->verb = CLOSE;
	if (c->verb == DISCONNECT && (end == CLI || rand() % 8))
		c->verb = WRITE;
	if (c->verb <= TRANSACT && world->model.is_used[end][c->slot])
		c->verb = POLL;
	if ((c->verb == CANCEL || c->verb == POLL) && !world->model.is_used[end][c->slot])
		c->verb = INFO;
	c->n = (uint32_t)rand() % BYTES;
	c->modes[0] = c->verb == MODES ? (uint32_t)rand() % 2 : (uint32_t)rand() % BYTES;
	c->modes[1] = c->verb == MODES && !(rand() % 4);
	for (unsigned i = 0; i < c->n; i++)
		c->bytes[i] = (uint8_t)rand();
}

static void step(struct world *world)
{
	unsigned end = (unsigned)rand() % 2;
	struct command command;
	struct reply real, model;

	if (world->is_closed[end])
		end ^= 1;
	if (world->is_closed[end])
		return;
	choose(world, end, &command);
	assert_true(do_it(world, end, &command, &real));
	do_model(&world->model, end, &command, &model);
	expect_same(&command, end, &real, &model);
	world->is_closed[end] = command.verb == CLOSE;
}

/* What still waits at the server's end, and all that can be read there. */
static void expect_rest(struct world *world)
{
	struct command command = { .verb = POLL };
	struct reply real, model;

	for (unsigned i = 0; i < SLOTS; i++) {
		command.slot = i;
		if (!world->model.is_used[SRV][i])
			continue;
		do_real(&world->sites[SRV], &command, &real);
		do_model(&world->model, SRV, &command, &model);
		expect_same(&command, SRV, &real, &model);
	}
	command = (struct command){ .verb = PEEK, .n = BYTES };
	do_real(&world->sites[SRV], &command, &real);
	do_model(&world->model, SRV, &command, &model);
	expect_same(&command, SRV, &real, &model);
}

static void close_world(struct world *world)
{
	struct command command = { .verb = CLOSE };
	struct reply reply;

	for (unsigned end = 0; end < 2; end++)
		if (!world->is_closed[end])
			do_it(world, end, &command, &reply);
	if (world->pid) {
		close(world->socket);
		kill(world->pid, SIGKILL);
		assert_int_equal(waitpid(world->pid, NULL, 0), world->pid);
	}
	model_close(&world->model);
}

/* ---- what is done to the other process ---- */

/* Stops and continues the other one, until it is ended itself. It has no end. */
static pid_t start_stopper(const struct world *world)
{
	pid_t pid = world->pid, stopper;
	int fds[2];
	char ready = 0;

	assert_int_equal(pipe(fds), 0);
	stopper = fork();
	if (stopper) {
		close(fds[1]);
		assert_int_equal(read(fds[0], &ready, 1), 1);
		close(fds[0]);
		return stopper;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(world->sites[SRV].life);
	assert_int_equal(write(fds[1], &ready, 1), 1);
	srand((unsigned)getpid());
	for (;;) {
		kill(pid, SIGSTOP);
		usleep((unsigned)rand() % 300);
		kill(pid, SIGCONT);
		usleep((unsigned)rand() % 300);
	}
}

static void end_stopper(pid_t stopper, pid_t pid)
{
	kill(stopper, SIGKILL);
	waitpid(stopper, NULL, 0);
	kill(pid, SIGCONT);
}

/*
 * The client is killed while it works on a command: that was done or not, and then its end is
 * closed.
 */
static void kill_within(struct world *world)
{
	struct command command, close_it = { .verb = CLOSE };
	struct reply ignored;

	if (world->is_closed[CLI] || world->is_closed[SRV])
		return;
	do
		choose(world, CLI, &command);
	while (command.verb == WRITE || command.verb == CANCEL || command.verb == TRANSACT ||
	       command.verb == READ || command.verb == POLL || command.verb == CLOSE ||
	       command.verb == MODES);
	send(world->socket, &command, sizeof(command), MSG_NOSIGNAL);
	for (int i = rand() % 300; i > 0; i--)
		__asm__ volatile("" ::: "memory");
	kill(world->pid, SIGKILL);
	waitpid(world->pid, NULL, 0);
	do_model(&world->model, CLI, &close_it, &ignored);
	world->is_closed[CLI] = true;
	expect_rest(world);
	close(world->socket);
	world->pid = 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "one";
	bool is_far = strcmp(how, "one") != 0, is_stopped = !strcmp(how, "stopped");
	bool is_killed = !strcmp(how, "killed");
	unsigned all = is_far ? 20000 : 1000000, few = is_stopped ? 40 : is_far ? 300 : 5000;
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : getenv("PEN_TEST_ALL") ? all : few;
	unsigned seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)time(NULL);
	static struct world world;

	printf("%s: %u sequences, seed %u\n", how, n, seed);
	fflush(stdout);
	srand(seed);
	for (unsigned i = 0; i < n; i++) {
		pid_t stopper = 0;

		open_world(&world, is_far);
		if (is_stopped)
			stopper = start_stopper(&world);
		for (unsigned k = (unsigned)rand() % STEPS; k > 0; k--)
			step(&world);
		if (is_killed)
			kill_within(&world);
		if (stopper)
			end_stopper(stopper, world.pid);
		close_world(&world);
	}
	return 0;
}
