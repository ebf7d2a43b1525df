/* SPDX-License-Identifier: MIT */
#include "runtime/secret-input.h"
#include "sec/credentials.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/ndr.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char directory[64];
static char path[80];

static int start(void **state)
{
	strcpy(directory, "/tmp/pen-secret-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/file", directory);
	return 0;
}

static int stop(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static void put(const void *text, size_t n, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	assert_false(fchmod(fd, mode));
	close(fd);
}

static void put_text(const char *text, mode_t mode)
{
	put(text, strlen(text), mode);
}

static void test_files_are_private(void **state)
{
	static const mode_t open_to_others[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0777 };
	struct pen_credentials *credentials = NULL;
	struct pen_ndr_error error;
	char *text = NULL;

	for (size_t i = 0; i < PEN_COUNT(open_to_others); i++) {
		put_text("default login a password b", open_to_others[i]);
		assert_int_equal(pen_secret_file_read(&text, path, &error), PEN_E_DENIED);
		assert_non_null(strstr(error.text, "chmod 600"));
		assert_int_equal(pen_credentials_new_file(&credentials, path, "x", NULL),
				 PEN_E_DENIED);
	}
	put_text("default login a password b", 0400);
	assert_int_equal(pen_credentials_new_file(&credentials, path, "x", &error), 0);
	assert_string_equal(pen_credentials_info(credentials)->password, "b");
	pen_credentials_free(credentials);

	if (!geteuid()) {
		assert_false(chown(path, 54321, 54321));
		assert_int_equal(pen_secret_file_read(&text, path, &error), PEN_E_DENIED);
		assert_non_null(strstr(error.text, "belongs to uid 54321"));
	}
	assert_int_equal(pen_secret_file_read(&text, directory, &error), PEN_E_DENIED);
	assert_non_null(strstr(error.text, "is not a file"));
	assert_int_equal(pen_secret_file_read(&text, "/nowhere/at/all", &error), -ENOENT);
	assert_null(text);
}

static void test_what_is_in_files(void **state)
{
	static char large[PEN_SECRET_FILE_MAX + 1];
	struct pen_credentials *credentials = NULL;
	struct pen_ndr_error error;
	char *text = NULL;

	memset(large, '#', sizeof(large));
	put(large, sizeof(large), 0600);
	assert_int_equal(pen_secret_file_read(&text, path, &error), PEN_E_LIMIT);
	put(large, sizeof(large) - 1, 0600);
	assert_int_equal(pen_secret_file_read(&text, path, &error), 0);
	assert_int_equal(strlen(text), PEN_SECRET_FILE_MAX);
	text = pen_secret_free(text);
	put("a\0b", 3, 0600);
	assert_int_equal(pen_secret_file_read(&text, path, &error), PEN_E_BAD_DATA);
	assert_int_equal(pen_credentials_new_file(&credentials, path, "x", NULL), PEN_E_SYNTAX);

	put_text("pass word\r\nmore\n", 0600);
	assert_int_equal(pen_secret_file_line(&text, path, NULL), 0);
	assert_string_equal(text, "pass word");
	text = pen_secret_free(text);

	put_text("machine a login b\npassword", 0600);
	assert_int_equal(pen_credentials_new_file(&credentials, path, "x", &error), PEN_E_SYNTAX);
	assert_non_null(strstr(error.text, "file: line 2: nothing follows"));
	put_text("machine a login b password c", 0600);
	assert_int_equal(pen_credentials_new_file(&credentials, path, "x", &error),
			 PEN_E_NOT_FOUND);
	assert_non_null(strstr(error.text, "no machine x"));
	assert_null(credentials);
}

/* What follows the line is there for others. */
static void test_lines(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		int r;
		const char *line;
	} rows[] = {
		{ "one\ntwo", 7, 0, "one" },
		{ "one\r\n", 5, 0, "one" },
		{ "one", 3, 0, "one" },
		{ "\n", 1, 0, "" },
		{ "", 0, 0, "" },
		{ "a\0b\n", 4, PEN_E_BAD_DATA, "" },
	};
	static char large[PEN_PASSWORD_MAX + 2];
	char *line = NULL;
	int fds[2];
	char rest;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		assert_false(pipe2(fds, O_CLOEXEC));
		assert_int_equal(write(fds[1], rows[i].text, rows[i].n), rows[i].n);
		close(fds[1]);
		assert_int_equal(pen_secret_line(&line, fds[0], NULL), rows[i].r);
		if (!rows[i].r)
			assert_string_equal(line, rows[i].line);
		if (i == 0)
			assert_true(read(fds[0], &rest, 1) == 1 && rest == 't');
		line = pen_secret_free(line);
		close(fds[0]);
	}
	memset(large, 'x', sizeof(large));
	assert_false(pipe2(fds, O_CLOEXEC));
	assert_int_equal(write(fds[1], large, sizeof(large)), sizeof(large));
	assert_int_equal(pen_secret_line(&line, fds[0], NULL), PEN_E_LIMIT);
	close(fds[0]);
	close(fds[1]);
}

