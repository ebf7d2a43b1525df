/* SPDX-License-Identifier: MIT */
#include "runtime/handle-line.h"
#include <errno.h>
#include <penstock/base.h>
#include <penstock/interface.h>
#include <stddef.h>

/* ---- the line ---- */

void pen_handle_line_init(struct pen_handle_line *line, void (*ended)(struct pen_handle_line *line))
{
	*line = (struct pen_handle_line){ .ended = ended };
	TAILQ_INIT(&line->uses);
}

static void detach(struct pen_handle_use *use)
{
	TAILQ_REMOVE(&use->line->uses, use, place);
	if (!use->user->is_running)
		use->line->n_waiting--;
}

/* ---- who may run ---- */

static bool is_in_way(const struct pen_handle_use *other, const struct pen_handle_use *use,
		      bool is_before)
{
	const struct pen_handle_user *user = use->user;

	if (other->user->chain == user->chain)
		return false;
	if (!other->user->is_running && (!is_before || user->is_nested))
		return false;
	return use->is_exclusive || other->is_exclusive || (other->is_rising && !user->is_nested);
}

/* The first from there on that the use has to wait for; NULL: none. */
static const struct pen_handle_use *find_in_way(const struct pen_handle_use *use,
						const struct pen_handle_use *from)
{
	bool is_before = true;

	for (const struct pen_handle_use *u = TAILQ_FIRST(&use->line->uses); u != from;
	     u = TAILQ_NEXT(u, place))
		is_before = is_before && u != use;
	while (from && !is_in_way(from, use, is_before)) {
		is_before = is_before && from != use;
		from = TAILQ_NEXT(from, place);
	}
	return from;
}

static bool may_run(const struct pen_handle_user *user)
{
	for (const struct pen_handle_use *use = user->uses; use; use = use->other)
		if (use->line && find_in_way(use, TAILQ_FIRST(&use->line->uses)))
			return false;
	return true;
}

static bool is_rival(const struct pen_handle_use *other, const struct pen_handle_use *use)
{
	return other->user->is_running && other->user->chain != use->user->chain;
}

static bool may_rise(const struct pen_handle_use *use)
{
	const struct pen_handle_use *u;

	TAILQ_FOREACH(u, &use->line->uses, place)
	if (is_rival(u, use))
		return false;
	return true;
}

static void start(struct pen_handle_user *user)
{
	user->is_running = true;
	for (struct pen_handle_use *use = user->uses; use; use = use->other)
		if (use->line)
			use->line->n_waiting--;
	if (user->is_nested)
		user->chain->n_stuck--;
	user->told(user);
}

static void rise(struct pen_handle_use *use)
{
	use->is_rising = false;
	use->is_exclusive = true;
	use->user->chain->n_stuck--;
	use->user->told(use->user);
}

/* Something has gone from the line. */
static void go_on(struct pen_handle_line *line)
{
	struct pen_handle_use *use;

	TAILQ_FOREACH(use, &line->uses, place)
	{
		if (use->user->is_running && use->is_rising && may_rise(use))
			rise(use);
		else if (!use->user->is_running && may_run(use->user))
			start(use->user);
	}
}

/* The same, if there is still somebody. */
static void after(struct pen_handle_line *line)
{
	if (line->is_closed && TAILQ_EMPTY(&line->uses))
		line->ended(line);
	else
		go_on(line);
}

/* ---- a user ---- */

void pen_handle_user_init(struct pen_handle_user *user, struct pen_handle_user *outer,
			  void (*told)(struct pen_handle_user *user))
{
	*user = (struct pen_handle_user){ .is_nested = outer, .told = told };
	user->chain = outer ? outer->chain : user;
}

bool pen_handle_user_add(struct pen_handle_user *user, struct pen_handle_use *use,
			 struct pen_handle_line *line, bool is_exclusive)
{
	for (struct pen_handle_use *u = user->uses; u; u = u->other) {
		if (u->line != line)
			continue;
		u->is_exclusive |= is_exclusive;
		return false;
	}
	*use = (struct pen_handle_use){
		.line = line, .user = user, .other = user->uses, .is_exclusive = is_exclusive
	};
	user->uses = use;
	return true;
}

