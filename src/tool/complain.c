/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/eerr.h>
#include <penstock/status.h>
#include <stdarg.h>
#include <string.h>

enum { SENTENCE_MAX = 2048 };

const char *tool_status_name(uint32_t status)
{
	const char *name = NULL;

	if (pen_ntstatus_is_error(status))
		name = pen_ntstatus_name(status);
	if (!name && status <= UINT16_MAX)
		name = pen_werror_name(status);
	return name ? name : pen_fault_name(status);
}

const char *tool_status_text(uint32_t status)
{
	if (pen_ntstatus_is_error(status) && pen_ntstatus_name(status))
		return pen_ntstatus_text(status);
	if (status <= UINT16_MAX && pen_werror_name(status))
		return pen_werror_text(status);
	return pen_fault_text(status);
}

/* What else may help, by how it went wrong. */
static const char *hint_for(int result, uint32_t status)
{
	switch (result) {
	case -ECONNREFUSED:
	case -ENOENT:
		return "Is a server running there? Without a port, TCP port 135 is asked, while "
		       "penstockd uses 11350 if not started by root: name it as HOST[11350]. Local "
		       "sockets are looked for in PENSTOCK_NCALRPC_DIR.";
	case PEN_E_NOT_FOUND:
		return "\"penstock endpoints HOST\" lists what is offered where.";
	case PEN_E_REJECTED:
		return "\"penstock endpoints HOST\" lists where it is.";
	case PEN_E_TIMEOUT:
	case -ETIMEDOUT:
		return "--timeout SECONDS waits longer.";
	case PEN_E_PROTOCOL:
		return "Is it an RPC server that listens there?";
	default:
		break;
	}
	if (status == PEN_WERR_ACCESS_DENIED || status == PEN_STATUS_ACCESS_DENIED)
		return "Over TCP one is nobody without -U USER or a Kerberos ticket: --explain "
		       "says "
		       "who was sent. On the server itself, \"ncalrpc:\" tells it who you are.";
	return NULL;
}

static bool is_proved(const struct tool *tool)
{
	return tool->identity.credentials && !tool->identity.is_anonymous;
}

static bool has_password(const struct tool *tool)
{
	enum pen_credentials_kind kind = pen_credentials_info(tool->identity.credentials)->kind;

	return kind == PEN_CREDENTIALS_PASSWORD || kind == PEN_CREDENTIALS_NT_HASH;
}

/* Tickets that lie about are not always meant. */
static const char *hint_of(const struct tool *tool, int result, uint32_t status)
{
	if (tool->identity.is_by_default && (result == PEN_E_DENIED || result == PEN_E_REJECTED))
		return "Your Kerberos tickets were used, as nothing else was said: --anonymous "
		       "leaves "
		       "them out, -U USER takes a password.";
	if (is_proved(tool) && result == PEN_E_REJECTED)
		return has_password(tool)
			       ? "Are name, domain and password right? --explain says what was "
				 "tried, and the server's log why it refused."
			       : "--explain says what was tried, and the server's log why it "
				 "refused.";
	/* The last leg of a proof has no answer: that it failed shows in the first call. */
	if (is_proved(tool) && result == PEN_E_FAULT && status == PEN_WERR_ACCESS_DENIED)
		return "The user may lack the right, or the server did not take the proof of who "
		       "it is: its log says which.";
	return hint_for(result, status);
}

struct complaint {
	enum tool_exit how;
	const char *sentence;
	const char *hint;
	const char *result;	     /* our name for it */
	uint32_t status;	     /* 0: none */
	const struct pen_eerr *eerr; /* what the server says of it; NULL: nothing */
};

static void complain_json(const struct complaint *complaint)
{
	struct pen_buffer json;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{\"error\":{");
	tool_json_text(&json, "message", complaint->sentence);
	if (complaint->result)
		tool_json_text(&json, "result", complaint->result);
	if (complaint->status) {
		const char *name = tool_status_name(complaint->status);

		tool_json_number(&json, "status", complaint->status);
		if (name)
			tool_json_text(&json, "status_name", name);
	}
	if (complaint->hint)
		tool_json_text(&json, "hint", complaint->hint);
	if (complaint->eerr)
		tool_json_eerr(&json, complaint->eerr);
	if (!pen_buffer_printf(&json, "}}\n"))
		fwrite(json.data, 1, json.size, stdout);
	pen_buffer_done(&json);
}

