/* SPDX-License-Identifier: MIT */
#include "tool/serve-child.h"
#include "np/file.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { VARIABLES_MAX = 5, VARIABLE_SIZE = 320 };

/* ---- who the client is ---- */

struct variables {
	char texts[VARIABLES_MAX][VARIABLE_SIZE];
	size_t n;
};

static void PEN_PRINTF(2, 3) add(struct variables *variables, const char *format, ...)
{
	char *text = variables->texts[variables->n];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, VARIABLE_SIZE, format, args);
	va_end(args);
	/* What is cut might be somebody else. */
	if (n > 0 && n < VARIABLE_SIZE)
		variables->n++;
}

static void add_user(struct variables *variables, const struct pen_token_info *info)
{
	const struct passwd *user = info->has_unix && info->is_local ? getpwuid(info->uid) : NULL;

	if (info->has_unix)
		add(variables, "PENSTOCK_CLIENT_UID=%u", info->uid);
	if (*info->account)
		add(variables, "PENSTOCK_CLIENT_USER=%s%s%s", info->domain,
		    *info->domain ? "\\" : "", info->account);
	else if (user)
		add(variables, "PENSTOCK_CLIENT_USER=%s", user->pw_name);
}

/* The opener, who a server may know before it has read anything: it acts as nobody by that. */
static struct pen_token *opener_of(struct pen_pipe *pipe)
{
	struct pen_file *file = pipe->file;
	struct pen_token *token = NULL;

	pen_end_lock(&file->end);
	if (file->client.is_known && file->client.qos.level >= PEN_PIPE_IDENTIFICATION)
		token = pen_token_ref(file->client.token);
	pen_end_unlock(&file->end);
	return token;
}

static void learn_client(struct pen_pipe *pipe, struct variables *variables)
{
	struct pen_token *token;
	char *computer = NULL;
	uint32_t number;

	if (!pen_pipe_client_process(pipe, &number) && number)
		add(variables, "PENSTOCK_CLIENT_PID=%u", number);
	if (!pen_pipe_client_session(pipe, &number))
		add(variables, "PENSTOCK_CLIENT_SESSION=%u", number);
	if (!pen_pipe_client_computer(pipe, &computer) && computer)
		add(variables, "PENSTOCK_CLIENT_COMPUTER=%s", computer);
	free(computer);
	token = opener_of(pipe);
	if (token)
		add_user(variables, pen_token_info(token));
	pen_token_free(token);
}

/* Nobody inherits another client's. */
static char **make_environment(struct variables *variables)
{
	char **environment;
	size_t n = 0, k = 0;

	while (environ[n])
		n++;
	environment = calloc(n + VARIABLES_MAX + 1, sizeof(*environment));
	if (!environment)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "PENSTOCK_CLIENT_", 16) != 0)
			environment[k++] = environ[i];
	for (size_t i = 0; i < variables->n; i++)
		environment[k++] = variables->texts[i];
	return environment;
}

/* ---- the process ---- */

static int spawn(struct serve_child *child, char *const command[], char *const environment[],
		 int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(&attributes, &signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawnp(&child->pid, command[0], &actions, &attributes, command, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int start(struct serve_child *child, char *const command[], char *const environment[])
{
	int input[2], output[2], r;

	if (pipe2(input, O_CLOEXEC))
		return -errno;
	if (pipe2(output, O_CLOEXEC)) {
		r = -errno;
		close(input[0]);
		close(input[1]);
		return r;
	}
	r = spawn(child, command, environment, input[0], output[1]);
	close(input[0]);
	close(output[1]);
	child->out = input[1];
	child->in = output[0];
	/* Ours alone, so that a child that does not read holds up nobody else. */
	fcntl(child->out, F_SETFL, O_NONBLOCK);
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	if (r) {
		child->pid = 0;
		serve_child_let_go(child);
	}
	return r;
}

int serve_child_start(struct serve_child *child, char *const command[], struct pen_pipe *pipe)
{
	struct variables variables = { 0 };
	char **environment;
	int r;

	*child = (struct serve_child){ 0, -1, -1 };
	learn_client(pipe, &variables);
	environment = make_environment(&variables);
	if (!environment)
		return -ENOMEM;
	r = start(child, command, environment);
	free(environment);
	return r;
}

void serve_child_let_go(struct serve_child *child)
{
	if (child->in >= 0)
		close(child->in);
	if (child->out >= 0)
		close(child->out);
	child->in = child->out = -1;
}
