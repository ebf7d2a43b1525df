/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_CONVERSATION_H
#define PEN_TOOL_CONVERSATION_H
/*
 * What a captured TCP connection carries: DCE/RPC, or SMB2 with pipes in it; found by what it
 * looks like, whatever its port is. All else is passed over.
 */
#include "tool/report.h"

struct conversation;

/* scene must outlive it. -ENOMEM. */
int conversation_new(struct conversation **conversationp, struct scene *scene);
struct conversation *conversation_free(struct conversation *conversation);

/* Bytes that one end sent. -ENOMEM, or what the report says. */
int conversation_take(struct conversation *conversation, unsigned way, struct pen_slice data);

/* n of that end's bytes were not captured. */
int conversation_miss(struct conversation *conversation, unsigned way, size_t n);

#endif
