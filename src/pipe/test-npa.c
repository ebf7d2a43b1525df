/* SPDX-License-Identifier: MIT */
/* What a request may say and what it may not, and the reply. */
#include "pipe/test-npa.h"
#include "support/fail.h"
#include <errno.h>

/* Where the two layouts of level 7 look the same, the token is the same too. */
static void test_token_goes_by_the_sids(void **state)
{
	const struct pen_sid sids[] = { pen_sid_network_service, pen_sid_authenticated_users };

	for (uint32_t user_flags = 0; user_flags < 2; user_flags++)
		for (uint32_t n_sids = 1; n_sids <= 2; n_sids++) {
			struct pen_npa_request q = sample(PEN_NPA_4_19, sids, n_sids, 16);
			struct pen_token *token = NULL;
			struct pen_npa_request back;
			struct pen_buffer buffer;
			struct pen_arena arena;

			q.user.user_flags = user_flags;
			pen_arena_init(&arena, 0);
			pen_buffer_init(&buffer, 0);
			assert_int_equal(pen_npa_request_put(&q, &buffer), 0);
			assert_int_equal(
				pen_npa_request_get(&back, &arena, buffer.data, buffer.size), 0);
			assert_int_equal(back.layout, PEN_NPA_4_17_9);
			assert_int_equal(pen_npa_request_token(&back, &token), 0);
			assert_int_equal(pen_token_info(token)->is_authenticated, n_sids == 2);
			pen_token_free(token);
			pen_buffer_done(&buffer);
			pen_arena_done(&arena);
		}
}

/* The parts that may be missing are missing one by one. */
static void test_missing_parts(void **state)
{
	for (enum pen_npa_layout layout = 0; layout < PEN_NPA_N_LAYOUTS; layout++)
		for (int missing = 0; missing < 64; missing++) {
			struct pen_npa_request q = sample(layout, &pen_sid_everyone, 1, 16);
			struct pen_token *token = NULL;
			struct pen_npa_request back;
			struct pen_buffer buffer;
			struct pen_arena arena;
			int r;

			q.has_session_transport = !(missing & 1);
			q.has_session = !(missing & 2);
			q.has_security_token = !(missing & 4);
			q.has_unix_token = !(missing & 8);
			q.has_user = !(missing & 16);
			q.has_unix_user = !(missing & 32);
			if (missing & 16)
				q.user = (struct pen_npa_user){ 0 };
			pen_arena_init(&arena, 0);
			pen_buffer_init(&buffer, 0);
			assert_int_equal(pen_npa_request_put(&q, &buffer), 0);
			assert_int_equal(
				pen_npa_request_get(&back, &arena, buffer.data, buffer.size), 0);
			r = pen_npa_request_token(&back, &token);
			assert_int_equal(r, missing & 7 ? PEN_E_BAD_DATA : 0);
			if (!r)
				assert_int_equal(pen_token_info(token)->has_unix, !(missing & 8));
			pen_token_free(token);
			pen_buffer_done(&buffer);
			pen_arena_done(&arena);
		}
}

static void test_flags(void **state)
{
	const struct pen_sid sids[] = {
		pen_sid_network_service,
		{ 1, 2, 22, { 2041152804, 7 } },
		{ 1, 4, 22, { 1397571891, 785, 1, 2 } },
		{ 1, 3, 22, { 1397571891, 785, 2 } },
		{ 1, 1, 22, { 2041152804 } },
	};
	struct pen_npa_request q = sample(PEN_NPA_4_20, sids, 5, 16);
	struct pen_token *token = NULL;
	struct pen_npa_flags flags;

	pen_npa_request_flags(&q, &flags);
	assert_true(flags.is_probe && flags.needs_idle_server && flags.is_winbind_off);
	assert_false(flags.is_encrypted);
	assert_int_equal(flags.dialect, 785);
	assert_int_equal(flags.encryption, 1);
	assert_int_equal(flags.cipher, 2);
	assert_int_equal(pen_npa_request_token(&q, &token), 0);
	assert_int_equal(pen_token_info(token)->n_sids, 1);
	assert_int_equal(pen_token_info(token)->smbd_flags, 7);
	pen_token_free(token);

	/* The user is not a flag. */
	q.sids = sids + 1;
	q.n_sids = 4;
	assert_int_equal(pen_npa_request_token(&q, &token), PEN_E_BAD_DATA);

	q = sample(PEN_NPA_4_16, sids, 1, 16);
	q.need_idle_server = 1;
	pen_npa_request_flags(&q, &flags);
	assert_true(flags.needs_idle_server);
	assert_false(flags.is_probe);
}

