/* SPDX-License-Identifier: MIT */
#include "runtime/identify.h"
#include "base/cleanup.h"
#include "io/socket.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdio.h>
#include <unistd.h>

static int make_unix_token(int fd, const struct ucred *peer, struct pen_token **tokenp)
{
	pen_cleanup(pen_freep) gid_t *groups = NULL;
	size_t n;
	int r = pen_socket_peer_groups(fd, &groups, &n);

	return r ? r
		 : pen_token_new_unix(tokenp, peer->uid, peer->gid, groups, n, 0,
				      peer->uid == geteuid());
}

static int make_tcp_token(int fd, const struct pen_token *anonymous, const char *remote,
			  struct pen_token **tokenp)
{
	struct pen_token_info info = *pen_token_info(anonymous);
	struct pen_address address = { .size = sizeof(address.storage) };
	char local[46];

	if (getsockname(fd, (struct sockaddr *)&address.storage, &address.size))
		return -errno;
	pen_address_print(&address, local);
	info.remote_address = remote;
	info.local_address = local;
	return pen_token_new(tokenp, &info);
}

int pen_identify(int fd, const struct pen_token *anonymous, char name[PEN_PEER_NAME_SIZE],
		 struct pen_token **tokenp)
{
	struct pen_address address = { .size = sizeof(address.storage) };
	struct ucred peer;
	char text[46];
	int r;

	if (getpeername(fd, (struct sockaddr *)&address.storage, &address.size))
		return -errno;
	if (address.storage.ss_family != AF_UNIX) {
		pen_address_print(&address, text);
		snprintf(name, PEN_PEER_NAME_SIZE, "%s", text);
		return make_tcp_token(fd, anonymous, text, tokenp);
	}
	r = pen_socket_peer(fd, &peer);
	if (r)
		return r;
	snprintf(name, PEN_PEER_NAME_SIZE, "uid %u", peer.uid);
	return make_unix_token(fd, &peer, tokenp);
}

int pen_identify_carrier(int fd, uint32_t *uidp)
{
	struct ucred peer;
	int r = pen_socket_peer(fd, &peer);

	if (r)
		return r;
	*uidp = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : PEN_E_DENIED;
}
