/* SPDX-License-Identifier: MIT */
#include "object/letter.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <string.h>

static const struct object_request request = {
	.verb = object_CREATE_PIPE,
	.body.create_pipe = {
		.name = "\\Device\\NamedPipe\\\xed\xa0\x80",
		.access = 7,
		.pipe = { .timeout = -500000, .instances_max = UINT32_MAX },
		.is_listening = 1,
		.security = { .n = 3, .bytes = (uint8_t *)"abc" },
		.instance = { 1, 2, 3, { 4, 5, 6, 7, 8, 9, 10, 11 } },
	},
};

static void test_request_comes_back(void **state)
{
	struct pen_buffer buffer = { 0 };
	struct object_request back;
	struct pen_arena arena;

	pen_arena_init(&arena, PEN_LETTER_ARENA_MAX);
	assert_int_equal(pen_letter_put_request(&request, &buffer), 0);
	assert_int_equal(pen_letter_get_request(&back, &arena, buffer.data, buffer.size), 0);
	assert_int_equal(back.verb, object_CREATE_PIPE);
	assert_string_equal(back.body.create_pipe.name, request.body.create_pipe.name);
	assert_int_equal(back.body.create_pipe.pipe.timeout, -500000);
	assert_memory_equal(back.body.create_pipe.security.bytes, "abc", 3);
	assert_memory_equal(&back.body.create_pipe.instance, &request.body.create_pipe.instance,
			    16);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

/* Little-endian, whatever this machine is. */
static void test_bytes_of_a_request(void **state)
{
	static const uint8_t bytes[] = {
		15, 0, 0, 0, /* verb */
		15, 0, 0, 0, /* and of the body */
		1,  2, 0, 0, /* seen */
	};
	const struct object_request watch = { .verb = object_WATCH, .body.watch.seen = 0x201 };
	struct pen_buffer buffer = { 0 };

	assert_int_equal(pen_letter_put_request(&watch, &buffer), 0);
	assert_int_equal(buffer.size, sizeof(bytes));
	assert_memory_equal(buffer.data, bytes, sizeof(bytes));
	pen_buffer_done(&buffer);
}

static void test_no_prefix_and_no_more(void **state)
{
	struct pen_buffer buffer = { 0 };
	struct object_request back;
	struct pen_arena arena;

	pen_arena_init(&arena, PEN_LETTER_ARENA_MAX);
	assert_int_equal(pen_letter_put_request(&request, &buffer), 0);
	for (size_t n = 0; n < buffer.size; n++)
		assert_int_equal(pen_letter_get_request(&back, &arena, buffer.data, n),
				 PEN_E_BAD_DATA);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	assert_int_equal(pen_letter_get_request(&back, &arena, buffer.data, buffer.size),
			 PEN_E_BAD_DATA);
	assert_int_equal(pen_letter_get_request(&back, &arena, buffer.data, object_MESSAGE_MAX + 1),
			 PEN_E_LIMIT);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static void test_unknown_verb(void **state)
{
	static const uint8_t bytes[] = { 99, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0 };
	struct object_request back;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_letter_get_request(&back, &arena, bytes, sizeof(bytes)),
			 PEN_E_BAD_DATA);
	pen_arena_done(&arena);
}

static void test_reply_without_body(void **state)
{
	const struct object_reply reply = { .status = 0xc0000022, .verb = PEN_LETTER_NO_BODY };
	struct pen_buffer buffer = { 0 };
	struct object_reply back;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_letter_put_reply(&reply, &buffer), 0);
	assert_int_equal(buffer.size, 12);
	assert_int_equal(pen_letter_get_reply(&back, &arena, buffer.data, buffer.size), 0);
	assert_int_equal(back.status, 0xc0000022);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static struct pen_token *some_token(void)
{
	const struct pen_sid sids[] = { pen_sid_unix_user(1000), pen_sid_everyone };
	static const uint32_t groups[] = { 4, 24 };
	const struct pen_token_info info = {
		.proof = PEN_TOKEN_NPA,
		.is_authenticated = true,
		.sids = sids,
		.n_sids = 2,
		.primary_group = pen_sid_unix_group(100),
		.privileges = UINT64_C(1) << 63 | 1,
		.session_id = 7,
		.has_unix = true,
		.uid = 1000,
		.gid = 100,
		.groups = groups,
		.n_groups = 2,
		.account = "fritz",
		.domain = "WERK",
		.remote_address = "192.0.2.1",
		.remote_port = 445,
		.is_encrypted = true,
		.session_key = { (const uint8_t *)"0123456789abcdef", 16 },
		.smbd_flags = 2,
	};
	struct pen_token *token;

	assert_int_equal(pen_token_new(&token, &info), 0);
	return token;
}

static void expect_same(const struct pen_token_info *a, const struct pen_token_info *b)
{
	assert_int_equal(a->proof, b->proof);
	assert_int_equal(a->is_authenticated, b->is_authenticated);
	assert_int_equal(a->n_sids, b->n_sids);
	for (size_t i = 0; i < a->n_sids; i++)
		assert_true(pen_sid_equal(&a->sids[i], &b->sids[i]));
	assert_int_equal(a->primary_group.revision, b->primary_group.revision);
	assert_true(pen_sid_equal(&a->primary_group, &b->primary_group));
	assert_true(a->privileges == b->privileges);
	assert_int_equal(a->session_id, b->session_id);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->n_groups, b->n_groups);
	if (a->n_groups)
		assert_memory_equal(a->groups, b->groups, a->n_groups * sizeof(*a->groups));
	assert_string_equal(a->account, b->account);
	assert_string_equal(a->domain, b->domain);
	assert_string_equal(a->remote_address, b->remote_address);
	assert_int_equal(a->remote_port, b->remote_port);
	assert_int_equal(a->session_key.size, b->session_key.size);
	if (a->session_key.size)
		assert_memory_equal(a->session_key.data, b->session_key.data, a->session_key.size);
	assert_int_equal(a->smbd_flags, b->smbd_flags);
	assert_int_equal(a->is_encrypted, b->is_encrypted);
	assert_int_equal(a->is_local, b->is_local);
}

