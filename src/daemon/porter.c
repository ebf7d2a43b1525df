/* SPDX-License-Identifier: MIT */
#include "daemon/porter-part.h"
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ORDERS_MAX = 64, AGAIN_MS = 1000 };

static void porter_end(struct porter *porter, int error)
{
	porter->is_over = true;
	porter->error = error;
	uv_poll_stop(&porter->orders);
	pen_loop_stop(&porter->loop);
}

static bool is_gone(int r)
{
	return r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN;
}

static void on_orders(uv_poll_t *poll, int status, int events);

/* ---- words to penstockd ---- */

static int tell(struct porter *porter, const struct caller *caller)
{
	struct worker_report report = {
		.verb = worker_VISIT,
		.body.visit = { .name = (char *)(uintptr_t)caller->name,
				.process = caller->process },
	};
	int r = pen_letter_from_token(&report.body.visit.token, &porter->told, caller->token);

	if (!r)
		r = pen_worker_send_report(porter->config.fd, &report, caller->envelope,
					   &porter->scratch);
	pen_arena_reset(&porter->told);
	porter->scratch.size = 0;
	return r;
}

static void fill_all(struct porter *porter)
{
	pen_list_each (link, after, &porter->posts)
		if (!post_fill(pen_list_entry(link, struct post, link)))
			porter_try_again(porter);
}

/* Those of whom nothing can be told are dropped. */
static void tell_all(struct porter *porter)
{
	int r = 0;

	while (!porter->is_over && !pen_list_is_empty(&porter->callers)) {
		struct caller *caller = pen_list_entry(porter->callers.next, struct caller, link);

		r = tell(porter, caller);
		if (r == -EAGAIN)
			break;
		pen_list_remove(&caller->link);
		caller_free(caller);
		if (is_gone(r))
			porter_end(porter, 0);
	}
	if (!porter->is_over)
		uv_poll_start(&porter->orders, UV_READABLE | (r == -EAGAIN ? UV_WRITABLE : 0),
			      on_orders);
}

void porter_announce(struct porter *porter, struct caller *caller)
{
	pen_list_append(&porter->callers, &caller->link);
	tell_all(porter);
}

/* ---- time ---- */

static void on_again(uv_timer_t *timer)
{
	fill_all(timer->data);
}

void porter_try_again(struct porter *porter)
{
	uint32_t ms = porter->config.again_ms ? porter->config.again_ms : AGAIN_MS;

	if (!uv_is_active((uv_handle_t *)&porter->again))
		uv_timer_start(&porter->again, on_again, ms, 0);
}

/* ---- orders ---- */

static struct post *find_post(const struct porter *porter, const struct worker_post *letter)
{
	pen_list_each (link, after, &porter->posts) {
		struct post *post = pen_list_entry(link, struct post, link);

		if (post_is(post, letter))
			return post;
	}
	return NULL;
}

/* Those that go on are not touched; what is ordered otherwise goes, and comes anew. */
static void take_posts(struct porter *porter, const struct worker_posts *order)
{
	pen_list_each (link, after, &porter->posts)
		pen_list_entry(link, struct post, link)->is_wanted = false;
	for (uint32_t i = 0; i < order->n; i++) {
		struct post *post = find_post(porter, &order->posts[i]);

		if (post)
			post->is_wanted = true;
	}
	pen_list_each (link, after, &porter->posts) {
		struct post *post = pen_list_entry(link, struct post, link);

		if (!post->is_wanted)
			post_free(post);
	}
	for (uint32_t i = 0; i < order->n; i++)
		if (!find_post(porter, &order->posts[i]))
			post_new(porter, &order->posts[i]);
}

/* PEN_E_AGAIN: it was the last for now. */
static int take_order(struct porter *porter)
{
	struct worker_order order;
	int fd = -1;
	int r = pen_worker_receive_order(porter->config.fd, &order, &fd, porter->room,
					 &porter->heard);

	if (r == -EAGAIN || r == -EINTR)
		return PEN_E_AGAIN;
	if (!r && order.verb == worker_POSTS) {
		take_posts(porter, &order.body.posts);
	} else if (!r && order.verb == worker_LEAVE) {
		porter_end(porter, 0);
	} else if (!r) {
		if (fd >= 0)
			close(fd);
		r = PEN_E_BAD_DATA;
	}
	pen_arena_reset(&porter->heard);
	return r;
}

static void on_orders(uv_poll_t *poll, int status, int events)
{
	struct porter *porter = poll->data;
	int r = status ? -ECONNRESET : 0;

	if (!r && events & UV_WRITABLE) {
		tell_all(porter);
		fill_all(porter);
	}
	for (int i = 0; i < ORDERS_MAX && !r && !porter->is_over; i++)
		r = take_order(porter);
	if (r && r != PEN_E_AGAIN)
		porter_end(porter, is_gone(r) ? 0 : r);
}

/* ---- beginning and end ---- */

static int start(struct porter *porter)
{
	int r = pen_loop_init(&porter->loop);

	if (r)
		return r;
	r = uv_poll_init(&porter->loop.uv, &porter->orders, porter->config.fd);
	if (r) {
		pen_loop_done(&porter->loop);
		return r;
	}
	uv_timer_init(&porter->loop.uv, &porter->again);
	porter->orders.data = porter->again.data = porter;
	uv_poll_start(&porter->orders, UV_READABLE, on_orders);
	return 0;
}

int porter_new(struct porter **porterp, const struct porter_config *config)
{
	struct porter *porter = calloc(1, sizeof(*porter));
	int r;

	if (!porter)
		return -ENOMEM;
	porter->config = *config;
	pen_list_init(&porter->posts);
	pen_list_init(&porter->callers);
	pen_arena_init(&porter->heard, PEN_WORKER_ARENA_MAX);
	pen_arena_init(&porter->told, PEN_WORKER_ARENA_MAX);
	r = start(porter);
	if (r) {
		free(porter);
		return r;
	}
	*porterp = porter;
	return 0;
}

struct porter *porter_free(struct porter *porter)
{
	if (!porter)
		return NULL;
	pen_list_each (link, after, &porter->posts)
		post_free(pen_list_entry(link, struct post, link));
	pen_list_each (link, after, &porter->callers) {
		pen_list_remove(link);
		caller_free(pen_list_entry(link, struct caller, link));
	}
	uv_close((uv_handle_t *)&porter->orders, NULL);
	uv_close((uv_handle_t *)&porter->again, NULL);
	pen_loop_done(&porter->loop);
	pen_arena_done(&porter->heard);
	pen_arena_done(&porter->told);
	pen_buffer_done(&porter->scratch);
	free(porter);
	return NULL;
}

int porter_run(struct porter *porter)
{
	if (!porter->is_over)
		pen_loop_run(&porter->loop);
	return porter->error;
}
