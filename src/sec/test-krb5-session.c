/* SPDX-License-Identifier: MIT */
/* Message protection against what MIT's library made of the same, in DCE style. */
#include "sec/krb5-cipher.h"
#include "sec/krb5-session.h"
#include "support/fail.h"
#include "support/letter.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_mech_world world;

static int get_random(void *data, void *bytes, size_t n)
{
	memcpy(bytes, data ? data : "ABCDEFGHIJKLMNOP", n);
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

enum { N_HEAD = 24, N_TAIL = 8, DATA_MAX = 48, SIGNATURE_MAX = 88, N_RECORDED = 6 };

/* Six messages of one context: four of the initiator's, then two of the acceptor's. */
static const struct {
	int type;
	const char *key;
	struct {
		bool is_sealed;
		bool is_acceptors;
		size_t n;
		const char *data;
		const char *signature;
	} messages[N_RECORDED];
} recorded[] = {
	{ PEN_KRB5_AES256_SHA1,
	  "7beabfabb15909f1314ec84d9db4c616104d82151b86b76cebab6866717814e8",
	  {
		  { true, false, 0, "",
		    "050406ff0010001c000000000e8439018296483d321e826e6847d7ed3834dc58"
		    "662da9f9b7dc642a597ad7613ac3c9767cbe9c23a0f8f301f47949d7985e6782"
		    "35b8650891dbbed32a6929f4" },
		  { true, false, 40,
		    "74f753dd85539b63e81a82f8f0eec75588cbd987db3f017f55c1f7a2896ac551"
		    "2198a1f99ae0830a",
		    "050406ff0010001c000000000e84390213e13756f28b1b4a74863ca4a05ceb00"
		    "2706d6197702f362fefc018c16e323051082815e5db33334bb42846eca37060a"
		    "0fd4424d33a82befb464830f" },
		  { true, false, 45,
		    "a47702cf22a8a33c4ef22396b4c1f413fd335c01df0b7a652f4504cecc94e0a7"
		    "d367f3c72b816371a9d5ffe4e8",
		    "050406ff0010001c000000000e84390351a251dcff9ccb628e5a139e50d17857"
		    "0fd97a2aa9f31f31709a78ac56b9af0fcf545a3b827b9e3d0cdcee8ca03d3fc5"
		    "f1314d3357ee63b0b63739a1" },
		  { false, false, 40,
		    "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da"
		    "e1e8eff6fd040b12",
		    "040404ffffffffff000000000e8439040a0683505f957433635be0cb" },
		  { true, true, 32,
		    "1d766af572b6491ec15bd9de21fa42a5ad4a0b8a0822357035efd8f3d82c3e48",
		    "050407ff0010001c000000002b1e5216be832327fc302358527c70f27a5ed1f5"
		    "52f5862c39ea54ae2b452315b426c718c08c6813493eab2ae445dda03bb6fe92"
		    "27ac37ad142c156e1f4ea8c3" },
		  { false, true, 13, "01080f161d242b323940474e55",
		    "040405ffffffffff000000002b1e5217ab2b43ab255eb6f995fb2a2e" },
	  } },
	{ PEN_KRB5_AES128_SHA1,
	  "5acaecc0993b7759e71582fcf0785713",
	  {
		  { true, false, 0, "",
		    "050406ff0010001c0000000006454c2957cb2df87dcd79b3e881e6b6a29f5f3c"
		    "57b16a87fd4e6a62f85b923ba72b28a394fafbf27e8997b8b0e55d19fe0c6921"
		    "9ed8b33395dfceb9f209d160" },
		  { true, false, 40,
		    "546643c68424399ee65183a60c03dfa6d0ebbe4f9a3429c1e4069ec5aec7b78a"
		    "5cfb09c0c174ead2",
		    "050406ff0010001c0000000006454c2a3251d4e191b1e581dfe1e4686365db88"
		    "7cd94fc9a359dba6dabdadd5e5254353a8e753f05a645256ba3bc5e9145fd496"
		    "848317499ebfeea074324072" },
		  { true, false, 45,
		    "04b1d2edbc6f57160762e82b98e8a51f61d6a646829307d48e616bf4f886eb83"
		    "c78745104215497e05ff355100",
		    "050406ff0010001c0000000006454c2bb131abeb3f9c92232c13e4037fc0484a"
		    "b366df3d812756248129c943b1f734fb8ff3843fa7f1e86b48f9c2becc2bb6f4"
		    "640b36440622f7044d03560e" },
		  { false, false, 40,
		    "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da"
		    "e1e8eff6fd040b12",
		    "040404ffffffffff0000000006454c2c0a33ee7334c10b0781e46143" },
		  { true, true, 32,
		    "877d611c101204a51e467ade2f91e304e7edcaa35bf7b5414a85fb0b546ee6b1",
		    "050407ff0010001c000000000297a04ffb03acb89848e78beaeb6eba9048be77"
		    "2977d1007d88114386a7bd1c25f09ccfaefc49c9dca1263c6a30ca8e37797992"
		    "fc07ffc035dbea245a7de7c6" },
		  { false, true, 13, "01080f161d242b323940474e55",
		    "040405ffffffffff000000000297a05033ed4bf85b9d938e56aaf096" },
	  } },
	{ PEN_KRB5_AES256_SHA384,
	  "8f6b7c6f0aabccd43b2154927c9c411b7d80634fb2515e70aee3630d467d4f47",
	  {
		  { true, false, 0, "",
		    "050406ff00100028000000000887f530f60e61cfb106823d5ea409be510cb77a"
		    "6a6ffd187a7a977ff1f5ffedaa1dd74d27dea5104f74b1591b9f7f956a4fe862"
		    "97f81399c164b77b81d3a3db21b77dcb4cfb0834ba076bbc" },
		  { true, false, 40,
		    "23c5601ac98d7cfdc0edee9df8fe2abfe298399fdcf8caae4f6a6f761a4817f4"
		    "6bdcaa8d8a028361",
		    "050406ff00100028000000000887f531ca8654667f7a89093aa4515a924ea7d8"
		    "79bcc7f0ab3bb14041bf7e0e84896955a0eebf47ecb9b3395f6d1c444e414aa0"
		    "fffc089f183cf2f969f64c9fc3a281efec0722367211cdfc" },
		  { true, false, 45,
		    "e05f46025aabc0db578f4db59d3f3861366d12484069365725186a53c84a82d5"
		    "0c84ba6587600dfa47c5dd6b18",
		    "050406ff00100028000000000887f5329ed8273464789a4d05b8cc3aca244461"
		    "25743e33be8a159a363dd469440737c11471665da057cc350fe9ef5d03369839"
		    "7d278aa90aaf858da972a57d33da860b73fc871ffde0c1b9" },
		  { false, false, 40,
		    "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da"
		    "e1e8eff6fd040b12",
		    "040404ffffffffff000000000887f533032a456a1a82bda7f1a7724f1c69db38"
		    "740d9a3933da73a5" },
		  { true, true, 32,
		    "8fa31be0793fff4f5178b9c98be2e91ee13ec1c6f50d974fd0b56ea282a2bc2e",
		    "050407ff001000280000000028349b3b9dd34fffd2764105be19390d24b07842"
		    "4429363b31698b7de2920e66bf46c49031dd5979ad53b513952de405303059d6"
		    "13da1be3b5dce0de0ad5c6505a8b7120e9f80bf2041740d5" },
		  { false, true, 13, "01080f161d242b323940474e55",
		    "040405ffffffffff0000000028349b3c2ac1199838bf056fa0bb5ce4da66f3b7"
		    "b5f780e54567464b" },
	  } },
	{ PEN_KRB5_AES128_SHA256,
	  "16af99f1d57ecfd2ccbb1e968d20983b",
	  {
		  { true, false, 0, "",
		    "050406ff0010002000000000042060917cebed6bdd8ad4940c91b7ae8b3efb19"
		    "ff551b3baf10599ae82c33d6e7ad8354ca50e1007b5353c0a947ae04d41925e9"
		    "8ffe38816381178e1be2e3f3d18e9e00" },
		  { true, false, 40,
		    "773d5da8f1269d2c792dc2ed83a89f3639262e27a014d7c74894d38ba01a226e"
		    "e5e0f0b5342ed77f",
		    "050406ff001000200000000004206092ed279942485db59578646db0f77b6617"
		    "d0dbcc77a4184c6ec45520272b31e87e9ebe6ff8bf635216781b4acc0746e446"
		    "07f269044b9f57febbcc794132cc8d13" },
		  { true, false, 45,
		    "4840ccc2ba9ef67e284b302e9dc5a6657837ce2080949583114a0a1f484fc0fe"
		    "31c103a305a7f4e9dfb8bd915b",
		    "050406ff0010002000000000042060936cc9aeabfd25a8ba829c6f8238e14356"
		    "d09211e8d7bb91bb0c331d60661b3a51264e52bb3f58fa748a1e2a3ad2d542d8"
		    "4416bccfe8d60e3cfbcd0f753febb344" },
		  { false, false, 40,
		    "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da"
		    "e1e8eff6fd040b12",
		    "040404ffffffffff0000000004206094c92f9af697eabbec1a7665e33309a329" },
		  { true, true, 32,
		    "3db237829e480807f4f21e2030c23635eb9ef19dc00ae95dcad791cbed870f8d",
		    "050407ff001000200000000002f5b7b5f94bc30c3bc41c6b60055a979dd38860"
		    "a68f9e98094a74ac58dce12507c20f116c5e84caf239dc1921b856e0a4605ef6"
		    "830e3bc710ea86e61faed89751c7216e" },
		  { false, true, 13, "01080f161d242b323940474e55",
		    "040405ffffffffff0000000002f5b7b6e4f3510fc3012d5b9023884c022963eb" },
	  } },
};

static struct pen_krb5_session *session_new(const struct pen_krb5_agreed *agreed)
{
	struct pen_krb5_session *session = NULL;

	assert_int_equal(pen_krb5_session_new(&session, &world, agreed), 0);
	return session;
}

/* The number in a signature. */
static uint64_t number_of(const char *signature)
{
	uint8_t bytes[SIGNATURE_MAX];
	uint64_t number = 0;

	from_hex(signature, bytes);
	for (size_t i = 8; i < 16; i++)
		number = number << 8 | bytes[i];
	return number;
}

struct recorded_message {
	uint8_t head[N_HEAD];
	uint8_t data[DATA_MAX];
	uint8_t tail[N_TAIL];
	uint8_t signature[SIGNATURE_MAX];
	struct pen_protected message;
};

static void message_init(struct recorded_message *m, size_t n, bool is_sealed)
{
	for (size_t i = 0; i < N_HEAD; i++)
		m->head[i] = (uint8_t)i;
	for (size_t i = 0; i < DATA_MAX; i++)
		m->data[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < N_TAIL; i++)
		m->tail[i] = (uint8_t)(0x80 + i);
	m->message = (struct pen_protected){
		.head = { m->head, N_HEAD },
		.data = m->data,
		.n = n,
		.tail = { m->tail, N_TAIL },
		.signature = m->signature,
		.is_sealed = is_sealed,
	};
}

/* What the library made is read, and with its confounder the same is made. */
static void test_recorded(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(recorded); i++) {
		uint8_t key[32];
		struct pen_krb5_agreed agreed = {
			.type = recorded[i].type,
			.key = { key, from_hex(recorded[i].key, key) },
			.is_acceptors_key = true,
		};
		struct pen_krb5_session *sides[2];

		agreed.n_received = number_of(recorded[i].messages[0].signature);
		agreed.n_sent = number_of(recorded[i].messages[4].signature);
		sides[0] = session_new(&agreed);
		agreed.is_initiator = true;
		agreed.n_sent = agreed.n_received;
		agreed.n_received = number_of(recorded[i].messages[4].signature);
		sides[1] = session_new(&agreed);
		for (size_t k = 0; k < N_RECORDED; k++) {
			bool is_acceptors = recorded[i].messages[k].is_acceptors;
			bool is_sealed = recorded[i].messages[k].is_sealed;
			struct recorded_message theirs;
			struct recorded_message ours;
			uint8_t data[DATA_MAX];
			uint8_t signature[SIGNATURE_MAX];
			size_t n = recorded[i].messages[k].n;

			message_init(&theirs, n, is_sealed);
			message_init(&ours, n, is_sealed);
			from_hex(recorded[i].messages[k].data, theirs.data);
			theirs.message.n_signature =
				from_hex(recorded[i].messages[k].signature, theirs.signature);
			assert_int_equal(
				pen_krb5_session_unprotect(sides[is_acceptors], &theirs.message),
				0);
			assert_memory_equal(theirs.data, ours.data, n);

			ours.message.n_signature =
				pen_krb5_session_signature_size(sides[!is_acceptors], is_sealed);
			assert_int_equal(ours.message.n_signature, theirs.message.n_signature);
			world.data =
				theirs.signature + theirs.message.n_signature - PEN_KRB5_CONFOUNDER;
			assert_int_equal(
				pen_krb5_session_protect(sides[!is_acceptors], &ours.message), 0);
			world.data = NULL;
			from_hex(recorded[i].messages[k].data, data);
			from_hex(recorded[i].messages[k].signature, signature);
			assert_memory_equal(ours.data, data, n);
			assert_memory_equal(ours.signature, signature, ours.message.n_signature);
		}
		pen_krb5_session_free(sides[0]);
		pen_krb5_session_free(sides[1]);
	}
}

