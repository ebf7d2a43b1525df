/* SPDX-License-Identifier: MIT */
#include "sec/ntlm-message.h"
#include "base/reader.h"
#include "base/utf16.h"
#include "base/writer.h"
#include <errno.h>
#include <stdlib.h>

enum { NEGOTIATE = 1, CHALLENGE, AUTHENTICATE };
enum { NEGOTIATE_SIZE = 40, CHALLENGE_SIZE = 56, AUTHENTICATE_SIZE = 88, VERSION_SIZE = 8 };

static const uint8_t magic[8] = "NTLMSSP";

/* ---- reading ---- */

static void begin(struct pen_reader *r, struct pen_slice in, uint32_t type)
{
	const uint8_t *bytes;

	pen_reader_init(r, in.data, in.size);
	bytes = pen_reader_bytes(r, sizeof(magic));
	if (in.size > PEN_NTLM_MESSAGE_MAX || !bytes || memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    pen_reader_u32(r) != type)
		r->is_bad = true;
}

/*
 * A field: a length, an allocated length that says nothing, and an offset of bytes that
 * lie behind the fields. Lowers *firstp to where they begin.
 */
static struct pen_slice get_field(struct pen_reader *r, size_t *firstp)
{
	size_t n = pen_reader_u16(r);
	size_t offset = (pen_reader_u16(r), pen_reader_u32(r));

	if (!n || !pen_reader_ok(r))
		return (struct pen_slice){ 0 };
	if (offset > r->size || n > r->size - offset) {
		r->is_bad = true;
		return (struct pen_slice){ 0 };
	}
	if (offset < *firstp)
		*firstp = offset;
	return (struct pen_slice){ .data = r->data + offset, .size = n };
}

/* The payload must not begin among the fields, which end where the reader stands. */
static int end(struct pen_reader *r, size_t first)
{
	return pen_reader_ok(r) && first >= r->pos ? 0 : PEN_E_BAD_DATA;
}

int pen_ntlm_negotiate_get(struct pen_ntlm_negotiate *message, struct pen_slice in)
{
	struct pen_ntlm_negotiate got = { 0 };
	struct pen_reader r;
	size_t first = SIZE_MAX;

	begin(&r, in, NEGOTIATE);
	got.flags = pen_reader_u32(&r);
	if (got.flags & PEN_NTLM_DOMAIN_SUPPLIED)
		got.domain = get_field(&r, &first);
	else
		pen_reader_bytes(&r, 8);
	if (got.flags & PEN_NTLM_WORKSTATION_SUPPLIED)
		got.workstation = get_field(&r, &first);
	else
		pen_reader_bytes(&r, 8);
	if (got.flags & PEN_NTLM_VERSION)
		pen_reader_bytes(&r, VERSION_SIZE);
	if (end(&r, first))
		return PEN_E_BAD_DATA;
	*message = got;
	return 0;
}

static int check_list(struct pen_slice list)
{
	struct pen_slice value;
	int r = pen_ntlm_av_find(list, PEN_NTLM_AV_EOL, &value);

	return r == PEN_E_NOT_FOUND ? 0 : r;
}

int pen_ntlm_challenge_get(struct pen_ntlm_challenge *message, struct pen_slice in)
{
	struct pen_ntlm_challenge got = { 0 };
	const uint8_t *challenge;
	size_t first = SIZE_MAX;
	struct pen_reader r;

	begin(&r, in, CHALLENGE);
	got.target_name = get_field(&r, &first);
	got.flags = pen_reader_u32(&r);
	challenge = pen_reader_bytes(&r, sizeof(got.challenge));
	if (challenge)
		memcpy(got.challenge, challenge, sizeof(got.challenge));
	if (got.flags & PEN_NTLM_TARGET_INFO) {
		pen_reader_bytes(&r, 8);
		got.target_info = get_field(&r, &first);
	}
	if (end(&r, first) || (got.target_info.size && check_list(got.target_info)))
		return PEN_E_BAD_DATA;
	*message = got;
	return 0;
}

