/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/utf16.h"
#include "store/share-key.h"
#include "store/share.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_MAX = 4 << 20 };

struct smb_conf_shares {
	struct pen_shares base;
	char path[];
};

/* Where reading has got to: the share of the section at hand, and those before it. */
struct parse {
	struct pen_arena *arena;
	struct pen_share *rows;
	size_t n_rows;
	size_t max;
	struct pen_share share;
	bool is_share; /* the section is one, and not switched off */
};

static bool is_yes(const char *value)
{
	return !strcasecmp(value, "yes") || !strcasecmp(value, "true") || !strcmp(value, "1") ||
	       !strcasecmp(value, "on");
}

/* Cuts spaces off both ends, in place. */
static char *trim(char *text)
{
	size_t n;

	while (isspace((unsigned char)*text))
		text++;
	for (n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--)
		text[n - 1] = '\0';
	return text;
}

/* Parameter names are equal without regard to case and spaces. */
static bool is_parameter(const char *text, const char *name)
{
	for (;; text++, name++) {
		while (*text == ' ' || *text == '\t')
			text++;
		while (*name == ' ')
			name++;
		if (tolower((unsigned char)*text) != *name)
			return false;
		if (!*name)
			return true;
	}
}

static int parse_keep(struct parse *parse)
{
	struct pen_share *rows;
	size_t max;

	if (!parse->is_share)
		return 0;
	parse->is_share = false;
	if (parse->n_rows == PEN_SHARES_MAX)
		return PEN_E_LIMIT;
	if (parse->n_rows == parse->max) {
		max = parse->max ? 2 * parse->max : 16;
		rows = pen_arena_array(parse->arena, max, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		if (parse->n_rows)
			memcpy(rows, parse->rows, parse->n_rows * sizeof(*rows));
		parse->rows = rows;
		parse->max = max;
	}
	parse->rows[parse->n_rows++] = parse->share;
	return 0;
}

static int parse_section(struct parse *parse, const char *name)
{
	char key[PEN_SHARE_KEY_SIZE];
	int r = parse_keep(parse);

	if (r)
		return r;
	parse->share = (struct pen_share){
		.name = pen_arena_strdup(parse->arena, name),
		.remark = "",
		.path = "",
		.max_uses = PEN_SHARE_UNLIMITED,
	};
	parse->is_share = strcasecmp(name, "global") && strcasecmp(name, "homes") &&
			  strcasecmp(name, "printers") && !pen_share_key(key, name);
	return parse->share.name ? 0 : -ENOMEM;
}

static int parse_parameter(struct parse *parse, const char *name, const char *value)
{
	struct pen_share *share = &parse->share;
	unsigned long n;

	if (is_parameter(name, "path") || is_parameter(name, "directory")) {
		share->path = pen_arena_strdup(parse->arena, value);
	} else if (is_parameter(name, "comment")) {
		share->remark = pen_arena_strdup(parse->arena, value);
	} else if (is_parameter(name, "max connections")) {
		n = strtoul(value, NULL, 10);
		share->max_uses = n && n < PEN_SHARE_UNLIMITED ? (uint32_t)n : PEN_SHARE_UNLIMITED;
	} else if (is_parameter(name, "available")) {
		parse->is_share = parse->is_share && is_yes(value);
	} else if (is_parameter(name, "browseable") || is_parameter(name, "browsable")) {
		share->type = is_yes(value) ? share->type & ~PEN_SHARE_SPECIAL
					    : share->type | PEN_SHARE_SPECIAL;
	} else if (is_parameter(name, "printable") || is_parameter(name, "print ok")) {
		share->type = (share->type & PEN_SHARE_SPECIAL) |
			      (is_yes(value) ? PEN_SHARE_PRINTER : PEN_SHARE_DISK);
	}
	return share->path && share->remark ? 0 : -ENOMEM;
}

static int parse_line(struct parse *parse, char *line)
{
	char *end;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		end = strchr(line, ']');
		if (!end)
			return 0;
		*end = '\0';
		return parse_section(parse, trim(line + 1));
	}
	end = strchr(line, '=');
	if (!end || !parse->share.name)
		return 0;
	*end = '\0';
	return parse_parameter(parse, line, trim(end + 1));
}

/* A backslash at the end of a line joins the next one to it. */
static void join_lines(char *text)
{
	for (char *p = text; (p = strstr(p, "\\\n")) != NULL; p += 2)
		p[0] = p[1] = ' ';
}

static int file_read(const char *path, struct pen_arena *arena, char **textp)
{
	FILE *file = fopen(path, "re");
	struct stat info;
	char *text;
	size_t n;

	if (!file)
		return -errno;
	if (fstat(fileno(file), &info) || info.st_size > FILE_MAX) {
		fclose(file);
		return PEN_E_LIMIT;
	}
	text = pen_arena_alloc(arena, (size_t)info.st_size + 1);
	n = text ? fread(text, 1, (size_t)info.st_size, file) : 0;
	fclose(file);
	if (!text)
		return -ENOMEM;
	text[n] = '\0';
	*textp = text;
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct pen_share *x = a, *y = b;

	return pen_upcase_compare(x->name, strlen(x->name), y->name, strlen(y->name));
}

static int list(struct pen_shares *shares, struct pen_arena *arena, struct pen_share **rowsp,
		size_t *n_rowsp)
{
	struct parse parse = { .arena = arena };
	char *text, *line;
	int r = file_read(((struct smb_conf_shares *)shares)->path, arena, &text);

	if (r)
		return r;
	join_lines(text);
	while (!r && (line = strsep(&text, "\n")) != NULL)
		r = parse_line(&parse, line);
	if (!r)
		r = parse_keep(&parse);
	if (r)
		return r;
	if (parse.n_rows)
		qsort(parse.rows, parse.n_rows, sizeof(*parse.rows), compare_rows);
	*rowsp = parse.rows;
	*n_rowsp = parse.n_rows;
	return 0;
}

static int find(struct pen_shares *shares, const char *name, struct pen_arena *arena,
		struct pen_share *share)
{
	struct pen_share *rows;
	size_t n;
	int r = list(shares, arena, &rows, &n);

	for (size_t i = 0; !r && i < n; i++) {
		if (!pen_upcase_equal(rows[i].name, name))
			continue;
		*share = rows[i];
		return 0;
	}
	return r ? r : PEN_E_NOT_FOUND;
}

static void free_shares(struct pen_shares *shares)
{
	free(shares);
}

static const struct pen_shares_class smb_conf_class = {
	.list = list,
	.find = find,
	.free = free_shares,
};

int pen_shares_new_smb_conf(struct pen_shares **sharesp, const char *path)
{
	size_t size = strlen(path) + 1;
	struct smb_conf_shares *shares = calloc(1, sizeof(*shares) + size);

	if (!shares)
		return -ENOMEM;
	shares->base.class = &smb_conf_class;
	memcpy(shares->path, path, size);
	*sharesp = &shares->base;
	return 0;
}
