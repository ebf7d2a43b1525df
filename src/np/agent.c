/* SPDX-License-Identifier: MIT */
#include "np/agent.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include "io/socket.h"
#include "np/fork.h"
#include "np/starter.h"
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_MAX = 16, ANSWER_MAX = object_MESSAGE_MAX, BUSY_MS = 1, OWED_MAX = 32 };

/* A socket that nobody asks with at the moment. */
struct idle {
	struct idle *next;
	int fd;
	unsigned n_owed; /* answers that nobody waits for */
	uid_t uid;
	gid_t gid;
	char directory[];
};

/* Of this process, under pen_fork_lock. */
static struct idle *idles;
static unsigned n_idles;
static uint32_t idles_generation;

/* ---- sockets ---- */

static void drop_idles(void)
{
	while (idles) {
		struct idle *idle = idles;

		idles = idle->next;
		close(idle->fd);
		free(idle);
	}
	n_idles = 0;
}

/* -1: there is none. */
static int take_idle(const char *directory, unsigned *n_owedp)
{
	struct idle **at = &idles, *idle;
	int fd = -1;

	pen_fork_lock();
	if (idles_generation != pen_fork_generation())
		drop_idles();
	idles_generation = pen_fork_generation();
	while ((idle = *at)) {
		if (idle->uid == geteuid() && idle->gid == getegid() &&
		    !strcmp(idle->directory, directory)) {
			*at = idle->next;
			fd = idle->fd;
			*n_owedp = idle->n_owed;
			n_idles--;
			free(idle);
			break;
		}
		at = &idle->next;
	}
	pen_fork_unlock();
	return fd;
}

static void keep_idle(const char *directory, int fd, unsigned n_owed)
{
	struct idle *idle = malloc(sizeof(*idle) + strlen(directory) + 1);

	pen_fork_lock();
	if (!idle || n_idles == IDLE_MAX || idles_generation != pen_fork_generation()) {
		close(fd);
		free(idle);
	} else {
		*idle = (struct idle){ .next = idles,
				       .fd = fd,
				       .n_owed = n_owed,
				       .uid = geteuid(),
				       .gid = getegid() };
		strcpy(idle->directory, directory);
		idles = idle;
		n_idles++;
	}
	pen_fork_unlock();
}

static int connect_to(const char *directory)
{
	struct pen_address address;
	int fd, r = pen_unix_address(&address, directory, "objects");

	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (struct sockaddr *)&address.storage, address.size) ? -errno : 0;
	if (r)
		close(fd);
	return r ? r : fd;
}

/* Its queue may be full for a while. */
static int connect_until(const char *directory, uint64_t until)
{
	int fd;

	while ((fd = connect_to(directory)) == -EAGAIN && pen_clock_ms() < until)
		poll(NULL, 0, BUSY_MS);
	return fd;
}

/* Who has not been told whom to trust trusts root and himself. */
static int check_manager(int fd)
{
	struct ucred peer;
	int r = pen_socket_peer(fd, &peer);

	return r ? r : peer.uid && peer.uid != geteuid() ? -EACCES : 0;
}

static int open_socket(const struct pen_place *place, uint64_t until)
{
	int fd, r = place->refusal;

	if (r)
		return r;
	fd = connect_until(place->directory, until);
	if ((fd == -ENOENT || fd == -ECONNREFUSED) && place->may_start &&
	    !pen_starter_run(place->directory))
		fd = connect_until(place->directory, until);
	r = fd < 0 || place->is_given ? 0 : check_manager(fd);
	if (r)
		close(fd);
	return r ? r : fd;
}

/* ---- messages ---- */