/* ---- two sides ---- */

static const uint8_t plain_key[33] = "a key that is nobody's, 32 bytes";

static struct pen_krb5_agreed agreed_of(int type, bool is_initiator)
{
	return (struct pen_krb5_agreed){
		.type = type,
		.key = { plain_key, type % 2 ? 16 : 32 },
		.is_acceptors_key = true,
		.is_initiator = is_initiator,
		.n_sent = is_initiator ? 0xffffffff : 7,
		.n_received = is_initiator ? 7 : 0xffffffff,
	};
}

struct pair {
	int type;
	struct pen_krb5_session *client;
	struct pen_krb5_session *server;
};

static void pair_open(void *data)
{
	struct pair *pair = data;
	struct pen_krb5_agreed agreed = agreed_of(pair->type, true);

	pair->client = session_new(&agreed);
	agreed = agreed_of(pair->type, false);
	pair->server = session_new(&agreed);
}

static int pair_protect(void *data, struct pen_protected *message)
{
	return pen_krb5_session_protect(((struct pair *)data)->client, message);
}

static int pair_unprotect(void *data, struct pen_protected *message)
{
	return pen_krb5_session_unprotect(((struct pair *)data)->server, message);
}

static void pair_close(void *data)
{
	struct pair *pair = data;

	pen_krb5_session_free(pair->client);
	pen_krb5_session_free(pair->server);
}

