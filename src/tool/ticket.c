/* SPDX-License-Identifier: MIT */
#include "tool/login.h"
#include "tool/tool.h"
#include <krb5.h>
#include <time.h>

/* Whether any ticket of the cache is still good; what configures the cache is none. */
static bool has_valid(krb5_context context, krb5_ccache cache)
{
	krb5_cc_cursor cursor;
	krb5_creds ticket;
	bool is_valid = false;

	if (krb5_cc_start_seq_get(context, cache, &cursor))
		return false;
	while (!is_valid && !krb5_cc_next_cred(context, cache, &cursor, &ticket)) {
		is_valid = !krb5_is_config_principal(context, ticket.server) &&
			   (uint32_t)ticket.times.endtime > (uint64_t)time(NULL);
		krb5_free_cred_contents(context, &ticket);
	}
	krb5_cc_end_seq_get(context, cache, &cursor);
	return is_valid;
}

static bool look_into(struct tool *tool, krb5_context context, krb5_ccache cache,
		      const char **principalp, const char **ccachep)
{
	krb5_principal principal = NULL;
	char *principal_name = NULL;
	char *cache_name = NULL;
	bool is_there = false;

	if (!krb5_cc_get_principal(context, cache, &principal) &&
	    !krb5_unparse_name(context, principal, &principal_name) &&
	    !krb5_cc_get_full_name(context, cache, &cache_name) && has_valid(context, cache)) {
		*principalp = pen_arena_strdup(&tool->arena, principal_name);
		*ccachep = pen_arena_strdup(&tool->arena, cache_name);
		is_there = *principalp && *ccachep;
	}
	krb5_free_string(context, cache_name);
	krb5_free_unparsed_name(context, principal_name);
	krb5_free_principal(context, principal);
	return is_there;
}

bool tool_has_ticket(struct tool *tool, const char **principalp, const char **ccachep)
{
	krb5_context context = NULL;
	krb5_ccache cache;
	bool is_there = false;

	if (krb5_init_context(&context))
		return false;
	if (!krb5_cc_default(context, &cache)) {
		is_there = look_into(tool, context, cache, principalp, ccachep);
		krb5_cc_close(context, cache);
	}
	krb5_free_context(context);
	return is_there;
}
