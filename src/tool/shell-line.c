/* SPDX-License-Identifier: MIT */
/* Lines: from a terminal, by libedit where we have it, or from a file. */
#include "base/cleanup.h"
#include "tool/shell.h"
#include <errno.h>
#include <string.h>
#ifdef PEN_HAVE_LIBEDIT
#include <histedit.h>
#include <sys/stat.h>
#include <wchar.h>
#endif

struct shell_line {
	struct shell *shell;
	const char *prompt;
	char *text; /* of getline, or a copy */
	size_t room;
#ifdef PEN_HAVE_LIBEDIT
	EditLine *edit; /* NULL: there is no terminal */
	History *history;
	char *path; /* where the history is kept; NULL: nowhere */
#endif
};

#ifdef PEN_HAVE_LIBEDIT

enum { HISTORY_SIZE = 1000 };

static struct shell_line *line_of(EditLine *edit)
{
	void *data = NULL;

	el_get(edit, EL_CLIENTDATA, &data);
	return data;
}

static char *prompt_of(EditLine *edit)
{
	return (char *)(uintptr_t)line_of(edit)->prompt;
}

/* ---- completion ---- */

/* How far all words are the same. */
static size_t common_length(const struct shell_words *words)
{
	size_t n = strlen(words->words[0]);

	for (size_t i = 1; i < words->n; i++)
		for (size_t k = 0; k < n; k++)
			if (words->words[i][k] != words->words[0][k])
				n = k;
	return n;
}

static void list_words(const struct shell_words *words)
{
	putchar('\n');
	for (size_t i = 0; i < words->n; i++)
		printf("%s%s", words->words[i], i + 1 < words->n ? "  " : "\n");
	fflush(stdout);
}

static unsigned char complete(EditLine *edit, wint_t key)
{
	const LineInfo *info = el_line(edit);
	size_t n = (size_t)(info->cursor - info->buffer);
	struct shell_line *line = line_of(edit);
	pen_cleanup(pen_freep) char *text = strndup(info->buffer, n);
	pen_cleanup(pen_freep) struct shell_words *words = malloc(sizeof(*words));
	pen_cleanup(pen_freep) char *word = NULL;
	size_t n_common;

	if (!text || !words)
		return CC_ERROR;
	shell_complete(line->shell, text, words);
	if (!words->n)
		return CC_ERROR;
	n_common = common_length(words);
	word = strndup(words->words[0], n_common);
	if (!word)
		return CC_ERROR;
	if (n_common > n - words->at) {
		el_insertstr(edit, word + (n - words->at));
		if (words->n == 1 && !strchr("= {", word[n_common - 1]))
			el_insertstr(edit, " ");
		return CC_REFRESH;
	}
	if (words->n == 1)
		return CC_ERROR;
	list_words(words);
	return CC_REDISPLAY;
}

/* ---- history ---- */

/* $XDG_STATE_HOME/penstock/history, or in ~/.local/state. */
static char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	bool has_state = state && *state == '/';
	char *path = NULL;

	if (!has_state && (!home || *home != '/'))
		return NULL;
	if (asprintf(&path, "%s%s/penstock/history", has_state ? state : home,
		     has_state ? "" : "/.local/state") < 0)
		return NULL;
	/* What there is of it already is no failure; what cannot be made, saving says nothing of.
	 */
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return path;
}

static void load_history(struct shell_line *line)
{
	HistEvent event;

	line->history = history_init();
	if (!line->history)
		return;
	history(line->history, &event, H_SETSIZE, HISTORY_SIZE);
	history(line->history, &event, H_SETUNIQUE, 1);
	line->path = history_path();
	if (line->path)
		history(line->history, &event, H_LOAD, line->path);
	el_set(line->edit, EL_HIST, history, line->history);
}

/* A line that begins with a blank is nobody's business later. */
static void remember(struct shell_line *line, const char *text)
{
	HistEvent event;

	if (line->history && *text && !strchr(" \t\n", *text))
		history(line->history, &event, H_ENTER, text);
}

/* ---- the terminal ---- */

static int open_terminal(struct shell_line *line)
{
	line->edit = el_init("penstock", stdin, stdout, stderr);
	if (!line->edit)
		return -ENOMEM;
	el_set(line->edit, EL_CLIENTDATA, line);
	el_set(line->edit, EL_EDITOR, "emacs");
	el_set(line->edit, EL_PROMPT, prompt_of);
	/* The narrow form of it leaks its texts. */
	el_wset(line->edit, EL_ADDFN, L"complete", L"completes the word", complete);
	el_set(line->edit, EL_BIND, "^I", "complete", NULL);
	el_set(line->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* Control-C empties the line; only while a call goes on it is a signal. */
	el_set(line->edit, EL_SETTY, "-d", "-isig", NULL);
	el_set(line->edit, EL_BIND, "^C", "em-kill-line", NULL);
	load_history(line);
	return 0;
}

static void close_terminal(struct shell_line *line)
{
	HistEvent event;

	if (line->history && line->path)
		history(line->history, &event, H_SAVE, line->path);
	if (line->edit)
		el_end(line->edit);
	if (line->history)
		history_end(line->history);
	free(line->path);
}

static char *read_terminal(struct shell_line *line)
{
	const char *text;
	int n = 0;

	el_resize(line->edit);
	text = el_gets(line->edit, &n);
	if (!text || n <= 0)
		return NULL;
	remember(line, text);
	free(line->text);
	line->text = strndup(text, (size_t)n);
	return line->text;
}

static bool has_terminal(const struct shell_line *line)
{
	return line->edit;
}

#else

static int open_terminal(struct shell_line *line)
{
	return 0;
}

static void close_terminal(struct shell_line *line)
{
}

static char *read_terminal(struct shell_line *line)
{
	return NULL;
}

static bool has_terminal(const struct shell_line *line)
{
	return false;
}

#endif

/* ---- either ---- */

int shell_line_new(struct shell_line **linep, struct shell *shell)
{
	struct shell_line *line = calloc(1, sizeof(*line));
	int r;

	if (!line)
		return -ENOMEM;
	line->shell = shell;
	r = shell->is_interactive ? open_terminal(line) : 0;
	if (r) {
		shell_line_free(line);
		return r;
	}
	*linep = line;
	return 0;
}

struct shell_line *shell_line_free(struct shell_line *line)
{
	if (!line)
		return NULL;
	close_terminal(line);
	free(line->text);
	free(line);
	return NULL;
}

char *shell_line_read(struct shell_line *line, const char *prompt)
{
	line->prompt = prompt;
	if (has_terminal(line))
		return read_terminal(line);
	if (line->shell->is_interactive) {
		fputs(prompt, stdout);
		fflush(stdout);
	}
	return getline(&line->text, &line->room, stdin) < 0 ? NULL : line->text;
}
