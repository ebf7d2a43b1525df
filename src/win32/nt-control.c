/* SPDX-License-Identifier: MIT */
/*
 * NtFsControlFile: all that is asked of a pipe by a number [row E13].
 */
#include "win32/event.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/text.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>

enum { PEEK_HEAD = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data) };

static uint32_t act_disconnect(struct pen_pipe *pipe, const struct win_call *call,
			       uint32_t *informationp)
{
	return pen_pipe_disconnect(pipe);
}

static uint32_t act_impersonate(struct pen_pipe *pipe, const struct win_call *call,
				uint32_t *informationp)
{
	return pen_pipe_impersonate(pipe);
}

static uint32_t act_peek(struct pen_pipe *pipe, const struct win_call *call, uint32_t *informationp)
{
	FILE_PIPE_PEEK_BUFFER *buffer = call->out;
	struct pen_pipe_peek peek = { 0 };
	uint32_t status;

	if (call->n_out < PEEK_HEAD)
		return PEN_STATUS_INVALID_PARAMETER;
	status = pen_pipe_peek(pipe, buffer->Data, call->n_out - PEEK_HEAD, &peek);
	if (NT_ERROR(status))
		return status;
	buffer->NamedPipeState = peek.state;
	buffer->ReadDataAvailable = peek.available;
	buffer->NumberOfMessages = peek.n_messages;
	buffer->MessageLength = peek.message_size;
	*informationp = PEEK_HEAD + peek.n;
	return status;
}

static uint32_t act_unsupported(struct pen_pipe *pipe, const struct win_call *call,
				uint32_t *informationp)
{
	return PEN_STATUS_NOT_SUPPORTED;
}

static uint32_t act_illegal(struct pen_pipe *pipe, const struct win_call *call,
			    uint32_t *informationp)
{
	return PEN_STATUS_ILLEGAL_FUNCTION;
}

/* ---- attributes of a pipe or a connection, by their names ---- */

static uint32_t attribute_computer(struct pen_pipe *pipe, const struct win_call *call,
				   uint32_t *informationp)
{
	WCHAR *units;
	char *name;
	uint32_t status;
	size_t n;

	status = pen_pipe_client_computer(pipe, &name);
	if (status)
		return status;
	units = win_units(name, &n);
	free(name);
	if (!units)
		return PEN_STATUS_NO_MEMORY;
	n = (n + 1) * sizeof(*units);
	if (n > call->n_out) {
		free(units);
		return PEN_STATUS_BUFFER_TOO_SMALL;
	}
	memcpy(call->out, units, n);
	free(units);
	*informationp = n;
	return 0;
}

static const struct attribute {
	const char *name;
	uint32_t (*get)(struct pen_pipe *pipe, uint32_t *valuep);
} attributes[] = {
	{ "ClientProcessId", pen_pipe_client_process },
	{ "ClientSessionId", pen_pipe_client_session },
	{ "ServerProcessId", pen_pipe_server_process },
	{ "ServerSessionId", pen_pipe_server_session },
};

/* The name may end with a NUL. */
static bool is_attribute(const struct win_call *call, const char *name)
{
	size_t n = strlen(name);

	return (call->n_in == n || (call->n_in == n + 1 && !((const char *)call->in)[n])) &&
	       !memcmp(call->in, name, n);
}

static uint32_t act_attribute(struct pen_pipe *pipe, const struct win_call *call,
			      uint32_t *informationp)
{
	uint32_t status;
	uint32_t value;

	if (is_attribute(call, "ClientComputerName"))
		return attribute_computer(pipe, call, informationp);
	for (size_t i = 0; i < PEN_COUNT(attributes); i++) {
		if (!is_attribute(call, attributes[i].name))
			continue;
		if (call->n_out < sizeof(value) || !call->out)
			return PEN_STATUS_BUFFER_TOO_SMALL;
		status = attributes[i].get(pipe, &value);
		if (status)
			return status;
		memcpy(call->out, &value, sizeof(value));
		*informationp = sizeof(value);
		return 0;
	}
	return PEN_STATUS_ILLEGAL_FUNCTION;
}

/* ---- waiting for an instance, at the root directory ---- */

static int wait_ms(const FILE_PIPE_WAIT_FOR_BUFFER *buffer)
{
	LARGE_INTEGER timeout;
	int64_t left;

	if (!buffer->TimeoutSpecified)
		return 0;
	memcpy(&timeout, &buffer->Timeout, sizeof(timeout));
	left = win_deadline_nt(&timeout);
	if (left == WIN_FOREVER)
		return -1;
	left = (left - win_now()) / 1000000;
	return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static uint32_t wait_for_pipe(const FILE_PIPE_WAIT_FOR_BUFFER *buffer, uint32_t n)
{
	static const char prefix[] = "\\\\.\\pipe\\";
	size_t head = FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name);
	uint32_t status;
	char *full;
	char *text;

	if (n < head || buffer->NameLength % 2 || !buffer->NameLength ||
	    buffer->NameLength > n - head)
		return PEN_STATUS_INVALID_PARAMETER;
	text = win_text_of(buffer->Name, buffer->NameLength / 2);
	full = text ? malloc(sizeof(prefix) + strlen(text)) : NULL;
	status = full ? 0 : PEN_STATUS_NO_MEMORY;
	if (full) {
		strcpy(full, prefix);
		strcat(full, text);
		status = pen_pipe_wait_name(full, wait_ms(buffer), NULL);
	}
	free(full);
	free(text);
	return status;
}

