/* SPDX-License-Identifier: MIT */
/*
 * Both sides of a Kerberos context in one process, through a real KDC.
 *
 *	krb5-live talk KEY=VALUE...      they must prove each other and talk; every
 *	                                 broken message must be refused
 *	krb5-live refuse KEY=VALUE...    one must refuse: prints "client: " or
 *	                                 "server: " and its reason
 *	krb5-live threads KEY=VALUE...   many at a time prove each other
 *
 * Keys, of the client:
 *	user password domain, ccache, client_keytab principal, hash, anonymous
 *	target client_weak delegate client_channel
 * of the server:
 *	keytab service rcache weak nomap only=PRINCIPAL channel
 * of both:
 *	level spnego
 *	wait=SECONDS    between the client's first token and the server
 *	pause=SECONDS   before they talk
 *	replay=1        the first token goes to another server before
 *	swap=OFFSET     a bit of it is changed
 *
 * With PEN_AUTHD in the environment the server's tokens are taken by a penstock-authd in another
 * process, and it has the keytab.
 */
#include "daemon/authd.h"
#include "runtime/authority.h"
#include "runtime/worker-letter.h"
#include "runtime/world.h"
#include "sec/credentials.h"
#include "sec/krb5.h"
#include "sec/spnego.h"
#include <penstock/buffer.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE_MAX_TRIED = 65536 };

static const struct pen_mech *mech = &pen_mech_krb5;
static unsigned n_passed;
static unsigned n_failed;
static char **arguments;
static struct pen_world world;

