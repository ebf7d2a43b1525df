/* SPDX-License-Identifier: MIT */
#include "service/epm/epm.h"
#include "base/cleanup.h"
#include "service/epm/match.h"
#include <arpa/inet.h>
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/idl/epm.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <string.h>

/* Statuses of the endpoint mapper [C706 appendix E]. */
enum {
	EPT_S_CANT_PERFORM_OP = 0x16c9a0cd,
	EPT_S_NOT_REGISTERED = 0x16c9a0d6,
};

enum {
	ANSWER_MAX = 1000, /* entries in an answer, whatever the caller has room for */
};

struct pen_epm {
	struct pen_epm_table table;
};

_Static_assert(sizeof(struct epm_uuid_t) == sizeof(struct pen_uuid), "the same UUID");

static struct pen_uuid uuid_from(const struct epm_uuid_t *wire)
{
	struct pen_uuid uuid;

	memcpy(&uuid, wire, sizeof(uuid));
	return uuid;
}

/* ---- the server's own entries ---- */

int pen_epm_new(struct pen_epm **epmp)
{
	struct pen_epm *epm = calloc(1, sizeof(*epm));

	if (!epm)
		return -ENOMEM;
	pen_epm_table_init(&epm->table);
	*epmp = epm;
	return 0;
}

struct pen_epm *pen_epm_free(struct pen_epm *epm)
{
	if (epm)
		pen_epm_table_done(&epm->table);
	free(epm);
	return NULL;
}

static int tower_of_binding(struct pen_tower *tower, const struct pen_binding *binding)
{
	const char *endpoint = binding->endpoint ? binding->endpoint : "";

	tower->protseq = binding->protseq;
	if (binding->protseq == PEN_NCACN_IP_TCP) {
		tower->port = (uint16_t)strtoul(endpoint, NULL, 10);
		return !*binding->address || inet_pton(AF_INET, binding->address, tower->ip) == 1
			       ? 0
			       : PEN_E_UNSUPPORTED;
	}
	if (strlen(endpoint) >= sizeof(tower->endpoint) ||
	    strlen(binding->address) >= sizeof(tower->host))
		return PEN_E_UNSUPPORTED;
	strcpy(tower->endpoint, endpoint);
	if (binding->protseq == PEN_NCACN_NP)
		strcpy(tower->host, binding->address);
	return 0;
}

int pen_epm_add(struct pen_epm *epm, const struct pen_syntax_id *interface, const char *text,
		const char *annotation)
{
	struct pen_tower tower = { .interface = *interface, .transfer = pen_syntax_ndr };
	const struct pen_uuid nil = { 0 };
	struct pen_binding binding;
	int r;

	r = pen_binding_parse(&binding, text, NULL);
	if (r)
		return r;
	r = tower_of_binding(&tower, &binding);
	pen_binding_done(&binding);
	return r ? r : pen_epm_table_add(&epm->table, NULL, &nil, &tower, annotation, false);
}

void pen_epm_forget(struct pen_epm *epm)
{
	pen_epm_table_remove_owners(&epm->table, NULL);
}

/* ---- towers on the wire ---- */

static int tower_get(struct pen_tower *tower, const struct epm_twr_t *wire)
{
	if (!wire || !wire->tower_octet_string)
		return PEN_E_BAD_DATA;
	memset(tower, 0, sizeof(*tower));
	return pen_tower_get(tower, wire->tower_octet_string, wire->tower_length);
}

/* A server that listens at every address says the one that the caller reached it by. */
static void tower_localize(struct pen_tower *tower, const struct pen_call *call)
{
	static const uint8_t any[4];
	const char *address = pen_token_info(pen_call_token(call))->local_address;

	if (tower->protseq == PEN_NCACN_IP_TCP && !memcmp(tower->ip, any, sizeof(any)) && address &&
	    inet_pton(AF_INET, address, tower->ip) != 1)
		memset(tower->ip, 0, sizeof(tower->ip));
}