/* A letter whose data has any length, and that may have no head and tail. */
static void letter_of(struct letter *letter, const struct pen_krb5_session *session, bool is_sealed,
		      size_t n, bool has_head)
{
	letter_init(letter, pen_krb5_session_signature_size(session, is_sealed), is_sealed);
	letter->message.n = n;
	if (!has_head)
		letter->message.head = letter->message.tail = (struct pen_slice){ 0 };
}

/* Of each type, length and side; the numbers pass 32 bits. */
static void test_both_ways(void **state)
{
	for (int type = 17; type <= 20; type++) {
		struct pair pair = { .type = type };
		struct letter letter;

		pair_open(&pair);
		for (int i = 0; i < 8 * (LETTER_TAIL - LETTER_DATA + 1); i++) {
			struct pen_krb5_session *from = i & 1 ? pair.client : pair.server;
			struct pen_krb5_session *to = i & 1 ? pair.server : pair.client;

			letter_of(&letter, from, i & 2, (size_t)i / 8, i & 4);
			assert_int_equal(pen_krb5_session_protect(from, &letter.message), 0);
			if (i / 8 >= 8)
				assert_int_equal(memcmp(letter.message.data, "\x8\x9\xa", 3) != 0,
						 (i & 2) != 0);
			assert_int_equal(pen_krb5_session_unprotect(to, &letter.message), 0);
			letter_expect(&letter);
		}
		pair_close(&pair);
	}
}

