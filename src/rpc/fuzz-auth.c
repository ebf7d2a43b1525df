/* SPDX-License-Identifier: MIT */
/*
 * An authenticated association, and a hostile peer that has the key: each PDU of the input
 * gets the length, the trailer and the signature that it says, so that what is fuzzed
 * lies behind the signatures.
 */
#include "base/writer.h"
#include "rpc/pdu.h"
#include "sec/mech.h"
#include <penstock/idl/rpcecho.h>
#include <penstock/token.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a mechanism whose tokens say what is to come of them ---- */

enum { SIGNATURE_SIZE = 12, SIGNED = 0x5a, AUTH_TYPE = 201 };

struct pen_mech_context {
	bool is_pending;
};

static int new_context(struct pen_mech_context **contextp)
{
	*contextp = calloc(1, sizeof(**contextp));
	return *contextp ? 0 : PEN_E_LIMIT;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	return new_context(contextp);
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	return new_context(contextp);
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	free(context);
	return NULL;
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	uint8_t said = in.size ? in.data[0] : 0;

	if (context->is_pending) {
		context->is_pending = false;
		return 0;
	}
	if (said & 8 || !in.size)
		pen_buffer_add(out, "token", 5);
	switch (said & 7) {
	case 1:
		return PEN_E_AGAIN;
	case 2:
		context->is_pending = true;
		return PEN_PENDING;
	case 3:
		return PEN_E_DENIED;
	case 4:
		return PEN_E_BAD_DATA;
	default:
		return in.size ? 0 : PEN_E_AGAIN;
	}
}

static void work(struct pen_mech_context *context)
{
	if (!context->is_pending)
		abort();
}

static const char *reason(const struct pen_mech_context *context)
{
	return "it was told to";
}

static bool has_header_signing(const struct pen_mech_context *context)
{
	return true;
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	return SIGNATURE_SIZE;
}

/* Sealing is seen where what was not opened is used. */
static void seal(const struct pen_protected *message)
{
	for (size_t i = 0; message->is_sealed && i < message->n; i++)
		message->data[i] ^= SIGNED;
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	seal(message);
	memset(message->signature, SIGNED, message->n_signature);
	return 0;
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (message->n_signature != SIGNATURE_SIZE || message->signature[0] != SIGNED)
		return PEN_E_DENIED;
	seal(message);
	return 0;
}

static int token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	return pen_token_new_anonymous(tokenp, true);
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	return (struct pen_slice){ 0 };
}

static const struct pen_mech mech = {
	.name = "open",
	.auth_type = AUTH_TYPE,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.token = token,
	.session_key = session_key,
};

static const struct pen_mech_row rows[] = { { &mech, NULL } };

/* ---- the peer's PDUs ---- */

/* What every bind offers, or every ack accepts, so that the input need not find it. */
static void put_usual(struct pen_writer *w, uint8_t ptype, uint8_t context_id)
{
	bool is_ack = ptype == PEN_PDU_BIND_ACK || ptype == PEN_PDU_ALTER_CONTEXT_RESP;

	pen_writer_u16(w, 5840);
	pen_writer_u16(w, 5840);
	pen_writer_u32(w, is_ack);
	if (is_ack) {
		pen_writer_u32(w, 0); /* no secondary address */
		pen_writer_u8(w, (uint8_t)(1 + context_id % 3));
		pen_writer_zeros(w, 3);
		for (int i = 0; i <= context_id % 3; i++) {
			pen_writer_u32(w, 0);
			pen_syntax_id_put(w, i ? &pen_syntax_ndr64 : &pen_syntax_ndr);
		}
		return;
	}
	pen_writer_u32(w, 1);
	pen_writer_u16(w, context_id);
	pen_writer_u16(w, 1);
	pen_syntax_id_put(w, &rpcecho_interface.id);
	pen_syntax_id_put(w, &pen_syntax_ndr);
}

static void put_auth(struct pen_writer *w, size_t at, uint8_t ptype, uint8_t how)
{
	bool is_leg = ptype >= PEN_PDU_BIND && ptype <= PEN_PDU_AUTH3;
	uint8_t n = is_leg ? 1 : SIGNATURE_SIZE;

	pen_writer_u8(w, how & 32 ? 10 : AUTH_TYPE);
	pen_writer_u8(w, how & 7);
	pen_writer_u8(w, 0);
	pen_writer_u8(w, 0);
	pen_writer_u32(w, how >> 3 & 3);
	for (uint8_t i = 0; i < n; i++)
		pen_writer_u8(w, is_leg ? how & 15 : how & 64 ? 0 : SIGNED);
	if (!w->error)
		pen_writer_store16(w, w->buffer->data + at + 10, n);
}

