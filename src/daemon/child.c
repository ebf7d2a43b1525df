/* SPDX-License-Identifier: MIT */
#include "daemon/child-parts.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SOCKET = 3,	   /* the child's end, there */
	WAITING_MAX = 256, /* messages, before it is full */
	TURN_MAX = 64,	   /* messages that are read before others have their turn */
	EXIT_BEFORE_EXEC = 126,
	SOCKET_BUFFER = 2 * worker_LETTER_MAX,
};

struct pen_list child_all = { &child_all, &child_all };
struct pen_list child_forgotten = { &child_forgotten, &child_forgotten };

/* ---- its process ---- */

static void say(const char *program, const char *sentence)
{
	dprintf(STDERR_FILENO, "penstockd: %s: %s\n", program, sentence);
	_exit(EXIT_BEFORE_EXEC);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void confine(const struct child_config *config)
{
	const char *program = config->argv[0];
	char missing[128], error[256] = "";

	if (confine_self(config->confinement, missing, error))
		say(program, error);
	if (*missing)
		dprintf(STDERR_FILENO, "penstockd: %s: this kernel has no %s\n", program, missing);
}

/* In the child, where only what is safe after a fork is done. */
static void become(const struct child_config *config, int socket, pid_t parent)
{
	const char *program = config->argv[0];
	int null = open("/dev/null", O_RDONLY);

	if (dup2(null, STDIN_FILENO) < 0 || dup2(socket, SOCKET) < 0)
		say(program, strerror(errno));
	if (fcntl(SOCKET, F_SETFD, 0) || close_range(SOCKET + 1, UINT_MAX, 0))
		say(program, strerror(errno));
	reset_signals();
	if (config->confinement)
		confine(config);
	/* Now: a change of the user would undo it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_BEFORE_EXEC);
	execv(program, (char *const *)(uintptr_t)config->argv);
	say(program, strerror(errno));
}

static int start_process(struct child *child, const struct child_config *config)
{
	const int size = SOCKET_BUFFER;
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	child->fd = ends[0];
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	child->pid = fork();
	if (!child->pid)
		become(config, ends[1], parent);
	close(ends[1]);
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	return -errno;
}

/* ---- its life ---- */

static void message_free(struct message *message)
{
	if (message->fd >= 0)
		close(message->fd);
	pen_buffer_done(&message->bytes);
	free(message);
}

static void drop_waiting(struct child *child)
{
	pen_list_each (link, after, &child->waiting) {
		pen_list_remove(link);
		message_free(pen_list_entry(link, struct message, link));
	}
	child->n_waiting = 0;
}

static void bury(struct child *child)
{
	if (!child->is_closed || !child->is_released)
		return;
	pen_buffer_done(&child->scratch);
	pen_arena_done(&child->arena);
	free(child);
}

static void on_closed(uv_handle_t *handle)
{
	struct child *child = handle->data;

	child->is_closed = true;
	bury(child);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct child *child, int events)
{
	if (child->events == events || child->fd < 0)
		return;
	child->events = events;
	uv_poll_start(&child->poll, events, on_poll);
}

static void close_socket(struct child *child)
{
	if (child->fd < 0)
		return;
	/* In that order: the number may soon be another's. */
	uv_close((uv_handle_t *)&child->poll, on_closed);
	close(child->fd);
	child->fd = -1;
}

struct child *child_new(const struct child_listener *listener)
{
	struct child *child = calloc(1, sizeof(*child));

	if (!child)
		return NULL;
	child->fd = -1;
	child->listener = *listener;
	pen_list_init(&child->link);
	pen_list_init(&child->waiting);
	pen_buffer_init(&child->scratch, 0);
	pen_arena_init(&child->arena, PEN_WORKER_ARENA_MAX);
	return child;
}

int child_enter_loop(struct child *child, uv_loop_t *loop)
{
	int r = uv_poll_init(loop, &child->poll, child->fd);

	if (r)
		return r;
	child->poll.data = child;
	pen_list_append(&child_all, &child->link);
	watch(child, UV_READABLE);
	return 0;
}

int child_start(struct child **childp, const struct child_config *config)
{
	struct child *child = child_new(&config->listener);
	int r;

	if (!child)
		return -ENOMEM;
	child->kind = config->kind;
	child->started_at = uv_now(config->loop);
	r = start_process(child, config);
	if (!r)
		r = child_enter_loop(child, config->loop);
	if (r) {
		if (child->pid)
			kill(child->pid, SIGKILL);
		if (child->fd >= 0)
			close(child->fd);
		free(child);
		return r;
	}
	child_counts[child->kind].started++;
	*childp = child;
	return 0;
}

static void release(struct child *child)
{
	close_socket(child);
	drop_waiting(child);
	pen_list_remove(&child->link);
	child->is_released = true;
	bury(child);
}

void child_forget(pid_t pid, int fd)
{
	struct forgotten *process = calloc(1, sizeof(*process));

	if (!process) {
		if (fd >= 0)
			close(fd);
		return;
	}
	process->pid = pid;
	process->fd = fd;
	pen_list_append(&child_forgotten, &process->link);
}

struct child *child_free(struct child *child)
{
	if (!child)
		return NULL;
	child_kill(child, SIGKILL);
	if (child->pid)
		child_forget(child->pid, -1);
	child->pid = 0;
	child->is_freed = true;
	if (!child->is_inside)
		release(child);
	return NULL;
}

void child_set_listener(struct child *child, const struct child_listener *listener)
{
	child->listener = *listener;
}

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

void child_kill(struct child *child, int signal)
{
	if (child->pid)
		kill(child->pid, signal);
}

/* What a listener does may free the child. False: it has. */
static bool leave_listener(struct child *child)
{
	bool is_freed = child->is_freed;

	child->is_inside = false;
	if (is_freed)
		release(child);
	return !is_freed;
}

static void ended(struct child *child, int status)
{
	child->pid = 0;
	child_counts[child->kind].crashed += status != 0;
	close_socket(child);
	drop_waiting(child);
	child->is_inside = true;
	child->listener.ended(child->listener.data, status);
	leave_listener(child);
}

static void reap_forgotten(void)
{
	pen_list_each (link, after, &child_forgotten) {
		struct forgotten *process = pen_list_entry(link, struct forgotten, link);

		if (!waitpid(process->pid, NULL, WNOHANG))
			continue;
		pen_list_remove(link);
		if (process->fd >= 0)
			close(process->fd);
		free(process);
	}
}

void child_reap_forgotten(unsigned ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	pen_list_each (link, after, &child_forgotten)
		kill(pen_list_entry(link, struct forgotten, link)->pid, SIGKILL);
	for (reap_forgotten(); ms-- && !pen_list_is_empty(&child_forgotten); reap_forgotten())
		nanosleep(&moment, NULL);
}

size_t child_count_forgotten(void)
{
	size_t n = 0;

	pen_list_each (link, after, &child_forgotten)
		n++;
	return n;
}

void child_reap(void)
{
	int status;

	reap_forgotten();
	pen_list_each (link, after, &child_all) {
		struct child *child = pen_list_entry(link, struct child, link);

		if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid)
			ended(child, status);
	}
}

/* ---- what it is told ---- */

bool child_is_full(const struct child *child)
{
	return child->n_waiting >= WAITING_MAX;
}

int child_keep(struct child *child, int fd)
{
	struct message *message = calloc(1, sizeof(*message));

	if (!message)
		return -ENOMEM;
	message->fd = fd;
	message->bytes = child->scratch;
	pen_buffer_init(&child->scratch, 0);
	pen_list_append(&child->waiting, &message->link);
	child->n_waiting++;
	child->was_full |= child_is_full(child);
	watch(child, UV_READABLE | UV_WRITABLE);
	return 0;
}

static int tell(struct child *child, const struct worker_order *order, int fd)
{
	struct pen_buffer *scratch = &child->scratch;
	int r;

	scratch->size = 0;
	r = pen_worker_put_order(order, scratch);
	if (r)
		return r;
	if (child->fd < 0)
		return -EPIPE;
	r = -EAGAIN;
	if (!child->n_waiting)
		r = pen_worker_send(child->fd, (struct pen_slice){ scratch->data, scratch->size },
				    fd);
	if (r == -EAGAIN)
		return child_keep(child, fd);
	if (!r && fd >= 0)
		close(fd);
	return r;
}

int child_tell(struct child *child, const struct worker_order *order, int fd)
{
	int r = tell(child, order, fd);

	child_counts[child->kind].handed += !r && fd >= 0;
	return r;
}

static void write_waiting(struct child *child)
{
	pen_list_each (link, after, &child->waiting) {
		struct message *message = pen_list_entry(link, struct message, link);
		struct pen_slice bytes = { message->bytes.data, message->bytes.size };
		int r = pen_worker_send(child->fd, bytes, message->fd);

		if (r == -EAGAIN)
			return;
		/* One that is gone will be found to have ended. */
		pen_list_remove(link);
		child->n_waiting--;
		message_free(message);
	}
	watch(child, UV_READABLE);
	if (!child->was_full)
		return;
	child->was_full = false;
	child->is_inside = true;
	child->listener.free(child->listener.data);
	leave_listener(child);
}

/* ---- what it says ---- */

/* False: no more for now, or for ever. */
static bool read_one(struct child *child)
{
	struct worker_report report;
	int fd;
	int r = pen_worker_receive_report(child->fd, &report, &fd, child->room, &child->arena);

	if (r == -EAGAIN)
		return false;
	if (r) { /* it is going, or is not to be trusted any more */
		close_socket(child);
		child_kill(child, SIGKILL);
		return false;
	}
	child->is_inside = true;
	child->listener.said(child->listener.data, &report, fd);
	pen_arena_reset(&child->arena);
	return leave_listener(child) && child->fd >= 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct child *child = poll->data;

	for (int i = 0; i < TURN_MAX && (status || events & (UV_READABLE | UV_DISCONNECT)); i++)
		if (!read_one(child))
			break;
	if (!child->is_freed && child->fd >= 0 && events & UV_WRITABLE)
		write_waiting(child);
}
