/* SPDX-License-Identifier: MIT */
#include "np/link.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include "io/lock.h"
#include "io/shared.h"
#include "np/fork.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status-codes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD(x)	    __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, y) __atomic_store_n(&(x), (y), __ATOMIC_SEQ_CST)

enum { HOLDERS_MAX = 64, LINE = 64, PATIENCE_MS = 10 };

/* What an end is woken by. */
struct bell {
	uint32_t news;	    /* counts; changed under the lock */
	uint32_t is_wanted; /* the eventfd is to be written to */
} __attribute__((aligned(LINE)));

/* A process at an end; no number, no process. */
struct holder {
	uint32_t number;
	uint32_t end;
	uint32_t pid;
	uint32_t unused;
	uint64_t pid_namespace; /* which pid is of */
};

/* The beginning of the memory, before the channel's block. Nothing in it is believed. */
struct shared_head {
	uint32_t lock __attribute__((aligned(LINE)));
	uint32_t n_holders; /* so far */
	struct bell bells[2];
	struct holder holders[HOLDERS_MAX] __attribute__((aligned(LINE)));
};

struct pen_link {
	uint32_t n_refs;
	struct pen_shared *shared;
	struct shared_head *head;
	struct pen_channel channel;
	struct pen_link_parts parts; /* memory is shared's */
	unsigned end;
	uint32_t holder;
	uint32_t news;
	uint32_t n_forks; /* before this process had it */
	bool is_shared;
};

PEN_DEFINE_FREEP(struct pen_link, pen_link)

/* ---- descriptors ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pen_link_parts_close(struct pen_link_parts *parts)
{
	close_fd(&parts->memory);
	close_fd(&parts->bells[0]);
	close_fd(&parts->bells[1]);
	close_fd(&parts->life);
	close_fd(&parts->peer_life);
}

/* -1 stays -1. */
static int copy_fd(int fd, int *copyp)
{
	*copyp = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 && *copyp < 0 ? -errno : 0;
}

const struct pen_link_parts *pen_link_parts(const struct pen_link *link)
{
	return &link->parts;
}

int pen_link_copy_parts(const struct pen_link *link, struct pen_link_parts *copies)
{
	const struct pen_link_parts *parts = &link->parts;
	int r;

	*copies = PEN_LINK_NO_PARTS;
	r = copy_fd(parts->memory, &copies->memory);
	for (unsigned i = 0; i < 2 && !r; i++)
		r = copy_fd(parts->bells[i], &copies->bells[i]);
	if (!r)
		r = copy_fd(parts->life, &copies->life);
	if (!r)
		r = copy_fd(parts->peer_life, &copies->peer_life);
	if (r)
		pen_link_parts_close(copies);
	return r;
}

/* ---- memory ---- */

static size_t round_to_page(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) & ~(page - 1);
}

static size_t head_size(void)
{
	return round_to_page(sizeof(struct shared_head) + pen_channel_block_size());
}

/* All rings have a place of their own, the classes of one queue after those of the other. */
static uint64_t ring_offset(const struct pen_channel_config *config, unsigned queue,
			    unsigned size_class)
{
	uint64_t offset = head_size();

	for (unsigned q = 0; q <= queue; q++)
		for (unsigned c = 0; c < (q < queue ? PEN_CHANNEL_CLASSES : size_class); c++)
			offset += pen_channel_ring_size(config, q, c);
	return offset;
}

static unsigned ring_area(unsigned queue, unsigned size_class)
{
	return 1 + queue * PEN_CHANNEL_CLASSES + size_class;
}

static uint8_t *map_ring(void *data, unsigned queue, unsigned size_class)
{
	struct pen_link *link = data;

	return pen_shared_area(link->shared, ring_area(queue, size_class),
			       ring_offset(&link->channel.config, queue, size_class),
			       pen_channel_ring_size(&link->channel.config, queue, size_class));
}

static void leave_ring(void *data, unsigned queue, unsigned size_class)
{
	struct pen_link *link = data;

	pen_shared_leave(link->shared, ring_area(queue, size_class));
}