/* One PDU of the input: type, flags, call, trailer, and a body of so many bytes (255: the usual).
 */
static bool put_pdu(struct pen_reader *r, struct pen_buffer *stream)
{
	uint8_t ptype = pen_reader_u8(r) % 20, flags = pen_reader_u8(r);
	uint8_t call_id = pen_reader_u8(r), how = pen_reader_u8(r), n = pen_reader_u8(r);
	struct pen_slice body = pen_reader_slice(r, n == 255 ? 1 : n);
	struct pen_writer w;
	size_t at;

	if (!pen_reader_ok(r))
		return false;
	pen_writer_init(&w, stream);
	at = pen_pdu_begin(&w, ptype, flags, call_id);
	if (n == 255)
		put_usual(&w, ptype, body.data[0]);
	else
		pen_writer_bytes(&w, body.data, body.size);
	if (how & 128)
		put_auth(&w, at, ptype, how);
	pen_pdu_end(&w, at);
	return !w.error;
}

/* ---- both roles ---- */

static const struct pen_offer offer = { .interface = &rpcecho_interface };

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	return pen_syntax_id_equal(abstract, &rpcecho_interface.id) ? &offer : NULL;
}

static uint32_t random_id(void *data)
{
	uint32_t *next = data;

	return ++*next;
}

static void send_requests(struct pen_conn *conn, const struct pen_auth_info *auth,
			  struct pen_buffer *stub)
{
	const struct pen_context *context = pen_conn_context(conn, &rpcecho_interface.id);
	uint32_t id;

	for (int i = 0; context && i < 3; i++) {
		stub->size = 0;
		pen_buffer_add(stub, "stub", 4);
		if (!pen_conn_request(conn, context, auth, 1, NULL, 0, stub, &id) && i == 2)
			pen_conn_orphan(conn, id);
	}
}

static void on_event(struct pen_conn *conn, const struct pen_event *event, struct pen_buffer *stub)
{
	stub->size = 0;
	switch (event->kind) {
	case PEN_EVENT_WORK:
		pen_conn_work(conn);
		pen_conn_worked(conn);
		break;
	case PEN_EVENT_REQUEST:
		pen_conn_verify(conn, event->call_id, event->stub);
		pen_buffer_add(stub, event->stub.data, event->stub.size);
		if (event->opnum & 1)
			pen_conn_respond(conn, event->call_id, stub);
		else
			pen_conn_fault(conn, event->call_id, 5, false);
		break;
	case PEN_EVENT_AUTHENTICATED:
		send_requests(conn, event->auth, stub);
		break;
	default:
		break;
	}
}

static void turn(struct pen_conn *conn, struct pen_buffer *stub)
{
	struct pen_slice slices[4];
	struct pen_event event;

	while (pen_conn_next(conn, &event) == 0)
		on_event(conn, &event, stub);
	while (pen_conn_output(conn, slices, PEN_COUNT(slices)) > 0)
		pen_conn_sent(conn, slices[0].size);
}

static int begin_client(struct pen_conn *conn, uint8_t level)
{
	static const uint8_t levels[] = { 2, 4, 5, 6 };
	const struct pen_mech_client client = { .level = levels[level & 3] };
	const struct pen_auth_info *auth;
	int r = pen_conn_add_auth(conn, &rows[0], &client, &auth);

	return r ? r : pen_conn_bind(conn, &rpcecho_interface.id, level & 4, 0, auth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t next_id = 0;
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.limits = { .stub_max = 65536, .calls_max = 8, .contexts_max = 8, .auths_max = 3 },
		.find_offer = find_offer,
		.secondary_address = "135",
		.mechs = rows,
		.n_mechs = 1,
	};
	struct pen_buffer stream = { 0 }, stub = { 0 };
	struct pen_conn *conn;
	struct pen_reader r;
	bool is_client;

	if (size < 1)
		return 0;
	is_client = data[0] & 1;
	pen_reader_init(&r, data + 1, size - 1);
	if (pen_assoc_groups_new(&config.groups, 4, random_id, &next_id))
		abort();
	if (is_client ? pen_conn_new_client(&conn, &config) : pen_conn_new_server(&conn, &config))
		abort();
	if (is_client && begin_client(conn, data[0] >> 1))
		abort();
	turn(conn, &stub);
	while (!pen_conn_is_closed(conn) && put_pdu(&r, &stream)) {
		pen_conn_feed(conn, stream.data, stream.size);
		stream.size = 0;
		turn(conn, &stub);
	}
	if (pen_conn_memory(conn) > 1u << 20)
		abort();
	pen_buffer_done(&stream);
	pen_buffer_done(&stub);
	pen_conn_free(conn);
	pen_assoc_groups_free(config.groups);
	return 0;
}
