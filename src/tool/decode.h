/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_DECODE_H
#define PEN_TOOL_DECODE_H
/*
 * PDUs as JSON, one after the other, and stub data by the tables of its operation,
 * as far as the binds and requests seen so far tell which that is.
 */
#include "rpc/pdu.h"
#include "tool/tool.h"

enum { DECODE_CONTEXTS_MAX = 256, DECODE_CALLS_MAX = 64 };

/* A presentation context that a bind proposed. */
struct decode_context {
	uint16_t id;
	const struct pen_interface *interface; /* NULL: none that we know */
	enum pen_transfer transfer;
};

/* A call in progress: its stub data so far, and its request once it is read. */
struct decode_call {
	bool is_used;
	uint32_t call_id;
	const struct pen_interface *interface;
	const struct pen_operation *operation;
	struct pen_layout layout;
	void *in;		/* NULL: not read */
	struct pen_buffer stub; /* of the direction in progress */
	struct pen_arena arena; /* of what was read */
};

/* What became of a PDU's protection, where somebody has tried to take it off. */
struct decode_protection {
	const char *state;  /* "verified", and the PDU is in the clear; or why not */
	const char *reason; /* NULL: state says all */
};

struct decode {
	struct tool *tool;
	struct pen_buffer *json;
	const struct pen_interface *fixed; /* of --interface, for contexts that no bind named */
	struct decode_context contexts[DECODE_CONTEXTS_MAX];
	size_t n_contexts;
	/* As proposed, in their order, for the bind_ack that answers. */
	uint16_t proposed[DECODE_CONTEXTS_MAX];
	size_t n_proposed;
	struct decode_call calls[DECODE_CALLS_MAX];
	size_t next_call;

	/* What is looked for. NULL: anything. */
	const struct pen_interface *wanted_interface;
	const struct pen_operation *wanted_operation;
	bool is_wanted; /* the last PDU was that */
	bool has_error; /* or had stub data that is not what its operation says */
	bool is_sealed; /* it cannot be read further than its head */
};

void decode_done(struct decode *decode);

/*
 * Appends one PDU, which is whole. protection NULL: nobody has looked. PEN_E_BAD_DATA: it breaks
 * the rules; -ENOMEM.
 */
int decode_pdu(struct decode *decode, const struct pen_pdu_header *header, const uint8_t *data,
	       const struct decode_protection *protection);

/* Its members alone. */
int decode_members(struct decode *decode, const struct pen_pdu_header *header, const uint8_t *data,
		   const struct decode_protection *protection);

/* Bytes that are held for calls that have no answer yet. */
size_t decode_memory(const struct decode *decode);

/* Appends the members of a bind, or of what answers one. */
void decode_bind(struct decode *decode, struct pen_reader *r);
void decode_bind_ack(struct decode *decode, struct pen_reader *r);

/*
 * Appends stub data of an operation as "in" or "out". A value that does not decode
 * becomes "stub_error" and "stub".
 */
int decode_stub(struct decode *decode, const struct pen_operation *operation, bool is_in,
		struct pen_layout layout, const void *in, const void *stub, size_t n,
		struct pen_arena *arena, void **valuep);

/* Bytes that nobody has read: in hex, unless secrets in them are not to be seen. */
void decode_put_bytes(struct decode *decode, const char *name, const void *data, size_t n);

#endif
