/* SPDX-License-Identifier: MIT */
/* penstock policy why: what a policy does to a call that somebody could make. */
#include "policy/identity.h"
#include "policy/network.h"
#include "policy/rule.h"
#include "tool/policy.h"
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/token.h>
#include <string.h>

PEN_DEFINE_FREEP(struct pen_policy, pen_policy)
PEN_DEFINE_FREEP(struct pen_token, pen_token)

static const char *value_of(const struct tool *tool, enum policy_option option)
{
	return tool->values[option];
}

/* ---- who ---- */

/* Of a user who has a name alone: any SID that no rule can have meant. */
static const struct pen_sid somebody = { .revision = 1,
					 .n_sub_authorities = 5,
					 .authority = 5,
					 .sub_authorities = { 21, 0, 0, 0, 1000 } };

enum { SIDS_MAX = TOOL_WORDS_MAX + 8 };

static int add_groups(struct tool *tool, struct pen_sid sids[SIDS_MAX], size_t *np)
{
	for (size_t i = 1; i < tool->words.n; i++)
		if (pen_sid_parse(&sids[(*np)++], tool->words.words[i]))
			return tool_fail(tool, TOOL_USAGE, NULL,
					 "--identity %s is no group: after the first it is S-1-...",
					 tool->words.words[i]);
	return TOOL_OK;
}

/* The user first. */
static size_t put_user(const struct pen_identity *identity, bool is_local,
		       struct pen_sid sids[SIDS_MAX])
{
	bool is_nobody = identity->kind == PEN_IDENTITY_ANONYMOUS;
	size_t n = 0;

	sids[n++] = is_nobody				 ? pen_sid_anonymous
		    : identity->kind == PEN_IDENTITY_SID ? identity->sid
		    : identity->kind == PEN_IDENTITY_UID ? pen_sid_unix_user(identity->uid)
							 : somebody;
	sids[n++] = pen_sid_everyone;
	sids[n++] = is_local ? pen_sid_local : pen_sid_network;
	if (!is_nobody)
		sids[n++] = pen_sid_authenticated_users;
	return n;
}

static int make_token(struct tool *tool, bool is_local, struct pen_token **tokenp)
{
	const char *text = tool->words.n ? tool->words.words[0] : "anonymous";
	struct pen_sid sids[SIDS_MAX];
	struct pen_token_info info = { .sids = sids, .is_local = is_local };
	struct pen_identity identity;
	int r = pen_identity_parse(&identity, text);

	if (r > 0)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--identity %s is none of anonymous, authenticated, DOMAIN\\user, "
				 "S-1-... and uid:NUMBER",
				 text);
	info.n_sids = put_user(&identity, is_local, sids);
	r = add_groups(tool, sids, &info.n_sids);
	if (r)
		return r;
	info.is_authenticated = identity.kind != PEN_IDENTITY_ANONYMOUS;
	info.proof = !info.is_authenticated		 ? PEN_TOKEN_ANONYMOUS
		     : identity.kind == PEN_IDENTITY_UID ? PEN_TOKEN_UNIX
							 : PEN_TOKEN_RPC;
	info.has_unix = identity.kind == PEN_IDENTITY_UID;
	info.uid = info.gid = identity.uid;
	if (identity.kind == PEN_IDENTITY_NAME) {
		info.account = identity.account;
		info.domain =
			pen_arena_text(&tool->arena, text, (size_t)(identity.account - text) - 1);
		if (!info.domain)
			return tool_fail_result(tool, -ENOMEM);
	}
	r = pen_token_new(tokenp, &info);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/* ---- what ---- */

static bool parse_opnum(const char *text, uint32_t *opnump)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > UINT16_MAX)
		return false;
	*opnump = (uint32_t)n;
	return true;
}

static int take_operation(struct tool *tool, const struct pen_interface *interface,
			  struct pen_policy_question *question)
{
	const char *text = value_of(tool, POLICY_OPERATION);
	const struct pen_interface *found;
	const char *name;
	uint16_t opnum;
	int r;

	question->opnum = PEN_POLICY_BIND;
	if (!text)
		return TOOL_OK;
	if (parse_opnum(text, &question->opnum)) {
		if (interface && question->opnum < interface->n_operations)
			question->operation = interface->operations[question->opnum].name;
		return TOOL_OK;
	}
	if (!interface)
		return tool_fail(tool, TOOL_USAGE, "--idl FILE brings the interface's names.",
				 "--operation %s is no number", text);
	name = pen_arena_printf(&tool->arena, "%s.%s", interface->name, text);
	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	r = tool_find_operation(tool, name, &found, &opnum);
	if (r)
		return r;
	question->opnum = opnum;
	question->operation = interface->operations[opnum].name;
	return TOOL_OK;
}

