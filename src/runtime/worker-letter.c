/* SPDX-License-Identifier: MIT */
#include "runtime/worker-letter.h"
#include "io/foul.h"
#include <errno.h>
#include <string.h>

/* Whose descriptors those are that should not have come. */
#define CHILDREN UINT32_MAX

static const struct pen_layout layout = { .transfer = PEN_NDR };

/* ---- sending ---- */

static int put(const struct pen_type *type, const void *value, struct pen_buffer *buffer)
{
	int r = pen_ndr_put(type, layout, NULL, value, buffer, NULL);

	return !r && buffer->size > worker_LETTER_MAX ? PEN_E_LIMIT : r;
}

int pen_worker_put_order(const struct worker_order *order, struct pen_buffer *buffer)
{
	return put(&worker_order_type, order, buffer);
}

int pen_worker_send(int socket, struct pen_slice message, int fd)
{
	const struct pen_fds fds = { .fds = { fd }, .n = fd >= 0 };
	const struct iovec part = { (void *)(uintptr_t)message.data, message.size };

	return pen_fds_send(socket, &part, 1, &fds, MSG_DONTWAIT);
}

static int send_value(int socket, const struct pen_type *type, const void *value, int fd,
		      struct pen_buffer *scratch)
{
	int r = put(type, value, scratch);

	if (!r)
		r = pen_worker_send(socket, (struct pen_slice){ scratch->data, scratch->size }, fd);
	scratch->size = 0;
	return r;
}

int pen_worker_send_order(int socket, const struct worker_order *order, int fd,
			  struct pen_buffer *scratch)
{
	return send_value(socket, &worker_order_type, order, fd, scratch);
}

int pen_worker_send_report(int socket, const struct worker_report *report, int fd,
			   struct pen_buffer *scratch)
{
	return send_value(socket, &worker_report_type, report, fd, scratch);
}

/* ---- receiving ---- */

static int receive(int socket, const struct pen_type *type, void *value, struct pen_fds *fds,
		   uint8_t *room, struct pen_arena *arena)
{
	const struct iovec part = { room, worker_LETTER_MAX };
	ssize_t n;

	memset(value, 0, type->size);
	n = pen_fds_receive(socket, &part, 1, fds, MSG_DONTWAIT);
	if (n <= 0)
		return n == -EMSGSIZE ? PEN_E_BAD_DATA : n ? (int)n : -ECONNRESET;
	return pen_ndr_get(type, layout, NULL, room, (size_t)n, value, arena, NULL, NULL);
}

/* The descriptor, if there is one just where one belongs. */
static int take(struct pen_fds *fds, int result, bool has_one, int *fdp)
{
	*fdp = -1;
	if (!result && fds->n != has_one)
		result = PEN_E_BAD_DATA;
	if (!result && has_one) {
		*fdp = fds->fds[0];
		fds->n = 0;
	}
	pen_foul_close(fds, CHILDREN);
	return result;
}

static bool has_descriptor(const struct worker_order *order)
{
	switch (order->verb) {
	case worker_GREET:
	case worker_ARRIVE:
	case worker_AUTHORITY:
	case worker_CLIENT:
	case worker_TRACE:
	case worker_RELAY:
		return true;
	case worker_POLICY:
		return order->body.policy.has_record;
	case worker_HELLO:
		return order->body.hello.has_authority;
	default:
		return false;
	}
}

int pen_worker_receive_order(int socket, struct worker_order *order, int *fdp, uint8_t *room,
			     struct pen_arena *arena)
{
	struct pen_fds fds;
	int r = receive(socket, &worker_order_type, order, &fds, room, arena);

	return take(&fds, r, has_descriptor(order), fdp);
}

int pen_worker_receive_report(int socket, struct worker_report *report, int *fdp, uint8_t *room,
			      struct pen_arena *arena)
{
	struct pen_fds fds;
	int r = receive(socket, &worker_report_type, report, &fds, room, arena);

	return take(&fds, r, report->verb == worker_GUEST || report->verb == worker_VISIT, fdp);
}
