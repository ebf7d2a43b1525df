/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "object/letter.h"
#include "runtime/arrival.h"
#include "runtime/authority.h"
#include "runtime/server.h"
#include "service/mgmt/mgmt.h"
#include "worker/listing.h"
#include "worker/options.h"
#include "worker/pipes.h"
#include "worker/talk.h"
#include "worker/terms.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/worker.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKET = 3, LINE_SIZE = 600 };

/* One that serves. */
struct process {
	const struct pen_worker *worker;
	const char *name;
	bool is_verbose;
	struct pen_worker_talk talk;
	struct pen_server_config config;
	struct pen_authority *authority; /* NULL: none is asked */
	struct pen_worker_terms terms;
	bool is_away; /* it has ended just now */
	struct pen_server *server;
	struct pen_worker_pipes pipes;
	void *data;
	bool is_started; /* there is something to stop */
};

static void say(const char *name, const char *level, const char *text)
{
	char line[LINE_SIZE];
	int n = snprintf(line, sizeof(line) - 1, "%s: %s: %s", name, level, text);

	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* In one piece: others write there too. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static void on_log(void *data, enum pen_log_level level, const char *line)
{
	static const char *const names[] = {
		[PEN_LOG_ERROR] = "error",
		[PEN_LOG_WARNING] = "warning",
		[PEN_LOG_INFO] = "info",
		[PEN_LOG_DEBUG] = "debug",
	};
	const struct process *process = data;

	if (level < PEN_LOG_DEBUG || process->is_verbose)
		say(process->name, names[level], line);
}

static int fail(const struct process *process, int result, const char *sentence)
{
	if (!*sentence)
		sentence = result < 0 ? strerror(-result) : pen_error_name(result);
	process->config.log(process->config.log_data, PEN_LOG_ERROR, sentence);
	return result;
}

/* ---- the server ---- */

static int add_services(const struct process *process)
{
	const struct pen_worker *worker = process->worker;
	int r = 0;

	for (size_t i = 0; i < worker->n_services && !r; i++)
		r = pen_server_add(process->server, &worker->services[i].service, NULL);
	if (!r && !worker->is_unmanaged)
		r = pen_server_add(process->server, &pen_mgmt_service, NULL);
	return r ? fail(process, r, pen_server_error(process->server)) : 0;
}

static bool lists(const struct pen_worker_service *service, const struct worker_hello *hello,
		  const char *binding)
{
	for (uint32_t i = 0; i < hello->n_endpoints; i++) {
		const char *const *e = service->endpoints;

		if (strcmp(hello->endpoints[i].binding, binding) != 0)
			continue;
		while (e && *e && strcmp(*e, hello->endpoints[i].listed) != 0)
			e++;
		if (e && *e)
			return true;
	}
	return false;
}

/* The interfaces that have listed what became the binding; names has room for all and an end. */
static int expect(const struct process *process, const struct worker_hello *hello,
		  const char *binding, const char **names)
{
	const struct pen_worker *worker = process->worker;
	char sentence[256];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < worker->n_services; i++)
		if (lists(&worker->services[i], hello, binding))
			names[n++] = worker->services[i].service.interface->name;
	names[n] = NULL;
	if (!n) {
		snprintf(sentence, sizeof(sentence), "nothing is served at %s, as penstockd has it",
			 binding);
		return fail(process, PEN_E_NOT_FOUND, sentence);
	}
	r = pen_server_expect(process->server, binding, names);
	return r ? fail(process, r, pen_server_error(process->server)) : 0;
}

/* A binding may stand for several endpoints, and is expected once. */
static int expect_all(const struct process *process, const struct worker_hello *hello)
{
	pen_cleanup(pen_freep) const char **names = NULL;
	int r = 0;

	names = calloc(process->worker->n_services + 1, sizeof(*names));
	if (!names)
		return fail(process, -ENOMEM, "");
	for (uint32_t i = 0; i < hello->n_endpoints && !r; i++) {
		const char *binding = hello->endpoints[i].binding;
		uint32_t first = 0;

		while (strcmp(hello->endpoints[first].binding, binding) != 0)
			first++;
		if (first == i)
			r = expect(process, hello, binding, names);
	}
	return r;
}

static int make_server(struct process *process, const struct worker_hello *hello)
{
	struct pen_server_config *config = &process->config;
	int r;

	config->ncalrpc_dir = hello->ncalrpc_dir;
	config->np_dir = config->objects_dir = NULL;
	config->np_by_objects = false;
	/* Whom it calls itself is found there, too. */
	if (setenv("PENSTOCK_NCALRPC_DIR", hello->ncalrpc_dir, true))
		return fail(process, -errno, "");
	r = pen_server_new(&process->server, config);
	if (r)
		return fail(process, r, "");
	pen_server_set_group_index(process->server, hello->index);
	r = add_services(process);
	return r ? r : expect_all(process, hello);
}

/* Whoever has mechanisms of its own asks nobody. */
static int meet_authority(struct process *process, int socket)
{
	int r;

	if (socket < 0)
		return 0;
	if (process->config.mechs) {
		close(socket);
		return 0;
	}
	r = pen_authority_new(&process->authority, socket, 0);
	process->is_away = r == PEN_E_CLOSED;
	if (r)
		return fail(process, r, "penstock-authd does not say how clients prove themselves");
	process->config.mechs = pen_authority_mechs(process->authority);
	return 0;
}

static int prepare(struct process *process)
{
	const struct pen_worker *worker = process->worker;
	char error[256] = "";
	int r;

	if (!worker->prepare)
		return 0;
	process->is_started = true;
	r = worker->prepare(&process->config, &process->data, error);
	return r ? fail(process, r, error) : 0;
}

