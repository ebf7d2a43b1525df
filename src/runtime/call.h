/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CALL_H
#define PEN_RUNTIME_CALL_H
/*
 * What the calls of both sides have in common.
 */
#include "ndr/identity.h"
#include <penstock/buffer.h>
#include <penstock/call.h>
#include <penstock/conn.h>
#include <stdarg.h>

struct pen_passage;

enum pen_call_role {
	PEN_CALL_CLIENT,
	PEN_CALL_SERVER,
	PEN_CALL_CALLBACK, /* served by a client */
};

/* What a call that is served calls the other side by, while it waits. */
struct pen_call_back {
	const struct pen_operation *operation; /* NULL: it calls nobody */
	const void *in;
	void *out;
	pen_call_done_fn *done;
	void *data;
};

enum { PEN_CALL_FDS = 32 /* descriptors of both directions */ };

struct pen_call {
	enum pen_call_role role;
	struct pen_arena arena;
	const struct pen_interface *interface;
	const struct pen_operation *operation;
	uint16_t opnum;
	bool has_object;
	struct pen_uuid object;
	struct pen_identities identities; /* of its operation */
	int fds[PEN_CALL_FDS];		  /* that came with its values, or were given to it */
	unsigned n_fds;
	uint32_t fds_uid; /* from whom they came */
	uint32_t fault;
	char error[256];
	const struct pen_eerr *eerr; /* that came with the fault; NULL: none */
	const struct pen_eerr *told; /* of one that is served: that go with its own; NULL: none */

	/* Of one that is served. */
	void *service_data;
	enum pen_protseq protseq;
	const struct pen_auth_info *auth; /* NULL: no security context */
	bool is_stopped;		  /* cancelled, or the other side is gone */
	void (*stopped)(struct pen_call *call, void *data);
	void *stopped_data;
	struct pen_call_back back;
	struct pen_identities back_identities; /* of the latest */
};

void pen_call_init(struct pen_call *call, enum pen_call_role role, size_t memory_max);

/* Forgets the last operation's values and how it ended. */
void pen_call_reset(struct pen_call *call);

/* The same, and keeps no memory. */
void pen_call_done(struct pen_call *call);

/* Notes the sentence, and returns the result it explains. */
int pen_call_explain(struct pen_call *call, int result, const char *format, ...) PEN_PRINTF(3, 4);

/*
 * A started call keeps its own of what decoding the answer may look at: the parameters, and the
 * scalars that they point to. NULL: no memory.
 */
const void *pen_call_keep(struct pen_call *call, const struct pen_type *type, const void *in);

/* The status that tells a caller of what an operation returned [MS-RPCE 3.1.1.5.5]. */
uint32_t pen_call_fault_of(const struct pen_call *call, int result);

/* Notes what the other side has faulted with. */
int pen_call_note_fault(struct pen_call *call, const struct pen_event *event);

/* Tells whoever wants to hear that the call is stopped. */
void pen_call_tell_stopped(struct pen_call *call);

/*
 * Begins to call the other side back, as pen_call_back has it; stub is scratch. passage: where its
 * descriptors go; NULL: it has none.
 */
int pen_call_begin_back(struct pen_call *call, const struct pen_call_back *back, uint16_t opnum,
			struct pen_conn *conn, struct pen_passage *passage, uint32_t call_id,
			struct pen_layout layout, struct pen_buffer *stub);

/* What came of that: out is filled, or the failure is noted. */
int pen_call_take_back(struct pen_call *call, struct pen_passage *passage,
		       const struct pen_event *event);

/* What each role does of the public functions. */
void pen_client_call_free(struct pen_call *call);
void pen_server_call_free(struct pen_call *call);
void pen_server_call_finish(struct pen_call *call, int result);
void pen_client_callback_finish(struct pen_call *call, int result);

#endif
