/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

/* Which member was wrong, for the caller's ParmErr [MS-SRVS 2.2.2.11]. */
enum {
	PARM_NETNAME = 1,
	PARM_TYPE = 3,
	PARM_REMARK = 4,
	PARM_MAX_USES = 6,
	PARM_PATH = 8,
	PARM_SECURITY = 501,
};

enum {
	REMARK_MAX = 255, /* characters */
	PATH_SIZE_MAX = 4096,
	SETTABLE_FLAGS = 0x1f33, /* those of SHI1005_FLAGS that are not the server's own word */
};

struct change {
	struct pen_share share;
	uint32_t parm; /* the member that is wrong */
};

static uint32_t change_fail(struct change *change, uint32_t parm)
{
	change->parm = parm;
	return PEN_WERR_INVALID_PARAMETER;
}

static uint32_t *parm_put(struct pen_call *call, const uint32_t *given, uint32_t parm)
{
	return pen_srvsvc_resume(call, given, parm);
}

/* ---- what a member may be ---- */

static uint32_t take_remark(struct change *change, const char *remark)
{
	change->share.remark = remark ? remark : "";
	return pen_utf16_count(change->share.remark, strlen(change->share.remark)) <= REMARK_MAX
		       ? 0
		       : change_fail(change, PARM_REMARK);
}

static uint32_t take_path(struct pen_call *call, struct change *change, const char *windows)
{
	const char *path =
		windows ? pen_srvsvc_path_from_windows(pen_call_arena(call), windows) : NULL;

	if (!path || strlen(path) >= PATH_SIZE_MAX)
		return change_fail(change, PARM_PATH);
	change->share.path = path;
	return 0;
}

static uint32_t take_max_uses(struct change *change, uint32_t max_uses)
{
	change->share.max_uses = max_uses;
	return max_uses ? 0 : change_fail(change, PARM_MAX_USES);
}

static uint32_t take_security(struct pen_call *call, struct change *change, const uint8_t *data,
			      uint32_t n)
{
	struct pen_descriptor descriptor;

	change->share.security = (struct pen_slice){ 0 };
	if (!data || !n)
		return 0;
	if (n > PEN_SHARE_SECURITY_MAX ||
	    pen_descriptor_get(&descriptor, pen_call_arena(call), data, n))
		return change_fail(change, PARM_SECURITY);
	change->share.security = (struct pen_slice){ data, n };
	return 0;
}

/* A new share's type: a disk's, maybe temporary or hidden. IPC and printers are not made here. */
static uint32_t take_type(struct change *change, uint32_t type)
{
	change->share.type = type;
	return type & ~(PEN_SHARE_TEMPORARY | PEN_SHARE_SPECIAL) ? change_fail(change, PARM_TYPE)
								 : 0;
}

/* ---- NetrShareAdd ---- */