/* ---- a person at a terminal ---- */

/* A process whose terminal is the other end of *masterp; it asks, and says what it got. */
static pid_t ask_in_child(int *masterp, int *resultp)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int result[2];
	pid_t pid;

	assert_true(master >= 0);
	assert_false(grantpt(master) || unlockpt(master) || pipe2(result, O_CLOEXEC));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct pen_credentials *credentials;
		char line[PEN_PASSWORD_MAX + 16];
		int terminal;
		int n;
		int r;

		setsid();
		terminal = open(ptsname(master), O_RDWR);
		if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0))
			_exit(1);
		r = pen_credentials_new_prompt(&credentials, "ann", "WORK");
		n = snprintf(line, sizeof(line), "%d:%s", r,
			     r ? "" : pen_credentials_info(credentials)->password);
		_exit(write(result[1], line, (size_t)n) != n);
	}
	close(result[1]);
	*masterp = master;
	*resultp = result[0];
	return pid;
}

/* What the terminal shows until the text, or for a second. */
static void await(int master, const char *text, char *seen, size_t max)
{
	struct pollfd wait = { .fd = master, .events = POLLIN };
	size_t n = 0;

	seen[0] = 0;
	while (!strstr(seen, text) && poll(&wait, 1, 10000) > 0 && n + 1 < max) {
		ssize_t got = read(master, seen + n, max - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		seen[n] = 0;
	}
	assert_non_null(strstr(seen, text));
}

static void expect_answer(const char *keys, const char *wanted)
{
	char seen[4096];
	char got[PEN_PASSWORD_MAX + 16] = "";
	struct termios after;
	int master;
	int result;
	int status;
	pid_t pid = ask_in_child(&master, &result);

	await(master, "Password of WORK\\ann: ", seen, sizeof(seen));
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
	await(master, "\n", seen, sizeof(seen));
	/* Nothing of it was shown. */
	assert_string_equal(seen, "\r\n");
	assert_true(read(result, got, sizeof(got) - 1) > 0);
	assert_string_equal(got, wanted);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(tcgetattr(master, &after));
	assert_true(after.c_lflag & ECHO && after.c_lflag & ICANON && after.c_lflag & ISIG);
	close(master);
	close(result);
}

static void test_prompt(void **state)
{
	char cancelled[8];

	snprintf(cancelled, sizeof(cancelled), "%d:", PEN_E_CANCELLED);
	expect_answer("secret word\r", "0:secret word");
	expect_answer("\n", "0:");
	expect_answer("wrong\x15right\n", "0:right");
	expect_answer("\x7fhou\xc3\xa4\x7f\x7fld\x04", "0:hold");
	expect_answer("half\x03", cancelled);
	expect_answer("\x04", cancelled);
}

static void test_prompt_without_a_terminal(void **state)
{
	struct pen_credentials *credentials;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		setsid();
		_exit(pen_credentials_new_prompt(&credentials, "ann", NULL) != PEN_E_NOT_FOUND);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_are_private),
		cmocka_unit_test(test_what_is_in_files),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_prompt_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
