/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "base/cleanup.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define HAS_NOTES true
#else
#define HAS_NOTES			     false
#define ASAN_POISON_MEMORY_REGION(data, n)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(data, n) ((void)0)
#endif

/* Slots of one size share the pages of a chunk; what is larger has a chunk of its own. */
enum { SLOT_MIN = 64, N_SIZES = 6, CHUNK_SIZE = 16384 };

/*
 * The head of a slot. Where leaks are looked for, what is in use has a note in malloc's
 * memory, so that whoever looks, or lets allocations fail, finds secrets too.
 */
struct slot {
	struct chunk *chunk; /* NULL: it is free */
	union {
		struct slot *next; /* while it is free */
		void *note;
	};
	uint8_t data[];
};

struct chunk {
	struct chunk *next;
	uint8_t *pages;
	size_t n_pages; /* bytes */
	size_t slot_size;
	size_t n_slots;
	size_t n_used;
	size_t n_fresh; /* slots at the end that were never used */
	struct slot *free;
};

_Static_assert(sizeof(struct slot) % _Alignof(max_align_t) == 0, "a secret is aligned");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct chunk *chunks[N_SIZES + 1]; /* the last: one slot each */

/* ---- chunks ---- */

static int size_of(size_t n)
{
	int i = 0;

	while (i < N_SIZES && n > (size_t)SLOT_MIN << i)
		i++;
	return i;
}

static struct chunk *chunk_new(int size, size_t n)
{
	pen_cleanup(pen_freep) struct chunk *chunk = calloc(1, sizeof(*chunk));
	void *pages;

	if (!chunk)
		return NULL;
	chunk->slot_size = size < N_SIZES ? (size_t)SLOT_MIN << size : (n + 4095) & ~(size_t)4095;
	chunk->n_pages = size < N_SIZES ? CHUNK_SIZE : chunk->slot_size;
	chunk->n_slots = chunk->n_pages / chunk->slot_size;
	chunk->n_fresh = chunk->n_slots;
	pages = mmap(NULL, chunk->n_pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (pages == MAP_FAILED)
		return NULL;
	if (madvise(pages, chunk->n_pages, MADV_DONTDUMP)) {
		munmap(pages, chunk->n_pages);
		return NULL;
	}
	chunk->pages = pages;
	chunk->next = chunks[size];
	chunks[size] = chunk;
	return pen_take(&chunk);
}

/* One chunk of a size stays, for the next. */
static void chunk_settle(struct chunk *chunk, int size)
{
	struct chunk **at = &chunks[size];

	if (chunk->n_used || (size < N_SIZES && *at == chunk && !chunk->next))
		return;
	while (*at != chunk)
		at = &(*at)->next;
	*at = chunk->next;
	ASAN_UNPOISON_MEMORY_REGION(chunk->pages, chunk->n_pages);
	munmap(chunk->pages, chunk->n_pages);
	free(chunk);
}

static struct slot *chunk_take(struct chunk *chunk)
{
	struct slot *slot = chunk->free;

	if (slot)
		chunk->free = slot->next;
	else
		slot = (struct slot *)(chunk->pages +
				       (chunk->n_slots - chunk->n_fresh--) * chunk->slot_size);
	chunk->n_used++;
	return slot;
}

static struct slot *find_slot(size_t n, struct chunk **chunkp)
{
	int size = size_of(n);
	struct chunk *chunk = chunks[size];

	while (chunk && chunk->n_used == chunk->n_slots)
		chunk = chunk->next;
	if (!chunk)
		chunk = chunk_new(size, n);
	if (!chunk)
		return NULL;
	*chunkp = chunk;
	return chunk_take(chunk);
}

/* ---- secrets ---- */

void *pen_secret_alloc(size_t n)
{
	pen_cleanup(pen_freep) void *note = NULL;
	struct chunk *chunk = NULL;
	struct slot *slot;

	if (n > SIZE_MAX / 2)
		return NULL;
	if (HAS_NOTES) {
		note = malloc(1);
		if (!note)
			return NULL;
	}
	pthread_mutex_lock(&mutex);
	slot = find_slot(sizeof(*slot) + n, &chunk);
	pthread_mutex_unlock(&mutex);
	if (!slot)
		return NULL;
	ASAN_POISON_MEMORY_REGION(slot->data, chunk->slot_size - sizeof(*slot));
	ASAN_UNPOISON_MEMORY_REGION(slot->data, n);
	slot->chunk = chunk;
	slot->note = pen_take(&note);
	return slot->data;
}

void *pen_secret_free(void *secret)
{
	struct slot *slot;
	struct chunk *chunk;
	size_t n;

	if (!secret)
		return NULL;
	slot = (struct slot *)((uint8_t *)secret - offsetof(struct slot, data));
	chunk = slot->chunk;
	if (!chunk)
		abort();
	n = chunk->slot_size - sizeof(*slot);
	ASAN_UNPOISON_MEMORY_REGION(slot->data, n);
	explicit_bzero(slot->data, n);
	ASAN_POISON_MEMORY_REGION(slot->data, n);
	free(slot->note);
	slot->chunk = NULL;

	pthread_mutex_lock(&mutex);
	slot->next = chunk->free;
	chunk->free = slot;
	chunk->n_used--;
	chunk_settle(chunk, size_of(chunk->slot_size));
	pthread_mutex_unlock(&mutex);
	return NULL;
}
