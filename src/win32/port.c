/* SPDX-License-Identifier: MIT */
#include "win32/port.h"

#include "win32/engine.h"
#include "win32/error.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>

enum { PORT_ALL_ACCESS = 0x1f0003, PORT_MODIFY = 2 };

struct win_port {
	struct win_object object;
	struct pen_list packets;
	struct pen_list threads; /* that wait, the last first */
	bool is_closed;
};

/* A thread that waits. Who wakes it takes it out of the list. */
struct port_wait {
	struct pen_list link;
	struct win_thread *thread;
};

static void port_wake(struct win_port *port)
{
	struct pen_list *link = port->threads.next;

	if (pen_list_is_empty(&port->threads))
		return;
	pen_list_remove(link);
	win_thread_wake(pen_list_entry(link, struct port_wait, link)->thread);
}

static void port_closed(struct win_object *object)
{
	struct win_port *port = (struct win_port *)object;

	win_lock();
	port->is_closed = true;
	while (!pen_list_is_empty(&port->threads))
		port_wake(port);
	win_unlock();
}

static void port_free(struct win_object *object)
{
	struct win_port *port = (struct win_port *)object;

	while (!pen_list_is_empty(&port->packets)) {
		struct win_packet *packet =
			pen_list_entry(port->packets.next, struct win_packet, link);

		pen_list_remove(&packet->link);
		packet->free(packet);
	}
	free(port);
}

static const struct win_type port_type = {
	.kind = WIN_PORT,
	.name = "IoCompletion",
	.generic_read = READ_CONTROL | 1,
	.generic_write = READ_CONTROL | PORT_MODIFY,
	.generic_execute = READ_CONTROL | SYNCHRONIZE,
	.generic_all = PORT_ALL_ACCESS,
	.closed = port_closed,
	.free = port_free,
};

void win_port_post(struct win_port *port, struct win_packet *packet)
{
	pen_list_append(&port->packets, &packet->link);
	port_wake(port);
}

static uint32_t port_new(HANDLE *handlep)
{
	struct win_port *port = calloc(1, sizeof(*port));
	uint32_t status;

	if (!port)
		return PEN_STATUS_NO_MEMORY;
	win_object_init(&port->object, &port_type);
	pen_list_init(&port->packets);
	pen_list_init(&port->threads);
	status = win_handle_new(&port->object, PORT_ALL_ACCESS, false, handlep);
	win_object_put(&port->object);
	return status;
}

/* Waits until there is a packet: 0, USER_APC, TIMEOUT; ABANDONED_WAIT_0: the port is closed. */
static uint32_t port_wait(struct win_port *port, struct win_thread *self, bool is_alertable,
			  int64_t deadline)
{
	struct port_wait wait = { .thread = self };
	bool is_over = false;
	uint32_t status;

	pen_list_init(&wait.link);
	self->is_alertable = is_alertable;
	for (;;) {
		status = !pen_list_is_empty(&port->packets) ? 0
			 : port->is_closed		    ? PEN_STATUS_ABANDONED_WAIT_0
			 : is_alertable && !pen_list_is_empty(&self->apcs) ? PEN_STATUS_USER_APC
			 : is_over					   ? PEN_STATUS_TIMEOUT
									   : PEN_STATUS_PENDING;
		if (status != PEN_STATUS_PENDING)
			break;
		pen_list_remove(&wait.link);
		pen_list_append(port->threads.next, &wait.link);
		is_over = !win_engine_turn(self, deadline);
	}
	pen_list_remove(&wait.link);
	self->is_alertable = false;
	win_engine_leave(self);
	return status;
}

/* Takes at most n packets, waiting for the first; the list is the caller's, to be freed. */
static uint32_t port_take(HANDLE handle, unsigned n, bool is_alertable, DWORD timeout,
			  struct pen_list *packets)
{
	struct win_thread *self = win_thread_self();
	struct win_port *port;
	uint32_t status;

