/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

/* IPC$ is there without being kept anywhere. */
static const struct pen_share ipc = {
	.name = "IPC$",
	.type = PEN_SHARE_IPC | PEN_SHARE_SPECIAL,
	.remark = "IPC Service",
	.path = "",
	.max_uses = PEN_SHARE_UNLIMITED,
};

/* ---- a share, level by level ---- */

/* The wire form of a share: texts in the arena, the path as Windows has it. */
struct row {
	const struct pen_share *share;
	const char *path;
	const char *servername;
	uint8_t *security;
	uint32_t n_security;
};

static int row_make(struct pen_call *call, const struct pen_share *share, struct row *row)
{
	struct pen_arena *arena = pen_call_arena(call);

	*row = (struct row){ .share = share, .path = "", .servername = "*" };
	if (*share->path)
		row->path = pen_srvsvc_path_to_windows(arena, share->path);
	if (share->security.size) {
		row->n_security = (uint32_t)share->security.size;
		row->security = pen_arena_copy(arena, share->security.data, row->n_security);
		if (!row->security)
			return -ENOMEM;
	}
	return row->path ? 0 : -ENOMEM;
}

/* The members that levels 2, 502 and 503 have in common. */
#define FILL_TWO(info, prefix, row)                                                                \
	do {                                                                                       \
		(info)->prefix##netname = (row)->share->name;                                      \
		(info)->prefix##type = (row)->share->type;                                         \
		(info)->prefix##remark = (row)->share->remark;                                     \
		(info)->prefix##permissions = (row)->share->permissions;                           \
		(info)->prefix##max_uses = (row)->share->max_uses;                                 \
		(info)->prefix##path = (row)->path;                                                \
	} while (0)

static void fill_0(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_0 *info = out;

	info->shi0_netname = row->share->name;
}

static void fill_1(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1 *info = out;

	info->shi1_netname = row->share->name;
	info->shi1_type = row->share->type;
	info->shi1_remark = row->share->remark;
}

static void fill_2(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_2 *info = out;

	FILL_TWO(info, shi2_, row);
}

static void fill_501(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_501 *info = out;

	info->shi501_netname = row->share->name;
	info->shi501_type = row->share->type;
	info->shi501_remark = row->share->remark;
	info->shi501_flags = row->share->flags;
}

static void fill_502(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_502_I *info = out;

	FILL_TWO(info, shi502_, row);
	info->shi502_reserved = row->n_security;
	info->shi502_security_descriptor = row->security;
}

static void fill_503(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_503_I *info = out;

	FILL_TWO(info, shi503_, row);
	info->shi503_servername = row->servername;
	info->shi503_reserved = row->n_security;
	info->shi503_security_descriptor = row->security;
}

static void fill_1004(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1004 *info = out;

	info->shi1004_remark = row->share->remark;
}

static void fill_1005(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1005 *info = out;

	info->shi1005_flags = row->share->flags;
}

static void fill_1006(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1006 *info = out;

	info->shi1006_max_uses = row->share->max_uses;
}

static void fill_1007(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1007 *info = out;

	info->shi1007_flags = row->share->flags;
	info->shi1007_alternate_directory_name = "";
}

static void fill_1501(void *out, const struct row *row)
{
	struct srvsvc_SHARE_INFO_1501_I *info = out;

	info->shi1501_reserved = row->n_security;
	info->shi1501_security_descriptor = row->security;
}

typedef void fill_fn(void *info, const struct row *row);

