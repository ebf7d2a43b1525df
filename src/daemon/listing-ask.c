/* SPDX-License-Identifier: MIT */
#include "daemon/listing.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUT, ERR, N_PIPES, COMPLAINT_MAX = 160, EXIT_NO_EXEC = 127 };

/* A program that was asked. */
struct asked {
	pid_t pid;
	int fds[N_PIPES]; /* to read what it prints; -1: it has closed it */
	struct pen_buffer out;
	char complaint[COMPLAINT_MAX + 1]; /* the beginning of its standard error */
	size_t n_complaint;
	int status;
	uint64_t until;
	char *error;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int PEN_PRINTF(3, 4) refuse(char *error, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, 256, format, args);
	va_end(args);
	return result;
}

/* ---- in the child ---- */

/* Nothing here may allocate: other threads of the parent may have held locks. */
static void become(const char *path, char *const *arguments, const int writes[N_PIPES])
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(writes[OUT], 1) < 0 || dup2(writes[ERR], 2) < 0 || dup2(null, 0) < 0)
		_exit(EXIT_NO_EXEC);
	closefrom(3);
	execv(path, arguments);
	_exit(EXIT_NO_EXEC);
}

/* ---- in the parent ---- */

/* Both ends above 2, which the child's own are to become. */
static int make_pipe(int ends[2])
{
	int low[2], r = 0;

	if (pipe2(low, O_CLOEXEC))
		return -errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		if (ends[i] < 0)
			r = -errno;
		close(low[i]);
	}
	for (int i = 0; i < 2 && r; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return r;
}

static int start(struct asked *asked, const char *path, bool is_json)
{
	char *arguments[] = { (char *)path, (char *)"--list-interfaces",
			      is_json ? (char *)"--json" : NULL, NULL };
	int out[2], err[2], r;

	r = make_pipe(out);
	if (r)
		return refuse(asked->error, r, "cannot make a pipe: %s", strerror(-r));
	r = make_pipe(err);
	if (r) {
		close(out[0]);
		close(out[1]);
		return refuse(asked->error, r, "cannot make a pipe: %s", strerror(-r));
	}
	/*
	 * Without what libraries do in a child of fork: libuv closes numbers there that it had in
	 * another process, if this one is a copy already.
	 */
	asked->pid = _Fork();
	if (!asked->pid)
		become(path, arguments, (const int[]){ out[1], err[1] });
	r = asked->pid < 0 ? -errno : 0;
	close(out[1]);
	close(err[1]);
	asked->fds[OUT] = out[0];
	asked->fds[ERR] = err[0];
	return r ? refuse(asked->error, r, "cannot make a process: %s", strerror(-r)) : 0;
}

static void keep_complaint(struct asked *asked, const char *text, size_t n)
{
	for (size_t i = 0; i < n && asked->n_complaint < COMPLAINT_MAX; i++)
		asked->complaint[asked->n_complaint++] =
			(unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
	while (asked->n_complaint && asked->complaint[asked->n_complaint - 1] == ' ')
		asked->n_complaint--;
	asked->complaint[asked->n_complaint] = '\0';
}

static int take(struct asked *asked, int which)
{
	char text[4096];
	ssize_t n = read(asked->fds[which], text, sizeof(text));
	int r = 0;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		close(asked->fds[which]);
		asked->fds[which] = -1;
	} else if (which == ERR) {
		keep_complaint(asked, text, (size_t)n);
	} else {
		r = pen_buffer_add(&asked->out, text, (size_t)n);
	}
	return !r ? 0
	       : r == PEN_E_LIMIT
		       ? refuse(asked->error, r, "it prints more than %d bytes", LISTING_MAX)
		       : refuse(asked->error, r, "no memory");
}

static int late(const struct asked *asked)
{
	return refuse(asked->error, PEN_E_TIMEOUT, "it did not list its interfaces in time");
}

