/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_TOKEN_H
#define PENSTOCK_TOKEN_H
/*
 * A token: who a caller is, and how that was proved. It never changes once made, so
 * it is shared by reference; references may be taken and dropped in any thread.
 */
#include <penstock/security.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_token;

enum pen_token_proof {
	PEN_TOKEN_ANONYMOUS, /* not at all */
	PEN_TOKEN_UNIX,	     /* the kernel's word: peer credentials of a socket */
	PEN_TOKEN_NPA,	     /* smbd's word, over the socket that only root may reach */
	PEN_TOKEN_RPC,	     /* an RPC security context */
};

#define PEN_TOKEN_SIDS_MAX   4096
#define PEN_TOKEN_GROUPS_MAX 65536

/*
 * All that a token says. Fill one in to make a token; a token shows its own, which
 * lives as long as the token. Of texts NULL is taken as "".
 */
struct pen_token_info {
	enum pen_token_proof proof;
	bool is_authenticated;	      /* not anonymous and not a guest */
	bool is_identify_only;	      /* to be known by, not to act as */
	const struct pen_sid *sids;   /* the user first */
	size_t n_sids;		      /* from 1 to PEN_TOKEN_SIDS_MAX */
	struct pen_sid primary_group; /* all zero: none */
	uint64_t privileges;	      /* PEN_PRIVILEGE(PEN_PRIVILEGE_...) */
	uint32_t session_id;

	bool has_unix; /* uid, gid and groups are known */
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups;
	size_t n_groups; /* up to PEN_TOKEN_GROUPS_MAX */

	const char *account;
	const char *domain;

	const char *remote_address; /* "" for this machine */
	const char *local_address;
	uint16_t remote_port;
	uint16_t local_port;
	bool is_encrypted;	      /* the transport keeps secrets */
	bool is_local;		      /* the caller is a process of this machine */
	struct pen_slice session_key; /* of the transport; empty: none */
	uint32_t smbd_flags;	      /* PEN_NPA_FLAG_ bits */
};

/* Copies all of it. PEN_E_LIMIT: too many SIDs or groups, or no SID; -ENOMEM. */
int pen_token_new(struct pen_token **tokenp, const struct pen_token_info *info);

/*
 * A process of this machine, by its socket's peer credentials: its uid as user,
 * gid and groups, Everyone, Local, Authenticated Users. uid 0, and any with
 * is_admin, is one of the Administrators and has the privileges of one.
 */
int pen_token_new_unix(struct pen_token **tokenp, uint32_t uid, uint32_t gid,
		       const uint32_t *groups, size_t n_groups, uint32_t session_id, bool is_admin);

/* Nobody: Anonymous, Everyone, and Network if remote. */
int pen_token_new_anonymous(struct pen_token **tokenp, bool is_remote);

/* One more reference, and one less; the last frees it and wipes the session key. */
struct pen_token *pen_token_ref(const struct pen_token *token);
struct pen_token *pen_token_free(struct pen_token *token);

const struct pen_token_info *pen_token_info(const struct pen_token *token);

const struct pen_sid *pen_token_user(const struct pen_token *token);
bool pen_token_has_sid(const struct pen_token *token, const struct pen_sid *sid);
bool pen_token_has_privilege(const struct pen_token *token, enum pen_privilege privilege);

/* Of the Administrators, or the system itself. */
bool pen_token_is_admin(const struct pen_token *token);
bool pen_token_is_anonymous(const struct pen_token *token);

/* The access check for a token; as pen_access_check. */
int pen_token_access_check(const struct pen_token *token, const struct pen_descriptor *descriptor,
			   const struct pen_generic_mapping *mapping, uint32_t desired,
			   uint32_t *grantedp);

#ifdef __cplusplus
}
#endif
#endif
