/* SPDX-License-Identifier: MIT */
/* Who waits: for an instance, for a change, for a name to come back [rows N1-N10, C41, E3]. */
#include "object/state.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

/* ---- waiters ---- */

void pen_object_waiter_free(struct pen_objects *objects, struct pen_object_waiter *waiter)
{
	pen_list_remove(&waiter->link);
	pen_list_remove(&waiter->group);
	waiter->user->n_waiters--;
	objects->n_waiters--;
	pen_object_user_put(waiter->user);
	pen_token_free(waiter->token);
	free(waiter->name);
	free(waiter);
}

static uint32_t waiter_new(struct pen_objects *objects, enum pen_waiter_kind kind,
			   const struct pen_token *token, void *owner, uint64_t deadline,
			   struct pen_list *group, struct pen_object_waiter **waiterp)
{
	const struct pen_objects_limits *limits = &objects->config.limits;
	struct pen_object_user *user = pen_object_user_get(objects, token);
	struct pen_object_waiter *waiter;

	if (!user)
		return PEN_STATUS_NO_MEMORY;
	if (user->n_waiters >= limits->waiters || objects->n_waiters >= limits->waiters_in_all) {
		pen_object_user_put(user);
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	}
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter) {
		pen_object_user_put(user);
		return PEN_STATUS_NO_MEMORY;
	}
	waiter->kind = kind;
	waiter->user = user;
	waiter->owner = owner;
	waiter->deadline = deadline;
	pen_list_append(&objects->waiting, &waiter->link);
	pen_list_append(group, &waiter->group);
	user->n_waiters++;
	objects->n_waiters++;
	if (deadline < objects->deadline)
		objects->deadline = deadline;
	*waiterp = waiter;
	return PEN_STATUS_PENDING;
}

static void make_ready(struct pen_objects *objects, struct pen_object_waiter *waiter,
		       uint32_t status)
{
	waiter->status = status;
	waiter->is_ready = true;
	pen_list_remove(&waiter->link);
	pen_list_remove(&waiter->group);
	pen_list_append(&objects->ready, &waiter->link);
}

static void wake_all(struct pen_objects *objects, struct pen_list *group, uint32_t status)
{
	pen_list_each (link, after, group)
		make_ready(objects, pen_list_entry(link, struct pen_object_waiter, group), status);
}

void pen_object_wake(struct pen_objects *objects, struct pen_object_pipe *pipe, uint32_t status)
{
	wake_all(objects, &pipe->waiters, status);
}

void pen_object_wake_held(struct pen_objects *objects)
{
	/* Whether it is theirs that came they see when they ask again. */
	pen_list_each (link, after, &objects->held) {
		struct pen_object_waiter *waiter =
			pen_list_entry(link, struct pen_object_waiter, group);

		make_ready(objects, waiter, PEN_STATUS_PENDING);
	}
}

void pen_object_has_changed(struct pen_objects *objects)
{
	objects->changes++;
	wake_all(objects, &objects->watchers, PEN_STATUS_SUCCESS);
}

void pen_objects_cancel(struct pen_objects *objects, void *ticket)
{
	pen_object_waiter_free(objects, ticket);
}

/* ---- time ---- */

void pen_objects_tick(struct pen_objects *objects, uint64_t now)
{
	objects->now = now;
	if (now < objects->deadline)
		return;
	objects->deadline = UINT64_MAX;
	if (!objects->is_settled && now >= objects->config.settled_at) {
		objects->is_settled = true;
		pen_object_wake_held(objects);
	} else if (!objects->is_settled) {
		objects->deadline = objects->config.settled_at;
	}
	pen_list_each (link, after, &objects->waiting) {
		struct pen_object_waiter *waiter =
			pen_list_entry(link, struct pen_object_waiter, link);

		if (waiter->deadline <= now)
			make_ready(objects, waiter, PEN_STATUS_IO_TIMEOUT);
		else if (waiter->deadline < objects->deadline)
			objects->deadline = waiter->deadline;
	}
}

uint64_t pen_objects_deadline(const struct pen_objects *objects)
{
	return objects->deadline;
}

/* 100 ns, negative, as NT says it: the time in milliseconds when that is over. */
static uint64_t deadline_of(uint64_t now, int64_t timeout)
{
	if (timeout <= -INT64_C(0x7fffffffffffffff))
		return UINT64_MAX;
	return now + (0 - (uint64_t)timeout + 9999) / 10000;
}

/* ---- requests ---- */

uint32_t pen_object_wait_for(struct pen_objects *objects, struct pen_object_pipe *pipe,
			     const struct pen_token *token, void *owner, uint64_t deadline,
			     struct pen_object_waiter **waiterp)
{
	return waiter_new(objects, PEN_WAITER_PIPE, token, owner, deadline, &pipe->waiters,
			  waiterp);
}

