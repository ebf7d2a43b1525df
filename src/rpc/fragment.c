/* SPDX-License-Identifier: MIT */
/*
 * A stub cut into the fragments that carry it, each signed or sealed for itself
 * [C706 12.6.3.6, MS-RPCE 2.2.2.11, 3.3.1.5.2].
 */
#include "rpc/auth.h"
#include <errno.h>

/* Of the data of a signed fragment; so only the last one needs padding. */
enum { AUTH_ALIGNMENT = 16 };

struct cut {
	struct pen_conn_auth *auth; /* NULL: nothing is signed */
	size_t n_trailer;	    /* and its signature */
	size_t room;		    /* of each fragment's stub */
	size_t n_fragments;
	uint8_t n_pad; /* of the last */
	/* What stands in the output beside the heads, and what stays where it was made. */
	bool is_copied;
	bool is_last_copied;
};

/*
 * A client that has several contexts names the one it means even where that signs nothing:
 * what names none is, to a server, of whichever it was last told of.
 */
static bool has_trailer(const struct pen_conn *conn, const struct pen_conn_auth *auth)
{
	return pen_conn_auth_protects(auth) || (auth && !conn->is_server && conn->n_auths > 1);
}

static int cut_stub(struct cut *cut, const struct pen_conn *conn,
		    const struct pen_conn_message *message, size_t size)
{
	size_t n = conn->frag_max - PEN_PDU_HEADER_SIZE - message->n_head;
	size_t signature;

	*cut = (struct cut){ 0 };
	if (message->is_partial && (!size || size % PEN_PART_ALIGN))
		return -EINVAL;
	if (has_trailer(conn, message->call->auth)) {
		cut->auth = message->call->auth;
		signature = pen_conn_auth_signature_size(cut->auth, n);
		if (!signature || signature + PEN_SEC_TRAILER_SIZE + AUTH_ALIGNMENT > n)
			return PEN_E_UNSUPPORTED;
		cut->n_trailer = PEN_SEC_TRAILER_SIZE + signature;
		cut->room = (n - cut->n_trailer) & ~(size_t)(AUTH_ALIGNMENT - 1);
		cut->n_pad = (uint8_t)(-size & (AUTH_ALIGNMENT - 1));
	} else {
		cut->room = n & ~(size_t)7;
	}
	cut->n_fragments = size ? (size + cut->room - 1) / cut->room : 1;
	cut->is_last_copied = cut->n_pad || size <= PEN_OUTPUT_STUB_SMALL;
	cut->is_copied =
		cut->is_last_copied && (cut->n_fragments == 1 || size <= PEN_OUTPUT_STUB_SMALL);
	return 0;
}

static int reserve(struct pen_conn *conn, const struct cut *cut, size_t n_head, size_t size)
{
	size_t n_heads = cut->n_fragments * (PEN_PDU_HEADER_SIZE + n_head + cut->n_trailer);
	size_t n_copied = cut->is_copied ? size : cut->is_last_copied ? cut->room : 0;

	return pen_output_reserve(&conn->output, 2 * cut->n_fragments,
				  n_heads + n_copied + cut->n_pad);
}

struct fragment {
	uint8_t flags;
	bool is_end;	     /* of what is sent now */
	uint32_t alloc_hint; /* with what comes after it */
	uint8_t *data;
	size_t n;
	uint8_t *release; /* goes with it; may be NULL */
};

static int queue_fragment(struct pen_conn *conn, const struct cut *cut,
			  const struct pen_conn_message *message, const struct fragment *fragment,
			  size_t n_release)
{
	bool is_copied = cut->is_copied || (fragment->is_end && cut->is_last_copied);
	uint8_t n_pad = fragment->is_end ? cut->n_pad : 0;
	size_t n_head = PEN_PDU_HEADER_SIZE + message->n_head;
	uint8_t *data = fragment->data;
	size_t n = fragment->n;
	struct pen_writer w;
	size_t at;

	pen_writer_init(&w, &conn->output.small);
	w.is_big_endian = message->is_big_endian;
	at = pen_pdu_begin(&w, message->ptype, (uint8_t)(message->flags | fragment->flags),
			   message->call->call_id);
	message->put_head(&w, message->call, fragment->alloc_hint);
	pen_writer_store16(&w, w.buffer->data + at + 8,
			   (uint16_t)(n_head + n + n_pad + cut->n_trailer));
	if (is_copied) {
		pen_writer_bytes(&w, data, n);
		pen_writer_zeros(&w, n_pad);
		data = w.buffer->data + at + n_head;
	} else {
		pen_output_add(&conn->output, at, data, n, fragment->release, n_release);
	}
	if (cut->auth) {
		int r = pen_conn_auth_protect(conn, cut->auth, &w, at, n_head, data, n + n_pad,
					      n_pad);

		if (r)
			return r;
	}
	if (is_copied)
		pen_output_add(&conn->output, at, NULL, 0, NULL, 0);
	else if (cut->auth)
		pen_output_add(&conn->output, at + n_head, NULL, 0, NULL, 0);
	return 0;
}

static int queue_all(struct pen_conn *conn, const struct cut *cut,
		     const struct pen_conn_message *message, const struct pen_buffer *stub,
		     size_t size)
{
	/* The last fragment that lies in the storage takes it along. */
	size_t releasing = cut->n_fragments - cut->is_last_copied;
	size_t done = 0;
	int r = 0;

	for (size_t i = 1; !r && i <= cut->n_fragments; i++) {
		size_t n = size - done < cut->room ? size - done : cut->room;
		struct fragment fragment = {
			.is_end = i == cut->n_fragments,
			.alloc_hint = (uint32_t)(size - done),
			.data = n ? stub->data + done : NULL,
			.n = n,
			.release = i == releasing ? stub->data : NULL,
		};

		if (i == 1 && !message->call->is_sending)
			fragment.flags |= PEN_PFC_FIRST_FRAG;
		if (fragment.is_end && !message->is_partial)
			fragment.flags |= PEN_PFC_LAST_FRAG;
		r = queue_fragment(conn, cut, message, &fragment, stub->capacity);
		done += n;
	}
	return r;
}

int pen_conn_send_stub(struct pen_conn *conn, const struct pen_conn_message *message,
		       struct pen_buffer *stub)
{
	struct pen_output_mark mark;
	size_t size = stub->size;
	struct cut cut;
	int r;

	stub->size = 0;
	r = cut_stub(&cut, conn, message, size);
	if (!r)
		r = reserve(conn, &cut, message->n_head, size);
	if (r)
		return r;
	mark = pen_output_mark(&conn->output);
	r = queue_all(conn, &cut, message, stub, size);
	if (r) {
		pen_output_rewind(&conn->output, &mark);
		return r;
	}
	if (!cut.is_copied) {
		stub->data = NULL;
		stub->capacity = 0;
	}
	message->call->is_sending = message->is_partial;
	conn->n_out += cut.n_fragments;
	return 0;
}
