/* SPDX-License-Identifier: MIT */
/* What is in the tree, and why a name leads where it does [rows E1, E2]. */
#include "object/state.h"
#include <penstock/buffer.h>
#include <penstock/status-codes.h>
#include <string.h>

enum { BYTES_MAX = 128 * 1024 }; /* of a reply's names */

static const char *const types[] = {
	[PEN_NODE_DIRECTORY] = "Directory", [PEN_NODE_LINK] = "SymbolicLink",
	[PEN_NODE_DEVICE] = "Device",	    [PEN_NODE_PIPE] = "Pipe",
	[PEN_NODE_SECTION] = "Section",
};

static const char *target_of(const struct pen_node *link, struct pen_arena *arena)
{
	if (link->target)
		return link->target;
	return pen_arena_printf(arena, "\\Sessions\\%u\\BaseNamedObjects", link->session);
}

static uint32_t put_entry(struct pen_object_call *call, const struct pen_node *node,
			  struct object_entry *entry)
{
	const struct pen_object_pipe *pipe = node->object;
	const struct pen_object_section *section = node->object;

	*entry = (struct object_entry){ .name = node->name, .type = types[node->kind] };
	if (node->kind == PEN_NODE_LINK) {
		entry->target = target_of(node, call->arena);
		return entry->target ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;
	}
	if (node->kind == PEN_NODE_PIPE) {
		entry->instances = pipe->n_instances;
		entry->instances_max = pipe->fixed.instances_max;
	}
	if (node->kind == PEN_NODE_SECTION)
		entry->size = (int64_t)section->size;
	return PEN_STATUS_SUCCESS;
}

/* A session's names are its own, and the administrators'. */
static bool may_list(const struct pen_token *token, const struct pen_node *directory)
{
	return !directory->session || directory->session == pen_token_info(token)->session_id ||
	       pen_token_is_admin(token);
}

static uint32_t find_directory(struct pen_object_call *call, const struct pen_node **directoryp)
{
	struct pen_place place;
	uint32_t status = pen_object_tree_find(
		&call->objects->tree, pen_token_info(call->token)->session_id,
		call->request->letter->body.list.name, false, call->arena, NULL, &place);

	if (status)
		return status;
	if (place.parent == call->objects->tree.device && !*place.name)
		place.node = place.parent;
	if (!place.node)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (place.node->kind != PEN_NODE_DIRECTORY && place.node->kind != PEN_NODE_DEVICE)
		return PEN_STATUS_OBJECT_TYPE_MISMATCH;
	*directoryp = place.node;
	return may_list(call->token, place.node) ? PEN_STATUS_SUCCESS : PEN_STATUS_ACCESS_DENIED;
}

uint32_t pen_object_list(struct pen_object_call *call)
{
	const struct object_list *in = &call->request->letter->body.list;
	struct object_entries *out = &call->reply->letter.body.entries;
	const struct pen_node *directory = NULL;
	uint32_t status = find_directory(call, &directory);
	uint32_t at = 0;
	size_t n_bytes = 0;

	if (status)
		return status;
	out->entries = pen_arena_array(call->arena, object_ENTRIES_MAX, sizeof(*out->entries));
	if (!out->entries)
		return PEN_STATUS_NO_MEMORY;
	out->is_all = true;
	pen_list_each (link, after, &directory->children) {
		const struct pen_node *node = pen_list_entry(link, struct pen_node, siblings);

		if (at++ < in->from)
			continue;
		n_bytes += 2 * strlen(node->name) + 64;
		if (out->n == object_ENTRIES_MAX || n_bytes > BYTES_MAX) {
			out->is_all = false;
			break;
		}
		status = put_entry(call, node, &out->entries[out->n++]);
		if (status)
			return status;
	}
	return PEN_STATUS_SUCCESS;
}

/* ---- why ---- */

static void explain_asker(struct pen_object_call *call, struct pen_trace *trace)
{
	char user[PEN_SID_TEXT_SIZE];

	pen_sid_print(pen_token_user(call->token), user);
	pen_trace_add(trace, "You are %s in session %u%s.", user,
		      pen_token_info(call->token)->session_id,
		      pen_token_is_admin(call->token) ? ", an administrator" : "");
}

