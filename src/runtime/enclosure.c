/* SPDX-License-Identifier: MIT */
#include "runtime/enclosure.h"
#include "base/writer.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what goes ---- */

void pen_enclosure_done(struct pen_enclosure *enclosure)
{
	for (size_t i = 0; i < enclosure->n; i++)
		close(enclosure->rows[i].fd);
	enclosure->n = 0;
}

/* In the place of each of the program's descriptors stands one of ours. */
static int duplicate(struct pen_enclosure *enclosure, size_t n, struct pen_call *call)
{
	for (; enclosure->n < n; enclosure->n++) {
		struct pen_carried *row = &enclosure->rows[enclosure->n];
		int fd = row->fd;

		if (!pen_fd_is(fd, row->type))
			return pen_call_explain(
				call, PEN_E_BAD_DATA,
				"Descriptor %d is no %s, or open for something else.", fd,
				row->type->name);
		row->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (row->fd < 0)
			return pen_call_explain(call, -errno, "Descriptor %d: %s.", fd,
						strerror(errno));
	}
	return 0;
}

int pen_enclosure_put(struct pen_enclosure *enclosure, struct pen_call *call, bool is_carried,
		      const struct pen_enclosed *enclosed, struct pen_buffer *stub)
{
	struct pen_cargo list = { .rows = enclosure->rows, .max = PEN_CARGO_MAX };
	struct pen_scope scope = enclosed->scope;
	struct pen_ndr_error error = { "" };
	int r;

	enclosure->n = 0;
	scope.cargo = is_carried ? &list : NULL;
	stub->size = 0;
	r = pen_ndr_put(enclosed->type, enclosed->layout, &scope, enclosed->value, stub, &error);
	if (r == PEN_E_UNSUPPORTED && call->role == PEN_CALL_SERVER)
		return pen_call_fail(call, PEN_WERR_RPC_S_CANNOT_SUPPORT, "%s.", error.text);
	if (r)
		return pen_call_explain(call, r, "The %s not encode: %s",
					scope.out ? "answer does" : "parameters do", error.text);
	r = duplicate(enclosure, list.n, call);
	if (r)
		pen_enclosure_done(enclosure);
	return r;
}

bool pen_enclosure_address(const struct pen_enclosure *enclosure, const struct pen_passage *passage,
			   const struct pen_buffer *stub, struct pen_layout layout)
{
	const struct pen_writer writer = { .is_big_endian = layout.is_big_endian };
	size_t n = enclosure->n;
	uint32_t first;

	if (!n)
		return true;
	if (!pen_passage_has_room(passage, n))
		return false;
	first = pen_passage_next(passage);
	for (size_t i = 0; i < n; i++)
		pen_writer_store32(&writer, stub->data + enclosure->rows[i].at,
				   first + (uint32_t)i);
	return true;
}

void pen_enclosure_send(struct pen_enclosure *enclosure, struct pen_passage *passage,
			struct pen_conn *conn, size_t n_queued)
{
	int fds[PEN_CARGO_MAX];
	size_t n = enclosure->n;

	/* A stub that nobody waits for any more is not sent. */
	if (!n || pen_conn_queued(conn) == n_queued) {
		pen_enclosure_done(enclosure);
		return;
	}
	for (size_t i = 0; i < n; i++)
		fds[i] = enclosure->rows[i].fd;
	pen_passage_enclose(passage, n_queued, fds, n);
	enclosure->n = 0;
}

int pen_enclosed_respond(const struct pen_enclosed *enclosed, struct pen_call *call,
			 struct pen_passage *passage, struct pen_conn *conn, uint32_t call_id,
			 struct pen_buffer *stub)
{
	size_t n_queued = pen_conn_queued(conn);
	struct pen_enclosure enclosure;
	int r;

	r = pen_enclosure_put(&enclosure, call, passage, enclosed, stub);
	if (r)
		return r;
	if (enclosed->seen)
		enclosed->seen(enclosed->seen_data, (struct pen_slice){ stub->data, stub->size });
	if (pen_enclosure_address(&enclosure, passage, stub, enclosed->layout))
		r = pen_conn_respond(conn, call_id, stub);
	else
		r = pen_call_explain(call, PEN_E_LIMIT,
				     "Too many descriptors wait for the client to read.");
	if (r)
		pen_enclosure_done(&enclosure);
	else
		pen_enclosure_send(&enclosure, passage, conn, n_queued);
	return r;
}

/* ---- what came ---- */

int pen_call_collect(struct pen_call *call, struct pen_passage *passage, int result,
		     struct pen_ndr_error *error)
{
	struct pen_carried rows[PEN_CALL_FDS];
	size_t n;

	if (!passage || !pen_passage_shelf(passage)->n)
		return result;
	if (pen_passage_collect(passage, rows, PEN_CALL_FDS - call->n_fds, &n) && !result) {
		snprintf(error->text, sizeof(error->text), "too many descriptors");
		result = PEN_E_LIMIT;
	}
	call->fds_uid = pen_passage_uid(passage);
	for (size_t i = 0; i < n; i++) {
		call->fds[call->n_fds++] = rows[i].fd;
		if (result || pen_fd_is(rows[i].fd, rows[i].type))
			continue;
		snprintf(error->text, sizeof(error->text),
			 "a descriptor is no %s, or open for something else", rows[i].type->name);
		result = PEN_E_BAD_DATA;
	}
	return result;
}

/* What an operation was given may be anywhere in the values that came. */
int pen_call_take_descriptor(struct pen_call *call, const struct pen_system_handle *handle)
{
	for (unsigned i = 0; handle->is_there && i < call->n_fds; i++) {
		if (call->fds[i] != handle->fd)
			continue;
		call->fds[i] = call->fds[--call->n_fds];
		return handle->fd;
	}
	return -ENOENT;
}

int pen_call_give_descriptor(struct pen_call *call, int fd, struct pen_system_handle *handle)
{
	if (call->n_fds == PEN_CALL_FDS) {
		close(fd);
		return PEN_E_LIMIT;
	}
	call->fds[call->n_fds++] = fd;
	*handle = (struct pen_system_handle){ .fd = fd, .is_there = true };
	return 0;
}
