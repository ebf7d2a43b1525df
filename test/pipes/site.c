/* SPDX-License-Identifier: MIT */
#include "pipes/site.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/status.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct site_op {
	struct pen_pipe_op op;
	struct pen_pipe *pipe;
	uint8_t bytes[SITE_BYTES];
	uint32_t size;
	/* In a thread of its own. */
	bool is_thread;
	pthread_t thread;
	enum site_verb verb;
	uint8_t question[SITE_TEXT];
	uint32_t n_question;
	char name[SITE_TEXT];
	int wait_ms;
};

static struct {
	struct pen_pipe *pipes[SITE_ENDS];
	struct site_op ops[SITE_OPS];
	int socket;
} site = { .socket = -1 };

void site_set_socket(int socket)
{
	site.socket = socket;
}

static const char *name_of(const struct site_call *call)
{
	return call->has_name ? call->name : NULL;
}

static void do_create(struct site_call *call)
{
	struct pen_pipe_config config = call->config;
	struct pen_descriptor descriptor;
	struct pen_arena arena;

	pen_arena_init(&arena, 1 << 20);
	config.objects_dir = NULL;
	config.descriptor = NULL;
	config.quotas = call->has_quotas ? call->quotas : NULL;
	if (call->sddl[0]) {
		if (pen_sddl_parse(&descriptor, &arena, call->sddl, NULL, NULL))
			abort();
		config.descriptor = &descriptor;
	}
	call->status =
		pen_pipe_create(&site.pipes[call->end], name_of(call), &config, &call->information);
	pen_arena_done(&arena);
}

static void do_open(struct site_call *call)
{
	struct pen_pipe_open_config config = call->open;

	config.objects_dir = NULL;
	config.relative_to = call->is_relative ? site.pipes[call->relative_to] : NULL;
	call->status = pen_pipe_open(&site.pipes[call->end], name_of(call),
				     call->has_open ? &config : NULL);
}

static void do_start(struct site_call *call)
{
	struct site_op *op = &site.ops[call->op];
	struct pen_pipe *pipe = site.pipes[call->end];

	memset(op, 0, sizeof(*op));
	op->pipe = pipe;
	op->size = call->size;
	switch (call->verb) {
	case SITE_LISTEN:
		pen_pipe_start_listen(pipe, &op->op);
		break;
	case SITE_READ:
		pen_pipe_start_read(pipe, &op->op, op->bytes, call->size);
		break;
	case SITE_WRITE:
		pen_pipe_start_write(pipe, &op->op, call->bytes, call->n);
		break;
	case SITE_FLUSH:
		pen_pipe_start_flush(pipe, &op->op);
		break;
	default:
		pen_pipe_start_transact(pipe, &op->op, call->bytes, call->n, op->bytes, call->size);
		break;
	}
	call->status = op->op.status;
	call->information = op->op.information;
	call->n = op->size;
	memcpy(call->bytes, op->bytes, op->size);
}

static void do_wait(struct site_call *call)
{
	struct site_op *op = &site.ops[call->op];

	if (op->is_thread) {
		pthread_join(op->thread, NULL);
		call->status = op->op.status;
	} else {
		call->status = pen_pipe_wait(op->pipe, &op->op, call->wait_ms);
	}
	call->information = op->op.information;
	call->n = op->size;
	memcpy(call->bytes, op->bytes, op->size);
}

static void *run_thread(void *data)
{
	struct site_op *op = data;

	if (op->verb == SITE_CALL)
		op->op.status = pen_pipe_call(op->name, op->question, op->n_question, op->bytes,
					      op->size, &op->op.information, op->wait_ms);
	else
		op->op.status = pen_pipe_wait_name(op->name, op->wait_ms, NULL);
	return NULL;
}

static void do_thread(struct site_call *call)
{
	struct site_op *op = &site.ops[call->op];

	memset(op, 0, sizeof(*op));
	op->is_thread = true;
	op->verb = call->verb;
	op->wait_ms = call->wait_ms;
	op->size = call->size;
	op->n_question = call->n;
	memcpy(op->question, call->bytes, sizeof(op->question));
	memcpy(op->name, call->name, sizeof(op->name));
	call->status = pthread_create(&op->thread, NULL, run_thread, op) ? PEN_STATUS_NO_MEMORY
									 : PEN_STATUS_PENDING;
}

