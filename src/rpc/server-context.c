/* SPDX-License-Identifier: MIT */
/*
 * A server's presentation contexts [C706 12.6.3.1, MS-RPCE 3.3.1.5.3].
 */
#include "rpc/server.h"

struct ack {
	enum pen_ack_result result;
	uint16_t reason;
	struct pen_syntax_id transfer;
};

/* One element of p_context_elem, and what is known of its transfer syntaxes. */
struct proposal {
	uint16_t context_id;
	struct pen_syntax_id abstract;
	uint8_t n_transfers;
	bool has_ndr;
	bool has_ndr64;
	int features; /* of the first transfer syntax; -1: it is an ordinary one */
};

static void get_proposal(struct pen_reader *r, struct proposal *proposal)
{
	*proposal = (struct proposal){ .features = -1 };
	proposal->context_id = pen_reader_u16(r);
	proposal->n_transfers = pen_reader_u8(r);
	pen_reader_u8(r);
	proposal->abstract = pen_syntax_id_get(r);
	for (uint8_t i = 0; i < proposal->n_transfers && pen_reader_ok(r); i++) {
		struct pen_syntax_id transfer = pen_syntax_id_get(r);

		if (i == 0)
			proposal->features = pen_features_from_syntax(&transfer);
		proposal->has_ndr |= pen_syntax_id_equal(&transfer, &pen_syntax_ndr);
		proposal->has_ndr64 |= pen_syntax_id_equal(&transfer, &pen_syntax_ndr64);
	}
}

static struct ack reject(enum pen_ack_reason reason)
{
	return (struct ack){ .result = PEN_ACK_PROVIDER_REJECTION, .reason = (uint16_t)reason };
}

static struct ack accept(enum pen_transfer transfer)
{
	return (struct ack){
		.result = PEN_ACK_ACCEPTANCE,
		.transfer = transfer == PEN_NDR ? pen_syntax_ndr : pen_syntax_ndr64,
	};
}

/*
 * A context id that is in use may be offered again as it is; other known transfer
 * syntaxes for it break the protocol, unknown ones alone are merely rejected.
 */
static int judge_again(struct pen_conn *conn, const struct pen_conn_context *known,
		       const struct proposal *proposal, struct ack *ack)
{
	bool is_same =
		known->had_ndr == proposal->has_ndr && known->had_ndr64 == proposal->has_ndr64;

	if (!pen_syntax_id_equal(&known->context.abstract, &proposal->abstract))
		return pen_conn_explain(conn,
					"presentation context %u is another interface's already",
					proposal->context_id);
	if (is_same)
		*ack = accept(known->context.transfer);
	else if (proposal->has_ndr || proposal->has_ndr64)
		return pen_conn_explain(
			conn, "presentation context %u had other transfer syntaxes before",
			proposal->context_id);
	else
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
	return 0;
}

static void note_no_interface(struct pen_conn *conn, const struct proposal *proposal)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&proposal->abstract.uuid, uuid);
	pen_conn_note(
		conn, "presentation context %u: no interface %s v%u.%u is served at this endpoint",
		proposal->context_id, uuid, proposal->abstract.major, proposal->abstract.minor);
}

static int judge(struct pen_conn *conn, const struct proposal *proposal, struct ack *ack)
{
	struct pen_conn_context *known = pen_conn_find_context(conn, proposal->context_id);
	struct pen_context context = {
		.context_id = proposal->context_id,
		.abstract = proposal->abstract,
	};
	struct pen_conn_context *added;
	int r;

	if (known)
		return judge_again(conn, known, proposal, ack);
	context.offer = conn->config.find_offer(conn->config.find_data, &proposal->abstract);
	if (!context.offer) {
		note_no_interface(conn, proposal);
		*ack = reject(PEN_ACK_ABSTRACT_SYNTAX_NOT_SUPPORTED);
		return 0;
	}
	if (!proposal->has_ndr && (!proposal->has_ndr64 || context.offer->refuses_ndr64)) {
		pen_conn_note(conn,
			      "presentation context %u: %s is served in NDR%s, and the client "
			      "offers neither",
			      proposal->context_id, context.offer->interface->name,
			      context.offer->refuses_ndr64 ? " alone" : " and NDR64");
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
		return 0;
	}
	context.transfer = proposal->has_ndr ? PEN_NDR : PEN_NDR64;
	r = pen_conn_add_context(conn, &context, &added);
	if (r == PEN_E_LIMIT) {
		pen_conn_note(conn,
			      "presentation context %u: the association has %u, as many as it may",
			      proposal->context_id, conn->n_contexts);
		*ack = reject(PEN_ACK_LOCAL_LIMIT_EXCEEDED);
		return 0;
	}
	if (r)
		return r;
	added->had_ndr = proposal->has_ndr;
	added->had_ndr64 = proposal->has_ndr64;
	*ack = accept(context.transfer);
	return 0;
}

