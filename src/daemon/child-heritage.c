/* SPDX-License-Identifier: MIT */
/* Children, beyond exec. */
#include "daemon/bequest.h"
#include "daemon/child-parts.h"
#include "daemon/legacy.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int child_bequeath(const struct child *child, struct heritage_child *letter,
		   struct bequest *bequest)
{
	uint32_t i = 0;
	int r;

	*letter = (struct heritage_child){ .process.pid = child->pid,
					   .started_at = (int64_t)child->started_at,
					   .n_waiting = (uint32_t)child->n_waiting };
	letter->waiting =
		pen_arena_array(&bequest->arena, child->n_waiting, sizeof(*letter->waiting));
	if (!letter->waiting)
		return -ENOMEM;
	r = bequest_add(bequest, child->fd, &letter->process.fd);
	pen_list_each (link, after, &child->waiting) {
		const struct message *message = pen_list_entry(link, struct message, link);
		struct heritage_message *copy = &letter->waiting[i++];

		copy->n_bytes = (uint32_t)message->bytes.size;
		copy->bytes = message->bytes.data;
		if (!r)
			r = bequest_add(bequest, message->fd, &copy->fd);
	}
	return r;
}

int child_bequeath_all(struct heritage_heritage *heritage, struct bequest *bequest)
{
	size_t n = child_count_forgotten();
	uint32_t i = 0;
	int r = 0;

	pen_list_each (link, after, &child_all)
		n++;
	heritage->processes = pen_arena_array(&bequest->arena, n, sizeof(*heritage->processes));
	if (!heritage->processes)
		return -ENOMEM;
	pen_list_each (link, after, &child_all) {
		const struct child *child = pen_list_entry(link, struct child, link);

		heritage->processes[i++] = (struct heritage_process){ child->pid, child->fd };
	}
	pen_list_each (link, after, &child_forgotten) {
		const struct forgotten *process = pen_list_entry(link, struct forgotten, link);

		heritage->processes[i].pid = process->pid;
		if (!r)
			r = bequest_add(bequest, process->fd, &heritage->processes[i++].fd);
	}
	heritage->n_processes = i;
	return r;
}

/* Taken as keep does. */
static int adopt_message(struct child *child, const struct heritage_message *letter,
			 struct legacy *legacy)
{
	int fd = legacy_take(legacy, letter->fd);
	int r = (fd < 0) != (letter->fd < 0) ? PEN_E_BAD_DATA : 0;

	child->scratch.size = 0;
	if (!r)
		r = pen_buffer_add(&child->scratch, letter->bytes, letter->n_bytes);
	if (!r)
		r = child_keep(child, fd);
	if (r && fd >= 0)
		close(fd);
	return r;
}

int child_adopt(struct child **childp, enum child_kind kind, uv_loop_t *loop,
		const struct child_listener *listener, const struct heritage_child *letter,
		struct legacy *legacy)
{
	struct child *child;
	int r = 0;

	child = child_new(listener);
	if (!child)
		return -ENOMEM;
	if (!legacy_adopt(legacy, letter->process.pid)) {
		free(child);
		return PEN_E_BAD_DATA;
	}
	child->kind = kind;
	child->started_at = (uint64_t)letter->started_at;
	child->pid = letter->process.pid;
	child->fd = legacy_take(legacy, letter->process.fd);
	if (child->fd >= 0)
		r = child_enter_loop(child, loop);
	else
		pen_list_append(&child_all, &child->link);
	if (r) {
		close(child->fd);
		child->fd = -1;
	}
	child->is_closed = child->fd < 0;
	for (uint32_t i = 0; !r && child->fd >= 0 && i < letter->n_waiting; i++)
		r = adopt_message(child, &letter->waiting[i], legacy);
	if (r) {
		child_free(child);
		return r;
	}
	*childp = child;
	return 0;
}

void child_forget_rest(struct legacy *legacy, bool is_leave)
{
	const struct heritage_heritage *heritage = &legacy->heritage;

	for (uint32_t i = 0; i < heritage->n_processes; i++) {
		const struct heritage_process *process = &heritage->processes[i];

		if (!legacy_adopt(legacy, process->pid))
			continue;
		child_forget(process->pid, legacy_take(legacy, process->fd));
		if (is_leave)
			kill(process->pid, SIGTERM);
	}
}
