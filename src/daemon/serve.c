/* SPDX-License-Identifier: MIT */
#include "daemon/serve.h"
#include "daemon/authd-needs.h"
#include "daemon/greet.h"
#include "daemon/handed.h"
#include "daemon/legacy.h"
#include "daemon/places.h"
#include "daemon/program.h"
#include "daemon/programs.h"
#include "daemon/rules.h"
#include "daemon/self.h"
#include "daemon/supervisor.h"
#include "daemon/watch.h"
#include "io/fds.h"
#include <errno.h>
#include <penstock/interface.h>
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ADDRESSES_MAX = 32,
	VISITORS_MAX = 10000,
	FDS_KEPT = 64, /* for all but visitors, of each process */
};

struct serve {
	const struct serve_config *how;
	struct config fresh; /* the last that was read again; its arena is its own */
	struct config next;  /* what is to be that, when the programs have answered */
	bool has_next;
	const struct config *config; /* in effect */
	struct log log;
	struct places places;
	char greeter[PATH_MAX], authd[PATH_MAX], relay[PATH_MAX], porter[PATH_MAX];
	struct authd_needs needs; /* penstock-authd's */
	char image[PATH_MAX];	  /* this program */
	char **trial;		  /* its arguments, and one that has it do nothing */
	struct handed handed;
	struct legacy *legacy; /* of the image that this process was; NULL: none */
	bool is_heir;
	uint32_t visitors_max;
	struct supervisor *supervisor;
	uv_signal_t signals[4];
	struct watch watch;
};

/* What depends on the configuration that was read last. */
struct serving {
	struct programs programs;
	struct pen_arena arena;
	const char *addresses[ADDRESSES_MAX + 1];
};

static int fail(const struct serve *serve, int result, const char *what, const char *sentence)
{
	log_line(&serve->log, PEN_LOG_ERROR, what, "error", pen_error_name(result), "message",
		 sentence, NULL);
	return result;
}

/* ---- what is served, and where ---- */

