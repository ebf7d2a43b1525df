/* SPDX-License-Identifier: MIT */
/* Named pipes in SMB2: messages by hand, and whole connections with RPC in them. */
#include "support/fail.h"
#include "tool/smb2-walk.h"
#include "tool/test-recording.h"

enum { CREATE = 5, CLOSE = 6, READ = 8, WRITE = 9, IOCTL = 11 };
enum { RESPONSE = 1, RELATED = 4 };

static const uint8_t pipe_id[16] = "the pipe's id..";
static const uint8_t other_id[16] = "another's......";
static uint8_t related_id[16];

/* ---- messages ---- */

/* Begins a command; returns where its header stands. */
static size_t begin(struct pen_buffer *out, uint16_t command, uint32_t flags, uint64_t id,
		    uint32_t status)
{
	size_t at = out->size;

	put_big(out, 0xfe534d42, 4);
	put_little(out, 64, 2);
	put_little(out, 0, 2);
	put_little(out, status, 4);
	put_little(out, command, 2);
	put_little(out, 1, 2);
	put_little(out, flags, 4);
	put_little(out, 0, 4);
	put_little(out, id, 8);
	put_little(out, 0, 32);
	return at;
}

static void put_id(struct pen_buffer *out, const uint8_t id[16])
{
	assert_int_equal(pen_buffer_add(out, id, 16), 0);
}

static void put_bytes(struct pen_buffer *out, const void *data, size_t n)
{
	assert_int_equal(pen_buffer_add(out, data, n), 0);
}

static void put_create(struct pen_buffer *out, uint64_t id, const char *name)
{
	begin(out, CREATE, 0, id, 0);
	put_little(out, 57, 2);
	put_little(out, 0, 42);
	put_little(out, 64 + 56, 2);
	put_little(out, 2 * strlen(name), 2);
	put_little(out, 0, 8);
	for (; *name; name++)
		put_little(out, (uint8_t)*name, 2);
}

static void put_created(struct pen_buffer *out, uint64_t id, const uint8_t file[16],
			uint32_t status)
{
	begin(out, CREATE, RESPONSE, id, status);
	put_little(out, 89, 2);
	put_little(out, 0, 62);
	put_id(out, file);
	put_little(out, 0, 8);
}

static void put_write(struct pen_buffer *out, uint64_t id, uint32_t flags, const uint8_t file[16],
		      struct pen_slice data)
{
	begin(out, WRITE, flags, id, 0);
	put_little(out, 49, 2);
	put_little(out, 64 + 48, 2);
	put_little(out, data.size, 4);
	put_little(out, 0, 8);
	put_id(out, file);
	put_little(out, 0, 16);
	put_bytes(out, data.data, data.size);
}

static void put_read(struct pen_buffer *out, uint64_t id, uint32_t flags, const uint8_t file[16])
{
	begin(out, READ, flags, id, 0);
	put_little(out, 49, 2);
	put_little(out, 0, 14);
	put_id(out, file);
	put_little(out, 0, 17);
}

static void put_read_answer(struct pen_buffer *out, uint64_t id, uint32_t status,
			    struct pen_slice data)
{
	begin(out, READ, RESPONSE, id, status);
	put_little(out, 17, 2);
	put_little(out, 64 + 16, 1);
	put_little(out, 0, 1);
	put_little(out, data.size, 4);
	put_little(out, 0, 8);
	put_bytes(out, data.data, data.size);
}

static void put_transceive(struct pen_buffer *out, uint64_t id, const uint8_t file[16],
			   struct pen_slice data, uint32_t code)
{
	begin(out, IOCTL, 0, id, 0);
	put_little(out, 57, 2);
	put_little(out, 0, 2);
	put_little(out, code, 4);
	put_id(out, file);
	put_little(out, 64 + 56, 4);
	put_little(out, data.size, 4);
	put_little(out, 0, 24);
	put_bytes(out, data.data, data.size);
}

