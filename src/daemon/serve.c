/* SPDX-License-Identifier: MIT */
#include "daemon/serve.h"
#include "daemon/greet.h"
#include "daemon/places.h"
#include "daemon/program.h"
#include "daemon/programs.h"
#include "daemon/self.h"
#include "daemon/supervisor.h"
#include "io/notify.h"
#include "runtime/server-policy.h"
#include <errno.h>
#include <penstock/interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 32, VISITORS_MAX = 10000 };

struct serve {
	const struct serve_config *how;
	struct config fresh;	     /* the last that was read again; its arena is its own */
	const struct config *config; /* in effect */
	struct log log;
	struct places places;
	struct programs programs;
	char greeter[PATH_MAX];
	struct pen_arena arena;
	const char *addresses[ADDRESSES_MAX + 1];
	struct supervisor *supervisor;
	uv_signal_t signals[3];
	bool is_stopping;
};

static int fail(const struct serve *serve, int result, const char *what, const char *sentence)
{
	log_line(&serve->log, PEN_LOG_ERROR, what, "error", pen_error_name(result), "message",
		 sentence, NULL);
	return result;
}

/* ---- what is read again ---- */

int serve_check_policy(const struct config *config, struct pen_buffer *diagnoses)
{
	struct daemon_interfaces interfaces = daemon_interfaces();
	struct pen_policy *policy = NULL;
	int r;

	r = pen_server_policy_read(&policy, config->limits.policy, interfaces.rows, diagnoses);
	pen_policy_free(policy);
	return r;
}

static int check_policy(const struct serve *serve, const struct config *config)
{
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = serve_check_policy(config, &diagnoses);
	if (r && !pen_buffer_add(&diagnoses, "", 1))
		fail(serve, r, "policy", (const char *)diagnoses.data);
	pen_buffer_done(&diagnoses);
	return r;
}

static void adopt(struct serve *serve, const struct config *fresh)
{
	serve->log = (struct log){ .level = fresh->log_level, .is_json = fresh->is_json };
	serve_compare(&serve->log, serve->config, fresh);
	if (serve->config == &serve->fresh)
		config_done(&serve->fresh);
	serve->fresh = *fresh;
	serve->config = &serve->fresh;
	supervisor_reload(serve->supervisor);
	log_line(&serve->log, PEN_LOG_INFO, "reload", NULL);
}

/* Anything wrong: it has been said, and all stays as it was. */
static void read_again(struct serve *serve)
{
	struct config fresh;
	int r = config_init(&fresh, !geteuid());

	if (!r)
		r = serve->how->load(serve->how->data, &fresh);
	if (!r)
		r = check_policy(serve, &fresh);
	if (!r)
		r = places_tell(&serve->places, &fresh, &serve->log);
	if (!r) {
		adopt(serve, &fresh);
		return;
	}
	fail(serve, r, "reload", "the configuration stays as it was");
	config_done(&fresh);
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int number)
{
	struct serve *serve = handle->data;

	if (number == SIGHUP) {
		read_again(serve);
		return;
	}
	supervisor_stop(serve->supervisor);
}

static int hear_signals(struct serve *serve)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	uv_loop_t *loop = supervisor_loop(serve->supervisor);
	int r = 0;

	_Static_assert(PEN_COUNT(numbers) == PEN_COUNT(serve->signals), "one for each");
	for (size_t i = 0; i < PEN_COUNT(numbers); i++) {
		uv_signal_init(loop, &serve->signals[i]);
		serve->signals[i].data = serve;
	}
	for (size_t i = 0; !r && i < PEN_COUNT(numbers); i++)
		r = uv_signal_start(&serve->signals[i], on_signal, numbers[i]);
	return r ? fail(serve, r, "signals", strerror(-r)) : 0;
}

static void forget_signals(struct serve *serve)
{
	for (size_t i = 0; i < PEN_COUNT(serve->signals); i++)
		uv_close((uv_handle_t *)&serve->signals[i], NULL);
}

