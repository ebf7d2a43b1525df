/* SPDX-License-Identifier: MIT */
/* The shell's interfaces, and calls of their operations. */
#include "runtime/flow.h"
#include "tool/shell.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* ---- interfaces ---- */

static void select_link(struct shell *shell, struct shell_link *link)
{
	shell->link = link;
	shell->tool->client = link ? link->client : NULL;
	shell->tool->call = link ? link->call : NULL;
}

static struct shell_link *find_link(const struct shell *shell,
				    const struct pen_interface *interface)
{
	struct shell_link *link = shell->links;

	while (link && link->interface != interface)
		link = link->next;
	return link;
}

static bool is_shared(const struct shell *shell, const struct shell_link *link)
{
	for (const struct shell_link *other = shell->links; other; other = other->next)
		if (other != link && other->client == link->client)
			return true;
	return false;
}

static void free_link(struct shell *shell, struct shell_link *link)
{
	if (link->call)
		pen_call_free(link->call);
	if (!is_shared(shell, link))
		pen_client_free(link->client);
	free(link);
}

void shell_free_links(struct shell *shell)
{
	while (shell->links) {
		struct shell_link *link = shell->links;

		shell->links = link->next;
		free_link(shell, link);
	}
	select_link(shell, NULL);
}

/* Where one endpoint is named, all interfaces are behind one connection. */
static int connect_link(struct shell *shell, struct shell_link *link)
{
	struct tool *tool = shell->tool;
	int r;

	if (shell->has_endpoint && shell->links) {
		link->client = shell->links->client;
		r = pen_call_new(&link->call, link->client);
		return r ? tool_fail_result(tool, r) : TOOL_OK;
	}
	select_link(shell, NULL);
	r = tool_connect(tool, shell->binding, link->interface);
	link->client = tool->client;
	link->call = tool->call;
	return r;
}

static int open_link(struct shell *shell, const struct pen_interface *interface)
{
	struct shell_link *before = shell->link, *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return tool_fail_result(shell->tool, -ENOMEM);
	link->interface = interface;
	r = connect_link(shell, link);
	if (!r) {
		select_link(shell, link);
		r = pen_call_bind(link->call, interface);
		if (r)
			r = tool_fail_call(shell->tool, interface->name, r);
	}
	if (r) {
		select_link(shell, before);
		free_link(shell, link);
		return r;
	}
	link->next = shell->links;
	shell->links = link;
	return TOOL_OK;
}

int shell_bind(struct shell *shell, const struct pen_interface *interface)
{
	struct shell_link *link = find_link(shell, interface);

	if (!link)
		return open_link(shell, interface);
	select_link(shell, link);
	return TOOL_OK;
}

/* ---- a line that calls ---- */

struct words {
	const char *name;      /* for the first handle that comes; NULL: none was given */
	const char *operation; /* INTERFACE.OPERATION */
	const char *json;
	size_t n_json;
	struct tool_words files;
};

static bool is_name(const char *text, size_t n)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return n && n < sizeof(((struct shell_handle *)NULL)->name) && strspn(text, letters) >= n;
}

/* "NAME = " or "$NAME = " before all. */
static int take_name(struct shell *shell, char **linep, struct words *words)
{
	char *line = *linep, *name = line + (*line == '$');
	size_t n = strcspn(name, " \t=");
	char *equals = name + n + strspn(name + n, " \t");

	if (*equals != '=')
		return TOOL_OK;
	if (!is_name(name, n))
		return tool_fail(shell->tool, TOOL_USAGE, NULL,
				 "%.*s is no name for a handle: letters, digits and _, up to 31",
				 (int)n, name);
	name[n] = '\0';
	words->name = name;
	*linep = shell_trim(equals + 1);
	return TOOL_OK;
}

static int no_interface(struct shell *shell)
{
	return tool_fail(shell->tool, TOOL_USAGE,
			 "\"bind INTERFACE\" chooses one; \"ls\" lists them.",
			 "no interface is bound");
}