static void put_transceived(struct pen_buffer *out, uint64_t id, uint32_t status,
			    struct pen_slice data)
{
	begin(out, IOCTL, RESPONSE, id, status);
	put_little(out, 49, 2);
	put_little(out, 0, 6);
	put_id(out, pipe_id);
	put_little(out, 0, 8);
	put_little(out, 64 + 48, 4);
	put_little(out, data.size, 4);
	put_little(out, 0, 8);
	put_bytes(out, data.data, data.size);
}

static void put_close(struct pen_buffer *out, uint64_t id, const uint8_t file[16])
{
	begin(out, CLOSE, 0, id, 0);
	put_little(out, 24, 2);
	put_little(out, 0, 6);
	put_id(out, file);
}

/* What has been put since at is a command of a compound that goes on. */
static void go_on(struct pen_buffer *out, size_t at)
{
	put_little(out, 0, -(out->size - at) & 7);
	for (size_t i = 0; i < 4; i++)
		out->data[at + 20 + i] = (uint8_t)((out->size - at) >> 8 * i);
}

static struct pen_slice text(const char *data)
{
	return (struct pen_slice){ (const uint8_t *)data, strlen(data) };
}

/* ---- what is seen of them ---- */

static struct smb2_walk walk;

/* "name<bytes" of what the client sent, ">" of the server's, "name!" closed. */
static const char *see(struct pen_buffer *message)
{
	static char all[512];
	struct smb2_event event;
	size_t n = 0;
	int r;

	all[0] = '\0';
	smb2_walk_begin(&walk, (struct pen_slice){ message->data, message->size });
	while (!(r = smb2_walk_next(&walk, &event))) {
		if (event.kind == SMB2_DATA)
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s%c%.*s ", event.name,
					      event.is_new ? "*" : "",
					      event.is_from_server ? '>' : '<',
					      (int)event.data.size, event.data.data);
		else
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%c ",
					      event.name ? event.name : "",
					      event.kind == SMB2_CLOSED	     ? '!'
					      : event.kind == SMB2_ENCRYPTED ? 'e'
									     : 'c');
	}
	if (r != PEN_E_AGAIN)
		snprintf(all + n, sizeof(all) - n, "?");
	message->size = 0;
	return all;
}

static void test_pipe(void **state)
{
	struct pen_buffer message = { 0 };

	smb2_walk_init(&walk);
	put_create(&message, 4, "srvsvc");
	assert_string_equal(see(&message), "");
	put_created(&message, 4, pipe_id, 0);
	assert_string_equal(see(&message), "");
	put_write(&message, 5, 0, pipe_id, text("bind"));
	assert_string_equal(see(&message), "srvsvc*<bind ");
	put_read(&message, 6, 0, pipe_id);
	assert_string_equal(see(&message), "");
	put_read_answer(&message, 6, 0x103, text("later")); /* STATUS_PENDING */
	assert_string_equal(see(&message), "");
	put_read_answer(&message, 6, 0x80000005, text("half")); /* STATUS_BUFFER_OVERFLOW */
	assert_string_equal(see(&message), "srvsvc>half ");
	put_read_answer(&message, 6, 0, text("again"));
	assert_string_equal(see(&message), "");
	put_transceive(&message, 7, pipe_id, text("call"), 0x11c017);
	assert_string_equal(see(&message), "srvsvc<call ");
	put_transceived(&message, 7, 0, text("answer"));
	assert_string_equal(see(&message), "srvsvc>answer ");
	put_transceive(&message, 8, pipe_id, text("wait"), 0x110018);
	assert_string_equal(see(&message), "");
	put_transceived(&message, 8, 0, text("answer"));
	assert_string_equal(see(&message), "");
	put_transceive(&message, 9, pipe_id, text("call"), 0x11c017);
	assert_string_equal(see(&message), "srvsvc<call ");
	put_transceived(&message, 9, 0xc00000b0, text("answer"));
	assert_string_equal(see(&message), "");
	put_close(&message, 10, pipe_id);
	assert_string_equal(see(&message), "srvsvc! ");
	put_close(&message, 11, pipe_id);
	assert_string_equal(see(&message), "");
	pen_buffer_done(&message);
}

