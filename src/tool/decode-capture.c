/* SPDX-License-Identifier: MIT */
#include "tool/decode-capture.h"
#include "runtime/world.h"
#include "tool/traffic.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 65536 };

struct session {
	struct report report;
	struct keyring keyring;
	struct pen_world world;
	struct traffic_filter filter;
	struct capture capture;
	struct traffic *traffic;
};

static int print(struct report *report)
{
	return tool_print_json(report->tool, &report->json) ? -EIO : 0;
}

static int set_filters(struct tool *tool, struct session *session)
{
	struct report *report = &session->report;
	uint16_t opnum;
	int r = TOOL_OK;

	if (tool->interface_name) {
		r = tool_find_interface(tool, tool->interface_name, &report->fixed);
		report->is_interface_wanted = true;
	}
	if (!r && tool->operation_name) {
		const struct pen_interface *interface;

		r = tool_find_operation(tool, tool->operation_name, &interface, &opnum);
		if (!r)
			report->wanted_operation = &interface->operations[opnum];
	}
	if (!r && tool->address && !traffic_filter_parse(&session->filter, tool->address))
		r = tool_fail(tool, TOOL_USAGE,
			      "As in 192.0.2.1, 192.0.2.1:135, [2001:db8::1]:135, :445.",
			      "--address %s is no address", tool->address);
	if (!r && tool->keylog) {
		r = keyring_read(&session->keyring, tool, tool->keylog);
		report->keyring = &session->keyring;
	}
	return r;
}

static int start(struct tool *tool, struct session *session)
{
	int r = set_filters(tool, session);

	if (r)
		return r;
	session->report.tool = tool;
	session->report.print = print;
	capture_init(&session->capture);
	r = pen_world_init(&session->world);
	session->report.world = &session->world.mech;
	if (!r)
		r = traffic_new(&session->traffic, &session->report,
				tool->address ? &session->filter : NULL);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

static void stop(struct session *session)
{
	traffic_free(session->traffic);
	capture_done(&session->capture);
	pen_world_done(&session->world);
	keyring_done(&session->keyring);
	pen_buffer_done(&session->report.json);
}

/* All packets that the bytes complete. PEN_E_BAD_DATA: what follows is no capture. */
static int take(struct session *session, const void *data, size_t n)
{
	struct capture_packet packet;
	int r = capture_feed(&session->capture, data, n);

	while (!r && !(r = capture_next(&session->capture, &packet)))
		r = traffic_take(session->traffic, &packet);
	return r == PEN_E_AGAIN ? 0 : r;
}

static int cannot_read(struct session *session)
{
	tool_fail(session->report.tool, TOOL_FAILED, NULL, "cannot read: %s", strerror(errno));
	return -EIO;
}

static int take_all(struct session *session, FILE *file, const struct pen_buffer *first)
{
	uint8_t piece[PIECE];
	ssize_t n = 1;
	int r = take(session, first->data, first->size);

	/* What somebody still records is told of as it comes. */
	while (!r && n) {
		n = read(fileno(file), piece, sizeof(piece));
		if (n > 0)
			r = take(session, piece, (size_t)n);
		else if (n < 0 && errno != EINTR)
			r = cannot_read(session);
	}
	return r;
}

static void note(uint64_t n, const char *of)
{
	if (n)
		fprintf(stderr, "penstock: %" PRIu64 " %s\n", n, of);
}

/* What the file lacks, once all that it has is told. */
static int judge(struct tool *tool, struct session *session, int r)
{
	struct report *report = &session->report;
	struct traffic_counts counts = traffic_counts(session->traffic);

	tool->is_json = false;
	if (r == PEN_E_BAD_DATA)
		return tool_fail(tool, TOOL_FAILED, "What stands before it is told.",
				 "at byte %" PRIu64 " of the capture: %s",
				 capture_position(&session->capture), session->capture.reason);
	if (r)
		return r == -EIO ? TOOL_FAILED : tool_fail_result(tool, r);
	if (capture_is_cut(&session->capture))
		return tool_fail(tool, TOOL_FAILED, "What stands before it is told.",
				 "the capture ends within the record at byte %" PRIu64,
				 capture_position(&session->capture));
	note(counts.n_unread,
	     "packets that could not be read: cut short, pieces of IP datagrams, of "
	     "links that are not known");
	note(counts.n_evicted, "connections forgotten before their end, for want of room");
	note(session->keyring.n_passed, "lines of the key log passed over: of another format, or "
					"without a key");
	if (report->n_refused)
		return tool_fail(tool, TOOL_FAILED, NULL,
				 "%" PRIu64 " PDUs could not be verified with the key log: see "
				 "protection_reason",
				 report->n_refused);
	if (report->n_stub_errors)
		return tool_fail(tool, TOOL_FAILED, NULL,
				 "stub data that is not what its operation says: see stub_error");
	return TOOL_OK;
}

int decode_capture(struct tool *tool, FILE *file, const struct pen_buffer *first)
{
	struct session *session = pen_arena_zalloc(&tool->arena, sizeof(*session));
	int ended;
	int r;

	if (!session)
		return tool_fail_result(tool, -ENOMEM);
	r = start(tool, session);
	if (!r) {
		r = take_all(session, file, first);
		ended = r && r != PEN_E_BAD_DATA ? 0 : traffic_end(session->traffic);
		r = judge(tool, session, r ? r : ended);
	}
	stop(session);
	return r;
}
