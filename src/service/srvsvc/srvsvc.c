/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

enum {
	SV_TYPE_WORKSTATION = 0x1,
	SV_TYPE_SERVER = 0x2,
	SV_TYPE_NT = 0x1000,
	SV_TYPE_SERVER_NT = 0x8000,
	PLATFORM_NT = 500,
};

PEN_DEFINE_FREEP(struct pen_srvsvc, pen_srvsvc)

static int text_copy(char **copyp, const char *text, const char *otherwise)
{
	*copyp = strdup(text ? text : otherwise);
	return *copyp ? 0 : -ENOMEM;
}

int pen_srvsvc_new(struct pen_srvsvc **srvsvcp, const struct pen_srvsvc_config *config)
{
	pen_cleanup(pen_srvsvc_freep) struct pen_srvsvc *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (text_copy(&s->name, config->name, "PENSTOCK") ||
	    text_copy(&s->comment, config->comment, "") ||
	    text_copy(&s->domain, config->domain, "WORKGROUP"))
		return -ENOMEM;
	s->platform_id = config->platform_id ? config->platform_id : PLATFORM_NT;
	s->version_major = config->version_major ? config->version_major : 10;
	s->version_minor = config->version_minor;
	s->type = config->type
			  ? config->type
			  : SV_TYPE_WORKSTATION | SV_TYPE_SERVER | SV_TYPE_NT | SV_TYPE_SERVER_NT;
	s->started = config->started;
	s->shares = config->shares;
	s->folders = config->folders;
	pen_srvsvc_settings_init(&s->settings);
	*srvsvcp = pen_take(&s);
	return 0;
}

struct pen_srvsvc *pen_srvsvc_free(struct pen_srvsvc *s)
{
	if (!s)
		return NULL;
	free(s->name);
	free(s->comment);
	free(s->domain);
	free(s);
	return NULL;
}

void pen_srvsvc_set_shares(struct pen_srvsvc *s, struct pen_shares *shares)
{
	s->shares = shares;
}

uint32_t pen_srvsvc_error(int result)
{
	switch (result) {
	case 0:
		return 0;
	case PEN_E_NOT_FOUND:
		return PEN_WERR_NERR_NETNAMENOTFOUND;
	case PEN_E_EXISTS:
		return PEN_WERR_NERR_DUPLICATESHARE;
	case PEN_E_UNSUPPORTED:
		return PEN_WERR_NOT_SUPPORTED;
	case PEN_E_LIMIT:
		return PEN_WERR_NOT_ENOUGH_MEMORY;
	}
	return result < 0 ? pen_werror_from_errno(result) : PEN_WERR_GEN_FAILURE;
}

struct pen_srvsvc_window pen_srvsvc_window(size_t n_rows, size_t row_size, uint32_t preferred,
					   const uint32_t *resume)
{
	struct pen_srvsvc_window window = { .first = resume ? *resume : 0 };
	size_t room = preferred / row_size;

	if (window.first > n_rows)
		window.first = n_rows;
	window.total = (uint32_t)(n_rows - window.first);
	window.count = window.total;
	if (!room)
		room = 1;
	if (preferred != UINT32_MAX && window.count > room) {
		window.count = room;
		window.result = PEN_WERR_MORE_DATA;
		window.resume = (uint32_t)(window.first + room);
	}
	return window;
}

uint32_t *pen_srvsvc_resume(struct pen_call *call, const uint32_t *given, uint32_t value)
{
	return given ? pen_arena_copy(pen_call_arena(call), &value, sizeof(value)) : NULL;
}

int pen_srvsvc_container_new(struct pen_call *call, size_t n, size_t row_size,
			     struct pen_srvsvc_container **containerp)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_srvsvc_container *container = pen_arena_zalloc(arena, sizeof(*container));

	if (!container)
		return -ENOMEM;
	container->buffer = pen_arena_array(arena, n ? n : 1, row_size);
	container->n = (uint32_t)n;
	*containerp = container;
	return container->buffer ? 0 : -ENOMEM;
}

/* ---- what no server of today does: known, and refused ---- */

#define NOT_SUPPORTED(operation)                                                                   \
	static int not_##operation(struct pen_call *call,                                          \
				   const struct srvsvc_##operation##_in *in,                       \
				   struct srvsvc_##operation##_out *out)                           \
	{                                                                                          \
		out->result = PEN_WERR_NOT_SUPPORTED;                                              \
		return 0;                                                                          \
	}
NOT_SUPPORTED(NetrServerTransportAdd)
NOT_SUPPORTED(NetrServerTransportDel)
NOT_SUPPORTED(NetrServerTransportAddEx)
NOT_SUPPORTED(NetrServerTransportDelEx)
NOT_SUPPORTED(NetrDfsGetVersion)
NOT_SUPPORTED(NetrDfsCreateLocalPartition)
NOT_SUPPORTED(NetrDfsDeleteLocalPartition)
NOT_SUPPORTED(NetrDfsSetLocalVolumeState)
NOT_SUPPORTED(NetrDfsDeleteExitPoint)
NOT_SUPPORTED(NetrDfsModifyPrefix)
NOT_SUPPORTED(NetrDfsFixLocalVolume)
NOT_SUPPORTED(NetrServerAliasAdd)
NOT_SUPPORTED(NetrServerAliasDel)

