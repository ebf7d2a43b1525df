/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

/* ---- disks: one, the root ---- */

int pen_srvsvc_disk_enum(struct pen_call *call, const struct srvsvc_NetrServerDiskEnum_in *in,
			 struct srvsvc_NetrServerDiskEnum_out *out)
{
	bool is_over = in->ResumeHandle && *in->ResumeHandle;

	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	out->DiskInfoStruct.Buffer =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*out->DiskInfoStruct.Buffer));
	if (!out->DiskInfoStruct.Buffer)
		return -ENOMEM;
	if (in->Level)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result || is_over)
		return 0;
	out->DiskInfoStruct.Buffer[0].Disk = "C:";
	out->DiskInfoStruct.EntriesRead = 1;
	out->TotalEntries = 1;
	return 0;
}

/* ---- transports: the endpoints ---- */

static const size_t transport_sizes[] = {
	sizeof(struct srvsvc_SERVER_TRANSPORT_INFO_0),
	sizeof(struct srvsvc_SERVER_TRANSPORT_INFO_1),
	sizeof(struct srvsvc_SERVER_TRANSPORT_INFO_2),
	sizeof(struct srvsvc_SERVER_TRANSPORT_INFO_3),
};

/* Bindings, each once: several interfaces share one. */
static int bindings_list(struct pen_call *call, const char ***bindingsp, size_t *np)
{
	struct pen_server *server = pen_call_server(call);
	struct pen_server_endpoint endpoint;
	const char **bindings;
	size_t max = 0, n = 0;

	while (server && !pen_server_endpoint(server, max, &endpoint))
		max++;
	bindings = pen_arena_array(pen_call_arena(call), max + 1, sizeof(*bindings));
	if (!bindings)
		return -ENOMEM;
	for (size_t i = 0; i < max; i++)
		if (!pen_server_endpoint(server, i, &endpoint) &&
		    (!n || strcmp(bindings[n - 1], endpoint.binding)))
			bindings[n++] = endpoint.binding;
	*bindingsp = bindings;
	*np = n;
	return 0;
}

int pen_srvsvc_transport_enum(struct pen_call *call,
			      const struct srvsvc_NetrServerTransportEnum_in *in,
			      struct srvsvc_NetrServerTransportEnum_out *out)
{
	uint32_t level = in->InfoStruct.Level;
	struct pen_srvsvc_window window;
	struct pen_srvsvc_container *rows;
	const char **bindings;
	size_t n;
	int r;

	out->InfoStruct.Level = level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (level >= PEN_COUNT(transport_sizes))
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	r = bindings_list(call, &bindings, &n);
	if (r)
		return r;
	window = pen_srvsvc_window(n, transport_sizes[level], in->PreferedMaximumLength,
				   in->ResumeHandle);
	r = pen_srvsvc_container_new(call, window.count, transport_sizes[level], &rows);
	if (r)
		return r;
	for (size_t i = 0; i < window.count; i++) {
		/* All levels begin with the members of level 0. */
		struct srvsvc_SERVER_TRANSPORT_INFO_0 *row =
			(void *)((uint8_t *)rows->buffer + i * transport_sizes[level]);
		const char *binding = bindings[window.first + i];

		row->svti0_transportname = pen_arena_strdup(pen_call_arena(call), binding);
		row->svti0_networkaddress = "";
		if (!row->svti0_transportname)
			return -ENOMEM;
		if (level)
			((struct srvsvc_SERVER_TRANSPORT_INFO_1 *)(void *)row)->svti1_domain =
				pen_srvsvc_of(call)->domain;
	}
	out->InfoStruct.XportInfo.Level0 = (struct srvsvc_SERVER_XPORT_INFO_0_CONTAINER *)rows;
	out->TotalEntries = window.total;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, window.resume);
	out->result = window.result;
	return 0;
}
