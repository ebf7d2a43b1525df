/* SPDX-License-Identifier: MIT */
/* Enumeration, and names for rids and back [MS-SAMR 3.1.5.2, 3.1.5.11]. */
#include "service/samr/state.h"
#include <errno.h>

enum {
	ROWS_MAX = 4096, /* of one answer, whatever length is preferred */
	ROW_SIZE = 16,	 /* bytes of a row besides its name */
	SID_TYPE_UNKNOWN = 8,
};

/* ---- enumeration ---- */

/* The rid of the row sent last is the handle to resume with: what goes or comes does no harm. */
static void list(struct pen_call *call, struct pen_account_filter *filter, uint32_t preferred,
		 struct samr_SamrEnumerateGroupsInDomain_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct samr_SAMPR_ENUMERATION_BUFFER *buffer = pen_arena_zalloc(arena, sizeof(*buffer));
	struct pen_account *rows = NULL;
	size_t n = 0, size = 0, sent = 0;
	int r;

	filter->after_rid = out->EnumerationContext;
	filter->max = ROWS_MAX + 1;
	r = buffer ? pen_accounts_list(pen_samr_of(call)->accounts, filter, arena, &rows, &n)
		   : -ENOMEM;
	if (!r) {
		buffer->Buffer = pen_arena_array(arena, n + 1, sizeof(*buffer->Buffer));
		r = buffer->Buffer ? 0 : -ENOMEM;
	}
	for (; !r && sent < n && sent < ROWS_MAX && (!sent || size < preferred); sent++) {
		struct samr_SAMPR_RID_ENUMERATION *row = &buffer->Buffer[sent];

		r = pen_samr_text_put(arena, rows[sent].name, &row->Name);
		row->RelativeId = rows[sent].rid;
		size += ROW_SIZE + row->Name.Length;
	}
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	if (r)
		return;
	buffer->EntriesRead = (uint32_t)sent;
	if (sent)
		out->EnumerationContext = rows[sent - 1].rid;
	if (sent < n)
		out->result = (int32_t)PEN_STATUS_MORE_ENTRIES;
	out->Buffer = buffer;
	out->CountReturned = (uint32_t)sent;
}

/* What the three operations have in common is all but their filter. */
static int enumerate(struct pen_call *call, struct pen_account_filter *filter,
		     const struct samr_SamrEnumerateGroupsInDomain_in *in,
		     struct samr_SamrEnumerateGroupsInDomain_out *out)
{
	struct pen_samr_object *domain;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LIST_ACCOUNTS,
			     &domain, &out->result);

	out->EnumerationContext = in->EnumerationContext;
	if (r || out->result)
		return r;
	filter->domain = domain->domain;
	list(call, filter, in->PreferedMaximumLength, out);
	return 0;
}

int pen_samr_enum_groups(struct pen_call *call,
			 const struct samr_SamrEnumerateGroupsInDomain_in *in,
			 struct samr_SamrEnumerateGroupsInDomain_out *out)
{
	struct pen_account_filter filter = { .kind = PEN_ACCOUNT_GROUP };

	return enumerate(call, &filter, in, out);
}

int pen_samr_enum_users(struct pen_call *call, const struct samr_SamrEnumerateUsersInDomain_in *in,
			struct samr_SamrEnumerateUsersInDomain_out *out)
{
	struct pen_account_filter filter = { .kind = PEN_ACCOUNT_USER,
					     .control = in->UserAccountControl };
	const struct samr_SamrEnumerateGroupsInDomain_in asked = { in->DomainHandle,
								   in->EnumerationContext,
								   in->PreferedMaximumLength };
	struct samr_SamrEnumerateGroupsInDomain_out found = { 0 };
	int r = enumerate(call, &filter, &asked, &found);

	*out = (struct samr_SamrEnumerateUsersInDomain_out){ found.EnumerationContext, found.Buffer,
							     found.CountReturned, found.result };
	return r;
}

int pen_samr_enum_aliases(struct pen_call *call,
			  const struct samr_SamrEnumerateAliasesInDomain_in *in,
			  struct samr_SamrEnumerateAliasesInDomain_out *out)
{
	struct pen_account_filter filter = { .kind = PEN_ACCOUNT_ALIAS };
	const struct samr_SamrEnumerateGroupsInDomain_in asked = { in->DomainHandle,
								   in->EnumerationContext,
								   in->PreferedMaximumLength };
	struct samr_SamrEnumerateGroupsInDomain_out found = { 0 };
	int r = enumerate(call, &filter, &asked, &found);

