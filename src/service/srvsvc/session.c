/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Files, tree connections and sessions of SMB are smbd's, which tells us of none of
 * them. What is known are our own connections, by which a session here is a client
 * that has proved who it is and has one of them at least.
 */

/* ---- connections and files: none ---- */

/* The connections are to a share, or from a \\\\client. */
static uint32_t qualifier_check(struct pen_call *call, const char *qualifier)
{
	struct pen_share share;

	if (!strncmp(qualifier, "\\\\", 2))
		return 0;
	return pen_srvsvc_error(pen_srvsvc_share_find(call, qualifier, &share));
}

int pen_srvsvc_connection_enum(struct pen_call *call, const struct srvsvc_NetrConnectionEnum_in *in,
			       struct srvsvc_NetrConnectionEnum_out *out)
{
	struct pen_srvsvc_container *empty;
	int r;

	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (in->InfoStruct.Level > 1)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	else if (!in->Qualifier || !*in->Qualifier)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else
		out->result = qualifier_check(call, in->Qualifier);
	if (out->result)
		return 0;
	r = pen_srvsvc_container_new(call, 0, sizeof(struct srvsvc_CONNECTION_INFO_1), &empty);
	if (!r)
		out->InfoStruct.ConnectInfo.Level0 =
			(struct srvsvc_CONNECT_INFO_0_CONTAINER *)empty;
	return r;
}

int pen_srvsvc_file_enum(struct pen_call *call, const struct srvsvc_NetrFileEnum_in *in,
			 struct srvsvc_NetrFileEnum_out *out)
{
	struct pen_srvsvc_container *empty;
	int r;

