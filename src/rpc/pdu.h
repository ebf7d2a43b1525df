/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_PDU_H
#define PEN_RPC_PDU_H
/*
 * Connection-oriented PDUs [C706 12.6, MS-RPCE 2.2.2], as they stand on the wire.
 */
#include "base/reader.h"
#include "base/writer.h"
#include <penstock/conn.h>

enum pen_pdu_type {
	PEN_PDU_REQUEST = 0,
	PEN_PDU_RESPONSE = 2,
	PEN_PDU_FAULT = 3,
	PEN_PDU_BIND = 11,
	PEN_PDU_BIND_ACK = 12,
	PEN_PDU_BIND_NAK = 13,
	PEN_PDU_ALTER_CONTEXT = 14,
	PEN_PDU_ALTER_CONTEXT_RESP = 15,
	PEN_PDU_AUTH3 = 16,
	PEN_PDU_SHUTDOWN = 17,
	PEN_PDU_CO_CANCEL = 18,
	PEN_PDU_ORPHANED = 19,
	PEN_N_PDUS,
};

/* Its name in the specification; "PDU" for a number that is none. */
const char *pen_pdu_name(unsigned ptype);

enum pen_pfc_flag {
	PEN_PFC_FIRST_FRAG = 0x01,
	PEN_PFC_LAST_FRAG = 0x02,
	PEN_PFC_SUPPORT_HEADER_SIGN = 0x04, /* of bind and alter_context */
	PEN_PFC_PENDING_CANCEL = 0x04,	    /* of all others */
	PEN_PFC_CONC_MPX = 0x10,
	PEN_PFC_DID_NOT_EXECUTE = 0x20,
	PEN_PFC_MAYBE = 0x40,
	PEN_PFC_OBJECT_UUID = 0x80,
};

enum {
	PEN_PDU_HEADER_SIZE = 16,
	PEN_REQUEST_HEADER_SIZE = 24,
	PEN_RESPONSE_HEADER_SIZE = 24,
	PEN_FAULT_SIZE = 32,
	PEN_FAULT_HAS_EERR = 1, /* in its byte behind cancel_count [MS-RPCE 2.2.2.8] */
	PEN_NAK_EERR_AT = 40,	/* of a bind_nak that names one version [MS-RPCE 2.2.2.9] */
	PEN_SEC_TRAILER_SIZE = 8,
	PEN_FRAG_MIN = 2048,
	PEN_FRAG_MUST_RECEIVE = 1432, /* MustRecvFragSize [C706 12.6.3.1] */
};

/* Provider reasons of bind_nak [MS-RPCE 2.2.2.5]. */
enum pen_nak_reason {
	PEN_NAK_NOT_SPECIFIED = 0,
	PEN_NAK_LOCAL_LIMIT_EXCEEDED = 2,
	PEN_NAK_PROTOCOL_VERSION_NOT_SUPPORTED = 4,
	PEN_NAK_AUTHENTICATION_TYPE_NOT_RECOGNIZED = 8,
	PEN_NAK_INVALID_CHECKSUM = 9,
};

/* Results and reasons of a presentation context [C706 12.6.3.1, MS-RPCE 2.2.2.4]. */
enum pen_ack_result {
	PEN_ACK_ACCEPTANCE,
	PEN_ACK_USER_REJECTION,
	PEN_ACK_PROVIDER_REJECTION,
	PEN_ACK_NEGOTIATE_ACK,
};

enum pen_ack_reason {
	PEN_ACK_REASON_NOT_SPECIFIED,
	PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED,
	PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED,
	PEN_ACK_LOCAL_LIMIT_EXCEEDED,
};

/* Bind-time features [MS-RPCE 2.2.2.14]. */
enum {
	PEN_FEATURE_SECURITY_CONTEXT_MULTIPLEXING = 1,
	PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN = 2,
};

struct pen_pdu_header {
	uint8_t rpc_vers;
	uint8_t rpc_vers_minor;
	uint8_t ptype;
	uint8_t flags;
	bool is_big_endian;
	uint16_t frag_length;
	uint16_t auth_length;
	uint32_t call_id;
};

/* The common header of at least PEN_PDU_HEADER_SIZE bytes; what it says is not judged here. */
void pen_pdu_header_get(struct pen_pdu_header *header, const uint8_t *data);

/* Appends a header whose frag_length pen_pdu_end fills in. Returns where it stands. */
size_t pen_pdu_begin(struct pen_writer *w, enum pen_pdu_type ptype, uint8_t flags,
		     uint32_t call_id);
void pen_pdu_end(struct pen_writer *w, size_t at);

/* sec_trailer [MS-RPCE 2.2.2.11], and the auth_value after it. */
struct pen_sec_trailer {
	uint8_t auth_type;
	uint8_t auth_level;
	uint8_t auth_pad_length;
	uint32_t auth_context_id;
	struct pen_slice auth_value;
};

/*
 * Cuts the trailer and the auth_value off the end of a PDU's body. PEN_E_BAD_DATA: they
 * do not fit in it, or the padding before them, which stays, is more than there is
 * behind the head, a request's 24 bytes.
 */
int pen_sec_trailer_get(struct pen_sec_trailer *trailer, const struct pen_pdu_header *header,
			struct pen_slice *body);

/* The Signature of a bind_nak that has extended errors [MS-RPCE 2.2.1.1.2]. */
extern const struct pen_uuid pen_eerr_signature;

/*
 * The extended errors of a fault, from what stands behind its fixed part; of a bind_nak, from where
 * its versions stand on. data NULL: there are none.
 */
struct pen_slice pen_fault_eerr(uint8_t flags, uint32_t alloc_hint, struct pen_slice rest);
struct pen_slice pen_nak_eerr(struct pen_reader *r);

struct pen_syntax_id pen_syntax_id_get(struct pen_reader *r);
void pen_syntax_id_put(struct pen_writer *w, const struct pen_syntax_id *id);

/* The features that a transfer syntax stands for, or -1: it is an ordinary one. */
int pen_features_from_syntax(const struct pen_syntax_id *id);
struct pen_syntax_id pen_features_to_syntax(unsigned features);

#endif