/* At the device and its root directory nothing else is to be done [rows E6-E9, N7]. */
static uint32_t control_root(struct win_file *file, const struct win_call *call)
{
	struct win_object *event;
	uint32_t status;

	status = win_event_get(call->event, &event);
	if (status)
		return status;
	status = win_turn_take(file, call->iosb);
	if (!status) {
		status = file->what == WIN_FILE_ROOT ? wait_for_pipe(call->in, call->n_in)
						     : PEN_STATUS_ILLEGAL_FUNCTION;
		win_turn_give(file);
	}
	if (!status) {
		*call->iosb = (IO_STATUS_BLOCK){ 0 };
		win_lock();
		if (event)
			win_object_signal(event);
		win_unlock();
	}
	win_object_put(event);
	return status;
}

static const struct control {
	ULONG code;
	enum win_verb verb;
	uint32_t (*act)(struct pen_pipe *pipe, const struct win_call *call, uint32_t *informationp);
	uint32_t any_access;
	uint32_t device_answer;
	bool leaves_reset;
} controls[] = {
	{ FSCTL_PIPE_LISTEN, WIN_LISTEN },
	{ FSCTL_PIPE_TRANSCEIVE, WIN_TRANSACT },
	{ FSCTL_PIPE_DISCONNECT, WIN_ACT, act_disconnect, 0, PEN_STATUS_PIPE_DISCONNECTED, true },
	{ FSCTL_PIPE_PEEK, WIN_ACT, act_peek, FILE_READ_DATA, PEN_STATUS_INVALID_PARAMETER },
	{ FSCTL_PIPE_WAIT, WIN_ACT, act_illegal, 0, PEN_STATUS_ILLEGAL_FUNCTION },
	{ FSCTL_PIPE_IMPERSONATE, WIN_ACT, act_impersonate, 0, PEN_STATUS_ILLEGAL_FUNCTION },
	{ FSCTL_PIPE_GET_PIPE_ATTRIBUTE, WIN_ACT, act_attribute, 0, PEN_STATUS_INVALID_PARAMETER },
	{ FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, WIN_ACT, act_attribute, 0,
	  PEN_STATUS_INVALID_PARAMETER },
	{ FSCTL_PIPE_QUERY_CLIENT_PROCESS, WIN_ACT, act_unsupported, 0,
	  PEN_STATUS_INVALID_PARAMETER },
	{ FSCTL_PIPE_ASSIGN_EVENT, WIN_ACT, act_unsupported, 0, PEN_STATUS_NOT_SUPPORTED },
	{ FSCTL_PIPE_QUERY_EVENT, WIN_ACT, act_unsupported, 0, PEN_STATUS_NOT_SUPPORTED },
	{ FSCTL_PIPE_SET_CLIENT_PROCESS, WIN_ACT, act_unsupported, 0, PEN_STATUS_NOT_SUPPORTED },
};

static const struct control unknown = { 0, WIN_ACT, act_unsupported, 0, PEN_STATUS_NOT_SUPPORTED };

NTSTATUS NTAPI NtFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			       PIO_STATUS_BLOCK iosb, ULONG code, PVOID in, ULONG n_in, PVOID out,
			       ULONG n_out)
{
	const struct control *control = &unknown;
	struct win_call call = {
		.file = handle,
		.event = event,
		.routine = routine,
		.context = context,
		.iosb = iosb,
		.in = in,
		.n_in = n_in,
		.out = out,
		.n_out = n_out,
	};
	struct win_file *file;
	uint32_t status;

	for (size_t i = 0; i < PEN_COUNT(controls); i++)
		if (controls[i].code == code)
			control = &controls[i];
	call.verb = control->verb;
	call.act = control->act;
	call.any_access = control->any_access;
	call.device_answer = control->device_answer;
	call.leaves_reset = control->leaves_reset;
	if (code != FSCTL_PIPE_WAIT)
		return win_call_run(&call);

	status = win_handle_get(handle, WIN_FILE, 0, &file, NULL);
	if (status)
		return status;
	status = file->what == WIN_FILE_PIPE ? win_call_run(&call) : control_root(file, &call);
	win_object_put(&file->object);
	return status;
}