static int map_head(struct pen_link *link, const struct pen_channel_config *config)
{
	const struct pen_channel_memory memory = { link, map_ring, leave_ring };

	link->head = pen_shared_area(link->shared, 0, 0, head_size());
	if (!link->head)
		return -ENOMEM;
	pen_channel_init(&link->channel, link->head + 1, config, &memory);
	return 0;
}

/* ---- who has it ---- */

/* A process stays in the one that it was born in, so it is asked once. */
static uint64_t pid_namespace(void)
{
	static uint64_t known;
	static uint32_t known_by; /* pen_fork_generation */
	uint32_t generation = pen_fork_generation();
	struct stat info;
	uint64_t found;

	if (__atomic_load_n(&known_by, __ATOMIC_ACQUIRE) == generation)
		return __atomic_load_n(&known, __ATOMIC_RELAXED);
	found = stat("/proc/self/ns/pid", &info) ? 0 : info.st_ino;
	__atomic_store_n(&known, found, __ATOMIC_RELAXED);
	__atomic_store_n(&known_by, generation, __ATOMIC_RELEASE);
	return found;
}

/* The table is for finding the dead; who finds no place in it is not found. */
static void enlist(struct pen_link *link)
{
	struct shared_head *head = link->head;

	link->holder =
		__atomic_add_fetch(&head->n_holders, 1, __ATOMIC_RELAXED) & PEN_LOCK_HOLDER_MAX;
	if (!link->holder)
		link->holder = 1;
	for (unsigned i = 0; i < HOLDERS_MAX; i++) {
		struct holder *holder = &head->holders[i];
		uint32_t none = 0;

		if (!__atomic_compare_exchange_n(&holder->number, &none, link->holder, false,
						 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			continue;
		STORE(holder->end, link->end);
		STORE(holder->pid_namespace, pid_namespace());
		STORE(holder->pid, (uint32_t)getpid());
		return;
	}
}

static struct holder *find_holder(const struct pen_link *link, uint32_t number)
{
	for (unsigned i = 0; i < HOLDERS_MAX; i++)
		if (LOAD(link->head->holders[i].number) == number)
			return &link->head->holders[i];
	return NULL;
}

static void delist(struct pen_link *link)
{
	struct holder *holder = find_holder(link, link->holder);

	if (!holder)
		return;
	STORE(holder->pid, 0);
	STORE(holder->number, 0);
}

/* As far as this process can know. */
static bool is_dead(const struct holder *holder)
{
	uint32_t pid = LOAD(holder->pid);

	return pid && LOAD(holder->pid_namespace) == pid_namespace() && kill((pid_t)pid, 0) &&
	       errno == ESRCH;
}

/* When the other end's life is over all of its processes are. */
static bool is_holder_dead(const struct pen_link *link, uint32_t number)
{
	const struct holder *holder = find_holder(link, number);

	if ((!holder || LOAD(holder->end) != link->end) && pen_link_is_peer_gone(link))
		return true;
	return holder && is_dead(holder);
}

bool pen_link_is_crowded(const struct pen_link *link)
{
	uint32_t n_so_far = LOAD(link->head->n_holders);
	unsigned n[2] = { 0, 0 };

	/* Of more there may be some who found no place. */
	if (n_so_far <= 2 || n_so_far > HOLDERS_MAX)
		return n_so_far > 2;
	for (unsigned i = 0; i < n_so_far; i++)
		if (LOAD(link->head->holders[i].number))
			n[LOAD(link->head->holders[i].end) & 1]++;
	return n[0] > 1 || n[1] > 1;
}

void pen_link_sweep(struct pen_link *link)
{
	for (unsigned i = 0; i < HOLDERS_MAX; i++) {
		struct holder *holder = &link->head->holders[i];
		const struct pen_channel_caller caller = { LOAD(holder->end) & 1,
							   LOAD(holder->number), 0 };

		if (!caller.holder || caller.holder == link->holder || !is_dead(holder))
			continue;
		pen_channel_forget(&link->channel, &caller);
		link->channel.wakes |= 3;
		STORE(holder->pid, 0);
		STORE(holder->number, 0);
	}
}

/* ---- making and ending ---- */

static struct pen_link *link_of(unsigned end, const struct pen_link_parts *parts)
{
	struct pen_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->n_refs = 1;
	link->end = end;
	link->parts = *parts;
	link->n_forks = pen_fork_count();
	return link;
}

int pen_link_take(struct pen_link **linkp, unsigned end, const struct pen_channel_config *config,
		  struct pen_link_parts *parts)
{
	pen_cleanup(pen_link_freep) struct pen_link *link = link_of(end, parts);
	int r;

	if (!link) {
		pen_link_parts_close(parts);
		return -ENOMEM;
	}
	*parts = PEN_LINK_NO_PARTS;
	r = pen_shared_open(&link->shared, link->parts.memory);
	link->parts.memory = -1;
	if (r)
		return r;
	link->parts.memory = pen_shared_fd(link->shared);
	r = map_head(link, config);
	if (r)
		return r;
	enlist(link);
	*linkp = pen_take(&link);
	return 0;
}

static int make_bells(struct pen_link_parts *parts)
{
	for (unsigned i = 0; i < 2; i++) {
		parts->bells[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (parts->bells[i] < 0)
			return -errno;
	}
	return 0;
}

int pen_link_renew(struct pen_link *link, int *lifep)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	close_fd(&link->parts.peer_life);
	link->parts.peer_life = fds[0];
	*lifep = fds[1];
	return 0;
}

/* A new channel, of which there is that end. */
static int link_new(struct pen_link **linkp, unsigned end, const struct pen_channel_config *config)
{
	pen_cleanup(pen_link_freep) struct pen_link *link = link_of(end, &PEN_LINK_NO_PARTS);
	int r;

	if (!link)
		return -ENOMEM;
	r = pen_shared_new(&link->shared);
	if (r)
		return r;
	link->parts.memory = pen_shared_fd(link->shared);
	r = make_bells(&link->parts);
	if (!r)
		r = map_head(link, config);
	if (r)
		return r;
	enlist(link);
	*linkp = pen_take(&link);
	return 0;
}

int pen_link_make(struct pen_link **linkp, const struct pen_channel_config *config,
		  bool is_message_mode, bool is_nonblocking, int *lifep)
{
	pen_cleanup(pen_link_freep) struct pen_link *link = NULL;
	int r = link_new(&link, PEN_CHANNEL_SERVER, config);

	if (r)
		return r;
	pen_channel_begin(&link->channel, is_message_mode, is_nonblocking);
	r = pen_link_renew(link, lifep);
	if (r)
		return r;
	*linkp = pen_take(&link);
	return 0;
}

int pen_link_make_alone(struct pen_link **linkp, unsigned end,
			const struct pen_channel_config *config)
{
	int r = link_new(linkp, end, config);

	if (!r)
		pen_channel_begin(&(*linkp)->channel, false, false);
	return r;
}

struct pen_link *pen_link_ref(struct pen_link *link)
{
	__atomic_fetch_add(&link->n_refs, 1, __ATOMIC_RELAXED);
	return link;
}

struct pen_link *pen_link_free(struct pen_link *link)
{
	if (!link || __atomic_sub_fetch(&link->n_refs, 1, __ATOMIC_ACQ_REL))
		return NULL;
	if (link->head)
		delist(link);
	link->parts.memory = -1;
	pen_link_parts_close(&link->parts);
	pen_shared_free(link->shared);
	free(link);
	return NULL;
}

void pen_link_adopt(struct pen_link *link)
{
	link->n_refs = 1;
	link->is_shared = true;
	enlist(link);
}

/* ---- within ---- */

/* Whoever has the lock is dead: takes it over, and what he had begun. */
static bool inherit(struct pen_link *link, uint32_t dead)
{
	if (pen_lock_inherit(&link->head->lock, dead, link->holder))
		return false;
	pen_channel_recover(&link->channel);
	return true;
}

int pen_link_enter(struct pen_link *link, int wait_ms)
{
	uint64_t until = pen_clock_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms);
	uint32_t holder;

	if (!pen_lock_take(&link->head->lock, link->holder, 0, &holder))
		return 0;
	for (;;) {
		uint64_t now = pen_clock_ms();
		int left = wait_ms < 0 ? PATIENCE_MS : until > now ? (int)(until - now) : 0;

		if (is_holder_dead(link, holder) && inherit(link, holder))
			return 0;
		if (!left)
			return PEN_E_AGAIN;
		if (!pen_lock_take(&link->head->lock, link->holder,
				   left < PATIENCE_MS ? left : PATIENCE_MS, &holder))
			return 0;
	}
}

struct pen_channel *pen_link_channel(struct pen_link *link)
{
	return &link->channel;
}

struct pen_channel_caller pen_link_caller(const struct pen_link *link)
{
	return (struct pen_channel_caller){ .end = link->end, .holder = link->holder };
}

void pen_link_want_bell(struct pen_link *link)
{
	STORE(link->head->bells[link->end].is_wanted, 1);
}

/* ---- waking ---- */

/* One that has been rung too often to count is heard anyway. */
static void strike(int bell)
{
	const uint64_t one = 1;
	ssize_t n = write(bell, &one, sizeof(one));

	(void)n;
}

static void ring(struct pen_link *link, unsigned end)
{
	struct bell *bell = &link->head->bells[end];

	if (LOAD(bell->is_wanted) && __atomic_exchange_n(&bell->is_wanted, 0, __ATOMIC_SEQ_CST))
		strike(link->parts.bells[end]);
}

void pen_link_wake(struct pen_link *link)
{
	unsigned other = link->end ^ 1;

	__atomic_fetch_add(&link->head->bells[other].news, 1, __ATOMIC_SEQ_CST);
	ring(link, other);
}

void pen_link_poke(struct pen_link *link)
{
	strike(pen_link_bell(link));
}

void pen_link_leave(struct pen_link *link)
{
	unsigned wakes = link->channel.wakes;

	link->channel.wakes = 0;
	for (unsigned end = 0; end < 2; end++)
		if (wakes & 1U << end)
			__atomic_fetch_add(&link->head->bells[end].news, 1, __ATOMIC_SEQ_CST);
	link->news = LOAD(link->head->bells[link->end].news);
	pen_lock_give(&link->head->lock, link->holder);
	for (unsigned end = 0; end < 2; end++)
		if (wakes & 1U << end)
			ring(link, end);
}

uint32_t pen_link_news(const struct pen_link *link)
{
	return link->news;
}

bool pen_link_has_news(const struct pen_link *link, uint32_t seen)
{
	return LOAD(link->head->bells[link->end].news) != seen;
}

/* ---- lives ---- */

int pen_link_bell(const struct pen_link *link)
{
	return link->parts.bells[link->end];
}

int pen_link_peer_life(const struct pen_link *link)
{
	return link->parts.peer_life;
}

static bool is_ended(int life)
{
	struct pollfd poller = { .fd = life, .events = POLLIN };

	return life >= 0 && poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP;
}

bool pen_link_is_peer_gone(const struct pen_link *link)
{
	return is_ended(link->parts.peer_life);
}

void pen_link_share(struct pen_link *link)
{
	link->is_shared = true;
}

/* A read end for a write end: it shows when there are no write ends left. */
static int read_end_of(int life)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", life);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

bool pen_link_end_life(struct pen_link *link, int life)
{
	bool is_mine = !link->is_shared && link->n_forks == pen_fork_count();
	int reader = -1;

	if (life < 0) {
		life = link->parts.life;
		link->parts.life = -1;
	}
	if (!is_mine)
		reader = read_end_of(life);
	close(life);
	if (reader < 0)
		return is_mine;
	is_mine = is_ended(reader);
	close(reader);
	return is_mine;
}
