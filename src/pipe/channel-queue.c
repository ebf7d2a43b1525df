/* SPDX-License-Identifier: MIT */
#include "pipe/channel-block.h"
#include <penstock/status-codes.h>
#include <string.h>

/*
 * An entry, as its head says: a word of 64 bits, so that it changes at once. The stride is to the
 * next entry; its low bits are free for flags, and above the size there is room for an identity.
 */
struct entry {
	uint32_t size; /* of the data that there is to read, from the entry's beginning */
	uint32_t stride;
	uint32_t identity; /* the writer's */
};

enum { HEAD_SIZE = 8, SIZE_BITS = 26, ENTRY_DROPPED = 1, ENTRY_FLAGS = 7 };

_Static_assert(PEN_CHANNEL_RING_MAX == UINT32_C(1) << SIZE_BITS, "sizes leave room for identities");
_Static_assert(PEN_CHANNEL_IDENTITIES == UINT32_C(1) << (32 - SIZE_BITS), "and that is all of it");

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) & ~(to - 1);
}

uint32_t pen_channel_ring_size(const struct pen_channel_config *config, unsigned queue,
			       unsigned size_class)
{
	uint32_t size = PEN_CHANNEL_RING_MIN;

	/* The quota's worth in one message, and a message of as much in the reader's hands. */
	while (size < PEN_CHANNEL_RING_KEPT && size / 2 < config->quotas[queue])
		size *= 2;
	while (size_class-- && size < PEN_CHANNEL_RING_MAX)
		size *= 2;
	return size;
}

/* ---- looking at it ---- */

static bool spoil(struct pen_channel_view *view)
{
	view->channel->is_spoilt = true;
	return false;
}

static bool is_sound(const struct pen_channel_queue *q, uint32_t size)
{
	return q->size_class < PEN_CHANNEL_CLASSES && !((q->freed | q->head | q->tail) & 7) &&
	       q->tail - q->freed <= size && q->head - q->freed <= q->tail - q->freed &&
	       q->n_bytes <= q->tail - q->head && q->n_entries <= (q->tail - q->head) / 8;
}

static void find_mask(struct pen_channel_view *view, unsigned size_class)
{
	view->mask = pen_channel_ring_size(&view->channel->config, view->reader, size_class) -
		     UINT64_C(1);
}

static bool find_ring(struct pen_channel_view *view, unsigned size_class)
{
	const struct pen_channel *channel = view->channel;

	find_mask(view, size_class);
	view->ring = channel->memory.ring(channel->memory.data, view->reader, size_class);
	return view->ring;
}

bool pen_channel_queue_count(struct pen_channel_view *view, struct pen_channel *channel,
			     unsigned reader)
{
	const struct pen_channel_queue *shared =
		&channel->block->queues[reader][LOAD(channel->block->counts[reader]) & 1];

	*view = (struct pen_channel_view){ .channel = channel, .reader = reader };
	view->q = (struct pen_channel_queue){
		.freed = LOAD(shared->freed),
		.head = LOAD(shared->head),
		.tail = LOAD(shared->tail),
		.n_bytes = LOAD(shared->n_bytes),
		.n_entries = LOAD(shared->n_entries),
		.skip = LOAD(shared->skip),
		.size_class = LOAD(shared->size_class),
	};
	if (channel->is_spoilt || view->q.size_class >= PEN_CHANNEL_CLASSES)
		return spoil(view);
	find_mask(view, view->q.size_class);
	return is_sound(&view->q, (uint32_t)view->mask + 1) || spoil(view);
}

bool pen_channel_queue_get(struct pen_channel_view *view, struct pen_channel *channel,
			   unsigned reader)
{
	return pen_channel_queue_count(view, channel, reader) &&
	       (find_ring(view, view->q.size_class) || spoil(view));
}

/* The one that does not count is filled in, and counts then. */
void pen_channel_queue_put(struct pen_channel_view *view)
{
	struct pen_channel_block *block = view->channel->block;
	uint32_t next = (LOAD(block->counts[view->reader]) & 1) ^ 1;
	struct pen_channel_queue *shared = &block->queues[view->reader][next];

	STORE(shared->freed, view->q.freed);
	STORE(shared->head, view->q.head);
	STORE(shared->tail, view->q.tail);
	STORE(shared->n_bytes, view->q.n_bytes);
	STORE(shared->n_entries, view->q.n_entries);
	STORE(shared->skip, view->q.skip);
	STORE(shared->size_class, view->q.size_class);
	STORE(block->counts[view->reader], next);
	if (!view->left)
		return;
	view->channel->memory.leave(view->channel->memory.data, view->reader, view->left - 1);
	view->left = 0;
}

/* ---- bytes ---- */

