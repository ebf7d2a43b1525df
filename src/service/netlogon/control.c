/* SPDX-License-Identifier: MIT */
/* Administration [MS-NRPC 3.5.4.9], of a server without a domain controller to ask. */
#include "service/netlogon/state.h"
#include <errno.h>

/* FunctionCode [MS-NRPC 3.5.4.9.1]. */
enum {
	QUERY = 1,
	REPLICATE = 2,
	SYNCHRONIZE = 3,
	PDC_REPLICATE = 4,
	REDISCOVER = 5,
	TC_QUERY = 6,
	TRANSPORT_NOTIFY = 7,
	FIND_USER = 8,
	CHANGE_PASSWORD = 9,
	TC_VERIFY = 10,
	QUERY_ENC_TYPES = 0x12,
	BACKUP_CHANGE_LOG = 0xfffc,
	TRUNCATE_LOG = 0xfffd,
	BREAKPOINT = 0xffff,
};

static uint32_t put_query(struct pen_call *call, uint32_t level,
			  union netlogon_NETLOGON_CONTROL_QUERY_INFORMATION *buffer)
{
	struct pen_arena *arena = pen_call_arena(call);

	switch (level) {
	case 1:
		buffer->NetlogonInfo1 = pen_arena_zalloc(arena, sizeof(*buffer->NetlogonInfo1));
		return buffer->NetlogonInfo1 ? 0 : PEN_WERR_NOT_ENOUGH_MEMORY;
	case 3:
		buffer->NetlogonInfo3 = pen_arena_zalloc(arena, sizeof(*buffer->NetlogonInfo3));
		return buffer->NetlogonInfo3 ? 0 : PEN_WERR_NOT_ENOUGH_MEMORY;
	default:
		return PEN_WERR_INVALID_PARAMETER;
	}
}

static uint32_t control(struct pen_call *call, uint32_t function, uint32_t level,
			union netlogon_NETLOGON_CONTROL_QUERY_INFORMATION *buffer)
{
	if (level < 1 || level > 4)
		return PEN_WERR_INVALID_LEVEL;
	if (function == QUERY)
		return put_query(call, level, buffer);
	if (!pen_token_is_admin(pen_call_token(call)))
		return PEN_WERR_ACCESS_DENIED;
	switch (function) {
	case REPLICATE:
	case SYNCHRONIZE:
	case PDC_REPLICATE:
		return PEN_WERR_NOT_SUPPORTED;
	case REDISCOVER:
	case TC_QUERY:
	case TC_VERIFY:
	case CHANGE_PASSWORD:
		return PEN_WERR_NO_SUCH_DOMAIN;
	case FIND_USER:
		return PEN_WERR_NO_SUCH_USER;
	case TRANSPORT_NOTIFY:
		return put_query(call, level, buffer);
	default:
		return PEN_WERR_NOT_SUPPORTED;
	}
}

int pen_netlogon_control(struct pen_call *call, const struct netlogon_NetrLogonControl_in *in,
			 struct netlogon_NetrLogonControl_out *out)
{
	/* This one has no parameters for the other functions, and one level [MS-NRPC 3.5.4.9.3]. */
	bool is_known = (in->FunctionCode >= QUERY && in->FunctionCode <= PDC_REPLICATE) ||
			in->FunctionCode == BACKUP_CHANGE_LOG || in->FunctionCode == TRUNCATE_LOG ||
			in->FunctionCode == BREAKPOINT;

	if (in->QueryLevel == 2)
		out->result = PEN_WERR_NOT_SUPPORTED;
	else if (in->QueryLevel != 1)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!is_known)
		out->result = PEN_WERR_NOT_SUPPORTED;
	else
		out->result = control(call, in->FunctionCode, in->QueryLevel, &out->Buffer);
	return 0;
}

int pen_netlogon_control2(struct pen_call *call, const struct netlogon_NetrLogonControl2_in *in,
			  struct netlogon_NetrLogonControl2_out *out)
{
	/* The level of FIND_USER is younger than this operation [MS-NRPC 3.5.4.9.2]. */
	out->result = in->QueryLevel == 4
			      ? PEN_WERR_INVALID_LEVEL
			      : control(call, in->FunctionCode, in->QueryLevel, &out->Buffer);
	return 0;
}

int pen_netlogon_control2_ex(struct pen_call *call,
			     const struct netlogon_NetrLogonControl2Ex_in *in,
			     struct netlogon_NetrLogonControl2Ex_out *out)
{
	out->result = control(call, in->FunctionCode, in->QueryLevel, &out->Buffer);
	return 0;
}