static void explain_guard(struct pen_object_call *call, struct pen_trace *trace,
			  const struct pen_guard *guard, const struct pen_guard_kind *kind)
{
	uint32_t access = call->request->letter->body.explain.access;
	struct pen_arena *scratch = &call->objects->scratch;
	struct pen_descriptor descriptor;
	struct pen_buffer text;
	uint32_t granted = 0;

	pen_buffer_init(&text, object_DESCRIPTOR_MAX);
	if (!pen_guard_check(guard, kind, call->token, PEN_ACCESS_READ_CONTROL, scratch,
			     &granted) &&
	    !pen_descriptor_get(&descriptor, scratch, guard->bytes, guard->n) &&
	    !pen_sddl_print(&descriptor, NULL, &text))
		pen_trace_add(trace, "Its descriptor is %.*s.", (int)text.size,
			      (const char *)text.data);
	pen_buffer_done(&text);
	if (!pen_guard_check(guard, kind, call->token, PEN_ACCESS_MAXIMUM_ALLOWED, scratch,
			     &granted))
		pen_trace_add(trace, "It gives you the rights 0x%x.", granted);
	else
		pen_trace_add(trace, "It gives you no rights.");
	if (access)
		pen_trace_add(trace, "The rights 0x%x that are asked for are %s.", access,
			      pen_guard_check(guard, kind, call->token, access, scratch, &granted)
				      ? "denied"
				      : "granted");
}

static uint32_t count_listening(const struct pen_object_pipe *pipe)
{
	uint32_t n = 0;

	pen_list_each (link, after, &pipe->listening)
		n++;
	return n;
}

static void explain_pipe(struct pen_object_call *call, struct pen_trace *trace,
			 const struct pen_object_pipe *pipe)
{
	char owner[PEN_SID_TEXT_SIZE];

	pen_sid_print(&pipe->user->sid, owner);
	if (pipe->fixed.instances_max == UINT32_MAX)
		pen_trace_add(trace, "It is a pipe of %s with %u instances, of any number.", owner,
			      pipe->n_instances);
	else
		pen_trace_add(trace, "It is a pipe of %s with %u instances, of %u there may be.",
			      owner, pipe->n_instances, pipe->fixed.instances_max);
	pen_trace_add(trace, "%u of them listen.", count_listening(pipe));
	if (pipe->rejects_remote)
		pen_trace_add(trace, "It rejects clients of other machines.");
	explain_guard(call, trace, &pipe->guard, &pen_guard_pipe);
}

static void explain_place(struct pen_object_call *call, struct pen_trace *trace,
			  const struct pen_place *place)
{
	const struct pen_objects *objects = call->objects;
	const struct pen_object_section *section = place->node ? place->node->object : NULL;
	const struct pen_object_pipe *pipe = place->node ? place->node->object : NULL;

	if (place->parent)
		pen_trace_add(trace, "In %s it is %s.",
			      pen_object_tree_path(&objects->tree, place->parent, call->arena),
			      *place->name ? place->name : "the root of the device");
	if (place->parent == objects->tree.device && !*place->name)
		return;
	if (!place->node) {
		pen_trace_add(trace, "There is nothing of that name.");
		if (place->parent == objects->tree.device && pen_object_named(objects, place->name))
			pen_trace_add(trace, "It is another name of a pipe: \\%s.",
				      pen_object_named(objects, place->name)->name);
	} else if (place->node->kind == PEN_NODE_PIPE) {
		explain_pipe(call, trace, pipe);
	} else if (place->node->kind == PEN_NODE_SECTION) {
		pen_trace_add(trace, "It is a section of %llu bytes.",
			      (unsigned long long)section->size);
		explain_guard(call, trace, &section->guard, &pen_guard_section);
	} else {
		pen_trace_add(trace, "It is a %s.",
			      place->node->kind == PEN_NODE_DEVICE ? "device" : "directory");
		if (!may_list(call->token, place->node))
			pen_trace_add(trace, "What is in it is for its own session to see.");
	}
}

uint32_t pen_object_explain(struct pen_object_call *call)
{
	const struct object_explain *in = &call->request->letter->body.explain;
	struct object_steps *out = &call->reply->letter.body.explained;
	struct pen_trace trace = { .arena = call->arena, .max = 2 * PEN_OBJECT_TREE_LINKS_MAX };
	struct pen_place place = { 0 };
	uint32_t status;

	trace.steps = pen_arena_array(call->arena, trace.max, sizeof(*trace.steps));
	if (!trace.steps)
		return PEN_STATUS_NO_MEMORY;
	explain_asker(call, &trace);
	status = pen_object_tree_find(&call->objects->tree, pen_token_info(call->token)->session_id,
				      in->name, false, call->arena, &trace, &place);
	if (status == PEN_STATUS_NO_MEMORY)
		return status;
	if (status == PEN_STATUS_OBJECT_PATH_NOT_FOUND)
		pen_trace_add(&trace, "A directory on the way is not there.");
	else if (status == PEN_STATUS_OBJECT_TYPE_MISMATCH)
		pen_trace_add(&trace, "What is on the way is no directory.");
	else if (status)
		pen_trace_add(&trace, "It is no name: it has an empty part, or is too long.");
	else
		explain_place(call, &trace, &place);
	out->n = trace.n;
	out->steps = trace.steps;
	return PEN_STATUS_SUCCESS;
}
