/* SPDX-License-Identifier: MIT */
#include "pipe/npa.h"
#include "base/reader.h"
#include "base/sid.h"
#include "base/utf16.h"
#include "base/writer.h"
#include <errno.h>

#define MAGIC "NPAM"

/*
 * A request is walked by one function for both directions, so that there is one
 * place that knows its layout. Values are read into the request, or written from
 * it and not changed.
 */
struct walk {
	struct pen_reader *r; /* reading, or */
	struct pen_writer *w; /* writing */
	struct pen_arena *arena;
	const struct layout *layout;
	uint32_t n_referents;
	int error; /* -ENOMEM or PEN_E_UNSUPPORTED; what is not there, the reader knows */
};

struct layout {
	uint32_t level;
	bool has_transport;
	bool has_need_idle_server;
	bool has_ticket_type;
	bool has_user_flags;
	bool has_claims;
};

/* clang-format off */
static const struct layout layouts[] = {
	[PEN_NPA_4_0] = { .level = 4 },
	[PEN_NPA_4_16] = { .level = 5, .has_transport = true, .has_need_idle_server = true },
	[PEN_NPA_4_17_0] = { .level = 5, .has_transport = true, .has_need_idle_server = true,
			     .has_ticket_type = true },
	[PEN_NPA_4_17_9] = { .level = 7, .has_transport = true, .has_ticket_type = true },
	[PEN_NPA_4_19] = { .level = 7, .has_transport = true, .has_ticket_type = true,
			   .has_user_flags = true },
	[PEN_NPA_4_20] = { .level = 8, .has_transport = true, .has_ticket_type = true,
			   .has_user_flags = true, .has_claims = true },
};
/* clang-format on */

/* In this order they are tried: a ticket type may lie where the older one pads. */
static const enum pen_npa_layout tried[] = {
	PEN_NPA_4_0, PEN_NPA_4_17_0, PEN_NPA_4_16, PEN_NPA_4_17_9, PEN_NPA_4_19, PEN_NPA_4_20,
};

static void walk_bad(struct walk *walk)
{
	if (walk->r)
		walk->r->is_bad = true;
	else if (!walk->error)
		walk->error = PEN_E_BAD_DATA;
}

static void walk_align(struct walk *walk, size_t alignment)
{
	if (walk->r)
		pen_reader_align(walk->r, alignment);
	else
		pen_writer_align(walk->w, alignment);
}

static void walk_u8(struct walk *walk, uint8_t *value)
{
	if (walk->r)
		*value = pen_reader_u8(walk->r);
	else
		pen_writer_u8(walk->w, *value);
}

static void walk_u16(struct walk *walk, uint16_t *value)
{
	walk_align(walk, 2);
	if (walk->r)
		*value = pen_reader_u16(walk->r);
	else
		pen_writer_u16(walk->w, *value);
}

static void walk_u32(struct walk *walk, uint32_t *value)
{
	walk_align(walk, 4);
	if (walk->r)
		*value = pen_reader_u32(walk->r);
	else
		pen_writer_u32(walk->w, *value);
}

static void walk_u64(struct walk *walk, uint64_t *value, size_t alignment)
{
	walk_align(walk, alignment);
	if (walk->r)
		*value = pen_reader_u64(walk->r);
	else
		pen_writer_u64(walk->w, *value);
}

/* A number that has one value only. */
static void walk_fixed(struct walk *walk, uint32_t fixed)
{
	uint32_t value = fixed;

	walk_u32(walk, &value);
	if (value != fixed)
		walk_bad(walk);
}

static void walk_pointer(struct walk *walk, bool *is_present)
{
	uint32_t referent = *is_present ? 0x00020000 + 4 * walk->n_referents++ : 0;

	walk_u32(walk, &referent);
	if (walk->r)
		*is_present = referent != 0;
}

/* A pointer to a text; when reading, "" stands for what comes later. */
static void walk_text_pointer(struct walk *walk, const char **text)
{
	bool is_present = *text != NULL;

	walk_pointer(walk, &is_present);
	if (walk->r)
		*text = is_present ? "" : NULL;
}

static void walk_text(struct walk *walk, const char **text)
{
	uint32_t size = *text ? (uint32_t)strlen(*text) + 1 : 0;
	uint32_t actual = size;
	const char *bytes;

	if (!*text)
		return;
	walk_u32(walk, &size);
	walk_fixed(walk, 0);
	walk_u32(walk, &actual);
	if (walk->w) {
		pen_writer_bytes(walk->w, *text, actual);
		return;
	}
	bytes = (const char *)pen_reader_bytes(walk->r, actual);
	if (!bytes || !actual || size < actual || strnlen(bytes, actual) != actual - 1 ||
	    pen_utf16_count(bytes, actual - 1) == PEN_UTF16_BAD)
		walk_bad(walk);
	else
		*text = bytes;
}

