/* SPDX-License-Identifier: MIT */
#include "daemon/watch.h"
#include "daemon/command.h"
#include "daemon/legacy.h"
#include "daemon/page.h"
#include "daemon/self.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int fail(const struct watch_config *config, int result, const char *what, const char *place)
{
	log_line(config->log, PEN_LOG_ERROR, what, "place", place, "error", pen_error_name(result),
		 "message", result < 0 ? strerror(-result) : "nobody can listen there", NULL);
	return result;
}

/* ---- what was left ---- */

static const char *const names[] = { [WATCH_CONTROL] = "control", [WATCH_PAGE] = "status page" };

/* The directory of a path. */
static const char *directory_of(const char *path, char directory[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, PATH_MAX, "%.*s", slash > path ? (int)(slash - path) : 1, path);
	return directory;
}

void watch_init(struct watch *watch, struct legacy *legacy, const char *ncalrpc_dir,
		const struct config *config)
{
	const char *listen = config->status_listen;
	const struct heritage_door *door = NULL;
	char directory[PATH_MAX];

	*watch = (struct watch){ 0 };
	for (size_t i = 0; i < WATCH_N; i++) {
		watch->left[i].fd = -1;
		pen_list_init(&watch->entrusted[i].link);
	}
	if (!legacy)
		return;
	legacy_take_door(legacy, names[WATCH_CONTROL], CONTROL_NAME, ncalrpc_dir,
			 &watch->left[WATCH_CONTROL]);
	door = legacy_take_door(legacy, names[WATCH_PAGE], listen, directory_of(listen, directory),
				&watch->left[WATCH_PAGE]);
	if (door)
		snprintf(watch->place, sizeof(watch->place), "%s", door->binding);
}

static void entrust(struct watch *watch, size_t i, struct supervisor *supervisor,
		    const char *wanted, const char *place, const struct pen_unix_socket *socket)
{
	struct entrusted *entrusted = &watch->entrusted[i];

	entrusted->name = names[i];
	entrusted->wanted = wanted;
	entrusted->place = place;
	entrusted->socket = socket;
	supervisor_entrust(supervisor, entrusted);
}

/* ---- the two ---- */

static int start_control(struct watch *watch, const struct watch_config *config)
{
	struct control_config control = {
		.loop = supervisor_loop(config->supervisor),
		.ncalrpc_dir = config->ncalrpc_dir,
		.log = config->log,
		.actions = command_actions(config->supervisor),
		.socket = &watch->left[WATCH_CONTROL],
	};
	int r;

	control.actions.reload = config->reload;
	control.actions.upgrade = config->upgrade;
	control.actions.other = config->data;
	r = control_new(&watch->control, &control);
	if (r)
		return fail(config, r, "control", config->ncalrpc_dir);
	entrust(watch, WATCH_CONTROL, config->supervisor, CONTROL_NAME, CONTROL_NAME,
		control_socket(watch->control));
	return 0;
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
		.socket = &watch->left[WATCH_PAGE],
		.place = watch->place,
	};
	int r;

	if (!strcmp(place, "none"))
		return 0;
	if (!self_find(places, program))
		return fail(config, -ENOENT, "status page", "penstock-status");
	r = page_new(&watch->page, &page);
	if (r)
		return fail(config, r, "status page", place);
	snprintf(watch->listen, sizeof(watch->listen), "%s", place);
	entrust(watch, WATCH_PAGE, config->supervisor, watch->listen, page_place(watch->page),
		page_socket(watch->page));
	log_line(config->log, PEN_LOG_INFO, "status page", "place", page_place(watch->page), NULL);
	return 0;
}

int watch_start(struct watch *watch, const struct watch_config *config)
{
	int r;

	r = start_control(watch, config);
	if (!r)
		r = start_page(watch, config);
	if (r)
		watch_stop(watch);
	return r;
}

void watch_stop(struct watch *watch)
{
	for (size_t i = 0; i < WATCH_N; i++) {
		pen_list_remove(&watch->entrusted[i].link);
		if (watch->left[i].fd >= 0)
			pen_unix_close(&watch->left[i]);
		watch->left[i].fd = -1;
	}
	watch->page = page_free(watch->page);
	watch->control = control_free(watch->control);
}
