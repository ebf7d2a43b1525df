/* SPDX-License-Identifier: MIT */
#include "service/mgmt/mgmt.h"
#include <errno.h>
#include <penstock/idl/mgmt.h>
#include <penstock/status.h>
#include <penstock/token.h>

/* ---- inq_if_ids ---- */

static bool is_listed(const struct mgmt_rpc_if_id_vector_t *vector,
		      const struct mgmt_rpc_if_id_t *id)
{
	for (uint32_t i = 0; i < vector->count; i++) {
		const struct mgmt_rpc_if_id_t *other = vector->if_id[i];

		if (pen_uuid_equal((const struct pen_uuid *)&other->uuid,
				   (const struct pen_uuid *)&id->uuid) &&
		    other->vers_major == id->vers_major && other->vers_minor == id->vers_minor)
			return true;
	}
	return false;
}

static int list_add(struct pen_arena *arena, struct mgmt_rpc_if_id_vector_t *vector,
		    const struct pen_syntax_id *id)
{
	const struct pen_uuid *uuid = &id->uuid;
	struct mgmt_rpc_if_id_t row = {
		.uuid = { uuid->time_low,
			  uuid->time_mid,
			  uuid->time_hi_and_version,
			  { uuid->clock_seq[0], uuid->clock_seq[1] },
			  { uuid->node[0], uuid->node[1], uuid->node[2], uuid->node[3],
			    uuid->node[4], uuid->node[5] } },
		.vers_major = id->major,
		.vers_minor = id->minor,
	};

	if (is_listed(vector, &row))
		return 0;
	vector->if_id[vector->count] = pen_arena_copy(arena, &row, sizeof(row));
	return vector->if_id[vector->count++] ? 0 : -ENOMEM;
}

_Static_assert(sizeof(struct mgmt_uuid_t) == sizeof(struct pen_uuid), "the same UUID");

/* The interfaces that are served, but for this one, which is everywhere. */
static int inq_if_ids(struct pen_call *call, const struct mgmt_rpc__mgmt_inq_if_ids_in *in,
		      struct mgmt_rpc__mgmt_inq_if_ids_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_server *server = pen_call_server(call);
	struct mgmt_rpc_if_id_vector_t *vector = pen_arena_zalloc(arena, sizeof(*vector));
	struct pen_server_endpoint endpoint;
	size_t n = 0;
	int r = 0;

	while (server && !pen_server_endpoint(server, n, &endpoint))
		n++;
	if (!vector)
		return -ENOMEM;
	vector->if_id = pen_arena_array(arena, n + 1, sizeof(*vector->if_id));
	if (!vector->if_id)
		return -ENOMEM;
	for (size_t i = 0; i < n && !r; i++)
		if (!pen_server_endpoint(server, i, &endpoint) &&
		    endpoint.interface != &mgmt_interface)
			r = list_add(arena, vector, &endpoint.interface->id);
	if (r)
		return r;
	out->if_id_vector = vector->count ? vector : NULL;
	out->status = vector->count ? 0 : PEN_WERR_RPC_S_NO_INTERFACES;
	return 0;
}

/* ---- the others ---- */

static int inq_stats(struct pen_call *call, const struct mgmt_rpc__mgmt_inq_stats_in *in,
		     struct mgmt_rpc__mgmt_inq_stats_out *out)
{
	struct pen_server *server = pen_call_server(call);
	struct pen_server_stats stats = { 0 };
	uint32_t *row;

	row = pen_arena_array(pen_call_arena(call), mgmt_RPC_C_STATS_ARRAY_MAX_SIZE, sizeof(*row));
	if (!row)
		return -ENOMEM;
	if (server)
		pen_server_stats(server, &stats);
	row[mgmt_RPC_C_STATS_CALLS_IN] = (uint32_t)stats.calls_in;
	row[mgmt_RPC_C_STATS_CALLS_OUT] = (uint32_t)stats.calls_out;
	row[mgmt_RPC_C_STATS_PKTS_IN] = (uint32_t)stats.pkts_in;
	row[mgmt_RPC_C_STATS_PKTS_OUT] = (uint32_t)stats.pkts_out;
	out->statistics = row;
	out->count = in->count < mgmt_RPC_C_STATS_ARRAY_MAX_SIZE ? in->count
								 : mgmt_RPC_C_STATS_ARRAY_MAX_SIZE;
	return 0;
}

static int is_server_listening(struct pen_call *call,
			       const struct mgmt_rpc__mgmt_is_server_listening_in *in,
			       struct mgmt_rpc__mgmt_is_server_listening_out *out)
{
	out->result = 1; /* or we would not be here */
	return 0;
}

static int stop_server_listening(struct pen_call *call,
				 const struct mgmt_rpc__mgmt_stop_server_listening_in *in,
				 struct mgmt_rpc__mgmt_stop_server_listening_out *out)
{
	const struct pen_token *token = pen_call_token(call);

	out->status = PEN_WERR_ACCESS_DENIED;
	if (pen_call_protseq(call) != PEN_NCALRPC || !pen_token_info(token)->is_local ||
	    !pen_token_is_admin(token))
		return 0;
	out->status = 0;
	if (pen_call_server(call))
		pen_server_stop(pen_call_server(call));
	return 0;
}

/* Without a security mechanism there is no principal, for any authentication service. */
static int inq_princ_name(struct pen_call *call, const struct mgmt_rpc__mgmt_inq_princ_name_in *in,
			  struct mgmt_rpc__mgmt_inq_princ_name_out *out)
{
	if (!in->princ_name_size)
		return pen_call_fail(call, PEN_WERR_RPC_X_BAD_STUB_DATA, "no room for a name");
	out->princ_name = "";
	out->status = PEN_WERR_RPC_S_UNKNOWN_AUTHN_SERVICE;
	return 0;
}

static const struct mgmt_operations operations = {
	.rpc__mgmt_inq_if_ids = inq_if_ids,
	.rpc__mgmt_inq_stats = inq_stats,
	.rpc__mgmt_is_server_listening = is_server_listening,
	.rpc__mgmt_stop_server_listening = stop_server_listening,
	.rpc__mgmt_inq_princ_name = inq_princ_name,
};

const struct pen_service pen_mgmt_service = {
	.interface = &mgmt_interface,
	.operations = &operations,
	.is_everywhere = true,
};