/* Of one PDU: what was accepted so far, as abstract and transfer syntax. */
struct accepted {
	size_t n;
	struct {
		struct pen_syntax_id abstract;
		struct pen_syntax_id transfer;
	} rows[UINT8_MAX];
};

static bool is_accepted(const struct accepted *accepted, const struct pen_syntax_id *abstract,
			const struct pen_syntax_id *transfer)
{
	for (size_t i = 0; i < accepted->n; i++)
		if (pen_syntax_id_equal(&accepted->rows[i].abstract, abstract) &&
		    pen_syntax_id_equal(&accepted->rows[i].transfer, transfer))
			return true;
	return false;
}

/* As Windows does, one PDU gets each pair of syntaxes once. */
static int judge_once(struct pen_conn *conn, const struct proposal *proposal,
		      struct accepted *accepted, struct ack *ack)
{
	const struct pen_syntax_id *transfer =
		proposal->has_ndr ? &pen_syntax_ndr : &pen_syntax_ndr64;
	int r;

	if (is_accepted(accepted, &proposal->abstract, transfer)) {
		*ack = reject(PEN_ACK_TRANSFER_SYNTAXES_NOT_SUPPORTED);
		return 0;
	}
	r = judge(conn, proposal, ack);
	if (!r && ack->result == PEN_ACK_ACCEPTANCE) {
		accepted->rows[accepted->n].abstract = proposal->abstract;
		accepted->rows[accepted->n++].transfer = ack->transfer;
	}
	return r;
}

static void put_ack(struct pen_writer *w, const struct ack *ack)
{
	pen_writer_u16(w, (uint16_t)ack->result);
	pen_writer_u16(w, ack->reason);
	pen_syntax_id_put(w, &ack->transfer);
}

int pen_server_negotiate(struct pen_conn *conn, struct pen_reader *r, bool is_bind,
			 struct pen_writer *w)
{
	uint8_t n = pen_reader_u8(r);
	struct accepted accepted;
	bool has_features = false;

	accepted.n = 0;
	pen_reader_bytes(r, 3);
	if (!pen_reader_ok(r))
		return pen_conn_explain(conn, "its list of presentation contexts is cut short");
	if (n == 0)
		return pen_conn_explain(conn, "it offers no presentation context");
	pen_writer_u8(w, n);
	pen_writer_zeros(w, 3);
	for (uint8_t i = 0; i < n; i++) {
		struct proposal proposal;
		struct ack ack = { 0 };
		int result = 0;

		get_proposal(r, &proposal);
		if (!pen_reader_ok(r))
			return pen_conn_explain(conn, "presentation context %u is cut short",
						proposal.context_id);
		if (proposal.n_transfers == 0)
			return pen_conn_explain(conn,
						"presentation context %u has no transfer syntax",
						proposal.context_id);
		if (is_bind && proposal.features >= 0) {
			if (has_features)
				return pen_conn_explain(
					conn, "bind-time features are offered a second time");
			has_features = true;
			ack.result = PEN_ACK_NEGOTIATE_ACK;
			ack.reason = (uint16_t)proposal.features &
				     (PEN_FEATURE_SECURITY_CONTEXT_MULTIPLEXING |
				      PEN_FEATURE_KEEP_CONNECTION_ON_ORPHAN);
		} else {
			result = judge_once(conn, &proposal, &accepted, &ack);
		}
		if (result)
			return result;
		put_ack(w, &ack);
	}
	return w->error;
}