/* Through the bytes of a reply. */
static int send_token(const struct pen_token *token, struct pen_token **backp)
{
	struct object_reply reply = { .verb = object_ASK_CLIENT };
	struct pen_buffer buffer = { 0 };
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, PEN_LETTER_ARENA_MAX);
	r = pen_letter_from_token(&reply.body.client.token, &arena, token);
	if (!r)
		r = pen_letter_put_reply(&reply, &buffer);
	if (!r)
		r = pen_letter_get_reply(&reply, &arena, buffer.data, buffer.size);
	if (!r)
		r = pen_letter_to_token(backp, &reply.body.client.token);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return r;
}

static void test_tokens_come_back(void **state)
{
	struct pen_token *tokens[3];
	struct pen_token *back;

	tokens[0] = some_token();
	assert_int_equal(pen_token_new_anonymous(&tokens[1], true), 0);
	assert_int_equal(pen_token_new_unix(&tokens[2], 0, 0, NULL, 0, 3, false), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(send_token(tokens[i], &back), 0);
		expect_same(pen_token_info(back), pen_token_info(tokens[i]));
		pen_token_free(back);
		pen_token_free(tokens[i]);
	}
}

static void test_bad_tokens(void **state)
{
	struct pen_token *token = some_token();
	struct object_token letter, bad;
	struct pen_arena arena;
	struct pen_token *back;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_letter_from_token(&letter, &arena, token), 0);
	bad = letter;
	bad.n_sids = 0;
	assert_int_equal(pen_letter_to_token(&back, &bad), PEN_E_BAD_DATA);
	bad = letter;
	bad.groups = NULL;
	assert_int_equal(pen_letter_to_token(&back, &bad), PEN_E_BAD_DATA);
	bad = letter;
	bad.proof = 9;
	assert_int_equal(pen_letter_to_token(&back, &bad), PEN_E_BAD_DATA);
	letter.sids[1]->Revision = 2;
	assert_int_equal(pen_letter_to_token(&back, &letter), PEN_E_BAD_DATA);
	letter.sids[1] = NULL;
	assert_int_equal(pen_letter_to_token(&back, &letter), PEN_E_BAD_DATA);
	pen_arena_done(&arena);
	pen_token_free(token);
}

static void test_failed_allocations(void **state)
{
	struct pen_token *token = some_token();
	struct pen_token *back = NULL;
	int r;

	for (size_t n = 1; pen_fail_at(n), r = send_token(token, &back), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_token_free(back);
	pen_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_comes_back),
		cmocka_unit_test(test_bytes_of_a_request),
		cmocka_unit_test(test_no_prefix_and_no_more),
		cmocka_unit_test(test_unknown_verb),
		cmocka_unit_test(test_reply_without_body),
		cmocka_unit_test(test_tokens_come_back),
		cmocka_unit_test(test_bad_tokens),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
