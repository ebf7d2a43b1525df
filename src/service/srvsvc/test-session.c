/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each row is a connection; the last one has proved nothing. */
static const struct {
	const char *client, *account;
	uint32_t uid;
} peers[] = {
	{ "10.0.0.2", "bob", 1000 },   { "10.0.0.1", "alice", 1001 }, { "10.0.0.2", "alice", 1001 },
	{ "10.0.0.1", "alice", 1001 }, { "10.0.0.3", "guest", 0 },
};

static int fds[PEN_COUNT(peers)];

static int connect_all(void **state)
{
	struct fixture *f;

	set_up(state);
	f = *state;
	for (size_t i = 0; i < PEN_COUNT(peers); i++) {
		struct pen_sid user = pen_sid_unix_user(peers[i].uid);
		struct pen_token_info info = { .is_authenticated = peers[i].uid,
					       .sids = &user,
					       .n_sids = 1,
					       .account = peers[i].account,
					       .remote_address = peers[i].client };
		struct pen_token *token;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_int_equal(pen_token_new(&token, &info), 0);
		assert_int_equal(pen_server_adopt(f->server, pair[0], PEN_NCALRPC, token), 0);
		pen_token_free(token);
		fds[i] = pair[1];
	}
	return 0;
}

static int disconnect_all(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(fds); i++)
		close(fds[i]);
	return tear_down(state);
}

static struct srvsvc_NetrSessionEnum_out answer;

static uint32_t list(struct pen_call *call, uint32_t level, const char *client, const char *user)
{
	struct srvsvc_NetrSessionEnum_in in = { .ClientName = client,
						.UserName = user,
						.InfoStruct.Level = level,
						.PreferedMaximumLength = UINT32_MAX };

	answer = (struct srvsvc_NetrSessionEnum_out){ 0 };
	assert_int_equal(ops()->NetrSessionEnum(call, &in, &answer), 0);
	return answer.result;
}

static const char *row(size_t i)
{
	static char text[100];
	const struct srvsvc_SESSION_INFO_10_CONTAINER *ten = answer.InfoStruct.SessionInfo.Level10;

	if (i >= ten->EntriesRead)
		return NULL;
	snprintf(text, sizeof(text), "%s %s", ten->Buffer[i].sesi10_cname,
		 ten->Buffer[i].sesi10_username);
	return text;
}

/* A session for each user at each client, however many connections that is. */
static void test_all(void **state)
{
	struct fixture *f = *state;
	const struct srvsvc_SESSION_INFO_502 *all;

	assert_int_equal(list(f->admin, 10, NULL, NULL), 0);
	assert_string_equal(row(0), "10.0.0.1 alice");
	assert_string_equal(row(1), "10.0.0.2 bob");
	assert_string_equal(row(2), "10.0.0.2 alice");
	assert_null(row(3));
	assert_int_equal(answer.TotalEntries, 3);
	for (size_t i = 0; i < 3; i++) {
		static const uint32_t levels[] = { 0, 1, 2 };

		assert_int_equal(list(f->admin, levels[i], "", ""), 0);
		assert_int_equal(answer.InfoStruct.SessionInfo.Level0->EntriesRead, 3);
	}
	assert_int_equal(list(f->admin, 502, NULL, NULL), 0);
	all = answer.InfoStruct.SessionInfo.Level502->Buffer;
	assert_string_equal(all[0].sesi502_cname, "10.0.0.1");
	assert_string_equal(all[0].sesi502_username, "alice");
	assert_int_equal(all[0].sesi502_num_opens, 2);
	assert_int_equal(all[1].sesi502_num_opens, 1);
	assert_string_equal(all[0].sesi502_transport, "ncalrpc");
	assert_int_equal(list(f->admin, 3, NULL, NULL), PEN_WERR_INVALID_LEVEL);
}