static void expect(bool is_right, const char *format, ...) PEN_PRINTF(2, 3);
static void expect(bool is_right, const char *format, ...)
{
	va_list values;

	if (is_right) {
		__atomic_add_fetch(&n_passed, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_add_fetch(&n_failed, 1, __ATOMIC_RELAXED);
	va_start(values, format);
	printf("FAIL ");
	vprintf(format, values);
	printf("\n");
	va_end(values);
}

static const char *value_of(const char *key)
{
	size_t n = strlen(key);

	for (char **p = arguments; *p; p++)
		if (!strncmp(*p, key, n) && (*p)[n] == '=')
			return *p + n + 1;
	return NULL;
}

/* ---- the two sides ---- */

/* Everybody is S-1-5-21-1-1000. */
static int map(void *data, const char *principal, const struct pen_token_info *known,
	       struct pen_token **tokenp)
{
	struct pen_token_info info = *known;
	struct pen_sid sid;

	if (data && strcmp(data, principal) != 0)
		return PEN_E_NOT_FOUND;
	pen_sid_parse(&sid, "S-1-5-21-1-1000");
	info.sids = &sid;
	info.n_sids = 1;
	return pen_token_new(tokenp, &info);
}

static struct pen_credentials *credentials_new(void)
{
	struct pen_credentials *credentials = NULL;
	static const uint8_t hash[16];
	int r;

	if (value_of("password"))
		r = pen_credentials_new_password(&credentials, value_of("user"), value_of("domain"),
						 value_of("password"));
	else if (value_of("client_keytab"))
		r = pen_credentials_new_keytab(&credentials, value_of("client_keytab"),
					       value_of("principal"));
	else if (value_of("hash"))
		r = pen_credentials_new_nt_hash(&credentials, "alice", NULL, hash);
	else if (value_of("anonymous"))
		r = pen_credentials_new_anonymous(&credentials);
	else
		r = pen_credentials_new_ccache(&credentials, value_of("ccache"));
	if (r)
		exit(2);
	return credentials;
}

static struct pen_slice slice_of(const char *text)
{
	return (struct pen_slice){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

static enum pen_auth_level level(void)
{
	return value_of("level") ? (enum pen_auth_level)atoi(value_of("level"))
				 : PEN_AUTH_LEVEL_PRIVACY;
}

static struct pen_mech_context *client_new(const void *config,
					   const struct pen_credentials *credentials)
{
	const struct pen_mech_client client = {
		.world = &world.mech,
		.config = config,
		.credentials = credentials,
		.target = value_of("target"),
		.channel_bindings = slice_of(value_of("client_channel")),
		.level = level(),
		.wants_delegation = value_of("delegate"),
	};
	struct pen_mech_context *context;

	if (mech->new_client(&context, &client))
		exit(2);
	return context;
}

static struct pen_mech_context *server_new(const void *config)
{
	const struct pen_mech_server server = {
		.world = &world.mech,
		.config = config,
		.peer = "127.0.0.1",
		.channel_bindings = slice_of(value_of("channel")),
		.level = level(),
	};
	struct pen_mech_context *context;

	if (mech->new_server(&context, &server))
		exit(2);
	return context;
}

/* A leg: the token taken, the work done, the answer got. */
static int leg(struct pen_mech_context *context, const struct pen_buffer *in,
	       struct pen_buffer *out)
{
	int r;

	pen_buffer_done(out);
	r = mech->step(context, (struct pen_slice){ in->data, in->size }, out);
	if (r != PEN_PENDING)
		return r;
	mech->work(context);
	return mech->step(context, (struct pen_slice){ 0 }, out);
}

/* Brings tokens to and fro until both are done. Who refused. */
static const char *negotiate(struct pen_mech_context *client, struct pen_mech_context *server,
			     struct pen_mech_context *other, int *legsp)
{
	struct pen_buffer in;
	struct pen_buffer out;
	const char *refused = "neither";
	int client_result = PEN_E_AGAIN;
	int server_result = PEN_E_AGAIN;

	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	for (int n = 0; client_result || server_result; n++) {
		client_result = leg(client, &in, &out);
		if (client_result && client_result != PEN_E_AGAIN) {
			refused = "client";
			break;
		}
		if (!out.size)
			break;
		++*legsp;
		if (!n)
			printf("first token of %zu bytes\n", out.size);
		if (!n && value_of("wait"))
			sleep((unsigned)atoi(value_of("wait")));
		if (!n && value_of("swap"))
			out.data[(size_t)atoi(value_of("swap")) % out.size] ^= 1;
		if (!n && other) {
			server_result = leg(other, &out, &in);
			expect(server_result == PEN_E_AGAIN, "the first server: %s",
			       mech->reason(other));
		}
		server_result = leg(server, &out, &in);
		if (server_result && server_result != PEN_E_AGAIN) {
			refused = "server";
			break;
		}
		if (in.size)
			++*legsp;
	}
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	return refused;
}

/* ---- messages ---- */

/* A message in blocks of their own, so that a step past any is seen. */
struct message {
	uint8_t *head;
	uint8_t *data;
	uint8_t *tail;
	uint8_t *signature;
	struct pen_protected parts;
};

static uint8_t *copy_of(const void *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		exit(2);
	if (n)
		memcpy(copy, data, n);
	return copy;
}

static struct message message_copy(const struct pen_protected *from)
{
	struct message m = {
		.head = copy_of(from->head.data, from->head.size),
		.data = copy_of(from->data, from->n),
		.tail = copy_of(from->tail.data, from->tail.size),
		.signature = copy_of(from->signature, from->n_signature),
		.parts = *from,
	};

	m.parts.head.data = m.head;
	m.parts.data = m.data;
	m.parts.tail.data = m.tail;
	m.parts.signature = m.signature;
	return m;
}

static void message_free(struct message *m)
{
	free(m->head);
	free(m->data);
	free(m->tail);
	free(m->signature);
}

static const uint8_t *plain(void)
{
	static uint8_t bytes[SIZE_MAX_TRIED];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	return bytes;
}

static struct message message_protected(struct pen_mech_context *from, size_t n, bool is_sealed,
					bool has_header)
{
	uint8_t no_signature[256] = { 0 };
	struct pen_protected parts = {
		.data = (uint8_t *)(uintptr_t)plain(),
		.n = n,
		.signature = no_signature,
		.n_signature = mech->signature_size(from, n, is_sealed),
		.is_sealed = is_sealed,
	};
	struct message m;

	if (has_header) {
		parts.head = (struct pen_slice){ (const uint8_t *)"a request's header, 24 b", 24 };
		parts.tail = (struct pen_slice){ (const uint8_t *)"trailer!", 8 };
	}
	expect(parts.n_signature && parts.n_signature < sizeof(no_signature),
	       "a signature of %zu bytes", parts.n_signature);
	m = message_copy(&parts);
	expect(!mech->protect(from, &m.parts), "protect %zu bytes: %s", n, mech->reason(from));
	if (n >= 16)
		expect(is_sealed == !!memcmp(m.data, plain(), n), "%zu bytes are sealed or not", n);
	return m;
}

static void expect_refused(struct pen_mech_context *to, const struct pen_protected *parts,
			   const char *what, size_t at)
{
	struct message m = message_copy(parts);
	int r = mech->unprotect(to, &m.parts);

	expect(r == PEN_E_DENIED, "%s %zu: %s", what, at, pen_error_name(r));
	message_free(&m);
}

static void flip_all(struct pen_mech_context *to, const struct message *m, uint8_t *bytes, size_t n,
		     const char *what)
{
	for (size_t i = 0; i < n * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		expect_refused(to, &m->parts, what, i);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* A message broken in every way; then it must still be good, and then it is old. */
static void break_message(struct pen_mech_context *from, struct pen_mech_context *to,
			  bool is_sealed, bool has_header)
{
	struct message m = message_protected(from, 40, is_sealed, has_header);
	struct message good = message_copy(&m.parts);
	struct pen_protected parts = m.parts;

	flip_all(to, &m, m.head, m.parts.head.size, "flipped head bit");
	flip_all(to, &m, m.data, m.parts.n, "flipped data bit");
	flip_all(to, &m, m.tail, m.parts.tail.size, "flipped tail bit");
	for (parts.n_signature = 0; parts.n_signature < m.parts.n_signature; parts.n_signature++)
		expect_refused(to, &parts, "signature cut to", parts.n_signature);
	for (parts = m.parts, parts.n = 0; parts.n < m.parts.n; parts.n++)
		expect_refused(to, &parts, "data cut to", parts.n);
	parts = m.parts;
	parts.is_sealed = !is_sealed;
	expect_refused(to, &parts, "taken for sealed or not", is_sealed);
	expect(!mech->unprotect(to, &good.parts), "the message itself: %s", mech->reason(to));
	expect(!memcmp(good.data, plain(), 40), "it is what was sent");
	expect_refused(to, &m.parts, "the same again", 0);
	expect(value_of("spnego") || strstr(mech->reason(to), "replay"), "which is a replay: %s",
	       mech->reason(to));
	message_free(&m);
	message_free(&good);
}

/*
 * Its signature likewise. By RC4 the number in it is not signed, so that a bit of it
 * gives a message that is good and out of its place, and none is in place after it.
 */
static void break_signature(struct pen_mech_context *from, struct pen_mech_context *to,
			    bool is_sealed, bool has_header, bool is_rc4)
{
	struct message m = message_protected(from, 40, is_sealed, has_header);

	flip_all(to, &m, m.signature, m.parts.n_signature, "flipped signature bit");
	if (!is_rc4)
		expect(!mech->unprotect(to, &m.parts), "the message itself: %s", mech->reason(to));
	message_free(&m);
}

static void talk(struct pen_mech_context *from, struct pen_mech_context *to)
{
	static const size_t sizes[] = { 0, 1, 16, 17, 4096, SIZE_MAX_TRIED };
	bool is_rc4 = mech->signature_size(from, 0, false) == 37;
	bool may_seal = level() == PEN_AUTH_LEVEL_PRIVACY;

	for (int is_sealed = 0; is_sealed <= may_seal; is_sealed++)
		for (int has_header = 0; has_header < 2; has_header++) {
			for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
				struct message m =
					message_protected(from, sizes[i], is_sealed, has_header);

				expect(!mech->unprotect(to, &m.parts), "%zu bytes: %s", sizes[i],
				       mech->reason(to));
				expect(!memcmp(m.data, plain(), sizes[i]), "%zu bytes arrive",
				       sizes[i]);
				message_free(&m);
			}
			break_message(from, to, is_sealed, has_header);
			if (!is_rc4 || (is_sealed == may_seal && has_header))
				break_signature(from, to, is_sealed, has_header, is_rc4);
		}
}

/* The second of two messages first. */
static void skip_one(struct pen_mech_context *from, struct pen_mech_context *to)
{
	struct message first = message_protected(from, 16, false, false);
	struct message second = message_protected(from, 16, false, false);

	expect_refused(to, &second.parts, "out of order", 0);
	message_free(&first);
	message_free(&second);
}

static void expect_session(struct pen_mech_context *client, struct pen_mech_context *server)
{
	struct pen_slice a = mech->session_key(client);
	struct pen_slice b = mech->session_key(server);
	struct pen_token *token = NULL;

	expect(a.size >= 16 && a.size == b.size && !memcmp(a.data, b.data, a.size),
	       "one session key of %zu and %zu bytes", a.size, b.size);
	expect(mech->has_header_signing(client) && mech->has_header_signing(server),
	       "header signing");
	expect(!mech->token(server, &token), "a token");
	if (token) {
		char user[PEN_SID_TEXT_SIZE];

		pen_sid_print(pen_token_user(token), user);
		printf("client is %s, %s of %s with %zu SIDs; session key of %zu bytes, "
		       "signatures of %zu and %zu\n",
		       user, pen_token_info(token)->account, pen_token_info(token)->domain,
		       pen_token_info(token)->n_sids, b.size,
		       mech->signature_size(server, 64, false),
		       mech->signature_size(server, 64, true));
		for (size_t n = 0; n < pen_token_info(token)->n_sids; n++) {
			pen_sid_print(&pen_token_info(token)->sids[n], user);
			printf("in %s\n", user);
		}
		expect(pen_token_info(token)->session_key.size == b.size,
		       "the token's session key");
		pen_token_free(token);
	}
	expect(mech->token(client, &token) == PEN_E_DENIED, "a client has no token");
	if (value_of("pause"))
		sleep((unsigned)atoi(value_of("pause")));
	if (level() > PEN_AUTH_LEVEL_CONNECT) {
		talk(client, server);
		talk(server, client);
		skip_one(client, server);
	}
}

/* ---- another process has the keytab ---- */

static struct pen_krb5_server config_of_arguments(void)
{
	return (struct pen_krb5_server){
		.keytab = value_of("keytab"),
		.principal = value_of("service"),
		.rcache = value_of("rcache"),
		.allow_weak = value_of("weak"),
		.require_bindings = value_of("bound"),
		.map = value_of("nomap") ? NULL : map,
		.data = (void *)(uintptr_t)value_of("only"),
	};
}

static struct pen_authority *authority;
static int authd_socket = -1;
static pid_t authd_pid;

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	return PEN_E_DENIED;
}

static void be_authd(int fd)
{
	const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE", .judge = judge };
	const struct pen_krb5_server krb5 = config_of_arguments();
	const struct authd_config config = {
		.fd = fd, .world = &world.mech, .ntlm = &ntlm, .krb5 = &krb5
	};
	struct authd *authd;

	_exit(authd_new(&authd, &config) || authd_run(authd));
}

static void start_authd(void)
{
	const struct worker_order order = { .verb = worker_CLIENT, .body.client.name = "live" };
	struct pen_buffer scratch = { 0 };
	int ends[2], clients[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, clients))
		exit(2);
	authd_pid = fork();
	if (!authd_pid) {
		close(ends[0]);
		close(clients[0]);
		be_authd(ends[1]);
	}
	close(ends[1]);
	authd_socket = ends[0];
	if (authd_pid < 0 || pen_worker_send_order(authd_socket, &order, clients[1], &scratch) ||
	    close(clients[1]) || pen_authority_new(&authority, clients[0], 0))
		exit(2);
	pen_buffer_done(&scratch);
}

static void end_authd(void)
{
	int status = 0;

	pen_authority_free(authority);
	shutdown(authd_socket, SHUT_WR);
	expect(waitpid(authd_pid, &status, 0) == authd_pid && !status,
	       "penstock-authd ends with %#x", (unsigned)status);
	close(authd_socket);
}

/* Both sides of one case. */
struct sides {
	struct pen_krb5_client client_config;
	struct pen_krb5_server config;
	struct pen_spnego_mech offered;
	struct pen_spnego_mech served;
	struct pen_spnego_config client_spnego;
	struct pen_spnego_config spnego;
	struct pen_credentials *credentials;
	struct pen_mech_context *client;
	struct pen_mech_context *server;
	struct pen_mech_context *other;
};

static void sides_init(struct sides *sides)
{
	bool is_spnego = value_of("spnego");

	*sides = (struct sides){
		.client_config = { .allow_weak = value_of("client_weak") },
		.config = authority ? *(const struct pen_krb5_server *)pen_mechs_find(
					       pen_authority_mechs(authority), PEN_AUTH_KRB5)
					       ->config
				    : config_of_arguments(),
		.offered = { &pen_mech_krb5, &sides->client_config, pen_oids_krb5,
			     PEN_N_OIDS_KRB5 },
		.served = { &pen_mech_krb5, &sides->config, pen_oids_krb5, PEN_N_OIDS_KRB5 },
		.client_spnego = { &sides->offered, 1 },
		.spnego = { &sides->served, 1 },
		.credentials = credentials_new(),
	};
	sides->client =
		client_new(is_spnego ? (const void *)&sides->client_spnego : &sides->client_config,
			   sides->credentials);
	sides->server = server_new(is_spnego ? (const void *)&sides->spnego : &sides->config);
	sides->other = value_of("replay") ? server_new(&sides->config) : NULL;
}

static void sides_done(struct sides *sides)
{
	mech->free(sides->client);
	mech->free(sides->server);
	mech->free(sides->other);
	pen_credentials_free(sides->credentials);
}

/* Some negotiations and a message of each side, while others do the same. */
static void *thread_main(void *data)
{
	for (int i = 0; i < 10; i++) {
		struct sides sides;
		const char *refused;
		int legs = 0;

		sides_init(&sides);
		refused = negotiate(sides.client, sides.server, NULL, &legs);
		expect(*refused == 'n', "refused: %s",
		       mech->reason(*refused == 'c' ? sides.client : sides.server));
		for (int way = 0; way < 2 && *refused == 'n'; way++) {
			struct pen_mech_context *to = way ? sides.client : sides.server;
			struct message m = message_protected(way ? sides.server : sides.client, 512,
							     true, true);

			expect(!mech->unprotect(to, &m.parts), "a message: %s", mech->reason(to));
			message_free(&m);
		}
		sides_done(&sides);
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[8];

	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		if (pthread_create(&threads[i], NULL, thread_main, NULL))
			exit(2);
	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
}

static void run_case(bool is_refused)
{
	struct sides sides;
	const char *refused;
	const char *reason;
	int legs = 0;

	sides_init(&sides);
	refused = negotiate(sides.client, sides.server, sides.other, &legs);
	reason = mech->reason(*refused == 'c' ? sides.client : sides.server);
	if (is_refused) {
		printf("%s: %s\n", refused, reason);
	} else {
		expect(*refused == 'n', "refused: %s", reason);
		expect(legs == (value_of("spnego") ? 4 : 3), "%d legs", legs);
		if (*refused == 'n')
			expect_session(sides.client, sides.server);
	}
	sides_done(&sides);
}

int main(int argc, char **argv)
{
	bool is_refused = argc > 1 && !strcmp(argv[1], "refuse");

	if (argc < 2)
		return 2;
	arguments = argv + 2;
	if (pen_world_init(&world))
		return 2;
	if (value_of("spnego"))
		mech = &pen_mech_spnego;
	if (getenv("PEN_AUTHD"))
		start_authd();
	if (!strcmp(argv[1], "threads"))
		run_threads();
	else
		run_case(is_refused);
	if (authority)
		end_authd();
	pen_world_done(&world);
	if (!is_refused)
		printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed != 0;
}
