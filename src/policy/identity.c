/* SPDX-License-Identifier: MIT */
#include "policy/identity.h"
#include "base/utf16.h"
#include "policy/reading.h"
#include <string.h>

static int parse_uid(const char *text, uint32_t *uidp)
{
	uint64_t uid = 0;

	if (!*text)
		return PEN_E_SYNTAX;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return PEN_E_SYNTAX;
		uid = uid * 10 + (uint64_t)(*text - '0');
		if (uid > UINT32_MAX)
			return PEN_E_LIMIT;
	}
	*uidp = (uint32_t)uid;
	return 0;
}

int pen_identity_parse(struct pen_identity *identity, const char *text)
{
	const char *backslash = strchr(text, '\\');

	*identity = (struct pen_identity){ .text = text };
	if (backslash) {
		identity->kind = PEN_IDENTITY_NAME;
		identity->account = backslash + 1;
		return *identity->account ? 0 : PEN_E_SYNTAX;
	}
	if (!strcmp(text, "anonymous")) {
		identity->kind = PEN_IDENTITY_ANONYMOUS;
		return 0;
	}
	if (!strcmp(text, "authenticated")) {
		identity->kind = PEN_IDENTITY_AUTHENTICATED;
		return 0;
	}
	if (!strncmp(text, "uid:", 4)) {
		identity->kind = PEN_IDENTITY_UID;
		return parse_uid(text + 4, &identity->uid);
	}
	identity->kind = PEN_IDENTITY_SID;
	return pen_sid_parse(&identity->sid, text);
}

/* A guest's name is one that anybody may give. */
static bool has_name(const struct pen_identity *identity, const struct pen_token_info *info)
{
	size_t n_domain = (size_t)(identity->account - identity->text) - 1;

	if (!info->is_authenticated || !pen_upcase_equal(identity->account, info->account))
		return false;
	return (n_domain == 1 && *identity->text == '*') ||
	       !pen_upcase_compare(identity->text, n_domain, info->domain, strlen(info->domain));
}

bool pen_identity_is(const struct pen_identity *identity, const struct pen_token *token)
{
	const struct pen_token_info *info = token ? pen_token_info(token) : NULL;

	if (!info)
		return identity->kind == PEN_IDENTITY_ANONYMOUS;
	switch (identity->kind) {
	case PEN_IDENTITY_ANONYMOUS:
		return pen_token_is_anonymous(token);
	case PEN_IDENTITY_AUTHENTICATED:
		return info->is_authenticated;
	case PEN_IDENTITY_SID:
		return pen_token_has_sid(token, &identity->sid);
	case PEN_IDENTITY_NAME:
		return has_name(identity, info);
	case PEN_IDENTITY_UID:
		return info->has_unix && info->uid == identity->uid;
	}
	return false;
}

/* Whether a policy that has the name means this user and no other. */
static bool is_name(const struct pen_token_info *info)
{
	return info->is_authenticated && *info->account && *info->domain &&
	       strcmp(info->domain, "*") != 0 && !strchr(info->domain, '\\') &&
	       pen_value_is_text(info->account, strlen(info->account)) &&
	       pen_value_is_text(info->domain, strlen(info->domain));
}

int pen_identity_print(const struct pen_token *token, struct pen_buffer *buffer)
{
	const struct pen_token_info *info = token ? pen_token_info(token) : NULL;
	char sid[PEN_SID_TEXT_SIZE];

	if (!info || pen_token_is_anonymous(token))
		return pen_buffer_printf(buffer, "anonymous");
	if (is_name(info))
		return pen_buffer_printf(buffer, "%s\\%s", info->domain, info->account);
	if (info->proof == PEN_TOKEN_UNIX)
		return pen_buffer_printf(buffer, "uid:%u", info->uid);
	pen_sid_print(pen_token_user(token), sid);
	return pen_buffer_printf(buffer, "%s", sid);
}
