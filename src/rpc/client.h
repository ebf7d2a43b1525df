/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_CLIENT_H
#define PEN_RPC_CLIENT_H
/*
 * What the files of a client's side share: client-bind.c and client-response.c hear the
 * server, client.c asks.
 */
#include "rpc/auth.h"

/* bind_ack or alter_context_resp, bind_nak. */
int pen_client_receive_ack(struct pen_conn *conn, const struct pen_pdu_header *header,
			   struct pen_slice body, struct pen_event *event);
int pen_client_receive_nak(struct pen_conn *conn, const struct pen_pdu_header *header,
			   struct pen_slice body, struct pen_event *event);

/* A fault of that status in answer to bind or alter_context. */
int pen_client_reject_bind(struct pen_conn *conn, uint32_t status, struct pen_event *event);

/* The leg of a proof that waited for work, or for nothing at all. */
int pen_client_resume_proof(struct pen_conn *conn, struct pen_event *event);

/*
 * Sends a request, or a part of one. The buffer's bytes are taken. -ENOMEM; PEN_E_UNSUPPORTED: the
 * call's security context cannot sign any more, and is of no more use.
 */
int pen_conn_send_request(struct pen_conn *conn, struct pen_conn_call *call, unsigned flags,
			  struct pen_buffer *stub);

/* Tells the server that no more of the request comes [C706 12.6.4.8]. -ENOMEM. */
int pen_client_stop_sending(struct pen_conn *conn, struct pen_conn_call *call);

int pen_client_receive_response(struct pen_conn *conn, const struct pen_pdu_header *header,
				uint8_t *pdu, struct pen_event *event);
int pen_client_receive_fault(struct pen_conn *conn, const struct pen_pdu_header *header,
			     uint8_t *pdu, struct pen_event *event);

#endif