static void copy_in(struct pen_channel_view *view, uint64_t at, const void *bytes, size_t n)
{
	size_t place = at & view->mask;
	size_t first = view->mask + 1 - place < n ? view->mask + 1 - place : n;

	/* Of nothing there may be no pointer. */
	if (!n)
		return;
	memcpy(view->ring + place, bytes, first);
	memcpy(view->ring, (const uint8_t *)bytes + first, n - first);
}

static void copy_out(struct pen_channel_view *view, uint64_t at, void *bytes, size_t n)
{
	size_t place = at & view->mask;
	size_t first = view->mask + 1 - place < n ? view->mask + 1 - place : n;

	if (!n)
		return;
	memcpy(bytes, view->ring + place, first);
	memcpy((uint8_t *)bytes + first, view->ring, n - first);
}

/* Heads are multiples of 8 from the ring's beginning, so they are whole. */
static uint64_t *head_at(struct pen_channel_view *view, uint64_t at)
{
	return (uint64_t *)(void *)(view->ring + (at & view->mask));
}

/* An entry before the tail, as it should be; else the channel is spoilt, and it is empty. */
static struct entry get_entry(struct pen_channel_view *view, uint64_t at)
{
	uint64_t head = LOAD(*head_at(view, at));
	struct entry entry = {
		.size = (uint32_t)head & (PEN_CHANNEL_RING_MAX - 1),
		.stride = (uint32_t)(head >> 32),
		.identity = (uint32_t)head >> SIZE_BITS,
	};
	uint32_t stride = entry.stride & ~(uint32_t)ENTRY_FLAGS;

	if (at < view->q.tail && stride >= HEAD_SIZE && stride <= view->q.tail - at &&
	    entry.size <= stride - HEAD_SIZE)
		return entry;
	spoil(view);
	return (struct entry){ 0, HEAD_SIZE };
}

static void put_entry(struct pen_channel_view *view, uint64_t at, struct entry entry)
{
	STORE(*head_at(view, at),
	      (uint64_t)entry.stride << 32 | (uint64_t)entry.identity << SIZE_BITS | entry.size);
}

static uint64_t after(uint64_t at, struct entry entry)
{
	return at + (entry.stride & ~(uint32_t)ENTRY_FLAGS);
}

/* ---- room ---- */

/* Everything from freed on, in a ring of another size. */
static bool move(struct pen_channel_view *view, unsigned size_class)
{
	struct pen_channel_view old = *view;

	if (!find_ring(view, size_class)) {
		*view = old;
		return false;
	}
	for (uint64_t at = view->q.freed; at < view->q.tail;) {
		size_t n = old.mask + 1 - (at & old.mask);

		if (n > view->q.tail - at)
			n = view->q.tail - at;
		copy_in(view, at, old.ring + (at & old.mask), n);
		at += n;
	}
	view->left = old.q.size_class + 1;
	view->q.size_class = size_class;
	return true;
}

static bool make_room(struct pen_channel_view *view, uint64_t n)
{
	uint64_t needed = view->q.tail - view->q.freed + n;
	unsigned size_class = view->q.size_class;

	while (needed > pen_channel_ring_size(&view->channel->config, view->reader, size_class))
		if (++size_class == PEN_CHANNEL_CLASSES)
			return false;
	return size_class == view->q.size_class || (!view->left && move(view, size_class));
}

uint32_t pen_channel_queue_append(struct pen_channel_view *view, const void *data, uint32_t n,
				  uint8_t identity, uint64_t *atp)
{
	struct entry entry = { .size = n, .identity = identity % PEN_CHANNEL_IDENTITIES };
	uint64_t at = view->q.tail;

	if (n > PEN_CHANNEL_RING_MAX - HEAD_SIZE ||
	    view->q.n_entries >=
		    PEN_CHANNEL_EMPTY_MAX + (uint64_t)view->channel->config.quotas[view->reader])
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	entry.stride = round_up(n + HEAD_SIZE, 8);
	if (!make_room(view, entry.stride))
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	put_entry(view, at, entry);
	copy_in(view, at + HEAD_SIZE, data, n);
	view->q.tail = at + entry.stride;
	view->q.n_bytes += n;
	view->q.n_entries++;
	*atp = at;
	return PEN_STATUS_SUCCESS;
}

void pen_channel_queue_free(struct pen_channel_view *view, uint64_t at)
{
	view->q.freed = at;
	if (view->q.freed == view->q.tail && view->mask >= PEN_CHANNEL_RING_KEPT &&
	    view->q.size_class && !view->left)
		move(view, 0);
}

/* ---- taking ---- */

/* To the next entry that is not dropped, or the tail. */
static void pass(struct pen_channel_view *view)
{
	while (view->q.head < view->q.tail) {
		struct entry entry = get_entry(view, view->q.head);

		if (!(entry.stride & ENTRY_DROPPED))
			return;
		view->q.head = after(view->q.head, entry);
		view->q.skip = 0;
	}
}

