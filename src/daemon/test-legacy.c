/* SPDX-License-Identifier: MIT */
/*
 * What one image leaves and the next one finds: as it was, each descriptor once, and nothing else;
 * and processes that go on.
 */
#include "daemon/bequest.h"
#include "daemon/child.h"
#include "daemon/inquiry.h"
#include "daemon/legacy.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct pen_layout layout = { .transfer = PEN_NDR };

/* ---- what is left, and found ---- */

static struct heritage_door door_at(int32_t fd)
{
	return (struct heritage_door){
		.listed = "ncacn_ip_tcp:",
		.wanted = "ncacn_ip_tcp:127.0.0.1",
		.binding = "ncacn_ip_tcp:127.0.0.1[49152]",
		.fd = fd,
		.directory = "",
		.name = "",
	};
}

struct sample {
	struct bequest bequest;
	struct heritage_heritage heritage;
	struct heritage_estate estate;
	struct heritage_door doors[2];
	struct heritage_process process;
	struct heritage_crew crew;
	int fds[3];
};

static int sample_write(struct sample *sample)
{
	int r = 0;

	*sample = (struct sample){ .fds = { -1, -1, -1 } };
	bequest_init(&sample->bequest);
	for (size_t i = 0; !r && i < PEN_COUNT(sample->fds); i++) {
		int32_t letter = -1;

		/* Not in the order of their numbers. */
		sample->fds[i] = fcntl(0, F_DUPFD_CLOEXEC, 100 - 10 * (int)i);
		r = bequest_add(&sample->bequest, sample->fds[i], &letter);
	}
	sample->doors[0] = door_at(sample->fds[0]);
	sample->doors[1] = door_at(sample->fds[1]);
	sample->doors[1].wanted = "ncalrpc:[x]";
	sample->doors[1].directory = "/run/x";
	sample->process = (struct heritage_process){ .pid = getpid(), .fd = sample->fds[2] };
	sample->crew = (struct heritage_crew){ .program.path = "/x", .n_crashes = 7 };
	sample->heritage = (struct heritage_heritage){ .n_doors = 2,
						       .doors = sample->doors,
						       .n_processes = 1,
						       .processes = &sample->process };
	sample->estate =
		(struct heritage_estate){ .next_index = 17, .n_crews = 1, .crews = &sample->crew };
	return r ? r : bequest_write(&sample->bequest, &sample->heritage, &sample->estate);
}

static void sample_done(struct sample *sample)
{
	bequest_done(&sample->bequest);
	for (size_t i = 0; i < PEN_COUNT(sample->fds); i++)
		if (sample->fds[i] >= 0)
			close(sample->fds[i]);
}

static size_t bytes_of(const struct sample *sample, uint8_t bytes[4096])
{
	ssize_t n = pread(sample->bequest.memory, bytes, 4096, 0);

	assert_true(n > 0 && n < 4096);
	return (size_t)n;
}

