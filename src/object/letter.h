/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_LETTER_H
#define PEN_OBJECT_LETTER_H
/*
 * What programs and the object manager write to each other, as bytes and back: the NDR of
 * <penstock/idl/object.h>, little-endian, one message a value.
 */
#include <penstock/buffer.h>
#include <penstock/idl/object.h>
#include <penstock/token.h>

/* Of an arena that messages are read into. */
enum { PEN_LETTER_ARENA_MAX = 16 * object_MESSAGE_MAX };

/* The verb of a reply without a body. */
#define PEN_LETTER_NO_BODY UINT32_C(0xffffffff)

/*
 * Reads a whole message; what it points to is in the arena. PEN_E_BAD_DATA: it is none;
 * PEN_E_LIMIT: longer than object_MESSAGE_MAX, or the arena's limit; -ENOMEM.
 */
int pen_letter_get_request(struct object_request *request, struct pen_arena *arena,
			   const void *data, size_t n);
int pen_letter_get_reply(struct object_reply *reply, struct pen_arena *arena, const void *data,
			 size_t n);

/*
 * Appends a message to an empty buffer. PEN_E_LIMIT: longer than object_MESSAGE_MAX, or the
 * buffer's; PEN_E_BAD_DATA: what no message can say; -ENOMEM.
 */
int pen_letter_put_request(const struct object_request *request, struct pen_buffer *buffer);
int pen_letter_put_reply(const struct object_reply *reply, struct pen_buffer *buffer);

/*
 * A token as a message has it. Texts, groups and key are the token's own; the SIDs are in the
 * arena. -ENOMEM; PEN_E_LIMIT: its key is too long.
 */
int pen_letter_from_token(struct object_token *letter, struct pen_arena *arena,
			  const struct pen_token *token);

/* PEN_E_BAD_DATA: no token's; PEN_E_LIMIT, -ENOMEM. */
int pen_letter_to_token(struct pen_token **tokenp, const struct object_token *letter);

struct pen_uuid pen_letter_get_guid(const struct dtyp_GUID *guid);
struct dtyp_GUID pen_letter_put_guid(const struct pen_uuid *uuid);

#endif
