/* SPDX-License-Identifier: MIT */
#include "sec/schannel-message.h"
#include "base/reader.h"
#include "base/writer.h"
#include <errno.h>

enum { LABEL_MAX = 63, POINTER = 0xc0, TYPES_MAX = PEN_SCHANNEL_RESPONSE };

/* What follows the flags of a response; all Windows and Samba servers send this. */
static const uint8_t response_rest[] = { 0, 0, 0x6c, 0 };

/* ---- reading ---- */

static int get_netbios(struct pen_reader *in, char *name)
{
	size_t n = 0;
	uint8_t byte;

	while ((byte = pen_reader_u8(in))) {
		if (byte > 0x7f || n == PEN_SCHANNEL_NAME_SIZE - 1)
			return PEN_E_BAD_DATA;
		name[n++] = (char)byte;
	}
	name[n] = 0;
	return pen_reader_ok(in) ? 0 : PEN_E_BAD_DATA;
}

static int add_label(char *name, size_t *np, struct pen_slice label)
{
	size_t dot = *np > 0;

	if (label.size + dot > PEN_SCHANNEL_NAME_SIZE - 1 - *np ||
	    memchr(label.data, 0, label.size) || memchr(label.data, '.', label.size))
		return PEN_E_BAD_DATA;
	if (dot)
		name[(*np)++] = '.';
	memcpy(name + *np, label.data, label.size);
	*np += label.size;
	return 0;
}

/*
 * Labels, each after its length [RFC 1035 4.1.4]. A pointer goes on with a name from the
 * message's begin, and only ever back, so that no name goes in circles.
 */
static int get_labels(struct pen_reader *in, char *name)
{
	struct pen_reader *from = in;
	struct pen_reader earlier;
	size_t before = in->pos;
	size_t n = 0;
	uint8_t size;
	int r;

	while ((size = pen_reader_u8(from))) {
		if (size >= POINTER) {
			size_t to = (size_t)(size - POINTER) << 8 | pen_reader_u8(from);

			if (!pen_reader_ok(from) || to >= before)
				return PEN_E_BAD_DATA;
			pen_reader_init(&earlier, in->data, before);
			before = earlier.pos = to;
			from = &earlier;
			continue;
		}
		if (size > LABEL_MAX || pen_reader_left(from) < size)
			return PEN_E_BAD_DATA;
		r = add_label(name, &n, pen_reader_slice(from, size));
		if (r)
			return r;
	}
	name[n] = 0;
	return pen_reader_ok(from) ? 0 : PEN_E_BAD_DATA;
}

int pen_schannel_message_get(struct pen_schannel_message *message, struct pen_slice in)
{
	struct pen_schannel_message got = { 0 };
	struct pen_reader reader;
	uint32_t flags;
	int r = 0;

	pen_reader_init(&reader, in.data, in.size);
	got.type = pen_reader_u32(&reader);
	flags = pen_reader_u32(&reader);
	if (!pen_reader_ok(&reader) || got.type > TYPES_MAX || in.size > PEN_SCHANNEL_MESSAGE_MAX)
		return PEN_E_BAD_DATA;
	if (flags & PEN_SCHANNEL_NETBIOS_DOMAIN)
		r = get_netbios(&reader, got.netbios_domain);
	if (!r && flags & PEN_SCHANNEL_NETBIOS_COMPUTER)
		r = get_netbios(&reader, got.netbios_computer);
	if (!r && flags & PEN_SCHANNEL_DNS_DOMAIN)
		r = get_labels(&reader, got.dns_domain);
	if (!r && flags & PEN_SCHANNEL_DNS_COMPUTER)
		r = get_labels(&reader, got.dns_computer);
	if (!r && flags & PEN_SCHANNEL_UTF8_COMPUTER)
		r = get_labels(&reader, got.utf8_computer);
	if (!r)
		*message = got;
	return r;
}

/* ---- writing ---- */

static int put_netbios(struct pen_writer *out, const char *name)
{
	for (const char *p = name; *p; p++)
		if ((uint8_t)*p > 0x7f)
			return PEN_E_BAD_DATA;
	if (*name)
		pen_writer_bytes(out, name, strlen(name) + 1);
	return 0;
}

static int put_labels(struct pen_writer *out, const char *name)
{
	if (!*name)
		return 0;
	for (;;) {
		size_t n = strcspn(name, ".");

		if (!n || n > LABEL_MAX)
			return PEN_E_BAD_DATA;
		pen_writer_u8(out, (uint8_t)n);
		pen_writer_bytes(out, name, n);
		name += n;
		if (!*name++)
			break;
	}
	pen_writer_u8(out, 0);
	return 0;
}

static uint32_t flags_of(const struct pen_schannel_message *message)
{
	return (message->netbios_domain[0] ? PEN_SCHANNEL_NETBIOS_DOMAIN : 0) |
	       (message->netbios_computer[0] ? PEN_SCHANNEL_NETBIOS_COMPUTER : 0) |
	       (message->dns_domain[0] ? PEN_SCHANNEL_DNS_DOMAIN : 0) |
	       (message->dns_computer[0] ? PEN_SCHANNEL_DNS_COMPUTER : 0) |
	       (message->utf8_computer[0] ? PEN_SCHANNEL_UTF8_COMPUTER : 0);
}

int pen_schannel_message_put(const struct pen_schannel_message *message, struct pen_buffer *out)
{
	size_t n_before = out->size;
	struct pen_writer writer;
	int r;

	pen_writer_init(&writer, out);
	pen_writer_u32(&writer, message->type);
	pen_writer_u32(&writer, flags_of(message));
	r = put_netbios(&writer, message->netbios_domain);
	if (!r)
		r = put_netbios(&writer, message->netbios_computer);
	if (!r)
		r = put_labels(&writer, message->dns_domain);
	if (!r)
		r = put_labels(&writer, message->dns_computer);
	if (!r)
		r = put_labels(&writer, message->utf8_computer);
	if (message->type == PEN_SCHANNEL_RESPONSE)
		pen_writer_bytes(&writer, response_rest, sizeof(response_rest));
	if (!r)
		r = writer.error;
	if (r)
		out->size = n_before;
	return r;
}
