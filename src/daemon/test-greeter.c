/* SPDX-License-Identifier: MIT */
#include "daemon/test-greeter.h"
#include "io/socket.h"
#include "object/letter.h"
#include "pipe/npa.h"
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { FILES = 128 /* of the program */ };

static void tcp_pair(int fds[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	uint16_t port;
	int listener = pen_tcp_listen("127.0.0.1", 0, &port);

	assert_true(listener >= 0);
	address.sin_port = htons(port);
	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pen_socket_set_blocking(fds[0], false), 0);
	do
		fds[1] = pen_socket_accept(listener, NULL);
	while (fds[1] == -EAGAIN);
	assert_true(fds[1] >= 0);
	close(listener);
}

/* The request with another SID at its end, and groups in place of its own, if they are given. */
static void change_npa(const char *name, const struct pen_sid *sid, uint32_t n_sids,
		       const uint64_t *groups, uint32_t n_groups)
{
	struct pen_npa_request request;
	struct pen_buffer buffer;
	struct pen_arena arena;
	struct pen_sid *sids;

	load_npa(name);
	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_npa_request_get(&request, &arena, npa, n_npa), 0);
	sids = pen_arena_array(&arena, request.n_sids + n_sids, sizeof(*sids));
	assert_non_null(sids);
	memcpy(sids, request.sids, request.n_sids * sizeof(*sids));
	for (uint32_t i = 0; i < n_sids; i++)
		sids[request.n_sids++] = *sid;
	request.sids = sids;
	if (n_groups) {
		request.groups = groups;
		request.n_groups = n_groups;
	}
	assert_int_equal(pen_npa_request_put(&request, &buffer), 0);
	assert_true(buffer.size <= sizeof(npa));
	memcpy(npa, buffer.data, buffer.size);
	n_npa = buffer.size;
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static void expect_plain_bind(void)
{
	const struct worker_guest *guest = &stage.report.body.guest;
	struct pen_uuid uuid = pen_letter_get_guid(&guest->syntaxes[0].uuid);

	assert_int_equal(guest->assoc_group_id, 0);
	assert_int_equal(guest->n_syntaxes, 1);
	assert_true(pen_uuid_equal(&uuid, &rpcecho_interface.id.uuid));
	assert_int_equal(guest->syntaxes[0].major, 1);
	assert_int_equal(guest->syntaxes[0].minor, 0);
}

static void test_a_bind_comes_back(void **state)
{
	int fds[2];
	int peer;

	stage_start(NULL);
	peer = arrive(7, false);
	say(peer, plain_bind, sizeof(plain_bind));
	expect_guest(7, peer, plain_bind, sizeof(plain_bind));
	expect_plain_bind();
	assert_null(stage.report.body.guest.token);
	assert_null(stage.report.body.guest.client);
	close(peer);

	tcp_pair(fds);
	hand_over(8, fds[1], false);
	say(fds[0], plain_bind, sizeof(plain_bind));
	expect_guest(8, fds[0], plain_bind, sizeof(plain_bind));
	expect_plain_bind();
	close(fds[0]);
}