static void leave_head(struct pen_channel_view *view, struct entry entry)
{
	view->q.head = after(view->q.head, entry);
	view->q.skip = 0;
	view->q.n_entries--;
	pass(view);
}

/* The head's entry, of which skip bytes at most are read. */
static struct entry get_head(struct pen_channel_view *view)
{
	struct entry entry = get_entry(view, view->q.head);

	if (view->q.skip > entry.size || entry.size - view->q.skip > view->q.n_bytes) {
		spoil(view);
		view->q.skip = entry.size = 0;
	}
	return entry;
}

uint32_t pen_channel_queue_first(struct pen_channel_view *view)
{
	return get_head(view).size - view->q.skip;
}

static uint32_t take_some(struct pen_channel_view *view, uint32_t n, uint8_t *identityp)
{
	struct entry entry = get_head(view);
	uint32_t rest = entry.size - view->q.skip;
	uint32_t taken = rest < n ? rest : n;

	*identityp = (uint8_t)entry.identity;
	view->q.skip += taken;
	view->q.n_bytes -= taken;
	if (taken == rest)
		leave_head(view, entry);
	return taken;
}

void pen_channel_queue_take(struct pen_channel_view *view, uint32_t n, bool is_message,
			    struct pen_channel_taken *taken)
{
	uint32_t rest = pen_channel_queue_first(view);

	*taken = (struct pen_channel_taken){ .at = view->q.head,
					     .skip = view->q.skip,
					     .status = PEN_STATUS_SUCCESS };
	if (is_message) {
		if (rest > n)
			taken->status = PEN_STATUS_BUFFER_OVERFLOW;
		taken->information = take_some(view, n, &taken->identity);
		return;
	}
	while (view->q.n_entries && taken->information < n && !view->channel->is_spoilt)
		taken->information += take_some(view, n - taken->information, &taken->identity);
}

void pen_channel_queue_copy(struct pen_channel_view *view, const struct pen_channel_taken *taken,
			    void *bytes)
{
	uint64_t at = taken->at;
	uint32_t skip = taken->skip;

	for (uint32_t done = 0; done < taken->information && !view->channel->is_spoilt;) {
		struct entry entry = get_entry(view, at);
		uint32_t n = entry.size > skip ? entry.size - skip : 0;

		if (n > taken->information - done)
			n = taken->information - done;
		copy_out(view, at + HEAD_SIZE + skip, (uint8_t *)bytes + done, n);
		done += n;
		at = after(at, entry);
		skip = 0;
	}
}

/* ---- what can be seen from the entries alone ---- */

void pen_channel_queue_recount(struct pen_channel_view *view)
{
	pass(view);
	view->q.n_bytes = 0;
	view->q.n_entries = 0;
	for (uint64_t at = view->q.head; at < view->q.tail && !view->channel->is_spoilt;) {
		struct entry entry = get_entry(view, at);
		uint32_t read = at == view->q.head ? view->q.skip : 0;

		if (!(entry.stride & ENTRY_DROPPED)) {
			view->q.n_bytes += entry.size > read ? entry.size - read : 0;
			view->q.n_entries++;
		}
		at = after(at, entry);
	}
}

bool pen_channel_queue_upto(struct pen_channel_view *view, uint64_t at, uint64_t *unreadp)
{
	uint64_t unread = 0;
	struct entry entry;

	if (at >= view->q.tail)
		return false;
	for (uint64_t i = view->q.head; i <= at && !view->channel->is_spoilt;) {
		entry = get_entry(view, i);
		if (!(entry.stride & ENTRY_DROPPED))
			unread += entry.size;
		i = after(i, entry);
	}
	if (at >= view->q.freed && get_entry(view, at).stride & ENTRY_DROPPED)
		return false;
	*unreadp = at < view->q.head ? 0 : unread - (unread < view->q.skip ? unread : view->q.skip);
	return true;
}

/* ---- what vanishes ---- */

uint32_t pen_channel_queue_drop(struct pen_channel_view *view, uint64_t at)
{
	bool is_head = at == view->q.head;
	uint32_t read = is_head ? view->q.skip : 0;
	struct entry entry = get_entry(view, at);
	uint32_t rest;

	if (at < view->q.head || read > entry.size || entry.size - read > view->q.n_bytes ||
	    !view->q.n_entries || entry.stride & ENTRY_DROPPED) {
		spoil(view);
		return 0;
	}
	rest = entry.size - read;
	/* What is read of it may not be fetched yet. */
	put_entry(view, at, (struct entry){ read, entry.stride | ENTRY_DROPPED, entry.identity });
	view->q.n_bytes -= rest;
	if (is_head)
		leave_head(view, entry);
	else
		view->q.n_entries--;
	return rest;
}

void pen_channel_queue_clear(struct pen_channel_view *view)
{
	view->q.head = view->q.tail;
	view->q.skip = 0;
	view->q.n_bytes = 0;
	view->q.n_entries = 0;
}