static int complain(struct tool *tool, const struct complaint *complaint)
{
	size_t n = strlen(complaint->sentence);
	bool has_end = n && strchr(".?!\n^", complaint->sentence[n - 1]);

	fflush(stdout);
	fprintf(stderr, "penstock%s%s: %s%s\n", tool->command ? " " : "",
		tool->command ? tool->command->name : "", complaint->sentence, has_end ? "" : ".");
	tool_print_eerr(complaint->eerr);
	if (complaint->hint)
		fprintf(stderr, "%s\n", complaint->hint);
	/* With data there, the sentence is enough. */
	if (tool->is_json && !tool->is_stdout_taken)
		complain_json(complaint);
	return complaint->how;
}

int tool_fail(struct tool *tool, enum tool_exit how, const char *hint, const char *format, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return complain(tool,
			&(struct complaint){ .how = how, .sentence = sentence, .hint = hint });
}

int tool_fail_result(struct tool *tool, int result)
{
	return tool_fail(tool, TOOL_FAILED, NULL, "%s",
			 result < 0 ? strerror(-result) : pen_error_name(result));
}

/* "NAME (0x5): the sentence" */
static void describe(char *text, size_t n, uint32_t status)
{
	const char *name = tool_status_name(status);

	if (name)
		snprintf(text, n, "%s (0x%x): %s", name, status, tool_status_text(status));
	else
		snprintf(text, n, "0x%x, which is in no published table", status);
}

int tool_fail_status(struct tool *tool, const char *what, uint32_t status)
{
	char sentence[SENTENCE_MAX], description[SENTENCE_MAX / 2];

	describe(description, sizeof(description), status);
	snprintf(sentence, sizeof(sentence), "%s: the server answered %s", what, description);
	return complain(tool, &(struct complaint){ .how = TOOL_SERVER,
						   .sentence = sentence,
						   .hint = hint_for(0, status),
						   .status = status });
}

int tool_fail_nt(struct tool *tool, enum tool_exit how, const char *hint, const char *what,
		 uint32_t status)
{
	char sentence[SENTENCE_MAX], description[SENTENCE_MAX / 2];

	describe(description, sizeof(description), status);
	snprintf(sentence, sizeof(sentence), "%s: %s", what, description);
	return complain(tool,
			&(struct complaint){
				.how = how, .sentence = sentence, .hint = hint, .status = status });
}

/* What the call notes of a fault beside its meaning: that nobody signed it, or a part did not read.
 */
static const char *notes_of(const char *error, uint32_t fault)
{
	size_t n = strlen(pen_fault_text(fault));

	return strncmp(error, pen_fault_text(fault), n) ? "" : error + n;
}

int tool_fail_call(struct tool *tool, const char *what, int result)
{
	const char *error = pen_call_error(tool->call);
	uint32_t fault = result == PEN_E_FAULT ? pen_call_fault(tool->call) : 0;
	bool is_told = fault || result == PEN_E_REJECTED;
	char sentence[SENTENCE_MAX], description[SENTENCE_MAX / 2];

	if (!*error)
		error = pen_client_error(tool->client);
	if (!*error)
		error = result < 0 ? strerror(-result) : pen_error_name(result);
	if (fault) {
		describe(description, sizeof(description), fault);
		snprintf(sentence, sizeof(sentence), "%s: the server answered with the fault %s%s",
			 what, description, notes_of(error, fault));
	} else {
		snprintf(sentence, sizeof(sentence), "%s: %s", what, error);
	}
	return complain(tool,
			&(struct complaint){ .how = is_told ? TOOL_SERVER : TOOL_FAILED,
					     .sentence = sentence,
					     .hint = hint_of(tool, result, fault),
					     .result = pen_error_name(result),
					     .status = fault,
					     .eerr = is_told ? pen_call_eerr(tool->call) : NULL });
}