static int tower_put(struct pen_call *call, const struct pen_tower *tower, struct epm_twr_t **wirep)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct epm_twr_t *wire = pen_arena_zalloc(arena, sizeof(*wire));
	struct pen_tower local = *tower;
	struct pen_buffer buffer;
	int r;

	if (!wire)
		return -ENOMEM;
	tower_localize(&local, call);
	pen_buffer_init(&buffer, 0);
	r = pen_tower_put(&local, &buffer);
	if (!r) {
		wire->tower_length = (uint32_t)buffer.size;
		wire->tower_octet_string = pen_arena_copy(arena, buffer.data, buffer.size);
		r = wire->tower_octet_string ? 0 : -ENOMEM;
	}
	pen_buffer_done(&buffer);
	if (!r)
		*wirep = wire;
	return r;
}

/* ---- enumerations that go on ---- */

struct cursor {
	uint64_t next; /* the number of the first entry not yet looked at */
};

static const struct pen_handle_type cursor_type = {
	.name = "ept_lookup_handle_t",
	.rundown = free,
};

static bool is_nil(const struct pen_context_handle *handle)
{
	return pen_uuid_is_nil(&handle->uuid);
}

/* Where the caller's enumeration stands: at the beginning without a handle. */
static int cursor_get(struct pen_call *call, const struct pen_context_handle *handle,
		      uint64_t *nextp)
{
	void *cursor;
	int r;

	*nextp = 0;
	if (is_nil(handle))
		return 0;
	r = pen_call_handle_get(call, &cursor_type, handle, &cursor);
	if (!r)
		*nextp = ((struct cursor *)cursor)->next;
	return r;
}

/* Keeps the place for the next call, or forgets it where nothing is left (next 0). */
static int cursor_put(struct pen_call *call, struct pen_context_handle *handle, uint64_t next)
{
	struct cursor *cursor;
	void *old;
	int r;

	if (is_nil(handle)) {
		if (!next)
			return 0;
		cursor = malloc(sizeof(*cursor));
		if (!cursor)
			return -ENOMEM;
		cursor->next = next;
		r = pen_call_handle_new(call, &cursor_type, cursor, handle);
		if (r)
			free(cursor);
		return r;
	}
	if (!next)
		return pen_call_handle_close(call, &cursor_type, handle);
	r = pen_call_handle_get(call, &cursor_type, handle, &old);
	if (!r)
		((struct cursor *)old)->next = next;
	return r;
}

/* ---- ept_lookup ---- */

/* False: a question that has no answer [C706 O.2.3]. */
static bool question_of(struct pen_epm_question *question, const struct epm_ept_lookup_in *in)
{
	question->by_interface = in->inquiry_type == epm_RPC_C_EP_MATCH_BY_IF ||
				 in->inquiry_type == epm_RPC_C_EP_MATCH_BY_BOTH;
	question->by_object = in->inquiry_type == epm_RPC_C_EP_MATCH_BY_OBJ ||
			      in->inquiry_type == epm_RPC_C_EP_MATCH_BY_BOTH;
	question->vers_option = in->vers_option;
	if (in->inquiry_type > epm_RPC_C_EP_MATCH_BY_BOTH)
		return false;
	if (question->by_interface) {
		if (!in->interface_id || in->vers_option < epm_RPC_C_VERS_ALL ||
		    in->vers_option > epm_RPC_C_VERS_UPTO)
			return false;
		question->interface = (struct pen_syntax_id){
			.uuid = uuid_from(&in->interface_id->uuid),
			.major = in->interface_id->vers_major,
			.minor = in->interface_id->vers_minor,
		};
	}
	if (question->by_object && in->object)
		question->object = uuid_from(in->object);
	return !question->by_object || in->object;
}

static int entry_put(struct pen_call *call, const struct pen_epm_entry *entry,
		     struct epm_ept_entry_t *wire)
{
	memcpy(&wire->object, &entry->object, sizeof(wire->object));
	wire->annotation = pen_arena_strdup(pen_call_arena(call), entry->annotation);
	return wire->annotation ? tower_put(call, &entry->tower, &wire->tower) : -ENOMEM;
}

