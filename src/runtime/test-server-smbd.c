/* SPDX-License-Identifier: MIT */
/* Servers of pipes that smbd carries. */
#include "pipe/npa.h"
#include "runtime/test-server.h"

/* The sids are the user, Everyone, and what more is given. */
static int carry(const struct probe *to, const struct pen_sid *more, uint8_t reply[36])
{
	const struct pen_sid sids[] = { pen_sid_anonymous, pen_sid_everyone,
					more ? *more : pen_sid_network };
	const struct pen_npa_request request = {
		.level = 7,
		.layout = PEN_NPA_4_17_9,
		.transport = 1,
		.remote_client_name = "client",
		.remote_client_addr = "192.0.2.7",
		.local_server_name = "server",
		.local_server_addr = "192.0.2.1",
		.has_session_transport = true,
		.has_session = true,
		.has_security_token = true,
		.sids = sids,
		.n_sids = PEN_COUNT(sids),
	};
	int fd = connect_unix(to, "np/probe");
	struct pen_buffer bytes;

	pen_buffer_init(&bytes, 0);
	assert_int_equal(pen_npa_request_put(&request, &bytes), 0);
	/* In two pieces, as a stream may have it. */
	assert_int_equal(send(fd, bytes.data, 10, 0), 10);
	usleep(1000);
	assert_int_equal(send(fd, bytes.data + 10, bytes.size - 10, 0), bytes.size - 10);
	pen_buffer_done(&bytes);
	assert_int_equal(recv(fd, reply, 36, MSG_WAITALL), 36);
	return fd;
}

/* One message each way, cut at will; returns the event that came of it. */
static void carry_messages(int fd, struct pen_conn *conn, struct pen_event *event)
{
	struct pen_slice slice;
	uint8_t length[2];
	uint8_t in[65536];
	uint16_t n;

	while (pen_conn_output(conn, &slice, 1)) {
		for (size_t at = 0, part; at < slice.size; at += part) {
			part = slice.size - at < 7 ? slice.size - at : 7;
			length[0] = (uint8_t)part;
			length[1] = 0;
			assert_int_equal(send(fd, length, 2, 0), 2);
			assert_int_equal(send(fd, slice.data + at, part, 0), part);
		}
		pen_conn_sent(conn, slice.size);
	}
	while (pen_conn_next(conn, event) == PEN_E_AGAIN) {
		assert_int_equal(recv(fd, length, 2, MSG_WAITALL), 2);
		n = (uint16_t)(length[0] | length[1] << 8);
		assert_int_equal(recv(fd, in, n, MSG_WAITALL), n);
		/* One fragment a message. */
		assert_int_equal(in[8] | in[9] << 8, n);
		assert_int_equal(pen_conn_feed(conn, in, n), 0);
	}
}

static void test_pipe_carried_by_smbd(void **state)
{
	const struct pen_conn_config config = { .protseq = PEN_NCACN_NP };
	struct pen_npa_reply reply;
	struct pen_event event;
	struct peer peer;
	uint8_t bytes[36];

	peer.fd = carry(&probe, NULL, bytes);
	assert_int_equal(pen_npa_reply_get(&reply, 7, bytes), 0);
	assert_int_equal(reply.file_type, PEN_NPA_MESSAGE_MODE);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &probe_interface.id, true, 0, NULL), 0);
	carry_messages(peer.fd, peer.conn, &event);
	assert_int_equal(event.kind, PEN_EVENT_BOUND);
	assert_int_equal(peer_request(&peer, 10000), 0); /* three fragments */
	carry_messages(peer.fd, peer.conn, &event);
	assert_int_equal(event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(event.stub.size, 10004);
	peer_done(&peer);
}

static void test_probe_of_a_pipe_gets_a_reply_and_no_more(void **state)
{
	struct pen_sid flag;
	uint8_t reply[36];
	int fd;

	assert_int_equal(pen_sid_parse(&flag, "S-1-22-2041152804-4"), 0);
	fd = carry(&probe, &flag, reply);
	assert_true(is_closed_within(fd, 1000));
	close(fd);
}

static void test_nonsense_from_smbd_is_refused(void **state)
{
	static const uint8_t nonsense[] = { 0, 0, 0, 8, 'N', 'P', 'A', 'X', 7, 0, 0, 0 };
	static const uint8_t too_long[] = { 0x7f, 0, 0, 0 };
	int fd = connect_unix(&probe, "np/probe");

	assert_int_equal(send(fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
	assert_true(is_closed_within(fd, 1000));
	close(fd);
	fd = connect_unix(&probe, "np/probe");
	assert_int_equal(send(fd, too_long, sizeof(too_long), 0), sizeof(too_long));
	assert_true(is_closed_within(fd, 1000));
	close(fd);
	assert_serves(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe_carried_by_smbd),
		cmocka_unit_test(test_probe_of_a_pipe_gets_a_reply_and_no_more),
		cmocka_unit_test(test_nonsense_from_smbd_is_refused),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