static void test_what_was_left_is_found(void **state)
{
	unsigned n_fds = pen_count_fds();
	const struct heritage_door *door;
	struct legacy *legacy;
	struct sample sample;
	uint8_t bytes[4096];
	struct pen_unix_socket socket = { .fd = -1 };

	assert_int_equal(sample_write(&sample), 0);
	assert_int_equal(write(sample.bequest.memory, "x", 1), -1);
	assert_int_equal(legacy_read(&legacy, bytes, bytes_of(&sample, bytes), getpid()), 0);
	assert_int_equal(legacy->estate->next_index, 17);
	assert_int_equal(legacy->estate->crews[0].n_crashes, 7);
	/* What was wanted there, and in that directory, is what may have it, once. */
	assert_null(legacy_take_door(legacy, "ncacn_ip_tcp:", "ncacn_ip_tcp:::1", NULL, &socket));
	assert_null(legacy_take_door(legacy, "ncacn_ip_tcp:", "ncalrpc:[x]", "/run/y", &socket));
	door = legacy_take_door(legacy, "ncacn_ip_tcp:", "ncacn_ip_tcp:127.0.0.1", NULL, &socket);
	assert_non_null(door);
	assert_string_equal(door->binding, "ncacn_ip_tcp:127.0.0.1[49152]");
	assert_int_equal(socket.fd, sample.fds[0]);
	assert_null(
		legacy_take_door(legacy, "ncacn_ip_tcp:", "ncacn_ip_tcp:127.0.0.1", NULL, &socket));
	assert_int_equal(legacy_take(legacy, sample.fds[2]), sample.fds[2]);
	assert_int_equal(legacy_take(legacy, sample.fds[2]), -1);
	assert_int_equal(legacy_take(legacy, 0), -1);
	assert_int_equal(legacy_take(legacy, -1), -1);
	/* We are no child of ours. */
	assert_false(legacy_adopt(legacy, getpid()));
	assert_false(legacy_adopt(legacy, 1));
	legacy_free(legacy);
	/* What nobody took is closed. */
	assert_int_equal(fcntl(sample.fds[1], F_GETFD), -1);
	sample.fds[1] = -1;
	sample_done(&sample);
	assert_int_equal(pen_count_fds(), n_fds);
}

static int read_changed(struct sample *sample, struct legacy **legacyp)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	assert_int_equal(
		pen_ndr_put(&heritage_heritage_type, layout, NULL, &sample->heritage, &text, NULL),
		0);
	r = legacy_read(legacyp, text.data, text.size, getpid());
	pen_buffer_done(&text);
	return r;
}

static void test_another_version(void **state)
{
	struct legacy *legacy;
	struct sample sample;
	struct pen_unix_socket socket = { .fd = -1 };

	assert_int_equal(sample_write(&sample), 0);
	sample.heritage.version++;
	sample.heritage.n_state = 3;
	sample.heritage.state = (uint8_t *)(uintptr_t) "abc";
	assert_int_equal(read_changed(&sample, &legacy), 0);
	assert_null(legacy->estate);
	assert_non_null(
		legacy_take_door(legacy, "ncacn_ip_tcp:", "ncacn_ip_tcp:127.0.0.1", NULL, &socket));
	legacy->heritage.n_fds = 0;
	legacy_free(legacy);
	/* The same of this one's that makes no sense. */
	sample.heritage.version--;
	assert_int_equal(read_changed(&sample, &legacy), 0);
	assert_null(legacy->estate);
	legacy->heritage.n_fds = 0;
	legacy_free(legacy);
	sample_done(&sample);
}

static void test_what_makes_no_sense(void **state)
{
	struct legacy *legacy;
	struct sample sample;
	uint8_t bytes[4096];
	int32_t wrong[2];
	size_t n;

	assert_int_equal(sample_write(&sample), 0);
	n = bytes_of(&sample, bytes);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(legacy_read(&legacy, bytes, i, getpid()), PEN_E_BAD_DATA);
	assert_int_equal(legacy_read(&legacy, bytes, n, getpid() + 1), PEN_E_NOT_FOUND);
	sample.heritage.n_fds = 2;
	sample.heritage.fds = wrong;
	for (int i = 0; i < 3; i++) {
		static const int32_t rows[3][2] = { { 2, 3 }, { 7, 7 }, { 8, 7 } };

		memcpy(wrong, rows[i], sizeof(wrong));
		assert_int_equal(read_changed(&sample, &legacy), PEN_E_BAD_DATA);
	}
	sample.heritage.n_fds = 0;
	sample.heritage.magic++;
	assert_int_equal(read_changed(&sample, &legacy), PEN_E_BAD_DATA);
	sample_done(&sample);
}

