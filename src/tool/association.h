/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_ASSOCIATION_H
#define PEN_TOOL_ASSOCIATION_H
/*
 * A captured DCE/RPC association: cuts the bytes of both directions into PDUs, takes off
 * their protection where there are keys, and reports each.
 */
#include "tool/report.h"

struct association;

/* pipe is copied; NULL: it is carried by TCP. scene must outlive it. -ENOMEM. */
int association_new(struct association **associationp, struct scene *scene, const char *pipe);
struct association *association_free(struct association *association);

/* Bytes that one end sent. -ENOMEM, or what the report says. */
int association_take(struct association *association, unsigned way, struct pen_slice data);

/* Some of that end's bytes are missing here. */
void association_miss(struct association *association, unsigned way);

/* Whether bytes may be a PDU's first. PEN_E_AGAIN: that far they may. */
int association_sniff(struct pen_slice data);

#endif