/* ---- the start ---- */

static int find_greeter(struct serve *serve)
{
	static const char *const places[] = { "penstock-greeter",
					      PEN_LIBEXECDIR "/penstock/penstock-greeter", NULL };

	return self_find(places, serve->greeter) ? 0
						 : fail(serve, -ENOENT, "greeter",
							"penstock-greeter is not where it belongs");
}

static int split_addresses(struct serve *serve)
{
	char *word = pen_arena_strdup(&serve->arena, serve->config->listen), *rest = NULL;
	size_t n = 0;

	if (!word)
		return -ENOMEM;
	if (!strcmp(word, "none"))
		return 0;
	for (word = strtok_r(word, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (n == ADDRESSES_MAX)
			return fail(serve, PEN_E_LIMIT, "listen", "there are too many addresses");
		serve->addresses[n++] = strcmp(word, "*") ? word : "";
	}
	return 0;
}

/* What they are to know is there before they are asked what they serve. */
static int prepare(struct serve *serve)
{
	int r = places_make(&serve->places, serve->config, &serve->log);

	if (!r)
		r = check_policy(serve, serve->config);
	if (!r)
		r = places_tell(&serve->places, serve->config, &serve->log);
	if (!r && setenv(PROGRAM_CONFIG_VARIABLE, serve->places.config, true))
		r = fail(serve, -errno, "environment", strerror(errno));
	if (!r)
		r = find_greeter(serve);
	if (!r)
		r = programs_find(&serve->programs, serve->config->programs, &serve->log);
	return r ? r : split_addresses(serve);
}

static int start(struct serve *serve)
{
	const struct config *config = serve->config;
	const struct supervisor_config supervisor = {
		.programs = serve->programs.paths,
		.greeter = serve->greeter,
		.ncalrpc_dir = serve->places.ncalrpc_dir,
		.np_dir = serve->places.np_dir,
		.addresses = serve->addresses,
		.first_port = (uint16_t)config->first_port,
		.last_port = (uint16_t)config->last_port,
		.soft_port = config->is_port_given || !geteuid() ? 0 : (uint16_t)config->port,
		.user = config->user,
		.is_confined = config->is_confined,
		.visitors_max = VISITORS_MAX,
		.log = &serve->log,
	};

	return supervisor_new(&serve->supervisor, &supervisor);
}

static void say_hello(const struct serve *serve)
{
	struct worker_table table;
	const struct greeting greeting = {
		.config = serve->config,
		.table = &table,
		.ncalrpc_dir = serve->places.ncalrpc_dir,
		.np_dir = serve->places.np_dir,
	};
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	if (!supervisor_table(serve->supervisor, &table, &arena))
		greet(&greeting);
	pen_arena_done(&arena);
}

static int run(struct serve *serve)
{
	int r = hear_signals(serve);

	if (!r) {
		if (!serve->how->is_quiet)
			say_hello(serve);
		log_line(&serve->log, PEN_LOG_INFO, "start", "version", PEN_VERSION, "directory",
			 serve->config->directory, NULL);
		pen_notify("READY=1");
		r = supervisor_run(serve->supervisor, serve->config->leave_ms);
		log_line(&serve->log, PEN_LOG_INFO, "stop", NULL);
	}
	forget_signals(serve);
	return r;
}

int serve(const struct serve_config *how)
{
	struct serve serve = {
		.how = how,
		.config = how->config,
		.log = { .level = how->config->log_level, .is_json = how->config->is_json },
	};
	int r;

	signal(SIGPIPE, SIG_IGN);
	pen_arena_init(&serve.arena, 0);
	r = prepare(&serve);
	if (!r)
		r = start(&serve);
	if (!r)
		r = run(&serve);
	supervisor_free(serve.supervisor);
	if (serve.config == &serve.fresh)
		config_done(&serve.fresh);
	if (serve.programs.n)
		programs_done(&serve.programs);
	places_done(&serve.places);
	pen_arena_done(&serve.arena);
	return r;
}