static void test_no_memory(void **state)
{
	unsigned n_fds = pen_count_fds();
	struct legacy *legacy = NULL;
	struct sample sample;
	uint8_t bytes[4096];
	size_t n;
	int r;

	for (size_t i = 1; pen_fail_at(i), r = sample_write(&sample), pen_fail_hit(); i++) {
		assert_int_equal(r, -ENOMEM);
		sample_done(&sample);
	}
	n = bytes_of(&sample, bytes);
	for (size_t i = 1;
	     pen_fail_at(i), r = legacy_read(&legacy, bytes, n, getpid()), pen_fail_hit(); i++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	legacy->heritage.n_fds = 0;
	legacy_free(legacy);
	sample_done(&sample);
	assert_int_equal(pen_count_fds(), n_fds);
}

/* ---- where it is looked for ---- */

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 200 + 1);                                                 \
	} while (0)

static void name_it(int fd)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	setenv(BEQUEST_VARIABLE, number, 1);
}

static void find_it(void)
{
	struct legacy *legacy = NULL;
	struct sample sample;

	EXPECT(!sample_write(&sample));
	EXPECT(legacy_find(&legacy) == PEN_E_NOT_FOUND);
	name_it(sample.bequest.memory);
	EXPECT(!legacy_find(&legacy));
	EXPECT(!getenv(BEQUEST_VARIABLE));
	EXPECT(fcntl(sample.bequest.memory, F_GETFD) == -1);
	EXPECT(legacy_take(legacy, sample.fds[0]) == sample.fds[0]);
	EXPECT(fcntl(sample.fds[0], F_GETFD) == FD_CLOEXEC);
	legacy_free(legacy);
}

