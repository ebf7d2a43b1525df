/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_DECODE_CAPTURE_H
#define PEN_TOOL_DECODE_CAPTURE_H
/*
 * A capture file, decoded: each PDU in it is printed as it comes, with when, from whom and to whom
 * it went, and through which pipe.
 */
#include "tool/tool.h"

/* What has been read of the file, and the rest of it. Complains. */
int decode_capture(struct tool *tool, FILE *file, const struct pen_buffer *first);

#endif