int pen_ntlm_authenticate_get(struct pen_ntlm_authenticate *message, struct pen_slice in)
{
	struct pen_ntlm_authenticate got = { 0 };
	size_t first = SIZE_MAX;
	struct pen_reader r;

	begin(&r, in, AUTHENTICATE);
	got.lm = get_field(&r, &first);
	got.nt = get_field(&r, &first);
	got.domain = get_field(&r, &first);
	got.user = get_field(&r, &first);
	got.workstation = get_field(&r, &first);
	got.session_key = get_field(&r, &first);
	got.flags = pen_reader_u32(&r);
	if (end(&r, first))
		return PEN_E_BAD_DATA;
	if (in.size >= AUTHENTICATE_SIZE && first >= AUTHENTICATE_SIZE) {
		got.has_mic = true;
		memcpy(got.mic, in.data + PEN_NTLM_MIC_OFFSET, sizeof(got.mic));
	}
	*message = got;
	return 0;
}

/* ---- writing ---- */

static void put_begin(struct pen_writer *w, struct pen_buffer *out, uint32_t type)
{
	pen_writer_init(w, out);
	pen_writer_bytes(w, magic, sizeof(magic));
	pen_writer_u32(w, type);
}

/* The fields come first, and say where the payload that follows will be. */
static void put_field(struct pen_writer *w, struct pen_slice field, size_t *offsetp)
{
	if (field.size > UINT16_MAX && !w->error)
		w->error = PEN_E_LIMIT;
	pen_writer_u16(w, (uint16_t)field.size);
	pen_writer_u16(w, (uint16_t)field.size);
	pen_writer_u32(w, (uint32_t)*offsetp);
	*offsetp += field.size;
}

/* A failed message leaves nothing behind. */
static int put_end(struct pen_writer *w)
{
	if (w->error)
		w->buffer->size = w->origin;
	return w->error;
}

int pen_ntlm_negotiate_put(const struct pen_ntlm_negotiate *message, struct pen_buffer *out)
{
	size_t offset = NEGOTIATE_SIZE;
	struct pen_writer w;

	put_begin(&w, out, NEGOTIATE);
	pen_writer_u32(&w, message->flags);
	put_field(&w, message->domain, &offset);
	put_field(&w, message->workstation, &offset);
	pen_writer_zeros(&w, VERSION_SIZE);
	pen_writer_bytes(&w, message->domain.data, message->domain.size);
	pen_writer_bytes(&w, message->workstation.data, message->workstation.size);
	return put_end(&w);
}

int pen_ntlm_challenge_put(const struct pen_ntlm_challenge *message, struct pen_buffer *out)
{
	size_t offset = CHALLENGE_SIZE;
	struct pen_writer w;

	put_begin(&w, out, CHALLENGE);
	put_field(&w, message->target_name, &offset);
	pen_writer_u32(&w, message->flags);
	pen_writer_bytes(&w, message->challenge, sizeof(message->challenge));
	pen_writer_zeros(&w, 8);
	put_field(&w, message->target_info, &offset);
	pen_writer_zeros(&w, VERSION_SIZE);
	pen_writer_bytes(&w, message->target_name.data, message->target_name.size);
	pen_writer_bytes(&w, message->target_info.data, message->target_info.size);
	return put_end(&w);
}

int pen_ntlm_authenticate_put(const struct pen_ntlm_authenticate *message, struct pen_buffer *out)
{
	/* Texts first, because they want to be even; the order is free. */
	const struct pen_slice payload[] = { message->domain, message->user, message->workstation,
					     message->lm,     message->nt,   message->session_key };
	size_t texts = AUTHENTICATE_SIZE;
	size_t rest = texts + payload[0].size + payload[1].size + payload[2].size;
	struct pen_writer w;

	put_begin(&w, out, AUTHENTICATE);
	put_field(&w, message->lm, &rest);
	put_field(&w, message->nt, &rest);
	put_field(&w, message->domain, &texts);
	put_field(&w, message->user, &texts);
	put_field(&w, message->workstation, &texts);
	put_field(&w, message->session_key, &rest);
	pen_writer_u32(&w, message->flags);
	pen_writer_zeros(&w, VERSION_SIZE);
	pen_writer_bytes(&w, message->mic, sizeof(message->mic));
	for (size_t i = 0; i < PEN_COUNT(payload); i++)
		pen_writer_bytes(&w, payload[i].data, payload[i].size);
	return put_end(&w);
}