static void test_impossible_unix_ids_make_no_token(void **state)
{
	static const uint64_t groups[] = { UINT32_MAX };
	struct pen_npa_request q = sample(PEN_NPA_4_20, &pen_sid_everyone, 1, 16);
	struct pen_token *token = NULL;

	q.uid = UINT32_MAX;
	assert_int_equal(pen_npa_request_token(&q, &token), PEN_E_BAD_DATA);
	q.uid = 0;
	q.gid = UINT64_C(1) << 32;
	assert_int_equal(pen_npa_request_token(&q, &token), PEN_E_BAD_DATA);
	q.gid = 0;
	q.groups = groups;
	q.n_groups = 1;
	assert_int_equal(pen_npa_request_token(&q, &token), PEN_E_BAD_DATA);
	q.n_groups = 0;
	assert_int_equal(pen_npa_request_token(&q, &token), 0);
	pen_token_free(token);
}

static void test_limits(void **state)
{
	static const uint8_t lengths[][4] = { { 0, 0, 0, 0 },
					      { 0, 0x0f, 0xff, 0xfd },
					      { 0xff, 0xff, 0xff, 0xff } };
	static const uint8_t largest[] = { 0, 0x0f, 0xff, 0xfc };
	static struct pen_sid sids[PEN_TOKEN_SIDS_MAX + 1];
	struct pen_npa_request q = sample(PEN_NPA_4_20, sids, PEN_COUNT(sids), 16);
	struct pen_token *token = NULL;
	struct pen_buffer buffer;
	size_t size = 0;

	for (size_t i = 0; i < PEN_COUNT(lengths); i++)
		assert_int_equal(pen_npa_request_size(lengths[i], 4, &size), PEN_E_PROTOCOL);
	assert_int_equal(pen_npa_request_size(largest, 3, &size), PEN_E_AGAIN);
	assert_int_equal(pen_npa_request_size(largest, 4, &size), 0);
	assert_int_equal(size, PEN_NPA_REQUEST_MAX);

	for (size_t i = 0; i < PEN_COUNT(sids); i++)
		sids[i] = pen_sid_everyone;
	assert_int_equal(pen_npa_request_token(&q, &token), PEN_E_LIMIT);
	q.session_key = (struct pen_slice){ calloc(1, PEN_NPA_REQUEST_MAX), PEN_NPA_REQUEST_MAX };
	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_npa_request_put(&q, &buffer), PEN_E_LIMIT);
	assert_int_equal(buffer.size, 0);
	free((void *)q.session_key.data);
	pen_buffer_done(&buffer);
}

static void test_other_levels_and_claims(void **state)
{
	static const uint8_t others[] = { 0, 3, 6, 9, 0xff };
	size_t n = load("user-ntlm-smb3enc.level8.bin");
	const size_t n_user_claims = 0x1b0;

	data[n_user_claims] = 1;
	assert_int_equal(get_copy(data, n, true), PEN_E_UNSUPPORTED);
	data[n_user_claims] = 0;
	assert_int_equal(get_copy(data, n, true), 0);
	for (size_t i = 0; i < PEN_COUNT(others); i++) {
		data[8] = others[i];
		assert_int_equal(get_copy(data, n, true), PEN_E_BAD_DATA);
		data[12] = others[i];
		assert_int_equal(get_copy(data, n, true), PEN_E_UNSUPPORTED);
		data[12] = 8;
	}
}