static void test_any_bit(void **state)
{
	for (int i = 0; i < 8; i++) {
		struct pair data = { .type = 17 + i / 2 };
		struct letter_pair pair = { &data,	    0,	       pair_open, pair_protect,
					    pair_unprotect, pair_close };

		pair_open(&data);
		pair.n_signature = pen_krb5_session_signature_size(data.client, i % 2);
		pair_close(&data);
		letter_flip_all(&pair, i % 2, SIZE_MAX, SIZE_MAX);
	}
}

/* A message that was refused counts for nothing: the one in its place is still good. */
static void test_out_of_order(void **state)
{
	for (int i = 0; i < 8; i++) {
		struct pair pair = { .type = 17 + i / 2 };
		struct letter letters[3];
		struct letter copy;
		bool is_sealed = i % 2;

		pair_open(&pair);
		for (size_t k = 0; k < 3; k++) {
			letter_of(&letters[k], pair.client, is_sealed, 24, true);
			assert_int_equal(pen_krb5_session_protect(pair.client, &letters[k].message),
					 0);
		}
		letter_of(&copy, pair.client, is_sealed, 24, true);
		memcpy(copy.bytes, letters[0].bytes, sizeof(copy.bytes));
		assert_int_equal(pen_krb5_session_unprotect(pair.client, &copy.message),
				 PEN_E_DENIED);
		memcpy(copy.bytes, letters[0].bytes, sizeof(copy.bytes));
		copy.message.is_sealed = !is_sealed;
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &copy.message),
				 PEN_E_DENIED);
		assert_string_equal(pen_krb5_session_reason(pair.server),
				    "the message has no signature of the kind that was agreed on");
		memcpy(copy.bytes, letters[0].bytes, sizeof(copy.bytes));
		copy.message.is_sealed = is_sealed;
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &letters[1].message),
				 PEN_E_DENIED);
		assert_non_null(strstr(pen_krb5_session_reason(pair.server), "not the next one"));
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &letters[0].message), 0);
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &copy.message),
				 PEN_E_DENIED);
		assert_non_null(strstr(pen_krb5_session_reason(pair.server), "a replay"));
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &letters[2].message),
				 PEN_E_DENIED);
		pair_close(&pair);
	}
}