static void find_what_is_none(void)
{
	static const char *const words[] = { "", "x", "-1", "0", "4x", "99999999999", "1000" };
	struct legacy *legacy = NULL;
	int open_memory = memfd_create("x", MFD_ALLOW_SEALING);
	int sealed = memfd_create("y", MFD_ALLOW_SEALING);

	for (size_t i = 0; i < PEN_COUNT(words); i++) {
		setenv(BEQUEST_VARIABLE, words[i], 1);
		EXPECT(legacy_find(&legacy) == PEN_E_NOT_FOUND);
		EXPECT(!getenv(BEQUEST_VARIABLE));
	}
	/* Somebody may still write there. */
	name_it(open_memory);
	EXPECT(legacy_find(&legacy) == PEN_E_NOT_FOUND);
	EXPECT(write(sealed, "nonsense", 8) == 8);
	EXPECT(!fcntl(sealed, F_ADD_SEALS,
		      F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
	name_it(sealed);
	EXPECT(legacy_find(&legacy) == PEN_E_BAD_DATA);
	/* Whatever there was is not kept open by who does not know what it is. */
	EXPECT(fcntl(open_memory, F_GETFD) == -1);
}

static void run_apart(void (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("line %d (modulo 200), or signal %d", WEXITSTATUS(status) - 1,
			 WTERMSIG(status));
}

static void test_where_it_is(void **state)
{
	run_apart(find_it);
	run_apart(find_what_is_none);
}

/* ---- a process that goes on ---- */

static void said(void *data, const struct worker_report *report, int fd)
{
}

static void freed(void *data)
{
}

static void ended(void *data, int status)
{
	*(int *)data = status;
}

/* One that runs until it is killed, and a message for it that waits. */
struct left {
	struct bequest bequest;
	struct heritage_heritage heritage;
	struct heritage_child letter;
	struct heritage_message message;
	struct legacy *legacy;
	uint8_t bytes[4096];
	size_t n;
	int peer;
};

static void leave_one(struct left *left)
{
	struct heritage_estate estate = { 0 };
	int ends[2], carried;
	uint8_t *byte = (uint8_t *)(uintptr_t) "x";

	memset(left, 0, sizeof(*left));
	bequest_init(&left->bequest);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	carried = fcntl(0, F_DUPFD_CLOEXEC, 3);
	left->peer = ends[1];
	left->letter.process.pid = fork();
	if (!left->letter.process.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(1);
	}
	left->letter.n_waiting = 1;
	left->letter.waiting = &left->message;
	left->message = (struct heritage_message){ .n_bytes = 1, .bytes = byte };
	assert_int_equal(bequest_add(&left->bequest, ends[0], &left->letter.process.fd), 0);
	assert_int_equal(bequest_add(&left->bequest, carried, &left->message.fd), 0);
	left->heritage.n_processes = 1;
	left->heritage.processes = &left->letter.process;
	assert_int_equal(bequest_write(&left->bequest, &left->heritage, &estate), 0);
	left->n = (size_t)pread(left->bequest.memory, left->bytes, sizeof(left->bytes), 0);
	assert_int_equal(legacy_read(&left->legacy, left->bytes, left->n, getpid()), 0);
}

static void left_done(struct left *left)
{
	legacy_free(left->legacy);
	bequest_done(&left->bequest);
	close(left->peer);
}

static void test_a_process_goes_on(void **state)
{
	unsigned n_fds = pen_count_fds();
	int status = -1;
	const struct child_listener listener = { said, freed, ended, &status };
	struct child *child = NULL;
	struct left left;
	uv_loop_t loop;
	size_t n = 1;
	char byte;
	int r;

	assert_int_equal(uv_loop_init(&loop), 0);
	n_fds = pen_count_fds();
	do {
		leave_one(&left);
		pen_fail_at(n++);
		r = child_adopt(&child, CHILD_GREETER, &loop, &listener, &left.letter, left.legacy);
		assert_int_equal(r, pen_fail_hit() ? -ENOMEM : 0);
		if (r) /* it is not to be a process that nobody watches */
			child_forget_rest(left.legacy, true);
		uv_run(&loop, UV_RUN_NOWAIT);
		if (r)
			left_done(&left);
		child_reap_forgotten(10000);
	} while (r);
	/* What waited is sent. */
	assert_int_equal(recv(left.peer, &byte, 1, 0), 1);
	assert_int_equal(
		child_adopt(&child, CHILD_GREETER, &loop, &listener, &left.letter, left.legacy),
		PEN_E_BAD_DATA);
	kill(child_pid(child), SIGKILL);
	while (status < 0) {
		child_reap();
		usleep(1000);
	}
	assert_int_equal(status, SIGKILL);
	child_free(child);
	left_done(&left);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(pen_count_fds(), n_fds);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- what programs are asked ---- */

static void test_answers(void **state)
{
	const char *const paths[] = { "/nowhere", "/bin/false", NULL };
	struct heritage_answers answers;
	struct pen_arena arena;
	size_t n = 1;
	int r, fd;

	do {
		fd = memfd_create("answers", MFD_CLOEXEC);
		pen_fail_at(n++);
		r = inquiry_write(paths, fd);
		if (!pen_fail_hit())
			break;
		/* Where a program could not be asked for want of memory, that is the answer. */
		assert_true(!r || r == -ENOMEM);
		close(fd);
	} while (true);
	assert_int_equal(r, 0);
	for (n = 1; pen_arena_init(&arena, 0), pen_fail_at(n),
	    r = inquiry_read(&answers, fd, &arena), pen_fail_hit();
	     n++) {
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
		pen_arena_done(&arena);
	}
	assert_int_equal(r, 0);
	assert_int_equal(answers.n_answers, 2);
	assert_int_equal(answers.answers[0].result, PEN_E_REJECTED);
	assert_string_equal(answers.answers[0].error, "it cannot be executed");
	assert_string_equal(answers.answers[1].error, "it ended with status 1");
	assert_true(answers.answers[1].program.stamp.inode != 0);
	pen_arena_done(&arena);
	assert_int_equal(ftruncate(fd, 20), 0);
	pen_arena_init(&arena, 0);
	assert_int_equal(inquiry_read(&answers, fd, &arena), PEN_E_BAD_DATA);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(inquiry_read(&answers, fd, &arena), PEN_E_BAD_DATA);
	pen_arena_done(&arena);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_left_is_found),
		cmocka_unit_test(test_another_version),
		cmocka_unit_test(test_what_makes_no_sense),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_where_it_is),
		cmocka_unit_test(test_a_process_goes_on),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
