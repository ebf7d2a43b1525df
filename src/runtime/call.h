/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CALL_H
#define PEN_RUNTIME_CALL_H
/*
 * What the calls of both sides have in common.
 */
#include <penstock/buffer.h>
#include <penstock/call.h>
#include <stdarg.h>

enum pen_call_role { PEN_CALL_CLIENT, PEN_CALL_SERVER };

struct pen_call {
	enum pen_call_role role;
	struct pen_arena arena;
	const struct pen_interface *interface;
	const struct pen_operation *operation;
	uint16_t opnum;
	bool has_object;
	struct pen_uuid object;
	uint32_t fault;
	char error[256];
};

void pen_call_init(struct pen_call *call, enum pen_call_role role, size_t memory_max);

/* Forgets the last operation's values and how it ended. */
void pen_call_reset(struct pen_call *call);

/* Notes the sentence, and returns the result it explains. */
int pen_call_explain(struct pen_call *call, int result, const char *format, ...) PEN_PRINTF(3, 4);

/* The free of each role. */
void pen_client_call_free(struct pen_call *call);
void pen_server_call_free(struct pen_call *call);

#endif