static int lookup(struct pen_call *call, const struct epm_ept_lookup_in *in,
		  struct epm_ept_lookup_out *out)
{
	const struct pen_epm *epm = pen_call_data(call);
	uint32_t max = in->max_ents < ANSWER_MAX ? in->max_ents : ANSWER_MAX;
	struct pen_epm_question question = { 0 };
	const struct pen_epm_entry *entry;
	uint64_t next;
	int r;

	out->entry_handle = in->entry_handle;
	r = cursor_get(call, &in->entry_handle, &next);
	if (r)
		return r;
	out->entries = pen_arena_array(pen_call_arena(call), max ? max : 1, sizeof(*out->entries));
	if (!out->entries)
		return -ENOMEM;
	if (!question_of(&question, in)) {
		out->status = EPT_S_CANT_PERFORM_OP;
		return 0;
	}
	for (entry = pen_epm_table_from(&epm->table, next); entry; entry = entry->next) {
		if (!pen_epm_matches(entry, &question))
			continue;
		if (out->num_ents == max)
			break;
		r = entry_put(call, entry, &out->entries[out->num_ents]);
		if (r)
			return r;
		out->num_ents++;
	}
	if (!out->num_ents && !entry)
		out->status = EPT_S_NOT_REGISTERED;
	return cursor_put(call, &out->entry_handle, entry ? entry->number : 0);
}

/* ---- ept_map ---- */

static int map(struct pen_call *call, const struct epm_ept_map_in *in, struct epm_ept_map_out *out)
{
	const struct pen_epm *epm = pen_call_data(call);
	uint32_t max = in->max_towers < ANSWER_MAX ? in->max_towers : ANSWER_MAX;
	const struct pen_epm_entry *entry;
	struct pen_tower asked, tower;
	struct pen_uuid object = { 0 };
	uint64_t next;
	int r;

	out->entry_handle = in->entry_handle;
	r = cursor_get(call, &in->entry_handle, &next);
	if (r)
		return r;
	out->towers = pen_arena_array(pen_call_arena(call), max ? max : 1, sizeof(*out->towers));
	if (!out->towers)
		return -ENOMEM;
	if (in->object)
		object = uuid_from(in->object);
	/* A tower that is none, or of a protocol sequence that is not ours, is nowhere. */
	if (tower_get(&asked, in->map_tower)) {
		out->status = EPT_S_NOT_REGISTERED;
		return cursor_put(call, &out->entry_handle, 0);
	}
	for (entry = pen_epm_table_from(&epm->table, next); entry; entry = entry->next) {
		if (!pen_epm_maps(entry, &asked, &object))
			continue;
		if (out->num_towers == max)
			break;
		tower = entry->tower;
		tower.transfer = asked.transfer;
		r = tower_put(call, &tower, &out->towers[out->num_towers]);
		if (r)
			return r;
		out->num_towers++;
	}
	if (!out->num_towers && !entry)
		out->status = EPT_S_NOT_REGISTERED;
	return cursor_put(call, &out->entry_handle, entry ? entry->number : 0);
}

static int lookup_handle_free(struct pen_call *call, const struct epm_ept_lookup_handle_free_in *in,
			      struct epm_ept_lookup_handle_free_out *out)
{
	out->entry_handle = in->entry_handle;
	return cursor_put(call, &out->entry_handle, 0);
}

/* ---- registering ---- */

static const struct pen_handle_type owner_type = {
	.name = "owner of entries",
	.rundown = pen_epm_owner_end,
};

static bool is_local(const struct pen_call *call)
{
	return pen_call_protseq(call) == PEN_NCALRPC &&
	       pen_token_info(pen_call_token(call))->is_local;
}

/* The owner that stands for the caller's association group; made where there is none. */
static int owner_of(struct pen_call *call, struct pen_epm_table *table,
		    struct pen_epm_owner **ownerp)
{
	struct pen_epm_owner *owner;
	void *found;
	int r;

