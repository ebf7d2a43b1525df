/* SPDX-License-Identifier: MIT */
/* Message protection against what peers sent: Samba with AES, impacket with RC4. */
#include "sec/schannel-session.h"
#include "support/fail.h"
#include "support/letter.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_mech_world world;

static int get_random(void *data, void *bytes, size_t n)
{
	memcpy(bytes, data ? data : "ABCDEFGH", n);
	return 0;
}

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* Four PDUs between Samba's netlogon client and its domain controller, with privacy. */
static const char aes_key[] = "9b4f329b74bc28cfec6f3c4de0ed9970";
static const struct {
	const char *pdu;
	const char *confounder;
	const char *plain;
} recorded[] = {
	{
		"0500000310000000f8003800020000009c00000000001500"
		"dc73a6eb72623c64689215e18ecf3df68aaee48ebc2d8769b8ae69d431beccb57af97b7b139ee9"
		"3089b28cb35b672696dc58952f980ea2dffc8d52f6c671a1d15e7db22c14f6b6f1ebb9d240d9bc"
		"c6e183b3cd37384a31c310d929b53e5e64dc7ea39f8deb15af914f0aa0a79c535d6b5e1a83e81d"
		"52761d4bece9bb135deaba8b52d789d60a4e592ff4bb6ffa103f861c8e989d9385ac530f10248b"
		"977079d6"
		"4406040001000000"
		"13001a00ffff0000a449faf9475ce3fbf65db08e33a378717811dc26e504df3b"
		"000000000000000000000000000000000000000000000000",
		"7cc4a2b780372954",
		"0c000000000000000c0000005c005c003100320037002e0030002e0030002e0031000000000002"
		"000700000000000000070000006d0065006d0062006500720000000000ffcbb0bf0555d6316a94"
		"016b000000000000000000000000010000008ae3137102f4367101000400010000000240280078"
		"5634123412cdabef0001234567cffb01000000045d888aeb1cc9119fe808002b10486002000000"
		"00000000",
	},
	{
		"0500020310000000780038000200000018000000000000001bea923e0a6894f3faabecd3e65920"
		"7ef4e4f466dc63b4c6997b72923cc195b2440608000100000013001a00ffff00008bd80062c9d9"
		"45d8aa39c1740056f61707a6539323c760ac000000000000000000000000000000000000000000"
		"000000",
		"e7dbdf2a9468bc32",
		"fcac4a98bc69f6050000000001000000ffff0f61000000000000000000000000",
	},
	{
		"050000031000000078003800030000001200000000001c0060d185c4eb574ba1f4fafd1cd3aab3"
		"59f8c684f07d1e1f2d8caaab52f7fdb48a44060e000100000013001a00ffff00008072293da5e9"
		"8d7cc284fee256e5e0ff5c105ded9767f026000000000000000000000000000000000000000000"
		"000000",
		"0464fce90f6c75a0",
		"0000020001000000000000000100000000000000000000000000000000000000",
	},
	{
		"0500020310000000a80038000300000044000000000000002301d8a6773e48a7818705481a10f1"
		"d4236dd6ef5480014a833e91830e9f0978712e3d4a49d83cbc441975246e506a16bfc2c9ef4f89"
		"d6aabe9358b6c572759e4e030fa947837821edb1dc330acf39e744060c000100000013001a00ff"
		"ff0000f6c1f126689abd77243d2117b5d8f3b0fe9639fc70016773000000000000000000000000"
		"000000000000000000000000",
		"fed220fc3a3a5f28",
		"04000200180000000000000018000000440065006600610075006c0074002d0046006900720073"
		"0074002d0053006900740065002d004e0061006d00650000000000000000000000000000000000"
		"0000",
	},
};

enum { HEAD = 24, TRAILER = 8, PDU_MAX = 512 };

/* A PDU's parts: what is sealed lies between its header and its trailer. */
static struct pen_protected parts_of(uint8_t *pdu, size_t n, bool is_sealed)
{
	size_t n_data = n - HEAD - TRAILER - PEN_SCHANNEL_SIGNATURE_SIZE;

	return (struct pen_protected){
		.head = { pdu, HEAD },
		.data = pdu + HEAD,
		.n = n_data,
		.tail = { pdu + HEAD + n_data, TRAILER },
		.signature = pdu + HEAD + n_data + TRAILER,
		.n_signature = PEN_SCHANNEL_SIGNATURE_SIZE,
		.is_sealed = is_sealed,
	};
}

static struct pen_schannel_session *session_new(const char *key_hex, uint32_t flags, bool is_server)
{
	struct pen_schannel_keys keys = { .flags = flags };
	struct pen_schannel_session *session;

	from_hex(key_hex, keys.session_key);
	assert_int_equal(pen_schannel_session_new(&session, &world, &keys, is_server), 0);
	return session;
}