/* A file that was opened before the capture began has no name. */
static void test_unknown(void **state)
{
	struct pen_buffer message = { 0 };

	smb2_walk_init(&walk);
	put_write(&message, 5, 0, other_id, text("data"));
	assert_string_equal(see(&message), "*<data ");
	put_create(&message, 6, "never");
	see(&message);
	put_created(&message, 6, pipe_id, 0xc0000034);
	see(&message);
	put_write(&message, 7, 0, pipe_id, text("data"));
	assert_string_equal(see(&message), "*<data ");
	pen_buffer_done(&message);
}

/* Commands that mean the file which the first of them opens. */
static void test_compound(void **state)
{
	struct pen_buffer message = { 0 };
	size_t at;

	memset(related_id, 0xff, sizeof(related_id));
	smb2_walk_init(&walk);
	put_create(&message, 1, "lsarpc");
	go_on(&message, 0);
	at = message.size;
	put_write(&message, 2, RELATED, related_id, text("bind"));
	go_on(&message, at);
	put_read(&message, 3, RELATED, related_id);
	assert_string_equal(see(&message), "*<bind ");
	put_created(&message, 1, pipe_id, 0);
	go_on(&message, 0);
	put_read_answer(&message, 3, 0, text("ack"));
	assert_string_equal(see(&message), "lsarpc>ack ");
	put_write(&message, 4, 0, pipe_id, text("more"));
	go_on(&message, 0);
	put_read(&message, 5, RELATED, related_id);
	assert_string_equal(see(&message), "lsarpc<more ");
	put_read_answer(&message, 5, 0, text("and more"));
	assert_string_equal(see(&message), "lsarpc>and more ");
	pen_buffer_done(&message);
}

static void test_transformed(void **state)
{
	struct pen_buffer message = { 0 };

	smb2_walk_init(&walk);
	put_big(&message, 0xfd534d42, 4);
	put_big(&message, 0, 60);
	assert_string_equal(see(&message), "e ");
	put_big(&message, 0xfc534d42, 4);
	assert_string_equal(see(&message), "c ");
	put_big(&message, 0xff534d42, 4); /* version 1 */
	assert_string_equal(see(&message), "?");
	assert_string_equal(see(&message), "?");
	pen_buffer_done(&message);
}

/* No prefix, no length and no offset reads beyond a message. */
static void test_hostile(void **state)
{
	struct pen_buffer whole = { 0 }, cut = { 0 };
	size_t at;

	put_create(&whole, 1, "lsarpc");
	go_on(&whole, 0);
	at = whole.size;
	put_write(&whole, 2, RELATED, related_id, text("bind"));
	go_on(&whole, at);
	at = whole.size;
	put_transceive(&whole, 7, pipe_id, text("call"), 0x11c017);
	go_on(&whole, at);
	put_close(&whole, 8, pipe_id);
	for (size_t n = 0; n <= whole.size; n++) {
		struct smb2_event event;
		/* Of its own, so that a byte more would be seen. */
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, whole.data, n);
		smb2_walk_init(&walk);
		smb2_walk_begin(&walk, (struct pen_slice){ copy, n });
		while (!smb2_walk_next(&walk, &event))
			assert_true(event.kind != SMB2_DATA || event.data.size == 4);
		free(copy);
	}
	for (size_t i = 0; i < whole.size * 3; i++) {
		static const uint8_t bytes[] = { 0, 0x7f, 0xff };
		struct smb2_event event;

		cut.size = 0;
		put_bytes(&cut, whole.data, whole.size);
		cut.data[i / 3] = bytes[i % 3];
		smb2_walk_init(&walk);
		smb2_walk_begin(&walk, (struct pen_slice){ cut.data, cut.size });
		while (!smb2_walk_next(&walk, &event))
			;
	}
	pen_buffer_done(&whole);
	pen_buffer_done(&cut);
}