/* Levels, who may see them, and how they are filled in. */
static const struct level {
	uint32_t level;
	bool is_enumerated;
	bool is_for_admins;
	size_t size;
	fill_fn *fill;
} levels[] = {
#define LEVEL(number, type, enumerated, admins)                                                    \
	{                                                                                          \
		number, enumerated, admins, sizeof(struct srvsvc_SHARE_INFO_##type), fill_##number \
	}
	LEVEL(0, 0, true, false),	  LEVEL(1, 1, true, false),
	LEVEL(2, 2, true, true),	  LEVEL(501, 501, true, false),
	LEVEL(502, 502_I, true, true),	  LEVEL(503, 503_I, true, true),
	LEVEL(1004, 1004, false, false),  LEVEL(1005, 1005, false, false),
	LEVEL(1006, 1006, false, false),  LEVEL(1007, 1007, false, false),
	LEVEL(1501, 1501_I, false, true),
#undef LEVEL
};

static const struct level *level_find(uint32_t number)
{
	for (size_t i = 0; i < PEN_COUNT(levels); i++)
		if (levels[i].level == number)
			return &levels[i];
	return NULL;
}

/* ---- NetrShareEnum ---- */

/* All shares, IPC$ among them, or without it and the temporary ones: the sticky ones. */
static int rows_list(struct pen_call *call, bool sticky, const struct pen_share ***rowsp,
		     size_t *np)
{
	struct pen_arena *arena = pen_call_arena(call);
	const struct pen_share **rows;
	struct pen_share *kept = NULL;
	size_t n_kept = 0, n = 0;
	bool has_ipc = false;
	int r = pen_shares_list(pen_srvsvc_of(call)->shares, arena, &kept, &n_kept);

	if (r)
		return r;
	rows = pen_arena_array(arena, n_kept + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < n_kept; i++) {
		if (sticky && kept[i].type & PEN_SHARE_TEMPORARY)
			continue;
		has_ipc = has_ipc || pen_upcase_equal(kept[i].name, ipc.name);
		rows[n++] = &kept[i];
	}
	if (!sticky && !has_ipc)
		rows[n++] = &ipc;
	*rowsp = rows;
	*np = n;
	return 0;
}

static int container_fill(struct pen_call *call, const struct level *level,
			  const struct pen_share *const *rows, size_t n,
			  struct pen_srvsvc_container **outp)
{
	struct pen_srvsvc_container *out;
	struct row row;
	int r = pen_srvsvc_container_new(call, n, level->size, &out);

	for (size_t i = 0; !r && i < n; i++) {
		r = row_make(call, rows[i], &row);
		if (!r)
			level->fill((uint8_t *)out->buffer + i * level->size, &row);
	}
	if (!r)
		*outp = out;
	return r;
}

/*
 * Administrators alone see paths and descriptors; and, though anybody may ask about one
 * share at level 501, all shares at that level: so Windows answers (docs/conformance.md).
 */
static uint32_t enum_refusal(const struct pen_call *call, const struct level *level, bool sticky)
{
	if (!level || !level->is_enumerated || (sticky && level->level == 501))
		return PEN_WERR_INVALID_LEVEL;
	if ((level->is_for_admins || level->level == 501) && !pen_srvsvc_is_admin(call))
		return PEN_WERR_ACCESS_DENIED;
	return 0;
}

static int share_enum(struct pen_call *call, bool sticky, const struct srvsvc_NetrShareEnum_in *in,
		      struct srvsvc_NetrShareEnum_out *out)
{
	const struct level *level = level_find(in->InfoStruct.Level);
	const struct pen_share **rows;
	struct pen_srvsvc_window window;
	struct pen_srvsvc_container *container;
	size_t n;
	int r;

	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	out->result = enum_refusal(call, level, sticky);
	if (out->result)
		return 0;
	/* A caller without a container has nowhere to get the shares. */
	if (!in->InfoStruct.ShareInfo.Level0) {
		out->result = PEN_WERR_INVALID_PARAMETER;
		return 0;
	}
	r = rows_list(call, sticky, &rows, &n);
	if (r) {
		out->result = pen_srvsvc_error(r);
		return 0;
	}
	window = pen_srvsvc_window(n, level->size, in->PreferedMaximumLength, in->ResumeHandle);
	r = container_fill(call, level, rows + window.first, window.count, &container);
	if (r)
		return r;
	out->InfoStruct.ShareInfo.Level0 = (struct srvsvc_SHARE_INFO_0_CONTAINER *)container;
	out->TotalEntries = window.total;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, window.resume);
	out->result = window.result;
	return 0;
}

int pen_srvsvc_share_enum(struct pen_call *call, const struct srvsvc_NetrShareEnum_in *in,
			  struct srvsvc_NetrShareEnum_out *out)
{
	return share_enum(call, false, in, out);
}

int pen_srvsvc_share_enum_sticky(struct pen_call *call,
				 const struct srvsvc_NetrShareEnumSticky_in *in,
				 struct srvsvc_NetrShareEnumSticky_out *out)
{
	const struct srvsvc_NetrShareEnum_in plain_in = {
		.InfoStruct = in->InfoStruct,
		.PreferedMaximumLength = in->PreferedMaximumLength,
		.ResumeHandle = in->ResumeHandle,
	};
	struct srvsvc_NetrShareEnum_out plain = { 0 };
	int r = share_enum(call, true, &plain_in, &plain);

	out->InfoStruct = plain.InfoStruct;
	out->TotalEntries = plain.TotalEntries;
	out->ResumeHandle = plain.ResumeHandle;
	out->result = plain.result;
	return r;
}

/* ---- NetrShareGetInfo, NetrShareCheck ---- */

int pen_srvsvc_share_find(struct pen_call *call, const char *name, struct pen_share *share)
{
	int r = pen_shares_find(pen_srvsvc_of(call)->shares, name, pen_call_arena(call), share);

	if (r == PEN_E_NOT_FOUND && pen_upcase_equal(name, ipc.name)) {
		*share = ipc;
		r = 0;
	}
	return r;
}

int pen_srvsvc_share_get(struct pen_call *call, const struct srvsvc_NetrShareGetInfo_in *in,
			 struct srvsvc_NetrShareGetInfo_out *out)
{
	const struct level *level = level_find(in->Level);
	struct pen_share share;
	struct row row;
	void *info;
	int r;

	if (!level)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (level->is_for_admins && !pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	r = pen_srvsvc_share_find(call, in->NetName, &share);
	if (r) {
		out->result = pen_srvsvc_error(r);
		return 0;
	}
	info = pen_arena_zalloc(pen_call_arena(call), level->size);
	r = info ? row_make(call, &share, &row) : -ENOMEM;
	if (r)
		return r;
	level->fill(info, &row);
	out->InfoStruct.ShareInfo0 = info;
	return 0;
}

/*
 * The share whose path the device is [MS-SRVS 3.1.4.13]; the path of IPC$ is empty. A
 * type is told without STYPE_SPECIAL.
 */
int pen_srvsvc_share_check(struct pen_call *call, const struct srvsvc_NetrShareCheck_in *in,
			   struct srvsvc_NetrShareCheck_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	const struct pen_share **rows;
	const char *path = "";
	size_t n;
	int r;

	out->result = PEN_WERR_NERR_DEVICENOTSHARED;
	if (*in->Device)
		path = pen_srvsvc_path_from_windows(arena, in->Device);
	if (!path)
		return 0;
	r = rows_list(call, false, &rows, &n);
	if (r) {
		out->result = pen_srvsvc_error(r);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i]->path, path))
			continue;
		out->Type = rows[i]->type & ~PEN_SHARE_SPECIAL;
		out->result = 0;
		break;
	}
	return 0;
}
