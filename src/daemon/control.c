/* SPDX-License-Identifier: MIT */
#include "daemon/control.h"
#include "io/socket.h"
#include "runtime/identify.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_MAX = 16 /* in one turn */, FULL_MS = 100 };

struct control {
	struct control_config config;
	struct pen_server *server;
	struct pen_token *asker; /* who may only ask */
	struct pen_unix_socket socket;
	uv_poll_t door;	 /* who comes */
	uv_poll_t turn;	 /* the server's own loop has something to do, */
	uv_timer_t time; /* or it is time for it */
	uv_timer_t again;
	unsigned n_handles; /* of those that the loop has */
};

/* ---- the operations ---- */

/* Whether the caller may tell, and not only ask. */
static bool may_tell(const struct pen_call *call)
{
	const struct pen_token_info *who = pen_token_info(pen_call_token(call));

	return who->has_unix && (who->uid == 0 || who->uid == geteuid());
}

static const struct control_actions *actions_of(const struct pen_call *call)
{
	return &((const struct control *)pen_call_data(call))->config.actions;
}

static int get_status(struct pen_call *call, const struct control_GetStatus_in *in,
		      struct control_GetStatus_out *out)
{
	const struct control_actions *actions = actions_of(call);

	if (!actions->describe) {
		out->result = PEN_WERR_CALL_NOT_IMPLEMENTED;
		return 0;
	}
	return actions->describe(actions->data, pen_call_arena(call), &out->status);
}

static int stop(struct pen_call *call, const struct control_Stop_in *in,
		struct control_Stop_out *out)
{
	const struct control_actions *actions = actions_of(call);

	out->result = !may_tell(call)  ? PEN_WERR_ACCESS_DENIED
		      : !actions->stop ? PEN_WERR_CALL_NOT_IMPLEMENTED
				       : actions->stop(actions->data, in->manner);
	return 0;
}

static int restart(struct pen_call *call, const struct control_Restart_in *in,
		   struct control_Restart_out *out)
{
	const struct control_actions *actions = actions_of(call);

	out->result = !may_tell(call) ? PEN_WERR_ACCESS_DENIED
		      : !actions->restart
			      ? PEN_WERR_CALL_NOT_IMPLEMENTED
			      : actions->restart(actions->data, in->program, in->is_now);
	return 0;
}

/* One that says what is wrong, in its own words. */
static int tell(struct pen_call *call, uint32_t (*action)(void *data, struct pen_buffer *diagnosis),
		const char **diagnosisp, uint32_t *resultp)
{
	struct pen_buffer diagnosis;

	*diagnosisp = "";
	*resultp = PEN_WERR_ACCESS_DENIED;
	if (!may_tell(call))
		return 0;
	*resultp = PEN_WERR_CALL_NOT_IMPLEMENTED;
	if (!action)
		return 0;
	pen_buffer_init(&diagnosis, control_DIAGNOSIS_MAX - 1);
	*resultp = action(actions_of(call)->other, &diagnosis);
	if (diagnosis.size)
		*diagnosisp = pen_arena_text(pen_call_arena(call), (const char *)diagnosis.data,
					     diagnosis.size);
	pen_buffer_done(&diagnosis);
	return *diagnosisp ? 0 : -ENOMEM;
}

static int reload(struct pen_call *call, const struct control_Reload_in *in,
		  struct control_Reload_out *out)
{
	return tell(call, actions_of(call)->reload, &out->diagnosis, &out->result);
}

static int upgrade(struct pen_call *call, const struct control_Upgrade_in *in,
		   struct control_Upgrade_out *out)
{
	return tell(call, actions_of(call)->upgrade, &out->diagnosis, &out->result);
}

static bool is_seqpacket(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_SEQPACKET;
}

/* What is written to it may be secret: only who may tell hears that. */
static int trace(struct pen_call *call, const struct control_Trace_in *in,
		 struct control_Trace_out *out)
{
	const struct control_actions *actions = actions_of(call);
	int fd = pen_call_take_descriptor(call, &in->socket);

