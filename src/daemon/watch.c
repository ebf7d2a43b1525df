/* SPDX-License-Identifier: MIT */
#include "daemon/watch.h"
#include "daemon/command.h"
#include "daemon/page.h"
#include "daemon/self.h"
#include "daemon/supervisor.h"
#include <errno.h>
#include <string.h>

static int fail(const struct watch_config *config, int result, const char *what, const char *place)
{
	log_line(config->log, PEN_LOG_ERROR, what, "place", place, "error", pen_error_name(result),
		 "message", result < 0 ? strerror(-result) : "nobody can listen there", NULL);
	return result;
}

static int start_control(struct watch *watch, const struct watch_config *config)
{
	struct control_config control = {
		.loop = supervisor_loop(config->supervisor),
		.ncalrpc_dir = config->ncalrpc_dir,
		.log = config->log,
		.actions = command_actions(config->supervisor),
	};
	int r;

	control.actions.reload = config->reload;
	control.actions.upgrade = config->upgrade;
	control.actions.other = config->data;
	r = control_new(&watch->control, &control);
	return r ? fail(config, r, "control", config->ncalrpc_dir) : 0;
}

static int start_page(struct watch *watch, const struct watch_config *config)
{
	static const char *const places[] = { "penstock-status",
					      PEN_LIBEXECDIR "/penstock/penstock-status", NULL };
	const char *place = config->config->status_listen;
	char program[PATH_MAX];
	const struct page_config page = {
		.loop = supervisor_loop(config->supervisor),
		.control = watch->control,
		.log = config->log,
		.program = program,
		.listen = place,
		.user = config->config->user,
		.is_confined = config->config->is_confined,
	};
	int r;

	if (!strcmp(place, "none"))
		return 0;
	if (!self_find(places, program))
		return fail(config, -ENOENT, "status page", "penstock-status");
	r = page_new(&watch->page, &page);
	if (r)
		return fail(config, r, "status page", place);
	log_line(config->log, PEN_LOG_INFO, "status page", "place", page_place(watch->page), NULL);
	return 0;
}

int watch_start(struct watch *watch, const struct watch_config *config)
{
	int r;

	*watch = (struct watch){ 0 };
	r = start_control(watch, config);
	if (!r)
		r = start_page(watch, config);
	if (r)
		watch_stop(watch);
	return r;
}

void watch_stop(struct watch *watch)
{
	watch->page = page_free(watch->page);
	watch->control = control_free(watch->control);
}
