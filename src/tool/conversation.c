/* SPDX-License-Identifier: MIT */
#include "tool/conversation.h"
#include "tool/association.h"
#include "tool/smb2-walk.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* NetBIOS over TCP [RFC 1002 4.3]: what stands before each SMB message, on either port. */
enum { NETBIOS_HEADER = 4, NETBIOS_MESSAGE = 0, NETBIOS_REQUEST = 0x81, NETBIOS_KEEPALIVE = 0x85 };

enum kind { UNKNOWN, RPC, SMB };

/* Bytes of one end, of SMB or not known yet. */
struct way {
	struct pen_buffer bytes;
	bool is_aligned;
	size_t n_skip; /* of a message that is too long, or not looked at */
};

struct conversation {
	struct scene *scene;
	enum kind kind;
	struct way ways[2];
	struct association *association; /* RPC */
	struct smb2_walk *walk;		 /* SMB, with those of its pipes */
	struct association *pipes[SMB2_OPENS_MAX];
	bool is_encrypted_told;
	bool is_compressed_told;
	size_t held;
};

int conversation_new(struct conversation **conversationp, struct scene *scene)
{
	struct conversation *conversation = calloc(1, sizeof(*conversation));

	if (!conversation)
		return -ENOMEM;
	conversation->scene = scene;
	conversation->held = sizeof(*conversation);
	scene->held += conversation->held;
	*conversationp = conversation;
	return 0;
}

struct conversation *conversation_free(struct conversation *conversation)
{
	if (!conversation)
		return NULL;
	conversation->scene->held -= conversation->held;
	for (size_t i = 0; i < 2; i++)
		pen_buffer_done(&conversation->ways[i].bytes);
	association_free(conversation->association);
	for (size_t i = 0; i < SMB2_OPENS_MAX; i++)
		association_free(conversation->pipes[i]);
	free(conversation->walk);
	free(conversation);
	return NULL;
}

static void count_memory(struct conversation *conversation)
{
	size_t held = sizeof(*conversation) + conversation->ways[0].bytes.capacity +
		      conversation->ways[1].bytes.capacity +
		      (conversation->walk ? sizeof(*conversation->walk) : 0);

	conversation->scene->held += held - conversation->held;
	conversation->held = held;
}

/* ---- what it is ---- */

/* The first bytes of a NetBIOS message with SMB in it, of any version and form. */
static int sniff_smb(struct pen_slice data)
{
	const uint8_t *bytes = data.data;
	size_t n = data.size;

	if (n && bytes[0] == NETBIOS_REQUEST)
		return n < NETBIOS_HEADER     ? PEN_E_AGAIN
		       : bytes[1] || bytes[2] ? PEN_E_NOT_FOUND
					      : 0;
	if (n && bytes[0] != NETBIOS_MESSAGE)
		return PEN_E_NOT_FOUND;
	if (n > 4 && bytes[4] < 0xfc)
		return PEN_E_NOT_FOUND;
	for (size_t i = 5; i < n && i < 8; i++)
		if (bytes[i] != "SMB"[i - 5])
			return PEN_E_NOT_FOUND;
	return n < 8 ? PEN_E_AGAIN : 0;
}

static int begin_rpc(struct conversation *conversation)
{
	conversation->kind = RPC;
	return association_new(&conversation->association, conversation->scene, NULL);
}

static int begin_smb(struct conversation *conversation)
{
	conversation->walk = malloc(sizeof(*conversation->walk));
	if (!conversation->walk)
		return -ENOMEM;
	smb2_walk_init(conversation->walk);
	conversation->kind = SMB;
	return 0;
}

/* ---- pipes ---- */

static const char *pipe_name(const char *name)
{
	name += strspn(name, "\\");
	return *name ? name : "?";
}

static int take_pipe(struct conversation *conversation, unsigned way,
		     const struct smb2_event *event)
{
	struct association **pipe = &conversation->pipes[event->slot];
	int r = 0;

	if (event->is_new)
		*pipe = association_free(*pipe);
	/* Most files are none. */
	if (!*pipe && association_sniff(event->data))
		return 0;
	if (!*pipe)
		r = association_new(pipe, conversation->scene, pipe_name(event->name));
	return r ? r : association_take(*pipe, way, event->data);
}

static int note_once(struct conversation *conversation, unsigned way, bool *is_told,
		     const char *text)
{
	if (*is_told)
		return 0;
	*is_told = true;
	return report_note(conversation->scene->report, conversation->scene, way, "smb", text);
}

static int take_event(struct conversation *conversation, unsigned way,
		      const struct smb2_event *event)
{
	switch (event->kind) {
	case SMB2_DATA:
		return take_pipe(conversation, way, event);
	case SMB2_CLOSED:
		conversation->pipes[event->slot] =
			association_free(conversation->pipes[event->slot]);
		return 0;
	case SMB2_ENCRYPTED:
		return note_once(conversation, way, &conversation->is_encrypted_told, "encrypted");
	case SMB2_COMPRESSED:
		return note_once(conversation, way, &conversation->is_compressed_told,
				 "compressed");
	}
	return 0;
}