/* All that it prints. */
static int collect(struct asked *asked)
{
	int r = 0;

	while (!r && (asked->fds[OUT] >= 0 || asked->fds[ERR] >= 0)) {
		struct pollfd waits[N_PIPES] = {
			{ .fd = asked->fds[OUT], .events = POLLIN },
			{ .fd = asked->fds[ERR], .events = POLLIN },
		};
		uint64_t now = now_ms();

		if (now >= asked->until)
			return late(asked);
		if (poll(waits, N_PIPES, (int)(asked->until - now)) < 0 && errno != EINTR)
			return refuse(asked->error, -errno, "cannot wait for it: %s",
				      strerror(errno));
		for (int i = 0; i < N_PIPES && !r; i++)
			if (waits[i].revents)
				r = take(asked, i);
	}
	return r;
}

/* It may have closed what it prints to, and go on. */
static int await_exit(struct asked *asked)
{
	pid_t pid;

	while ((pid = waitpid(asked->pid, &asked->status, WNOHANG)) == 0 && now_ms() < asked->until)
		poll(NULL, 0, 1);
	if (!pid)
		return late(asked);
	if (pid < 0)
		return refuse(asked->error, -errno, "cannot wait for it: %s", strerror(errno));
	asked->pid = -1;
	return 0;
}

static int judge(struct asked *asked)
{
	int status = asked->status;

	if (WIFSIGNALED(status))
		return refuse(asked->error, PEN_E_REJECTED, "it was ended by signal %d",
			      WTERMSIG(status));
	if (WEXITSTATUS(status) == EXIT_NO_EXEC && !asked->n_complaint)
		return refuse(asked->error, PEN_E_REJECTED, "it cannot be executed");
	if (WEXITSTATUS(status))
		return refuse(asked->error, PEN_E_REJECTED, "it ended with status %d%s%s",
			      WEXITSTATUS(status), asked->n_complaint ? ": " : "",
			      asked->complaint);
	return 0;
}

/* Nothing of it is left. */
static void finish(struct asked *asked)
{
	for (int i = 0; i < N_PIPES; i++)
		if (asked->fds[i] >= 0)
			close(asked->fds[i]);
	if (asked->pid > 0) {
		kill(-asked->pid, SIGKILL);
		kill(asked->pid, SIGKILL);
		while (waitpid(asked->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	pen_buffer_done(&asked->out);
}

static bool is_json(struct pen_slice text)
{
	size_t i = 0;

	while (i < text.size && strchr(" \t\r\n", text.data[i]) && text.data[i])
		i++;
	return i < text.size && text.data[i] == '{';
}

/* What the listing does not say, and what it is kept with. */
static int complete(struct listing *listing, const char *path, struct pen_slice source)
{
	const char *slash = strrchr(path, '/');

	if (!*listing->program)
		listing->program = pen_arena_strdup(&listing->arena, slash ? slash + 1 : path);
	listing->source.data = pen_arena_copy(&listing->arena, source.data, source.size);
	listing->source.size = source.size;
	return listing->program && listing->source.data ? 0 : -ENOMEM;
}

int listing_read_source(struct listing *listing, const char *path, struct pen_slice source,
			char error[256])
{
	const char *text = (const char *)source.data;
	int r = (is_json(source) ? listing_read_json : listing_read_text)(listing, text,
									  source.size, error);

	if (r || !complete(listing, path, source))
		return r;
	listing_done(listing);
	return refuse(error, -ENOMEM, "no memory");
}

/* PEN_E_UNSUPPORTED: it has no JSON. */
static int ask(struct listing *listing, const char *path, bool as_json, uint64_t until,
	       char error[256])
{
	struct asked asked = { .pid = -1, .fds = { -1, -1 }, .until = until, .error = error };
	struct pen_slice source;
	int r;

	pen_buffer_init(&asked.out, LISTING_MAX);
	r = start(&asked, path, as_json);
	if (!r)
		r = collect(&asked);
	if (!r)
		r = await_exit(&asked);
	if (!r)
		r = judge(&asked);
	source = (struct pen_slice){ asked.out.data, asked.out.size };
	if (as_json && (r == PEN_E_REJECTED || (!r && !is_json(source))))
		r = PEN_E_UNSUPPORTED;
	if (!r)
		r = listing_read_source(listing, path, source, error);
	finish(&asked);
	return r;
}

int listing_ask(struct listing *listing, const char *path, unsigned timeout_ms, char error[256])
{
	uint64_t until = now_ms() + timeout_ms;
	int r = ask(listing, path, true, until, error);

	return r == PEN_E_UNSUPPORTED ? ask(listing, path, false, until, error) : r;
}
