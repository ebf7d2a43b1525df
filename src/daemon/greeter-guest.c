/* SPDX-License-Identifier: MIT */
#include "daemon/greeter-guest.h"
#include "io/socket.h"
#include "rpc/pdu.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH_SIZE = 2 /* of a message */ };

static uint64_t now_of(const struct guest *guest)
{
	return uv_now(&guest->greeter->loop.uv);
}

/* ---- beginning and end ---- */

static void guest_enter(struct guest *guest, enum guest_state state)
{
	const struct greeter_config *config = &guest->greeter->config;
	const uint32_t limits[GUEST_N_STATES] = {
		[GUEST_AWAIT_NPA] = config->npa_ms,
		[GUEST_AWAIT_BIND] = config->bind_ms,
		[GUEST_AWAIT_END] = config->linger_ms,
	};

	pen_list_remove(&guest->link);
	pen_list_append(&guest->greeter->guests[state], &guest->link);
	guest->state = (uint8_t)state;
	guest->due = now_of(guest) + limits[state];
}

static struct guest_pipe *pipe_free(struct guest_pipe *pipe)
{
	if (!pipe)
		return NULL;
	pen_pipe_carrier_free(pipe->carrier);
	pen_token_free(pipe->token);
	free(pipe);
	return NULL;
}

static int pipe_new(struct guest_pipe **pipep)
{
	struct guest_pipe *pipe = calloc(1, sizeof(*pipe));
	int r;

	if (!pipe)
		return -ENOMEM;
	r = pen_pipe_carrier_new(&pipe->carrier);
	if (r) {
		pipe_free(pipe);
		return r;
	}
	*pipep = pipe;
	return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* The parts that can fail. */
static int guest_init(struct guest *guest, bool is_carried)
{
	int r = is_carried ? pipe_new(&guest->pipe) : 0;

	if (!r)
		r = uv_poll_init(&guest->greeter->loop.uv, &guest->poll, guest->fd);
	if (r)
		pipe_free(guest->pipe);
	return r;
}

int guest_new(struct greeter *greeter, uint32_t number, int fd, bool is_carried)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int r = -ENOMEM;

	if (guest) {
		guest->greeter = greeter;
		guest->number = number;
		guest->fd = fd;
		guest->wanted = PEN_PDU_HEADER_SIZE;
		pen_list_init(&guest->link);
		r = guest_init(guest, is_carried);
	}
	if (r) {
		free(guest);
		close(fd);
		return r;
	}
	guest->poll.data = guest;
	greeter->n_guests++;
	guest_enter(guest, is_carried ? GUEST_AWAIT_NPA : GUEST_AWAIT_BIND);
	uv_poll_start(&guest->poll, UV_READABLE, on_poll);
	return 0;
}

/* What it has said, and who it is, is of no more use. */
static void guest_forget(struct guest *guest)
{
	guest->pipe = pipe_free(guest->pipe);
	pen_buffer_done(&guest->bytes);
	guest->greeter->held -= guest->held;
	guest->held = 0;
}

static void on_unwatched(uv_handle_t *handle)
{
	struct guest *guest = handle->data;

	guest->is_unwatched = true;
	if (guest->is_told)
		free(guest);
}

/*
 * Before its descriptor is closed, or goes on in another process: what the kernel watches is the
 * connection, whoever has it.
 */
static void guest_unwatch(struct guest *guest)
{
	if (!uv_is_closing((uv_handle_t *)&guest->poll))
		uv_close((uv_handle_t *)&guest->poll, on_unwatched);
}

static void close_descriptor(struct guest *guest)
{
	guest_unwatch(guest);
	if (guest->fd >= 0)
		close(guest->fd);
	guest->fd = -1;
}

void guest_free(struct guest *guest)
{
	guest_forget(guest);
	close_descriptor(guest);
	pen_list_remove(&guest->link);
	guest->greeter->n_guests--;
	guest->is_told = true;
	if (guest->is_unwatched)
		free(guest);
}

/* ---- what becomes of it ---- */

static void guest_measure(struct guest *guest)
{
	struct greeter *greeter = guest->greeter;

	greeter->held -= guest->held;
	guest->held = guest->bytes.capacity;
	if (guest->pipe)
		guest->held += guest->pipe->carrier->request.capacity;
	greeter->held += guest->held;
}

void guest_close(struct guest *guest, enum worker_farewell why)
{
	guest_forget(guest);
	close_descriptor(guest);
	guest->has_gone = true;
	guest->why = (uint8_t)why;
}

/*
 * Penstockd may have heard of it, and it be gone, when this returns. What waits for a penstockd
 * that does not read is not to grow without end.
 */
