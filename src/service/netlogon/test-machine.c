/* SPDX-License-Identifier: MIT */
/* A machine at a server of ours: over TCP, through netlogon's own provider. */
#include "io/clock.h"
#include "runtime/machine.h"
#include "sec/mechs.h"
#include "sec/ntlm-keys.h"
#include "service/netlogon/netlogon.h"
#include "support/accounts.h"
#include "support/secrecy.h"
#include "support/unit.h"
#include <penstock/status.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

static struct pen_crypto *crypto;

static uint64_t now(void *data)
{
	return pen_clock_nt();
}

enum { STACK_SIZE = 8 << 20 };

struct fixture {
	struct pen_server *server;
	pthread_t thread;
	void *stack; /* the thread's */
	const char *binding;
	struct pen_accounts *accounts;
	struct pen_logons logons;
	struct pen_vault_desk desk;
	struct pen_vault vault;
	struct pen_netlogon_sessions *sessions;
	struct pen_netlogon *netlogon;
	struct pen_schannel_server schannel;
	struct pen_mechs *mechs;
	uint32_t member;
};

static uint32_t add_user(struct fixture *f, const char *name, uint32_t control,
			 const char *password)
{
	const struct pen_account_user user = { .name = name, .control = control };
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(f->accounts, &user, &rid), 0);
	assert_int_equal(pen_accounts_set_password(f->accounts, crypto, rid, password, now(NULL)),
			 0);
	return rid;
}

static void *run(void *data)
{
	struct fixture *f = data;

	pen_server_run(f->server);
	return NULL;
}

static void start(struct fixture *f)
{
	pthread_attr_t attributes;

	f->stack =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(f->stack != MAP_FAILED);
	pthread_attr_init(&attributes);
	assert_int_equal(pthread_attr_setstack(&attributes, f->stack, STACK_SIZE), 0);
	assert_int_equal(pthread_create(&f->thread, &attributes, run, f), 0);
	pthread_attr_destroy(&attributes);
}

/* And with the thread all that it left on its stack. */
static void stop(struct fixture *f)
{
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	munmap(f->stack, STACK_SIZE);
	f->stack = NULL;
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	const struct pen_ntlm_server ntlm = { .netbios_computer = "SERVER",
					      .judge = pen_logon_judge,
					      .data = &f->logons };
	struct pen_server_config server = { 0 };
	struct pen_netlogon_config config = { .name = "SERVER" };

	f->accounts = test_accounts(":memory:", "SERVER", now(NULL), crypto);
	f->logons = (struct pen_logons){ .accounts = f->accounts, .crypto = crypto, .now = now };
	assert_int_equal(pen_netlogon_sessions_new(&f->sessions, crypto), 0);
	f->desk.logons = &f->logons;
	f->vault = pen_vault_of_desk(&f->desk);
	config.logons = &f->logons;
	config.vault = &f->vault;
	config.sessions = f->sessions;
	assert_int_equal(pen_netlogon_new(&f->netlogon, &config), 0);
	f->member = add_user(f, "MEMBER$", PEN_ACCOUNT_WORKSTATION_TRUST, "machine secret");
	add_user(f, "ann", PEN_ACCOUNT_NORMAL, "Ann's secret 1");
	f->schannel = (struct pen_schannel_server){ .domain = "SERVER",
						    .find = pen_netlogon_find_session,
						    .data = f->sessions };
	assert_int_equal(pen_mechs_new(&f->mechs, &(struct pen_mechs_config){ .ntlm = &ntlm }), 0);
	pen_mechs_add(f->mechs, &pen_mech_schannel, &f->schannel);
	server.mechs = f->mechs;
	assert_int_equal(pen_server_new(&f->server, &server), 0);
	assert_int_equal(pen_server_add(f->server, &pen_netlogon_service, f->netlogon), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->stack)
		stop(f);
	pen_server_free(f->server);
	pen_mechs_free(f->mechs);
	pen_netlogon_free(f->netlogon);
	pen_netlogon_sessions_free(f->sessions);
	pen_accounts_close(f->accounts);
	test_free(f);
	return 0;
}

static struct pen_machine *machine_new(const struct fixture *f, const char *computer,
				       const char *password)
{
	struct pen_machine_config config = {
		.binding = f->binding, .computer = computer, .domain = "SERVER", .timeout_ms = 10000
	};
	struct pen_machine *machine;

	assert_int_equal(pen_ntlm_nt_hash(crypto, password, config.nt_hash), 0);
	assert_int_equal(pen_machine_new(&machine, &config), 0);
	return machine;
}

static uint32_t ask(struct pen_machine *machine, const char *user, const char *password)
{
	static const uint8_t temp[44] = { 1, 1 };
	struct pen_ntlm_attempt attempt = { .crypto = crypto,
					    .domain = "SERVER",
					    .user = user,
					    .workstation = "CLIENT",
					    .peer = "" };
	struct pen_machine_logon logon;
	struct pen_arena arena;
	uint8_t response[16 + sizeof(temp)];
	uint8_t hash[16];
	uint8_t v2[16];
	uint8_t key[16];
	uint32_t status;

	memcpy(attempt.server_challenge, "challeng", 8);
	pen_ntlm_nt_hash(crypto, password, hash);
	pen_ntlm_v2_key(crypto, hash, user, "SERVER", v2);
	pen_ntlm_v2_proof(crypto, v2, attempt.server_challenge,
			  (struct pen_slice){ temp, sizeof(temp) }, response);
	pen_ntlm_v2_base_key(crypto, v2, response, key);
	memcpy(response + 16, temp, sizeof(temp));
	attempt.nt = (struct pen_slice){ response, sizeof(response) };
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_machine_logon(machine, &attempt, &arena, &logon), 0);
	status = logon.status;
	if (!status) {
		assert_string_equal(logon.account, user);
		assert_string_equal(logon.domain, "SERVER");
		assert_memory_equal(logon.session_base_key, key, 16);
		assert_int_equal(logon.n_groups, 1);
		assert_int_equal(logon.primary_group.sub_authorities[4], PEN_RID_DOMAIN_USERS);
		assert_true(pen_sid_equal(&logon.groups[0], &logon.primary_group));
		assert_false(logon.is_guest);
	}
	pen_arena_done(&arena);
	return status;
}

