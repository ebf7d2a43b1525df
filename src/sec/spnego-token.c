/* SPDX-License-Identifier: MIT */
#include "sec/spnego-token.h"
#include "sec/der.h"

#define OID(...)                                                                                   \
	{                                                                                          \
		(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })         \
	}

#define NTLM	OID(0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10)
#define KRB5	OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2)
#define MS_KRB5 OID(0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2)

const struct pen_slice pen_oid_spnego = OID(0x2b, 6, 1, 5, 5, 2);
const struct pen_slice pen_oid_ntlm = NTLM;
const struct pen_slice pen_oid_krb5 = KRB5;
const struct pen_slice pen_oid_ms_krb5 = MS_KRB5;
const struct pen_slice pen_oids_ntlm[] = { NTLM };
const struct pen_slice pen_oids_krb5[] = { MS_KRB5, KRB5 };

/* The numbers of the fields, as [RFC 4178 4.2] and [MS-SPNG 2.2.1] write them. */
enum { MECH_TYPES, REQ_FLAGS, INIT_MECH_TOKEN, NEG_HINTS, INIT2_MIC };
enum { NEG_STATE, SUPPORTED_MECH, RESPONSE_TOKEN, MECH_LIST_MIC };
enum { HINT_NAME, HINT_ADDRESS };

/* The alternatives of NegotiationToken. */
enum { NEG_TOKEN_INIT, NEG_TOKEN_RESP };

static uint8_t context(int number)
{
	return (uint8_t)(PEN_DER_CONTEXT_0 + number);
}

static bool is_next(const struct pen_reader *r, int number)
{
	return pen_der_peek(r) == context(number);
}

bool pen_oid_equal(struct pen_slice a, struct pen_slice b)
{
	return a.size == b.size && a.size > 0 && memcmp(a.data, b.data, a.size) == 0;
}

/* ---- reading ---- */

/* The one element in field [number], which is optional. */
static struct pen_slice get_field(struct pen_reader *r, int number, uint8_t tag)
{
	struct pen_slice value = { NULL, 0 };
	struct pen_reader field;

	if (!is_next(r, number))
		return value;
	field = pen_der_open(r, context(number));
	value = pen_der_get(&field, tag);
	pen_der_close(r, &field);
	return value;
}

/*
 * An OID: each of its numbers begins with other than 0x80, and ends with its last byte
 * [X.690 8.19.2].
 */
static struct pen_slice check_oid(struct pen_reader *r, struct pen_slice oid)
{
	bool is_first = true;

	if (oid.size == 0 || oid.size > PEN_SPNEGO_OID_MAX)
		r->is_bad = true;
	for (size_t i = 0; i < oid.size; i++) {
		if (is_first && oid.data[i] == 0x80)
			r->is_bad = true;
		is_first = !(oid.data[i] & 0x80);
	}
	if (!is_first)
		r->is_bad = true;
	return oid;
}

static void get_mech_types(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_reader field;
	struct pen_reader whole;
	struct pen_reader list;

	if (!is_next(r, MECH_TYPES))
		return;
	field = pen_der_open(r, context(MECH_TYPES));
	whole = field;
	token->mech_types = pen_der_skip(&whole);
	list = pen_der_open(&field, PEN_DER_SEQUENCE);
	while (pen_reader_left(&list)) {
		struct pen_slice oid = check_oid(&list, pen_der_get(&list, PEN_DER_OID));

		if (token->n_mechs == PEN_SPNEGO_MECHS_MAX)
			list.is_bad = true;
		if (pen_reader_ok(&list))
			token->mechs[token->n_mechs++] = oid;
	}
	pen_der_close(&field, &list);
	pen_der_close(r, &field);
}

/* Flags that nobody heeds: "This field is not integrity protected" [RFC 4178 4.2.1]. */
static void skip_flags(struct pen_reader *r)
{
	get_field(r, REQ_FLAGS, PEN_DER_BIT_STRING);
}

/* What versions to come may have appended: fields of higher numbers, in their order. */
static void skip_extensions(struct pen_reader *r, int number)
{
	while (pen_reader_left(r)) {
		uint8_t tag = pen_der_peek(r);

		if (tag < context(number) || (tag & PEN_DER_CLASS) != PEN_DER_CONTEXT_0)
			r->is_bad = true;
		number = tag - PEN_DER_CONTEXT_0 + 1;
		pen_der_skip(r);
	}
}

static void get_hints(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_reader field = pen_der_open(r, context(NEG_HINTS));
	struct pen_reader hints = pen_der_open(&field, PEN_DER_SEQUENCE);

	token->hint_name = get_field(&hints, HINT_NAME, PEN_DER_GENERAL_STRING);
	get_field(&hints, HINT_ADDRESS, PEN_DER_OCTET_STRING);
	pen_der_close(&field, &hints);
	pen_der_close(r, &field);
}

