/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_TURN_H
#define PEN_WIN32_TURN_H
/*
 * Turns at a synchronous file. Of the threads that do something there one is at it, and the others
 * wait until it is done, whatever it is: a write waits for a read that waits, and so do a peek and
 * a query. They come in the order in which they asked. Other files have no turns: there nobody
 * waits.
 */
#include <penstock/win32-nt.h>
#include <stdbool.h>

struct win_file;
struct win_thread;

/*
 * The calling thread's turn, when this returns 0; not under the lock. CANCELLED: its waiting was,
 * or ended for APCs, which have run; NO_MEMORY. The block is what the turn's call will fill, if
 * that has one.
 */
uint32_t win_turn_take(struct win_file *file, const IO_STATUS_BLOCK *iosb);
void win_turn_give(struct win_file *file);

/* Ends a thread's waiting for its turn in a call with that block, or with any (NULL); under the
 * lock. false: it does not wait so. */
bool win_turn_cancel(struct win_thread *thread, const IO_STATUS_BLOCK *iosb);

#endif