uint32_t pen_object_hold_back(struct pen_object_call *call)
{
	const struct object_request *letter = call->request->letter;
	bool is_open = letter->verb == object_OPEN_PIPE;
	struct pen_objects *objects = call->objects;
	struct pen_object_waiter *waiter;
	uint32_t status;

	if (objects->is_settled)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	status = waiter_new(objects, PEN_WAITER_HELD, call->token, call->request->asker.owner,
			    UINT64_MAX, &objects->held, &waiter);
	if (status != PEN_STATUS_PENDING)
		return status;
	waiter->token = pen_token_ref(call->token);
	waiter->process = call->request->asker.process;
	waiter->verb = letter->verb;
	waiter->name = strdup(is_open ? letter->body.open_pipe.name : letter->body.wait_pipe.name);
	if (!waiter->name) {
		pen_object_waiter_free(objects, waiter);
		return PEN_STATUS_NO_MEMORY;
	}
	if (is_open)
		waiter->open = letter->body.open_pipe;
	else
		waiter->timeout = letter->body.wait_pipe.timeout;
	call->reply->ticket = waiter;
	return PEN_STATUS_PENDING;
}

uint32_t pen_object_wait_pipe(struct pen_object_call *call)
{
	const struct object_wait_pipe *in = &call->request->letter->body.wait_pipe;
	struct pen_object_waiter *waiter;
	struct pen_object_pipe *pipe;
	struct pen_place place;
	uint32_t status = pen_object_find_pipe(call, in->name, &place, &pipe);

	if (status)
		return status;
	if (place.is_device || !*place.name || in->timeout > 0)
		return PEN_STATUS_INVALID_PARAMETER;
	pipe = pen_object_named(call->objects, place.name);
	if (!pipe)
		return pen_object_hold_back(call);
	if (!pen_list_is_empty(&pipe->listening))
		return PEN_STATUS_SUCCESS;
	status = pen_object_wait_for(
		call->objects, pipe, call->token, call->request->asker.owner,
		deadline_of(call->objects->now, in->timeout ? in->timeout : pipe->fixed.timeout),
		&waiter);
	if (status == PEN_STATUS_PENDING)
		call->reply->ticket = waiter;
	return status;
}

uint32_t pen_object_watch(struct pen_object_call *call)
{
	struct pen_objects *objects = call->objects;
	struct pen_object_waiter *waiter;
	uint32_t status;

	call->reply->letter.body.changes = objects->changes;
	if (call->request->letter->body.watch.seen != objects->changes)
		return PEN_STATUS_SUCCESS;
	status = waiter_new(objects, PEN_WAITER_WATCH, call->token, call->request->asker.owner,
			    UINT64_MAX, &objects->watchers, &waiter);
	if (status == PEN_STATUS_PENDING)
		call->reply->ticket = waiter;
	return status;
}

/* ---- replies that come later ---- */

/* What was held back is asked again. Whether there is a reply now. */
static bool ask_again(struct pen_objects *objects, struct pen_object_waiter *waiter,
		      struct pen_arena *arena, struct pen_objects_reply *reply)
{
	struct object_request letter = { .verb = waiter->verb };
	const struct pen_objects_request request = {
		.asker = { waiter->token, waiter->process, waiter->owner },
		.letter = &letter,
		.now = objects->now,
	};
	struct pen_object_waiter *later;

	if (waiter->verb == object_OPEN_PIPE) {
		letter.body.open_pipe = waiter->open;
		letter.body.open_pipe.name = waiter->name;
	} else {
		letter.body.wait_pipe = (struct object_wait_pipe){ waiter->name, waiter->timeout };
	}
	pen_objects_ask(objects, &request, arena, reply);
	if (reply->letter.status != PEN_STATUS_PENDING)
		return true;
	/* Its ticket is the one that the owner has: the new waiter's place in the lists is its. */
	later = reply->ticket;
	waiter->kind = later->kind;
	waiter->deadline = later->deadline;
	waiter->is_ready = false;
	pen_list_remove(&waiter->link);
	pen_list_append(&later->link, &waiter->link);
	pen_list_append(&later->group, &waiter->group);
	pen_object_waiter_free(objects, later);
	return false;
}

static void answer(struct pen_objects *objects, const struct pen_object_waiter *waiter,
		   struct pen_objects_reply *reply)
{
	*reply = (struct pen_objects_reply){ .letter.status = waiter->status,
					     .letter.verb = PEN_LETTER_NO_BODY };
	if (waiter->status)
		return;
	reply->letter.verb = waiter->kind == PEN_WAITER_WATCH ? object_WATCH : object_WAIT_PIPE;
	if (waiter->kind == PEN_WAITER_WATCH)
		reply->letter.body.changes = objects->changes;
}

bool pen_objects_next(struct pen_objects *objects, struct pen_arena *arena,
		      struct pen_objects_reply *reply, void **ownerp)
{
	bool is_answered = false;

	while (!is_answered && !pen_list_is_empty(&objects->ready)) {
		struct pen_object_waiter *waiter =
			pen_list_entry(objects->ready.next, struct pen_object_waiter, link);

		*ownerp = waiter->owner;
		is_answered = true;
		if (waiter->kind == PEN_WAITER_HELD)
			is_answered = ask_again(objects, waiter, arena, reply);
		else
			answer(objects, waiter, reply);
		if (is_answered)
			pen_object_waiter_free(objects, waiter);
	}
	return is_answered;
}
