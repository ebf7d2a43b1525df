/* SPDX-License-Identifier: MIT */
/* Lists for people to look at, sorted by name [MS-SAMR 3.1.5.3]. */
#include "base/utf16.h"
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

enum { ROWS_MAX = 1024, ROW_SIZE = 48 };

/* What of the accounts a class shows. */
static const struct {
	enum pen_account_kind kind;
	uint32_t control;
} classes[] = {
	[samr_DomainDisplayUser] = { PEN_ACCOUNT_USER, PEN_ACCOUNT_NORMAL },
	[samr_DomainDisplayMachine] = { PEN_ACCOUNT_USER, PEN_ACCOUNT_MACHINES },
	[samr_DomainDisplayGroup] = { PEN_ACCOUNT_GROUP, 0 },
	[samr_DomainDisplayOemUser] = { PEN_ACCOUNT_USER, PEN_ACCOUNT_NORMAL },
	[samr_DomainDisplayOemGroup] = { PEN_ACCOUNT_GROUP, 0 },
};

static bool is_class(uint32_t class)
{
	return class >= samr_DomainDisplayUser && class <= samr_DomainDisplayOemGroup;
}

/* Groups are the machine's, also where Builtin is asked, as Windows answers. */
static struct pen_account_filter filter_of(const struct pen_samr_object *domain, uint32_t class)
{
	bool has_groups = classes[class].kind == PEN_ACCOUNT_GROUP;

	return (struct pen_account_filter){ .domain = has_groups ? PEN_ACCOUNT_MACHINE
								 : domain->domain,
					    .kind = classes[class].kind,
					    .control = classes[class].control,
					    .is_by_name = true };
}

/* A name in the OEM code page, which here is ASCII. */
static int put_oem(struct pen_arena *arena, const char *name, struct samr_RPC_STRING *wire)
{
	size_t n = strlen(name);

	wire->Buffer = pen_arena_copy(arena, name, n + 1);
	if (!wire->Buffer)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (wire->Buffer[i] >= 0x80)
			wire->Buffer[i] = '?';
	wire->Length = wire->MaximumLength = (uint16_t)n;
	return 0;
}

/* Row i of the answer, the account that is the index-th of all. */
static int fill(struct pen_arena *arena, uint32_t class, const struct pen_account *account,
		uint32_t index, uint32_t i, union samr_SAMPR_DISPLAY_INFO_BUFFER *buffer)
{
	struct samr_SAMPR_DOMAIN_DISPLAY_MACHINE *machine;
	struct samr_SAMPR_DOMAIN_DISPLAY_GROUP *group;
	struct samr_SAMPR_DOMAIN_DISPLAY_USER *user;
	struct samr_SAMPR_DOMAIN_DISPLAY_OEM_USER *oem;
	int r;

	switch (class) {
	case samr_DomainDisplayUser:
		user = &buffer->UserInformation.Buffer[i];
		user->Index = index;
		user->Rid = account->rid;
		user->AccountControl = account->control;
		r = pen_samr_text_put(arena, account->name, &user->AccountName);
		if (!r)
			r = pen_samr_text_put(arena, account->comment, &user->AdminComment);
		return r ? r : pen_samr_text_put(arena, account->full_name, &user->FullName);
	case samr_DomainDisplayMachine:
		machine = &buffer->MachineInformation.Buffer[i];
		machine->Index = index;
		machine->Rid = account->rid;
		/* Windows says normal of machines too, here. */
		machine->AccountControl = account->control | PEN_ACCOUNT_NORMAL;
		r = pen_samr_text_put(arena, account->name, &machine->AccountName);
		return r ? r : pen_samr_text_put(arena, account->comment, &machine->AdminComment);
	case samr_DomainDisplayGroup:
		group = &buffer->GroupInformation.Buffer[i];
		group->Index = index;
		group->Rid = account->rid;
		group->Attributes = account->attributes;
		r = pen_samr_text_put(arena, account->name, &group->AccountName);
		return r ? r : pen_samr_text_put(arena, account->comment, &group->AdminComment);
	default:
		oem = &buffer->OemUserInformation.Buffer[i];
		oem->Index = index;
		return put_oem(arena, account->name, &oem->OemAccountName);
	}
}