/* With the confounder that each side used we send what it sent, and read it. */
static void test_recorded(void **state)
{
	struct pen_schannel_session *client = session_new(aes_key, PEN_NETLOGON_AES, false);
	struct pen_schannel_session *server = session_new(aes_key, PEN_NETLOGON_AES, true);

	for (size_t i = 0; i < PEN_COUNT(recorded); i++) {
		uint8_t theirs[PDU_MAX];
		uint8_t ours[PDU_MAX];
		uint8_t plain[PDU_MAX];
		uint8_t confounder[8];
		size_t n = from_hex(recorded[i].pdu, theirs);
		size_t n_plain = from_hex(recorded[i].plain, plain);
		struct pen_protected message = parts_of(ours, n, true);

		memcpy(ours, theirs, n);
		memcpy(message.data, plain, n_plain);
		from_hex(recorded[i].confounder, confounder);
		world.data = confounder;
		assert_int_equal(pen_schannel_session_protect(i % 2 ? server : client, &message),
				 0);
		world.data = NULL;
		assert_int_equal(message.n, n_plain);
		assert_memory_equal(ours, theirs, n);
		assert_int_equal(pen_schannel_session_unprotect(i % 2 ? client : server, &message),
				 0);
		assert_memory_equal(message.data, plain, n_plain);
	}
	pen_schannel_session_free(client);
	pen_schannel_session_free(server);
}

/* A client's request of Samba's, only signed; and what signs it. */
static void test_recorded_signed(void **state)
{
	static const char hex[] =
		"0500000310000000a8003800020000005000000000001c000000020001000000000000000100000000"
		"0000008ae3137102f43671010004000100000002402800785634123412cdabef0001234567cffb0100"
		"0000045d888aeb1cc9119fe808002b1048600200000044050000010000001300ffffffff0000966"
		"75bcb931050477aee43e48b602bbe0000000000000000000000000000000000000000000000000000"
		"000000000000";
	struct pen_schannel_session *client = session_new(aes_key, PEN_NETLOGON_AES, false);
	struct pen_schannel_session *server = session_new(aes_key, PEN_NETLOGON_AES, true);
	uint8_t pdu[PDU_MAX];
	uint8_t copy[PDU_MAX];
	size_t n = from_hex(hex, pdu);
	struct pen_protected message = parts_of(pdu, n, false);

	memcpy(copy, pdu, n);
	assert_int_equal(pen_schannel_session_unprotect(server, &message), 0);
	assert_memory_equal(copy, pdu, n);
	memset(message.signature, 0xaa, message.n_signature);
	assert_int_equal(pen_schannel_session_protect(client, &message), 0);
	assert_memory_equal(copy, pdu, n);
	pen_schannel_session_free(client);
	pen_schannel_session_free(server);
}

/* impacket's SEAL of these, which does not sign a header. */
static void test_rc4(void **state)
{
	static const char key[] = "eefe8f40007a2eeb6843d0d30a5be2e3";
	struct pen_schannel_session *client = session_new(key, 0, false);
	uint8_t data[] = "hello netlogon!x";
	uint8_t signature[PEN_SCHANNEL_MD5_SIGNATURE_SIZE];
	uint8_t wanted[PEN_SCHANNEL_MD5_SIGNATURE_SIZE];
	struct pen_protected message = { .data = data,
					 .n = 16,
					 .signature = signature,
					 .n_signature = sizeof(signature),
					 .is_sealed = true };

	assert_int_equal(pen_schannel_session_protect(client, &message), 0);
	from_hex("6afe7f4e716706ae91035dc8e924b385", wanted);
	assert_memory_equal(data, wanted, 16);
	from_hex("77007a00ffff0000ea283b6d88d281b1143b9f88bf7711de43d950665b012f83", wanted);
	assert_memory_equal(signature, wanted, sizeof(wanted));
	pen_schannel_session_free(client);
}

static const uint32_t kinds[] = { PEN_NETLOGON_AES, 0 };

struct pair {
	struct pen_schannel_session *client;
	struct pen_schannel_session *server;
};

static void pair_new(struct pair *pair, uint32_t flags)
{
	pair->client = session_new(aes_key, flags, false);
	pair->server = session_new(aes_key, flags, true);
}

static void pair_done(struct pair *pair)
{
	pen_schannel_session_free(pair->client);
	pen_schannel_session_free(pair->server);
}

static size_t signature_size(size_t kind)
{
	return kind == 0 ? PEN_SCHANNEL_SIGNATURE_SIZE : PEN_SCHANNEL_MD5_SIGNATURE_SIZE;
}

/* Calls and answers in turn, sealed and only signed; several of one side in a row, too. */
static void test_both_ways(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		struct letter letter;
		struct pair pair;

		pair_new(&pair, kinds[kind]);
		for (int i = 0; i < 40; i++) {
			struct pen_schannel_session *from = i % 3 ? pair.client : pair.server;
			struct pen_schannel_session *to = i % 3 ? pair.server : pair.client;

			letter_init(&letter, signature_size(kind), i % 2);
			assert_int_equal(pen_schannel_session_protect(from, &letter.message), 0);
			assert_int_equal(letter.bytes[7], 7);
			assert_int_equal(memcmp(letter.bytes + 8, "\x8\x9\xa", 3) != 0, i % 2);
			assert_int_equal(letter.bytes[32], 32);
			assert_int_equal(pen_schannel_session_unprotect(to, &letter.message), 0);
			letter_expect(&letter);
		}
		pair_done(&pair);
	}
}