	out->InfoStruct.Level = in->InfoStruct.Level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (in->InfoStruct.Level != 2 && in->InfoStruct.Level != 3)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	r = pen_srvsvc_container_new(call, 0, sizeof(struct srvsvc_FILE_INFO_3), &empty);
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

/* ---- sessions ---- */

enum { CLIENT = 1, USER = 2, LISTED = CLIENT | USER };

/* One connection, and then all of one user at one client. */
struct session {
	const struct pen_token_info *who;
	enum pen_protseq protseq;
	uint32_t n_connections;
	uint32_t age_ms;
	uint32_t idle_ms;
};

struct sessions {
	const char *client;	      /* NULL: any */
	const char *user;	      /* the same */
	const struct pen_token *only; /* this user's; NULL: everybody's */
	struct session *rows;	      /* NULL: they are counted only */
	size_t n;
	unsigned seen; /* CLIENT: there are of this client; USER: there are of this user too */
};

static const char *text_of(const char *text)
{
	return text ? text : "";
}

/* Whose session the connection is part of, as bits of sessions.seen. */
static unsigned match(const struct sessions *sessions, const struct pen_token *token)
{
	const struct pen_token_info *who = pen_token_info(token);

	if (!who->is_authenticated ||
	    (sessions->only &&
	     !pen_sid_equal(pen_token_user(token), pen_token_user(sessions->only))))
		return 0;
	if (sessions->client && !pen_upcase_equal(sessions->client, text_of(who->remote_address)))
		return 0;
	if (sessions->user && !pen_upcase_equal(sessions->user, text_of(who->account)))
		return CLIENT;
	return LISTED;
}

static int session_add(void *data, const struct pen_server_connection *connection)
{
	struct sessions *sessions = data;
	unsigned matched = match(sessions, connection->token);

	sessions->seen |= matched;
	if (matched != LISTED)
		return 0;
	if (sessions->rows)
		sessions->rows[sessions->n] = (struct session){
			.who = pen_token_info(connection->token),
			.protseq = connection->protseq,
			.n_connections = 1,
			.age_ms = connection->age_ms,
			.idle_ms = connection->idle_ms,
		};
	sessions->n++;
	return 0;
}

/* By client, then by user: an order that lasts from one call to the next. */
static int compare(const void *a, const void *b)
{
	const struct pen_token_info *x = ((const struct session *)a)->who;
	const struct pen_token_info *y = ((const struct session *)b)->who;
	int order = strcmp(text_of(x->remote_address), text_of(y->remote_address));

	return order ? order : pen_sid_compare(&x->sids[0], &y->sids[0]);
}

/* One session of all neighbours that are one user's at one client. */
static size_t merge(struct session *rows, size_t n)
{
	size_t n_merged = 0;

	for (size_t i = 0; i < n; i++) {
		struct session *last = n_merged ? &rows[n_merged - 1] : NULL;

		if (!last || compare(last, &rows[i])) {
			rows[n_merged++] = rows[i];
			continue;
		}
		last->n_connections++;
		if (rows[i].age_ms > last->age_ms)
			last->age_ms = rows[i].age_ms;
		if (rows[i].idle_ms < last->idle_ms)
			last->idle_ms = rows[i].idle_ms;
	}
	return n_merged;
}

/* Names are asked for with or without the \\ before a client's; "" is any. */
static void sessions_init(struct sessions *sessions, struct pen_call *call, const char *client,
			  const char *user)
{
	*sessions = (struct sessions){ 0 };
	if (client)
		client += strspn(client, "\\");
	sessions->client = client && *client ? client : NULL;
	sessions->user = user && *user ? user : NULL;
	if (!pen_srvsvc_is_admin(call))
		sessions->only = pen_call_token(call);
}

static int sessions_list(struct sessions *sessions, struct pen_call *call)
{
	struct pen_server *server = pen_call_server(call);

	if (server)
		pen_server_each_connection(server, session_add, sessions);
	sessions->rows = pen_arena_array(pen_call_arena(call), sessions->n ? sessions->n : 1,
					 sizeof(*sessions->rows));
	if (!sessions->rows)
		return -ENOMEM;
	sessions->n = 0;
	if (server)
		pen_server_each_connection(server, session_add, sessions);
	qsort(sessions->rows, sessions->n, sizeof(*sessions->rows), compare);
	sessions->n = merge(sessions->rows, sessions->n);
	return 0;
}

/* Who was asked for by name has to be there. */
static uint32_t sessions_missing(const struct sessions *sessions)
{
	if (sessions->client && !(sessions->seen & CLIENT))
		return PEN_WERR_NERR_CLIENTNAMENOTFOUND;
	if (sessions->user && !(sessions->seen & USER))
		return PEN_WERR_NERR_USERNOTFOUND;
	return 0;
}

/* All levels but 10 begin as 502 does; an open pipe is what a connection is to SMB. */
static int session_fill(struct pen_arena *arena, const struct session *session, uint32_t level,
			void *row)
{
	const char *client = pen_arena_strdup(arena, text_of(session->who->remote_address));
	const char *user = pen_arena_strdup(arena, text_of(session->who->account));
	struct srvsvc_SESSION_INFO_502 *all = row;
	struct srvsvc_SESSION_INFO_10 *ten = row;

	if (!client || !user)
		return -ENOMEM;
	all->sesi502_cname = client;
	if (!level)
		return 0;
	all->sesi502_username = user;
	if (level == 10) {
		ten->sesi10_time = session->age_ms / 1000;
		ten->sesi10_idle_time = session->idle_ms / 1000;
		return 0;
	}
	all->sesi502_num_opens = session->n_connections;
	all->sesi502_time = session->age_ms / 1000;
	all->sesi502_idle_time = session->idle_ms / 1000;
	if (level != 1)
		all->sesi502_cltype_name = "";
	if (level == 502)
		all->sesi502_transport = pen_protseq_name(session->protseq);
	return 0;
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

static int sessions_put(struct pen_call *call, const struct sessions *sessions, size_t size,
			const struct srvsvc_NetrSessionEnum_in *in,
			struct srvsvc_NetrSessionEnum_out *out)
{
	struct pen_srvsvc_window window =
		pen_srvsvc_window(sessions->n, size, in->PreferedMaximumLength, in->ResumeHandle);
	struct pen_srvsvc_container *rows;
	int r = pen_srvsvc_container_new(call, window.count, size, &rows);

	for (size_t i = 0; !r && i < window.count; i++)
		r = session_fill(pen_call_arena(call), &sessions->rows[window.first + i],
				 in->InfoStruct.Level, (uint8_t *)rows->buffer + i * size);
	if (r)
		return r;
	out->InfoStruct.SessionInfo.Level0 = (struct srvsvc_SESSION_INFO_0_CONTAINER *)rows;
	out->TotalEntries = window.total;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, window.resume);
	out->result = window.result;
	return 0;
}

int pen_srvsvc_session_enum(struct pen_call *call, const struct srvsvc_NetrSessionEnum_in *in,
			    struct srvsvc_NetrSessionEnum_out *out)
{
	const struct pen_token_info *who = pen_token_info(pen_call_token(call));
	uint32_t level = in->InfoStruct.Level;
	size_t size = session_size(level);
	struct sessions sessions;
	int r;

	out->InfoStruct.Level = level;
	out->ResumeHandle = pen_srvsvc_resume(call, in->ResumeHandle, 0);
	if (!size)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!who->is_authenticated || (level && level != 10 && !pen_srvsvc_is_admin(call)))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	sessions_init(&sessions, call, in->ClientName, in->UserName);
	r = sessions_list(&sessions, call);
	if (r)
		return r;
	out->result = sessions_missing(&sessions);
	return out->result ? 0 : sessions_put(call, &sessions, size, in, out);
}

/* A session's connections are the transports' to end. */
int pen_srvsvc_session_del(struct pen_call *call, const struct srvsvc_NetrSessionDel_in *in,
			   struct srvsvc_NetrSessionDel_out *out)
{
	struct sessions sessions;
	int r;

	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	sessions_init(&sessions, call, in->ClientName, in->UserName);
	if (!sessions.client && !sessions.user) {
		out->result = PEN_WERR_INVALID_PARAMETER;
		return 0;
	}
	r = sessions_list(&sessions, call);
	if (r)
		return r;
	out->result = sessions_missing(&sessions);
	if (!out->result)
		out->result = PEN_WERR_NOT_SUPPORTED;
	return 0;
}
