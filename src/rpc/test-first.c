/* SPDX-License-Identifier: MIT */
#include "rpc/first.h"
#include "rpc/test-server.h"

static struct pen_syntax_id room[PEN_FIRST_SYNTAXES_MAX];

/* ---- making binds ---- */

struct bind {
	struct pen_buffer bytes;
	struct pen_writer w;
};

/* Contexts as put_contexts has them; trailer: bytes of auth_value, 0: none. */
static void bind_init(struct bind *bind, bool is_big_endian, uint32_t group, const char *contexts,
		      uint8_t n_auth)
{
	struct pen_writer *w = &bind->w;

	*bind = (struct bind){ 0 };
	pen_writer_init(w, &bind->bytes);
	w->is_big_endian = is_big_endian;
	pen_pdu_begin(w, PEN_PDU_BIND, WHOLE, 7);
	pen_writer_u16(w, 4280);
	pen_writer_u16(w, 4280);
	pen_writer_u32(w, group);
	pen_writer_u32(w, 0);
	bind->bytes.data[24] = put_contexts(w, contexts);
	if (n_auth) {
		pen_writer_store16(w, bind->bytes.data + 10, n_auth);
		pen_writer_u8(w, 10);
		pen_writer_u8(w, PEN_AUTH_LEVEL_PRIVACY);
		pen_writer_zeros(w, 6u + n_auth);
	}
	pen_pdu_end(w, 0);
	assert_int_equal(w->error, 0);
}

static void bind_done(struct bind *bind)
{
	pen_buffer_done(&bind->bytes);
}

static int get(struct pen_first *first, const struct bind *bind)
{
	return pen_first_get(first, room, bind->bytes.data, bind->bytes.size);
}

/* Copied, so that a read beyond the end is seen. */
static int get_prefix(const struct bind *bind, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct pen_first first;
	int r;

	if (n)
		memcpy(copy, bind->bytes.data, n);
	r = pen_first_get(&first, room, copy, n);
	free(copy);
	return r;
}

/* ---- what the engine says of the same bytes ---- */

static int ask_engine(const uint8_t *data, size_t n)
{
	struct peer peer;
	int r;

	peer_open_server(&peer, PEN_NCACN_IP_TCP, NULL);
	peer_say(&peer, data, n);
	r = peer.n_events ? 0 : peer.result;
	peer_close(&peer);
	return r;
}

/* ---- tests ---- */

static void expect_syntax(const struct pen_first *first, size_t i, const char *name)
{
	struct pen_syntax_id id = syntax_named(name);

	assert_true(i < first->n_syntaxes);
	assert_true(pen_syntax_id_equal(&first->syntaxes[i], &id));
}

static void test_a_bind_says_what_it_binds(void **state)
{
	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		struct pen_first first;
		struct bind bind;

		bind_init(&bind, is_big_endian, 0x10002, "0 srvsvc ndr; 1 echo-2 ndr-3 ndr64 ndr",
			  0);
		assert_int_equal(get(&first, &bind), 0);
		assert_int_equal(first.assoc_group_id, 0x10002);
		assert_int_equal(first.n_syntaxes, 2);
		assert_ptr_equal(first.syntaxes, room);
		assert_int_equal(first.n_used, bind.bytes.size);
		expect_syntax(&first, 0, "srvsvc");
		expect_syntax(&first, 1, "echo-2");
		bind_done(&bind);
	}
}

static void test_our_client_is_understood(void **state)
{
	struct pen_first first;
	struct peer peer;

	peer_open_client(&peer, NULL);
	assert_int_equal(pen_conn_bind(peer.conn, &srvsvc_interface.id, false, 5, NULL), 0);
	peer_take(&peer);
	assert_int_equal(pen_first_get(&first, room, peer.out.data, peer.out.size), 0);
	assert_int_equal(first.n_used, peer.out.size);
	assert_int_equal(first.assoc_group_id, 5);
	assert_true(first.n_syntaxes >= 1);
	for (size_t i = 0; i < first.n_syntaxes; i++)
		expect_syntax(&first, i, "srvsvc");
	peer_close(&peer);
}