/* More files, and more requests, than are kept. */
static void test_limits(void **state)
{
	struct pen_buffer message = { 0 };
	uint8_t id[16] = { 0 };

	smb2_walk_init(&walk);
	for (unsigned i = 0; i < 2 * SMB2_OPENS_MAX; i++) {
		id[0] = (uint8_t)i;
		id[1] = (uint8_t)(i >> 8);
		put_write(&message, i, 0, id, text("x"));
		assert_string_equal(see(&message), "*<x ");
	}
	put_write(&message, 1, 0, id, text("x"));
	assert_string_equal(see(&message), "<x ");
	for (unsigned i = 0; i < 2 * SMB2_REQUESTS_MAX; i++) {
		put_read(&message, i, 0, id);
		see(&message);
	}
	put_read_answer(&message, 0, 0, text("forgotten"));
	assert_string_equal(see(&message), "");
	put_read_answer(&message, 2 * SMB2_REQUESTS_MAX - 1, 0, text("y"));
	assert_string_equal(see(&message), ">y ");
	pen_buffer_done(&message);
}

/* ---- connections ---- */

static const uint8_t bind_pdu[] = {
	0x5,  0x0,  0xb,  0x3,	0x10, 0x0,  0x0,  0x0,	0x48, 0x0,  0x0,  0x0,
	0x1,  0x0,  0x0,  0x0,						       /**/
	0xd0, 0x16, 0xd0, 0x16, 0x0,  0x0,  0x0,  0x0,	0x1,  0x0,  0x0,  0x0, /**/
	0x0,  0x0,  0x1,  0x0,	0xc5, 0x5e, 0xa1, 0x60, 0xe8, 0x4d, 0xd7, 0x11,
	0xa6, 0x37, 0x0,  0x50, 0x56, 0xa2, 0x1,  0x82, 0x1,  0x0,  0x0,  0x0, /**/
	0x4,  0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x8,  0x0,
	0x2b, 0x10, 0x48, 0x60, 0x2,  0x0,  0x0,  0x0, /**/
};

static const uint8_t request[] = {
	5, 0, 0, 3, 0x10, 0, 0, 0, 28, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0,
};
static const uint8_t response[] = {
	5, 0, 2, 3, 0x10, 0, 0, 0, 28, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0,
};

static struct pen_slice bytes(const uint8_t *data, size_t n)
{
	return (struct pen_slice){ data, n };
}

/* A message in its NetBIOS frame, in segments of at most cut. */
static void say(struct recording *recording, unsigned from, struct pen_buffer *message, size_t cut)
{
	struct pen_buffer framed = { 0 };

	put_big(&framed, message->size, 4);
	put_bytes(&framed, message->data, message->size);
	recording_say(recording, from, framed.data, framed.size, cut);
	pen_buffer_done(&framed);
	message->size = 0;
}

