/* SPDX-License-Identifier: MIT */
/* penstock whoami: who a server takes one for. */
#include "base/utf16.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/status.h>
#include <string.h>

/* A name as the server spells it; NULL: it gave none. */
static int get_name(struct tool *tool, const struct dtyp_RPC_UNICODE_STRING *string,
		    const char **namep)
{
	size_t n_units = string && string->Buffer ? string->Length / 2 : 0;
	size_t n = pen_utf16_text_size(string ? string->Buffer : NULL, n_units, PEN_UTF16_HOST);
	char *name = pen_arena_zalloc(&tool->arena, n + 1);

	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	if (n_units)
		pen_utf16_get(string->Buffer, n_units, PEN_UTF16_HOST, name, n);
	*namep = string ? name : NULL;
	return TOOL_OK;
}

static int print(struct tool *tool, const char *user, const char *domain)
{
	struct pen_buffer json;
	int r;

	if (!tool->is_json) {
		printf("%s%s%s\n", domain ? domain : "", domain && *domain ? "\\" : "",
		       user && *user ? user : "(the server has no name for you)");
		return TOOL_OK;
	}
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "binding", pen_client_binding(tool->client));
	tool_json_text(&json, "user", user);
	r = tool_json_text(&json, "domain", domain);
	if (!r)
		r = tool_put_identity(tool, &json);
	if (!r)
		r = pen_buffer_printf(&json, "}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

/* LSA's names are for pipes and local sockets [MS-LSAT 2.1]. */
static int refused_over_tcp(struct tool *tool)
{
	return tool_fail(
		tool, TOOL_SERVER,
		"--explain says who was sent, and that it was proved; ncalrpc: asks on the "
		"server itself.",
		"over TCP a server does not say whom it takes its caller for");
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct dtyp_RPC_UNICODE_STRING *no_domain = NULL;
	struct lsarpc_LsarGetUserName_in in = { .DomainName = &no_domain };
	struct lsarpc_LsarGetUserName_out out = { 0 };
	const char *domain = NULL;
	const char *user = NULL;
	int r;

	r = tool_connect(tool, argc ? argv[0] : "", &lsarpc_interface);
	if (r)
		return r;
	r = lsarpc_LsarGetUserName(tool->call, &in, &out);
	if (r == PEN_E_FAULT && pen_call_fault(tool->call) == PEN_WERR_ACCESS_DENIED &&
	    !strncmp(pen_client_binding(tool->client), "ncacn_ip_tcp:", 13))
		return refused_over_tcp(tool);
	if (r)
		return tool_fail_call(tool, "lsarpc.LsarGetUserName", r);
	if (out.result)
		return tool_fail_status(tool, "lsarpc.LsarGetUserName", out.result);
	r = get_name(tool, out.UserName, &user);
	if (!r && out.DomainName)
		r = get_name(tool, *out.DomainName, &domain);
	return r ? r : print(tool, user, domain);
}

const struct tool_command tool_whoami = {
	.name = "whoami",
	.arguments = "[BINDING]",
	.summary = "ask a server whom it takes you for",
	.help = "\n"
		"Asks for the name by which the server's LSA knows the caller, over a local "
		"socket;\n"
		"over TCP servers do not say. --explain says who was sent and how it was proved.\n"
		"\n"
		"Examples:\n"
		"  penstock whoami ncalrpc:\n"
		"  penstock whoami -U 'EXAMPLE\\alice' ncalrpc:\n",
	.has_login = true,
	.run = run,
	.max_arguments = 1,
};