/* A text that is to be freed. */
static void keep_text(struct site_call *call, char *text)
{
	snprintf(call->name, sizeof(call->name), "%s", text);
	free(text);
}

static void do_token(struct site_call *call)
{
	struct pen_token *token;

	call->status = pen_pipe_client_token(site.pipes[call->end], &token);
	if (call->status)
		return;
	call->numbers[0] = pen_token_info(token)->uid;
	call->numbers[1] = pen_token_info(token)->is_identify_only;
	call->numbers[2] = pen_token_info(token)->session_id;
	call->numbers[3] = pen_token_is_anonymous(token);
	pen_token_free(token);
}

/* Who the thread is meanwhile, to the kernel. */
static void do_impersonate(struct site_call *call)
{
	call->status = pen_pipe_impersonate(site.pipes[call->end]);
	call->numbers[0] = (uint32_t)geteuid();
	if (call->status)
		return;
	pen_pipe_revert();
	call->numbers[1] = (uint32_t)geteuid();
}

static void do_get_security(struct site_call *call)
{
	struct pen_descriptor descriptor;
	struct pen_buffer buffer;
	struct pen_arena arena;

	pen_arena_init(&arena, 1 << 20);
	pen_buffer_init(&buffer, SITE_TEXT - 1);
	call->status =
		pen_pipe_get_security(site.pipes[call->end], call->access, &arena, &descriptor);
	call->sddl[0] = 0;
	if (!call->status && !pen_sddl_print(&descriptor, NULL, &buffer)) {
		memcpy(call->sddl, buffer.data, buffer.size);
		call->sddl[buffer.size] = 0;
	}
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static void do_set_security(struct site_call *call)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;

	pen_arena_init(&arena, 1 << 20);
	if (pen_sddl_parse(&descriptor, &arena, call->sddl, NULL, NULL))
		abort();
	call->status = pen_pipe_set_security(site.pipes[call->end], call->access, &descriptor);
	pen_arena_done(&arena);
}

static uint32_t add_entry(void *data, const struct pen_pipe_entry *entry)
{
	struct site_call *call = data;
	size_t used = strlen(call->name);

	snprintf(call->name + used, sizeof(call->name) - used, "%s %u/%d\n", entry->name,
		 entry->instances,
		 entry->instances_max == UINT32_MAX ? -1 : (int)entry->instances_max);
	return 0;
}

/* Into another user's skin, as a server that impersonates; the saved id stays root's. */
static void do_become(struct site_call *call)
{
	uid_t uid = call->numbers[0];

	call->status = syscall(SYS_setresuid, -1, uid, -1) ? PEN_STATUS_ACCESS_DENIED : 0;
}