static void walk_blob(struct walk *walk, struct pen_slice *blob)
{
	uint32_t size = (uint32_t)blob->size;

	walk_u32(walk, &size);
	if (walk->r)
		*blob = pen_reader_slice(walk->r, size);
	else
		pen_writer_bytes(walk->w, blob->data, blob->size);
}

/* Room for an array that is there, by the least that its elements take; NULL: it is not. */
static void *walk_array(struct walk *walk, uint32_t n, size_t wire_size, size_t size)
{
	void *array;

	if (n > pen_reader_left(walk->r) / wire_size) {
		walk_bad(walk);
		return NULL;
	}
	array = pen_arena_array(walk->arena, n, size);
	if (!array && !walk->error)
		walk->error = -ENOMEM;
	return array;
}

/* The array's size stands before its elements, in the middle of the structure. */
static void walk_sids(struct walk *walk, const struct pen_sid **sidsp, uint32_t n)
{
	struct pen_sid *sids;

	walk_fixed(walk, n);
	if (walk->w) {
		for (uint32_t i = 0; i < n; i++)
			pen_sid_put(&(*sidsp)[i], walk->w);
		return;
	}
	sids = walk_array(walk, n, 8, sizeof(*sids));
	if (!sids)
		return;
	for (uint32_t i = 0; i < n && pen_reader_ok(walk->r); i++)
		pen_sid_get(&sids[i], walk->r);
	*sidsp = sids;
}

static void walk_security_token(struct walk *walk, struct pen_npa_request *q)
{
	uint32_t n_claims[3] = { 0 };

	walk_align(walk, 8);
	walk_u32(walk, &q->n_sids);
	walk_sids(walk, &q->sids, q->n_sids);
	walk_u64(walk, &q->privileges, 8);
	walk_u32(walk, &q->rights);
	if (!walk->layout->has_claims)
		return;

	for (int i = 0; i < 3; i++)
		walk_u32(walk, &n_claims[i]);
	if ((n_claims[0] || n_claims[1] || n_claims[2]) && !walk->error) {
		walk->error = PEN_E_UNSUPPORTED;
		return;
	}
	walk_u32(walk, &q->n_device_sids);
	for (int i = 0; i < 3; i++)
		walk_fixed(walk, 0);
	walk_sids(walk, &q->device_sids, q->n_device_sids);
	walk_u16(walk, &q->evaluate_claims);
}

static void walk_unix_token(struct walk *walk, struct pen_npa_request *q)
{
	uint32_t max_count = q->n_groups;
	uint64_t *groups;

	walk_u32(walk, &max_count);
	walk_u64(walk, &q->uid, 8);
	walk_u64(walk, &q->gid, 8);
	walk_u32(walk, &q->n_groups);
	if (max_count != q->n_groups)
		walk_bad(walk);
	walk_align(walk, 8);
	if (walk->w) {
		for (uint32_t i = 0; i < q->n_groups; i++)
			pen_writer_u64(walk->w, q->groups[i]);
		return;
	}
	groups = walk_array(walk, q->n_groups, 8, sizeof(*groups));
	if (!groups)
		return;
	for (uint32_t i = 0; i < q->n_groups; i++)
		groups[i] = pen_reader_u64(walk->r);
	q->groups = groups;
}

/*
 * authenticated, and the gap that follows it, or user_flags. A value that no
 * boolean has, or a gap that is not empty, is the other layout's.
 */
static void walk_user_flags(struct walk *walk, struct pen_npa_user *user)
{
	const uint8_t *gap;

	if (walk->layout->has_user_flags) {
		walk_u32(walk, &user->user_flags);
		return;
	}
	walk_u8(walk, &user->authenticated);
	if (walk->w || !pen_reader_left(walk->r))
		return;
	gap = pen_reader_bytes(walk->r, 3);
	if (user->authenticated > 1 || !gap || gap[0] || gap[1] || gap[2])
		walk_bad(walk);
}

