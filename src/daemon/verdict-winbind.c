/* SPDX-License-Identifier: MIT */
#include "daemon/verdict-winbind.h"
#include <errno.h>
#include <stdio.h>

#ifdef PEN_HAVE_WBCLIENT
#include "base/cleanup.h"
#include "crypto/crypto.h"
#include "sec/ntlm-keys.h"
#include "sec/pac.h"
#include <dlfcn.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <wbclient.h>

static const char library_name[] = "libwbclient.so.0";

/* The library's functions that we call. */
#define FUNCTIONS(X)                                                                               \
	X(wbcCtxCreate)                                                                            \
	X(wbcCtxFree)                                                                              \
	X(wbcCtxAuthenticateUserEx)                                                                \
	X(wbcCtxSidsToUnixIds)                                                                     \
	X(wbcErrorString)                                                                          \
	X(wbcFreeMemory)

struct daemon_winbind {
	void *library;
#define MEMBER(name) __typeof__(&(name)) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

PEN_DEFINE_FREEP(struct daemon_winbind, daemon_winbind)

/* ---- the library ---- */

static int load(struct daemon_winbind *winbind, char error[256])
{
	void *found;

	winbind->library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
	if (!winbind->library) {
		snprintf(error, 256, "winbind's library cannot be loaded: %s", dlerror());
		return PEN_E_UNSUPPORTED;
	}
#define FIND(name)                                                                                 \
	found = dlsym(winbind->library, #name);                                                    \
	memcpy(&winbind->name, &found, sizeof(found));                                             \
	if (!found) {                                                                              \
		snprintf(error, 256, "%s is too old: it has no %s", library_name, #name);          \
		return PEN_E_UNSUPPORTED;                                                          \
	}
	FUNCTIONS(FIND)
#undef FIND
	return 0;
}

int daemon_winbind_new(struct daemon_winbind **winbindp, char error[256])
{
	pen_cleanup(daemon_winbind_freep) struct daemon_winbind *winbind =
		calloc(1, sizeof(*winbind));
	int r;

	if (!winbind)
		return -ENOMEM;
	r = load(winbind, error);
	if (!r)
		*winbindp = pen_take(&winbind);
	return r;
}

struct daemon_winbind *daemon_winbind_free(struct daemon_winbind *winbind)
{
	if (winbind && winbind->library)
		dlclose(winbind->library);
	free(winbind);
	return NULL;
}

/* ---- the question ---- */

/*
 * What the client's response answers: the server's challenge, or under extended session
 * security of version 1 a digest of both challenges [MS-NLMP 3.3.1].
 */
static int challenge_of(const struct pen_ntlm_attempt *attempt, uint8_t *challenge)
{
	const struct pen_slice parts[] = {
		{ attempt->server_challenge, PEN_NTLM_CHALLENGE_SIZE },
		{ attempt->lm.data, PEN_NTLM_CHALLENGE_SIZE },
	};
	uint8_t md5[PEN_MD5_SIZE];
	int r;

	memcpy(challenge, attempt->server_challenge, PEN_NTLM_CHALLENGE_SIZE);
	if (attempt->nt.size != PEN_NTLM_V1_SIZE ||
	    !(attempt->flags & PEN_NTLM_EXTENDED_SESSION_SECURITY))
		return 0;
	if (attempt->lm.size < PEN_NTLM_CHALLENGE_SIZE)
		return PEN_E_DENIED;
	r = pen_digest(attempt->crypto, PEN_MD5, parts, PEN_COUNT(parts), md5);
	memcpy(challenge, md5, PEN_NTLM_CHALLENGE_SIZE);
	return r;
}

static int refuse(struct pen_ntlm_verdict *verdict, const char *user, const char *why)
{
	snprintf(verdict->reason, sizeof(verdict->reason), "winbindd about %.48s: %.90s", user,
		 why);
	return PEN_E_DENIED;
}

/* What winbindd answers that does not know who that is. */
static int explain(const struct daemon_winbind *winbind, const struct pen_ntlm_attempt *attempt,
		   wbcErr result, const struct wbcAuthErrorInfo *error,
		   struct pen_ntlm_verdict *verdict)
{
	const char *name;

	if (result == WBC_ERR_NO_MEMORY)
		return -ENOMEM;
	if (result != WBC_ERR_AUTH_ERROR || !error)
		return refuse(verdict, attempt->user, winbind->wbcErrorString(result));
	name = pen_ntstatus_name(error->nt_status);
	refuse(verdict, attempt->user, name ? name : pen_ntstatus_text(error->nt_status));
	return error->nt_status == PEN_STATUS_NO_SUCH_USER ? PEN_E_NOT_FOUND : PEN_E_DENIED;
}

/* ---- the answer ---- */

static void get_sid(struct pen_sid *sid, const struct wbcDomainSid *from)
{
	*sid = (struct pen_sid){ .revision = 1 };
	for (int i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | from->id_auth[i];
	for (; sid->n_sub_authorities < from->num_auths &&
	       sid->n_sub_authorities < PEN_SID_SUB_AUTHORITIES_MAX;
	     sid->n_sub_authorities++)
		sid->sub_authorities[sid->n_sub_authorities] =
			from->sub_auths[sid->n_sub_authorities];
}

/* A domain gives its own SIDs, and says how somebody was proved: nothing of this machine. */
static bool is_of_domain(const struct pen_sid *sid)
{
	return sid->authority == 18 ||
	       (sid->authority == 5 && sid->n_sub_authorities && sid->sub_authorities[0] == 21);
}

static void fill_unix(struct pen_token_info *info, const struct wbcUnixId *ids, uint32_t n,
		      uint32_t *groups)
{
	if (ids[0].type != WBC_ID_TYPE_UID && ids[0].type != WBC_ID_TYPE_BOTH)
		return;
	if (ids[1].type != WBC_ID_TYPE_GID && ids[1].type != WBC_ID_TYPE_BOTH)
		return;
	/* No domain's word makes anybody root here. */
	if (!ids[0].id.uid || !ids[1].id.gid)
		return;
	info->has_unix = true;
	info->uid = ids[0].id.uid;
	info->gid = ids[1].id.gid;
	info->groups = groups;
	for (uint32_t i = 1; i < n; i++)
		if ((ids[i].type == WBC_ID_TYPE_GID || ids[i].type == WBC_ID_TYPE_BOTH) &&
		    ids[i].id.gid)
			groups[info->n_groups++] = ids[i].id.gid;
}

/* The unix ids, where winbindd maps them; without is no failure. */
static int get_unix(const struct daemon_winbind *winbind, struct wbcContext *context,
		    const struct wbcAuthUserInfo *user, struct pen_arena *arena,
		    struct pen_token_info *info)
{
	struct wbcDomainSid *sids = pen_arena_array(arena, user->num_sids, sizeof(*sids));
	struct wbcUnixId *ids = pen_arena_array(arena, user->num_sids, sizeof(*ids));
	uint32_t *groups = pen_arena_array(arena, user->num_sids, sizeof(*groups));

	if (!sids || !ids || !groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < user->num_sids; i++)
		sids[i] = user->sids[i].sid;
	if (!winbind->wbcCtxSidsToUnixIds(context, sids, user->num_sids, ids))
		fill_unix(info, ids, user->num_sids, groups);
	return 0;
}

static int get_groups(const struct wbcAuthUserInfo *user, struct pen_arena *arena,
		      struct pen_pac *pac)
{
	struct pen_sid *groups = pen_arena_array(arena, user->num_sids, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	get_sid(&pac->user, &user->sids[0].sid);
	get_sid(&pac->primary_group, &user->sids[1].sid);
	for (uint32_t i = 2; i < user->num_sids; i++) {
		get_sid(&groups[pac->n_groups], &user->sids[i].sid);
		if (user->sids[i].attributes & WBC_SID_ATTR_GROUP_ENABLED &&
		    is_of_domain(&groups[pac->n_groups]))
			pac->n_groups++;
	}
	pac->groups = groups;
	return 0;
}

static int make_token(const struct daemon_winbind *winbind, struct wbcContext *context,
		      const struct pen_ntlm_attempt *attempt, const struct wbcAuthUserInfo *user,
		      struct pen_arena *arena, struct pen_token **tokenp)
{
	struct pen_token_info known = { .proof = PEN_TOKEN_RPC, .remote_address = attempt->peer };
	struct pen_pac pac = {
		.account = user->account_name ? user->account_name : attempt->user,
		.domain = user->domain_name,
	};
	int r = get_groups(user, arena, &pac);

	if (!r)
		r = get_unix(winbind, context, user, arena, &known);
	return r ? r : pen_pac_token(tokenp, &pac, &known);
}

static int take_answer(const struct daemon_winbind *winbind, struct wbcContext *context,
		       const struct pen_ntlm_attempt *attempt, const struct wbcAuthUserInfo *user,
		       struct pen_ntlm_verdict *verdict)
{
	struct pen_arena arena;
	struct pen_sid sid;
	int r;

	if (user->num_sids < 2 || user->num_sids > PEN_TOKEN_SIDS_MAX)
		return refuse(verdict, attempt->user, "it tells no SIDs, or too many");
	get_sid(&sid, &user->sids[0].sid);
	if (user->user_flags & WBC_AUTH_USER_INFO_GUEST)
		return refuse(verdict, attempt->user, "a guest, and guests of others stay out");
	if (!is_of_domain(&sid))
		return refuse(verdict, attempt->user, "its user is none of a domain");
	pen_arena_init(&arena, 0);
	r = make_token(winbind, context, attempt, user, &arena, &verdict->token);
	pen_arena_done(&arena);
	if (!r)
		memcpy(verdict->session_base_key, user->user_session_key, PEN_NTLM_KEY_SIZE);
	return r;
}

static int ask(const struct daemon_winbind *winbind, struct wbcContext *context,
	       const struct pen_ntlm_attempt *attempt, struct pen_ntlm_verdict *verdict)
{
	struct wbcAuthUserParams question = {
		.account_name = attempt->user,
		.domain_name = attempt->domain,
		.workstation_name = attempt->workstation,
		.parameter_control = WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT |
				     WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT,
		.level = WBC_AUTH_USER_LEVEL_RESPONSE,
		.password.response = {
			.nt_length = (uint32_t)attempt->nt.size,
			.nt_data = (uint8_t *)attempt->nt.data,
			.lm_length = (uint32_t)attempt->lm.size,
			.lm_data = (uint8_t *)attempt->lm.data,
		},
	};
	struct wbcAuthErrorInfo *error = NULL;
	struct wbcAuthUserInfo *user = NULL;
	wbcErr result;
	int r = challenge_of(attempt, question.password.response.challenge);

	if (r)
		return r;
	result = winbind->wbcCtxAuthenticateUserEx(context, &question, &user, &error);
	if (result == WBC_ERR_SUCCESS && user) {
		r = take_answer(winbind, context, attempt, user, verdict);
		pen_wipe(user->user_session_key, sizeof(user->user_session_key));
		pen_wipe(user->lm_session_key, sizeof(user->lm_session_key));
	} else {
		r = explain(winbind, attempt, result, error, verdict);
	}
	winbind->wbcFreeMemory(user);
	winbind->wbcFreeMemory(error);
	return r;
}

int daemon_winbind_judge(void *data, const struct pen_ntlm_attempt *attempt,
			 struct pen_ntlm_verdict *verdict)
{
	const struct daemon_winbind *winbind = data;
	struct wbcContext *context;
	int r;

	/* What we would not take, a controller might. */
	if (attempt->nt.size < PEN_NTLM_V1_SIZE ||
	    (attempt->nt.size == PEN_NTLM_V1_SIZE && !attempt->allow_v1))
		return PEN_E_DENIED;
	context = winbind->wbcCtxCreate(); /* one each, so that threads do not meet */
	if (!context)
		return -ENOMEM;
	r = ask(winbind, context, attempt, verdict);
	winbind->wbcCtxFree(context);
	return r;
}

#else

int daemon_winbind_new(struct daemon_winbind **winbindp, char error[256])
{
	snprintf(error, 256,
		 "this penstockd was built without wbclient.h, so it cannot ask winbind");
	return PEN_E_UNSUPPORTED;
}

struct daemon_winbind *daemon_winbind_free(struct daemon_winbind *winbind)
{
	return NULL;
}

int daemon_winbind_judge(void *data, const struct pen_ntlm_attempt *attempt,
			 struct pen_ntlm_verdict *verdict)
{
	return PEN_E_UNSUPPORTED;
}

#endif