static void do_child(struct site_call *call)
{
	struct pen_pipe *pipe = site.pipes[call->end];
	struct pen_pipe_op op = { 0 };
	int status = 0;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		uint32_t r = pen_pipe_start_write(pipe, &op, call->bytes, call->n);

		if (call->verb == SITE_CHILD_DIE && r == PEN_STATUS_PENDING)
			raise(SIGKILL);
		_exit(r ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	if (call->verb == SITE_CHILD_DIE)
		call->status = WIFSIGNALED(status) ? 0 : PEN_STATUS_UNSUCCESSFUL;
	else
		call->status =
			WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : PEN_STATUS_UNSUCCESSFUL;
}

static void done(struct pen_pipe_op *op)
{
	*(uint32_t *)op->data = op->status;
}

static void do_close_started(struct site_call *call)
{
	struct pen_pipe *pipe = site.pipes[call->end];
	struct pen_pipe_op op = { .done = done, .data = &call->information };

	call->information = PEN_STATUS_PENDING;
	if (call->size)
		pen_pipe_start_read(pipe, &op, call->bytes, call->size);
	else
		pen_pipe_start_listen(pipe, &op);
	site.pipes[call->end] = pen_pipe_free(pipe);
	call->status = call->information;
}

static void do_reset(void)
{
	for (unsigned i = 0; i < SITE_ENDS; i++)
		site.pipes[i] = pen_pipe_free(site.pipes[i]);
}

static void do_question(struct site_call *call)
{
	struct pen_pipe *pipe = site.pipes[call->end];
	bool modes[2];
	char *text;

	switch (call->verb) {
	case SITE_GET_MODES:
		call->status = pen_pipe_get_modes(pipe, &modes[0], &modes[1]);
		if (!call->status) {
			call->numbers[0] = modes[0];
			call->numbers[1] = modes[1];
		}
		break;
	case SITE_GET_INFO:
		call->status = pen_pipe_get_info(pipe, &call->info);
		break;
	case SITE_GET_NAME:
		call->status = pen_pipe_get_name(pipe, &text);
		if (!call->status)
			keep_text(call, text);
		break;
	case SITE_CLIENT_PROCESS:
		call->status = pen_pipe_client_process(pipe, &call->numbers[0]);
		break;
	case SITE_CLIENT_SESSION:
		call->status = pen_pipe_client_session(pipe, &call->numbers[0]);
		break;
	case SITE_SERVER_PROCESS:
		call->status = pen_pipe_server_process(pipe, &call->numbers[0]);
		break;
	case SITE_SERVER_SESSION:
		call->status = pen_pipe_server_session(pipe, &call->numbers[0]);
		break;
	case SITE_CLIENT_COMPUTER:
		call->status = pen_pipe_client_computer(pipe, &text);
		if (!call->status)
			keep_text(call, text);
		break;
	default:
		abort();
	}
}

void site_do(struct site_call *call)
{
	struct pen_pipe *pipe = site.pipes[call->end];

	switch (call->verb) {
	case SITE_CREATE:
		do_create(call);
		break;
	case SITE_OPEN:
		do_open(call);
		break;
	case SITE_FREE:
		site.pipes[call->end] = pen_pipe_free(pipe);
		break;
	case SITE_LISTEN:
	case SITE_READ:
	case SITE_WRITE:
	case SITE_FLUSH:
	case SITE_TRANSACT:
		do_start(call);
		break;
	case SITE_CANCEL:
		call->status = pen_pipe_cancel(site.ops[call->op].pipe, &site.ops[call->op].op);
		break;
	case SITE_WAIT:
		do_wait(call);
		break;
	case SITE_CALL:
	case SITE_START_WAIT_NAME:
		do_thread(call);
		break;
	case SITE_WAIT_NAME:
		call->status = pen_pipe_wait_name(call->name, call->wait_ms, NULL);
		break;
	case SITE_DISCONNECT:
		call->status = pen_pipe_disconnect(pipe);
		break;
	case SITE_PEEK:
		call->status = pen_pipe_peek(pipe, call->bytes, call->size, &call->peek);
		break;
	case SITE_SET_MODES:
		call->status = pen_pipe_set_modes(pipe, call->numbers[0], call->numbers[1]);
		break;
	case SITE_GET_ACCESS:
		call->access = pen_pipe_access(pipe);
		break;
	case SITE_CLIENT_TOKEN:
		do_token(call);
		break;
	case SITE_IMPERSONATE:
		do_impersonate(call);
		break;
	case SITE_GET_SECURITY:
		do_get_security(call);
		break;
	case SITE_SET_SECURITY:
		do_set_security(call);
		break;
	case SITE_DUPLICATE:
		call->status =
			pen_pipe_duplicate(pipe, call->access, &site.pipes[call->relative_to]);
		break;
	case SITE_SEND:
		call->status = pen_pipe_send(pipe, site.socket, call->access);
		break;
	case SITE_RECEIVE:
		call->status = pen_pipe_receive(&site.pipes[call->end], site.socket);
		break;
	case SITE_LIST:
		call->name[0] = 0;
		call->status = pen_pipe_list(NULL, add_entry, call);
		break;
	case SITE_WATCH:
		call->status = pen_pipe_watch(NULL, &call->numbers[0], call->wait_ms);
		break;
	case SITE_BECOME:
		do_become(call);
		break;
	case SITE_CHILD_PUT:
	case SITE_CHILD_DIE:
		do_child(call);
		break;
	case SITE_CLOSE_STARTED:
		do_close_started(call);
		break;
	case SITE_PID:
		call->numbers[0] = (uint32_t)getpid();
		break;
	case SITE_RESET:
		do_reset();
		break;
	default:
		do_question(call);
		break;
	}
}