static int wait_for(int fd, short events, uint64_t until)
{
	struct pollfd poller = { .fd = fd, .events = events };
	uint64_t now;
	int n;

	do {
		now = pen_clock_ms();
		n = poll(&poller, 1,
			 until == UINT64_MAX ? -1
			 : until > now	     ? (int)(until - now)
					     : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : PEN_E_TIMEOUT;
}

static int send_letter(int fd, const struct pen_buffer *letter, const struct pen_fds *fds,
		       uint64_t until)
{
	const struct pen_fds none = { .n = 0 };
	const struct iovec part = { letter->data, letter->size };
	int r;

	while ((r = pen_fds_send(fd, &part, 1, fds ? fds : &none, 0)) == -EAGAIN) {
		r = wait_for(fd, POLLOUT, until);
		if (r)
			break;
	}
	return r;
}

/* How long the next message is. */
static int await_letter(int fd, uint64_t until, size_t *sizep)
{
	ssize_t n;
	int r;

	while ((n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC)) < 0) {
		r = errno == EAGAIN ? wait_for(fd, POLLIN, until) : 0;
		if (r || (errno != EAGAIN && errno != EINTR))
			return r ? r : -errno;
	}
	if (!n)
		return -ECONNRESET;
	*sizep = (size_t)n;
	return n > ANSWER_MAX ? PEN_E_PROTOCOL : 0;
}

static int receive_letter(int fd, struct pen_answer *answer, uint64_t until)
{
	struct iovec part = { 0 };
	ssize_t n;
	int r = await_letter(fd, until, &part.iov_len);

	if (r)
		return r;
	part.iov_base = pen_arena_alloc(&answer->arena, part.iov_len);
	if (!part.iov_base)
		return -ENOMEM;
	n = pen_fds_receive(fd, &part, 1, &answer->fds, 0);
	if (n < 0)
		return n == -EMSGSIZE ? PEN_E_PROTOCOL : (int)n;
	return pen_letter_get_reply(&answer->reply, &answer->arena, part.iov_base, (size_t)n);
}

/* ---- asking ---- */

static uint32_t status_of(int r)
{
	switch (r) {
	case PEN_E_TIMEOUT:
		return PEN_STATUS_IO_TIMEOUT;
	case -ENOMEM:
		return PEN_STATUS_NO_MEMORY;
	case -ENOENT:
	case -ECONNREFUSED:
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	default:
		return r < 0 ? pen_ntstatus_from_errno(r) : PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
	}
}

static int pass_over(int fd, unsigned n_owed, uint64_t until)
{
	struct pen_answer answer = { 0 };
	int r = 0;

	while (n_owed-- && !r) {
		pen_arena_init(&answer.arena, PEN_LETTER_ARENA_MAX);
		r = receive_letter(fd, &answer, until);
		pen_answer_done(&answer);
	}
	return r;
}

/* An answer to another question is none. */
static bool is_answer(const struct object_reply *reply, uint32_t verb)
{
	static const bool has_body[] = {
		[object_CREATE_PIPE] = true,	[object_ASK_CLIENT] = true,
		[object_OPEN_PIPE] = true,	[object_ANNOUNCE] = true,
		[object_QUERY_PIPE] = true,	[object_QUERY_SECURITY] = true,
		[object_CREATE_SECTION] = true, [object_OPEN_SECTION] = true,
		[object_LIST] = true,		[object_EXPLAIN] = true,
		[object_WATCH] = true,
	};

	return pen_ntstatus_is_error(reply->status) || verb >= PEN_COUNT(has_body) ||
	       !has_body[verb] || reply->verb == verb;
}

static int ask(int fd, unsigned n_owed, const struct pen_buffer *letter, const struct pen_fds *fds,
	       uint64_t until, struct pen_answer *answer)
{
	int r = pass_over(fd, n_owed, until);

	if (!r)
		r = send_letter(fd, letter, fds, until);
	return r ? r : receive_letter(fd, answer, until);
}

/* A socket that was kept may be one to an object manager that died since. */
static int ask_at(const struct pen_place *place, const struct pen_buffer *letter,
		  const struct pen_fds *fds, uint64_t until, struct pen_answer *answer)
{
	unsigned n_owed = 0;
	int fd = take_idle(place->directory, &n_owed);
	bool is_new = fd < 0;
	int r;

	for (;;) {
		if (is_new)
			fd = open_socket(place, until);
		if (fd < 0)
			return fd;
		r = ask(fd, n_owed, letter, fds, until, answer);
		if (!r) {
			keep_idle(place->directory, fd, 0);
			return 0;
		}
		close(fd);
		if (is_new || (r != -EPIPE && r != -ECONNRESET))
			return r;
		is_new = true;
		n_owed = 0;
	}
}

void pen_agent_tell(const char *directory, const struct object_request *request)
{
	struct pen_place places[PEN_PLACES_MAX];
	unsigned n_places = 0, n_owed = 0;
	struct pen_buffer letter;
	int fd = -1, r;

	pen_buffer_init(&letter, object_MESSAGE_MAX);
	r = pen_letter_put_request(request, &letter);
	if (!r)
		r = pen_starter_places(directory, places, &n_places);
	for (unsigned i = 0; i < n_places && !r && fd < 0; i++) {
		fd = take_idle(places[i].directory, &n_owed);
		if (fd < 0)
			continue;
		if (n_owed < OWED_MAX && !send_letter(fd, &letter, NULL, 0))
			keep_idle(places[i].directory, fd, n_owed + 1);
		else
			close(fd);
	}
	pen_buffer_done(&letter);
}

uint32_t pen_agent_ask(const char *directory, const struct object_request *request,
		       const struct pen_fds *fds, int wait_ms, struct pen_answer *answer)
{
	uint64_t until = wait_ms < 0 ? UINT64_MAX : pen_clock_ms() + (uint64_t)wait_ms;
	struct pen_buffer letter;
	struct pen_place places[PEN_PLACES_MAX];
	unsigned n_places = 0;
	int r;

	memset(answer, 0, sizeof(*answer));
	pen_arena_init(&answer->arena, PEN_LETTER_ARENA_MAX);
	pen_buffer_init(&letter, object_MESSAGE_MAX);
	r = pen_letter_put_request(request, &letter);
	if (!r)
		r = pen_starter_places(directory, places, &n_places);
	for (unsigned i = 0; i < n_places && !r; i++) {
		r = ask_at(&places[i], &letter, fds, until, answer);
		if ((r == -ENOENT || r == -ECONNREFUSED) && i + 1 < n_places)
			r = 0;
		else
			break;
	}
	pen_buffer_done(&letter);
	if (!r && !is_answer(&answer->reply, request->verb))
		r = PEN_E_PROTOCOL;
	return r ? status_of(r) : answer->reply.status;
}

void pen_answer_done(struct pen_answer *answer)
{
	pen_fds_close(&answer->fds);
	pen_arena_done(&answer->arena);
}
