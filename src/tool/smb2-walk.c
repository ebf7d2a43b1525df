/* SPDX-License-Identifier: MIT */
#include "tool/smb2-walk.h"
#include "base/reader.h"
#include "base/utf16.h"
#include <string.h>

enum { HEADER = 64, ID = 16 };

/* Commands [MS-SMB2 2.2.1]. */
enum { CREATE = 5, CLOSE = 6, READ = 8, WRITE = 9, IOCTL = 11 };

enum { FLAG_RESPONSE = 1, FLAG_RELATED = 4 };

enum { FSCTL_PIPE_TRANSCEIVE = 0x0011c017 };

#define STATUS_PENDING	       UINT32_C(0x00000103)
#define STATUS_BUFFER_OVERFLOW UINT32_C(0x80000005)

/* One command of a message, with its header [MS-SMB2 2.2.1.2]. */
struct part {
	struct pen_slice bytes;
	uint32_t status;
	uint16_t command;
	uint32_t flags;
	uint64_t message_id;
	struct pen_reader body;
};

void smb2_walk_init(struct smb2_walk *walk)
{
	memset(walk, 0, sizeof(*walk));
	walk->is_over = true;
}

void smb2_walk_begin(struct smb2_walk *walk, struct pen_slice message)
{
	walk->message = message;
	walk->at = 0;
	walk->is_over = false;
	memset(walk->related, 0xff, ID);
}

/* ---- files ---- */

static struct smb2_open *find_open(struct smb2_walk *walk, const uint8_t id[ID])
{
	for (size_t i = 0; i < SMB2_OPENS_MAX; i++)
		if (walk->opens[i].is_used && !memcmp(walk->opens[i].id, id, ID))
			return &walk->opens[i];
	return NULL;
}

/* The file of that id; a place for it, the least used one's if all are taken. */
static struct smb2_open *take_open(struct smb2_walk *walk, const uint8_t id[ID])
{
	struct smb2_open *open = find_open(walk, id);

	if (!open) {
		open = &walk->opens[0];
		for (size_t i = 1; i < SMB2_OPENS_MAX && open->is_used; i++)
			if (!walk->opens[i].is_used || walk->opens[i].age < open->age)
				open = &walk->opens[i];
		*open = (struct smb2_open){ .is_used = true };
		memcpy(open->id, id, ID);
	}
	open->age = ++walk->age;
	return open;
}

/* ---- requests that wait ---- */

static struct smb2_request *add_request(struct smb2_walk *walk, const struct part *part,
					const uint8_t id[ID])
{
	struct smb2_request *request = &walk->requests[walk->next_request++ % SMB2_REQUESTS_MAX];

	*request = (struct smb2_request){
		.is_used = true,
		.message_id = part->message_id,
		.command = part->command,
	};
	memcpy(request->id, id, ID);
	return request;
}

static struct smb2_request *find_request(struct smb2_walk *walk, const struct part *part)
{
	for (size_t i = 0; i < SMB2_REQUESTS_MAX; i++)
		if (walk->requests[i].is_used && walk->requests[i].message_id == part->message_id &&
		    walk->requests[i].command == part->command)
			return &walk->requests[i];
	return NULL;
}

/* ---- parts of a message ---- */

/* The next command; those of a compound follow one another at multiples of 8. */
static int next_part(struct smb2_walk *walk, struct part *part)
{
	struct pen_slice message = walk->message;
	size_t left = message.size - walk->at;
	struct pen_reader r;
	uint32_t next;
	const uint8_t *magic;

	pen_reader_init(&r, message.data + walk->at, left);
	magic = pen_reader_bytes(&r, 4);
	if (!magic || memcmp(magic, "\xfeSMB", 4) != 0 || pen_reader_u16(&r) != HEADER)
		return PEN_E_BAD_DATA;
	pen_reader_u16(&r);
	part->status = pen_reader_u32(&r);
	part->command = pen_reader_u16(&r);
	pen_reader_u16(&r);
	part->flags = pen_reader_u32(&r);
	next = pen_reader_u32(&r);
	part->message_id = pen_reader_u64(&r);
	pen_reader_bytes(&r, 32);
	if (!pen_reader_ok(&r) || (next && (next < HEADER || next > left)))
		return PEN_E_BAD_DATA;
	part->bytes = (struct pen_slice){ message.data + walk->at, next ? next : left };
	pen_reader_init(&part->body, part->bytes.data + HEADER, part->bytes.size - HEADER);
	walk->at += part->bytes.size;
	walk->is_over = !next;
	return 0;
}