static int get_and_take(const uint8_t *bytes, size_t n)
{
	struct pen_npa_request request;
	struct pen_token *token = NULL;
	struct pen_buffer buffer;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, 0);
	r = pen_npa_request_get(&request, &arena, bytes, n);
	if (!r)
		r = pen_npa_request_token(&request, &token);
	if (!r)
		r = pen_npa_request_put(&request, &buffer);
	pen_token_free(token);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return r;
}

static void test_failed_allocations(void **state)
{
	size_t size = load("domain-admin-ntlm.level7.bin");
	int r;

	for (size_t n = 1; pen_fail_at(n), r = get_and_take(data, size), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
}

static void test_reply(void **state)
{
	static const uint8_t expected[PEN_NPA_REPLY_SIZE] = {
		0,    0,    0,	  32,		    /* length */
		'N',  'P',  'A',  'M',		    /* magic */
		7,    0,    0,	  0,	7, 0, 0, 0, /* level, twice */
		2,    0,    0xff, 5,	0, 0, 0, 0, /* file type, device state, gap */
		0,    0x10, 0,	  0,	0, 0, 0, 0, /* allocation size */
		0x22, 0,    0,	  0xc0,		    /* status */
	};
	const struct pen_npa_reply reply = {
		.level = 7,
		.file_type = PEN_NPA_MESSAGE_MODE,
		.device_state = 0x05ff,
		.allocation_size = 4096,
		.status = 0xc0000022,
	};
	uint8_t bytes[PEN_NPA_REPLY_SIZE];
	struct pen_npa_reply back;

	pen_npa_reply_put(&reply, bytes);
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(pen_npa_reply_get(&back, 7, bytes), 0);
	assert_int_equal(back.level, 7);
	assert_int_equal(back.file_type, PEN_NPA_MESSAGE_MODE);
	assert_int_equal(back.device_state, 0x05ff);
	assert_int_equal(back.allocation_size, 4096);
	assert_int_equal(back.status, 0xc0000022);
	assert_int_equal(pen_npa_reply_get(&back, 8, bytes), PEN_E_BAD_DATA);
	for (size_t at = 0; at < 17; at++) {
		bytes[at] ^= 0x40;
		assert_int_equal(pen_npa_reply_get(&back, 7, bytes), PEN_E_BAD_DATA);
		bytes[at] ^= 0x40;
	}
}

static void test_messages(void **state)
{
	static uint8_t large[65536];
	struct pen_slice message = { 0 };
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_npa_message_put(&buffer, "hello", 5), 0);
	assert_int_equal(pen_npa_message_put(&buffer, large, 65535), 0);
	assert_int_equal(pen_npa_message_put(&buffer, large, 65536), PEN_E_LIMIT);
	assert_int_equal(pen_npa_message_put(&buffer, large, 0), PEN_E_LIMIT);
	assert_int_equal(buffer.size, 2 + 5 + 2 + 65535);
	assert_memory_equal(buffer.data, "\x05\0hello\xff\xff", 9);
	for (size_t n = 0; n < 7; n++)
		assert_int_equal(pen_npa_message_next(buffer.data, n, &message), PEN_E_AGAIN);
	assert_int_equal(pen_npa_message_next(buffer.data, buffer.size, &message), 0);
	assert_int_equal(message.size, 5);
	assert_memory_equal(message.data, "hello", 5);
	pen_buffer_consume(&buffer, 2 + message.size);
	assert_int_equal(pen_npa_message_next(buffer.data, buffer.size - 1, &message), PEN_E_AGAIN);
	assert_int_equal(pen_npa_message_next(buffer.data, buffer.size, &message), 0);
	assert_int_equal(message.size, 65535);
	assert_int_equal(pen_npa_message_next("\0\0", 2, &message), 0);
	assert_int_equal(message.size, 0);
	pen_buffer_done(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_goes_by_the_sids),
		cmocka_unit_test(test_missing_parts),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_impossible_unix_ids_make_no_token),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_other_levels_and_claims),
		cmocka_unit_test(test_failed_allocations),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
