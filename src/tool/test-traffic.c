/* SPDX-License-Identifier: MIT */
/* Conversations of two engines, as captures: what is told of them. */
#include "rpc/test-auth.h"
#include "runtime/keylog.h"
#include "support/fail.h"
#include "tool/test-recording.h"

/* What both said, in order. */
struct said {
	struct {
		unsigned from;
		struct pen_slice data;
	} all[64];
	size_t n;
	struct pen_arena arena;
	char keylog[512]; /* a line for its key */
};

static void hear(struct auth_pair *pair, int way, struct pen_buffer *bytes)
{
	struct said *said = pair->meddle_data;

	assert_true(said->n < PEN_COUNT(said->all));
	said->all[said->n].from = way == TO_SERVER ? CLIENT : SERVER;
	said->all[said->n].data =
		(struct pen_slice){ pen_arena_copy(&said->arena, bytes->data, bytes->size),
				    bytes->size };
	said->n++;
}

static void log_key(struct said *said, const struct auth_pair *pair,
		    const struct pen_auth_info *auth)
{
	const struct pen_session_keys keys = pen_keylog_keys(auth);
	int n = snprintf(said->keylog, sizeof(said->keylog),
			 "1 time=now side=server protseq=ncacn_ip_tcp local=192.0.2.2:135 "
			 "remote=192.0.2.1:50000 group=%#x context=%u type=%u later=unknown "
			 "cipher=%s:%#x key=",
			 pen_conn_assoc_group_id(pair->conns[TO_CLIENT]), auth->auth_context_id,
			 auth->auth_type, pen_session_kind_name(keys.kind), keys.detail);

	for (size_t i = 0; i < keys.key.size; i++)
		n += snprintf(said->keylog + n, sizeof(said->keylog) - (size_t)n, "%02x",
			      keys.key.data[i]);
	strcat(said->keylog, "\n");
}

enum { N_CALLS = 4, LONG = 9000 };

/* A bind, three short calls, of which one faults, and a long one. level 0: no security. */
static void talk(struct said *said, unsigned scheme, uint8_t level)
{
	const struct pen_auth_info *auth = NULL;
	struct auth_pair pair;

	*said = (struct said){ .n = 0 };
	pen_arena_init(&said->arena, 0);
	auth_pair_init(&pair);
	pair.meddle = hear;
	pair.meddle_data = said;
	assert_int_equal(auth_pair_open(&pair), 0);
	if (level)
		assert_int_equal(auth_pair_add(&pair, scheme, level, &auth), 0);
	assert_int_equal(auth_pair_bind(&pair, true, auth), 0);
	for (unsigned i = 0; i < N_CALLS; i++) {
		/* AddOne's 4 bytes; SourceData is answered by what it was asked with, which is not
		 * what its answer looks like. */
		assert_int_equal(auth_pair_request(&pair, auth,
						   i == 1   ? 5
						   : i == 3 ? 3
							    : 0,
						   0, i == 3 ? LONG : 4, i),
				 0);
		assert_int_equal(auth_pair_run(&pair), 0);
	}
	if (auth)
		log_key(said, &pair, auth);
	auth_pair_close(&pair);
}

static void record(struct recording *recording, const struct said *said, size_t cut)
{
	recording_begin(recording, 0);
	recording_hello(recording);
	for (size_t i = 0; i < said->n; i++)
		recording_say(recording, said->all[i].from, said->all[i].data.data,
			      said->all[i].data.size, cut);
}

static void listen_all(struct listener *listener, const struct recording *recording)
{
	assert_int_equal(listen_to(listener, recording->file.data, recording->file.size, 4096), 0);
}

/* The calls as they were made, in the clear. */
static void expect_calls(const struct listener *listener)
{
	assert_int_equal(told(listener, "\"in\":{\"in_data\":"), 2);
	assert_int_equal(told(listener, "\"in\":{\"in_data\":1564352256}"), 1);
	assert_int_equal(told(listener, "\"out\":{\"out_data\":1564352256}"), 1);
	assert_int_equal(told(listener, "\"ptype\":\"fault\""), 1);
	assert_int_equal(told(listener, "\"status\":5,"), 1);
	assert_int_equal(told(listener, "\"operation\":\"rpcecho.echo_AddOne\""), 4);
}

/* However the conversation is cut into segments, and those into pieces of the file. */
static void test_any_cut(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;

	talk(&said, 0, 0);
	listener_init(&listener);
	for (size_t cut = 1; cut < 6000; cut += cut < 60 ? 7 : 997) {
		record(&recording, &said, cut);
		/* The file is cut elsewhere each time. */
		assert_int_equal(
			listen_to(&listener, recording.file.data, recording.file.size, cut * 3), 0);
		assert_int_equal(told(&listener, "\"gap\""), 0);
		assert_int_equal(told(&listener, "\"source\":\"192.0.2.1:50000\","
						 "\"destination\":\"192.0.2.2:135\""),
				 told(&listener, "\"ptype\":\"request\"") +
					 told(&listener, "\"ptype\":\"bind\""));
		assert_int_equal(told_lines(&listener), 12);
		pen_buffer_done(&recording.file);
	}
	listener_done(&listener);
	pen_arena_done(&said.arena);
}

