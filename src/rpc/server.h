/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_SERVER_H
#define PEN_RPC_SERVER_H
/*
 * What the files of a server's side share: server-bind.c, server-request.c and
 * server-context.c do the work, server.c answers.
 */
#include "rpc/auth.h"

/*
 * Sends a fault of the engine's own that the association outlives: flags beside the first and last
 * fragment's. -ENOMEM.
 */
int pen_server_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id, uint32_t status,
		     uint8_t flags);

/*
 * Sends one that is the last thing said, but for a client that was called back, who just goes; the
 * reason is noted already. PEN_E_PROTOCOL; -ENOMEM.
 */
int pen_server_last_fault(struct pen_conn *conn, uint32_t call_id, uint16_t context_id,
			  uint32_t status, uint8_t flags);

/* The same with nca_s_proto_error. */
int pen_server_proto_error(struct pen_conn *conn, uint32_t call_id, uint16_t context_id,
			   uint8_t flags);

int pen_server_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
		   enum pen_nak_reason reason, const char *format, ...) PEN_PRINTF(4, 5);

/*
 * Judges the presentation contexts that a bind or an alter_context offers and writes
 * p_result_list. Those accepted are the association's from here on; to be offered again
 * as they are changes nothing. PEN_E_PROTOCOL: there is none, one breaks the rules, or
 * they are cut short, and the reason is noted; -ENOMEM.
 */
int pen_server_negotiate(struct pen_conn *conn, struct pen_reader *r, bool is_bind,
			 struct pen_writer *w);

int pen_server_receive_bind(struct pen_conn *conn, const struct pen_pdu_header *header,
			    struct pen_slice body, struct pen_event *event);
int pen_server_receive_alter(struct pen_conn *conn, const struct pen_pdu_header *header,
			     struct pen_slice body, struct pen_event *event);
int pen_server_receive_auth3(struct pen_conn *conn, const struct pen_pdu_header *header,
			     struct pen_slice body);
int pen_server_receive_request(struct pen_conn *conn, const struct pen_pdu_header *header,
			       uint8_t *pdu, struct pen_event *event);

#endif