struct flipped {
	uint32_t kind;
	struct pair pair;
};

static void flipped_open(void *data)
{
	struct flipped *f = data;

	pair_new(&f->pair, f->kind);
}

static int flipped_protect(void *data, struct pen_protected *message)
{
	return pen_schannel_session_protect(((struct flipped *)data)->pair.client, message);
}

static int flipped_unprotect(void *data, struct pen_protected *message)
{
	return pen_schannel_session_unprotect(((struct flipped *)data)->pair.server, message);
}

static void flipped_close(void *data)
{
	pair_done(&((struct flipped *)data)->pair);
}

/* Each bit counts, but those that the document says to ignore; and one lie ends it all. */
static void test_any_bit(void **state)
{
	for (size_t i = 0; i < 2 * PEN_COUNT(kinds); i++) {
		struct flipped f = { .kind = kinds[i / 2] };
		const struct letter_pair pair = { &f,
						  signature_size(i / 2),
						  flipped_open,
						  flipped_protect,
						  flipped_unprotect,
						  flipped_close };

		letter_flip_all(&pair, i % 2, LETTER_SIGNATURE + (i % 2 ? 32 : 24), SIZE_MAX);
	}
}

/* Again, before its turn, back to its sender, or sealed in place of signed. */
static void test_out_of_order(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++)
		for (int what = 0; what < 4; what++) {
			struct letter first;
			struct letter second;
			struct letter copy;
			struct letter *shown = &first;
			struct pen_schannel_session *to;
			struct pair pair;

			pair_new(&pair, kinds[kind]);
			to = pair.server;
			letter_init(&first, signature_size(kind), false);
			letter_init(&second, signature_size(kind), false);
			letter_init(&copy, signature_size(kind), false);
			assert_int_equal(pen_schannel_session_protect(pair.client, &first.message),
					 0);
			assert_int_equal(pen_schannel_session_protect(pair.client, &second.message),
					 0);
			memcpy(copy.bytes, first.bytes, sizeof(copy.bytes));
			if (what == 0)
				assert_int_equal(pen_schannel_session_unprotect(to, &copy.message),
						 0);
			else if (what == 1)
				shown = &second;
			else if (what == 2)
				to = session_new(aes_key, kinds[kind], false);
			else
				first.message.is_sealed = true;
			assert_int_equal(pen_schannel_session_unprotect(to, &shown->message),
					 PEN_E_DENIED);
			if (what == 2)
				pen_schannel_session_free(to);
			pair_done(&pair);
		}
}

/* Signatures may end before what nobody reads, and nowhere else. */
static void test_sizes(void **state)
{
	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++)
		for (size_t n = 0; n < 2 * (PEN_SCHANNEL_SIGNATURE_SIZE + 1); n++) {
			bool is_sealed = n & 1;
			size_t size = n / 2;
			bool is_good = size == 32 || (kind == 0 && size == 56) ||
				       (!is_sealed && (size == 24 || (kind == 0 && size == 48)));
			struct letter letter;
			struct pair pair;

			pair_new(&pair, kinds[kind]);
			letter_init(&letter, signature_size(kind), is_sealed);
			assert_int_equal(pen_schannel_session_protect(pair.client, &letter.message),
					 0);
			letter.message.n_signature = size;
			assert_int_equal(
				pen_schannel_session_unprotect(pair.server, &letter.message),
				is_good ? 0 : PEN_E_DENIED);
			letter.message.n_signature = size;
			if (size != pen_schannel_session_signature_size(pair.client))
				assert_int_equal(
					pen_schannel_session_protect(pair.client, &letter.message),
					PEN_E_DENIED);
			pair_done(&pair);
		}
}

static void test_no_memory(void **state)
{
	const struct pen_schannel_keys keys = { .flags = PEN_NETLOGON_AES };
	struct pen_schannel_session *session = NULL;
	struct letter letter;
	size_t n;
	int r;

	for (n = 1; pen_fail_at(n), r = pen_schannel_session_new(&session, &world, &keys, true),
	    pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	letter_init(&letter, PEN_SCHANNEL_SIGNATURE_SIZE, true);
	for (n = 1; pen_fail_at(n), r = pen_schannel_session_protect(session, &letter.message),
	    pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		pen_schannel_session_free(session);
		assert_int_equal(pen_schannel_session_new(&session, &world, &keys, true), 0);
	}
	assert_int_equal(r, 0);
	pen_schannel_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_recorded_signed),
		cmocka_unit_test(test_rc4),	 cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_any_bit),	 cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_sizes),	 cmocka_unit_test(test_no_memory),
	};
	struct pen_crypto *crypto;
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	world.crypto = crypto;
	world.random = get_random;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