static void guest_tell(struct guest *guest)
{
	struct greeter *greeter = guest->greeter;

	guest_unwatch(guest);
	guest_measure(guest);
	if (greeter->is_blocked && greeter->held > greeter->config.bytes_max)
		guest_close(guest,
			    guest->has_gone ? (enum worker_farewell)guest->why : worker_FULL);
	guest_enter(guest, GUEST_AWAIT_WORD);
	greeter_tell(greeter);
}

void guest_leave(struct guest *guest, enum worker_farewell why)
{
	guest_close(guest, why);
	guest_tell(guest);
}

void guest_late(struct guest *guest)
{
	guest_leave(guest, guest->state == GUEST_AWAIT_END ? (enum worker_farewell)guest->why
							   : worker_LATE);
}

/* All is said. */
static void guest_linger(struct guest *guest, enum worker_farewell why)
{
	guest_forget(guest);
	shutdown(guest->fd, SHUT_WR);
	guest->why = (uint8_t)why;
	guest_enter(guest, GUEST_AWAIT_END);
}

/*
 * Nothing was sent to it before but our reply to smbd, so there is room for these few bytes, or
 * nobody who reads them.
 */
static void guest_send(struct guest *guest, const struct pen_slice *slices, size_t n)
{
	if (n)
		pen_socket_send(guest->fd, slices, n);
}

static void send_framed(struct guest *guest, struct pen_buffer *out)
{
	const struct pen_slice slice = { out->data, out->size };

	guest_send(guest, &slice, out->size != 0);
	pen_buffer_done(out);
}

/* ---- what is no bind ---- */

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	return NULL;
}

/* Nobody is told an id of a group that nothing is served in. */
static uint32_t any_id(void *data)
{
	return 1;
}

static void send_output(struct guest *guest, struct pen_conn *conn)
{
	struct pen_slice slices[PEN_SOCKET_SLICES_MAX];

	if (!guest->pipe)
		guest_send(guest, slices, pen_conn_output(conn, slices, PEN_COUNT(slices)));
	else if (!pen_pipe_carrier_pull(guest->pipe->carrier, conn))
		send_framed(guest, &guest->pipe->carrier->out);
}

/* What a server says to this that serves nothing; no memory: nothing is said. */
static void guest_answer(struct guest *guest, struct pen_slice fragment)
{
	struct pen_conn_config config = {
		.protseq = guest->pipe ? PEN_NCACN_NP : PEN_NCACN_IP_TCP,
		.find_offer = find_offer,
	};
	struct pen_conn *conn = NULL;
	struct pen_event event;

	if (!pen_assoc_groups_new(&config.groups, 1, any_id, NULL) &&
	    !pen_conn_new_server(&conn, &config) &&
	    !pen_conn_feed(conn, fragment.data, fragment.size)) {
		while (!pen_conn_next(conn, &event))
			;
		send_output(guest, conn);
	}
	pen_conn_free(conn);
	pen_assoc_groups_free(config.groups);
}

/* ---- its first fragment ---- */

/* The next message that begins at the offset, as far as it is there. False: its length is not. */
static bool next_message(const struct pen_buffer *bytes, size_t at, struct pen_slice *part,
			 bool *is_wholep)
{
	size_t left = bytes->size - at;
	const uint8_t *message;
	size_t n;

	if (left < LENGTH_SIZE)
		return false;
	message = bytes->data + at;
	left -= LENGTH_SIZE;
	n = (size_t)message[0] | (size_t)message[1] << 8;
	*is_wholep = n <= left;
	*part = (struct pen_slice){ message + LENGTH_SIZE, n <= left ? n : left };
	return true;
}

/* How much of the fragment is there, and of what follows it. */
static size_t count_fragment(struct guest *guest)
{
	struct guest_pipe *pipe = guest->pipe;
	struct pen_slice part;
	bool is_whole = true;

	if (!pipe)
		return guest->bytes.size;
	part.size = 0;
	while (is_whole && next_message(&guest->bytes, pipe->at, &part, &is_whole)) {
		if (!is_whole)
			return pipe->n_before + part.size;
		pipe->n_before += part.size;
		pipe->at += LENGTH_SIZE + part.size;
	}
	return pipe->n_before;
}

struct pen_slice guest_fragment(const struct guest *guest)
{
	uint8_t *fragment = guest->greeter->fragment;
	struct pen_slice part;
	bool is_whole = true;
	size_t at = 0, n = 0;

	if (!guest->pipe)
		return (struct pen_slice){ guest->bytes.data, guest->bytes.size };
	while (is_whole && next_message(&guest->bytes, at, &part, &is_whole)) {
		memcpy(fragment + n, part.data, part.size);
		n += part.size;
		at += LENGTH_SIZE + part.size;
	}
	return (struct pen_slice){ fragment, n };
}

/* Before this many bytes are there, no server would answer. */
static uint32_t find_wanted(const uint8_t *data)
{
	struct pen_pdu_header header;

	pen_pdu_header_get(&header, data);
	if (header.rpc_vers != 5 || header.rpc_vers_minor > 1 ||
	    header.frag_length < PEN_PDU_HEADER_SIZE)
		return PEN_PDU_HEADER_SIZE;
	return header.frag_length;
}