static void test_filters(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(list(f->admin, 10, "\\\\10.0.0.2", NULL), 0);
	assert_string_equal(row(0), "10.0.0.2 bob");
	assert_string_equal(row(1), "10.0.0.2 alice");
	assert_null(row(2));
	assert_int_equal(list(f->admin, 10, NULL, "ALICE"), 0);
	assert_string_equal(row(0), "10.0.0.1 alice");
	assert_string_equal(row(1), "10.0.0.2 alice");
	assert_null(row(2));
	assert_int_equal(list(f->admin, 10, "\\\\10.0.0.2", "bob"), 0);
	assert_string_equal(row(0), "10.0.0.2 bob");
	assert_null(row(1));
	assert_int_equal(list(f->admin, 10, "\\\\10.0.0.1", "bob"), PEN_WERR_NERR_USERNOTFOUND);
	assert_int_equal(list(f->admin, 10, "\\\\10.0.0.9", "bob"),
			 PEN_WERR_NERR_CLIENTNAMENOTFOUND);
	assert_int_equal(list(f->admin, 10, NULL, "carol"), PEN_WERR_NERR_USERNOTFOUND);
	assert_int_equal(list(f->admin, 10, "\\\\10.0.0.3", NULL),
			 PEN_WERR_NERR_CLIENTNAMENOTFOUND);
}

/* A plain user, here bob, is told of nobody else. */
static void test_own(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(list(f->user, 10, NULL, NULL), 0);
	assert_string_equal(row(0), "10.0.0.2 bob");
	assert_null(row(1));
	assert_int_equal(list(f->user, 10, NULL, "alice"), PEN_WERR_NERR_USERNOTFOUND);
	assert_int_equal(list(f->user, 10, "\\\\10.0.0.1", NULL), PEN_WERR_NERR_CLIENTNAMENOTFOUND);
}

static void test_resume(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrSessionEnum_in in = { .InfoStruct.Level = 10,
						.PreferedMaximumLength = 1 };
	uint32_t resume = 0, n = 0;

	in.ResumeHandle = &resume;
	do {
		answer = (struct srvsvc_NetrSessionEnum_out){ 0 };
		assert_int_equal(ops()->NetrSessionEnum(f->admin, &in, &answer), 0);
		assert_int_equal(answer.TotalEntries, 3 - n);
		assert_int_equal(answer.InfoStruct.SessionInfo.Level10->EntriesRead, 1);
		resume = *answer.ResumeHandle;
		n++;
	} while (answer.result == PEN_WERR_MORE_DATA);
	assert_int_equal(answer.result, 0);
	assert_int_equal(n, 3);
}

/* Who has gone has no session. */
static void test_gone(void **state)
{
	struct fixture *f = *state;

	close(fds[0]);
	fds[0] = -1;
	for (int i = 0; i < 5; i++)
		pen_server_dispatch(f->server);
	assert_int_equal(list(f->admin, 10, NULL, "bob"), PEN_WERR_NERR_USERNOTFOUND);
}

static uint32_t delete_session(struct fixture *f, const char *client, const char *user)
{
	struct srvsvc_NetrSessionDel_in in = { .ClientName = client, .UserName = user };
	struct srvsvc_NetrSessionDel_out out = { 0 };

	assert_int_equal(ops()->NetrSessionDel(f->admin, &in, &out), 0);
	return out.result;
}

static void test_delete(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(delete_session(f, NULL, ""), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(delete_session(f, "\\\\10.0.0.9", NULL), PEN_WERR_NERR_CLIENTNAMENOTFOUND);
	assert_int_equal(delete_session(f, NULL, "carol"), PEN_WERR_NERR_USERNOTFOUND);
	assert_int_equal(delete_session(f, "\\\\10.0.0.2", "bob"), PEN_WERR_NOT_SUPPORTED);
}

static uint32_t connections(struct fixture *f, const char *qualifier, uint32_t level)
{
	struct srvsvc_NetrConnectionEnum_in in = { .Qualifier = qualifier,
						   .InfoStruct.Level = level };
	struct srvsvc_NetrConnectionEnum_out out = { 0 };

	assert_int_equal(ops()->NetrConnectionEnum(f->admin, &in, &out), 0);
	if (!out.result)
		assert_int_equal(out.InfoStruct.ConnectInfo.Level0->EntriesRead, 0);
	return out.result;
}

static void test_connections(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(connections(f, "ipc$", 0), 0);
	assert_int_equal(connections(f, "\\\\10.0.0.1", 1), 0);
	assert_int_equal(connections(f, "none", 1), PEN_WERR_NERR_NETNAMENOTFOUND);
	assert_int_equal(connections(f, "", 1), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(connections(f, NULL, 1), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(connections(f, "IPC$", 2), PEN_WERR_INVALID_LEVEL);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, connect_all, disconnect_all)
	const struct CMUnitTest tests[] = {
		TEST(test_all),	 TEST(test_filters), TEST(test_own),	     TEST(test_resume),
		TEST(test_gone), TEST(test_delete),  TEST(test_connections),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