/* Signed or sealed, by a mechanism or by what chooses one: the log's key reads it. */
static void test_keys(void **state)
{
	static const struct {
		unsigned scheme;
		uint8_t level;
	} rows[] = {
		{ AUTH_NTLM, PEN_AUTH_LEVEL_PACKET },	 { AUTH_NTLM, PEN_AUTH_LEVEL_INTEGRITY },
		{ AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY },	 { AUTH_SPNEGO, PEN_AUTH_LEVEL_INTEGRITY },
		{ AUTH_SPNEGO, PEN_AUTH_LEVEL_PRIVACY },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct listener listener;
		struct recording recording;
		struct said said;
		size_t n_protected;

		talk(&said, rows[i].scheme, rows[i].level);
		record(&recording, &said, 1460);
		listener_init(&listener);
		listen_all(&listener, &recording);
		n_protected = told(&listener, "\"protection\":\"no_key\"");
		assert_true(n_protected >= 9);
		assert_int_equal(told(&listener, "\"in\":"),
				 rows[i].level == PEN_AUTH_LEVEL_PRIVACY ? 0 : 4);
		listener_keys(&listener, said.keylog);
		assert_int_equal(listener.keyring.n, 1);
		listen_all(&listener, &recording);
		assert_int_equal(told(&listener, "\"protection\":\"verified\""), n_protected);
		assert_int_equal(listener.report.n_refused, 0);
		expect_calls(&listener);
		listener_done(&listener);
		pen_buffer_done(&recording.file);
		pen_arena_done(&said.arena);
	}
}

