/* SPDX-License-Identifier: MIT */
#include "daemon/object-peer.h"
#include "base/cleanup.h"
#include "io/session.h"
#include "io/socket.h"

/* ---- groups ---- */

static bool is_member(uint32_t group, const struct ucred *peer, const uint32_t *groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return peer->gid == group;
}

/* ---- tokens ---- */

/* The same with one privilege more. */
static int add_privilege(struct pen_token **tokenp, enum pen_privilege privilege)
{
	struct pen_token_info info = *pen_token_info(*tokenp);
	struct pen_token *token;
	int r;

	info.privileges |= PEN_PRIVILEGE(privilege);
	r = pen_token_new(&token, &info);
	if (r)
		return r;
	pen_token_free(*tokenp);
	*tokenp = token;
	return 0;
}

PEN_DEFINE_FREEP(struct pen_token, pen_token)

static int make_token(struct pen_token **tokenp, const struct ucred *peer, const uint32_t *members,
		      size_t n, uint32_t session, const struct object_groups *groups)
{
	pen_cleanup(pen_token_freep) struct pen_token *token = NULL;
	bool is_admin = groups->has_admin && is_member(groups->admin, peer, members, n);
	bool is_global = groups->has_global && is_member(groups->global, peer, members, n);
	int r = pen_token_new_unix(&token, peer->uid, peer->gid, members, n, session, is_admin);

	if (!r && (is_global || !session))
		r = add_privilege(&token, PEN_PRIVILEGE_CREATE_GLOBAL);
	if (!r)
		*tokenp = pen_take(&token);
	return r;
}

int object_peer_get(struct object_peer *peer, int socket, const struct object_groups *groups)
{
	pen_cleanup(pen_freep) uint32_t *members = NULL;
	struct ucred credentials;
	uint32_t session;
	size_t n = 0;
	int r;

	r = pen_socket_peer(socket, &credentials);
	if (!r)
		r = pen_session_of_peer(socket, &credentials, &session);
	if (!r)
		r = pen_socket_peer_groups(socket, &members, &n);
	if (!r)
		r = make_token(&peer->token, &credentials, members, n, session, groups);
	if (r)
		return r;
	peer->uid = credentials.uid;
	peer->process = (uint32_t)credentials.pid;
	return 0;
}