static int split_addresses(const struct serve *serve, const char *listen, struct serving *table)
{
	char *word = pen_arena_strdup(&table->arena, listen), *rest = NULL;
	size_t n = 0;

	if (!word)
		return -ENOMEM;
	if (!strcmp(word, "none"))
		return 0;
	for (word = strtok_r(word, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (n == ADDRESSES_MAX)
			return fail(serve, PEN_E_LIMIT, "listen", "there are too many addresses");
		table->addresses[n++] = strcmp(word, "*") ? word : "";
	}
	return 0;
}

static void serving_done(struct serving *table)
{
	programs_done(&table->programs);
	pen_arena_done(&table->arena);
}

static void conclude(void *data, int result);

/* supervisor points into the table, which is to be done with in any case. */
static int describe(struct serve *serve, const struct config *config, struct serving *table,
		    struct supervisor_config *supervisor)
{
	int r;

	*table = (struct serving){ 0 };
	pen_arena_init(&table->arena, 0);
	r = programs_find(&table->programs, config->programs, &serve->log);
	if (!r)
		r = split_addresses(serve, config->listen, table);
	*supervisor = (struct supervisor_config){
		.programs = table->programs.paths,
		.greeter = serve->greeter,
		.authd = serve->authd,
		.authd_needs = &serve->needs.needs,
		.ncalrpc_dir = serve->places.ncalrpc_dir,
		.np_dir = serve->places.np_dir,
		.addresses = table->addresses,
		.first_port = (uint16_t)config->first_port,
		.last_port = (uint16_t)config->last_port,
		.soft_port = config->is_port_given || !geteuid() ? 0 : (uint16_t)config->port,
		.user = serve->how->config->user,
		.is_confined = serve->how->config->is_confined,
		.handed = &serve->handed,
		.samba_np = serve->how->config->samba_np,
		.relay = serve->relay,
		.objects = serve->how->config->objects,
		.porter = serve->porter,
		.visitors_max = serve->visitors_max,
		.visitors_per_peer_max = config->limits.connections_per_peer_max,
		.bind_ms = config->limits.bind_timeout_ms,
		.npa_ms = config->limits.npa_timeout_ms,
		.log = &serve->log,
		.image = serve->image,
		.arguments = serve->how->arguments,
		.trial = serve->trial,
		.legacy = serve->legacy,
		.concluded = conclude,
		.data = serve,
	};
	return r;
}

/* ---- what is read again ---- */

/* What it names is held against what programs list when they have been asked. */
static int read_rules(const struct serve *serve, const struct config *config, struct rules **rulesp)
{
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = rules_new(rulesp, config->limits.policy, config->limits.policy_record, &diagnoses);
	if (r && !pen_buffer_add(&diagnoses, "", 1))
		fail(serve, r, "policy", (const char *)diagnoses.data);
	pen_buffer_done(&diagnoses);
	return r;
}

static void adopt(struct serve *serve, const struct config *fresh)
{
	places_keep(&serve->places, &serve->log);
	serve->log = (struct log){ .level = fresh->log_level, .is_json = fresh->is_json };
	serve_compare(&serve->log, serve->config, fresh);
	if (serve->config == &serve->fresh)
		config_done(&serve->fresh);
	serve->fresh = *fresh;
	serve->config = &serve->fresh;
}

static void drop_next(struct serve *serve)
{
	if (serve->has_next)
		config_done(&serve->next);
	serve->has_next = false;
}

/* What the programs say decides whether the configuration is in effect. */
static void conclude(void *data, int result)
{
	struct serve *serve = data;

	if (!serve->has_next)
		return;
	if (!result) {
		serve->has_next = false;
		adopt(serve, &serve->next);
		return;
	}
	fail(serve, result, "reload", "the configuration stays as it was");
	drop_next(serve);
}

/* The programs are asked meanwhile, with the configuration that may be the next. */
static int ask_again(struct serve *serve, const struct config *fresh, struct rules *rules)
{
	struct supervisor_config config;
	struct serving table;
	int r = describe(serve, fresh, &table, &config);

	config.rules = rules;
	if (!r && setenv(PROGRAM_CONFIG_VARIABLE, serve->places.next_config, true))
		r = -errno;
	if (r)
		rules_free(rules);
	else
		r = supervisor_reload(serve->supervisor, &config);
	setenv(PROGRAM_CONFIG_VARIABLE, serve->places.config, true);
	serving_done(&table);
	return r;
}

static int keep_text(const struct serve *serve, const char *key, const char *old,
		     struct config *fresh, const char **textp)
{
	if (!old || !*textp || !strcmp(old, *textp))
		return 0;
	log_line(&serve->log, PEN_LOG_WARNING, "reload", "key", key, "message",
		 "this takes effect when penstockd starts again", NULL);
	*textp = pen_arena_strdup(&fresh->arena, old);
	return *textp ? 0 : -ENOMEM;
}

/*
 * penstock-authd has the accounts open, whoever reads the configuration again. So who serves them
 * has the same: else he would ask about those of a file and be answered of another.
 */
static int keep_accounts(const struct serve *serve, struct config *fresh)
{
	const struct config *config = serve->config;
	int r = keep_text(serve, "store.accounts", config->accounts, fresh, &fresh->accounts);

	return r ? r
		 : keep_text(serve, "store.accounts_key", config->accounts_key, fresh,
			     &fresh->accounts_key);
}

/* Anything wrong: it has been said, and all stays as it was. What programs say comes later. */
static int read_again(struct serve *serve)
{
	struct rules *rules = NULL;
	struct config fresh;
	int r = config_init(&fresh, !geteuid());

	if (!r)
		r = serve->how->load(serve->how->data, &fresh);
	if (!r)
		r = keep_accounts(serve, &fresh);
	if (!r)
		r = read_rules(serve, &fresh, &rules);
	if (!r)
		r = places_tell(&serve->places, &fresh, &serve->log);
	if (!r)
		r = ask_again(serve, &fresh, rules);
	else
		rules_free(rules);
	if (!r) {
		drop_next(serve);
		serve->next = fresh;
		serve->has_next = true;
		return 0;
	}
	fail(serve, r, "reload", "the configuration stays as it was");
	config_done(&fresh);
	return r;
}

static uint32_t reload(void *data, struct pen_buffer *diagnosis)
{
	if (!read_again(data))
		return PEN_WERR_SUCCESS;
	return pen_buffer_printf(diagnosis, "The configuration stays as it was, for there is "
					    "something wrong with it, as penstockd's log says.")
		       ? PEN_WERR_NOT_ENOUGH_MEMORY
		       : PEN_WERR_INVALID_DATA;
}

static uint32_t upgrade(void *data, struct pen_buffer *diagnosis)
{
	int r = supervisor_upgrade(((struct serve *)data)->supervisor);

	if (!r)
		return PEN_WERR_SUCCESS;
	if (r == -EBUSY)
		return PEN_WERR_BUSY;
	pen_buffer_printf(diagnosis, "It goes on as it was: %s.",
			  r < 0 ? strerror(-r) : pen_error_name(r));
	return PEN_WERR_INVALID_DATA;
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int number)
{
	struct serve *serve = handle->data;

	if (number == SIGHUP)
		read_again(serve);
	else if (number == SIGUSR2)
		supervisor_upgrade(serve->supervisor);
	else
		supervisor_stop(serve->supervisor);
}

static int hear_signals(struct serve *serve)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2 };
	uv_loop_t *loop = supervisor_loop(serve->supervisor);
	sigset_t none;
	int r = 0;

	_Static_assert(PEN_COUNT(numbers) == PEN_COUNT(serve->signals), "one for each");
	for (size_t i = 0; i < PEN_COUNT(numbers); i++) {
		uv_signal_init(loop, &serve->signals[i]);
		serve->signals[i].data = serve;
	}
	for (size_t i = 0; !r && i < PEN_COUNT(numbers); i++)
		r = uv_signal_start(&serve->signals[i], on_signal, numbers[i]);
	/* They were held back, by an image before this one all of them. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return r ? fail(serve, r, "signals", strerror(-r)) : 0;
}

static void forget_signals(struct serve *serve)
{
	for (size_t i = 0; i < PEN_COUNT(serve->signals); i++)
		uv_close((uv_handle_t *)&serve->signals[i], NULL);
}

/* ---- the start ---- */