/* By name, or by a UUID, which need not be one that we know. */
static int take_interface(struct tool *tool, struct pen_policy_question *question)
{
	const char *text = value_of(tool, POLICY_INTERFACE);
	const struct pen_interface *interface = NULL;
	int r;

	if (!text)
		return tool_fail(tool, TOOL_USAGE, NULL, "--interface says what is called");
	if (pen_uuid_parse(&question->interface.uuid, text)) {
		r = tool_find_interface(tool, text, &interface);
		if (r)
			return r;
		question->interface = interface->id;
	} else {
		question->interface.major = 1;
		interface = tool_interface_by_id(tool, &question->interface);
	}
	question->interface_name = interface ? interface->name : NULL;
	return take_operation(tool, interface, question);
}

static int take_transport(struct tool *tool, struct pen_policy_question *question)
{
	const char *transport = value_of(tool, POLICY_TRANSPORT);
	const char *level = value_of(tool, POLICY_LEVEL);
	uint8_t i = PEN_AUTH_LEVEL_NONE;

	question->protseq = PEN_NCACN_IP_TCP;
	if (transport && pen_protseq_parse(&question->protseq, transport, strlen(transport)))
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--transport is ncacn_ip_tcp, ncacn_np or ncalrpc, not %s",
				 transport);
	while (level && i < PEN_RULE_N_LEVELS &&
	       (!pen_rule_level_name(i) || strcmp(pen_rule_level_name(i), level)))
		i++;
	if (i >= PEN_RULE_N_LEVELS)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--level is none, connect, packet, integrity or privacy, not %s",
				 level);
	question->auth_level = i;
	/* Of what comes by a network and from nowhere nothing is known. */
	question->source = value_of(tool, POLICY_FROM);
	if (!question->source)
		question->source = question->protseq == PEN_NCALRPC ? "local" : "unknown";
	else if (!pen_source_of(question->source).is_known)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--from %s is no numeric address, nor local", question->source);
	return TOOL_OK;
}

/* ---- the answer ---- */

static void put_line(struct pen_buffer *json, const struct pen_policy_line *line)
{
	pen_buffer_printf(json, "{");
	tool_json_number(json, "line", line->number);
	tool_json_text(json, "rule", line->text);
	pen_buffer_printf(json, "}");
}

static int print_json(struct tool *tool, const struct pen_policy_answer *answer, const char *why)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_bool(&json, "is_allowed", answer->is_allowed);
	tool_json_bool(&json, "is_maybe", answer->is_maybe);
	tool_json_text(&json, "reason", answer->reason);
	pen_buffer_printf(&json, ",\"by\":");
	if (answer->by.number)
		put_line(&json, &answer->by);
	else
		pen_buffer_printf(&json, "null");
	pen_buffer_printf(&json, ",\"audits\":[");
	for (size_t i = 0; i < answer->n_audits && i < PEN_POLICY_AUDITS_MAX; i++) {
		pen_buffer_printf(&json, "%s", i ? "," : "");
		put_line(&json, &answer->audits[i]);
	}
	pen_buffer_printf(&json, "]");
	if (tool->is_long)
		tool_json_text(&json, "why", why);
	r = pen_buffer_printf(&json, "}") ? tool_fail_result(tool, -ENOMEM)
					  : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static void print_answer(const struct pen_policy_answer *answer)
{
	for (size_t i = 0; i < answer->n_audits && i < PEN_POLICY_AUDITS_MAX; i++)
		printf("noted by line %u: %s\n", answer->audits[i].number, answer->audits[i].text);
	printf("%s%s", answer->is_allowed ? "allowed" : "denied",
	       answer->is_maybe ? " so far" : "");
	if (answer->by.number)
		printf(" by line %u: %s", answer->by.number, answer->by.text);
	else
		printf(" by default");
	printf(": %s\n", answer->reason);
}

static int answer(struct tool *tool, const struct pen_policy *policy,
		  const struct pen_policy_question *question)
{
	struct pen_policy_answer answer;
	struct pen_buffer why;
	int r;

	pen_policy_ask(policy, question, &answer);
	pen_buffer_init(&why, 0);
	r = pen_policy_why(policy, question, &why);
	if (!r)
		r = pen_buffer_add(&why, "", 1);
	if (r)
		r = tool_fail_result(tool, r);
	else if (tool->is_json)
		r = print_json(tool, &answer, (const char *)why.data);
	else if (tool->is_long)
		fputs((const char *)why.data, stdout);
	else
		print_answer(&answer);
	pen_buffer_done(&why);
	return r;
}

int policy_why(struct tool *tool, int argc, char **argv)
{
	pen_cleanup(pen_policy_freep) struct pen_policy *policy = NULL;
	pen_cleanup(pen_token_freep) struct pen_token *token = NULL;
	struct pen_policy_question question = { .opnum = PEN_POLICY_BIND };
	int r = policy_load(tool, argv[0], &policy);

	if (!r)
		r = take_interface(tool, &question);
	if (!r)
		r = take_transport(tool, &question);
	if (!r)
		r = make_token(tool, !strcmp(question.source, "local"), &token);
	if (r)
		return r;
	question.token = token;
	return answer(tool, policy, &question);
}