/* What an offset from the header names; empty where that is not in the part. */
static struct pen_slice part_slice(const struct part *part, uint32_t offset, uint32_t n)
{
	if (offset > part->bytes.size || n > part->bytes.size - offset)
		return (struct pen_slice){ 0 };
	return (struct pen_slice){ part->bytes.data + offset, n };
}

/* A file id, or in a compound the one before. NULL: there is none. */
static const uint8_t *get_id(struct smb2_walk *walk, const struct part *part,
			     struct pen_reader *body)
{
	static const uint8_t none[ID] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *id = pen_reader_bytes(body, ID);

	if (!id)
		return NULL;
	if (part->flags & FLAG_RELATED && !memcmp(id, none, ID))
		return walk->related;
	memcpy(walk->related, id, ID);
	return id;
}

/* ---- requests ---- */

static void get_name(char name[SMB2_NAME_MAX], struct pen_slice utf16)
{
	char text[4 * SMB2_NAME_MAX];
	size_t n = pen_utf16_get(utf16.data, utf16.size / 2, false, text, sizeof(text));

	if (n == PEN_UTF16_BAD || memchr(text, 0, n))
		return;
	n = n < SMB2_NAME_MAX ? n : SMB2_NAME_MAX - 1;
	/* Not within a character. */
	while (n && n == SMB2_NAME_MAX - 1 && (text[n] & 0xc0) == 0x80)
		n--;
	memcpy(name, text, n);
	name[n] = '\0';
}

/* What a file is known by until the answer says its id. */
static void provisional_id(uint8_t id[ID], uint64_t message_id)
{
	memset(id, 0xfe, 8);
	memcpy(id + 8, &message_id, 8);
}

static void take_create(struct smb2_walk *walk, struct part *part)
{
	struct smb2_request *request;
	uint16_t offset;
	uint16_t n;

	pen_reader_bytes(&part->body, 44);
	offset = pen_reader_u16(&part->body);
	n = pen_reader_u16(&part->body);
	if (!pen_reader_ok(&part->body))
		return;
	/* What follows in a compound means the file that this opens. */
	provisional_id(walk->related, part->message_id);
	request = add_request(walk, part, walk->related);
	get_name(request->name, part_slice(part, offset, n));
}

static int tell_data(struct smb2_walk *walk, const uint8_t id[ID], bool is_from_server,
		     struct pen_slice data, struct smb2_event *event)
{
	struct smb2_open *open;

	if (!data.size)
		return PEN_E_AGAIN;
	*event = (struct smb2_event){ .is_from_server = is_from_server, .data = data };
	open = take_open(walk, id);
	event->is_new = !open->is_told;
	open->is_told = true;
	event->slot = (unsigned)(open - walk->opens);
	event->name = open->name;
	return 0;
}

static int take_write(struct smb2_walk *walk, struct part *part, struct smb2_event *event)
{
	struct pen_reader *body = &part->body;
	uint16_t offset;
	uint32_t n;
	const uint8_t *id;

	pen_reader_u16(body);
	offset = pen_reader_u16(body);
	n = pen_reader_u32(body);
	pen_reader_u64(body);
	id = get_id(walk, part, body);
	return id ? tell_data(walk, id, false, part_slice(part, offset, n), event) : PEN_E_AGAIN;
}

static void take_read(struct smb2_walk *walk, struct part *part)
{
	const uint8_t *id;

	pen_reader_bytes(&part->body, 16);
	id = get_id(walk, part, &part->body);
	if (id)
		add_request(walk, part, id);
}

static int take_ioctl(struct smb2_walk *walk, struct part *part, struct smb2_event *event)
{
	struct pen_reader *body = &part->body;
	uint32_t code;
	uint32_t offset;
	uint32_t n;
	const uint8_t *id;

	pen_reader_u32(body);
	code = pen_reader_u32(body);
	id = get_id(walk, part, body);
	offset = pen_reader_u32(body);
	n = pen_reader_u32(body);
	if (!pen_reader_ok(body) || code != FSCTL_PIPE_TRANSCEIVE)
		return PEN_E_AGAIN;
	add_request(walk, part, id);
	return tell_data(walk, id, false, part_slice(part, offset, n), event);
}

