/* SPDX-License-Identifier: MIT */
#include "runtime/directory.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/mgmt.h>
#include <string.h>
#include <unistd.h>

static const char system_directory[] = "/run/penstock/ncalrpc";

static bool has_socket(const char *directory, const char *name)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", directory, name);

	return n > 0 && (size_t)n < sizeof(path) && !access(path, F_OK);
}

static bool has_server(const char *directory)
{
	return has_socket(directory, "EPMAPPER") || has_socket(directory, "penstock-control");
}

/* The user's own server if it runs, else the system's. */
static int choose_directory(struct tool *tool)
{
	int r;

	if (tool->ncalrpc_dir)
		return 0;
	r = pen_ncalrpc_directory(&tool->ncalrpc_dir, NULL);
	if (r && r != -ENOENT)
		return r;
	if (getenv("PENSTOCK_NCALRPC_DIR") || (tool->ncalrpc_dir && has_server(tool->ncalrpc_dir)))
		return 0;
	if (!has_server(system_directory))
		return 0;
	free(tool->ncalrpc_dir);
	tool->ncalrpc_dir = strdup(system_directory);
	return tool->ncalrpc_dir ? 0 : -ENOMEM;
}

const char *tool_binding(struct tool *tool, const char *text)
{
	const char *colon = strchr(text, ':');
	const char *at = strchr(text, '@');
	const char *name = at && colon && at < colon ? at + 1 : text;
	enum pen_protseq protseq;

	if (colon && !pen_protseq_parse(&protseq, name, (size_t)(colon - name)))
		return pen_arena_strdup(&tool->arena, text);
	if (!*text || !strcmp(text, "local"))
		return pen_arena_strdup(&tool->arena, "ncalrpc:");
	return pen_arena_printf(&tool->arena, "ncacn_ip_tcp:%s", text);
}

/*
 * Remote management is at every endpoint and in no map: without one, the endpoint
 * mapper's own is as good as any.
 */
static const char *complete(struct tool *tool, const char *text,
			    const struct pen_interface *interface)
{
	struct pen_binding binding;
	const char *completed = text;

	if (!interface || !pen_syntax_id_equal(&interface->id, &mgmt_interface.id))
		return text;
	if (pen_binding_parse(&binding, text, NULL))
		return text;
	if (!binding.endpoint && strchr(text, '['))
		completed = NULL; /* options without an endpoint: let the client say so */
	else if (!binding.endpoint && binding.protseq != PEN_NCACN_NP)
		completed = pen_arena_printf(&tool->arena, "%s[%s]", text,
					     binding.protseq == PEN_NCALRPC ? "EPMAPPER" : "135");
	pen_binding_done(&binding);
	return completed ? completed : text;
}

static int open_client(struct tool *tool, const char *text, const char *binding,
		       const struct pen_client_config *config)
{
	struct pen_ndr_error error = { "" };
	int r = pen_client_new(&tool->client, binding, config, &error);

	if (*error.text && r != PEN_E_SYNTAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s", error.text);
	if (r > 0)
		return tool_fail(tool, TOOL_USAGE,
				 "A binding is PROTSEQ:HOST[ENDPOINT], such as "
				 "ncacn_ip_tcp:server, ncacn_ip_tcp:127.0.0.1[11350] or ncalrpc:.",
				 "%s: %s", text, error.text);
	if (!r)
		r = pen_call_new(&tool->call, tool->client);
	if (r)
		return tool_fail_result(tool, r);
	pen_call_set_timeout(tool->call, tool->timeout_ms);
	return TOOL_OK;
}

int tool_connect_local(struct tool *tool, const char *binding)
{
	struct pen_client_config config = { .connect_timeout_ms = tool->timeout_ms };
	int r = choose_directory(tool);

	if (r)
		return tool_fail_result(tool, r);
	config.ncalrpc_dir = tool->ncalrpc_dir;
	return open_client(tool, binding, binding, &config);
}

int tool_connect(struct tool *tool, const char *text, const struct pen_interface *interface)
{
	struct pen_client_config config = { .connect_timeout_ms = tool->timeout_ms };
	const char *binding;
	int r;

	r = choose_directory(tool);
	if (r)
		return tool_fail_result(tool, r);
	config.ncalrpc_dir = tool->ncalrpc_dir;
	binding = tool_binding(tool, text);
	if (binding)
		binding = complete(tool, binding, interface);
	if (!binding)
		return tool_fail_result(tool, -ENOMEM);
	r = tool_secure(tool, binding, &config.security);
	if (r)
		return r;
	config.keylog = tool->login.keylog;
	if (config.keylog)
		fprintf(stderr,
			"penstock: session keys are written to %s: who reads it can read "
			"what is sealed with them.\n",
			config.keylog);
	return open_client(tool, text, binding, &config);
}

void tool_disconnect(struct tool *tool)
{
	if (tool->login.is_explained)
		tool_explain(tool);
	tool->call = tool->call ? pen_call_free(tool->call) : NULL;
	tool->client = pen_client_free(tool->client);
	free(tool->ncalrpc_dir);
	tool->ncalrpc_dir = NULL;
}