#define TAKE_TWO(prefix, info)                                                                     \
	(change->share.name = (info)->prefix##netname,                                             \
	 change->share.permissions = (info)->prefix##permissions,                                  \
	 (result = take_type(change, (info)->prefix##type)) ||                                     \
		 (result = take_remark(change, (info)->prefix##remark)) ||                         \
		 (result = take_max_uses(change, (info)->prefix##max_uses)) ||                     \
		 (result = take_path(call, change, (info)->prefix##path)))

static uint32_t add_read(struct pen_call *call, uint32_t level, const union srvsvc_SHARE_INFO *info,
			 struct change *change)
{
	uint32_t result = 0;

	if (level != 2 && level != 502 && level != 503)
		return PEN_WERR_INVALID_LEVEL;
	if (!info->ShareInfo2)
		return PEN_WERR_INVALID_PARAMETER;
	if (level == 2) {
		result = TAKE_TWO(shi2_, info->ShareInfo2) ? result : 0;
	} else if (level == 502) {
		if (!TAKE_TWO(shi502_, info->ShareInfo502))
			result = take_security(call, change,
					       info->ShareInfo502->shi502_security_descriptor,
					       info->ShareInfo502->shi502_reserved);
	} else {
		if (!TAKE_TWO(shi503_, info->ShareInfo503))
			result = take_security(call, change,
					       info->ShareInfo503->shi503_security_descriptor,
					       info->ShareInfo503->shi503_reserved);
	}
	if (!result && (!change->share.name || !pen_srvsvc_is_share_name(change->share.name))) {
		change->parm = PARM_NETNAME;
		return PEN_WERR_INVALID_NAME;
	}
	return result;
}

static bool is_reserved(const char *name)
{
	return pen_upcase_equal(name, "IPC$") || pen_upcase_equal(name, "pipe") ||
	       pen_upcase_equal(name, "mailslot");
}

int pen_srvsvc_share_add(struct pen_call *call, const struct srvsvc_NetrShareAdd_in *in,
			 struct srvsvc_NetrShareAdd_out *out)
{
	struct change change = { 0 };

	out->ParmErr = parm_put(call, in->ParmErr, 0);
	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	out->result = add_read(call, in->Level, &in->InfoStruct, &change);
	if (!out->result && is_reserved(change.share.name))
		out->result = PEN_WERR_NERR_DUPLICATESHARE;
	if (!out->result)
		out->result = pen_srvsvc_error(
			pen_shares_add(pen_srvsvc_of(call)->shares, &change.share));
	out->ParmErr = parm_put(call, in->ParmErr, change.parm);
	return 0;
}

/* ---- NetrShareSetInfo ---- */

#define SET_TWO(prefix, info)                                                                      \
	((result = take_remark(change, (info)->prefix##remark)) ||                                 \
	 (result = take_max_uses(change, (info)->prefix##max_uses)))

/* Changes what the level may change: neither name, nor type, nor path [MS-SRVS 3.1.4.11]. */
static uint32_t set_read(struct pen_call *call, uint32_t level, const union srvsvc_SHARE_INFO *info,
			 struct change *change)
{
	uint32_t result = 0;

	switch (level) {
	case 1:
		return take_remark(change, info->ShareInfo1->shi1_remark);
	case 2:
		return SET_TWO(shi2_, info->ShareInfo2) ? result : 0;
	case 502:
		if (!SET_TWO(shi502_, info->ShareInfo502))
			result = take_security(call, change,
					       info->ShareInfo502->shi502_security_descriptor,
					       info->ShareInfo502->shi502_reserved);
		return result;
	case 503:
		if (!SET_TWO(shi503_, info->ShareInfo503))
			result = take_security(call, change,
					       info->ShareInfo503->shi503_security_descriptor,
					       info->ShareInfo503->shi503_reserved);
		return result;
	case 1004:
		return take_remark(change, info->ShareInfo1004->shi1004_remark);
	case 1005:
		change->share.flags = info->ShareInfo1005->shi1005_flags & SETTABLE_FLAGS;
		return 0;
	case 1006:
		return take_max_uses(change, info->ShareInfo1006->shi1006_max_uses);
	case 1007:
		change->share.flags = info->ShareInfo1007->shi1007_flags & SETTABLE_FLAGS;
		return 0;
	case 1501:
		return take_security(call, change, info->ShareInfo1501->shi1501_security_descriptor,
				     info->ShareInfo1501->shi1501_reserved);
	}
	return PEN_WERR_INVALID_LEVEL;
}

int pen_srvsvc_share_set(struct pen_call *call, const struct srvsvc_NetrShareSetInfo_in *in,
			 struct srvsvc_NetrShareSetInfo_out *out)
{
	struct pen_shares *shares = pen_srvsvc_of(call)->shares;
	struct change change = { 0 };

	out->ParmErr = parm_put(call, in->ParmErr, 0);
	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	out->result = pen_srvsvc_error(
		pen_shares_find(shares, in->NetName, pen_call_arena(call), &change.share));
	if (out->result)
		return 0;
	out->result = in->ShareInfo.ShareInfo1 ? set_read(call, in->Level, &in->ShareInfo, &change)
					       : PEN_WERR_INVALID_PARAMETER;
	if (!out->result)
		out->result = pen_srvsvc_error(pen_shares_set(shares, &change.share));
	out->ParmErr = parm_put(call, in->ParmErr, change.parm);
	return 0;
}

/* ---- deletion, in its four forms ---- */

static uint32_t share_delete(struct pen_call *call, const char *name)
{
	if (!pen_srvsvc_is_admin(call))
		return PEN_WERR_ACCESS_DENIED;
	return name ? pen_srvsvc_error(pen_shares_remove(pen_srvsvc_of(call)->shares, name))
		    : PEN_WERR_INVALID_PARAMETER;
}

int pen_srvsvc_share_del(struct pen_call *call, const struct srvsvc_NetrShareDel_in *in,
			 struct srvsvc_NetrShareDel_out *out)
{
	out->result = share_delete(call, in->NetName);
	return 0;
}

/* The share is served until the server ends, and kept no more: here that is a temporary one. */
int pen_srvsvc_share_del_sticky(struct pen_call *call,
				const struct srvsvc_NetrShareDelSticky_in *in,
				struct srvsvc_NetrShareDelSticky_out *out)
{
	struct pen_shares *shares = pen_srvsvc_of(call)->shares;
	struct pen_share share;
	int r;

	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	r = pen_shares_find(shares, in->NetName, pen_call_arena(call), &share);
	if (!r && share.type & PEN_SHARE_TEMPORARY)
		r = PEN_E_NOT_FOUND;
	if (!r) {
		share.type |= PEN_SHARE_TEMPORARY;
		r = pen_shares_set(shares, &share);
	}
	out->result = pen_srvsvc_error(r);
	return 0;
}

static const struct pen_handle_type deletion_type = {
	.name = "SHARE_DEL_HANDLE",
	.rundown = free,
};

int pen_srvsvc_share_del_start(struct pen_call *call, const struct srvsvc_NetrShareDelStart_in *in,
			       struct srvsvc_NetrShareDelStart_out *out)
{
	struct pen_share share;
	char *name;
	int r;

	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	out->result = pen_srvsvc_error(pen_shares_find(pen_srvsvc_of(call)->shares, in->NetName,
						       pen_call_arena(call), &share));
	if (out->result)
		return 0;
	name = strdup(share.name);
	if (!name)
		return -ENOMEM;
	r = pen_call_handle_new(call, &deletion_type, name, &out->ContextHandle);
	if (r)
		free(name);
	return r;
}

int pen_srvsvc_share_del_commit(struct pen_call *call,
				const struct srvsvc_NetrShareDelCommit_in *in,
				struct srvsvc_NetrShareDelCommit_out *out)
{
	void *name;
	int r;

	out->ContextHandle = in->ContextHandle;
	r = pen_call_handle_get(call, &deletion_type, &in->ContextHandle, &name);
	if (r)
		return r;
	out->result = share_delete(call, name);
	return pen_call_handle_close(call, &deletion_type, &out->ContextHandle);
}

int pen_srvsvc_share_del_ex(struct pen_call *call, const struct srvsvc_NetrShareDelEx_in *in,
			    struct srvsvc_NetrShareDelEx_out *out)
{
	const union srvsvc_SHARE_INFO *info = &in->ShareInfo;

	if (in->Level != 0 && in->Level != 503)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!info->ShareInfo0)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else
		out->result = share_delete(call, in->Level ? info->ShareInfo503->shi503_netname
							   : info->ShareInfo0->shi0_netname);
	return 0;
}
