/* SPDX-License-Identifier: MIT */
#ifndef PEN_PIPE_CHANNEL_BLOCK_H
#define PEN_PIPE_CHANNEL_BLOCK_H
/*
 * What both ends of a channel share: a block of memory that either may change at any time,
 * so nothing in it is believed. Each value is read once, by LOAD; a number out of its
 * bounds ends the channel; there are no pointers, and places in it are masked.
 *
 * A queue is a ring of entries, one for each write: its head, its data, and a gap to the
 * next multiple of 8. Positions count bytes from the channel's first and never go back; a
 * ring's size is a power of two, so that a position says where in it something lies.
 *
 *	freed ... head ... tail
 *	      |        unread
 *	      taken by reads whose owners have not fetched it yet
 *
 * A process may die between any two stores, with the lock in its hands. A queue is changed as
 * a whole: there are two of each, and one store says which of them counts. What goes together
 * with it is stored in such an order that pen_channel_recover sees what was meant.
 */
#include "pipe/channel.h"

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#ifndef STORE /* the test of what dies between two of them has its own */
#define STORE(x, y) __atomic_store_n(&(x), (y), __ATOMIC_RELEASE)
#endif

enum {
	PEN_CHANNEL_RING_MIN = 4096,
	PEN_CHANNEL_RING_KEPT = 1 << 20, /* an empty queue goes back to its first ring above this */
	PEN_CHANNEL_EMPTY_MAX = 65536,	 /* unread entries beyond one for each byte of the quota */
};

enum pen_channel_kind {
	PEN_CHANNEL_READ,
	PEN_CHANNEL_WRITE,
	PEN_CHANNEL_FLUSH,
	PEN_CHANNEL_LISTEN,
	PEN_CHANNEL_N_KINDS,
};

/* An operation that had to wait. */
struct pen_channel_op {
	uint64_t number; /* later ones have greater */
	uint64_t at;	 /* read: of the entry it took from; write: its entry; flush: the tail */
	uint64_t unread; /* write: bytes not read yet, up to its end */
	uint32_t skip;	 /* read: bytes of that entry before what it took */
	uint32_t size;	 /* as asked for */
	uint32_t status; /* when done */
	uint32_t information;
	uint32_t holder;
	uint32_t flags;
	uint64_t upto; /* read: where the queue stands when it has taken */
	uint32_t upto_skip;
	uint32_t unused;
};

enum {
	PEN_CHANNEL_OP_MESSAGE = 1, /* a transaction's reply, read in message mode */
	PEN_CHANNEL_OP_TAKING = 2,  /* a read whose at, skip and upto are filled in */
};

/* Written by one end and read by the other. */
struct pen_channel_queue {
	uint64_t freed;
	uint64_t head;
	uint64_t tail;
	uint64_t n_bytes;   /* unread */
	uint32_t n_entries; /* unread */
	uint32_t skip;	    /* bytes of the entry at head that are read */
	uint32_t size_class;
	uint32_t unused;
};

enum { PEN_CHANNEL_MESSAGES = 1, PEN_CHANNEL_NONBLOCKING = 2 };

/* Operations' bits are their numbers in ops. */
struct pen_channel_end {
	uint64_t used;	  /* pending, or done and not fetched */
	uint64_t holding; /* done reads that have data in the queue */
	uint64_t pending[PEN_CHANNEL_N_KINDS];
	uint32_t modes; /* PEN_CHANNEL_MESSAGES, PEN_CHANNEL_NONBLOCKING */
	uint32_t is_closed;
	uint32_t has_read; /* anything: 1, and the identity of who wrote it */
	uint32_t unused;
};

struct pen_channel_block {
	uint64_t n_ops; /* so far */
	uint32_t state;
	uint32_t unused;
	struct pen_channel_end ends[2];
	struct pen_channel_queue queues[2][2]; /* by the end that reads, and by counts */
	uint32_t counts[2];
	struct pen_channel_op ops[2][PEN_CHANNEL_OPS_MAX];
};

static inline unsigned pen_channel_other(unsigned end)
{
	return end ^ 1;
}

/* The first number in a set that is not empty. */
static inline unsigned pen_channel_any(uint64_t set)
{
	return (unsigned)__builtin_ctzll(set);
}

/* ---- the whole (channel.c) ---- */

uint32_t pen_channel_state(const struct pen_channel *channel);
bool pen_channel_is_in_use(const struct pen_channel *channel, unsigned queue);
bool pen_channel_is_nonblocking(const struct pen_channel *channel, unsigned end);
bool pen_channel_is_message_mode(const struct pen_channel *channel, unsigned end);

/* ---- operations that wait (channel-op.c) ---- */