/* With what follows there may be descriptors, which are not the greeter's. */
static void test_what_follows_a_bind_stays_where_it_is(void **state)
{
	uint8_t bytes[sizeof(plain_request)];
	int peer;

	stage_start(NULL);
	peer = arrive(1, false);
	assert_int_equal(send(peer, plain_bind, sizeof(plain_bind), 0), sizeof(plain_bind));
	say(peer, plain_request, sizeof(plain_request));
	expect_guest(1, peer, plain_bind, sizeof(plain_bind));
	assert_int_equal(recv(stage.back, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_memory_equal(bytes, plain_request, sizeof(bytes));
	close(peer);
}

static void test_a_bind_may_come_in_any_two_parts(void **state)
{
	stage_start(NULL);
	for (uint32_t cut = 0; cut <= sizeof(plain_bind); cut++) {
		int peer = arrive(cut, false);

		say(peer, plain_bind, cut);
		turn();
		assert_int_equal(has_report(), cut == sizeof(plain_bind));
		if (cut < sizeof(plain_bind)) {
			say(peer, plain_bind + cut, sizeof(plain_bind) - cut);
			expect_guest(cut, peer, plain_bind, sizeof(plain_bind));
		}
		close(peer);
	}
}

static void test_a_bind_may_come_byte_by_byte(void **state)
{
	int peer;

	stage_start(NULL);
	peer = arrive(1, false);
	for (size_t i = 0; i < sizeof(plain_bind); i++) {
		assert_false(has_report());
		say(peer, plain_bind + i, 1);
	}
	expect_guest(1, peer, plain_bind, sizeof(plain_bind));
	expect_plain_bind();
	close(peer);
}

/* Whom smbd carries: greeted, and handed over with its messages as they came. */
static void carry(uint32_t number, const uint8_t *framed, size_t n, size_t cut)
{
	static uint8_t stream[REQUEST_MAX + 1024];
	uint8_t reply[PEN_NPA_REPLY_SIZE];
	struct pen_npa_reply read;
	int peer = arrive(number, true);

	memcpy(stream, npa, n_npa);
	memcpy(stream + n_npa, framed, n);
	say(peer, stream, cut);
	turn();
	say(peer, stream + cut, n_npa + n - cut);
	turn();
	assert_int_equal(recv(peer, reply, sizeof(reply), 0), sizeof(reply));
	assert_int_equal(pen_npa_reply_get(&read, 7, reply), 0);
	expect_guest(number, peer, framed, n);
	close(peer);
}

static void test_smbd_is_greeted(void **state)
{
	const struct worker_guest *guest = &stage.report.body.guest;
	const struct pen_token_info *info;
	struct pen_token *token;
	uint8_t framed[1024];
	size_t n = frame(framed, plain_bind, sizeof(plain_bind), sizeof(plain_bind));

	load_npa("domain-admin-ntlm.level7.bin");
	stage_start(NULL);
	carry(3, framed, n, 0);
	expect_plain_bind();
	assert_string_equal(guest->client, "127.0.0.30");
	assert_non_null(guest->token);
	assert_int_equal(pen_letter_to_token(&token, guest->token), 0);
	info = pen_token_info(token);
	assert_int_equal(info->proof, PEN_TOKEN_NPA);
	assert_string_equal(info->account, "Administrator");
	assert_true(pen_token_is_admin(token));
	pen_token_free(token);
}

static void test_smbd_may_be_cut_anywhere(void **state)
{
	uint8_t framed[1024];
	size_t n;

	load_npa("anonymous.level7.bin");
	stage_start(NULL);
	for (size_t n_part = 1; n_part <= sizeof(plain_bind); n_part += 17) {
		n = frame(framed, plain_bind, sizeof(plain_bind), n_part);
		for (size_t cut = n_npa - 20; cut <= n_npa + n; cut++)
			carry((uint32_t)cut, framed, n, cut);
	}
	n = frame(framed, plain_bind, sizeof(plain_bind), 72);
	for (size_t cut = 0; cut < n_npa; cut += 13)
		carry((uint32_t)cut, framed, n, cut);
	/* What comes with the last message, and is not all there, goes along. */
	n += frame(framed + n, plain_request, sizeof(plain_request), sizeof(plain_request));
	carry(1, framed, n - 1, n_npa + 30);
}

/* It comes in many parts, and goes in one. */
static void test_who_is_in_many_groups(void **state)
{
	enum { SIDS = 1000, GROUPS = 30000, PART = 30000 };
	static const struct pen_sid sid = { 1, 5, 5, { 21, 1, 2, 3, 4 } };
	static uint64_t groups[GROUPS];
	const struct worker_guest *guest = &stage.report.body.guest;
	uint8_t framed[1024];
	size_t n = frame(framed, plain_bind, sizeof(plain_bind), sizeof(plain_bind));
	char reply[PEN_NPA_REPLY_SIZE];
	int peer;

	for (uint32_t i = 0; i < GROUPS; i++)
		groups[i] = 1000 + i;
	change_npa("domain-admin-ntlm.level7.bin", &sid, SIDS, groups, GROUPS);
	stage_start(NULL);
	peer = arrive(1, true);
	for (size_t at = 0; at < n_npa; at += PART)
		say(peer, npa + at, n_npa - at < PART ? n_npa - at : PART);
	say(peer, framed, n);
	turn();
	assert_int_equal(recv(peer, reply, sizeof(reply), 0), sizeof(reply));
	expect_guest(1, peer, framed, n);
	assert_true(guest->token->n_sids > SIDS);
	assert_int_equal(guest->token->n_groups, GROUPS);
	assert_int_equal(guest->token->groups[GROUPS - 1], 1000 + GROUPS - 1);
	close(peer);
}

static void test_a_probe_is_answered(void **state)
{
	static const struct pen_sid probe = { 1, 2, 22, { 2041152804, PEN_NPA_FLAG_PROBE } };
	uint8_t reply[256];
	struct pen_npa_reply read;
	int peer;

	change_npa("user-ntlm-smb3enc.level8.bin", &probe, 1, NULL, 0);
	stage_start(NULL);
	peer = arrive(9, true);
	say(peer, npa, n_npa);
	assert_int_equal(hear(peer, reply, sizeof(reply)), PEN_NPA_REPLY_SIZE);
	assert_int_equal(pen_npa_reply_get(&read, 8, reply), 0);
	close(peer);
	expect_gone(9, worker_PROBE);
}

/* ---- who goes, or is late ---- */

static void test_who_closes_is_gone(void **state)
{
	load_npa("anonymous.level7.bin");
	stage_start(NULL);
	for (uint32_t n = 0; n < sizeof(plain_bind); n += 5) {
		int peer = arrive(n, false);

		say(peer, plain_bind, n);
		close(peer);
		expect_gone(n, worker_CLOSED);
	}
	for (uint32_t n = 0; n < n_npa; n += 101) {
		int peer = arrive(n, true);

		say(peer, npa, n);
		close(peer);
		expect_gone(n, worker_CLOSED);
	}
}

/* A bind that was whole is handed over all the same. */
static void test_who_binds_and_closes_is_a_guest(void **state)
{
	int peer;

	stage_start(NULL);
	peer = arrive(1, false);
	assert_int_equal(send(peer, plain_bind, sizeof(plain_bind), 0), sizeof(plain_bind));
	shutdown(peer, SHUT_WR);
	expect_guest(1, peer, plain_bind, sizeof(plain_bind));
	close(peer);
}

/* ---- the program ---- */

static pid_t start_program(int fd, const char *option, const char *value)
{
	const struct rlimit files = { FILES, FILES };
	char path[4096];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/src/daemon/penstock-greeter", getenv("PEN_TEST_BUILD"));
	pid = fork();
	if (pid)
		return pid;
	if (fd != 3)
		dup2(fd, 3);
	else
		fcntl(3, F_SETFD, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	execl(path, path, option, value, (char *)NULL);
	_exit(99);
}

static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void begin_program(const char *option, const char *value, pid_t *pidp)
{
	stage_open(NULL);
	*pidp = start_program(stage.config.fd, option, value);
	close(stage.config.fd);
	stage.config.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void end_program(pid_t pid)
{
	close(stage.fd);
	stage.fd = -1;
	assert_int_equal(end_of(pid), 0);
	stage_end();
}

static void test_the_program_greets(void **state)
{
	pid_t pid;
	int peer;

	if (!getenv("PEN_TEST_BUILD"))
		skip();
	begin_program("--npa-ms", "1000", &pid);
	peer = arrive(5, false);
	say(peer, plain_bind, sizeof(plain_bind));
	expect_guest(5, peer, plain_bind, sizeof(plain_bind));
	expect_plain_bind();
	close(peer);
	end_program(pid);
}

/* It takes no more than it has descriptors for, whatever it may: what it could not take is lost. */
static void test_the_program_knows_its_limits(void **state)
{
	int peers[FILES];
	uint32_t n_gone = 0;
	pid_t pid;

	if (!getenv("PEN_TEST_BUILD"))
		skip();
	begin_program("--connections", "1000", &pid);
	for (uint32_t i = 0; i < FILES; i++)
		peers[i] = arrive(i, false);
	/* It is heard of in order, so that is the last of those that are too many. */
	do {
		await_report();
		assert_int_equal(stage.report.verb, worker_GONE);
		assert_int_equal(stage.report.body.gone.why, worker_FULL);
		n_gone++;
	} while (stage.report.body.gone.number != FILES - 1);
	assert_true(n_gone > 0 && n_gone < FILES / 2);
	say(peers[0], plain_bind, sizeof(plain_bind));
	expect_guest(0, peers[0], plain_bind, sizeof(plain_bind));
	for (uint32_t i = 0; i < FILES; i++)
		close(peers[i]);
	end_program(pid);
}

static void test_the_program_says_what_is_wrong(void **state)
{
	int fds[2];

	if (!getenv("PEN_TEST_BUILD"))
		skip();
	open_sockets(fds, SOCK_STREAM);
	assert_int_equal(end_of(start_program(fds[0], "--bind-ms", "10")), 2);
	close(fds[0]);
	close(fds[1]);
	open_sockets(fds, SOCK_SEQPACKET);
	assert_int_equal(end_of(start_program(fds[0], "--bind-ms", "0")), 2);
	assert_int_equal(end_of(start_program(fds[0], "--bind-ms", NULL)), 2);
	assert_int_equal(end_of(start_program(fds[0], "--connection", "1x")), 2);
	assert_int_equal(end_of(start_program(fds[0], "--nothing", NULL)), 2);
	assert_int_equal(end_of(start_program(fds[0], "and", NULL)), 2);
	assert_int_equal(send(fds[1], "hello", 5, 0), 5);
	assert_int_equal(end_of(start_program(fds[0], NULL, NULL)), 1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GREETER_TEST(test_a_bind_comes_back),
		GREETER_TEST(test_what_follows_a_bind_stays_where_it_is),
		GREETER_TEST(test_a_bind_may_come_in_any_two_parts),
		GREETER_TEST(test_a_bind_may_come_byte_by_byte),
		GREETER_TEST(test_smbd_is_greeted),
		GREETER_TEST(test_smbd_may_be_cut_anywhere),
		GREETER_TEST(test_who_is_in_many_groups),
		GREETER_TEST(test_a_probe_is_answered),
		GREETER_TEST(test_who_closes_is_gone),
		GREETER_TEST(test_who_binds_and_closes_is_a_guest),
		GREETER_TEST(test_the_program_greets),
		GREETER_TEST(test_the_program_knows_its_limits),
		GREETER_TEST(test_the_program_says_what_is_wrong),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, warm_up, NULL);
}
