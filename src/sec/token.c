/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/secret.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>

/* A token is one block: this, then the info's arrays, then its texts; its key is apart. */
struct pen_token {
	struct pen_token_info info;
	uint32_t n_references;
	struct pen_sid sids[];
};

/* What the privileges of the local administrators are [MS-LSAD 3.1.1.2.1], less TCB and its like.
 */
#define ADMIN_PRIVILEGES                                                                           \
	(PEN_PRIVILEGE(PEN_PRIVILEGE_INCREASE_QUOTA) |                                             \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_MACHINE_ACCOUNT) | PEN_PRIVILEGE(PEN_PRIVILEGE_SECURITY) |    \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_TAKE_OWNERSHIP) | PEN_PRIVILEGE(PEN_PRIVILEGE_LOAD_DRIVER) |  \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_SYSTEM_PROFILE) | PEN_PRIVILEGE(PEN_PRIVILEGE_SYSTEM_TIME) |  \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_PROFILE_SINGLE_PROCESS) |                                     \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_INCREASE_BASE_PRIORITY) |                                     \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_CREATE_PAGEFILE) | PEN_PRIVILEGE(PEN_PRIVILEGE_BACKUP) |      \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_RESTORE) | PEN_PRIVILEGE(PEN_PRIVILEGE_SHUTDOWN) |            \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_DEBUG) | PEN_PRIVILEGE(PEN_PRIVILEGE_SYSTEM_ENVIRONMENT) |    \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY) |                                              \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_REMOTE_SHUTDOWN) | PEN_PRIVILEGE(PEN_PRIVILEGE_UNDOCK) |      \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_MANAGE_VOLUME) | PEN_PRIVILEGE(PEN_PRIVILEGE_IMPERSONATE) |   \
	 PEN_PRIVILEGE(PEN_PRIVILEGE_CREATE_GLOBAL))

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 1;
}

/* Copies n bytes to *nextp and steps over them. */
static void *place(uint8_t **nextp, const void *data, size_t n)
{
	uint8_t *p = *nextp;

	if (n)
		memcpy(p, data, n);
	*nextp += n;
	return p;
}

static const char *place_text(uint8_t **nextp, const char *text)
{
	return place(nextp, text ? text : "", text_size(text));
}

int pen_token_new(struct pen_token **tokenp, const struct pen_token_info *info)
{
	pen_cleanup(pen_secret_freep) uint8_t *key = NULL;
	size_t n_sids = info->n_sids;
	struct pen_token *token;
	uint8_t *next;

	if (!n_sids || n_sids > PEN_TOKEN_SIDS_MAX || info->n_groups > PEN_TOKEN_GROUPS_MAX)
		return PEN_E_LIMIT;
	if (info->session_key.size) {
		key = pen_secret_alloc(info->session_key.size);
		if (!key)
			return -ENOMEM;
		memcpy(key, info->session_key.data, info->session_key.size);
	}
	token = calloc(1, sizeof(*token) + n_sids * sizeof(*info->sids) +
				  info->n_groups * sizeof(*info->groups) +
				  text_size(info->account) + text_size(info->domain) +
				  text_size(info->remote_address) + text_size(info->local_address));
	if (!token)
		return -ENOMEM;

	next = (uint8_t *)token->sids;
	token->n_references = 1;
	token->info = *info;
	token->info.sids = place(&next, info->sids, n_sids * sizeof(*info->sids));
	token->info.groups = place(&next, info->groups, info->n_groups * sizeof(*info->groups));
	token->info.account = place_text(&next, info->account);
	token->info.domain = place_text(&next, info->domain);
	token->info.remote_address = place_text(&next, info->remote_address);
	token->info.local_address = place_text(&next, info->local_address);
	token->info.session_key.data = pen_take(&key);
	*tokenp = token;
	return 0;
}