static int find_child(struct serve *serve, const char *name, char path[PATH_MAX])
{
	char installed[PATH_MAX];
	const char *const places[] = { name, installed, NULL };

	snprintf(installed, sizeof(installed), PEN_LIBEXECDIR "/penstock/%s", name);
	return self_find(places, path) ? 0
				       : fail(serve, -ENOENT, name, "it is not where it belongs");
}

static int find_children(struct serve *serve)
{
	int r = find_child(serve, "penstock-greeter", serve->greeter);

	if (!r)
		r = find_child(serve, "penstock-authd", serve->authd);
	if (!r && serve->config->samba_np)
		r = find_child(serve, "penstock-relay", serve->relay);
	if (!r && serve->config->objects)
		r = find_child(serve, "penstock-porter", serve->porter);
	return r;
}

static int find_needs(struct serve *serve)
{
	char error[256] = "";
	int r = authd_needs_init(&serve->needs, serve->config, serve->places.config, error);

	return r ? fail(serve, r, "authd", error) : 0;
}

/* What the next image is executed with, and tried with before. */
static int prepare_upgrade(struct serve *serve)
{
	char **arguments = serve->how->arguments;
	ssize_t size = readlink("/proc/self/exe", serve->image, sizeof(serve->image) - 1);
	size_t n = 0;

	if (size < 0)
		return fail(serve, -errno, "image", strerror(errno));
	serve->image[size] = '\0';
	while (arguments[n])
		n++;
	serve->trial = calloc(n + 2, sizeof(*serve->trial));
	if (!serve->trial)
		return -ENOMEM;
	memcpy(serve->trial, arguments, n * sizeof(*arguments));
	serve->trial[n] = (char *)(uintptr_t) "--check-config";
	return 0;
}

