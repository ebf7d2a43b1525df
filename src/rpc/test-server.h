/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_SERVER_H
#define PEN_RPC_TEST_SERVER_H
/*
 * What a client says to a server, and what that must answer.
 */
#include "rpc/test-peer.h"
#include <penstock/idl/epm.h>

// clang-format off
static const uint8_t plain_bind[] = {
	5, 0, 11, WHOLE, 0x10, 0, 0, 0, /* bind, little-endian */
	72, 0, 0, 0, 1, 0, 0, 0, /* frag_length, auth_length, call 1 */
	0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, /* 5840 both ways, group 0 */
	1, 0, 0, 0, 0, 0, 1, 0, /* one context: 0, of one transfer syntax */
	0xc5, 0x5e, 0xa1, 0x60, 0xe8, 0x4d, 0xd7, 0x11, /* echo */
	0xa6, 0x37, 0x00, 0x50, 0x56, 0xa2, 0x01, 0x82, 1, 0, 0, 0,
	0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, /* NDR */
	0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0,
};

static const uint8_t plain_request[] = {
	5, 0, 0, WHOLE, 0x10, 0, 0, 0, /* request, little-endian */
	28, 0, 0, 0, 8, 0, 0, 0, /* frag_length, auth_length, call 8 */
	4, 0, 0, 0, 0, 0, 1, 0, /* alloc_hint, context 0, operation 1 */
	'a', 'b', 'c', 'd',
};
// clang-format on

static inline void expect_fault(struct peer *peer, const char *what, uint32_t call_id,
				uint16_t context_id, uint32_t status, uint8_t flags)
{
	uint8_t fault[PEN_FAULT_SIZE];
	size_t n = peer_from_hex("05 00 03 03 10000000 2000 0000 00000000 " /* call_id */
				 "20000000 0000 0000 " /* alloc_hint, context, cancel_count */
				 "00000000 00000000 ", /* status, reserved */
				 fault, sizeof(fault));

	fault[3] |= flags;
	fault[12] = (uint8_t)call_id;
	fault[20] = (uint8_t)context_id;
	for (int i = 0; i < 4; i++)
		fault[24 + i] = (uint8_t)(status >> 8 * i);
	peer_expect(peer, what, fault, n);
}

static inline void expect_nak(struct peer *peer, const char *what, uint32_t call_id, uint8_t reason)
{
	uint8_t nak[24];
	size_t n = peer_from_hex("05 00 0d 03 10000000 1800 0000 00000000 " /* call_id */
				 "0000 01 0500 000000", /* reason; one version: 5.0; rounded */
				 nak, sizeof(nak));

	nak[12] = (uint8_t)call_id;
	nak[16] = reason;
	peer_expect(peer, what, nak, n);
}

static inline void expect_over(struct peer *peer, const char *what, bool is_over)
{
	if (pen_conn_is_closed(peer->conn) != is_over)
		fail_msg("%s: the association is %sover", what, is_over ? "not " : "");
	assert_int_equal(peer->result, is_over ? PEN_E_PROTOCOL : PEN_E_AGAIN);
	assert_int_equal(is_over, strlen(pen_conn_reason(peer->conn)) > 0);
}

static inline void expect_event(const struct peer *peer, const char *what, enum pen_event_kind kind,
				uint32_t call_id)
{
	if (peer->n_events != 1)
		fail_msg("%s: %u events", what, peer->n_events);
	assert_int_equal(peer->kind, kind);
	assert_int_equal(peer->call_id, call_id);
}

static inline void bind_plainly(struct peer *peer)
{
	peer_open_server(peer, PEN_NCACN_IP_TCP, NULL);
	peer_say(peer, plain_bind, sizeof(plain_bind));
	expect_event(peer, "bind", PEN_EVENT_BOUND, 0);
	peer->out.size = 0;
}

/* The syntax of a name, NDR where none has it. */
static inline struct pen_syntax_id syntax_named(const char *name)
{
	static const struct {
		const char *name;
		const struct pen_syntax_id *id;
		uint16_t major;
	} names[] = {
		{ "echo", &rpcecho_interface.id, 1 },  { "echo-2", &rpcecho_interface.id, 2 },
		{ "srvsvc", &srvsvc_interface.id, 3 }, { "other", &epm_interface.id, 3 },
		{ "ndr", &pen_syntax_ndr, 2 },	       { "ndr-3", &pen_syntax_ndr, 3 },
		{ "ndr64", &pen_syntax_ndr64, 1 },     { "ndr64-2", &pen_syntax_ndr64, 2 },
	};
	struct pen_syntax_id id = pen_features_to_syntax(0xff);

	id.minor = strcmp(name, "features-1.1") == 0;
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		if (strcmp(names[i].name, name) != 0)
			continue;
		id = *names[i].id;
		id.major = names[i].major;
	}
	return id;
}

/* Contexts as "ID INTERFACE TRANSFER...; ID ...". Returns how many. */
static inline uint8_t put_contexts(struct pen_writer *w, const char *text)
{
	char copy[200];
	char *rest;
	char *save;
	uint8_t n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest), n++) {
		struct pen_syntax_id ids[8];
		uint8_t n_ids = 0;

		pen_writer_u16(w, (uint16_t)strtoul(strtok_r(one, " ", &save), NULL, 0));
		for (char *word = strtok_r(NULL, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			ids[n_ids++] = syntax_named(word);
		pen_writer_u8(w, (uint8_t)(n_ids - 1));
		pen_writer_u8(w, 0);
		for (uint8_t i = 0; i < n_ids; i++)
			pen_syntax_id_put(w, &ids[i]);
	}
	return n;
}

static inline void say_contexts(struct peer *peer, enum pen_pdu_type ptype, const char *contexts)
{
	struct pen_buffer body = { 0 };
	struct pen_writer w;

	pen_writer_init(&w, &body);
	pen_writer_u32(&w, 0x10001000);
	pen_writer_u32(&w, 0);
	pen_writer_u32(&w, 0);
	body.data[8] = put_contexts(&w, contexts);
	assert_int_equal(w.error, 0);
	peer_say_pdu(peer, (uint8_t)ptype, WHOLE, 8, body.data, body.size);
	pen_buffer_done(&body);
}

#endif
