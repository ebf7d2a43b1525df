/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_HANDLE_LINE_H
#define PEN_RUNTIME_HANDLE_LINE_H
/*
 * Who uses a context handle, and who waits in line for it. A user (a call) wants all of its
 * handles at once, each for itself or shared, and runs when it has all of them; whoever came
 * before it comes first.
 *
 * So nobody waits in a circle: who waits in line has nothing yet. Those that run and then want
 * more, a call that wants a shared handle for itself, and one that its client makes in a
 * callback, wait for nobody but those that run, and are refused where one of these waits itself.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct pen_handle_line {
	TAILQ_HEAD(, pen_handle_use) uses; /* as they came */
	uint32_t n_waiting;
	bool is_closed; /* only those that run are left */
	/* It is closed, and its last user has left. May free it. */
	void (*ended)(struct pen_handle_line *line);
};

struct pen_handle_use {
	struct pen_handle_line *line; /* NULL: it was closed */
	TAILQ_ENTRY(pen_handle_use) place;
	struct pen_handle_user *user;
	struct pen_handle_use *other; /* the user's next */
	bool is_exclusive;
	bool is_rising; /* shared, and to be exclusive */
};

struct pen_handle_user {
	struct pen_handle_user
		*chain; /* the outermost of the calls that it is inside of, or itself */
	struct pen_handle_use *uses;
	uint32_t n_stuck; /* of an outermost one: in its chain those that run and wait */
	bool is_nested;
	bool is_running;
	/* It may run, or a use has risen; not to be gone on with from here. */
	void (*told)(struct pen_handle_user *user);
};

void pen_handle_line_init(struct pen_handle_line *line,
			  void (*ended)(struct pen_handle_line *line));

/* outer: the call that it is inside of; NULL: none. */
void pen_handle_user_init(struct pen_handle_user *user, struct pen_handle_user *outer,
			  void (*told)(struct pen_handle_user *user));

/*
 * Of a user that does not run yet. The use is the caller's, and lives as long as the user; it is
 * not needed where the user has one of that line: then false.
 */
bool pen_handle_user_add(struct pen_handle_user *user, struct pen_handle_use *use,
			 struct pen_handle_line *line, bool is_exclusive);

/*
 * Wants what was added. 0: it runs; PEN_PENDING: it will be told. PEN_E_LIMIT: as many wait for one
 * of the handles as may; -EDEADLK: inside of another call, it would wait for one that waits. After
 * an error it has no uses.
 */
int pen_handle_user_want(struct pen_handle_user *user, uint32_t waiting_max);

/* It is over, or waits no more. */
void pen_handle_user_leave(struct pen_handle_user *user);

/*
 * Of one that runs: has the handle shared or for itself from now on. 0: it has; PEN_PENDING: it
 * will be told; -EBUSY: it would wait for one that waits.
 */
int pen_handle_use_share(struct pen_handle_use *use);
int pen_handle_use_rise(struct pen_handle_use *use);

/* Does without it from now on. */
void pen_handle_use_end(struct pen_handle_use *use);

/*
 * The handle is no more; who waits for it does so no longer. Whether nobody uses it but the chain
 * of by (NULL: nobody): then it is left by that, and ended is not called.
 */
bool pen_handle_line_close(struct pen_handle_line *line, const struct pen_handle_user *by);

#endif