static int start(struct process *process, bool is_first)
{
	const struct pen_worker_start start = { .server = process->server, .is_first = is_first };
	const struct pen_worker *worker = process->worker;
	char error[256] = "";
	int r = 0;

	process->is_started = true;
	if (worker->start)
		r = worker->start(&start, &process->data, error);
	if (r)
		return fail(process, r, error);
	for (size_t i = 0; i < worker->n_services; i++) {
		const struct pen_worker_service *service = &worker->services[i];

		pen_served_set_data(process->server, &service->service,
				    service->call_data ? service->call_data(process->data)
						       : process->data);
	}
	return 0;
}

/* ---- what penstockd says later ---- */

static void reload(void *data)
{
	struct process *process = data;
	char error[256] = "";
	int r = 0;

	if (process->worker->reload)
		r = process->worker->reload(process->data, process->server, error);
	if (r)
		fail(process, r, error);
	pen_worker_terms_ask(&process->terms);
}

static void replace(void *data, int authority)
{
	struct process *process = data;

	if (process->authority)
		pen_authority_replace(process->authority, authority);
	else
		close(authority);
	pen_worker_terms_ask(&process->terms);
}

static int learn(void *data, const struct worker_table *table)
{
	struct process *process = data;
	struct pen_worker_entry *entries;
	int r;

	if (!process->worker->table)
		return PEN_E_PROTOCOL;
	entries = calloc(table->n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < table->n; i++) {
		const struct worker_served *entry = &table->entries[i];

		entries[i] = (struct pen_worker_entry){
			.id = { .uuid = pen_letter_get_guid(&entry->id.uuid),
				.major = entry->id.major,
				.minor = entry->id.minor },
			.name = entry->name,
			.binding = entry->binding,
		};
	}
	r = process->worker->table(process->data, entries, table->n);
	free(entries);
	return r ? fail(process, r, "what is served is not known") : 0;
}

/* ---- the process ---- */

static bool is_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_SEQPACKET &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static int run(struct process *process)
{
	const struct pen_worker_listener listener = {
		.reload = reload, .replace = replace, .learn = learn, .data = process
	};
	const struct worker_hello *hello;
	int authority = -1;
	bool is_first;
	int r;

	r = pen_worker_talk_init(&process->talk, SOCKET);
	if (r)
		return fail(process, r, "");
	r = pen_worker_talk_hello(&process->talk, &hello, &authority);
	if (r)
		return r == PEN_E_CLOSED ? 0 : fail(process, r, "penstockd does not say hello");
	is_first = hello->is_first;
	r = meet_authority(process, authority);
	if (!r)
		r = prepare(process);
	if (!r)
		r = make_server(process, hello);
	if (!r)
		r = start(process, is_first);
	if (r)
		return r;
	process->terms = (struct pen_worker_terms){ process->authority, process->server, NULL };
	r = pen_worker_pipes_begin(&process->pipes, process->worker, process->server,
				   process->data);
	if (!r)
		r = pen_worker_talk_begin(&process->talk, process->server, &process->pipes,
					  &listener);
	if (!r)
		r = pen_server_run(process->server);
	if (r)
		return fail(process, r, "");
	return process->talk.is_failed ? PEN_E_PROTOCOL : 0;
}

static int serve(const struct pen_worker *worker, const char *name, bool is_verbose)
{
	struct process process = { .worker = worker,
				   .name = name,
				   .is_verbose = is_verbose,
				   .config = worker->config,
				   .data = worker->data };
	int r;

	if (!process.config.log) {
		process.config.log = on_log;
		process.config.log_data = &process;
	}

	if (!is_socket(SOCKET)) {
		say(name, "error",
		    "descriptor 3 is no socket of penstockd's, which starts workers");
		return PEN_WORKER_FAILED;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* typed at a terminal it is for penstockd, who passes it on */
	r = run(&process);
	pen_worker_talk_end(&process.talk);
	pen_worker_pipes_end(&process.pipes);
	pen_worker_terms_end(&process.terms);
	pen_server_free(process.server);
	pen_worker_pipes_done(&process.pipes);
	pen_worker_talk_done(&process.talk);
	if (process.is_started && worker->stop)
		worker->stop(process.data);
	pen_authority_free(process.authority);
	return process.is_away ? PEN_WORKER_AWAY : r ? PEN_WORKER_FAILED : PEN_WORKER_OK;
}

static int list(const struct pen_worker *worker, const char *name, bool is_json)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, PEN_WORKER_LISTING_MAX);
	r = is_json ? pen_worker_list_json(worker, name, &text)
		    : pen_worker_list_text(worker, &text);
	if (!r && (fwrite(text.data, 1, text.size, stdout) != text.size || fflush(stdout)))
		r = -errno;
	pen_buffer_done(&text);
	if (!r)
		return PEN_WORKER_OK;
	say(name, "error",
	    r == PEN_E_LIMIT ? "what it serves is more than a listing may have" : strerror(-r));
	return PEN_WORKER_FAILED;
}

static const char *name_of(const struct pen_worker *worker, const char *program)
{
	const char *slash = program ? strrchr(program, '/') : NULL;

	return worker->name ? worker->name : slash ? slash + 1 : program ? program : "worker";
}

int pen_worker_main(int argc, char **argv, const struct pen_worker *worker)
{
	const char *name = name_of(worker, argc ? argv[0] : NULL);
	struct pen_ndr_error error = { "" };
	struct pen_worker_options options;
	int r;

	r = pen_worker_options_parse(&options, name, argc, argv);
	if (r >= 0)
		return r;
	r = pen_worker_check(worker, &error);
	if (r) {
		say(name, "error", *error.text ? error.text : strerror(-r));
		return PEN_WORKER_FAILED;
	}
	return options.is_worker ? serve(worker, name, options.is_verbose)
				 : list(worker, name, options.is_json);
}