	for (owner = table->owners; owner; owner = owner->next) {
		if (pen_call_handle_get(call, &owner_type, &owner->handle, &found))
			continue;
		*ownerp = found;
		return 0;
	}
	owner = calloc(1, sizeof(*owner));
	if (!owner)
		return -ENOMEM;
	owner->table = table;
	owner->user = *pen_token_user(pen_call_token(call));
	r = pen_call_handle_new(call, &owner_type, owner, &owner->handle);
	if (r) {
		free(owner);
		return r;
	}
	owner->next = table->owners;
	table->owners = owner;
	*ownerp = owner;
	return 0;
}

static int denied(struct pen_call *call)
{
	return pen_call_fail(call, PEN_WERR_ACCESS_DENIED,
			     "only programs of this machine register endpoints");
}

static uint32_t insert_one(struct pen_call *call, struct pen_epm_owner *owner,
			   const struct epm_ept_entry_t *entry, bool replace)
{
	const struct pen_token *token = pen_call_token(call);
	struct pen_epm *epm = pen_call_data(call);
	struct pen_uuid object = uuid_from(&entry->object);
	struct pen_tower tower;

	if (tower_get(&tower, entry->tower))
		return EPT_S_CANT_PERFORM_OP;
	if (!pen_epm_table_may(&epm->table, &tower.interface, pen_token_user(token),
			       pen_token_is_admin(token)))
		return PEN_WERR_ACCESS_DENIED;
	return pen_epm_table_add(&epm->table, owner, &object, &tower, entry->annotation, replace)
		       ? EPT_S_CANT_PERFORM_OP
		       : 0;
}

static int insert(struct pen_call *call, const struct epm_ept_insert_in *in,
		  struct epm_ept_insert_out *out)
{
	struct pen_epm *epm = pen_call_data(call);
	struct pen_epm_owner *owner;
	int r;

	if (!is_local(call))
		return denied(call);
	r = owner_of(call, &epm->table, &owner);
	if (r)
		return r;
	for (uint32_t i = 0; i < in->num_ents && !out->status; i++)
		out->status = insert_one(call, owner, &in->entries[i], in->replace);
	return 0;
}

static uint32_t remove_one(struct pen_call *call, const struct pen_uuid *object,
			   const struct epm_twr_t *wire)
{
	const struct pen_token *token = pen_call_token(call);
	struct pen_epm *epm = pen_call_data(call);
	struct pen_tower tower;

	if (tower_get(&tower, wire))
		return EPT_S_CANT_PERFORM_OP;
	return pen_epm_table_remove(&epm->table,
				    pen_token_is_admin(token) ? NULL : pen_token_user(token),
				    object, &tower)
		       ? 0
		       : EPT_S_NOT_REGISTERED;
}

static int delete (struct pen_call *call, const struct epm_ept_delete_in *in,
		   struct epm_ept_delete_out *out)
{
	if (!is_local(call))
		return denied(call);
	for (uint32_t i = 0; i < in->num_ents && !out->status; i++) {
		struct pen_uuid object = uuid_from(&in->entries[i].object);

		out->status = remove_one(call, &object, in->entries[i].tower);
	}
	return 0;
}

static int mgmt_delete(struct pen_call *call, const struct epm_ept_mgmt_delete_in *in,
		       struct epm_ept_mgmt_delete_out *out)
{
	struct pen_uuid object = { 0 };

	if (!is_local(call) || !pen_token_is_admin(pen_call_token(call)))
		return denied(call);
	if (in->object)
		object = uuid_from(in->object);
	out->status = remove_one(call, in->object_speced ? &object : NULL, in->tower);
	return 0;
}

/* The endpoint mapper has no object of its own. */
static int inq_object(struct pen_call *call, const struct epm_ept_inq_object_in *in,
		      struct epm_ept_inq_object_out *out)
{
	out->status = EPT_S_CANT_PERFORM_OP;
	return 0;
}

static const struct epm_operations operations = {
	.ept_insert = insert,
	.ept_delete = delete,
	.ept_lookup = lookup,
	.ept_map = map,
	.ept_lookup_handle_free = lookup_handle_free,
	.ept_inq_object = inq_object,
	.ept_mgmt_delete = mgmt_delete,
};

const struct pen_service pen_epm_service = {
	.interface = &epm_interface,
	.operations = &operations,
};