static void test_a_trailer_is_passed_over(void **state)
{
	struct pen_first first;
	struct bind bind;

	bind_init(&bind, false, 0, "0 echo ndr", 24);
	assert_int_equal(get(&first, &bind), 0);
	assert_int_equal(first.n_syntaxes, 1);
	assert_int_equal(first.n_used, bind.bytes.size);
	/* More padding than there is behind the head. */
	bind.bytes.data[bind.bytes.size - 24 - 6] = 49;
	assert_int_equal(get(&first, &bind), PEN_E_PROTOCOL);
	bind.bytes.data[bind.bytes.size - 24 - 6] = 48;
	assert_int_equal(get(&first, &bind), 0);
	/* More of a trailer than there is of a fragment, and one that takes the contexts away. */
	bind.bytes.data[10] = 0xff;
	assert_int_equal(get_prefix(&bind, 16), PEN_E_PROTOCOL);
	bind.bytes.data[10] = 28;
	assert_int_equal(get(&first, &bind), PEN_E_PROTOCOL);
	bind_done(&bind);
}

static void test_what_follows_is_left(void **state)
{
	struct pen_first first;
	struct bind bind;
	size_t n;

	bind_init(&bind, false, 0, "0 echo ndr", 0);
	n = bind.bytes.size;
	assert_int_equal(pen_buffer_add(&bind.bytes, plain_request, sizeof(plain_request)), 0);
	assert_int_equal(get(&first, &bind), 0);
	assert_int_equal(first.n_used, n);
	bind_done(&bind);
}

/* It is the engine that counts fragments, and it takes a bind for whole whatever its flags say. */
static void test_flags_mean_nothing(void **state)
{
	struct pen_first first;
	struct bind bind;

	bind_init(&bind, false, 0, "0 echo ndr", 0);
	for (unsigned flags = 0; flags < 256; flags++) {
		bind.bytes.data[3] = (uint8_t)flags;
		assert_int_equal(get(&first, &bind), 0);
		assert_int_equal(ask_engine(bind.bytes.data, bind.bytes.size), 0);
	}
	bind_done(&bind);
}

static void test_no_prefix_is_enough(void **state)
{
	struct bind bind;

	for (uint8_t n_auth = 0; n_auth <= 16; n_auth += 16) {
		bind_init(&bind, n_auth, 0, "0 echo ndr; 1 srvsvc features ndr64; 2 other ndr",
			  n_auth);
		for (size_t n = 0; n < bind.bytes.size; n++)
			assert_int_equal(get_prefix(&bind, n), PEN_E_AGAIN);
		assert_int_equal(get_prefix(&bind, bind.bytes.size), 0);
		bind_done(&bind);
	}
}