/* A bit that somebody changed on the way. */
static void test_forged(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;

	talk(&said, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	((uint8_t *)(uintptr_t)said.all[said.n - 1].data.data)[50] ^= 1;
	record(&recording, &said, 1460);
	listener_init(&listener);
	listener_keys(&listener, said.keylog);
	listen_all(&listener, &recording);
	assert_true(told(&listener, "\"protection\":\"refused\"") >= 1);
	assert_true(listener.report.n_refused >= 1);
	expect_calls(&listener);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

/* Another's key does not fit, and is said not to. */
static void test_wrong_key(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;
	char *key;

	talk(&said, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	record(&recording, &said, 1460);
	key = strstr(said.keylog, "key=") + 4;
	*key = *key == '0' ? '1' : '0';
	listener_init(&listener);
	listener_keys(&listener, said.keylog);
	listen_all(&listener, &recording);
	assert_int_equal(told(&listener, "\"protection\":\"verified\""), 0);
	assert_true(told(&listener, "\"protection_reason\":\"no key of the log fits\"") >= 9);
	assert_int_equal(told(&listener, "\"in\":"), 0);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

/* A segment that was not captured is a gap; what follows is found again. */
static void test_loss(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;

	talk(&said, 0, 0);
	recording_begin(&recording, 0);
	recording_hello(&recording);
	for (size_t i = 0; i < said.n; i++) {
		if (i == 4) /* the second call's request */
			recording.next[said.all[i].from] += (uint32_t)said.all[i].data.size;
		else
			recording_say(&recording, said.all[i].from, said.all[i].data.data,
				      said.all[i].data.size, 6000);
	}
	listener_init(&listener);
	listen_all(&listener, &recording);
	assert_int_equal(told(&listener, "\"gap\":28"), 1);
	assert_int_equal(told(&listener, "\"in\":{\"in_data\":"), 2);
	assert_int_equal(told(&listener, "\"ptype\":\"fault\""), 1);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

/* NTLM's stream ends with a gap, which is said of what follows. */
static void test_loss_of_cipher(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;
	size_t n_requests = 0;

	talk(&said, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	recording_begin(&recording, 0);
	recording_hello(&recording);
	for (size_t i = 0; i < said.n; i++) {
		bool is_request = said.all[i].from == CLIENT && said.all[i].data.data[2] == 0;

		if (is_request && ++n_requests == 2)
			recording.next[CLIENT] += (uint32_t)said.all[i].data.size;
		else
			recording_say(&recording, said.all[i].from, said.all[i].data.data,
				      said.all[i].data.size, 60000);
	}
	listener_init(&listener);
	listener_keys(&listener, said.keylog);
	listen_all(&listener, &recording);
	assert_int_equal(told(&listener, "\"gap\":"), 1);
	assert_true(told(&listener, "\"protection\":\"lost\"") >= 1);
	assert_int_equal(told(&listener, "\"protection\":\"refused\""), 0);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

static void test_filters(void **state)
{
	static const struct {
		const char *text;
		bool is_address;
		size_t n;
	} rows[] = {
		{ "192.0.2.1", true, 12 },
		{ "192.0.2.2:135", true, 12 },
		{ "192.0.2.2:136", true, 0 },
		{ ":50000", true, 12 },
		{ ":1", true, 0 },
		{ "::ffff:192.0.2.1", true, 12 },
		{ "[::1]:135", true, 0 },
		{ "2001:db8::1", true, 0 },
		{ "", false, 0 },
		{ ":", false, 0 },
		{ ":0", false, 0 },
		{ ":65536", false, 0 },
		{ "192.0.2", false, 0 },
		{ "[::1", false, 0 },
		{ "[]:1", false, 0 },
		{ "host", false, 0 },
		{ "192.0.2.1:x", false, 0 },
	};
	struct listener listener;
	struct recording recording;
	struct said said;

	talk(&said, 0, 0);
	record(&recording, &said, 1460);
	listener_init(&listener);
	listener.has_filter = true;
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		assert_int_equal(traffic_filter_parse(&listener.filter, rows[i].text),
				 rows[i].is_address);
		if (!rows[i].is_address)
			continue;
		listen_all(&listener, &recording);
		assert_int_equal(told_lines(&listener), rows[i].n);
	}
	listener.has_filter = false;
	listener.report.wanted_operation = &rpcecho_interface.operations[0];
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 4);
	listener.report.wanted_operation = NULL;
	listener.report.is_interface_wanted = true;
	listener.report.fixed = tool_interface_by_id(&listener.tool, &rpcecho_interface.id);
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 12);
	listener.report.fixed = tool_own_interface(0);
	assert_string_not_equal(listener.report.fixed->name, "rpcecho");
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 0);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

/* What is no RPC is passed over, and a PDU that breaks its own layout is told as such. */
static void test_others(void **state)
{
	static const uint8_t broken[] = { 5, 0, 11, 3, 0x10, 0, 0, 0, 20, 0,
					  0, 0, 1,  0, 0,    0, 1, 2, 3,  4 };
	struct listener listener;
	struct recording recording;

	listener_init(&listener);
	recording_begin(&recording, 80);
	recording_hello(&recording);
	for (unsigned i = 0; i < 50; i++) {
		recording_say(&recording, CLIENT, "GET / HTTP/1.1\r\n\r\n", 18, 18);
		recording_say(&recording, SERVER, "\0\5HTTP/1.1 200 OK\r\n\r\n", 22, 22);
	}
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 0);
	recording_say(&recording, CLIENT, broken, sizeof(broken), 100);
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 1);
	assert_int_equal(told(&listener, "\"error\":\"a PDU that breaks its own layout\""), 1);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
}

/* Ports that are used again; who wants to print, and cannot. */
static void test_again(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;

	talk(&said, 0, 0);
	record(&recording, &said, 1460);
	recording.next[CLIENT] = 1000;
	recording.next[SERVER] = 2000;
	recording_hello(&recording);
	for (size_t i = 0; i < said.n; i++)
		recording_say(&recording, said.all[i].from, said.all[i].data.data,
			      said.all[i].data.size, 1460);
	listener_init(&listener);
	listen_all(&listener, &recording);
	assert_int_equal(told_lines(&listener), 24);
	assert_int_equal(told(&listener, "\"gap\""), 0);
	listener.print_result = -EIO;
	assert_int_equal(listen_to(&listener, recording.file.data, recording.file.size, 100), -EIO);
	assert_int_equal(told_lines(&listener), 1);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

/* More connections than are held: the oldest go. */
static void test_many(void **state)
{
	struct segment segment = { .data = { (const uint8_t *)"x", 1 } };
	struct pen_buffer file = { 0 };
	struct listener listener;

	put_pcap(&file, CAPTURE_RAW);
	for (unsigned i = 1; i <= TRAFFIC_FLOWS_MAX + 10; i++) {
		segment.server_port = (uint16_t)i;
		put_segment(&file, i, &segment);
	}
	listener_init(&listener);
	assert_int_equal(listen_to(&listener, file.data, file.size, 65536), 0);
	assert_int_equal(listener.counts.n_packets, TRAFFIC_FLOWS_MAX + 10);
	assert_int_equal(listener.counts.n_evicted, 10);
	assert_int_equal(told_lines(&listener), 0);
	listener_done(&listener);
	pen_buffer_done(&file);
}

/* Memory that is not there, anywhere. */
static void test_memory(void **state)
{
	struct listener listener;
	struct recording recording;
	struct said said;
	int r;

	talk(&said, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
	record(&recording, &said, 3000);
	listener_init(&listener);
	listener_keys(&listener, said.keylog);
	for (size_t n = 1; pen_fail_at(n),
		    r = listen_to(&listener, recording.file.data, recording.file.size, 65536),
		    pen_fail_hit();
	     n++)
		assert_true(r == -ENOMEM || r == 0);
	assert_int_equal(r, 0);
	expect_calls(&listener);
	listener_done(&listener);
	pen_buffer_done(&recording.file);
	pen_arena_done(&said.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_cut), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_forged),	cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_loss),	cmocka_unit_test(test_loss_of_cipher),
		cmocka_unit_test(test_filters), cmocka_unit_test(test_others),
		cmocka_unit_test(test_again),	cmocka_unit_test(test_many),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