static int take_operation(struct shell *shell, char **linep, struct words *words)
{
	char *line = *linep, *rest;
	size_t n = strcspn(line, " \t{");

	rest = shell_trim(line + n);
	if (memchr(line, '.', n))
		words->operation = pen_arena_text(&shell->arena, line, n);
	else if (!shell->link)
		return no_interface(shell);
	else
		words->operation = pen_arena_printf(&shell->arena, "%s.%.*s",
						    shell->link->interface->name, (int)n, line);
	*linep = rest;
	return words->operation ? TOOL_OK : tool_fail_result(shell->tool, -ENOMEM);
}

static int take_files(struct shell *shell, char *line, struct words *words)
{
	char *save = NULL;

	for (char *word = strtok_r(line, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (!strchr(word, '=') || *word == '=')
			return tool_fail(shell->tool, TOOL_USAGE, NULL,
					 "%s is neither JSON nor PIPE=FILE", word);
		if (words->files.n == TOOL_WORDS_MAX)
			return tool_fail(shell->tool, TOOL_USAGE, NULL, "more than %d pipes",
					 TOOL_WORDS_MAX);
		words->files.words[words->files.n++] = word;
	}
	return TOOL_OK;
}

static int take_words(struct shell *shell, char *line, struct words *words)
{
	int r = take_name(shell, &line, words);

	if (!r)
		r = take_operation(shell, &line, words);
	if (r)
		return r;
	words->json = "{}";
	words->n_json = 2;
	if (*line == '{') {
		words->json = line;
		words->n_json = tool_json_size(line, strlen(line));
		line += words->n_json;
	} else if (*line == '@') {
		words->json = line;
		words->n_json = strcspn(line, " \t");
		line += words->n_json;
	}
	return take_files(shell, line, words);
}

/* ---- the call ---- */

static int set_parameters(struct shell *shell, struct dynamic *dynamic, const struct words *words)
{
	struct pen_buffer text = { 0 }, json = { 0 };
	const char *word = pen_arena_text(&shell->arena, words->json, words->n_json);
	int r = word ? tool_read_json(shell->tool, word, &text)
		     : tool_fail_result(shell->tool, -ENOMEM);

	if (!r)
		r = shell_put_handles(shell, (const char *)text.data, text.size, &json);
	if (!r)
		r = dynamic_set(dynamic, shell->tool, (const char *)json.data, json.size);
	pen_buffer_done(&text);
	pen_buffer_done(&json);
	return r;
}

/* What Control-C was pressed for before is no matter of this call. */
static void forget_interrupts(struct tool *tool)
{
	const struct timespec now = { 0 };
	sigset_t signals;

	if (!tool->interrupts)
		return;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	while (sigtimedwait(&signals, NULL, &now) > 0)
		;
	*tool->interrupts = 0;
}

/* A connection that has ended took its handles with it. */
static void check_connection(struct shell *shell)
{
	struct pen_client_security_info info;
	size_t n;

	if (pen_client_security_info(shell->link->client, &info) != PEN_E_CLOSED)
		return;
	n = shell_forget_handles(shell, shell->link);
	if (n)
		fprintf(stderr, "The connection has ended, and with it %zu handle%s.\n", n,
			n == 1 ? "" : "s");
}

static int invoke(struct shell *shell, struct dynamic *dynamic, const struct words *words)
{
	struct tool *tool = shell->tool;
	int r, end;

	forget_interrupts(tool);
	dynamic->callbacks = shell->link->callbacks;
	r = dynamic_invoke(dynamic, tool);
	/* One that was given up has been replaced. */
	shell->link->call = tool->call;
	if (r) {
		check_connection(shell);
		return r;
	}
	r = dynamic_print(dynamic, tool);
	end = shell_learn_handles(shell, dynamic, words->name);
	return r ? r : end;
}

static int invoke_with_pipes(struct shell *shell, struct dynamic *dynamic,
			     const struct words *words)
{
	struct call_pipes *pipes = pen_arena_zalloc(&shell->arena, sizeof(*pipes));
	struct tool *tool = shell->tool;
	int r, end;

	if (!pipes)
		return tool_fail_result(tool, -ENOMEM);
	dynamic->pipes = pipes;
	r = call_pipes_open(pipes, tool, &words->files, dynamic->operation, dynamic->in,
			    dynamic->out);
	if (!r && call_pipes_use(pipes, STDIN_FILENO))
		r = tool_fail(tool, TOOL_USAGE, NULL, "standard input is the session's");
	if (!r) {
		fflush(stdout);
		tool->is_stdout_taken = call_pipes_use(pipes, STDOUT_FILENO);
		r = invoke(shell, dynamic, words);
		tool->is_stdout_taken = false;
	}
	end = call_pipes_close(pipes);
	return r ? r : end;
}

static int call(struct shell *shell, const struct words *words)
{
	struct shell_link *before = shell->link;
	struct dynamic dynamic;
	int r = dynamic_init(&dynamic, shell->tool, words->operation, &shell->arena);

	if (!r)
		r = set_parameters(shell, &dynamic, words);
	if (!r)
		r = shell_bind(shell, dynamic.interface);
	if (r)
		return r;
	if (pen_operation_has_pipes(dynamic.operation))
		r = invoke_with_pipes(shell, &dynamic, words);
	else if (words->files.n)
		r = tool_fail(shell->tool, TOOL_USAGE, NULL, "%s has no pipes", words->operation);
	else
		r = invoke(shell, &dynamic, words);
	if (before)
		select_link(shell, before);
	return r;
}

int shell_call(struct shell *shell, char *line)
{
	struct words words = { 0 };
	int r = take_words(shell, line, &words);

	return r ? r : call(shell, &words);
}

int shell_set_callbacks(struct shell *shell, char *rest)
{
	if (!shell->link)
		return no_interface(shell);
	return callbacks_load(&shell->link->callbacks, shell->tool, rest, shell->link->interface);
}

/* ---- close ---- */

/* One that takes a handle and nothing else, gives it back, and says that it closes something. */
static const struct pen_operation *find_closing(const struct pen_interface *interface)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const struct pen_operation *operation = &interface->operations[i];
		const struct pen_type *in = operation->in, *out = operation->out;

		if (operation->name && strcasestr(operation->name, "close") && in->n_fields == 1 &&
		    in->fields[0].type->kind == PEN_HANDLE && out->n_fields &&
		    out->fields[0].type->kind == PEN_HANDLE &&
		    !strcmp(in->fields[0].name, out->fields[0].name))
			return operation;
	}
	return NULL;
}

int shell_close(struct shell *shell, char *rest)
{
	const char *name = rest + (*rest == '$');
	const struct shell_handle *handle = shell_find_handle(shell, name, strlen(name));
	const struct pen_operation *operation;
	const struct pen_interface *interface;
	struct words words = { 0 };

	if (!handle)
		return tool_fail(shell->tool, TOOL_USAGE, "\"handles\" lists those there are.",
				 "there is no handle $%s", name);
	interface = handle->at->interface;
	operation = find_closing(interface);
	if (!operation)
		return tool_fail(shell->tool, TOOL_USAGE, NULL,
				 "%s has no operation that looks as if it closed handles",
				 interface->name);
	words.operation =
		pen_arena_printf(&shell->arena, "%s.%s", interface->name, operation->name);
	words.json = pen_arena_printf(&shell->arena, "{\"%s\":$%s}", operation->in->fields[0].name,
				      name);
	if (!words.operation || !words.json)
		return tool_fail_result(shell->tool, -ENOMEM);
	words.n_json = strlen(words.json);
	return call(shell, &words);
}
