/* SPDX-License-Identifier: MIT */
/* What is offered to clients is asked again, and this process is penstock-authd as well. */
#include "io/clock.h"
#include "runtime/authority-letter.h"
#include "runtime/authority.h"
#include "sec/mechs.h"
#include "sec/schannel.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- penstock-authd ---- */

struct answerer {
	int socket;
	const struct authority_terms *terms;
	pthread_t thread;
};

static void *answer(void *data)
{
	const struct answerer *answerer = data;
	struct authority_answer answer = { .verb = authority_TERMS };
	struct pollfd wait = { .fd = answerer->socket, .events = POLLIN };
	uint64_t due = pen_clock_ms() + 60000;
	struct authority_question question;
	struct pen_arena arena;
	int conversation;

	pen_arena_init(&arena, 0);
	answer.body.terms = *answerer->terms;
	if (poll(&wait, 1, 60000) == 1 &&
	    !pen_authority_receive_call(answerer->socket, &conversation)) {
		if (!pen_authority_receive_question(conversation, &question, &arena, due))
			pen_authority_send_answer(conversation, &answer, due);
		close(conversation);
	}
	pen_arena_done(&arena);
	return NULL;
}

static struct answerer begin(int socket, const struct authority_terms *terms)
{
	static struct answerer answerer;

	answerer = (struct answerer){ .socket = socket, .terms = terms };
	assert_int_equal(pthread_create(&answerer.thread, NULL, answer, &answerer), 0);
	return answerer;
}

static struct pen_authority *start(int ends[2], const struct authority_terms *terms)
{
	struct pen_authority *authority = NULL;
	struct answerer answerer;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	answerer = begin(ends[0], terms);
	assert_int_equal(pen_authority_new(&authority, ends[1], 60000), 0);
	pthread_join(answerer.thread, NULL);
	return authority;
}

static int renew(struct pen_authority *authority, int socket, const struct authority_terms *terms)
{
	struct answerer answerer = begin(socket, terms);
	struct pollfd wait = { .events = POLLIN };

	assert_int_equal(pen_authority_ask_again(authority, &wait.fd), 0);
	assert_int_equal(poll(&wait, 1, 60000), 1);
	pthread_join(answerer.thread, NULL);
	return pen_authority_renewed(authority);
}

/* ---- */

static const struct pen_ntlm_server *ntlm_of(const struct pen_authority *authority)
{
	return pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_NTLM)->config;
}

static void test_other_terms(void **state)
{
	const struct authority_terms few = { .netbios_computer = "HERE" };
	const struct authority_terms many = { .netbios_computer = "THERE",
					      .dns_domain = "there.test",
					      .allow_v1 = true,
					      .has_krb5 = true };
	unsigned n_fds = pen_count_fds();
	const struct pen_ntlm_server *first;
	struct pen_authority *authority;
	struct pen_mechs *mechs;
	int ends[2];

	authority = start(ends, &few);
	mechs = pen_authority_mechs(authority);
	first = ntlm_of(authority);
	pen_mechs_add(mechs, &pen_mech_schannel, NULL);
	assert_null(pen_mechs_find(mechs, PEN_AUTH_KRB5));
	assert_int_equal(renew(authority, ends[0], &few), PEN_E_EXISTS);
	assert_ptr_equal(pen_authority_mechs(authority), mechs);

	assert_int_equal(renew(authority, ends[0], &many), 0);
	assert_ptr_not_equal(pen_authority_mechs(authority), mechs);
	assert_non_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_KRB5));
	assert_non_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_SCHANNEL));
	assert_string_equal(ntlm_of(authority)->netbios_computer, "THERE");
	assert_true(ntlm_of(authority)->allow_v1);
	/* Those in use are what they were. */
	assert_null(pen_mechs_find(mechs, PEN_AUTH_KRB5));
	assert_string_equal(first->netbios_computer, "HERE");

	assert_int_equal(renew(authority, ends[0], &few), 0);
	assert_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_KRB5));
	assert_non_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_SCHANNEL));
	pen_authority_free(authority);
	close(ends[0]);
	assert_int_equal(pen_count_fds(), n_fds);
}

static void test_terms_do_not_change_for_ever(void **state)
{
	struct authority_terms terms = { .netbios_computer = "HERE" };
	struct pen_authority *authority;
	int ends[2], n = 0, r;

	authority = start(ends, &terms);
	do {
		terms.allow_v1 = !terms.allow_v1;
		r = renew(authority, ends[0], &terms);
	} while (!r && n++ < 1000);
	assert_int_equal(r, PEN_E_LIMIT);
	assert_int_equal(n, 63);
	pen_authority_free(authority);
	close(ends[0]);
}

/* It stays as it was. */
static void test_no_answer(void **state)
{
	const struct authority_terms terms = { .netbios_computer = "HERE" };
	unsigned n_fds = pen_count_fds();
	struct pen_authority *authority;
	struct pollfd wait = { .events = POLLIN };
	struct pen_mechs *mechs;
	int ends[2], conversation;

	authority = start(ends, &terms);
	mechs = pen_authority_mechs(authority);
	assert_int_equal(pen_authority_renewed(authority), -EAGAIN);

	/* One that is asked anew before it has answered. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(pen_authority_ask_again(authority, &wait.fd), 0);
	for (int i = 0; i < 3; i++) {
		struct pollfd call = { .fd = ends[0], .events = POLLIN };

		assert_int_equal(poll(&call, 1, 60000), 1);
		assert_int_equal(pen_authority_receive_call(ends[0], &conversation), 0);
		close(conversation);
	}
	assert_int_equal(poll(&wait, 1, 60000), 1);
	assert_int_equal(pen_authority_renewed(authority), PEN_E_CLOSED);
	shutdown(ends[0], SHUT_RDWR);
	assert_int_equal(pen_authority_ask_again(authority, &wait.fd), 0);
	assert_int_equal(poll(&wait, 1, 60000), 1);
	assert_int_equal(pen_authority_renewed(authority), PEN_E_CLOSED);
	assert_ptr_equal(pen_authority_mechs(authority), mechs);
	pen_authority_free(authority);
	close(ends[0]);
	for (int i = 0; i < 1000 && pen_count_fds() != n_fds; i++)
		usleep(1000); /* those who were abandoned end by themselves */
	assert_int_equal(pen_count_fds(), n_fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_terms),
		cmocka_unit_test(test_terms_do_not_change_for_ever),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
