/* SPDX-License-Identifier: MIT */
/*
 * Another greeter in the place of one whose file is another by now: the last one keeps those whom
 * it has, which takes no longer than a client may take to bind.
 */
#include "daemon/inquiry.h"
#include "daemon/supervisor-parts.h"

static void drop_last(struct supervisor *supervisor)
{
	struct visitor *visitor;

	supervisor->last_greeter = child_free(supervisor->last_greeter);
	while ((visitor = visitors_take_any(&supervisor->last_visitors)))
		visitor_free(visitor);
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct supervisor *supervisor = data;

	supervisor_hear(supervisor, &supervisor->last_visitors, report, fd);
	if (!supervisor->last_visitors.n)
		drop_last(supervisor);
}

static void on_free(void *data)
{
}

static void on_ended(void *data, int status)
{
	drop_last(data);
}

static struct child_listener listener_of(struct supervisor *supervisor)
{
	return (struct child_listener){
		.said = on_said, .free = on_free, .ended = on_ended, .data = supervisor
	};
}

int supervisor_adopt_last_greeter(struct supervisor *supervisor,
				  const struct heritage_child *letter, struct legacy *legacy)
{
	const struct child_listener listener = listener_of(supervisor);

	return child_adopt(&supervisor->last_greeter, CHILD_GREETER, &supervisor->loop.uv,
			   &listener, letter, legacy);
}

static void retire(struct supervisor *supervisor)
{
	const struct child_listener listener = listener_of(supervisor);

	supervisor->is_greeter_old = false;
	supervisor->last_greeter = supervisor->greeter;
	supervisor->greeter = NULL;
	child_set_listener(supervisor->last_greeter, &listener);
	visitors_move(&supervisor->last_visitors, &supervisor->visitors);
	if (!supervisor->last_visitors.n)
		drop_last(supervisor);
	supervisor_start_greeter(supervisor);
	supervisor_set_doors(supervisor);
	log_line(supervisor->config.log, PEN_LOG_INFO, "greeter", "message", "it is another now",
		 NULL);
}

void supervisor_check_greeter(struct supervisor *supervisor)
{
	if (supervisor->is_greeter_old && supervisor->greeter && !supervisor->last_greeter)
		retire(supervisor);
}

void supervisor_replace_greeter(struct supervisor *supervisor)
{
	const struct heritage_stamp stamp = inquiry_stamp(supervisor->config.greeter);

	/* None at all is no reason to give up the one that there is. */
	if (!stamp.inode || inquiry_is_same(&stamp, &supervisor->greeter_stamp))
		return;
	supervisor->is_greeter_old = true;
	supervisor_check_greeter(supervisor);
}