static size_t row_size(uint32_t class)
{
	switch (class) {
	case samr_DomainDisplayUser:
		return sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_USER);
	case samr_DomainDisplayMachine:
		return sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_MACHINE);
	case samr_DomainDisplayGroup:
		return sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_GROUP);
	}
	return sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_OEM_USER);
}

/* About what a row takes on the wire. */
static uint32_t cost(uint32_t class, const struct pen_account *account)
{
	size_t n = strlen(account->name);

	if (class <= samr_DomainDisplayGroup)
		n += strlen(account->comment);
	if (class == samr_DomainDisplayUser)
		n += strlen(account->full_name);
	return (uint32_t)(ROW_SIZE + 2 * n);
}

/* All five arms are a count and a pointer. */
_Static_assert(sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_USER_BUFFER) ==
			       sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_OEM_GROUP_BUFFER) &&
		       sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_OEM_USER) ==
			       sizeof(struct samr_SAMPR_DOMAIN_DISPLAY_OEM_GROUP),
	       "arms have one layout");

static int32_t show(struct pen_call *call, const struct pen_samr_object *domain,
		    const struct samr_SamrQueryDisplayInformation_in *in,
		    struct samr_SamrQueryDisplayInformation_out *out)
{
	struct samr_SAMPR_DOMAIN_DISPLAY_USER_BUFFER *arm = &out->Buffer.UserInformation;
	uint32_t class = in->DisplayInformationClass, size = 0, i = 0;
	uint32_t wanted = in->EntryCount < ROWS_MAX ? in->EntryCount : ROWS_MAX;
	struct pen_account_filter filter = filter_of(domain, class);
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_account *rows = NULL;
	size_t n = 0, n_all = 0;
	int r = pen_accounts_count(pen_samr_of(call)->accounts, &filter, &n_all);

	filter.skip = in->Index;
	filter.max = wanted + 1;
	if (!r)
		r = pen_accounts_list(pen_samr_of(call)->accounts, &filter, arena, &rows, &n);
	if (!r) {
		arm->Buffer = pen_arena_array(arena, n + 1, row_size(class));
		r = arm->Buffer ? 0 : -ENOMEM;
	}
	while (!r && i < n && i < wanted && (!i || size < in->PreferredMaximumLength)) {
		r = fill(arena, class, &rows[i], in->Index + i + 1, i, &out->Buffer);
		size += cost(class, &rows[i]);
		i++;
	}
	if (r)
		return pen_samr_status(r, PEN_SAMR_DOMAIN);
	arm->EntriesRead = i;
	out->TotalReturned = size;
	out->TotalAvailable = i ? (uint32_t)(n_all * (size / i)) : 0;
	return i < n ? (int32_t)PEN_STATUS_MORE_ENTRIES : 0;
}

int pen_samr_display(struct pen_call *call, const struct samr_SamrQueryDisplayInformation_in *in,
		     struct samr_SamrQueryDisplayInformation_out *out)
{
	struct pen_samr_object *domain;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LIST_ACCOUNTS,
			     &domain, &out->result);

	if (!r && !is_class(in->DisplayInformationClass))
		return pen_call_fail(call, PEN_FAULT_INVALID_TAG, "class %u of display information",
				     in->DisplayInformationClass);
	if (!r && !out->result)
		out->result = show(call, domain, in, out);
	return r;
}

