/* SPDX-License-Identifier: MIT */
#include "win32/file.h"

#include "win32/directory.h"
#include "win32/handle.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>

/* The one who leaves last closes the pipe, by which what is in flight ends. */
static struct pen_pipe *file_take_pipe(struct win_file *file)
{
	struct pen_pipe *pipe = file->pipe;

	if (!file->is_closed || file->n_inside)
		return NULL;
	win_engine_remove(&file->source);
	file->pipe = NULL;
	return pipe;
}

static void file_closed(struct win_object *object)
{
	struct win_file *file = (struct win_file *)object;
	struct pen_pipe *pipe;

	win_lock();
	file->is_closed = true;
	pipe = file_take_pipe(file);
	win_unlock();
	pen_pipe_free(pipe);
	if (file->is_direct)
		win_file_cancel(file, NULL, NULL);
}

static void file_free(struct win_object *object)
{
	struct win_file *file = (struct win_file *)object;

	win_listing_free(file->listing);
	pen_pipe_free(file->pipe);
	win_object_put(file->port);
	free(file);
}

static const struct win_type file_type = {
	.kind = WIN_FILE,
	.name = "File",
	.generic_read = FILE_GENERIC_READ,
	.generic_write =
		FILE_GENERIC_WRITE & ~FILE_CREATE_PIPE_INSTANCE, /* as clients have it [row O8] */
	.generic_execute = 0x1200a0,
	.generic_all = FILE_ALL_ACCESS,
	.is_waitable = true,
	.closed = file_closed,
	.free = file_free,
};

static struct win_file *file_of(struct win_source *source)
{
	return pen_list_entry(source, struct win_file, source);
}

static bool source_enter(struct win_source *source)
{
	struct win_file *file = file_of(source);

	if (file->is_closed)
		return false;
	file->n_inside++;
	win_object_ref(&file->object);
	return true;
}

static void source_dispatch(struct win_source *source)
{
	struct win_file *file = file_of(source);

	pen_pipe_dispatch(file->pipe);
	win_file_leave(file);
	win_object_put(&file->object);
}

struct win_file *win_file_new(enum win_file_what what, struct pen_pipe *pipe, uint32_t options)
{
	struct win_file *file = calloc(1, sizeof(*file));

	if (!file) {
		pen_pipe_free(pipe);
		return NULL;
	}
	win_object_init(&file->object, &file_type);
	file->object.is_signaled = true;
	file->what = what;
	file->pipe = pipe;
	file->options = options;
	file->is_alertable = options & FILE_SYNCHRONOUS_IO_ALERT;
	file->is_synchronous = options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
	file->source = (struct win_source){ .fd = -1,
					    .deadline = WIN_FOREVER,
					    .enter = source_enter,
					    .dispatch = source_dispatch };
	pen_list_init(&file->source.timed);
	pen_list_init(&file->requests);
	pen_list_init(&file->turns);
	file->is_direct = file->is_synchronous && !file->is_alertable;
	if (pipe)
		win_engine_have_pipes();
	if (pipe && !file->is_direct)
		pen_pipe_fd(pipe); /* which has it ring for whatever pends from now on */
	return file;
}

uint32_t win_file_get(HANDLE handle, uint32_t any_access, uint32_t other, struct win_file **filep)
{
	struct win_file *file;
	uint32_t status;

	status = win_handle_get(handle, WIN_FILE, any_access, &file, NULL);
	if (status)
		return status;
	if (file->what != WIN_FILE_PIPE) {
		win_object_put(&file->object);
		return other;
	}
	*filep = file;
	return 0;
}

bool win_file_has_port(struct win_file *file)
{
	bool has_port;

	win_lock();
	has_port = file->port;
	win_unlock();
	return has_port;
}

static bool file_enter(struct win_file *file, bool may_be_closed)
{
	bool is_there;

	win_lock();
	is_there = file->pipe && (may_be_closed || !file->is_closed);
	if (is_there)
		file->n_inside++;
	win_unlock();
	return is_there;
}

bool win_file_enter(struct win_file *file)
{
	return file_enter(file, false);
}

bool win_file_hold(struct win_file *file)
{
	return file_enter(file, true);
}

/* As something is in flight, the engine is to look at it. */
static void file_arm(struct win_file *file)
{
	int fd = pen_pipe_fd(file->pipe);
	short events = pen_pipe_events(file->pipe);
	int ms = pen_pipe_timeout(file->pipe);

	win_lock();
	if (!file->is_closed && !pen_list_is_empty(&file->requests))
		win_engine_arm(&file->source, fd, events,
			       ms < 0 ? WIN_FOREVER : win_now() + ms * INT64_C(1000000));
	win_unlock();
}

void win_file_leave(struct win_file *file)
{
	struct pen_pipe *pipe;
	bool arms;

	win_lock();
	arms = !file->is_closed && !file->is_direct && !pen_list_is_empty(&file->requests);
	win_unlock();
	if (arms)
		file_arm(file);
	win_lock();
	file->n_inside--;
	pipe = file_take_pipe(file);
	win_unlock();
	pen_pipe_free(pipe);
}

uint32_t win_file_begin(struct win_file *file, const IO_STATUS_BLOCK *iosb)
{
	uint32_t status = win_turn_take(file, iosb);

	if (status)
		return status;
	if (win_file_enter(file))
		return 0;
	win_turn_give(file);
	return PEN_STATUS_INVALID_HANDLE;
}

void win_file_end(struct win_file *file)
{
	win_file_leave(file);
	win_turn_give(file);
}

static void file_forked(struct win_object *object)
{
	struct win_file *file = (struct win_file *)object;

	win_file_forget(file);
	while (!pen_list_is_empty(&file->turns))
		pen_list_remove(file->turns.next);
	file->is_taken = false;
	file->n_inside = 0;
}

void win_file_forked(void)
{
	win_handle_each(WIN_FILE, file_forked);
}
