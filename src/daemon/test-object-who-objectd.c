/* SPDX-License-Identifier: MIT */
/*
 * Sections, and whose they are: memory that is read-only, other users, other sessions. The
 * last two need root, and for sessions a kernel that lets a process enter one; where that is not so
 * they say it and are passed over.
 */
#include "support/objectd.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <penstock/status-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 8192, NOBODY = 65534, READING = 4, WRITING = 6 };

/* A place that others may enter. */
static void start_with(struct objectd *objectd, const char *const *options)
{
	strcpy(objectd->directory, "/tmp/penstock-test-XXXXXX");
	assert_non_null(mkdtemp(objectd->directory));
	assert_int_equal(chmod(objectd->directory, geteuid() ? 0700 : 0755), 0);
	objectd_start(objectd, options);
}

static void start_for_all(struct objectd *objectd)
{
	start_with(objectd, NULL);
}

static void finish(struct objectd *objectd)
{
	assert_int_equal(objectd_end(objectd, SIGTERM), 0);
	objectd_clean(objectd);
}

static uint32_t make(int socket, const char *name, const char *text, struct answer *answer)
{
	struct object_request request = {
		.verb = object_CREATE_SECTION,
		.body.create_section = { name, 0xf001f, SIZE, 4, { 0 } },
	};
	struct pen_descriptor descriptor;
	struct pen_buffer buffer = { 0 };
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_sddl_parse(&descriptor, &arena, text, NULL, NULL), 0);
	assert_int_equal(pen_descriptor_put(&descriptor, &buffer), 0);
	request.body.create_section.security =
		(struct object_security){ (uint32_t)buffer.size, buffer.data };
	objectd_ask(socket, &request, NULL, 0, answer);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return answer->letter.status;
}

static uint32_t open_section(int socket, const char *name, uint32_t access, struct answer *answer)
{
	const struct object_request request = { .verb = object_OPEN_SECTION,
						.body.open_section = { name, access } };

	return objectd_ask(socket, &request, NULL, 0, answer);
}

static int reopen(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void expect_read_only(int fd)
{
	void *memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_string_equal(memory, "hello");
	assert_int_equal(mprotect(memory, SIZE, PROT_READ | PROT_WRITE), -1);
	munmap(memory, SIZE);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_equal(memory, MAP_FAILED);
	assert_int_equal(write(fd, "x", 1), -1);
}

static void test_memory(void **state)
{
	struct answer made, opened, again;
	struct objectd objectd = { 0 };
	char *memory;
	int client;

	start_for_all(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "x", "D:(A;;GA;;;WD)", &made), 0);
	assert_int_equal(made.n_fds, 2);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, made.fds[0], 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	strcpy(memory, "hello");
	assert_int_equal(ftruncate(made.fds[0], 1), -1);
	assert_int_equal(ftruncate(made.fds[0], SIZE * 2), -1);
	assert_int_equal(open_section(client, "Local\\x", READING, &opened), 0);
	expect_read_only(opened.fds[0]);
	/* The one who may write goes, and it is still there; then it is not. */
	answer_done(&made);
	assert_int_equal(open_section(client, "x", WRITING, &again), 0);
	assert_int_equal(again.letter.body.section.size, SIZE);
	answer_done(&again);
	answer_done(&opened);
	for (int i = 0; i < 6000; i++) {
		uint32_t status = open_section(client, "x", READING, &again);

		answer_done(&again);
		if (status == PEN_STATUS_OBJECT_NAME_NOT_FOUND)
			break;
		assert_int_not_equal(i, 5999);
		usleep(10000);
	}
	assert_string_equal(memory, "hello");
	munmap(memory, SIZE);
	close(client);
	finish(&objectd);
}

/* Runs in a process that has become somebody else, a member of a group unless that is NULL; what it
 * returns is its exit status. */
static int as_member(const struct objectd *objectd, const struct group *group, bool has_session,
		     int (*run)(const struct objectd *objectd))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int fd = has_session ? open("/proc/self/loginuid", O_WRONLY) : -1;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (has_session && (fd < 0 || write(fd, "65534", 5) != 5))
			_exit(77);
		if (setgroups(group != NULL, group ? &group->gr_gid : NULL) || setgid(NOBODY) ||
		    setuid(NOBODY))
			_exit(99);
		_exit(run(objectd));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int as_other(const struct objectd *objectd, bool has_session,
		    int (*run)(const struct objectd *objectd))
{
	return as_member(objectd, NULL, has_session, run);
}

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ & 63 ? __LINE__ & 63 : 64;                                 \
	} while (0)