/* Signatures of every other size are none; nor is there room for ours in them. */
static void test_sizes(void **state)
{
	for (int i = 0; i < 8; i++) {
		struct pair pair = { .type = 17 + i / 2 };
		struct letter letter;
		struct letter sent;
		size_t size;

		pair_open(&pair);
		letter_of(&sent, pair.client, i % 2, 24, true);
		size = sent.message.n_signature;
		assert_int_equal(pen_krb5_session_protect(pair.client, &sent.message), 0);
		for (size_t n = 0; n < size; n++) {
			letter_of(&letter, pair.client, i % 2, 24, true);
			letter.message.n_signature = n;
			assert_int_equal(pen_krb5_session_protect(pair.client, &letter.message),
					 PEN_E_DENIED);
			memcpy(letter.bytes, sent.bytes, sizeof(letter.bytes));
			assert_int_equal(pen_krb5_session_unprotect(pair.server, &letter.message),
					 PEN_E_DENIED);
		}
		assert_int_equal(pen_krb5_session_unprotect(pair.server, &sent.message), 0);
		pair_close(&pair);
	}
}

/* Other filler than ours: as much as the header says, to none at all. */
static void test_filler(void **state)
{
	for (int type = 17; type <= 20; type++)
		for (uint8_t n_filler = 0; n_filler < 40; n_filler++) {
			struct pen_krb5_agreed agreed = agreed_of(type, false);
			struct pen_krb5_session *server = session_new(&agreed);
			size_t n_checksum = pen_krb5_checksum_size(type);
			uint8_t signature[128] = { 5, 4, 6, 0xff, 0, n_filler, 0 };
			uint8_t data[5] = { 1, 2, 3, 4, 5 };
			struct pen_krb5_part parts[] = {
				{ signature + 32 + n_filler + n_checksum, 16, false },
				{ data, sizeof(data), false },
				{ signature + 16, n_filler + 16u, false },
			};
			struct pen_protected message = {
				.data = data,
				.n = sizeof(data),
				.signature = signature,
				.n_signature = 48 + n_filler + n_checksum,
				.is_sealed = true,
			};
			struct pen_krb5_cipher *cipher;

			memset(signature + 12, 0xff, 4);
			memcpy(signature + 16 + n_filler, signature, 16);
			signature[7] = (uint8_t)(16 + n_checksum);
			assert_int_equal(pen_krb5_cipher_new(&cipher, world.crypto, type,
							     agreed.key, 24, true),
					 0);
			assert_int_equal(pen_krb5_encrypt(cipher, parts, PEN_COUNT(parts),
							  signature + 32 + n_filler),
					 0);
			assert_int_equal(pen_krb5_session_unprotect(server, &message), 0);
			assert_memory_equal(data, "\1\2\3\4\5", 5);
			pen_krb5_cipher_free(cipher);
			pen_krb5_session_free(server);
		}
}

