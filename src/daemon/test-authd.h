/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TEST_AUTHD_H
#define PEN_DAEMON_TEST_AUTHD_H
/*
 * penstock-authd in a process of its own, and this one is penstockd, its workers and their clients.
 * Its accounts are ann, whose password is "secret", and slow, whose verdict takes until it is
 * released.
 */
#include "daemon/authd.h"
#include "io/clock.h"
#include "runtime/authority-letter.h"
#include "runtime/authority.h"
#include "runtime/worker-letter.h"
#include "runtime/world.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include "support/fds.h"
#include "support/unit.h"
#include "support/vault.h"
#include <errno.h>
#include <penstock/credentials.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	struct pen_world world;
	struct authd_config config; /* its numbers */
	pid_t pid;		    /* 0: there is none */
	int penstockd;		    /* our end */
	bool is_beside_threads;	    /* it is started while some run here */
	bool has_vault;		    /* of those accounts that support/vault.h says */
	void (*challenged)(void *); /* when a server has given a challenge */
	void *challenged_data;
	int release[2]; /* of the slow: a byte for each */
	int asked[2];	/* a byte of each who is asked */
} stage = { .penstockd = -1 };

/* ---- penstock-authd ---- */

static inline int stage_judge(void *data, const struct pen_ntlm_attempt *attempt,
			      struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[16];
	char byte = 0;
	int r;

	(void)data;
	if (write(stage.asked[1], "a", 1) != 1)
		return -errno;
	if (!strcmp(attempt->user, "slow") && read(stage.release[0], &byte, 1) != 1)
		return -errno;
	if (strcmp(attempt->user, "ann") != 0 && strcmp(attempt->user, "slow") != 0)
		return PEN_E_NOT_FOUND;
	r = pen_ntlm_nt_hash(attempt->crypto, "secret", hash);
	if (!r)
		r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	if (!r)
		r = pen_token_new_unix(&verdict->token, 4711, 100, NULL, 0, 0, false);
	return r;
}

static inline void stage_be_authd(int fd)
{
	const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE",
					      .netbios_domain = "WORK",
					      .dns_domain = "work.test",
					      .judge = stage_judge,
					      .may_block = true };
	struct authd_config config = stage.config;
	struct test_vault vault = { .accounts = NULL };
	struct authd *authd;
	int r;

	if (stage.has_vault) {
		test_vault_new(&vault, stage.world.crypto);
		config.vault = &vault.vault;
	}
	config.fd = fd;
	config.world = &stage.world.mech;
	if (!config.ntlm)
		config.ntlm = &ntlm;
	r = authd_new(&authd, &config);
	if (!r)
		r = authd_run(authd);
	/* Those who are asked for ever. */
	close(stage.release[1]);
	authd_free(authd);
	test_vault_done(&vault);
	pen_world_done(&stage.world);
	/* What other threads of ours had is nobody's there. */
	if (stage.is_beside_threads)
		_exit(r ? 99 : 0);
	exit(r ? 99 : 0);
}

static inline void stage_await_ready(void)
{
	uint8_t *room = malloc(worker_LETTER_MAX);
	struct worker_report report;
	struct pen_arena arena;
	int fd, r;

	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	while ((r = pen_worker_receive_report(stage.penstockd, &report, &fd, room, &arena)) ==
	       -EAGAIN)
		usleep(1000);
	assert_int_equal(r, 0);
	assert_int_equal(report.verb, worker_READY);
	pen_arena_done(&arena);
	free(room);
}

static inline void stage_start(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	stage.penstockd = ends[0];
	stage.pid = fork();
	assert_true(stage.pid >= 0);
	if (!stage.pid) {
		close(ends[0]);
		stage_be_authd(ends[1]);
	}
	close(ends[1]);
	stage_await_ready();
}

/* Its exit status, or minus its signal. */
static inline int stage_await_end(void)
{
	int status;

	alarm(60);
	assert_int_equal(waitpid(stage.pid, &status, 0), stage.pid);
	alarm(0);
	stage.pid = 0;
	close(stage.penstockd);
	stage.penstockd = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void stage_kill(void)
{
	kill(stage.pid, SIGKILL);
	assert_int_equal(stage_await_end(), -SIGKILL);
}

static inline int stage_end(void)
{
	shutdown(stage.penstockd, SHUT_WR);
	return stage_await_end();
}

static inline void stage_order(const struct worker_order *order, int fd)
{
	struct pen_buffer scratch = { 0 };

	assert_int_equal(pen_worker_send_order(stage.penstockd, order, fd, &scratch), 0);
	pen_buffer_done(&scratch);
}

/* Another worker's socket. has_accounts: of the program that serves them. */
static inline int stage_client_of(const char *name, bool has_accounts)
{
	const struct worker_order order = {
		.verb = worker_CLIENT, .body.client = { .name = name, .has_accounts = has_accounts }
	};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	stage_order(&order, ends[1]);
	close(ends[1]);
	return ends[0];
}

static inline int stage_client(const char *name)
{
	return stage_client_of(name, false);
}

/* A conversation that is begun by hand. PEN_E_CLOSED is seen at the first answer only. */
static inline int stage_begin_by_hand(int client)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_authority_send_call(client, ends[1], pen_clock_ms() + 20000), 0);
	close(ends[1]);
	return ends[0];
}

