/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_LOCK_H
#define PEN_IO_LOCK_H
/*
 * A lock in memory that processes share, which one may die with, or never give back; and
 * words there that are waited for. There are no pointers in them, and nothing but waiting
 * comes of what somebody writes there who should not.
 */
#include <penstock/base.h>

enum { PEN_LOCK_HOLDER_MAX = 0x7fffffff };

/*
 * Takes it for a holder, a number from 1 to PEN_LOCK_HOLDER_MAX, and waits for wait_ms at
 * most (0: a moment, without sleeping). 0; PEN_E_AGAIN: *holderp still has it, if the word is to
 * be believed.
 */
int pen_lock_take(uint32_t *word, uint32_t holder, int wait_ms, uint32_t *holderp);

/* Takes it from a holder that is known to be dead. PEN_E_AGAIN: that one does not have it. */
int pen_lock_inherit(uint32_t *word, uint32_t dead, uint32_t holder);

/* Gives it back, if it is still that holder's. */
void pen_lock_give(uint32_t *word, uint32_t holder);

/*
 * Waits while a word has that value, for wait_ms at most (-1: as long as it takes). 0: look
 * again; PEN_E_AGAIN: the time is over.
 */
int pen_word_await(const uint32_t *word, uint32_t value, int wait_ms);

/* Wakes all who wait for it. */
void pen_word_wake(const uint32_t *word);

#endif