/* [3] is the MIC in NegTokenInit, and the hints in NegTokenInit2, which has the MIC in [4]. */
static void get_hints_and_mic(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_reader ahead = *r;
	struct pen_reader field = pen_der_open(&ahead, context(NEG_HINTS));

	if (!is_next(r, NEG_HINTS) || pen_der_peek(&field) == PEN_DER_SEQUENCE) {
		if (is_next(r, NEG_HINTS))
			get_hints(token, r);
		token->mech_list_mic = get_field(r, INIT2_MIC, PEN_DER_OCTET_STRING);
		skip_extensions(r, INIT2_MIC + 1);
	} else {
		token->mech_list_mic = get_field(r, MECH_LIST_MIC, PEN_DER_OCTET_STRING);
		skip_extensions(r, MECH_LIST_MIC + 1);
	}
}

static void get_init(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_reader choice = pen_der_open(r, context(NEG_TOKEN_INIT));
	struct pen_reader fields = pen_der_open(&choice, PEN_DER_SEQUENCE);

	token->kind = PEN_SPNEGO_INIT;
	get_mech_types(token, &fields);
	skip_flags(&fields);
	token->mech_token = get_field(&fields, INIT_MECH_TOKEN, PEN_DER_OCTET_STRING);
	get_hints_and_mic(token, &fields);
	pen_der_close(&choice, &fields);
	pen_der_close(r, &choice);
}

static void get_state(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_slice state = get_field(r, NEG_STATE, PEN_DER_ENUMERATED);

	if (!state.data)
		return;
	if (state.size != 1 || state.data[0] > PEN_SPNEGO_REQUEST_MIC)
		r->is_bad = true;
	else
		token->state = (enum pen_spnego_state)state.data[0];
}

static void get_resp(struct pen_spnego_token *token, struct pen_reader *r)
{
	struct pen_reader choice = pen_der_open(r, context(NEG_TOKEN_RESP));
	struct pen_reader fields = pen_der_open(&choice, PEN_DER_SEQUENCE);

	token->kind = PEN_SPNEGO_RESP;
	get_state(token, &fields);
	token->supported_mech = get_field(&fields, SUPPORTED_MECH, PEN_DER_OID);
	if (token->supported_mech.data)
		check_oid(&fields, token->supported_mech);
	token->mech_token = get_field(&fields, RESPONSE_TOKEN, PEN_DER_OCTET_STRING);
	token->mech_list_mic = get_field(&fields, MECH_LIST_MIC, PEN_DER_OCTET_STRING);
	skip_extensions(&fields, MECH_LIST_MIC + 1);
	pen_der_close(&choice, &fields);
	pen_der_close(r, &choice);
}

int pen_gss_frame_get(struct pen_slice *mech, struct pen_slice *inner, struct pen_slice bytes)
{
	struct pen_reader outer;
	struct pen_reader r;
	struct pen_slice oid;

	pen_reader_init(&outer, bytes.data, bytes.size);
	r = pen_der_open(&outer, PEN_DER_APPLICATION_0);
	oid = check_oid(&r, pen_der_get(&r, PEN_DER_OID));
	if (!pen_reader_ok(&r) || pen_reader_left(&outer))
		return PEN_E_BAD_DATA;
	*mech = oid;
	if (inner)
		*inner = pen_reader_slice(&r, pen_reader_left(&r));
	return 0;
}

int pen_spnego_token_get(struct pen_spnego_token *token, struct pen_slice bytes)
{
	struct pen_spnego_token read = { .state = PEN_SPNEGO_NO_STATE };
	struct pen_slice mech;
	struct pen_reader r;

	if (bytes.size > PEN_SPNEGO_TOKEN_MAX)
		return PEN_E_BAD_DATA;
	pen_reader_init(&r, bytes.data, bytes.size);
	if (is_next(&r, NEG_TOKEN_RESP)) {
		get_resp(&read, &r);
	} else {
		if (pen_gss_frame_get(&mech, &bytes, bytes) || !pen_oid_equal(mech, pen_oid_spnego))
			return PEN_E_BAD_DATA;
		pen_reader_init(&r, bytes.data, bytes.size);
		get_init(&read, &r);
	}
	if (!pen_reader_ok(&r) || pen_reader_left(&r))
		return PEN_E_BAD_DATA;
	*token = read;
	return 0;
}

/* ---- writing ---- */