/* ---- a worker, and a client of it ---- */

struct handshake {
	const struct pen_mech *mech;
	struct pen_mech_context *client, *server;
	struct pen_token *token;
	int r; /* the server's last word */
};

static inline int handshake_step(const struct pen_mech *mech, struct pen_mech_context *context,
				 struct pen_slice in, struct pen_buffer *out)
{
	int r = mech->step(context, in, out);

	while (r == PEN_PENDING) {
		mech->work(context);
		r = mech->step(context, (struct pen_slice){ 0 }, out);
	}
	return r;
}

static inline int handshake_legs(struct handshake *handshake)
{
	struct pen_mech_context *sides[] = { handshake->client, handshake->server };
	struct pen_buffer tokens[2] = { { 0 }, { 0 } };
	int r[2] = { PEN_E_AGAIN, PEN_E_AGAIN };

	for (int turn = 0; turn < 8 && r[turn & 1] == PEN_E_AGAIN; turn++) {
		struct pen_buffer *in = &tokens[!(turn & 1)], *out = &tokens[turn & 1];

		out->size = 0;
		r[turn & 1] = handshake_step(handshake->mech, sides[turn & 1],
					     (struct pen_slice){ in->data, in->size }, out);
		if (!out->size)
			break;
		if (turn == 1 && stage.challenged)
			stage.challenged(stage.challenged_data);
	}
	for (int i = 0; i < 2; i++)
		pen_buffer_done(&tokens[i]);
	return r[0] && r[0] != PEN_E_AGAIN ? r[0] : r[1];
}

/* What the server says in the end, by the mechanism of that type. */
static inline int handshake_begin(struct handshake *handshake, const struct pen_mechs *mechs,
				  uint8_t auth_type, const char *user, const char *password)
{
	static const struct pen_spnego_mech ntlm = { &pen_mech_ntlm, NULL, pen_oids_ntlm, 1 };
	static const struct pen_spnego_config offered = { &ntlm, 1 };
	const struct pen_mech_row *row = pen_mechs_find(mechs, auth_type);
	struct pen_credentials *credentials;
	struct pen_mech_client client = { .world = &stage.world.mech,
					  .config = auth_type == PEN_AUTH_SPNEGO ? &offered : NULL,
					  .target = "host/here",
					  .level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech_server server = { .world = &stage.world.mech,
						.config = row->config,
						.peer = "10.1.2.3",
						.level = PEN_AUTH_LEVEL_PRIVACY };
	int r = pen_credentials_new_password(&credentials, user, NULL, password);

	*handshake = (struct handshake){ .mech = row->mech };
	if (r)
		return handshake->r = r;
	client.credentials = credentials;
	r = row->mech->new_client(&handshake->client, &client);
	if (!r)
		r = row->mech->new_server(&handshake->server, &server);
	if (!r)
		r = handshake_legs(handshake);
	if (!r)
		r = row->mech->token(handshake->server, &handshake->token);
	pen_credentials_free(credentials);
	return handshake->r = r;
}

static inline void handshake_end(struct handshake *handshake)
{
	handshake->mech->free(handshake->client);
	handshake->mech->free(handshake->server);
	pen_token_free(handshake->token);
}

static inline const char *handshake_reason(const struct handshake *handshake)
{
	return handshake->mech->reason(handshake->server);
}

static inline void handshake_expect_messages(const struct handshake *handshake)
{
	const struct pen_mech *mech = handshake->mech;
	struct pen_mech_context *sides[] = { handshake->client, handshake->server };

	for (int i = 0; i < 4; i++) {
		uint8_t data[] = "message", signature[128];
		struct pen_protected message = {
			.data = data,
			.n = sizeof(data),
			.signature = signature,
			.n_signature = mech->signature_size(sides[i & 1], sizeof(data), true),
			.is_sealed = true,
		};

		assert_in_range(message.n_signature, 1, sizeof(signature));
		assert_int_equal(mech->protect(sides[i & 1], &message), 0);
		assert_memory_not_equal(data, "message", sizeof(data));
		assert_int_equal(mech->unprotect(sides[!(i & 1)], &message), 0);
		assert_memory_equal(data, "message", sizeof(data));
	}
}

/* ---- before and after each test ---- */

static inline int stage_open(void **state)
{
	(void)state;
	stage.config = (struct authd_config){ 0 };
	stage.is_beside_threads = stage.has_vault = false;
	stage.challenged = NULL;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(stage.release), 0);
	assert_int_equal(pipe(stage.asked), 0);
	return pen_world_init(&stage.world);
}

static inline int stage_close(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		close(stage.release[i]);
		close(stage.asked[i]);
	}
	pen_world_done(&stage.world);
	return 0;
}

#endif