/* Another user gets what the descriptor gives him, and cannot make more of it. */
static int other_user(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct answer answer;

	MUST(client >= 0);
	MUST(open_section(client, "Global\\x", WRITING, &answer) == PEN_STATUS_ACCESS_DENIED);
	MUST(open_section(client, "Global\\x", READING, &answer) == 0);
	MUST(reopen(answer.fds[0]) < 0 && errno == EACCES);
	MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, answer.fds[0], 0) == MAP_FAILED);
	MUST(fchmod(answer.fds[0], 0666) < 0);
	/* Without a session he is in session 0, and may make what is the machine's. */
	MUST(make(client, "Global\\y", "D:(A;;GA;;;WD)", &answer) == 0);
	return 0;
}

/* It ends when it is told to, whoever holds what. */
static void test_an_end_with_sections(void **state)
{
	struct objectd objectd = { 0 };
	struct answer made;
	int client;

	start_for_all(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "x", "D:(A;;GA;;;WD)", &made), 0);
	finish(&objectd);
	assert_int_equal(write(made.fds[1], "x", 1), -1);
	answer_done(&made);
	close(client);
}

static void test_other_users(void **state)
{
	struct objectd objectd = { 0 };
	struct answer made;
	int client;

	if (geteuid()) {
		print_message("not root: nobody else to be\n");
		skip();
	}
	start_for_all(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "Global\\x", "D:(A;;GR;;;WD)", &made), 0);
	assert_int_equal(as_other(&objectd, false, other_user), 0);
	answer_done(&made);
	close(client);
	finish(&objectd);
}

static unsigned session(void)
{
	FILE *file = fopen("/proc/self/sessionid", "re");
	unsigned number = UINT32_MAX;

	if (!file || fscanf(file, "%u", &number) != 1)
		number = UINT32_MAX;
	if (file)
		fclose(file);
	return number;
}

/* In a session of his own he has names of his own, and the machine's are not his to make. */
static int other_session(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct object_request list = { .verb = object_LIST, .body.list = { "Local", 0 } };
	struct answer answer;
	char path[64];

	if (session() == UINT32_MAX)
		return 77;
	MUST(client >= 0);
	MUST(open_section(client, "x", READING, &answer) == PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	MUST(open_section(client, "Session\\0\\x", READING, &answer) == 0);
	MUST(make(client, "Global\\y", "D:(A;;GA;;;WD)", &answer) == PEN_STATUS_ACCESS_DENIED);
	MUST(make(client, "x", "D:(A;;GA;;;WD)", &answer) == 0);
	snprintf(path, sizeof(path), "\\Sessions\\%u\\BaseNamedObjects\\x", session());
	MUST(open_section(client, path, READING, &answer) == 0);
	MUST(objectd_ask(client, &list, NULL, 0, &answer) == 0);
	return 0;
}

static void test_sessions(void **state)
{
	struct objectd objectd = { 0 };
	struct answer made;
	int client, end;

	if (geteuid() || session() != UINT32_MAX) {
		print_message("not root, or in a session: no other can be entered\n");
		skip();
	}
	start_for_all(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "x", "D:(A;;GR;;;WD)", &made), 0);
	end = as_other(&objectd, true, other_session);
	answer_done(&made);
	close(client);
	finish(&objectd);
	if (end == 77) {
		print_message("this kernel keeps no sessions\n");
		skip();
	}
	assert_int_equal(end, 0);
}

/* ---- groups ---- */

/* Any group but root's and nobody's own. */
static const struct group *some_group(void)
{
	const struct group *group;

	setgrent();
	while ((group = getgrent()))
		if (group->gr_gid && group->gr_gid != NOBODY)
			break;
	endgrent();
	return group;
}

/* An administrator opens what is theirs alone. */
static int administrator(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct answer answer;

	MUST(client >= 0);
	MUST(open_section(client, "x", WRITING, &answer) == 0);
	return 0;
}

static int no_administrator(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct answer answer;

	MUST(client >= 0);
	MUST(open_section(client, "x", READING, &answer) == PEN_STATUS_ACCESS_DENIED);
	return 0;
}