int pen_samr_display2(struct pen_call *call, const struct samr_SamrQueryDisplayInformation2_in *in,
		      struct samr_SamrQueryDisplayInformation2_out *out)
{
	const struct samr_SamrQueryDisplayInformation_in in1 = { in->DomainHandle,
								 in->DisplayInformationClass,
								 in->Index, in->EntryCount,
								 in->PreferredMaximumLength };
	struct samr_SamrQueryDisplayInformation_out out1 = { .result = 0 };
	int r = pen_samr_display(call, &in1, &out1);

	out->TotalAvailable = out1.TotalAvailable;
	out->TotalReturned = out1.TotalReturned;
	out->Buffer = out1.Buffer;
	out->result = out1.result;
	return r;
}

int pen_samr_display3(struct pen_call *call, const struct samr_SamrQueryDisplayInformation3_in *in,
		      struct samr_SamrQueryDisplayInformation3_out *out)
{
	const struct samr_SamrQueryDisplayInformation_in in1 = { in->DomainHandle,
								 in->DisplayInformationClass,
								 in->Index, in->EntryCount,
								 in->PreferredMaximumLength };
	struct samr_SamrQueryDisplayInformation_out out1 = { .result = 0 };
	int r = pen_samr_display(call, &in1, &out1);

	out->TotalAvailable = out1.TotalAvailable;
	out->TotalReturned = out1.TotalReturned;
	out->Buffer = out1.Buffer;
	out->result = out1.result;
	return r;
}

/* ---- the index of a name ---- */

/* The first account whose name comes where the prefix would, or after it: PEN_E_EXISTS with its
 * index. */
static int display_index(struct pen_call *call, const struct pen_samr_object *domain,
			 uint32_t class, const char *prefix, uint32_t *indexp)
{
	struct pen_account_filter filter = filter_of(domain, class);
	struct pen_arena rows_arena;
	struct pen_account *rows = NULL;
	size_t n = 0;
	int r;

	filter.max = ROWS_MAX;
	do {
		pen_arena_init(&rows_arena, 0);
		r = pen_accounts_list(pen_samr_of(call)->accounts, &filter, &rows_arena, &rows, &n);
		for (size_t i = 0; !r && i < n; i++)
			if (pen_upcase_compare(rows[i].name, strlen(rows[i].name), prefix,
					       strlen(prefix)) >= 0) {
				*indexp = filter.skip + (uint32_t)i;
				r = PEN_E_EXISTS;
			}
		pen_arena_done(&rows_arena);
		filter.skip += ROWS_MAX;
	} while (!r && n == ROWS_MAX);
	return r;
}

int pen_samr_display_index(struct pen_call *call,
			   const struct samr_SamrGetDisplayEnumerationIndex_in *in,
			   struct samr_SamrGetDisplayEnumerationIndex_out *out)
{
	struct pen_samr_object *domain;
	const char *prefix;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, DOMAIN_LIST_ACCOUNTS,
			     &domain, &out->result);

	if (!r && !out->result && !is_class(in->DisplayInformationClass))
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	r = pen_samr_text_get(pen_call_arena(call), &in->Prefix, &prefix);
	if (!r)
		r = display_index(call, domain, in->DisplayInformationClass, prefix, &out->Index);
	if (r == PEN_E_EXISTS)
		return 0;
	out->result = r ? pen_samr_status(r, PEN_SAMR_DOMAIN) : (int32_t)PEN_STATUS_NO_MORE_ENTRIES;
	return 0;
}

int pen_samr_display_index2(struct pen_call *call,
			    const struct samr_SamrGetDisplayEnumerationIndex2_in *in,
			    struct samr_SamrGetDisplayEnumerationIndex2_out *out)
{
	const struct samr_SamrGetDisplayEnumerationIndex_in in1 = { in->DomainHandle,
								    in->DisplayInformationClass,
								    in->Prefix };
	struct samr_SamrGetDisplayEnumerationIndex_out out1 = { .result = 0 };
	int r = pen_samr_display_index(call, &in1, &out1);

	out->Index = out1.Index;
	out->result = out1.result;
	return r;
}
