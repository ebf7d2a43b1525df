/* SPDX-License-Identifier: MIT */
#include "tool/shell.h"
#include <string.h>

/* NULL, for want of memory, is no word. */
static void add(struct shell_words *words, const char *text, size_t n, const char *word)
{
	if (word && words->n < SHELL_WORDS_MAX && !strncmp(word, text + words->at, n - words->at))
		words->words[words->n++] = word;
}

static void add_commands(const char *text, size_t n, struct shell_words *words)
{
	for (const struct shell_command *command = shell_commands; command->name; command++)
		add(words, text, n, command->name);
}

static void add_operations(struct shell *shell, const struct pen_interface *interface,
			   const char *text, size_t n, bool is_whole, struct shell_words *words)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const char *name = interface->operations[i].name;

		if (name)
			add(words, text, n,
			    is_whole ? pen_arena_printf(&shell->arena, "%s.%s", interface->name,
							name)
				     : name);
	}
}

static void add_interfaces(const struct shell *shell, const char *text, size_t n,
			   struct shell_words *words)
{
	const struct pen_interface *interface;

	for (size_t i = 0; (interface = tool_interface(shell->tool, i)); i++)
		add(words, text, n, interface->name);
}

/* Of the interface that is bound by their names, of another with it. */
static void add_calls(struct shell *shell, const char *text, size_t n, struct shell_words *words)
{
	const char *word = text + words->at, *dot = memchr(word, '.', n - words->at);
	const struct pen_interface *interface;

	if (!dot && shell->link)
		add_operations(shell, shell->link->interface, text, n, false, words);
	for (size_t i = 0; dot && (interface = tool_interface(shell->tool, i)); i++)
		if (strlen(interface->name) == (size_t)(dot - word) &&
		    !memcmp(interface->name, word, (size_t)(dot - word)))
			add_operations(shell, interface, text, n, true, words);
}

static void add_handles(struct shell *shell, const char *text, size_t n, struct shell_words *words)
{
	for (const struct shell_handle *handle = shell->handles; handle; handle = handle->next)
		add(words, text, n, pen_arena_printf(&shell->arena, "$%s", handle->name));
}

static const struct pen_operation *find_called(const struct shell *shell, const char *text,
					       size_t n)
{
	const char *dot = memchr(text, '.', n);
	const struct pen_interface *interface;
	char name[128];

	if (n >= sizeof(name))
		return NULL;
	memcpy(name, text, n);
	name[n] = '\0';
	if (!dot)
		return shell->link ? pen_interface_find(shell->link->interface, name, NULL) : NULL;
	name[dot - text] = '\0';
	for (size_t i = 0; (interface = tool_interface(shell->tool, i)); i++)
		if (!strcmp(interface->name, name))
			return pen_interface_find(interface, name + (dot - text) + 1, NULL);
	return NULL;
}

/* In the JSON that follows it: the names of parameters that are not there yet; and pipes. */
static void add_parameters(struct shell *shell, const struct pen_operation *operation,
			   const char *text, size_t n, struct shell_words *words)
{
	bool has_begun = memchr(text, '{', n);

	if (!has_begun)
		add(words, text, n, "{");
	for (uint32_t i = 0; i < operation->in->n_fields; i++) {
		const struct pen_field *field = &operation->in->fields[i];
		bool is_pipe = field->type->kind == PEN_PIPE;
		char *word =
			pen_arena_printf(&shell->arena, is_pipe ? "%s=" : "\"%s\": ", field->name);

		if (word && (is_pipe || has_begun) &&
		    !memmem(text, words->at, word, strlen(word) - !is_pipe))
			add(words, text, n, word);
	}
}

/* Where the last word begins. */
static size_t find_word(const char *text, size_t n)
{
	while (n && !strchr(" \t{[,:", text[n - 1]))
		n--;
	return n;
}

static bool is_word(const char *text, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(text, word, n);
}

static void add_arguments(struct shell *shell, const char *text, size_t n, size_t begin, size_t end,
			  struct shell_words *words)
{
	const char *first = text + begin;
	size_t n_first = end - begin;
	const struct pen_operation *operation;

	if (is_word(first, n_first, "bind") || is_word(first, n_first, "ls")) {
		add_interfaces(shell, text, n, words);
	} else if (is_word(first, n_first, "help")) {
		add_commands(text, n, words);
		add_calls(shell, text, n, words);
	} else if (is_word(first, n_first, "close") || text[words->at] == '$') {
		add_handles(shell, text, n, words);
	} else {
		operation = find_called(shell, first, n_first);
		if (operation)
			add_parameters(shell, operation, text, n, words);
	}
}

void shell_complete(struct shell *shell, const char *text, struct shell_words *words)
{
	size_t n = strlen(text), begin = strspn(text, " \t"), end;

	*words = (struct shell_words){ .at = find_word(text, n) };
	while (!strncmp(text + begin, "time ", 5))
		begin += 5;
	end = begin + strcspn(text + begin, " \t{");
	if (end < n) {
		add_arguments(shell, text, n, begin, end, words);
		return;
	}
	add_commands(text, n, words);
	add_calls(shell, text, n, words);
	if (!strchr(text + words->at, '.'))
		add_interfaces(shell, text, n, words);
}
