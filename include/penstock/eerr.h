/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_EERR_H
#define PENSTOCK_EERR_H
/*
 * Extended errors [MS-EERR]: what a fault or a bind_nak can say beside its status. A chain of
 * records, the newest first: the head is what the server says that was called, and behind it stands
 * what others had told that server. They are for people and logs; programs decide by the fault.
 *
 *	for (const struct pen_eerr *e = pen_call_eerr(call); e; e = e->next)
 *		pen_eerr_print(e, &text);
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_arena;
struct pen_buffer;
struct pen_call;
struct pen_ndr_error;

/* Parts of a system that generate records; other numbers are somebody's own. */
enum pen_eerr_component {
	PEN_EERR_APPLICATION = 1,
	PEN_EERR_RUNTIME,
	PEN_EERR_SECURITY_PROVIDER,
	PEN_EERR_NPFS,
	PEN_EERR_RDR,
	PEN_EERR_NMP,
	PEN_EERR_IO,
	PEN_EERR_WINSOCK,
	PEN_EERR_AUTHZ,
	PEN_EERR_LPC,
	PEN_EERR_COM,
	PEN_EERR_FRS,
};

/* Where our servers detect errors. Everybody has numbers of his own; ours are from 60000 on. */
enum pen_eerr_location {
	PEN_EERR_AT_BIND = 60001, /* a bind that is refused */
	PEN_EERR_AT_ASSOCIATION,  /* a PDU that breaks the protocol's rules */
	PEN_EERR_AT_REQUEST,	  /* before the operation was run */
	PEN_EERR_AT_OPERATION,	  /* the operation says so */
	PEN_EERR_AT_ANSWER,	  /* what the operation answers cannot be sent */
};

enum pen_eerr_flag {
	PEN_EERR_PREVIOUS_MISSING = 1, /* records were left out before this one */
	PEN_EERR_NEXT_MISSING = 2,     /* after it */
};

/* As on the wire [MS-EERR 2.2.1.7]. */
enum pen_eerr_kind {
	PEN_EERR_ANSI = 1, /* text; each byte is read as Latin-1 */
	PEN_EERR_UNICODE,  /* text */
	PEN_EERR_LONG,	   /* number */
	PEN_EERR_SHORT,	   /* number */
	PEN_EERR_POINTER,  /* number */
	PEN_EERR_NONE,	   /* a text that had no room */
	PEN_EERR_BINARY,   /* bytes */
};

struct pen_eerr_param {
	enum pen_eerr_kind kind;
	const char *text; /* UTF-8 */
	int64_t number;
	struct pen_slice bytes;
};

enum {
	PEN_EERR_RECORDS_MAX = 16, /* of a chain, read or written */
	PEN_EERR_PARAMS_MAX = 4,   /* of a record, as Windows has it */
};

struct pen_eerr {
	const struct pen_eerr *next; /* what it comes from; NULL: the first cause */
	const char *computer;	     /* NULL: that of the record before, or not told */
	uint32_t process_id;	     /* 0: not told */
	uint64_t time;		     /* in 100 ns since 1601; 0: not told */
	uint32_t component;	     /* pen_eerr_component, or another */
	uint32_t status;	     /* Win32, NTSTATUS or of a fault: pen_fault_name */
	uint16_t location;	     /* of the component's own */
	uint16_t flags;
	uint32_t n_params;
	const struct pen_eerr_param *params;
};

/* What a server tells of its failures. */
enum pen_eerr_policy {
	PEN_EERR_TELL_LOCAL, /* all to clients by ncalrpc, nothing to others */
	PEN_EERR_TELL_NOBODY,
	PEN_EERR_TELL_CODES, /* to others no names, process ids, times and parameters */
	PEN_EERR_TELL_ALL,
};

/*
 * Reads a chain, which comes from the arena. PEN_E_BAD_DATA: it is none, or has more records or
 * parameters than may be, with the reason in error (may be NULL); PEN_E_LIMIT: the arena's;
 * -ENOMEM.
 */
int pen_eerr_get(const struct pen_eerr **chainp, const void *data, size_t n,
		 struct pen_arena *arena, struct pen_ndr_error *error);

/*
 * Appends the chain's wire form, at most max bytes. Where it does not fit, records are left out
 * from the last but one on backwards, then texts and names, then the last record. is_bare: with
 * nothing that PEN_EERR_TELL_CODES leaves out. PEN_E_LIMIT: not even one record fits;
 * PEN_E_BAD_DATA: more parameters than may be, or of no kind; -ENOMEM. After an error the buffer is
 * as it was.
 */
int pen_eerr_put(const struct pen_eerr *chain, bool is_bare, size_t max, struct pen_buffer *buffer);

/*
 * Appends one record as a sentence, without a full stop:
 *
 *	server alpha, process 42, at 2026-11-22 05:20:11.123 UTC: the RPC runtime:
 *	ERROR_ACCESS_DENIED (0x5), detection location 60003: "There is no operation 7."
 *
 * What would do something to a terminal is escaped. -ENOMEM; PEN_E_LIMIT of the buffer.
 */
int pen_eerr_print(const struct pen_eerr *record, struct pen_buffer *text);

/* "the RPC runtime"; NULL: in no published table. */
const char *pen_eerr_component_name(uint32_t component);

/* ---- of a call ---- */

/*
 * A client's call: what came with the fault or the rejection that the last operation ended with.
 * A server's: with the fault of its last callback. NULL: nothing. Lives as the operation's values
 * do.
 */
const struct pen_eerr *pen_call_eerr(const struct pen_call *call);

/*
 * A server's operation: puts a copy of the chain before the records that its fault, if it comes to
 * one, will tell of; to pass on what another server said:
 *	pen_call_add_eerr(call, pen_call_eerr(upstream))
 * Records of component 0 are this program's own; their process and time are filled in. Nothing
 * happens for NULL. PEN_E_LIMIT: the call's memory, or more records or parameters than may be;
 * -ENOMEM. Nothing is added then.
 */
int pen_call_add_eerr(struct pen_call *call, const struct pen_eerr *chain);

#ifdef __cplusplus
}
#endif
#endif