/* What they are to know is there before they are asked what they serve. */
static int prepare(struct serve *serve)
{
	int r = places_make(&serve->places, serve->config, &serve->log);

	if (!r)
		r = places_tell(&serve->places, serve->config, &serve->log);
	if (!r)
		places_keep(&serve->places, &serve->log);
	if (!r && setenv(PROGRAM_CONFIG_VARIABLE, serve->places.config, true))
		r = fail(serve, -errno, "environment", strerror(errno));
	if (!r)
		r = find_children(serve);
	if (!r)
		r = find_needs(serve);
	return r ? r : prepare_upgrade(serve);
}

/* What the service manager has opened, and not for any endpoint of ours, nobody would serve. */
static void drop_handed(struct serve *serve)
{
	if (handed_done(&serve->handed))
		log_line(
			&serve->log, PEN_LOG_WARNING, "sockets", "message",
			"some that were handed over are no endpoint of any program, and are closed",
			NULL);
}

static int start(struct serve *serve)
{
	struct supervisor_config config;
	struct serving table;
	int r = describe(serve, serve->config, &table, &config);

	if (!r)
		r = read_rules(serve, serve->config, &config.rules);
	watch_init(&serve->watch, serve->legacy, serve->places.ncalrpc_dir, serve->config);
	if (!r) {
		r = supervisor_new(&serve->supervisor, &config);
		serve->legacy = NULL;
	}
	if (r)
		watch_stop(&serve->watch);
	serving_done(&table);
	drop_handed(serve);
	return r;
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

static int let_watch(struct serve *serve)
{
	const struct watch_config config = {
		.supervisor = serve->supervisor,
		.ncalrpc_dir = serve->places.ncalrpc_dir,
		.config = serve->config,
		.log = &serve->log,
		.reload = reload,
		.upgrade = upgrade,
		.data = serve,
	};

	return watch_start(&serve->watch, &config);
}

static int run(struct serve *serve)
{
	int r = hear_signals(serve);

	if (!r)
		r = let_watch(serve);
	if (!r) {
		if (!serve->how->is_quiet && !serve->is_heir)
			say_hello(serve);
		log_line(&serve->log, PEN_LOG_INFO, "start", "version", PEN_VERSION, "directory",
			 serve->config->directory, NULL);
		r = supervisor_run(serve->supervisor, serve->config->leave_ms);
		log_line(&serve->log, PEN_LOG_INFO, "stop", NULL);
	}
	watch_stop(&serve->watch);
	forget_signals(serve);
	return r;
}

/* The greeter has a descriptor for each visitor. */
static uint32_t count_room(void)
{
	uint32_t room = pen_fds_room(FDS_KEPT);

	return room < VISITORS_MAX ? room : VISITORS_MAX;
}

/* Those that would end it before there is somebody to hear them. */
static void hold_signals(void)
{
	sigset_t early;

	sigemptyset(&early);
	sigaddset(&early, SIGHUP);
	sigaddset(&early, SIGUSR2);
	sigprocmask(SIG_BLOCK, &early, NULL);
}

/* What is here before anything is opened: of the image before, or of a service manager. */
static void take_over(struct serve *serve)
{
	int r = legacy_find(&serve->legacy);

	serve->is_heir = !r;
	if (r && r != PEN_E_NOT_FOUND)
		fail(serve, r, "upgrade", "what was left makes no sense, and is given up");
	r = handed_take_all(&serve->handed);
	if (r)
		log_line(&serve->log, PEN_LOG_WARNING, "sockets", "message",
			 r < 0 ? "the environment says what cannot be of sockets"
			       : "some that were handed over do not listen, and are closed",
			 NULL);
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
	hold_signals();
	serve.visitors_max = count_room();
	take_over(&serve);
	pen_arena_init(&serve.needs.arena, 0);
	r = prepare(&serve);
	if (!r)
		r = start(&serve);
	if (!r)
		r = run(&serve);
	supervisor_free(serve.supervisor);
	drop_next(&serve);
	if (serve.config == &serve.fresh)
		config_done(&serve.fresh);
	legacy_free(serve.legacy);
	handed_done(&serve.handed);
	free(serve.trial);
	places_done(&serve.places);
	authd_needs_done(&serve.needs);
	return r;
}
