/* SPDX-License-Identifier: MIT */
/* The caller's own name: LsarGetUserName [MS-LSAT 3.1.4.4]. */
#include "runtime/server-work.h"
#include "service/lsarpc/translate.h"
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a process's user, whom the system knows: that may have to be looked for afar ---- */

struct unix_user {
	struct lsarpc_LsarGetUserName_out *out;
	bool wants_domain;
	uint32_t uid;
	char name[256];
};

static int answer(struct pen_call *call, const char *name, const char *domain, bool wants_domain,
		  struct lsarpc_LsarGetUserName_out *out)
{
	int r = pen_lsarpc_text_new(call, name, &out->UserName);

	if (r || !wants_domain)
		return r;
	out->DomainName = pen_arena_zalloc(pen_call_arena(call), sizeof(*out->DomainName));
	return out->DomainName ? pen_lsarpc_text_new(call, domain, out->DomainName) : -ENOMEM;
}

static void find_name(void *data)
{
	struct unix_user *user = data;
	struct passwd entry, *found = NULL;
	char text[4096];

	if (!getpwuid_r(user->uid, &entry, text, sizeof(text), &found) && found)
		snprintf(user->name, sizeof(user->name), "%s", entry.pw_name);
	else
		snprintf(user->name, sizeof(user->name), "%u", user->uid);
}

static int answer_name(struct pen_call *call, void *data)
{
	struct unix_user *user = data;

	return answer(call, user->name, "Unix User", user->wants_domain, user->out);
}

static int name_unix_user(struct pen_call *call, uint32_t uid, bool wants_domain,
			  struct lsarpc_LsarGetUserName_out *out)
{
	static const struct pen_call_work work = { find_name, answer_name, free };
	struct unix_user *user = calloc(1, sizeof(*user));

	if (!user)
		return -ENOMEM;
	user->out = out;
	user->wants_domain = wants_domain;
	user->uid = uid;
	return pen_call_work(call, &work, user);
}

/* ---- everybody ---- */

/* Who is none of this machine's is called what its token says. */
static int name_caller(struct pen_call *call, bool wants_domain,
		       struct lsarpc_LsarGetUserName_out *out)
{
	const struct pen_token *token = pen_call_token(call);
	const struct pen_token_info *info = pen_token_info(token);
	struct pen_lsarpc_meaning meaning;
	struct pen_lsarpc_views views;
	int r = pen_lsarpc_views_init(&views, call, lsarpc_LsapLookupWksta);

	if (!r)
		r = pen_lsarpc_mean_sid(&views, pen_token_user(token), &meaning);
	if (r)
		return r;
	if (meaning.use != lsarpc_SidTypeUnknown)
		return answer(call, meaning.name, meaning.domain, wants_domain, out);
	if (*info->account || !info->has_unix)
		return answer(call, info->account, info->domain, wants_domain, out);
	return name_unix_user(call, info->uid, wants_domain, out);
}

int pen_lsarpc_get_user_name(struct pen_call *call, const struct lsarpc_LsarGetUserName_in *in,
			     struct lsarpc_LsarGetUserName_out *out)
{
	int r = pen_lsarpc_check_transport(call);

	if (r)
		return r;
	if (in->UserName || (in->DomainName && *in->DomainName)) {
		out->result = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	return name_caller(call, in->DomainName, out);
}