	pen_list_init(packets);
	if (!self)
		return PEN_STATUS_NO_MEMORY;
	status = win_handle_get(handle, WIN_PORT, PORT_MODIFY, &port, NULL);
	if (status)
		return status;
	win_lock();
	status = port_wait(port, self, is_alertable, win_deadline(timeout));
	while (n-- && !pen_list_is_empty(&port->packets)) {
		struct pen_list *link = port->packets.next;

		pen_list_remove(link);
		pen_list_append(packets, link);
	}
	win_unlock();
	win_object_put(&port->object);
	if (status == PEN_STATUS_USER_APC)
		win_thread_run_apcs(self);
	return status;
}

static uint32_t port_associate(HANDLE file, HANDLE port, ULONG_PTR key)
{
	FILE_COMPLETION_INFORMATION information = { port, (PVOID)key };
	IO_STATUS_BLOCK iosb;

	return NtSetInformationFile(file, &iosb, &information, sizeof(information),
				    FileCompletionInformation);
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD n_threads)
{
	HANDLE made = NULL;
	uint32_t status = 0;

	if (file == INVALID_HANDLE_VALUE && port)
		status = PEN_STATUS_INVALID_PARAMETER;
	else if (!port)
		status = port_new(&made);
	if (!status && file != INVALID_HANDLE_VALUE)
		status = port_associate(file, made ? made : port, key);
	if (!win_set_error(status))
		return made ? made : port;
	if (made)
		win_handle_close(made);
	return NULL;
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE port, LPDWORD np, PULONG_PTR keyp,
				      LPOVERLAPPED *overlappedp, DWORD timeout)
{
	struct win_packet *packet;
	struct pen_list packets;
	uint32_t status;

	*overlappedp = NULL;
	status = port_take(port, 1, false, timeout, &packets);
	if (status) {
		SetLastError(status == PEN_STATUS_TIMEOUT ? WAIT_TIMEOUT
							  : RtlNtStatusToDosError(status));
		return FALSE;
	}
	packet = pen_list_entry(packets.next, struct win_packet, link);
	*np = packet->information;
	*keyp = packet->key;
	*overlappedp = packet->context;
	status = packet->status;
	packet->free(packet);
	return !win_set_error(status);
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries, ULONG n_entries,
					PULONG np, DWORD timeout, BOOL is_alertable)
{
	struct pen_list packets;
	uint32_t status;

	*np = 0;
	if (!n_entries) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return FALSE;
	}
	status = port_take(port, n_entries, is_alertable, timeout, &packets);
	if (status) {
		SetLastError(status == PEN_STATUS_TIMEOUT    ? WAIT_TIMEOUT
			     : status == PEN_STATUS_USER_APC ? WAIT_IO_COMPLETION
							     : RtlNtStatusToDosError(status));
		return FALSE;
	}
	pen_list_each (link, after, &packets) {
		struct win_packet *packet = pen_list_entry(link, struct win_packet, link);

		entries[(*np)++] = (OVERLAPPED_ENTRY){ packet->key, packet->context, packet->status,
						       packet->information };
		packet->free(packet);
	}
	return TRUE;
}

static void posted_free(struct win_packet *packet)
{
	free(packet);
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE handle, DWORD n, ULONG_PTR key,
				       LPOVERLAPPED overlapped)
{
	struct win_packet *packet = calloc(1, sizeof(*packet));
	struct win_port *port;
	uint32_t status;

	status = packet ? win_handle_get(handle, WIN_PORT, PORT_MODIFY, &port, NULL)
			: PEN_STATUS_NO_MEMORY;
	if (win_set_error(status)) {
		free(packet);
		return FALSE;
	}
	packet->key = key;
	packet->context = overlapped;
	packet->information = n;
	packet->free = posted_free;
	win_lock();
	win_port_post(port, packet);
	win_unlock();
	win_object_put(&port->object);
	return TRUE;
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE file, UCHAR flags)
{
	FILE_IO_COMPLETION_NOTIFICATION_INFORMATION information = { flags };
	IO_STATUS_BLOCK iosb;

	return !win_set_error(NtSetInformationFile(file, &iosb, &information, sizeof(information),
						   FileIoCompletionNotificationInformation));
}
