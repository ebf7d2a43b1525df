/* SPDX-License-Identifier: MIT */
#include "daemon/clerk.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY = 3, EXIT_FAILED = 125 };

struct clerk {
	struct clerk_config config;
	uv_signal_t reaper;
	uv_timer_t limit;
	unsigned n_handles; /* that the loop has not let go of yet */
	pid_t pid;
	int memory;
};

/* ---- there ---- */

static void become(const struct clerk_config *config, int memory, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_FAILED);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(memory, MEMORY) < 0 ||
	    close_range(MEMORY + 1, UINT_MAX, 0) || fcntl(MEMORY, F_SETFD, FD_CLOEXEC))
		_exit(EXIT_FAILED);
	_exit(config->work(config->data, MEMORY));
}

/* ---- here ---- */

static void on_closed(uv_handle_t *handle)
{
	struct clerk *clerk = handle->data;

	if (--clerk->n_handles)
		return;
	if (clerk->memory >= 0)
		close(clerk->memory);
	free(clerk);
}

static void end(struct clerk *clerk)
{
	uv_close((uv_handle_t *)&clerk->reaper, on_closed);
	uv_close((uv_handle_t *)&clerk->limit, on_closed);
}

static void on_child(uv_signal_t *handle, int number)
{
	struct clerk *clerk = handle->data;
	int status;

	if (!clerk->pid || waitpid(clerk->pid, &status, WNOHANG) != clerk->pid)
		return;
	clerk->pid = 0;
	end(clerk);
	clerk->config.done(clerk->config.owner, status, clerk->memory);
}

static void on_limit(uv_timer_t *timer)
{
	const struct clerk *clerk = timer->data;

	kill(clerk->pid, SIGKILL);
}

static int start_process(struct clerk *clerk)
{
	pid_t parent = getpid();

	clerk->memory = memfd_create("penstockd-clerk", MFD_CLOEXEC);
	if (clerk->memory < 0)
		return -errno;
	clerk->pid = fork();
	if (!clerk->pid)
		become(&clerk->config, clerk->memory, parent);
	if (clerk->pid > 0)
		return 0;
	clerk->pid = 0;
	return -errno;
}

int clerk_start(struct clerk **clerkp, const struct clerk_config *config)
{
	struct clerk *clerk = calloc(1, sizeof(*clerk));
	int r;

	if (!clerk)
		return -ENOMEM;
	clerk->config = *config;
	clerk->memory = -1;
	clerk->n_handles = 2;
	uv_signal_init(config->loop, &clerk->reaper);
	uv_timer_init(config->loop, &clerk->limit);
	clerk->reaper.data = clerk->limit.data = clerk;
	/* Before it may end. */
	r = uv_signal_start(&clerk->reaper, on_child, SIGCHLD);
	if (!r)
		r = start_process(clerk);
	if (r) {
		end(clerk);
		return r;
	}
	uv_timer_start(&clerk->limit, on_limit, config->timeout_ms, 0);
	*clerkp = clerk;
	return 0;
}

struct clerk *clerk_free(struct clerk *clerk)
{
	if (!clerk)
		return NULL;
	kill(clerk->pid, SIGKILL);
	while (waitpid(clerk->pid, NULL, 0) < 0 && errno == EINTR)
		;
	clerk->pid = 0;
	end(clerk);
	return NULL;
}