static void walk_user(struct walk *walk, struct pen_npa_user *user)
{
	const char **const texts[] = {
		&user->account_name,	&user->user_principal_name, &user->domain_name,
		&user->dns_domain_name, &user->full_name,	    &user->logon_script,
		&user->profile_path,	&user->home_directory,	    &user->home_drive,
		&user->logon_server,
	};
	uint64_t *const times[] = {
		&user->last_logon,
		&user->last_logoff,
		&user->acct_expiry,
		&user->last_password_change,
		&user->allow_password_change,
		&user->force_password_change,
	};

	walk_text_pointer(walk, texts[0]);
	walk_text_pointer(walk, texts[1]);
	walk_u8(walk, &user->user_principal_constructed);
	for (size_t i = 2; i < PEN_COUNT(texts); i++)
		walk_text_pointer(walk, texts[i]);
	for (size_t i = 0; i < PEN_COUNT(times); i++)
		walk_u64(walk, times[i], 4);
	walk_u16(walk, &user->logon_count);
	walk_u16(walk, &user->bad_password_count);
	walk_u32(walk, &user->acct_flags);
	walk_user_flags(walk, user);
	for (size_t i = 0; i < PEN_COUNT(texts); i++)
		walk_text(walk, texts[i]);
}

static void walk_unix_user(struct walk *walk, struct pen_npa_request *q)
{
	walk_text_pointer(walk, &q->unix_name);
	walk_text_pointer(walk, &q->sanitized_username);
	walk_text(walk, &q->unix_name);
	walk_text(walk, &q->sanitized_username);
}

static void walk_session(struct walk *walk, struct pen_npa_request *q)
{
	walk_pointer(walk, &q->has_security_token);
	walk_pointer(walk, &q->has_unix_token);
	walk_pointer(walk, &q->has_user);
	walk_pointer(walk, &q->has_unix_user);
	walk_fixed(walk, 0); /* torture */
	walk_blob(walk, &q->session_key);
	walk_fixed(walk, 0); /* credentials */
	if (walk->r)
		q->unique_session_token = pen_reader_uuid(walk->r);
	else
		pen_writer_uuid(walk->w, &q->unique_session_token);
	if (walk->layout->has_ticket_type)
		walk_u16(walk, &q->ticket_type);

	if (q->has_security_token)
		walk_security_token(walk, q);
	if (q->has_unix_token)
		walk_unix_token(walk, q);
	if (q->has_user)
		walk_user(walk, &q->user);
	if (q->has_unix_user)
		walk_unix_user(walk, q);
}

static void walk_request(struct walk *walk, struct pen_npa_request *q)
{
	if (walk->layout->has_transport)
		walk_u8(walk, &q->transport);
	walk_text_pointer(walk, &q->remote_client_name);
	walk_text_pointer(walk, &q->remote_client_addr);
	walk_u16(walk, &q->remote_client_port);
	walk_text_pointer(walk, &q->local_server_name);
	walk_text_pointer(walk, &q->local_server_addr);
	walk_u16(walk, &q->local_server_port);
	walk_pointer(walk, &q->has_session_transport);
	if (walk->layout->has_need_idle_server)
		walk_u8(walk, &q->need_idle_server);
	walk_text(walk, &q->remote_client_name);
	walk_text(walk, &q->remote_client_addr);
	walk_text(walk, &q->local_server_name);
	walk_text(walk, &q->local_server_addr);
	if (!q->has_session_transport)
		return;

	walk_pointer(walk, &q->has_session);
	walk_blob(walk, &q->gss_credentials);
	if (q->has_session)
		walk_session(walk, q);
}

int pen_npa_request_size(const void *data, size_t n, size_t *sizep)
{
	struct pen_reader r;
	uint32_t length;

	pen_reader_init(&r, data, n);
	r.is_big_endian = true;
	length = pen_reader_u32(&r);
	if (!pen_reader_ok(&r))
		return PEN_E_AGAIN;
	if (!length || length > PEN_NPA_REQUEST_MAX - 4)
		return PEN_E_PROTOCOL;
	*sizep = (size_t)length + 4;
	return 0;
}

static int get_as(struct pen_npa_request *request, enum pen_npa_layout layout,
		  struct pen_arena *arena, struct pen_reader r)
{
	struct walk walk = { .r = &r, .arena = arena, .layout = &layouts[layout] };
	struct pen_npa_request q = { .level = layouts[layout].level, .layout = layout };

	walk_request(&walk, &q);
	/* First: after it the reader stands where nothing fits. */
	if (walk.error)
		return walk.error;
	if (!pen_reader_ok(&r) || pen_reader_left(&r))
		return PEN_E_BAD_DATA;
	*request = q;
	return 0;
}

