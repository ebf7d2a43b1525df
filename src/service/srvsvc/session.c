/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

/*
 * Files, tree connections and sessions of SMB are smbd's, which tells us of none of
 * them: the only session that is known here is the one of whoever asks. Transports
 * are the endpoints that are listened at.
 */

/* Any container of any enumeration: a count and rows. */
struct container {
	uint32_t n;
	void *buffer;
};

static int container_new(struct pen_call *call, size_t n, size_t row_size, struct container **outp)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct container *out = pen_arena_zalloc(arena, sizeof(*out));

	if (!out)
		return -ENOMEM;
	out->buffer = pen_arena_array(arena, n ? n : 1, row_size);
	out->n = (uint32_t)n;
	*outp = out;
	return out->buffer ? 0 : -ENOMEM;
}

/* ---- connections and files: none ---- */

int pen_srvsvc_connection_enum(struct pen_call *call, const struct srvsvc_NetrConnectionEnum_in *in,
			       struct srvsvc_NetrConnectionEnum_out *out)
{
	struct container *empty;
	int r;

	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (in->InfoStruct.Level > 1)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	else if (!in->Qualifier || !*in->Qualifier)
		out->result = PEN_WERR_INVALID_PARAMETER;
	if (out->result)
		return 0;
	r = container_new(call, 0, sizeof(struct srvsvc_CONNECTION_INFO_1), &empty);
	if (!r)
		out->InfoStruct.ConnectInfo.Level0 =
			(struct srvsvc_CONNECT_INFO_0_CONTAINER *)empty;
	return r;
}

int pen_srvsvc_file_enum(struct pen_call *call, const struct srvsvc_NetrFileEnum_in *in,
			 struct srvsvc_NetrFileEnum_out *out)
{
	struct container *empty;
	int r;

	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (in->InfoStruct.Level != 2 && in->InfoStruct.Level != 3)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	r = container_new(call, 0, sizeof(struct srvsvc_FILE_INFO_3), &empty);
	if (!r)
		out->InfoStruct.FileInfo.Level2 = (struct srvsvc_FILE_INFO_2_CONTAINER *)empty;
	return r;
}

int pen_srvsvc_file_get(struct pen_call *call, const struct srvsvc_NetrFileGetInfo_in *in,
			struct srvsvc_NetrFileGetInfo_out *out)
{
	if (in->Level != 2 && in->Level != 3)
		out->result = PEN_WERR_INVALID_LEVEL;
	else
		out->result = pen_srvsvc_is_admin(call) ? PEN_WERR_NERR_FILEIDNOTFOUND
							: PEN_WERR_ACCESS_DENIED;
	return 0;
}

int pen_srvsvc_file_close(struct pen_call *call, const struct srvsvc_NetrFileClose_in *in,
			  struct srvsvc_NetrFileClose_out *out)
{
	out->result =
		pen_srvsvc_is_admin(call) ? PEN_WERR_NERR_FILEIDNOTFOUND : PEN_WERR_ACCESS_DENIED;
	return 0;
}

/* ---- sessions: the caller's own ---- */

static void session_fill(const struct pen_token_info *who, uint32_t level, void *row)
{
	struct srvsvc_SESSION_INFO_502 *all = row;

	/* All levels begin as 502 does, 10 with its two names; the times are not known. */
	all->sesi502_cname = who->remote_address ? who->remote_address : "";
	if (level)
		all->sesi502_username = who->account ? who->account : "";
	if (level == 2 || level == 502)
		all->sesi502_cltype_name = "";
	if (level == 502)
		all->sesi502_transport = "";
}

static size_t session_size(uint32_t level)
{
	switch (level) {
	case 0:
		return sizeof(struct srvsvc_SESSION_INFO_0);
	case 1:
		return sizeof(struct srvsvc_SESSION_INFO_1);
	case 2:
		return sizeof(struct srvsvc_SESSION_INFO_2);
	case 10:
		return sizeof(struct srvsvc_SESSION_INFO_10);
	case 502:
		return sizeof(struct srvsvc_SESSION_INFO_502);
	}
	return 0;
}

static bool is_asked_for(const struct pen_token_info *who, const char *client, const char *user)
{
	const char *address = who->remote_address ? who->remote_address : "";

	if (user && *user && !pen_upcase_equal(user, who->account ? who->account : ""))
		return false;
	while (client && *client == '\\')
		client++;
	return !client || !*client || !strcmp(client, address);
}

int pen_srvsvc_session_enum(struct pen_call *call, const struct srvsvc_NetrSessionEnum_in *in,
			    struct srvsvc_NetrSessionEnum_out *out)
{
	const struct pen_token_info *who = pen_token_info(pen_call_token(call));
	uint32_t level = in->InfoStruct.Level;
	size_t size = session_size(level);
	struct container *rows;
	size_t n;
	int r;

	out->InfoStruct.Level = level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (!size)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!who->is_authenticated || (level && level != 10 && !pen_srvsvc_is_admin(call)))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	n = is_asked_for(who, in->ClientName, in->UserName) &&
	    !(in->ResumeHandle && *in->ResumeHandle);
	r = container_new(call, n, size, &rows);
	if (r)
		return r;
	if (n)
		session_fill(who, level, rows->buffer);
	out->InfoStruct.SessionInfo.Level0 = (struct srvsvc_SESSION_INFO_0_CONTAINER *)rows;
	out->TotalEntries = (uint32_t)n;
	return 0;
}

int pen_srvsvc_session_del(struct pen_call *call, const struct srvsvc_NetrSessionDel_in *in,
			   struct srvsvc_NetrSessionDel_out *out)
{
	out->result = pen_srvsvc_is_admin(call) ? PEN_WERR_NERR_CLIENTNAMENOTFOUND
						: PEN_WERR_ACCESS_DENIED;
	return 0;
}

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
	struct container *rows;
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
	r = container_new(call, window.count, transport_sizes[level], &rows);
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