static size_t field_size(struct pen_slice value)
{
	return value.data ? pen_der_size(pen_der_size(value.size)) : 0;
}

static void put_field(struct pen_writer *w, int number, uint8_t tag, struct pen_slice value)
{
	if (!value.data)
		return;
	pen_der_put_header(w, context(number), pen_der_size(value.size));
	pen_der_put(w, tag, value);
}

/* MechTypeList has its own tag and length already. */
static void put_mech_types(struct pen_writer *w, struct pen_slice mech_types)
{
	if (mech_types.data)
		pen_der_put(w, context(MECH_TYPES), mech_types);
}

static void put_hints(struct pen_writer *w, struct pen_slice name)
{
	size_t size = field_size(name);

	pen_der_put_header(w, context(NEG_HINTS), pen_der_size(size));
	pen_der_put_header(w, PEN_DER_SEQUENCE, size);
	put_field(w, HINT_NAME, PEN_DER_GENERAL_STRING, name);
}

/* Room for n bytes first, so that a token is written whole or not at all. */
static int start(struct pen_writer *w, struct pen_buffer *buffer, size_t n)
{
	int r = pen_buffer_reserve(buffer, n);

	if (r)
		return r;
	pen_writer_init(w, buffer);
	return 0;
}

static int put_init(const struct pen_spnego_token *token, struct pen_buffer *buffer)
{
	bool has_hints = token->hint_name.data;
	size_t types = token->mech_types.data ? pen_der_size(token->mech_types.size) : 0;
	size_t hints = has_hints ? pen_der_size(pen_der_size(field_size(token->hint_name))) : 0;
	size_t fields =
		types + field_size(token->mech_token) + hints + field_size(token->mech_list_mic);
	size_t choice = pen_der_size(fields);
	size_t frame = pen_der_size(pen_oid_spnego.size) + pen_der_size(choice);
	struct pen_writer w;
	int r = start(&w, buffer, pen_der_size(frame));

	if (r)
		return r;
	pen_der_put_header(&w, PEN_DER_APPLICATION_0, frame);
	pen_der_put(&w, PEN_DER_OID, pen_oid_spnego);
	pen_der_put_header(&w, context(NEG_TOKEN_INIT), choice);
	pen_der_put_header(&w, PEN_DER_SEQUENCE, fields);
	put_mech_types(&w, token->mech_types);
	put_field(&w, INIT_MECH_TOKEN, PEN_DER_OCTET_STRING, token->mech_token);
	if (has_hints)
		put_hints(&w, token->hint_name);
	put_field(&w, has_hints ? INIT2_MIC : MECH_LIST_MIC, PEN_DER_OCTET_STRING,
		  token->mech_list_mic);
	return 0;
}

static int put_resp(const struct pen_spnego_token *token, struct pen_buffer *buffer)
{
	const uint8_t value = (uint8_t)token->state;
	struct pen_slice state = { NULL, 0 };
	struct pen_writer w;
	size_t fields;
	int r;

	if (token->state != PEN_SPNEGO_NO_STATE)
		state = (struct pen_slice){ &value, 1 };
	fields = field_size(state) + field_size(token->supported_mech) +
		 field_size(token->mech_token) + field_size(token->mech_list_mic);
	r = start(&w, buffer, pen_der_size(pen_der_size(fields)));
	if (r)
		return r;
	pen_der_put_header(&w, context(NEG_TOKEN_RESP), pen_der_size(fields));
	pen_der_put_header(&w, PEN_DER_SEQUENCE, fields);
	put_field(&w, NEG_STATE, PEN_DER_ENUMERATED, state);
	put_field(&w, SUPPORTED_MECH, PEN_DER_OID, token->supported_mech);
	put_field(&w, RESPONSE_TOKEN, PEN_DER_OCTET_STRING, token->mech_token);
	put_field(&w, MECH_LIST_MIC, PEN_DER_OCTET_STRING, token->mech_list_mic);
	return 0;
}

int pen_spnego_token_put(const struct pen_spnego_token *token, struct pen_buffer *buffer)
{
	return token->kind == PEN_SPNEGO_INIT ? put_init(token, buffer) : put_resp(token, buffer);
}

int pen_spnego_mech_types_put(const struct pen_slice *oids, size_t n, struct pen_buffer *buffer)
{
	struct pen_writer w;
	size_t size = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		size += pen_der_size(oids[i].size);
	r = start(&w, buffer, pen_der_size(size));
	if (r)
		return r;
	pen_der_put_header(&w, PEN_DER_SEQUENCE, size);
	for (size_t i = 0; i < n; i++)
		pen_der_put(&w, PEN_DER_OID, oids[i]);
	return 0;
}
