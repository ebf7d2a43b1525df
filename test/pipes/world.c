/* SPDX-License-Identifier: MIT */
#include "pipes/world.h"
#include <errno.h>
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the configuration. */
#define ALIAS "row-alias=row-aliased"

bool world_is_two;

static struct {
	char objects[128];
	pid_t manager;
	pid_t clients; /* 0: here */
	int socket;
	unsigned n_rows;
	char name[SITE_TEXT];
	char other[SITE_TEXT];
	unsigned n_ops;
	unsigned op_ends[SITE_OPS];
	struct site_call call;
} world;

/* ---- the object manager ---- */

static void start_manager(const char *program)
{
	world.manager = fork();
	if (world.manager == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(program, program, "--directory", world.objects, "--alias", ALIAS,
		      (char *)NULL);
		_exit(127);
	}
}

int world_begin(void **state)
{
	static char program[512];
	const char *named = getenv("PENSTOCK_OBJECTD");

	if (!program[0] && named)
		snprintf(program, sizeof(program), "%s", named);
	if (!program[0]) {
		fprintf(stderr, "PENSTOCK_OBJECTD is to name the object manager\n");
		return -1;
	}
	snprintf(world.objects, sizeof(world.objects), "%s/penstock-rows.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(world.objects))
		return -1;
	chmod(world.objects, 0755);
	setenv("PENSTOCK_OBJECTS_DIR", world.objects, 1);
	start_manager(program);
	/* While nobody answers, nobody else is to be started. */
	setenv("PENSTOCK_OBJECTD", "/nonexistent", 1);
	for (unsigned i = 0; i < 2000; i++) {
		if (pen_pipe_wait_name("\\\\.\\pipe\\none", 1, NULL) ==
		    PEN_STATUS_OBJECT_NAME_NOT_FOUND)
			return 0;
		usleep(10000);
	}
	fprintf(stderr, "%s does not answer\n", program);
	return -1;
}

int world_end(void **state)
{
	char command[160];

	if (world.manager <= 0)
		return 0;
	kill(world.manager, SIGTERM);
	waitpid(world.manager, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", world.objects);
	return system(command);
}

/* ---- the other process ---- */

static bool send_call(int fd, const struct site_call *call)
{
	return send(fd, call, sizeof(*call), MSG_NOSIGNAL) == sizeof(*call);
}

static bool receive_call(int fd, struct site_call *call)
{
	return recv(fd, call, sizeof(*call), 0) == sizeof(*call);
}

static void be_clients(int fd, int handles)
{
	static struct site_call call;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	site_set_socket(handles);
	while (receive_call(fd, &call)) {
		site_do(&call);
		if (!send_call(fd, &call))
			break;
	}
	_exit(0);
}

static int start_clients(void)
{
	const struct timeval patience = { .tv_sec = 3 * LONG_MS / 1000 };
	int calls[2], handles[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, handles))
		return -1;
	site_set_socket(handles[0]);
	world.clients = 0;
	if (!world_is_two)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, calls))
		return -1;
	world.clients = fork();
	if (world.clients == 0) {
		close(calls[0]);
		close(handles[0]);
		be_clients(calls[1], handles[1]);
	}
	close(calls[1]);
	close(handles[1]);
	world.socket = calls[0];
	setsockopt(calls[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

void site_of(unsigned end, struct site_call *call)
{
	call->end = end;
	if (!world.clients || end % 2 == 0) {
		site_do(call);
		return;
	}
	if (!send_call(world.socket, call) || !receive_call(world.socket, call))
		fail_msg("the clients' process does not answer");
}

struct site_call *ask(enum site_verb verb, unsigned end)
{
	memset(&world.call, 0, sizeof(world.call));
	world.call.verb = verb;
	site_of(end, &world.call);
	return &world.call;
}

/* ---- a test ---- */

int row_begin(void **state)
{
	snprintf(world.name, sizeof(world.name), "\\\\.\\pipe\\row-%u", world.n_rows++);
	world.n_ops = 0;
	return start_clients();
}

int row_end(void **state)
{
	if (world.clients > 0)
		clients_killed();
	if (world_is_two)
		close(world.socket);
	site_do(&(struct site_call){ .verb = SITE_RESET });
	return 0;
}

const char *pipe_name(void)
{
	return world.name;
}

const char *pipe_name_of(const char *suffix)
{
	snprintf(world.other, sizeof(world.other), "%.200s%.300s", world.name, suffix);
	return world.other;
}

static const char *name_of(uint32_t status)
{
	const char *name = pen_ntstatus_name(status);

	return name ? name : "a status without a name";
}

void expect_status(uint32_t status, uint32_t expected, const char *what, const char *file, int line)
{
	if (status == expected)
		return;
	print_error("%s: %s (%#x), not %s\n", what, name_of(status), status, name_of(expected));
	_fail(file, line);
}

static void set_name(struct site_call *call, const char *name)
{
	if (!name)
		return;
	call->has_name = true;
	snprintf(call->name, sizeof(call->name), "%s", name);
}

/* ---- the beginning and the end ---- */

struct pen_pipe_config config_of(bool is_message, uint32_t quota)
{
	static uint32_t quotas[2];

	quotas[0] = quota;
	quotas[1] = quota;
	return (struct pen_pipe_config){
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = is_message,
		.is_message_mode = is_message,
		.quotas = quotas,
	};
}

uint32_t create_secured(unsigned end, const char *name, const struct pen_pipe_config *config,
			const char *sddl)
{
	struct site_call call = { .verb = SITE_CREATE, .config = *config };

	set_name(&call, name);
	if (config->quotas) {
		call.has_quotas = true;
		memcpy(call.quotas, config->quotas, sizeof(call.quotas));
	}
	if (sddl)
		snprintf(call.sddl, sizeof(call.sddl), "%s", sddl);
	site_of(end, &call);
	world.call = call;
	return call.status;
}

uint32_t create(unsigned end, const char *name, const struct pen_pipe_config *config)
{
	return create_secured(end, name, config, NULL);
}

uint32_t open_end(unsigned end, const char *name, uint32_t access)
{
	struct site_call call = { .verb = SITE_OPEN, .has_open = true, .open.access = access };

	set_name(&call, name);
	site_of(end, &call);
	return call.status;
}

void made(unsigned end, const struct pen_pipe_config *config)
{
	expect(create(end, pipe_name(), config), PEN_STATUS_SUCCESS);
}

void make(unsigned end, bool is_message, uint32_t quota)
{
	struct pen_pipe_config config = config_of(is_message, quota);

	made(end, &config);
}

void opened(unsigned end)
{
	struct site_call call = { .verb = SITE_OPEN };

	set_name(&call, pipe_name());
	site_of(end, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
}

void connected(bool is_message, uint32_t quota)
{
	make(SRV, is_message, quota);
	opened(CLI);
	if (is_message)
		set_modes(CLI, 1, 0);
}

void connected_as(const struct pen_pipe_config *config, uint32_t access)
{
	made(SRV, config);
	expect(open_end(CLI, pipe_name(), access), PEN_STATUS_SUCCESS);
}

void closed(unsigned end)
{
	ask(SITE_FREE, end);
}

void disconnected(unsigned end)
{
	expect(ask(SITE_DISCONNECT, end)->status, PEN_STATUS_SUCCESS);
}

void clients_killed(void)
{
	kill(world.clients, SIGKILL);
	waitpid(world.clients, NULL, 0);
	world.clients = -1;
}

void closes_soon(unsigned end)
{
	for (unsigned i = 0; i < 2000; i++) {
		if (ask(SITE_PEEK, end)->peek.state != 3 || world.call.status)
			return;
		usleep(LONG_MS / 2);
	}
	fail_msg("it is still connected");
}

void emptied_soon(unsigned end)
{
	for (unsigned i = 0; i < 2000; i++) {
		if (!ask(SITE_PEEK, end)->peek.available)
			return;
		usleep(LONG_MS / 2);
	}
	fail_msg("something is to be read");
}

void set_modes(unsigned end, uint32_t read_mode, uint32_t completion_mode)
{
	struct site_call call = { .verb = SITE_SET_MODES,
				  .numbers = { read_mode, completion_mode } };

	site_of(end, &call);
	expect(call.status, PEN_STATUS_SUCCESS);
}

/* ---- data ---- */

/* Starts an operation; what it came to is in world.call. */
static unsigned begin(enum site_verb verb, unsigned end, const char *text, uint32_t n,
		      uint32_t size)
{
	struct site_call *call = &world.call;

	assert_true(world.n_ops < SITE_OPS);
	memset(call, 0, sizeof(*call));
	call->verb = verb;
	call->op = world.n_ops;
	call->size = size;
	call->n = n;
	if (text)
		memcpy(call->bytes, text, n);
	else
		memset(call->bytes, 'x', n);
	world.op_ends[world.n_ops] = end;
	site_of(end, call);
	return world.n_ops++;
}

static void expect_text(const char *text)
{
	assert_int_equal(world.call.information, strlen(text));
	assert_memory_equal(world.call.bytes, text, strlen(text));
}

void put(unsigned end, const char *text)
{
	put_some(end, text, (uint32_t)strlen(text));
}

void put_some(unsigned end, const char *text, uint32_t n)
{
	begin(SITE_WRITE, end, text, (uint32_t)strlen(text), 0);
	expect(world.call.status, PEN_STATUS_SUCCESS);
	assert_int_equal(world.call.information, n);
}

void put_n(unsigned end, uint32_t n)
{
	begin(SITE_WRITE, end, NULL, n, 0);
	expect(world.call.status, PEN_STATUS_SUCCESS);
	assert_int_equal(world.call.information, n);
}

void get(unsigned end, uint32_t size, const char *text)
{
	begin(SITE_READ, end, NULL, 0, size);
	expect(world.call.status, PEN_STATUS_SUCCESS);
	expect_text(text);
}

void get_later(unsigned end, const char *text)
{
	unsigned op = begin(SITE_READ, end, NULL, 0, 100);

	if (world.call.status == PEN_STATUS_PENDING)
		ends_with(op, PEN_STATUS_SUCCESS, text);
	else
		expect(world.call.status, PEN_STATUS_SUCCESS);
	expect_text(text);
}

void get_part(unsigned end, uint32_t size, const char *text)
{
	begin(SITE_READ, end, NULL, 0, size);
	expect(world.call.status, PEN_STATUS_BUFFER_OVERFLOW);
	expect_text(text);
}

void refused(enum site_verb verb, unsigned end, uint32_t status)
{
	begin(verb, end, "x", 1, 9);
	expect(world.call.status, status);
}

unsigned start(enum site_verb verb, unsigned end, const char *text, uint32_t size)
{
	unsigned op = begin(verb, end, text ? text : "", text ? (uint32_t)strlen(text) : 0, size);

	expect(world.call.status, PEN_STATUS_PENDING);
	return op;
}

unsigned start_read(unsigned end, uint32_t size)
{
	return start(SITE_READ, end, NULL, size);
}

unsigned start_write(unsigned end, const char *text)
{
	return start(SITE_WRITE, end, text, 0);
}

static void await(unsigned op, int wait_ms)
{
	memset(&world.call, 0, sizeof(world.call));
	world.call.verb = SITE_WAIT;
	world.call.op = op;
	world.call.wait_ms = wait_ms;
	site_of(world.op_ends[op], &world.call);
}

void still_waits(unsigned op)
{
	await(op, SHORT_MS);
	expect(world.call.status, PEN_STATUS_IO_TIMEOUT);
}

void ends(unsigned op, uint32_t status, uint32_t information)
{
	await(op, LONG_MS);
	expect(world.call.status, status);
	assert_int_equal(world.call.information, information);
}

void ends_with(unsigned op, uint32_t status, const char *text)
{
	await(op, LONG_MS);
	expect(world.call.status, status);
	expect_text(text);
}

void cancelled(unsigned op)
{
	struct site_call call = { .verb = SITE_CANCEL, .op = op };

	site_of(world.op_ends[op], &call);
	expect(call.status, PEN_STATUS_SUCCESS);
	ends(op, PEN_STATUS_CANCELLED, 0);
}

void seen(unsigned end, uint32_t size, uint32_t status, const char *text, uint32_t available,
	  uint32_t message_size, uint32_t n_messages)
{
	struct site_call call = { .verb = SITE_PEEK, .size = size };

	site_of(end, &call);
	expect(call.status, status);
	assert_int_equal(call.peek.n, strlen(text));
	assert_memory_equal(call.bytes, text, strlen(text));
	assert_int_equal(call.peek.available, available);
	assert_int_equal(call.peek.message_size, message_size);
	assert_int_equal(call.peek.n_messages, n_messages);
}

/* What takes a thread at its site. */
static unsigned start_thread(struct site_call *call, unsigned end)
{
	call->op = world.n_ops;
	set_name(call, pipe_name());
	site_of(end, call);
	expect(call->status, PEN_STATUS_PENDING);
	world.op_ends[world.n_ops] = end;
	return world.n_ops++;
}

unsigned start_wait_name(unsigned end, int wait_ms)
{
	struct site_call call = { .verb = SITE_START_WAIT_NAME, .wait_ms = wait_ms };

	return start_thread(&call, end);
}

unsigned start_call(unsigned end, const char *question, uint32_t size)
{
	struct site_call call = { .verb = SITE_CALL, .wait_ms = LONG_MS, .size = size };

	call.n = (uint32_t)strlen(question);
	memcpy(call.bytes, question, call.n);
	return start_thread(&call, end);
}
