/* SPDX-License-Identifier: MIT */
#include "win32/turn.h"

#include "win32/file.h"
#include "win32/wait.h"

#include <penstock/status.h>

/* A thread's, while it waits for it. Who ends that takes it out of the list. */
struct win_turn {
	struct pen_list link;
	struct win_thread *thread;
	const IO_STATUS_BLOCK *iosb;
	bool is_given;
	bool is_cancelled;
};

/* Under the lock. Whether it is its turn; otherwise it was cancelled, or there are APCs. */
static bool turn_wait(struct win_file *file, struct win_thread *self, const IO_STATUS_BLOCK *iosb)
{
	struct win_turn turn = { .thread = self, .iosb = iosb };
	bool is_alertable = file->is_alertable;

	pen_list_append(&file->turns, &turn.link);
	self->turn = &turn;
	self->is_alertable = is_alertable;
	while (!turn.is_given && !turn.is_cancelled &&
	       !(is_alertable && !pen_list_is_empty(&self->apcs)))
		win_engine_turn(self, WIN_FOREVER);
	self->is_alertable = false;
	self->turn = NULL;
	win_engine_leave(self);
	pen_list_remove(&turn.link);
	return turn.is_given;
}

uint32_t win_turn_take(struct win_file *file, const IO_STATUS_BLOCK *iosb)
{
	struct win_thread *self;
	bool is_mine = true;

	if (!file->is_synchronous)
		return 0;
	self = win_thread_self();
	if (!self)
		return PEN_STATUS_NO_MEMORY;
	win_lock();
	if (file->is_taken)
		is_mine = turn_wait(file, self, iosb);
	else
		file->is_taken = true;
	win_unlock();
	if (is_mine)
		return 0;
	if (file->is_alertable)
		win_thread_run_apcs(self);
	return PEN_STATUS_CANCELLED;
}

/* It passes to the next at once: nobody who asks now comes before. */
void win_turn_give(struct win_file *file)
{
	struct win_turn *next;

	if (!file->is_synchronous)
		return;
	win_lock();
	if (pen_list_is_empty(&file->turns)) {
		file->is_taken = false;
	} else {
		next = pen_list_entry(file->turns.next, struct win_turn, link);
		pen_list_remove(&next->link);
		next->is_given = true;
		win_thread_wake(next->thread);
	}
	win_unlock();
}

bool win_turn_cancel(struct win_thread *thread, const IO_STATUS_BLOCK *iosb)
{
	struct win_turn *turn = thread->turn;

	if (!turn || turn->is_given || turn->is_cancelled || (iosb && turn->iosb != iosb))
		return false;
	pen_list_remove(&turn->link);
	turn->is_cancelled = true;
	win_thread_wake(thread);
	return true;
}