int pen_npa_request_get(struct pen_npa_request *request, struct pen_arena *arena, const void *data,
			size_t n)
{
	int result = PEN_E_UNSUPPORTED;
	struct pen_reader r;
	const uint8_t *magic;
	uint32_t level;
	size_t size;

	if (pen_npa_request_size(data, n, &size) || size != n)
		return PEN_E_BAD_DATA;
	pen_reader_init(&r, data, n);
	pen_reader_u32(&r);
	magic = pen_reader_bytes(&r, 4);
	level = pen_reader_u32(&r);
	if (pen_reader_u32(&r) != level || !pen_reader_ok(&r) || memcmp(magic, MAGIC, 4) != 0)
		return PEN_E_BAD_DATA;

	for (size_t i = 0; i < PEN_COUNT(tried); i++) {
		if (layouts[tried[i]].level != level)
			continue;
		result = get_as(request, tried[i], arena, r);
		if (result != PEN_E_BAD_DATA)
			break;
	}
	return result;
}

int pen_npa_request_put(const struct pen_npa_request *request, struct pen_buffer *buffer)
{
	struct pen_npa_request q = *request; /* the walk takes what it may change */
	struct pen_writer w;
	struct walk walk = { .w = &w, .layout = &layouts[q.layout] };
	size_t size;

	pen_writer_init(&w, buffer);
	pen_writer_u32(&w, 0);
	pen_writer_bytes(&w, MAGIC, 4);
	pen_writer_u32(&w, walk.layout->level);
	pen_writer_u32(&w, walk.layout->level);
	walk_request(&walk, &q);

	size = pen_writer_pos(&w);
	if (!w.error)
		w.error = walk.error;
	if (!w.error && size > PEN_NPA_REQUEST_MAX)
		w.error = PEN_E_LIMIT;
	if (w.error) {
		buffer->size = w.origin;
		return w.error;
	}
	w.is_big_endian = true;
	pen_writer_store32(&w, buffer->data + w.origin, (uint32_t)(size - 4));
	return 0;
}

void pen_npa_reply_put(const struct pen_npa_reply *reply, uint8_t bytes[PEN_NPA_REPLY_SIZE])
{
	struct pen_buffer fixed = { .data = bytes, .capacity = PEN_NPA_REPLY_SIZE };
	struct pen_writer w;

	pen_writer_init(&w, &fixed);
	w.is_big_endian = true;
	pen_writer_u32(&w, PEN_NPA_REPLY_SIZE - 4);
	w.is_big_endian = false;
	pen_writer_bytes(&w, MAGIC, 4);
	pen_writer_u32(&w, reply->level);
	pen_writer_u32(&w, reply->level);
	pen_writer_u16(&w, reply->file_type);
	pen_writer_u16(&w, reply->device_state);
	pen_writer_align(&w, 8);
	pen_writer_u64(&w, reply->allocation_size);
	pen_writer_u32(&w, reply->status);
}

int pen_npa_reply_get(struct pen_npa_reply *reply, uint32_t level,
		      const uint8_t bytes[PEN_NPA_REPLY_SIZE])
{
	struct pen_npa_reply q = { .level = level };
	struct pen_reader r;
	bool is_reply;

	pen_reader_init(&r, bytes, PEN_NPA_REPLY_SIZE);
	r.is_big_endian = true;
	is_reply = pen_reader_u32(&r) == PEN_NPA_REPLY_SIZE - 4;
	r.is_big_endian = false;
	is_reply &= memcmp(pen_reader_bytes(&r, 4), MAGIC, 4) == 0;
	is_reply &= pen_reader_u32(&r) == level;
	is_reply &= pen_reader_u32(&r) == level;
	q.file_type = pen_reader_u16(&r);
	q.device_state = pen_reader_u16(&r);
	pen_reader_align(&r, 8);
	q.allocation_size = pen_reader_u64(&r);
	q.status = pen_reader_u32(&r);
	if (!is_reply || (q.file_type != PEN_NPA_BYTE_MODE && q.file_type != PEN_NPA_MESSAGE_MODE))
		return PEN_E_BAD_DATA;
	*reply = q;
	return 0;
}

int pen_npa_message_next(const void *data, size_t n, struct pen_slice *message)
{
	struct pen_slice found;
	struct pen_reader r;

	pen_reader_init(&r, data, n);
	found = pen_reader_slice(&r, pen_reader_u16(&r));
	if (!pen_reader_ok(&r))
		return PEN_E_AGAIN;
	*message = found;
	return 0;
}

int pen_npa_message_put(struct pen_buffer *buffer, const void *data, size_t n)
{
	struct pen_writer w;

	if (!n || n > UINT16_MAX)
		return PEN_E_LIMIT;
	pen_writer_init(&w, buffer);
	pen_writer_u16(&w, (uint16_t)n);
	pen_writer_bytes(&w, data, n);
	if (w.error)
		buffer->size = w.origin;
	return w.error;
}