	if (!may_tell(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	else if (!actions->trace)
		out->result = PEN_WERR_CALL_NOT_IMPLEMENTED;
	else if (fd < 0 || !is_seqpacket(fd))
		out->result = PEN_WERR_INVALID_PARAMETER;
	else
		out->result = actions->trace(actions->data, fd, &in->filter);
	if (out->result && fd >= 0)
		close(fd);
	return 0;
}

static const struct control_operations operations = {
	.GetStatus = get_status,
	.Stop = stop,
	.Reload = reload,
	.Upgrade = upgrade,
	.Restart = restart,
	.Trace = trace,
};

/* ---- the server's loop, in penstockd's ---- */

static void on_time(uv_timer_t *timer);

static void take_turn(struct control *control)
{
	int ms;

	pen_server_dispatch(control->server);
	ms = pen_server_timeout(control->server);
	if (ms < 0)
		uv_timer_stop(&control->time);
	else
		uv_timer_start(&control->time, on_time, (uint64_t)ms, 0);
}

static void on_time(uv_timer_t *timer)
{
	take_turn(timer->data);
}

static void on_turn(uv_poll_t *poll, int status, int events)
{
	take_turn(poll->data);
}

/* ---- who comes ---- */

static void say(const struct control *control, enum pen_log_level level, const char *message)
{
	log_line(control->config.log, level, "control", "message", message, NULL);
}

static void on_log(void *data, enum pen_log_level level, const char *line)
{
	say(data, level, line);
}

static void on_come(uv_poll_t *poll, int status, int events);

static void on_again(uv_timer_t *timer)
{
	struct control *control = timer->data;

	uv_poll_start(&control->door, UV_READABLE, on_come);
}

/* Only root, and who we are. */
static void admit(struct control *control, int fd)
{
	char text[96];
	uint32_t uid = UINT32_MAX;
	int r = pen_identify_carrier(fd, &uid);

	if (!r) {
		pen_server_adopt(control->server, fd, PEN_NCALRPC, NULL);
		return;
	}
	close(fd);
	snprintf(text, sizeof(text), "uid %u may not control penstockd", uid);
	if (r == PEN_E_DENIED)
		say(control, PEN_LOG_WARNING, text);
}

static void on_come(uv_poll_t *poll, int status, int events)
{
	struct control *control = poll->data;

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = pen_socket_accept(control->socket.fd, NULL);

		if (fd >= 0) {
			admit(control, fd);
			continue;
		}
		if (fd != -EAGAIN) { /* of something there is none left */
			say(control, PEN_LOG_ERROR, strerror(-fd));
			uv_poll_stop(poll);
			uv_timer_start(&control->again, on_again, FULL_MS, 0);
		}
		break;
	}
	take_turn(control);
}

int control_open(struct control *control)
{
	int ends[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	r = pen_socket_set_blocking(ends[0], false);
	if (r) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	r = pen_server_adopt(control->server, ends[0], PEN_NCALRPC, control->asker);
	if (r) {
		close(ends[1]);
		return r < 0 ? r : -EBUSY;
	}
	take_turn(control);
	return ends[1];
}

/* ---- its life ---- */

static void done(struct control *control)
{
	pen_server_free(control->server);
	pen_token_free(control->asker);
	if (control->socket.fd >= 0)
		pen_unix_close(&control->socket);
	free(control);
}

static int make_server(struct control *control)
{
	const struct pen_server_config config = {
		.ncalrpc_dir = control->config.ncalrpc_dir,
		.connections_max = CONTROL_CONNECTIONS_MAX,
		.connections_per_peer_max = CONTROL_CONNECTIONS_MAX,
		.idle_timeout_ms = UINT32_MAX,
		.log = on_log,
		.log_data = control,
	};
	const struct pen_service service = {
		.interface = &control_interface,
		.operations = &operations,
		.stub_max = 2 * control_TEXT_MAX,
	};
	int r = pen_server_new(&control->server, &config);

	return r ? r : pen_server_add(control->server, &service, control);
}

static int listen_at(struct control *control)
{
	const char *directory = control->config.ncalrpc_dir;
	struct pen_unix_socket *there = control->config.socket;
	int r;

	if (there && there->fd >= 0) {
		control->socket = *there;
		there->fd = -1;
		return 0;
	}
	r = pen_directory_make(directory, 0755);
	return r ? r
		 : pen_unix_listen(&control->socket, directory, CONTROL_NAME, 0600, SOCK_STREAM);
}

static void on_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;

	if (!--control->n_handles)
		done(control);
}

/* The loop has them from here on: only it can let go of them again. */
static int enter_loop(struct control *control)
{
	uv_loop_t *loop = control->config.loop;
	int r = uv_poll_init(loop, &control->door, control->socket.fd);

	if (r)
		return r;
	control->n_handles++;
	uv_timer_init(loop, &control->time);
	uv_timer_init(loop, &control->again);
	control->n_handles += 2;
	control->door.data = control->time.data = control->again.data = control;
	r = uv_poll_init(loop, &control->turn, pen_server_fd(control->server));
	if (r)
		return r;
	control->n_handles++;
	control->turn.data = control;
	uv_poll_start(&control->door, UV_READABLE, on_come);
	uv_poll_start(&control->turn, UV_READABLE, on_turn);
	return 0;
}

static void leave_loop(struct control *control)
{
	bool has_turn = control->n_handles == 4;

	uv_close((uv_handle_t *)&control->door, on_closed);
	uv_close((uv_handle_t *)&control->time, on_closed);
	uv_close((uv_handle_t *)&control->again, on_closed);
	if (has_turn)
		uv_close((uv_handle_t *)&control->turn, on_closed);
	pen_unix_close(&control->socket);
	control->socket.fd = -1;
}

int control_new(struct control **controlp, const struct control_config *config)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->config = *config;
	control->socket.fd = -1;
	r = pen_token_new_anonymous(&control->asker, true);
	if (!r)
		r = make_server(control);
	if (!r)
		r = listen_at(control);
	if (!r)
		r = enter_loop(control);
	if (!r) {
		take_turn(control);
		*controlp = control;
		return 0;
	}
	if (control->n_handles)
		leave_loop(control);
	else
		done(control);
	return r < 0 ? r : -EINVAL;
}

const struct pen_unix_socket *control_socket(const struct control *control)
{
	return &control->socket;
}

struct control *control_free(struct control *control)
{
	if (control)
		leave_loop(control);
	return NULL;
}