struct pen_channel_view;

struct pen_channel_op *pen_channel_op(struct pen_channel *channel, unsigned end, unsigned op);
uint64_t pen_channel_pending(const struct pen_channel *channel, unsigned end,
			     enum pen_channel_kind kind);
uint64_t pen_channel_all_pending(const struct pen_channel *channel, unsigned end);
bool pen_channel_can_wait(const struct pen_channel *channel, unsigned end);

/* Of op, number and holder are filled in. INSUFFICIENT_RESOURCES: too many wait. */
uint32_t pen_channel_wait(struct pen_channel *channel, const struct pen_channel_caller *caller,
			  enum pen_channel_kind kind, const struct pen_channel_op *op,
			  struct pen_channel_result *result);
void pen_channel_complete(struct pen_channel *channel, unsigned end, enum pen_channel_kind kind,
			  unsigned op, uint32_t status, uint32_t information);
void pen_channel_complete_all(struct pen_channel *channel, unsigned end, enum pen_channel_kind kind,
			      uint32_t status);

/* Writes that fit now are done, and flushes of what is read. */
void pen_channel_settle(struct pen_channel_view *view);

/* Frees what is neither unread nor held by a read that is not fetched. */
void pen_channel_release(struct pen_channel_view *view);

struct pen_channel_taken;

void pen_channel_take(struct pen_channel_view *view, uint32_t n, bool is_message,
		      struct pen_channel_taken *taken);

/* Gives waiting reads what there is, each in its turn. */
void pen_channel_serve_reads(struct pen_channel_view *view);

/*
 * A write that still waits is taken back, as far as it is not read; it is done, as
 * cancelled, or with is_forgotten its number is free again.
 */
void pen_channel_take_back(struct pen_channel *channel, unsigned writer, unsigned op,
			   bool is_forgotten);

/* The last that came, of a set that is not empty. */
unsigned pen_channel_newest(struct pen_channel *channel, unsigned end, uint64_t set);

/* The operations' part of pen_channel_recover. */
void pen_channel_recover_ops(struct pen_channel *channel);

/* ---- queues (channel-queue.c) ---- */

/* A queue as it was when it was looked at; changed here, then put back. */
struct pen_channel_view {
	struct pen_channel_queue q;
	struct pen_channel *channel;
	unsigned reader;
	uint8_t *ring;
	uint64_t mask;
	unsigned left; /* the class of a ring that is not needed once this is put back, plus 1 */
};

/* False: what the block says cannot be, and the channel is at its end. */
bool pen_channel_queue_get(struct pen_channel_view *view, struct pen_channel *channel,
			   unsigned reader);
void pen_channel_queue_put(struct pen_channel_view *view);

/* Its numbers alone, without the ring. */
bool pen_channel_queue_count(struct pen_channel_view *view, struct pen_channel *channel,
			     unsigned reader);

/* Appends an entry, at *atp. PEN_STATUS_INSUFFICIENT_RESOURCES: no room to be had. */
uint32_t pen_channel_queue_append(struct pen_channel_view *view, const void *data, uint32_t n,
				  uint8_t identity, uint64_t *atp);

/* What a read of n bytes takes, and from where. */
struct pen_channel_taken {
	uint64_t at;
	uint32_t skip;
	uint32_t information;
	uint32_t status;
	uint8_t identity; /* of who wrote the last of it */
};

/*
 * Takes what a read of n bytes gets: up to the end of a message, or of what there is. There
 * must be an entry. The bytes stay where they are until they are freed.
 */
void pen_channel_queue_take(struct pen_channel_view *view, uint32_t n, bool is_message,
			    struct pen_channel_taken *taken);

/* Copies what was taken, or without taking. */
void pen_channel_queue_copy(struct pen_channel_view *view, const struct pen_channel_taken *taken,
			    void *bytes);

/* Counts anew what is unread. */
void pen_channel_queue_recount(struct pen_channel_view *view);

/*
 * The bytes that are unread up to the end of the write at a position. False: it was taken
 * back, or never came to be.
 */
bool pen_channel_queue_upto(struct pen_channel_view *view, uint64_t at, uint64_t *unreadp);

/* What is unread of the entry at head; there must be one. */
uint32_t pen_channel_queue_first(struct pen_channel_view *view);

/* The unread rest of the write at a position vanishes; returns how many bytes that were. */
uint32_t pen_channel_queue_drop(struct pen_channel_view *view, uint64_t at);

/* Nothing before a position is needed any more. */
void pen_channel_queue_free(struct pen_channel_view *view, uint64_t at);

/* All that is unread vanishes. */
void pen_channel_queue_clear(struct pen_channel_view *view);

#endif