static void test_admin_group(void **state)
{
	const struct group *group = geteuid() ? NULL : some_group();
	const char *options[] = { "--admin-group", group ? group->gr_name : "", NULL };
	struct objectd objectd = { 0 };
	struct answer made;
	int client;

	if (!group) {
		print_message("not root, or no groups\n");
		skip();
	}
	start_with(&objectd, options);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "x", "D:(A;;GA;;;BA)", &made), 0);
	assert_int_equal(as_member(&objectd, group, false, administrator), 0);
	assert_int_equal(as_member(&objectd, NULL, false, no_administrator), 0);
	answer_done(&made);
	close(client);
	finish(&objectd);
}

static int may_make_global(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct answer answer;

	if (session() == UINT32_MAX)
		return 77;
	MUST(client >= 0);
	MUST(make(client, "Global\\y", "D:(A;;GA;;;WD)", &answer) == 0);
	/* That is all that it may. */
	MUST(open_section(client, "Global\\x", READING, &answer) == PEN_STATUS_ACCESS_DENIED);
	return 0;
}

static int may_not_make_global(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);
	struct answer answer;

	MUST(client >= 0);
	MUST(make(client, "Global\\z", "D:(A;;GA;;;WD)", &answer) == PEN_STATUS_ACCESS_DENIED);
	return 0;
}

static void test_global_group(void **state)
{
	const struct group *group = geteuid() ? NULL : some_group();
	const char *options[] = { "--global-group", group ? group->gr_name : "", NULL };
	struct objectd objectd = { 0 };
	struct answer made;
	int client, end;

	if (!group || session() != UINT32_MAX) {
		print_message("not root, or in a session, or no groups\n");
		skip();
	}
	start_with(&objectd, options);
	client = objectd_connect(&objectd);
	assert_int_equal(make(client, "x", "D:(A;;GA;;;BA)", &made), 0);
	end = as_member(&objectd, group, true, may_make_global);
	if (end != 77)
		assert_int_equal(as_member(&objectd, NULL, true, may_not_make_global), 0);
	answer_done(&made);
	close(client);
	finish(&objectd);
	if (end == 77) {
		print_message("this kernel keeps no sessions\n");
		skip();
	}
	assert_int_equal(end, 0);
}

static void test_no_such_group(void **state)
{
	static const char *const options[] = { "--admin-group", "--global-group" };

	for (int i = 0; i < 2; i++) {
		const char *wrong[] = { options[i], "no such group", NULL };
		struct objectd objectd = { .directory = "/nonexistent" };

		assert_int_equal(objectd_run(&objectd, wrong), 2);
	}
}

/* ---- how many connections ---- */

enum { CONNECTIONS_MAX = 2048 }; /* of one user */

static bool is_served(int client)
{
	const struct object_request watch = { .verb = object_WATCH };
	struct pen_buffer letter = { 0 };
	struct answer answer;
	bool is_served;

	assert_int_equal(pen_letter_put_request(&watch, &letter), 0);
	is_served = send(client, letter.data, letter.size, MSG_NOSIGNAL) > 0 &&
		    objectd_receive(client, &answer);
	if (is_served)
		answer_done(&answer);
	pen_buffer_done(&letter);
	return is_served;
}

static int another_is_served(const struct objectd *objectd)
{
	int client = objectd_connect(objectd);

	MUST(client >= 0 && is_served(client));
	return 0;
}

/* One more is closed; others are let in all the same, and he is when one of his has gone. */
static void test_connections_of_a_user(void **state)
{
	struct objectd objectd = { 0 };
	struct rlimit limit;
	int clients[CONNECTIONS_MAX], more;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * CONNECTIONS_MAX) {
		print_message("there may not be so many descriptors\n");
		skip();
	}
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	start_for_all(&objectd);
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		clients[i] = objectd_connect(&objectd);
		assert_true(clients[i] >= 0 && is_served(clients[i]));
	}
	more = objectd_connect(&objectd);
	assert_false(is_served(more));
	close(more);
	assert_true(is_served(clients[0]));
	if (!geteuid())
		assert_int_equal(as_other(&objectd, false, another_is_served), 0);
	close(clients[0]);
	for (int i = 0;; i++) {
		bool is_let_in;

		more = objectd_connect(&objectd);
		is_let_in = is_served(more);
		close(more);
		if (is_let_in)
			break;
		assert_int_not_equal(i, 6000);
		usleep(10000);
	}
	for (int i = 1; i < CONNECTIONS_MAX; i++)
		close(clients[i]);
	finish(&objectd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),	      cmocka_unit_test(test_an_end_with_sections),
		cmocka_unit_test(test_other_users),   cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_admin_group),   cmocka_unit_test(test_global_group),
		cmocka_unit_test(test_no_such_group), cmocka_unit_test(test_connections_of_a_user),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
