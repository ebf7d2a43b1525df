/* SPDX-License-Identifier: MIT */
/* penstock policy: who may call what; and the policy of the accounts (account-policy.c). */
#include "tool/policy.h"
#include <errno.h>
#include <string.h>

PEN_DEFINE_FREEP(struct pen_policy, pen_policy)

/* ---- the file ---- */

static int gather_interfaces(struct tool *tool, struct pen_policy_known *known)
{
	const struct pen_interface **interfaces;
	const struct pen_interface *interface;
	size_t n = 0, n_own = 0;

	while (tool_interface(tool, n))
		n++;
	while (tool_own_interface(n_own))
		n_own++;
	interfaces = pen_arena_array(&tool->arena, n + n_own, sizeof(*interfaces));
	if (!interfaces)
		return tool_fail_result(tool, -ENOMEM);
	n = 0;
	for (size_t i = 0; (interface = tool_interface(tool, i)); i++)
		interfaces[n++] = interface;
	for (size_t i = 0; tool->n_idls && (interface = tool_own_interface(i)); i++)
		interfaces[n++] = interface;
	*known = (struct pen_policy_known){ interfaces, n };
	return TOOL_OK;
}

static int read_text(struct tool *tool, const char *path, struct pen_buffer *text)
{
	int r = tool_read(path, PEN_POLICY_TEXT_MAX, text);

	if (r == PEN_E_LIMIT)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s is larger than 64 KiB", path);
	return r ? tool_fail(tool, TOOL_USAGE, NULL, "cannot read %s: %s", path, strerror(-r))
		 : TOOL_OK;
}

static int read_policy(struct tool *tool, const char *path, const struct pen_buffer *text,
		       struct pen_policy **policyp, struct pen_buffer *diagnoses)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	struct pen_policy_known known;
	int r = gather_interfaces(tool, &known);

	if (r)
		return r;
	r = pen_policy_new(policyp, name, text->size ? (const char *)text->data : "", text->size,
			   &known, diagnoses);
	if (r > 0)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s is wrong:\n%.*s", name,
				 diagnoses->size ? (int)diagnoses->size - 1 : 0,
				 diagnoses->size ? (const char *)diagnoses->data : "");
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

int policy_load(struct tool *tool, const char *path, struct pen_policy **policyp)
{
	struct pen_buffer text, diagnoses;
	int r;

	pen_buffer_init(&text, 0);
	pen_buffer_init(&diagnoses, 0);
	r = tool_load_idl(tool);
	if (!r)
		r = read_text(tool, path, &text);
	if (!r)
		r = read_policy(tool, path, &text, policyp, &diagnoses);
	pen_buffer_done(&text);
	pen_buffer_done(&diagnoses);
	return r;
}

/* ---- check, print ---- */

static int check(struct tool *tool, int argc, char **argv)
{
	pen_cleanup(pen_policy_freep) struct pen_policy *policy = NULL;
	int r = policy_load(tool, argv[0], &policy);

	if (r)
		return r;
	puts(tool->is_json ? "{\"is_right\":true}" : "The policy is right.");
	return TOOL_OK;
}

static int print(struct tool *tool, int argc, char **argv)
{
	pen_cleanup(pen_policy_freep) struct pen_policy *policy = NULL;
	struct pen_buffer text, json;
	int r = policy_load(tool, argv[0], &policy);

	if (r)
		return r;
	pen_buffer_init(&text, 0);
	pen_buffer_init(&json, 0);
	r = pen_policy_print(policy, &text);
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (!r && tool->is_json)
		r = pen_buffer_printf(&json, "{");
	if (!r && tool->is_json)
		r = tool_json_text(&json, "policy", (const char *)text.data);
	if (!r && tool->is_json)
		r = pen_buffer_printf(&json, "}");
	if (r)
		r = tool_fail_result(tool, r);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	else
		fputs((const char *)text.data, stdout);
	pen_buffer_done(&text);
	pen_buffer_done(&json);
	return r;
}

/* ---- the command ---- */

static const struct verb {
	struct tool_verb verb;
	int (*run)(struct tool *tool, int argc, char **argv); /* what comes after the verb */
} verbs[] = {
	{ { "check", 1, 1, " FILE" }, check },
	{ { "print", 1, 1, " FILE" }, print },
	{ { "why", 1, 1, " FILE --interface INTERFACE [OPTION]..." }, policy_why },
	{ { "suggest", 0, 1, " [LOG]" }, policy_suggest },
	{ { "show", 0, 0, "" }, account_policy_show },
	{ { "set", 0, 0, " OPTION..." }, account_policy_set },
};