	*out = (struct samr_SamrEnumerateAliasesInDomain_out){ found.EnumerationContext,
							       found.Buffer, found.CountReturned,
							       found.result };
	return r;
}

/* ---- names and rids ---- */

static int array_new(struct pen_arena *arena, uint32_t n, struct samr_SAMPR_ULONG_ARRAY *array)
{
	array->Element = pen_arena_array(arena, n ? n : 1, sizeof(*array->Element));
	array->Count = array->Element ? n : 0;
	return array->Element ? 0 : -ENOMEM;
}

static int32_t mapped(uint32_t n, uint32_t n_found)
{
	if (n_found == n)
		return 0;
	return (int32_t)(n_found ? PEN_STATUS_SOME_NOT_MAPPED : PEN_STATUS_NONE_MAPPED);
}

int pen_samr_lookup_names(struct pen_call *call, const struct samr_SamrLookupNamesInDomain_in *in,
			  struct samr_SamrLookupNamesInDomain_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_account account;
	struct pen_samr_object *domain;
	uint32_t n_found = 0;
	const char *name;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LOOKUP, &domain,
			     &out->result);

	if (r || out->result)
		return r;
	r = array_new(arena, in->Count, &out->RelativeIds);
	if (!r)
		r = array_new(arena, in->Count, &out->Use);
	for (uint32_t i = 0; !r && i < in->Count; i++) {
		out->Use.Element[i] = SID_TYPE_UNKNOWN;
		r = pen_samr_text_get(arena, &in->Names[i], &name);
		if (!r)
			r = pen_accounts_find_name(pen_samr_of(call)->accounts, domain->domain,
						   name, NULL, &account);
		if (!r) {
			out->RelativeIds.Element[i] = account.rid;
			out->Use.Element[i] = (uint32_t)account.kind;
			n_found++;
		}
		if (r == PEN_E_NOT_FOUND || r == PEN_E_SYNTAX || r == PEN_E_LIMIT)
			r = 0;
	}
	out->result = r ? pen_samr_status(r, PEN_SAMR_DOMAIN) : mapped(in->Count, n_found);
	if (out->result == (int32_t)PEN_STATUS_NONE_MAPPED)
		out->RelativeIds.Count = out->Use.Count = 0;
	return 0;
}

int pen_samr_lookup_ids(struct pen_call *call, const struct samr_SamrLookupIdsInDomain_in *in,
			struct samr_SamrLookupIdsInDomain_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_account account;
	struct pen_samr_object *domain;
	uint32_t n_found = 0;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LOOKUP, &domain,
			     &out->result);

	if (r || out->result)
		return r;
	out->Names.Element = pen_arena_array(arena, in->Count + 1, sizeof(*out->Names.Element));
	out->Names.Count = in->Count;
	r = out->Names.Element ? array_new(arena, in->Count, &out->Use) : -ENOMEM;
	for (uint32_t i = 0; !r && i < in->Count; i++) {
		out->Use.Element[i] = SID_TYPE_UNKNOWN;
		r = pen_accounts_find_rid(pen_samr_of(call)->accounts, domain->domain,
					  in->RelativeIds[i], arena, &account);
		if (!r) {
			r = pen_samr_text_put(arena, account.name, &out->Names.Element[i]);
			out->Use.Element[i] = (uint32_t)account.kind;
			n_found++;
		} else if (r == PEN_E_NOT_FOUND) {
			r = 0;
		}
	}
	if (r)
		out->Names.Count = out->Use.Count = 0;
	out->result = r ? pen_samr_status(r, PEN_SAMR_DOMAIN) : mapped(in->Count, n_found);
	return 0;
}

/* The account need not exist. */
int pen_samr_rid_to_sid(struct pen_call *call, const struct samr_SamrRidToSid_in *in,
			struct samr_SamrRidToSid_out *out)
{
	struct pen_samr_object *object;
	struct pen_sid sid;
	int r = pen_samr_get_any(call, &in->ObjectHandle, &object);

	if (r)
		return r;
	if (object->kind == PEN_SAMR_SERVER) {
		out->result = (int32_t)PEN_STATUS_OBJECT_TYPE_MISMATCH;
		return 0;
	}
	sid = pen_accounts_member_sid(pen_samr_of(call)->accounts, object->domain, in->Rid);
	out->Sid = pen_samr_sid_put(pen_call_arena(call), &sid);
	return out->Sid ? 0 : -ENOMEM;
}