static void test_logons(void **state)
{
	struct fixture *f = *state;
	struct pen_machine *machine = machine_new(f, "MEMBER", "machine secret");

	/* The first one begins the session. */
	assert_int_equal(ask(machine, "ann", "Ann's secret 1"), 0);
	assert_int_equal(ask(machine, "ann", "wrong"), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(ask(machine, "bob", "wrong"), PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(ask(machine, "ann", "Ann's secret 1"), 0);
	pen_machine_free(machine);
}

/* Another session of the same machine ends the first, which begins again by itself. */
static void test_again(void **state)
{
	struct fixture *f = *state;
	struct pen_machine *first = machine_new(f, "MEMBER", "machine secret");
	struct pen_machine *second = machine_new(f, "member", "machine secret");

	assert_int_equal(ask(first, "ann", "Ann's secret 1"), 0);
	assert_int_equal(ask(second, "ann", "Ann's secret 1"), 0);
	assert_int_equal(pen_machine_open(first), 0);
	assert_int_equal(ask(first, "ann", "Ann's secret 1"), 0);
	assert_int_equal(ask(second, "ann", "wrong"), PEN_STATUS_WRONG_PASSWORD);
	pen_machine_free(first);
	pen_machine_free(second);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *computer;
		const char *password;
	} rows[] = {
		{ "MEMBER", "wrong" },
		{ "NOBODY", "machine secret" },
		{ "ann", "Ann's secret 1" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_machine *machine =
			machine_new(*state, rows[i].computer, rows[i].password);

		assert_int_equal(pen_machine_open(machine), PEN_E_DENIED);
		assert_non_null(strstr(pen_machine_error(machine), "NetrServerAuthenticate3"));
		pen_machine_free(machine);
	}
}

static void test_password(void **state)
{
	static const uint8_t password[] = { 'n', 0, 'e', 0, 0x00, 0xd8, 'w', 0 };
	struct fixture *f = *state;
	struct pen_machine *machine = machine_new(f, "MEMBER", "machine secret");

	assert_int_equal(pen_machine_set_password(machine, (struct pen_slice){ password, 3 }),
			 PEN_E_LIMIT);
	assert_int_equal(pen_machine_set_password(machine, (struct pen_slice){ password, 8 }), 0);
	assert_int_equal(pen_machine_open(machine), 0);
	assert_int_equal(ask(machine, "ann", "Ann's secret 1"), 0);
	pen_machine_free(machine);
	machine = machine_new(f, "MEMBER", "machine secret");
	assert_int_equal(pen_machine_open(machine), PEN_E_DENIED);
	pen_machine_free(machine);
}

/* A server without netlogon's provider, that is nobody's controller; and none at all. */
static void test_no_controller(void **state)
{
	struct fixture *f = *state;
	struct pen_machine_config config = { .binding = "ncacn_ip_tcp:127.0.0.1[1]",
					     .computer = "MEMBER",
					     .domain = "SERVER",
					     .timeout_ms = 2000 };
	struct pen_machine *machine;

	assert_int_equal(pen_machine_new(&machine, &config), 0);
	assert_int_not_equal(pen_machine_open(machine), 0);
	assert_true(pen_machine_error(machine)[0]);
	pen_machine_free(machine);
	config.binding = "nonsense";
	assert_int_equal(pen_machine_new(&machine, &config), 0);
	assert_int_not_equal(pen_machine_open(machine), 0);
	assert_true(pen_machine_error(machine)[0]);
	pen_machine_free(machine);
	assert_non_null(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What the machine and the server have in common is in no core, and goes with them. */
static void test_secrecy(void **state)
{
	struct fixture *f = *state;
	struct pen_machine *machine = machine_new(f, "MEMBER", "machine secret");
	struct pen_netlogon_session session;

	assert_int_equal(ask(machine, "ann", "Ann's secret 1"), 0);
	assert_int_equal(pen_netlogon_sessions_get(f->sessions, "MEMBER", &session), 0);
	secrecy_begin();
	secrecy_look_for("the session key", session.credential.session_key,
			 sizeof(session.credential.session_key));
	assert_true(secrecy_count() >= 1);
	pen_wipe(&session, sizeof(session));
	stop(f);
	assert_int_equal(secrecy_count(), 0);

	pen_machine_free(machine);
	f->server = pen_server_free(f->server);
	f->sessions = pen_netlogon_sessions_free(f->sessions);
	assert_int_equal(secrecy_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_logons),   TEST(test_again),	       TEST(test_refusals),
		TEST(test_password), TEST(test_no_controller), TEST(test_secrecy),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