static int take_message(struct conversation *conversation, unsigned way, struct pen_slice message)
{
	struct smb2_event event;
	int r;

	smb2_walk_begin(conversation->walk, message);
	while (!(r = smb2_walk_next(conversation->walk, &event))) {
		r = take_event(conversation, way, &event);
		if (r)
			return r;
	}
	return 0;
}

/* ---- NetBIOS ---- */

/* Bytes that no one needs: the rest of a message that is not looked at. */
static void skip(struct way *at)
{
	size_t n = at->n_skip < at->bytes.size ? at->n_skip : at->bytes.size;

	pen_buffer_consume(&at->bytes, n);
	at->n_skip -= n;
}

static void lose_place(struct way *at)
{
	at->is_aligned = false;
	at->bytes.size = 0;
	at->n_skip = 0;
}

static bool is_smb_header(const uint8_t *bytes)
{
	return bytes[0] == NETBIOS_MESSAGE ||
	       (bytes[0] >= NETBIOS_REQUEST && bytes[0] <= NETBIOS_KEEPALIVE);
}

static int cut_messages(struct conversation *conversation, unsigned way)
{
	struct way *at = &conversation->ways[way];
	size_t done = 0;
	int r = 0;

	skip(at);
	while (!r && !at->n_skip && at->bytes.size - done >= NETBIOS_HEADER) {
		const uint8_t *bytes = at->bytes.data + done;
		size_t n = (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];

		if (!is_smb_header(bytes)) {
			lose_place(at);
			return 0;
		}
		if (bytes[0] != NETBIOS_MESSAGE || n > SMB2_MESSAGE_MAX) {
			at->n_skip = NETBIOS_HEADER + n;
			break;
		}
		if (n > at->bytes.size - done - NETBIOS_HEADER)
			break;
		done += NETBIOS_HEADER + n;
		r = take_message(conversation, way,
				 (struct pen_slice){ bytes + NETBIOS_HEADER, n });
	}
	pen_buffer_consume(&at->bytes, done);
	return r;
}

/* Messages that were not looked at are behind; there may be others. */
static int take_smb(struct conversation *conversation, unsigned way)
{
	struct way *at = &conversation->ways[way];
	int r;

	do {
		r = cut_messages(conversation, way);
	} while (!r && at->n_skip && at->bytes.size);
	return r;
}

/* ---- bytes ---- */

/* Of an unknown conversation: PEN_E_AGAIN: with more of them it will be known. */
static int find_kind(struct conversation *conversation, struct pen_slice data)
{
	int rpc = association_sniff(data);
	int smb = sniff_smb(data);

	if (!rpc)
		return begin_rpc(conversation);
	if (!smb)
		return begin_smb(conversation);
	return rpc == PEN_E_AGAIN || smb == PEN_E_AGAIN ? PEN_E_AGAIN : PEN_E_NOT_FOUND;
}

static int take_unknown(struct conversation *conversation, unsigned way)
{
	struct way *at = &conversation->ways[way];
	int r = find_kind(conversation, (struct pen_slice){ at->bytes.data, at->bytes.size });

	if (r == PEN_E_NOT_FOUND)
		at->bytes.size = 0;
	if (r)
		return r == PEN_E_NOT_FOUND || r == PEN_E_AGAIN ? 0 : r;
	at->is_aligned = true;
	return 0;
}

/* What came of either end before it was known. */
static int take_rpc(struct conversation *conversation, unsigned way)
{
	struct way *at = &conversation->ways[way];
	int r = association_take(conversation->association, way,
				 (struct pen_slice){ at->bytes.data, at->bytes.size });

	pen_buffer_done(&at->bytes);
	return r;
}

static int take(struct conversation *conversation, unsigned way, struct pen_slice data)
{
	struct way *at = &conversation->ways[way];
	int r;

	if (conversation->kind == RPC && !at->bytes.size)
		return association_take(conversation->association, way, data);
	if (conversation->kind == SMB && !at->is_aligned && !at->bytes.size) {
		if (sniff_smb(data) == PEN_E_NOT_FOUND)
			return 0;
		at->is_aligned = true;
	}
	r = pen_buffer_add(&at->bytes, data.data, data.size);
	if (!r && conversation->kind == UNKNOWN)
		r = take_unknown(conversation, way);
	if (!r && conversation->kind == RPC)
		r = take_rpc(conversation, way);
	else if (!r && conversation->kind == SMB)
		r = take_smb(conversation, way);
	return r;
}

int conversation_take(struct conversation *conversation, unsigned way, struct pen_slice data)
{
	int r = take(conversation, way, data);

	count_memory(conversation);
	return r;
}

int conversation_miss(struct conversation *conversation, unsigned way, size_t n)
{
	struct way *at = &conversation->ways[way];

	lose_place(at);
	if (conversation->kind == UNKNOWN)
		return 0;
	if (conversation->association)
		association_miss(conversation->association, way);
	/* Whichever pipes they were of. */
	for (size_t i = 0; i < SMB2_OPENS_MAX; i++)
		if (conversation->pipes[i])
			association_miss(conversation->pipes[i], way);
	return report_gap(conversation->scene->report, conversation->scene, way, NULL, n);
}
