/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_SHELL_H
#define PEN_TOOL_SHELL_H
/*
 * penstock shell: a session with a server, line by line. It keeps the connection, and with it the
 * context handles, which have names.
 */
#include "tool/dynamic.h"

/* A context handle that the server has given, and not taken back. */
struct shell_handle {
	struct shell_handle *next;
	char name[32];	       /* "h1"; it is written $h1 */
	char type[64];	       /* the parameter it came in */
	struct shell_link *at; /* who has it */
	struct pen_context_handle handle;
};

/* An interface that is bound, and the way to it. */
struct shell_link {
	struct shell_link *next;
	const struct pen_interface *interface;
	struct pen_client *client; /* may be that of another one, too */
	struct pen_call *call;
	struct callbacks *callbacks; /* NULL: none is answered */
};

struct shell_line;

struct shell {
	struct tool *tool;
	const char *binding;
	bool has_endpoint; /* then all interfaces are there */
	bool is_interactive, is_timed, is_over;
	int result; /* of the first command that went wrong */
	struct shell_link *links;
	struct shell_link *link; /* NULL: no interface is bound */
	struct shell_handle *handles;
	unsigned n_handles; /* ever */
	struct shell_line *line;
	struct pen_arena arena; /* of one line */
};

/* ---- shell.c ---- */

struct shell_command {
	const char *name; /* NULL: the end of the list */
	const char *arguments;
	const char *summary;
	int (*run)(struct shell *shell, char *rest); /* of the line, without blanks around */
};

extern const struct shell_command shell_commands[];

/* Runs one line. */
int shell_run(struct shell *shell, char *line);

/* Without blanks around; in place. */
char *shell_trim(char *text);

/* ---- shell-call.c ---- */

/* Makes the interface the one whose operations are called by their names alone. Complains. */
int shell_bind(struct shell *shell, const struct pen_interface *interface);

/* [NAME =] [INTERFACE.]OPERATION [JSON] [PIPE=FILE]... */
int shell_call(struct shell *shell, char *line);

/* Calls the operation that closes the handle $NAME. */
int shell_close(struct shell *shell, char *rest);

/* Answers callbacks of the interface that is bound by that script from now on. */
int shell_set_callbacks(struct shell *shell, char *rest);

void shell_free_links(struct shell *shell);

/* ---- shell-handle.c ---- */

struct shell_handle *shell_find_handle(const struct shell *shell, const char *name, size_t n);

/*
 * JSON in which each $NAME outside of a text, and each text that is one, has become the handle.
 * Complains.
 */
int shell_put_handles(struct shell *shell, const char *json, size_t n, struct pen_buffer *out);

/*
 * Learns from an answer which handles there are now, and which no more. name, if not NULL, is for
 * the first new one.
 */
int shell_learn_handles(struct shell *shell, const struct dynamic *dynamic, const char *name);

/* Forgets those of the link, or all: NULL. Returns how many there were. */
size_t shell_forget_handles(struct shell *shell, const struct shell_link *at);

int shell_list_handles(struct shell *shell);

/* ---- shell-line.c ---- */

/* Opens the terminal, or what stands for it. -ENOMEM. */
int shell_line_new(struct shell_line **linep, struct shell *shell);
struct shell_line *shell_line_free(struct shell_line *line);

/* The next line without its end; NULL: there is none any more. It lives until the next. */
char *shell_line_read(struct shell_line *line, const char *prompt);

/* ---- shell-complete.c ---- */

enum { SHELL_WORDS_MAX = 512 };

/* What may stand in the place of a word; texts live in the shell's arena. */
struct shell_words {
	size_t at; /* where the word begins */
	const char *words[SHELL_WORDS_MAX];
	size_t n;
};

/* For the word that the text ends with. */
void shell_complete(struct shell *shell, const char *text, struct shell_words *words);

#endif