/* All that a server would wait for is there. */
static void guest_judge(struct guest *guest, struct pen_slice fragment)
{
	struct pen_first first;

	if (!pen_first_get(&first, guest->greeter->syntaxes, fragment.data, fragment.size)) {
		guest_tell(guest);
		return;
	}
	guest_answer(guest, fragment);
	guest_linger(guest, worker_FOUL);
}

/* PEN_E_AGAIN: more of it is to be read. */
static int guest_look(struct guest *guest)
{
	struct pen_slice fragment;

	if (count_fragment(guest) < guest->wanted)
		return PEN_E_AGAIN;
	fragment = guest_fragment(guest);
	guest->wanted = find_wanted(fragment.data);
	if (fragment.size < guest->wanted)
		return PEN_E_AGAIN;
	guest_judge(guest, fragment);
	return 0;
}

/* ---- reading ---- */

/*
 * Of what is not carried not a byte more than the fragment has: with what follows it there may be
 * descriptors.
 */
static size_t room_of(const struct guest *guest)
{
	if (guest->state == GUEST_AWAIT_BIND && guest->pipe)
		return worker_BYTES_MAX - guest->bytes.size;
	if (guest->state == GUEST_AWAIT_BIND)
		return guest->wanted - guest->bytes.size;
	return worker_BYTES_MAX;
}

/* smbd has said who its client is, and is told that it was heard. */
static int guest_enter_pipe(struct guest *guest, struct pen_pipe_greeting *greeting)
{
	struct guest_pipe *pipe = guest->pipe;

	pipe->token = greeting->token;
	memcpy(pipe->client, greeting->client, sizeof(pipe->client));
	send_framed(guest, &pipe->carrier->out);
	if (greeting->is_probe)
		guest_linger(guest, worker_PROBE);
	else
		guest_enter(guest, GUEST_AWAIT_BIND);
	return 0;
}

/* Takes what was read. PEN_E_AGAIN: there may be more to read at once. */
static int guest_take(struct guest *guest, const uint8_t *data, size_t n)
{
	struct pen_pipe_greeting greeting;
	size_t used = 0;
	int r = 0;

	if (guest->state == GUEST_AWAIT_NPA) {
		r = pen_pipe_carrier_greet(guest->pipe->carrier, data, n, &used, &greeting);
		if (!r)
			r = guest_enter_pipe(guest, &greeting);
	}
	if (r || guest->state != GUEST_AWAIT_BIND)
		return r;
	if (n == used)
		return PEN_E_AGAIN;
	r = pen_buffer_add(&guest->bytes, data + used, n - used);
	if (!r)
		r = guest_look(guest);
	/* A fragment in so many messages that nobody can be handed them. */
	if (r == PEN_E_AGAIN && guest->bytes.size == worker_BYTES_MAX)
		r = PEN_E_LIMIT;
	return r;
}

/* Until all is read that is there, or there is nothing more to say. */
static int guest_read(struct guest *guest)
{
	uint8_t *in = guest->greeter->in;
	int r = PEN_E_AGAIN;

	while (r == PEN_E_AGAIN) {
		size_t room = room_of(guest);
		ssize_t n = recv(guest->fd, in, room, MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : PEN_E_CLOSED;
		if (n == 0)
			return PEN_E_CLOSED;
		r = guest->state == GUEST_AWAIT_END ? 0 : guest_take(guest, in, (size_t)n);
		if (r == PEN_E_AGAIN && (size_t)n < room)
			return 0;
	}
	return r;
}

/* Counts what it holds; if all together hold too much, the one with most goes. */
static void guest_count(struct guest *guest)
{
	struct greeter *greeter = guest->greeter;
	struct guest *most = guest;

	guest_measure(guest);
	if (greeter->held <= greeter->config.bytes_max)
		return;
	for (int state = GUEST_AWAIT_NPA; state <= GUEST_AWAIT_BIND; state++)
		pen_list_each (link, after, &greeter->guests[state]) {
			struct guest *other = pen_list_entry(link, struct guest, link);

			if (other->held > most->held)
				most = other;
		}
	guest_leave(most, worker_FULL);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct guest *guest = poll->data;
	bool is_ending = guest->state == GUEST_AWAIT_END;
	int r = status ? PEN_E_CLOSED : guest_read(guest);

	if (!r && guest->state <= GUEST_AWAIT_BIND)
		guest_count(guest);
	else if (r && is_ending)
		guest_leave(guest, (enum worker_farewell)guest->why);
	else if (r)
		guest_leave(guest, r == PEN_E_CLOSED ? worker_CLOSED
				   : r == -ENOMEM    ? worker_FULL
						     : worker_FOUL);
}