static int run(struct tool *tool, int argc, char **argv)
{
	const struct verb *verb =
		tool_find_verb(tool, verbs, PEN_COUNT(verbs), sizeof(*verbs), argc, argv);

	return verb ? verb->run(tool, argc - 1, argv + 1) : TOOL_USAGE;
}

static int option(struct tool *tool, int val, const char *value)
{
	if (val == 'v') {
		tool->is_long = true;
		return TOOL_OK;
	}
	if (val != POLICY_VAL(IDENTITY))
		return account_option(tool, val, value);
	if (tool->words.n == TOOL_WORDS_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "more than %d of --identity",
				 TOOL_WORDS_MAX);
	tool->words.words[tool->words.n++] = value;
	return TOOL_OK;
}

static const struct option options[] = {
	{ "interface", required_argument, NULL, POLICY_VAL(INTERFACE) },
	{ "operation", required_argument, NULL, POLICY_VAL(OPERATION) },
	{ "identity", required_argument, NULL, POLICY_VAL(IDENTITY) },
	{ "from", required_argument, NULL, POLICY_VAL(FROM) },
	{ "transport", required_argument, NULL, POLICY_VAL(TRANSPORT) },
	{ "level", required_argument, NULL, POLICY_VAL(LEVEL) },
	{ "verbose", no_argument, NULL, 'v' },
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ "accounts", required_argument, NULL, ACCOUNT_VAL(FILE) },
	{ "comment", required_argument, NULL, ACCOUNT_VAL(COMMENT) },
	{ "complex", required_argument, NULL, ACCOUNT_VAL(COMPLEX) },
	{ "min-length", required_argument, NULL, ACCOUNT_VAL(MIN_LENGTH) },
	{ "history", required_argument, NULL, ACCOUNT_VAL(HISTORY) },
	{ "max-age", required_argument, NULL, ACCOUNT_VAL(MAX_AGE) },
	{ "min-age", required_argument, NULL, ACCOUNT_VAL(MIN_AGE) },
	{ "lockout-threshold", required_argument, NULL, ACCOUNT_VAL(LOCKOUT_THRESHOLD) },
	{ "lockout-duration", required_argument, NULL, ACCOUNT_VAL(LOCKOUT_DURATION) },
	{ "lockout-window", required_argument, NULL, ACCOUNT_VAL(LOCKOUT_WINDOW) },
	{ 0 },
};

const struct tool_command tool_policy = {
	.name = "policy",
	.arguments = "check FILE | print FILE | why FILE | suggest [LOG] | show | set",
	.summary = "who may call what; what passwords must be like",
	.help = "  --idl FILE             a policy may name the interfaces of that file too\n"
		"  -I FOLDER              where what it imports is\n"
		"  --interface NAME|UUID  why: what is called,\n"
		"  --operation NAME|NUMBER    of it; without one it is bound to\n"
		"  --identity WHO         by whom, as policies say it: anonymous (the default),\n"
		"                         authenticated, DOMAIN\\user, S-1-..., uid:NUMBER; given\n"
		"                         again, a group's S-1-...\n"
		"  --from ADDRESS|local   from where\n"
		"  --transport TRANSPORT  by ncacn_ip_tcp (the default), ncacn_np or ncalrpc\n"
		"  --level LEVEL          none (the default), connect, packet, integrity or "
		"privacy\n"
		"  -v, --verbose          say of each rule whether it matched\n"
		"\n"
		"check says whether a policy of penstock-policy(5) is right, print prints it "
		"plainly,\n"
		"why says what it does to a call, and suggest makes one that allows what "
		"penstockd\n"
		"recorded and nothing else.\n"
		"\n"
		"show and set are about accounts:\n"
		"  --accounts FILE        the accounts; those of penstockd's configuration by "
		"default\n"
		"  --comment TEXT         what people read beside the domain's name\n"
		"  --complex yes|no       passwords have three kinds of characters, and no name in "
		"them\n"
		"  --min-length N         and so many characters\n"
		"  --history N            so many former ones are refused\n"
		"  --max-age DAYS         they expire then, or never\n"
		"  --min-age DAYS         users may not change them before\n"
		"  --lockout-threshold N  so many wrong ones lock an account; 0: any number\n"
		"  --lockout-window MINUTES    within that time\n"
		"  --lockout-duration MINUTES  for so long, or never to be unlocked but by hand\n"
		"\n"
		"Examples:\n"
		"  penstock policy why /etc/penstock/policy --interface samr --from 10.0.0.7 -v\n"
		"  penstock policy suggest /var/lib/penstock/calls >policy\n"
		"  penstock policy set --min-length 12 --lockout-threshold 5\n",
	.options = options,
	.option = option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
