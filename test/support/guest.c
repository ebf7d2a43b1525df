/* SPDX-License-Identifier: MIT */
#include "support/guest.h"
#include "support/unit.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS_MAX = 2000, TURN_MS = 10, HEADER_SIZE = 2 };

void pen_guest_open(struct guest *guest, enum pen_protseq protseq, bool is_framed, int *serverp)
{
	const struct pen_conn_config config = { .protseq = protseq };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*guest = (struct guest){ .fd = ends[0], .is_framed = is_framed };
	assert_int_equal(pen_conn_new_client(&guest->conn, &config), 0);
	*serverp = ends[1];
}

void pen_guest_close(struct guest *guest)
{
	pen_conn_free(guest->conn);
	pen_buffer_done(&guest->in);
	close(guest->fd);
}

void pen_guest_bind(struct guest *guest, uint32_t assoc_group_id)
{
	assert_int_equal(
		pen_conn_bind(guest->conn, &probe_interface.id, true, assoc_group_id, NULL), 0);
}

void pen_guest_ask(struct guest *guest, enum probe_opnum opnum, const void *in)
{
	const struct pen_context *context = pen_conn_context(guest->conn, &probe_interface.id);
	const struct pen_scope scope = { .in = in };
	struct pen_buffer stub = { 0 };
	uint32_t call_id;

	assert_int_equal(pen_ndr_put(probe_interface.operations[opnum].in, (struct pen_layout){ 0 },
				     &scope, in, &stub, NULL),
			 0);
	assert_int_equal(
		pen_conn_request(guest->conn, context, NULL, opnum, NULL, 0, &stub, &call_id), 0);
	pen_buffer_done(&stub);
}

void pen_guest_add(struct guest *guest, uint32_t a, uint32_t b)
{
	const struct probe_add_in in = { a, b };

	pen_guest_ask(guest, PROBE_ADD, &in);
}

void pen_guest_take(struct guest *guest, struct pen_buffer *bytes)
{
	struct pen_slice slice;

	while (pen_conn_output(guest->conn, &slice, 1)) {
		const uint8_t header[HEADER_SIZE] = { (uint8_t)slice.size,
						      (uint8_t)(slice.size >> 8) };

		assert_true(slice.size <= UINT16_MAX);
		if (guest->is_framed)
			assert_int_equal(pen_buffer_add(bytes, header, sizeof(header)), 0);
		assert_int_equal(pen_buffer_add(bytes, slice.data, slice.size), 0);
		pen_conn_sent(guest->conn, slice.size);
	}
}

void pen_guest_send(struct guest *guest)
{
	struct pen_buffer bytes = { 0 };

	pen_guest_take(guest, &bytes);
	assert_int_equal(send(guest->fd, bytes.data, bytes.size, MSG_NOSIGNAL), bytes.size);
	pen_buffer_done(&bytes);
}

/* Messages that are whole are unpacked. */
static void feed(struct guest *guest, const uint8_t *data, size_t n)
{
	struct pen_buffer *in = &guest->in;

	if (!guest->is_framed) {
		assert_int_equal(pen_conn_feed(guest->conn, data, n), 0);
		return;
	}
	assert_int_equal(pen_buffer_add(in, data, n), 0);
	for (;;) {
		size_t size = in->size < HEADER_SIZE ? 0 : in->data[0] | in->data[1] << 8;

		if (in->size < HEADER_SIZE + size || !size)
			return;
		assert_int_equal(pen_conn_feed(guest->conn, in->data + HEADER_SIZE, size), 0);
		pen_buffer_consume(in, HEADER_SIZE + size);
	}
}

/* Bytes; 0: closed. */
static ssize_t receive(struct guest *guest, uint8_t *in, size_t n)
{
	struct pollfd wait = { .fd = guest->fd, .events = POLLIN };

	for (int i = 0; i < TURNS_MAX; i++) {
		if (guest->turn)
			guest->turn(guest->turn_data);
		if (poll(&wait, 1, guest->turn ? 0 : TURN_MS) > 0) {
			ssize_t got = recv(guest->fd, in, n, 0);

			return got < 0 && errno == ECONNRESET ? 0 : got;
		}
	}
	return -1;
}

void pen_guest_next(struct guest *guest, struct pen_event *event)
{
	uint8_t in[4096];
	int r;

	while ((r = pen_conn_next(guest->conn, event)) == PEN_E_AGAIN) {
		ssize_t n = receive(guest, in, sizeof(in));

		assert_true(n > 0);
		feed(guest, in, (size_t)n);
	}
	assert_int_equal(r, 0);
}

void pen_guest_expect(struct guest *guest, enum pen_event_kind kind, struct pen_event *event)
{
	pen_guest_next(guest, event);
	assert_int_equal(event->kind, kind);
}

void pen_guest_value(const struct pen_event *event, enum probe_opnum opnum, void *out)
{
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_ndr_get(probe_interface.operations[opnum].out, event->layout, NULL,
				     event->stub.data, event->stub.size, out, &arena, NULL, NULL),
			 0);
	pen_arena_done(&arena);
}

bool pen_guest_is_closed(struct guest *guest)
{
	uint8_t in[4096];
	ssize_t n;

	do
		n = receive(guest, in, sizeof(in));
	while (n > 0);
	return n == 0;
}