static int not_create_exit_point(struct pen_call *call,
				 const struct srvsvc_NetrDfsCreateExitPoint_in *in,
				 struct srvsvc_NetrDfsCreateExitPoint_out *out)
{
	out->ShortPrefix = pen_arena_array(pen_call_arena(call), in->ShortPrefixLen + 1,
					   sizeof(*out->ShortPrefix));
	out->result = PEN_WERR_NOT_SUPPORTED;
	return out->ShortPrefix ? 0 : -ENOMEM;
}

static int not_report_site_info(struct pen_call *call,
				const struct srvsvc_NetrDfsManagerReportSiteInfo_in *in,
				struct srvsvc_NetrDfsManagerReportSiteInfo_out *out)
{
	out->ppSiteInfo = in->ppSiteInfo;
	out->result = PEN_WERR_NOT_SUPPORTED;
	return 0;
}

static int not_alias_enum(struct pen_call *call, const struct srvsvc_NetrServerAliasEnum_in *in,
			  struct srvsvc_NetrServerAliasEnum_out *out)
{
	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = in->ResumeHandle;
	out->result = PEN_WERR_NOT_SUPPORTED;
	return 0;
}

static const struct srvsvc_operations operations = {
	.NetrConnectionEnum = pen_srvsvc_connection_enum,
	.NetrFileEnum = pen_srvsvc_file_enum,
	.NetrFileGetInfo = pen_srvsvc_file_get,
	.NetrFileClose = pen_srvsvc_file_close,
	.NetrSessionEnum = pen_srvsvc_session_enum,
	.NetrSessionDel = pen_srvsvc_session_del,
	.NetrShareAdd = pen_srvsvc_share_add,
	.NetrShareEnum = pen_srvsvc_share_enum,
	.NetrShareGetInfo = pen_srvsvc_share_get,
	.NetrShareSetInfo = pen_srvsvc_share_set,
	.NetrShareDel = pen_srvsvc_share_del,
	.NetrShareDelSticky = pen_srvsvc_share_del_sticky,
	.NetrShareCheck = pen_srvsvc_share_check,
	.NetrServerGetInfo = pen_srvsvc_server_get,
	.NetrServerSetInfo = pen_srvsvc_server_set,
	.NetrServerDiskEnum = pen_srvsvc_disk_enum,
	.NetrServerStatisticsGet = pen_srvsvc_statistics,
	.NetrServerTransportAdd = not_NetrServerTransportAdd,
	.NetrServerTransportEnum = pen_srvsvc_transport_enum,
	.NetrServerTransportDel = not_NetrServerTransportDel,
	.NetrRemoteTOD = pen_srvsvc_tod,
	.NetprPathType = pen_srvsvc_path_type,
	.NetprPathCanonicalize = pen_srvsvc_path_canonicalize,
	.NetprPathCompare = pen_srvsvc_path_compare,
	.NetprNameValidate = pen_srvsvc_name_validate,
	.NetprNameCanonicalize = pen_srvsvc_name_canonicalize,
	.NetprNameCompare = pen_srvsvc_name_compare,
	.NetrShareEnumSticky = pen_srvsvc_share_enum_sticky,
	.NetrShareDelStart = pen_srvsvc_share_del_start,
	.NetrShareDelCommit = pen_srvsvc_share_del_commit,
	.NetrpGetFileSecurity = pen_srvsvc_security_get,
	.NetrpSetFileSecurity = pen_srvsvc_security_set,
	.NetrServerTransportAddEx = not_NetrServerTransportAddEx,
	.NetrDfsGetVersion = not_NetrDfsGetVersion,
	.NetrDfsCreateLocalPartition = not_NetrDfsCreateLocalPartition,
	.NetrDfsDeleteLocalPartition = not_NetrDfsDeleteLocalPartition,
	.NetrDfsSetLocalVolumeState = not_NetrDfsSetLocalVolumeState,
	.NetrDfsCreateExitPoint = not_create_exit_point,
	.NetrDfsDeleteExitPoint = not_NetrDfsDeleteExitPoint,
	.NetrDfsModifyPrefix = not_NetrDfsModifyPrefix,
	.NetrDfsFixLocalVolume = not_NetrDfsFixLocalVolume,
	.NetrDfsManagerReportSiteInfo = not_report_site_info,
	.NetrServerTransportDelEx = not_NetrServerTransportDelEx,
	.NetrServerAliasAdd = not_NetrServerAliasAdd,
	.NetrServerAliasEnum = not_alias_enum,
	.NetrServerAliasDel = not_NetrServerAliasDel,
	.NetrShareDelEx = pen_srvsvc_share_del_ex,
};

const struct pen_service pen_srvsvc_service = {
	.interface = &srvsvc_interface,
	.operations = &operations,
	.auth_level_min = PEN_AUTH_LEVEL_PRIVACY,
};
