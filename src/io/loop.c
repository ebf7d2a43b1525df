/* SPDX-License-Identifier: MIT */
#include "io/loop.h"

static void on_wake(uv_async_t *wake)
{
	struct pen_loop *loop = wake->data;

	if (loop->is_stopped)
		uv_stop(&loop->uv);
}

int pen_loop_init(struct pen_loop *loop)
{
	int r;

	r = uv_loop_init(&loop->uv);
	if (r)
		return r;
	r = uv_async_init(&loop->uv, &loop->wake, on_wake);
	if (r) {
		uv_loop_close(&loop->uv);
		return r;
	}
	loop->wake.data = loop;
	loop->is_stopped = false;
	return 0;
}

void pen_loop_done(struct pen_loop *loop)
{
	uv_close((uv_handle_t *)&loop->wake, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
}

int pen_loop_run(struct pen_loop *loop)
{
	while (!loop->is_stopped)
		uv_run(&loop->uv, UV_RUN_DEFAULT);
	loop->is_stopped = false;
	return 0;
}

void pen_loop_stop(struct pen_loop *loop)
{
	loop->is_stopped = true;
	uv_async_send(&loop->wake);
}

int pen_loop_fd(const struct pen_loop *loop)
{
	return uv_backend_fd(&loop->uv);
}

int pen_loop_timeout(const struct pen_loop *loop)
{
	return uv_backend_timeout(&loop->uv);
}

int pen_loop_dispatch(struct pen_loop *loop)
{
	int r = uv_run(&loop->uv, UV_RUN_NOWAIT);

	return r < 0 ? r : 0;
}