static int take_close(struct smb2_walk *walk, struct part *part, struct smb2_event *event)
{
	struct smb2_open *open;
	const uint8_t *id;

	pen_reader_u64(&part->body);
	id = get_id(walk, part, &part->body);
	open = id ? find_open(walk, id) : NULL;
	if (!open)
		return PEN_E_AGAIN;
	open->is_used = false;
	*event = (struct smb2_event){ .kind = SMB2_CLOSED,
				      .slot = (unsigned)(open - walk->opens),
				      .name = open->name };
	return 0;
}

static int take_request(struct smb2_walk *walk, struct part *part, struct smb2_event *event)
{
	switch (part->command) {
	case CREATE:
		take_create(walk, part);
		return PEN_E_AGAIN;
	case CLOSE:
		return take_close(walk, part, event);
	case READ:
		take_read(walk, part);
		return PEN_E_AGAIN;
	case WRITE:
		return take_write(walk, part, event);
	case IOCTL:
		return take_ioctl(walk, part, event);
	default:
		return PEN_E_AGAIN;
	}
}

/* ---- responses ---- */

static void created(struct smb2_walk *walk, struct part *part, const struct smb2_request *request)
{
	struct smb2_open *open;
	const uint8_t *id;

	pen_reader_bytes(&part->body, 64);
	id = pen_reader_bytes(&part->body, ID);
	if (!id || part->status)
		return;
	open = find_open(walk, request->id);
	if (open)
		memcpy(open->id, id, ID);
	else
		open = take_open(walk, id);
	memcpy(open->name, request->name, SMB2_NAME_MAX);
	for (size_t i = 0; i < SMB2_REQUESTS_MAX; i++)
		if (&walk->requests[i] != request && !memcmp(walk->requests[i].id, request->id, ID))
			memcpy(walk->requests[i].id, id, ID);
}

static int answer_data(struct smb2_walk *walk, struct part *part,
		       const struct smb2_request *request, struct smb2_event *event)
{
	struct pen_reader *body = &part->body;
	uint32_t offset;
	uint32_t n;

	if (part->status && part->status != STATUS_BUFFER_OVERFLOW)
		return PEN_E_AGAIN;
	pen_reader_u16(body);
	if (part->command == READ) {
		offset = pen_reader_u8(body);
		pen_reader_u8(body);
	} else {
		pen_reader_bytes(body, 6 + ID + 8);
		offset = pen_reader_u32(body);
	}
	n = pen_reader_u32(body);
	if (!pen_reader_ok(body))
		return PEN_E_AGAIN;
	return tell_data(walk, request->id, true, part_slice(part, offset, n), event);
}

static int take_response(struct smb2_walk *walk, struct part *part, struct smb2_event *event)
{
	struct smb2_request *request = find_request(walk, part);
	int r = PEN_E_AGAIN;

	if (!request || part->status == STATUS_PENDING)
		return r;
	if (part->command == CREATE)
		created(walk, part, request);
	else
		r = answer_data(walk, part, request, event);
	request->is_used = false;
	return r;
}

/* ---- messages ---- */

/* A transformed message [MS-SMB2 2.2.41, 2.2.42]: of all that it says, that it is one. */
static bool is_transformed(const struct smb2_walk *walk, enum smb2_event_kind *kindp)
{
	struct pen_slice message = walk->message;

	if (walk->at || message.size < 4 || memcmp(message.data + 1, "SMB", 3) != 0)
		return false;
	*kindp = message.data[0] == 0xfd ? SMB2_ENCRYPTED : SMB2_COMPRESSED;
	return message.data[0] == 0xfd || message.data[0] == 0xfc;
}

int smb2_walk_next(struct smb2_walk *walk, struct smb2_event *event)
{
	enum smb2_event_kind kind;
	struct part part;
	int r;

	if (!walk->is_over && is_transformed(walk, &kind)) {
		walk->is_over = true;
		*event = (struct smb2_event){ .kind = kind };
		return 0;
	}
	while (!walk->is_over) {
		r = next_part(walk, &part);
		if (r) {
			walk->is_over = true;
			return r;
		}
		r = part.flags & FLAG_RESPONSE ? take_response(walk, &part, event)
					       : take_request(walk, &part, event);
		if (r != PEN_E_AGAIN)
			return r;
	}
	return PEN_E_AGAIN;
}
