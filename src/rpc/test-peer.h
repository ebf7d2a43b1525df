/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_PEER_H
#define PEN_RPC_TEST_PEER_H
/*
 * One engine, and what the other end says to it, byte by byte.
 */
#include "base/writer.h"
#include "rpc/pdu.h"
#include "support/unit.h"
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Syntaxes as they stand on the wire, in hex, each with its version. */
#define ECHO_SYNTAX  "c55ea160 e84d d711 a637 005056a20182 01000000 "
#define NDR_SYNTAX   "045d888a eb1c c911 9fe8 08002b104860 02000000 "
#define NDR64_SYNTAX "33057171 babe 3749 8319 b5dbef9ccc36 01000000 "
#define NO_SYNTAX    "00000000 0000 0000 0000 000000000000 00000000 "

enum { WHOLE = PEN_PFC_FIRST_FRAG | PEN_PFC_LAST_FRAG };

struct peer {
	struct pen_conn *conn;
	struct pen_assoc_groups *groups;
	uint32_t next_id;
	struct pen_buffer stub; /* for whoever needs one */
	struct pen_buffer out;	/* what the engine sent since it was last looked at */

	int result;		  /* of the last pull */
	unsigned n_events;	  /* of the last say */
	enum pen_event_kind kind; /* of its first event, and what that said */
	uint32_t call_id;
	uint32_t status;
	uint16_t opnum;
	size_t n_stub;
	bool has_eerr;
	struct pen_buffer eerr; /* of the last event that has any */
	bool did_not_execute;
};

/* The bytes of hex digits between which blanks stand as one likes. */
static inline size_t peer_from_hex(const char *text, uint8_t *bytes, size_t max)
{
	size_t n = 0;

	for (; *text; text += *text == ' ' ? 1 : 2) {
		if (*text == ' ')
			continue;
		assert_true(n < max);
		assert_int_equal(sscanf(text, "%2hhx", &bytes[n++]), 1);
	}
	return n;
}

static inline const struct pen_offer *peer_find_offer(void *data,
						      const struct pen_syntax_id *abstract)
{
	static const struct pen_offer echo = { .interface = &rpcecho_interface };
	static const struct pen_offer srvsvc = { .interface = &srvsvc_interface,
						 .refuses_ndr64 = true };

	(void)data;
	if (pen_syntax_id_equal(abstract, &rpcecho_interface.id))
		return &echo;
	return pen_syntax_id_equal(abstract, &srvsvc_interface.id) ? &srvsvc : NULL;
}

static inline uint32_t peer_next_id(void *data)
{
	struct peer *peer = data;

	return ++peer->next_id;
}

static inline void peer_open_server(struct peer *peer, enum pen_protseq protseq,
				    const struct pen_conn_limits *limits)
{
	struct pen_conn_config config = { .protseq = protseq, .secondary_address = "135" };

	*peer = (struct peer){ .next_id = 0x1234 };
	if (limits)
		config.limits = *limits;
	config.find_offer = peer_find_offer;
	assert_int_equal(pen_assoc_groups_new(&peer->groups, 1, peer_next_id, peer), 0);
	config.groups = peer->groups;
	assert_int_equal(pen_conn_new_server(&peer->conn, &config), 0);
}

static inline void peer_open_client(struct peer *peer, const struct pen_conn_limits *limits)
{
	struct pen_conn_config config = { .protseq = PEN_NCACN_IP_TCP };

	*peer = (struct peer){ 0 };
	if (limits)
		config.limits = *limits;
	assert_int_equal(pen_conn_new_client(&peer->conn, &config), 0);
}

static inline void peer_close(struct peer *peer)
{
	pen_conn_free(peer->conn);
	pen_assoc_groups_free(peer->groups);
	pen_buffer_done(&peer->stub);
	pen_buffer_done(&peer->out);
	pen_buffer_done(&peer->eerr);
}

/* Takes what the engine wants sent. */
static inline void peer_take(struct peer *peer)
{
	struct pen_slice slices[3];
	size_t n;

	while ((n = pen_conn_output(peer->conn, slices, PEN_COUNT(slices))) > 0) {
		size_t size = 0;

		for (size_t i = 0; i < n; i++) {
			assert_int_equal(pen_buffer_add(&peer->out, slices[i].data, slices[i].size),
					 0);
			size += slices[i].size;
		}
		pen_conn_sent(peer->conn, size);
	}
}

/* Says the bytes, pulls all events and takes the answer. */
static inline void peer_say(struct peer *peer, const void *data, size_t n)
{
	struct pen_event event;

	peer->n_events = 0;
	assert_int_equal(pen_conn_feed(peer->conn, data, n), 0);
	while ((peer->result = pen_conn_next(peer->conn, &event)) == 0) {
		if (peer->n_events++)
			continue;
		peer->kind = event.kind;
		peer->call_id = event.call_id;
		peer->status = event.status;
		peer->opnum = event.opnum;
		peer->n_stub = event.stub.size;
		peer->has_eerr = event.eerr.data;
		peer->eerr.size = 0;
		if (event.eerr.size)
			assert_int_equal(
				pen_buffer_add(&peer->eerr, event.eerr.data, event.eerr.size), 0);
		peer->did_not_execute = event.did_not_execute;
	}
	peer_take(peer);
}

/* The engine has sent these bytes and no others. */
static inline void peer_expect(struct peer *peer, const char *what, const void *data, size_t n)
{
	const uint8_t *bytes = data;

	if (peer->out.size != n)
		fail_msg("%s: %zu bytes were sent, not %zu", what, peer->out.size, n);
	for (size_t i = 0; i < n; i++)
		if (peer->out.data[i] != bytes[i])
			fail_msg("%s: byte %zu is 0x%02x, not 0x%02x", what, i, peer->out.data[i],
				 bytes[i]);
	peer->out.size = 0;
}

static inline void peer_say_hex(struct peer *peer, const char *text)
{
	uint8_t bytes[512];

	peer_say(peer, bytes, peer_from_hex(text, bytes, sizeof(bytes)));
}

static inline void peer_expect_hex(struct peer *peer, const char *what, const char *text)
{
	uint8_t bytes[512];

	peer_expect(peer, what, bytes, peer_from_hex(text, bytes, sizeof(bytes)));
}

/* One PDU of a body that is given. */
static inline void peer_say_pdu(struct peer *peer, uint8_t ptype, uint8_t flags, uint32_t call_id,
				const void *body, size_t n)
{
	struct pen_buffer pdu = { 0 };
	struct pen_writer w;

	pen_writer_init(&w, &pdu);
	pen_pdu_begin(&w, (enum pen_pdu_type)ptype, flags, call_id);
	pen_writer_bytes(&w, body, n);
	pen_pdu_end(&w, 0);
	assert_int_equal(w.error, 0);
	peer_say(peer, pdu.data, pdu.size);
	pen_buffer_done(&pdu);
}

#endif
