/* SPDX-License-Identifier: MIT */
#include "service/netlogon/sessions.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static struct pen_netlogon_sessions *sessions_new(void)
{
	struct pen_netlogon_sessions *sessions;

	assert_int_equal(pen_netlogon_sessions_new(&sessions, crypto), 0);
	return sessions;
}

static struct pen_netlogon_challenge challenge_of(const char *computer, const char *peer,
						  uint64_t time)
{
	struct pen_netlogon_challenge challenge = { .time = time };

	snprintf(challenge.computer, sizeof(challenge.computer), "%s", computer);
	snprintf(challenge.peer, sizeof(challenge.peer), "%s", peer);
	challenge.client[0] = (uint8_t)time;
	return challenge;
}

/* A challenge is used once, under its name in any case, within two minutes. */
static void test_challenges(void **state)
{
	struct pen_netlogon_sessions *sessions = sessions_new();
	struct pen_netlogon_challenge challenge = challenge_of("Member", "a", 100);
	struct pen_netlogon_challenge got;

	assert_int_equal(pen_netlogon_sessions_take(sessions, "MEMBER", 100, &got),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "MEMBERS", 100, &got),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "MEMBER", 220, &got), 0);
	assert_int_equal(got.client[0], 100);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "MEMBER", 220, &got),
			 PEN_E_NOT_FOUND);

	assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "MEMBER", 221, &got),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	challenge = challenge_of("MEMBER", "b", 101);
	assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "member", 101, &got), 0);
	assert_int_equal(got.client[0], 101);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "member", 101, &got),
			 PEN_E_NOT_FOUND);
	pen_netlogon_sessions_free(sessions);
}

/* One peer takes its own places only; all together, those of the oldest. */
static void test_limits(void **state)
{
	struct pen_netlogon_sessions *sessions = sessions_new();
	struct pen_netlogon_challenge challenge = challenge_of("honest", "here", 1);
	struct pen_netlogon_challenge got;
	char name[32];
	char peer[32];

	assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	for (int i = 0; i <= PEN_NETLOGON_CHALLENGES_PER_PEER_MAX; i++) {
		snprintf(name, sizeof(name), "flood%d", i);
		challenge = challenge_of(name, "there", 1);
		assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	}
	assert_int_equal(pen_netlogon_sessions_take(sessions, "flood0", 1, &got), PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "flood1", 1, &got), 0);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "honest", 1, &got), 0);

	for (int i = 0; i <= PEN_NETLOGON_CHALLENGES_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(peer, sizeof(peer), "p%d", i / 10);
		challenge = challenge_of(name, peer, 200);
		assert_int_equal(pen_netlogon_sessions_challenge(sessions, &challenge), 0);
	}
	assert_int_equal(pen_netlogon_sessions_take(sessions, "flood2", 200, &got),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "n0", 200, &got), PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_take(sessions, "n1", 200, &got), 0);
	pen_netlogon_sessions_free(sessions);
}

static struct pen_netlogon_session session_of(const char *computer)
{
	static const uint8_t hash[16] = "a hash of 16 byt";
	struct pen_netlogon_session session = { .channel_type = 2, .rid = 1103 };

	snprintf(session.computer, sizeof(session.computer), "%s", computer);
	snprintf(session.account, sizeof(session.account), "%s$", computer);
	pen_sid_parse(&session.sid, "S-1-5-21-1-2-3-1103");
	assert_int_equal(pen_netlogon_credential_init(&session.credential, crypto, PEN_NETLOGON_AES,
						      hash, (const uint8_t *)"client c",
						      (const uint8_t *)"server c"),
			 0);
	return session;
}

/* A session is found by its computer, and each authenticator goes on from the last. */
static void test_sessions(void **state)
{
	struct pen_netlogon_sessions *sessions = sessions_new();
	struct pen_netlogon_session session = session_of("MEMBER");
	struct pen_netlogon_credential client = session.credential;
	struct pen_netlogon_authenticator call;
	struct pen_netlogon_authenticator answer;
	struct pen_schannel_machine machine = { 0 };
	struct pen_netlogon_session got;

	assert_int_equal(pen_netlogon_find_session(sessions, "", "member", &machine),
			 PEN_E_NOT_FOUND);
	assert_int_equal(pen_netlogon_sessions_add(sessions, &session), 0);
	assert_int_equal(pen_netlogon_find_session(sessions, "ANY", "member", &machine), 0);
	assert_string_equal(machine.account, "MEMBER$");
	assert_memory_equal(machine.keys.session_key, session.credential.session_key, 16);
	assert_true(pen_sid_equal(&machine.sid, &session.sid));

	for (int i = 0; i < 3; i++) {
		pen_netlogon_credential_step(&client, crypto, 1000, &call);
		assert_int_equal(pen_netlogon_sessions_verify(sessions, "member", "OTHER$", &call,
							      &answer, &got),
				 PEN_E_DENIED);
		assert_int_equal(
			pen_netlogon_sessions_verify(sessions, "other", NULL, &call, &answer, &got),
			PEN_E_NOT_FOUND);
		assert_int_equal(pen_netlogon_sessions_verify(sessions, "member", "member$", &call,
							      &answer, &got),
				 0);
		assert_int_equal(pen_netlogon_credential_check(&client, crypto, &answer), 0);
		assert_int_equal(pen_netlogon_sessions_verify(sessions, "member", NULL, &call,
							      &answer, &got),
				 PEN_E_DENIED);
	}
	session.rid = 1;
	assert_int_equal(pen_netlogon_sessions_add(sessions, &session), 0);
	assert_int_equal(pen_netlogon_sessions_get(sessions, "MEMBER", &got), 0);
	assert_int_equal(got.rid, 1);
	pen_netlogon_sessions_free(sessions);
}

static void test_no_memory(void **state)
{
	struct pen_netlogon_challenge challenge = challenge_of("Member", "a", 100);
	struct pen_netlogon_session session = session_of("MEMBER");
	struct pen_netlogon_sessions *sessions;
	size_t n;
	int r;

	for (n = 1;
	     pen_fail_at(n), r = pen_netlogon_sessions_new(&sessions, crypto), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	for (n = 1; pen_fail_at(n), r = pen_netlogon_sessions_challenge(sessions, &challenge),
	    pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	for (n = 1;
	     pen_fail_at(n), r = pen_netlogon_sessions_add(sessions, &session), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_netlogon_sessions_free(sessions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_no_memory),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