/* Whether one of those that it would wait for waits itself. */
static bool is_hopeless(const struct pen_handle_user *user)
{
	for (const struct pen_handle_use *use = user->uses; use; use = use->other) {
		const struct pen_handle_use *other =
			find_in_way(use, TAILQ_FIRST(&use->line->uses));

		while (other) {
			if (other->user->chain->n_stuck)
				return true;
			other = find_in_way(use, TAILQ_NEXT(other, place));
		}
	}
	return false;
}

static int wait_in_line(struct pen_handle_user *user, uint32_t waiting_max)
{
	for (const struct pen_handle_use *use = user->uses; use; use = use->other)
		if (use->line->n_waiting > waiting_max)
			return PEN_E_LIMIT;
	if (user->is_nested && is_hopeless(user))
		return -EDEADLK;
	if (user->is_nested)
		user->chain->n_stuck++;
	return PEN_PENDING;
}

int pen_handle_user_want(struct pen_handle_user *user, uint32_t waiting_max)
{
	int r;

	for (struct pen_handle_use *use = user->uses; use; use = use->other) {
		if (user->is_nested)
			TAILQ_INSERT_HEAD(&use->line->uses, use, place);
		else
			TAILQ_INSERT_TAIL(&use->line->uses, use, place);
		use->line->n_waiting++;
	}
	if (may_run(user)) {
		user->is_running = true;
		for (struct pen_handle_use *use = user->uses; use; use = use->other)
			use->line->n_waiting--;
		return 0;
	}
	r = wait_in_line(user, waiting_max);
	if (r == PEN_PENDING)
		return r;
	for (struct pen_handle_use *use = user->uses; use; use = use->other)
		detach(use);
	user->uses = NULL;
	return r;
}

void pen_handle_user_leave(struct pen_handle_user *user)
{
	struct pen_handle_use *uses = user->uses;

	user->uses = NULL;
	if (uses && user->is_nested && !user->is_running)
		user->chain->n_stuck--;
	for (struct pen_handle_use *use = uses; use; use = use->other) {
		if (use->line)
			detach(use);
		if (use->is_rising)
			user->chain->n_stuck--;
	}
	user->is_running = false;
	while (uses) {
		struct pen_handle_line *line = uses->line;

		uses = uses->other;
		if (line)
			after(line);
	}
}

/* ---- changes ---- */

int pen_handle_use_share(struct pen_handle_use *use)
{
	if (use->is_rising)
		use->user->chain->n_stuck--;
	use->is_rising = use->is_exclusive = false;
	if (use->line)
		go_on(use->line);
	return 0;
}

int pen_handle_use_rise(struct pen_handle_use *use)
{
	const struct pen_handle_use *u;

	if (use->is_rising)
		return PEN_PENDING;
	if (!use->line || use->is_exclusive || may_rise(use)) {
		use->is_exclusive = true;
		return 0;
	}
	TAILQ_FOREACH(u, &use->line->uses, place)
	if (is_rival(u, use) && u->user->chain->n_stuck)
		return -EBUSY;
	use->is_rising = true;
	use->user->chain->n_stuck++;
	return PEN_PENDING;
}

void pen_handle_use_end(struct pen_handle_use *use)
{
	struct pen_handle_line *line = use->line;

	pen_handle_use_share(use);
	if (!line)
		return;
	detach(use);
	use->line = NULL;
	after(line);
}

/* Who waited for it may run without it. */
static void let_go(struct pen_handle_line *line)
{
	struct pen_handle_use *next;

	for (struct pen_handle_use *use = TAILQ_FIRST(&line->uses); use; use = next) {
		next = TAILQ_NEXT(use, place);
		if (use->user->is_running)
			continue;
		detach(use);
		use->line = NULL;
		if (may_run(use->user))
			start(use->user);
	}
}

bool pen_handle_line_close(struct pen_handle_line *line, const struct pen_handle_user *by)
{
	struct pen_handle_use *next;

	line->is_closed = true;
	let_go(line);
	for (const struct pen_handle_use *use = TAILQ_FIRST(&line->uses); use;
	     use = TAILQ_NEXT(use, place))
		if (!by || use->user->chain != by->chain)
			return false;
	for (struct pen_handle_use *use = TAILQ_FIRST(&line->uses); use; use = next) {
		next = TAILQ_NEXT(use, place);
		detach(use);
		use->line = NULL;
		pen_handle_use_share(use);
	}
	return true;
}