static void test_connection(void **state)
{
	struct pen_buffer message = { 0 };
	struct listener listener;
	struct recording recording;

	listener_init(&listener);
	for (size_t cut = 1; cut < 300; cut += cut < 20 ? 3 : 60) {
		recording_begin(&recording, 445);
		recording_hello(&recording);
		put_create(&message, 1, "\\rpcecho");
		say(&recording, CLIENT, &message, cut);
		put_created(&message, 1, pipe_id, 0);
		say(&recording, SERVER, &message, cut);
		put_write(&message, 2, 0, pipe_id, bytes(bind_pdu, sizeof(bind_pdu)));
		say(&recording, CLIENT, &message, cut);
		/* What is written to a file is none. */
		put_write(&message, 3, 0, other_id, text("a file's bytes"));
		say(&recording, CLIENT, &message, cut);
		put_transceive(&message, 4, pipe_id, bytes(request, sizeof(request)), 0x11c017);
		say(&recording, CLIENT, &message, cut);
		/* An answer in two reads. */
		put_transceived(&message, 4, 0x80000005, bytes(response, 20));
		say(&recording, SERVER, &message, cut);
		put_read(&message, 5, 0, pipe_id);
		say(&recording, CLIENT, &message, cut);
		put_read_answer(&message, 5, 0, bytes(response + 20, sizeof(response) - 20));
		say(&recording, SERVER, &message, cut);
		put_close(&message, 6, pipe_id);
		say(&recording, CLIENT, &message, cut);
		assert_int_equal(
			listen_to(&listener, recording.file.data, recording.file.size, 1000), 0);
		assert_int_equal(told_lines(&listener), 3);
		assert_int_equal(told(&listener, "\"pipe\":\"rpcecho\",\"ptype\":\"bind\""), 1);
		assert_int_equal(told(&listener, "\"in\":{\"in_data\":41}"), 1);
		assert_int_equal(told(&listener, "\"out\":{\"out_data\":42}"), 1);
		pen_buffer_done(&recording.file);
	}
	pen_buffer_done(&message);
	listener_done(&listener);
}

/* Encrypted messages are noticed once; a session request and what is too long are stepped over. */
static void test_frames(void **state)
{
	static const uint8_t session[] = { 0x81, 0, 0, 4, 'n', 'a', 'm', 'e', 0x85, 0, 0, 0 };
	static const uint8_t endless[] = { 0, 0xff, 0xff, 0xff };
	struct pen_buffer message = { 0 };
	struct listener listener;
	struct recording recording;
	uint8_t *zeros = calloc(1, 0xffffff);

	listener_init(&listener);
	recording_begin(&recording, 139);
	recording_hello(&recording);
	recording_say(&recording, CLIENT, session, sizeof(session), 3);
	for (int i = 0; i < 3; i++) {
		put_big(&message, 0xfd534d42, 4);
		put_big(&message, 0, 80);
		say(&recording, CLIENT, &message, 30);
	}
	recording_say(&recording, CLIENT, endless, sizeof(endless), 4);
	recording_say(&recording, CLIENT, zeros, 0xffffff, 60000);
	put_write(&message, 2, 0, pipe_id, bytes(bind_pdu, sizeof(bind_pdu)));
	say(&recording, CLIENT, &message, 1000);
	assert_int_equal(listen_to(&listener, recording.file.data, recording.file.size, 100000), 0);
	assert_int_equal(told(&listener, "\"smb\":\"encrypted\"}"), 1);
	assert_int_equal(told(&listener, "\"pipe\":\"?\",\"ptype\":\"bind\""), 1);
	assert_int_equal(told_lines(&listener), 2);
	free(zeros);
	pen_buffer_done(&message);
	pen_buffer_done(&recording.file);
	listener_done(&listener);
}

/* A gap is told, and messages are found again behind it. */
static void test_gap(void **state)
{
	struct pen_buffer message = { 0 };
	struct listener listener;
	struct recording recording;

	listener_init(&listener);
	recording_begin(&recording, 445);
	recording_hello(&recording);
	put_write(&message, 2, 0, pipe_id, bytes(bind_pdu, sizeof(bind_pdu)));
	say(&recording, CLIENT, &message, 1000);
	recording.next[CLIENT] += 77;
	put_write(&message, 3, 0, pipe_id, bytes(request, sizeof(request)));
	say(&recording, CLIENT, &message, 1000);
	assert_int_equal(listen_to(&listener, recording.file.data, recording.file.size, 1000), 0);
	assert_int_equal(told(&listener, "\"gap\":77}"), 1);
	assert_int_equal(told(&listener, "\"in\":{\"in_data\":41}"), 1);
	pen_buffer_done(&message);
	pen_buffer_done(&recording.file);
	listener_done(&listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),	   cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_compound),   cmocka_unit_test(test_transformed),
		cmocka_unit_test(test_hostile),	   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_connection), cmocka_unit_test(test_frames),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