static void test_other_keys(void **state)
{
	struct pen_krb5_agreed agreed = agreed_of(23, true);
	struct pen_krb5_session *session = NULL;

	assert_int_equal(pen_krb5_session_new(&session, &world, &agreed), PEN_E_UNSUPPORTED);
	agreed = agreed_of(17, true);
	agreed.key.size = 32;
	assert_int_equal(pen_krb5_session_new(&session, &world, &agreed), PEN_E_UNSUPPORTED);
}

static void test_no_memory(void **state)
{
	struct pen_krb5_session *session = NULL;
	struct letter letter;
	size_t n;
	int r;

	for (int type = 17; type <= 20; type++) {
		const struct pen_krb5_agreed agreed = agreed_of(type, true);

		for (n = 1; pen_fail_at(n), r = pen_krb5_session_new(&session, &world, &agreed),
		    pen_fail_hit();
		     n++)
			assert_int_equal(r, -ENOMEM);
		assert_int_equal(r, 0);
		/* A message makes nothing of ours. */
		letter_of(&letter, session, true, 24, true);
		pen_fail_at(1);
		assert_int_equal(pen_krb5_session_protect(session, &letter.message), 0);
		assert_false(pen_fail_hit());
		session = pen_krb5_session_free(session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),   cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_any_bit),	   cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_sizes),	   cmocka_unit_test(test_filler),
		cmocka_unit_test(test_other_keys), cmocka_unit_test(test_no_memory),
	};
	struct pen_crypto *crypto;
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	world.crypto = crypto;
	world.random = get_random;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
