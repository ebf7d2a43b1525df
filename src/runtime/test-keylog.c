/* SPDX-License-Identifier: MIT */
#include "runtime/keylog.h"
#include "support/fail.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <penstock/ndr.h>
#include <penstock/server.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[80];

static int start(void **state)
{
	strcpy(directory, "/tmp/pen-keylog-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/keys", directory);
	return 0;
}

static int stop(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static void expect_text(const char *pattern)
{
	char text[8192] = "";
	regex_t regex;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_false(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB));
	if (regexec(&regex, text, 0, NULL, 0))
		fail_msg("%s", text);
	regfree(&regex);
}

/* A socket of 127.0.0.1 with a peer that is itself. */
static int tcp_socket(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_false(bind(fd, (struct sockaddr *)&address, size));
	assert_false(getsockname(fd, (struct sockaddr *)&address, &size));
	assert_false(connect(fd, (struct sockaddr *)&address, size));
	return fd;
}

#define TIME "time=20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static void test_lines(void **state)
{
	static const uint8_t key[] = { 0x00, 0x1f, 0xfe };
	const struct pen_auth_info auth = {
		.auth_context_id = 79231,
		.auth_type = 10,
		.auth_level = 6,
		.mech = "ntlm",
	};
	const struct pen_session_keys keys = { .kind = PEN_SESSION_NTLM,
					       .detail = 0xe2888235,
					       .key = { key, sizeof(key) } };
	const struct pen_session_keys none = { 0 };
	const struct pen_auth_info keyless = { .auth_type = 16, .auth_level = 2, .mech = "krb5" };
	struct pen_keylog_place place = { .is_server = true, .assoc_group_id = 0x1a2b };
	struct pen_keylog *keylog;
	struct pen_ndr_error error;
	struct stat st;
	int r;

	unlink(path);
	assert_int_equal(pen_keylog_new(&keylog, path, &error), 0);
	assert_false(stat(path, &st));
	assert_int_equal(st.st_mode & 07777, 0600);
	place.fd = tcp_socket();
	assert_int_equal(pen_keylog_add(keylog, &place, &auth, &keys), 0);
	close(place.fd);
	expect_text("^1 " TIME " side=server protseq=ncacn_ip_tcp local=127\\.0\\.0\\.1:[0-9]+ "
		    "remote=127\\.0\\.0\\.1:[0-9]+ group=0x1a2b context=79231 type=10 mech=ntlm "
		    "level=6 cipher=ntlm:0xe2888235 key=001ffe\n$");

	/* It is added to, not begun anew. */
	pen_keylog_free(keylog);
	assert_int_equal(pen_keylog_new(&keylog, path, &error), 0);
	place = (struct pen_keylog_place){ .protseq = PEN_NCACN_NP,
					   .remote = "192.0.2.9",
					   .fd = -1 };
	for (size_t n = 1;
	     pen_fail_at(n), r = pen_keylog_add(keylog, &place, &keyless, &none), pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	expect_text("key=001ffe\n1 " TIME " side=client protseq=ncacn_np local=- "
		    "remote=192\\.0\\.2\\.9 group=0 context=0 type=16 mech=krb5 level=2 "
		    "cipher=- key=\n$");
	pen_keylog_free(keylog);
	assert_null(pen_keylog_free(NULL));
}

static void test_files_of_others_are_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602 };
	struct pen_keylog *keylog = NULL;
	struct pen_ndr_error error;
	char other[96];

	unlink(path);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (size_t i = 0; i < PEN_COUNT(modes); i++) {
		assert_false(chmod(path, modes[i]));
		assert_int_equal(pen_keylog_new(&keylog, path, &error), PEN_E_DENIED);
		assert_non_null(strstr(error.text, "chmod 600"));
	}
	assert_false(chmod(path, 0600));
	snprintf(other, sizeof(other), "%s/link", directory);
	assert_false(symlink(path, other));
	assert_int_equal(pen_keylog_new(&keylog, other, &error), -ELOOP);
	unlink(other);
	assert_false(mkfifo(other, 0600));
	assert_int_not_equal(pen_keylog_new(&keylog, other, &error), 0);
	unlink(other);
	assert_int_equal(pen_keylog_new(&keylog, directory, &error), -EISDIR);
	if (!geteuid()) {
		assert_false(chown(path, 54321, 54321));
		assert_int_equal(pen_keylog_new(&keylog, path, &error), PEN_E_DENIED);
		assert_non_null(strstr(error.text, "belongs to uid 54321"));
		assert_false(chown(path, 0, 0));
	}
	assert_null(keylog);
}

struct heard {
	enum pen_log_level level;
	char line[512];
};

static void hear(void *data, enum pen_log_level level, const char *line)
{
	struct heard *heard = data;

	heard->level = level;
	snprintf(heard->line, sizeof(heard->line), "%s", line);
}

/* No server writes keys without a word, nor to where others look. */
static void test_server(void **state)
{
	struct heard heard = { 0 };
	const struct pen_server_config config = {
		.keylog = path, .ncalrpc_dir = directory, .log = hear, .log_data = &heard
	};
	struct pen_server *server;

	unlink(path);
	assert_int_equal(pen_server_new(&server, &config), 0);
	assert_int_equal(heard.level, PEN_LOG_WARNING);
	assert_non_null(strstr(heard.line, "the keys of all security contexts are written to"));
	pen_server_free(server);
	assert_false(chmod(path, 0644));
	assert_int_equal(pen_server_new(&server, &config), PEN_E_DENIED);
	assert_int_equal(heard.level, PEN_LOG_ERROR);
	assert_non_null(strstr(heard.line, "can be read or changed by others"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_files_of_others_are_refused),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