int pen_token_new_unix(struct pen_token **tokenp, uint32_t uid, uint32_t gid,
		       const uint32_t *groups, size_t n_groups, uint32_t session_id, bool is_admin)
{
	pen_cleanup(pen_freep) struct pen_sid *sids = NULL;
	struct pen_token_info info = {
		.proof = PEN_TOKEN_UNIX,
		.is_authenticated = true,
		.primary_group = pen_sid_unix_group(gid),
		.session_id = session_id,
		.has_unix = true,
		.uid = uid,
		.gid = gid,
		.groups = groups,
		.n_groups = n_groups,
		.is_encrypted = true,
		.is_local = true,
	};
	size_t n = 0;

	is_admin |= uid == 0;
	if (n_groups > PEN_TOKEN_SIDS_MAX - 6)
		return PEN_E_LIMIT;
	sids = calloc(n_groups + 6, sizeof(*sids));
	if (!sids)
		return -ENOMEM;

	sids[n++] = pen_sid_unix_user(uid);
	sids[n++] = info.primary_group;
	sids[n++] = pen_sid_everyone;
	sids[n++] = pen_sid_local;
	sids[n++] = pen_sid_authenticated_users;
	if (is_admin) {
		sids[n++] = pen_sid_administrators;
		info.privileges = ADMIN_PRIVILEGES;
	} else {
		info.privileges = PEN_PRIVILEGE(PEN_PRIVILEGE_CHANGE_NOTIFY);
	}
	for (size_t i = 0; i < n_groups; i++)
		if (groups[i] != gid)
			sids[n++] = pen_sid_unix_group(groups[i]);

	info.sids = sids;
	info.n_sids = n;
	return pen_token_new(tokenp, &info);
}

int pen_token_new_anonymous(struct pen_token **tokenp, bool is_remote)
{
	const struct pen_sid sids[] = { pen_sid_anonymous, pen_sid_everyone, pen_sid_network };
	const struct pen_token_info info = {
		.proof = PEN_TOKEN_ANONYMOUS,
		.sids = sids,
		.n_sids = is_remote ? 3 : 2,
		.account = "ANONYMOUS LOGON",
		.domain = "NT AUTHORITY",
		.is_local = !is_remote,
		.is_encrypted = !is_remote,
	};

	return pen_token_new(tokenp, &info);
}

struct pen_token *pen_token_ref(const struct pen_token *token)
{
	struct pen_token *counted = (struct pen_token *)token;

	__atomic_add_fetch(&counted->n_references, 1, __ATOMIC_RELAXED);
	return counted;
}

struct pen_token *pen_token_free(struct pen_token *token)
{
	if (!token || __atomic_sub_fetch(&token->n_references, 1, __ATOMIC_ACQ_REL))
		return NULL;
	pen_secret_free((uint8_t *)token->info.session_key.data);
	free(token);
	return NULL;
}

const struct pen_token_info *pen_token_info(const struct pen_token *token)
{
	return &token->info;
}

const struct pen_sid *pen_token_user(const struct pen_token *token)
{
	return &token->info.sids[0];
}

bool pen_token_has_sid(const struct pen_token *token, const struct pen_sid *sid)
{
	for (size_t i = 0; i < token->info.n_sids; i++)
		if (pen_sid_equal(&token->info.sids[i], sid))
			return true;
	return false;
}

bool pen_token_has_privilege(const struct pen_token *token, enum pen_privilege privilege)
{
	return token->info.privileges & PEN_PRIVILEGE(privilege);
}

bool pen_token_is_admin(const struct pen_token *token)
{
	return pen_token_has_sid(token, &pen_sid_administrators) ||
	       pen_token_has_sid(token, &pen_sid_system);
}

bool pen_token_is_anonymous(const struct pen_token *token)
{
	return pen_sid_equal(pen_token_user(token), &pen_sid_anonymous);
}

int pen_token_access_check(const struct pen_token *token, const struct pen_descriptor *descriptor,
			   const struct pen_generic_mapping *mapping, uint32_t desired,
			   uint32_t *grantedp)
{
	const struct pen_access_subject subject = {
		.sids = token->info.sids,
		.n_sids = token->info.n_sids,
		.privileges = token->info.privileges,
	};

	return pen_access_check(descriptor, &subject, mapping, desired, grantedp);
}