static void test_what_is_no_bind_shows_at_once(void **state)
{
	static const struct {
		const char *bytes;
		size_t n; /* up to which it could still be one */
	} rows[] = {
		{ "47", 0 },					   /* GET */
		{ "04", 0 },					   /* of datagrams */
		{ "05 02", 1 },					   /* a version to come */
		{ "05 00 00", 2 },				   /* request */
		{ "05 01 0e", 2 },				   /* alter_context */
		{ "05 00 0b 03 10000000 0f00 0000 01000000", 15 }, /* shorter than its header */
		{ "05 00 0b 03 00000000 4000 0100 00000001 d016 d016 00000000 00", 24 },
		{ "05 00 0b 03 10000000 1800 0000 01000000 d016 d016 00000000", 23 },
		{ "05 00 0b 03 10000000 1c00 0000 01000000 d016 d016 00000000 01", 27 },
		{ "05 00 0b 03 10000000 4800 0000 01000000 d016 d016 00000000 01000000 0000 00",
		  30 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t bytes[64] = { 0 };
		struct pen_first first;
		size_t n = peer_from_hex(rows[i].bytes, bytes, sizeof(bytes));

		for (size_t k = 0; k <= sizeof(bytes); k++) {
			int r = pen_first_get(&first, room, bytes, k);

			if (k <= rows[i].n)
				assert_int_equal(r, PEN_E_AGAIN);
			else if (k >= n)
				assert_int_equal(r, PEN_E_PROTOCOL);
		}
	}
}

static void test_features_are_offered_once(void **state)
{
	struct pen_first first;
	struct bind bind;

	bind_init(&bind, false, 0, "0 echo ndr; 1 echo features; 2 echo features", 0);
	assert_int_equal(get(&first, &bind), PEN_E_PROTOCOL);
	assert_int_equal(ask_engine(bind.bytes.data, bind.bytes.size), PEN_E_PROTOCOL);
	bind_done(&bind);
}

/* 255 contexts of 12 transfer syntaxes are as many bytes as a fragment has, nearly. */
static void test_the_largest(void **state)
{
	struct pen_syntax_id id = syntax_named("echo");
	struct pen_syntax_id ndr = syntax_named("ndr");
	struct pen_first first;
	struct bind bind;

	bind_init(&bind, false, 0, "0 srvsvc ndr", 0);
	bind.bytes.data[24] = 255;
	for (uint16_t i = 1; i < 255; i++) {
		pen_writer_u16(&bind.w, i);
		pen_writer_u16(&bind.w, 11);
		for (int k = 0; k < 12; k++)
			pen_syntax_id_put(&bind.w, k ? &ndr : &id);
	}
	assert_int_equal(bind.w.error, 0);
	pen_pdu_end(&bind.w, 0);
	assert_true(bind.bytes.size > 62000 && bind.bytes.size <= PEN_FIRST_MAX);
	assert_int_equal(get_prefix(&bind, bind.bytes.size - 1), PEN_E_AGAIN);
	assert_int_equal(get(&first, &bind), 0);
	assert_int_equal(first.n_syntaxes, 255);
	expect_syntax(&first, 0, "srvsvc");
	expect_syntax(&first, 254, "echo");
	assert_int_equal(ask_engine(bind.bytes.data, bind.bytes.size), 0);
	bind_done(&bind);
}

/* Whatever one byte is changed to, both find the same. */
static void test_the_engine_agrees(void **state)
{
	struct pen_first first;
	struct bind bind;

	bind_init(&bind, false, 0, "0 echo ndr; 1 other features; 2 srvsvc ndr64 ndr", 0);
	for (size_t at = 0; at < bind.bytes.size; at++) {
		uint8_t was = bind.bytes.data[at];

		for (unsigned value = 0; value < 256; value++) {
			int r, engine;

			bind.bytes.data[at] = (uint8_t)value;
			r = get(&first, &bind);
			engine = ask_engine(bind.bytes.data, bind.bytes.size);
			/* It has no security mechanism, and knows no group. */
			if (!r &&
			    (bind.bytes.data[10] || bind.bytes.data[11] || first.assoc_group_id))
				continue;
			/* The same context for two interfaces is judged by who serves them. */
			if (!r && engine && (at == 28 || at == 72 || at == 116))
				continue;
			if (r != engine && !(r == PEN_E_PROTOCOL && engine == PEN_E_AGAIN))
				fail_msg("byte %zu is %u: %d, and the engine says %d", at, value, r,
					 engine);
		}
		bind.bytes.data[at] = was;
	}
	bind_done(&bind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bind_says_what_it_binds),
		cmocka_unit_test(test_our_client_is_understood),
		cmocka_unit_test(test_a_trailer_is_passed_over),
		cmocka_unit_test(test_what_follows_is_left),
		cmocka_unit_test(test_flags_mean_nothing),
		cmocka_unit_test(test_no_prefix_is_enough),
		cmocka_unit_test(test_what_is_no_bind_shows_at_once),
		cmocka_unit_test(test_features_are_offered_once),
		cmocka_unit_test(test_the_largest),
		cmocka_unit_test(test_the_engine_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
