/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_REPORT_H
#define PEN_TOOL_REPORT_H
/*
 * What is told of a capture: one JSON object for each thing seen, as it comes.
 */
#include "tool/frame.h"
#include "tool/keyring.h"

struct report {
	struct tool *tool;
	const struct pen_interface *fixed; /* of --interface, for contexts that no bind named */
	const struct pen_operation *wanted_operation;
	bool is_interface_wanted;      /* that one alone */
	const struct keyring *keyring; /* NULL: no keys */
	const struct pen_mech_world *world;
	struct pen_buffer json;
	uint64_t n_told;
	uint64_t n_stub_errors;
	uint64_t n_refused; /* PDUs that are not what anybody protected, by the keys */
	int (*print)(struct report *report); /* what is in json; TOOL_... or 0 */
};

/* A connection's: what all that is told of it has in common. */
struct scene {
	struct report *report;
	struct frame_end ends[2];
	uint64_t time; /* of the packet at hand, ns since 1970 */
	size_t held;   /* bytes of memory */
};

void report_begin(struct report *report, const struct scene *scene, unsigned way, const char *pipe);

/* Prints what has been begun, or drops it. -ENOMEM, or what print says. */
int report_end(struct report *report, bool is_wanted);

/* Bytes of that way are not in the capture. */
int report_gap(struct report *report, const struct scene *scene, unsigned way, const char *pipe,
	       size_t n);

/* "name": "text", of a connection. */
int report_note(struct report *report, const struct scene *scene, unsigned way, const char *name,
		const char *text);

#endif