/* ---- AV_PAIRs ---- */

int pen_ntlm_av_next(struct pen_reader *list, uint16_t *idp, struct pen_slice *valuep)
{
	uint16_t id = pen_reader_u16(list);
	struct pen_slice value = pen_reader_slice(list, pen_reader_u16(list));

	if (!pen_reader_ok(list))
		return PEN_E_BAD_DATA;
	if (id == PEN_NTLM_AV_EOL)
		return PEN_E_NOT_FOUND;
	*idp = id;
	*valuep = value;
	return 0;
}

int pen_ntlm_av_find(struct pen_slice list, enum pen_ntlm_av id, struct pen_slice *valuep)
{
	struct pen_slice value;
	struct pen_reader r;
	uint16_t at;
	int error;

	pen_reader_init(&r, list.data, list.size);
	while (!(error = pen_ntlm_av_next(&r, &at, &value)))
		if (at == id) {
			*valuep = value;
			return 0;
		}
	return error;
}

int pen_ntlm_av_put(struct pen_buffer *list, enum pen_ntlm_av id, struct pen_slice value)
{
	struct pen_writer w;

	if (value.size > UINT16_MAX)
		return PEN_E_LIMIT;
	pen_writer_init(&w, list);
	pen_writer_u16(&w, (uint16_t)id);
	pen_writer_u16(&w, (uint16_t)value.size);
	pen_writer_bytes(&w, value.data, value.size);
	return put_end(&w);
}

/* ---- texts ---- */

static int get_oem(char **textp, struct pen_slice wire)
{
	char *text;

	for (size_t i = 0; i < wire.size; i++)
		if (!wire.data[i] || wire.data[i] > 0x7f)
			return PEN_E_BAD_DATA;
	text = calloc(1, wire.size + 1);
	if (!text)
		return -ENOMEM;
	if (wire.size)
		memcpy(text, wire.data, wire.size);
	*textp = text;
	return 0;
}

static int get_unicode(char **textp, struct pen_slice wire)
{
	size_t n = pen_utf16_text_size(wire.data, wire.size / 2, false);
	char *text = calloc(1, n + 1);

	if (!text)
		return -ENOMEM;
	pen_utf16_get(wire.data, wire.size / 2, false, text, n);
	if (strlen(text) != n) {
		free(text);
		return PEN_E_BAD_DATA;
	}
	*textp = text;
	return 0;
}

int pen_ntlm_text_get(char **textp, struct pen_slice wire, bool is_unicode)
{
	size_t n_unit = is_unicode ? 2 : 1;

	if (wire.size % n_unit || wire.size / n_unit > PEN_NTLM_TEXT_MAX)
		return PEN_E_BAD_DATA;
	return is_unicode ? get_unicode(textp, wire) : get_oem(textp, wire);
}

int pen_ntlm_text_put(struct pen_buffer *out, const char *text, bool is_upper)
{
	size_t n = strlen(text);
	size_t n_units = pen_utf16_count(text, n);
	uint8_t *units;
	int r;

	if (n_units == PEN_UTF16_BAD || n_units > PEN_NTLM_TEXT_MAX)
		return PEN_E_BAD_DATA;
	r = pen_buffer_reserve(out, 2 * n_units);
	if (r || !n_units)
		return r;
	units = out->data + out->size;
	pen_utf16_put(text, n, false, units, n_units);
	for (size_t i = 0; is_upper && i < n_units; i++) {
		uint16_t upper = pen_upcase((uint16_t)(units[2 * i] | units[2 * i + 1] << 8));

		units[2 * i] = (uint8_t)upper;
		units[2 * i + 1] = (uint8_t)(upper >> 8);
	}
	out->size += 2 * n_units;
	return 0;
}
