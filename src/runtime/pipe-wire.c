/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-wire.h"
#include "np/file.h"
#include "runtime/pipe-carrier.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

enum { IN_SIZE = 8192 };

struct pen_pipe_wire {
	struct pen_pipe *pipe;
	int fd;
	struct pen_pipe_carrier *carrier; /* frames what goes out */
	struct pen_pipe_op read;
	struct pen_pipe_op write;
	bool is_reading;
	uint32_t n_in; /* still to be given away, from in_at on */
	uint32_t in_at;
	uint8_t in[IN_SIZE];
};

struct pen_pipe_wire *pen_pipe_wire_free(struct pen_pipe_wire *wire)
{
	if (!wire)
		return NULL;
	pen_pipe_free(wire->pipe);
	pen_pipe_carrier_free(wire->carrier);
	free(wire);
	return NULL;
}

struct pen_pipe *pen_pipe_wire_pipe(struct pen_pipe_wire *wire)
{
	return wire->pipe;
}

int pen_pipe_wire_fd(const struct pen_pipe_wire *wire)
{
	return wire->fd;
}

size_t pen_pipe_wire_memory(const struct pen_pipe_wire *wire)
{
	return sizeof(*wire) + wire->carrier->out.capacity;
}

/* ---- in ---- */

static bool is_part(uint32_t status)
{
	return status == PEN_STATUS_SUCCESS || status == PEN_STATUS_BUFFER_OVERFLOW;
}

static int error_of(uint32_t status)
{
	return status == PEN_STATUS_NO_MEMORY || status == PEN_STATUS_INSUFFICIENT_RESOURCES
		       ? -ENOMEM
		       : PEN_E_CLOSED;
}

/* Whether there is something to be given away. PEN_E_AGAIN, PEN_E_CLOSED, or a negative errno. */
static int read_more(struct pen_pipe_wire *wire)
{
	while (!wire->n_in) {
		if (!wire->is_reading)
			pen_pipe_start_read(wire->pipe, &wire->read, wire->in, IN_SIZE);
		wire->is_reading = wire->read.status == PEN_STATUS_PENDING;
		if (wire->is_reading)
			return PEN_E_AGAIN;
		if (!is_part(wire->read.status))
			return error_of(wire->read.status);
		wire->n_in = wire->read.information;
		wire->in_at = 0;
	}
	return 0;
}

/* There is always a read that waits, or the descriptor is readable. */
static void read_ahead(struct pen_pipe_wire *wire)
{
	if (read_more(wire) != PEN_E_AGAIN)
		pen_end_stir(&wire->pipe->file->end);
}

ssize_t pen_pipe_wire_receive(struct pen_pipe_wire *wire, void *bytes, size_t n)
{
	int r;

	pen_pipe_dispatch(wire->pipe);
	r = read_more(wire);
	if (r)
		return r == PEN_E_AGAIN ? -EAGAIN : r == PEN_E_CLOSED ? 0 : r;
	if (n > wire->n_in)
		n = wire->n_in;
	memcpy(bytes, wire->in + wire->in_at, n);
	wire->in_at += (uint32_t)n;
	wire->n_in -= (uint32_t)n;
	read_ahead(wire);
	return (ssize_t)n;
}

bool pen_pipe_wire_is_stale(struct pen_pipe_wire *wire)
{
	pen_pipe_dispatch(wire->pipe);
	return read_more(wire) != PEN_E_AGAIN;
}

/* ---- beginning ---- */

int pen_pipe_wire_new(struct pen_pipe_wire **wirep, struct pen_pipe *pipe)
{
	struct pen_pipe_wire *wire = calloc(1, sizeof(*wire));
	int r;

	if (!wire) {
		pen_pipe_free(pipe);
		return -ENOMEM;
	}
	wire->pipe = pipe;
	r = pen_pipe_carrier_new(&wire->carrier);
	if (!r) {
		wire->fd = pen_pipe_fd(pipe);
		r = wire->fd < 0 ? wire->fd : 0;
	}
	if (r) {
		pen_pipe_wire_free(wire);
		return r;
	}
	read_ahead(wire);
	*wirep = wire;
	return 0;
}

/* ---- out ---- */

static int write_message(struct pen_pipe_wire *wire)
{
	struct pen_buffer *out = &wire->carrier->out;
	uint32_t n = (uint32_t)(out->data[0] | out->data[1] << 8);
	uint32_t status = pen_pipe_start_write(wire->pipe, &wire->write, out->data + 2, n);

	if (status && status != PEN_STATUS_PENDING)
		return error_of(status) == PEN_E_CLOSED ? -EPIPE : -ENOMEM;
	pen_buffer_consume(out, 2 + (size_t)n);
	return 0;
}

bool pen_pipe_wire_is_sending(const struct pen_pipe_wire *wire)
{
	return wire->write.status == PEN_STATUS_PENDING;
}

int pen_pipe_wire_flush(struct pen_pipe_wire *wire, struct pen_conn *conn)
{
	int r;

	if (wire->write.status == PEN_STATUS_PENDING)
		pen_pipe_dispatch(wire->pipe);
	for (;;) {
		if (wire->write.status == PEN_STATUS_PENDING)
			return PEN_E_AGAIN;
		if (wire->write.status)
			return -EPIPE;
		r = wire->carrier->out.size ? 0 : pen_pipe_carrier_pull(wire->carrier, conn);
		if (r || !wire->carrier->out.size)
			return r;
		r = write_message(wire);
		if (r)
			return r;
	}
}
