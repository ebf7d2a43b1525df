/* SPDX-License-Identifier: MIT */
/* penstock pipe ls, info, watch: which pipes there are, and what one is. */
#include "base/cleanup.h"
#include "tool/pipe.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOOK_MS = 5000 }; /* until watch looks whether somebody still reads what it prints */

/* ---- the list ---- */

struct row {
	char *name;
	uint32_t instances;
	uint32_t instances_max;
};

struct rows {
	struct row *rows;
	size_t n, size;
};

static void free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->rows[i].name);
	free(rows->rows);
	*rows = (struct rows){ 0 };
}

static uint32_t add_row(void *data, const struct pen_pipe_entry *entry)
{
	struct rows *rows = data;
	struct row *row;

	if (rows->n == rows->size) {
		size_t size = rows->size ? 2 * rows->size : 64;
		struct row *more = reallocarray(rows->rows, size, sizeof(*more));

		if (!more)
			return PEN_STATUS_NO_MEMORY;
		rows->rows = more;
		rows->size = size;
	}
	row = &rows->rows[rows->n];
	*row = (struct row){ strdup(entry->name), entry->instances, entry->instances_max };
	if (!row->name)
		return PEN_STATUS_NO_MEMORY;
	rows->n++;
	return PEN_STATUS_SUCCESS;
}

static int compare_rows(const void *a, const void *b)
{
	const char *one = ((const struct row *)a)->name, *other = ((const struct row *)b)->name;
	int order = strcasecmp(one, other);

	return order ? order : strcmp(one, other);
}

static uint32_t list(const struct tool *tool, struct rows *rows)
{
	uint32_t status = pen_pipe_list(pipe_value(tool, PIPE_OBJECTS_DIR), add_row, rows);

	if (!status && rows->n)
		qsort(rows->rows, rows->n, sizeof(*rows->rows), compare_rows);
	return status;
}

static void put_max(struct pen_buffer *json, uint32_t max)
{
	if (max == UINT32_MAX)
		tool_json_text(json, "instances_max", NULL);
	else
		tool_json_number(json, "instances_max", max);
}

/* ---- ls ---- */

static int print_rows_json(struct tool *tool, const struct rows *rows)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (size_t i = 0; i < rows->n; i++) {
		pen_buffer_printf(&json, "%s{", i ? "," : "");
		tool_json_text(&json, "name", rows->rows[i].name);
		tool_json_number(&json, "instances", rows->rows[i].instances);
		put_max(&json, rows->rows[i].instances_max);
		pen_buffer_printf(&json, "}");
	}
	r = pen_buffer_printf(&json, "]");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static void print_rows(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->rows[i];

		pipe_print_name(row->name, 40);
		printf(" %5u", row->instances);
		if (row->instances_max != UINT32_MAX)
			printf(" of %u", row->instances_max);
		printf("\n");
	}
}

int pipe_ls(struct tool *tool, int argc, char **argv)
{
	struct rows rows = { 0 };
	uint32_t status = list(tool, &rows);
	int r = TOOL_OK;

	if (status)
		r = pipe_fail(tool, "cannot list", "the pipes", status);
	else if (tool->is_json)
		r = print_rows_json(tool, &rows);
	else
		print_rows(&rows);
	free_rows(&rows);
	return r;
}

/* ---- watch ---- */

static int tell(struct tool *tool, char sign, const struct row *row)
{
	struct pen_buffer json;
	int r;

	if (!tool->is_json) {
		printf("%c ", sign);
		pipe_print_name(row->name, 0);
		printf("\n");
		return fflush(stdout) ? -errno : 0;
	}
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "change", sign == '+' ? "+" : "-");
	tool_json_text(&json, "name", row->name);
	r = pen_buffer_printf(&json, "}");
	if (!r && (printf("%.*s\n", (int)json.size, (const char *)json.data) < 0 || fflush(stdout)))
		r = -errno;
	pen_buffer_done(&json);
	return r;
}

/* Both are in order. */
static int tell_changes(struct tool *tool, const struct rows *old, const struct rows *new)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < old->n || k < new->n)) {
		int order = i == old->n	  ? 1
			    : k == new->n ? -1
					  : compare_rows(&old->rows[i], &new->rows[k]);

		if (order < 0)
			r = tell(tool, '-', &old->rows[i]);
		else if (order > 0)
			r = tell(tool, '+', &new->rows[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

static bool is_read(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) <= 0 || !(out.revents & (POLLERR | POLLNVAL));
}

/* Whether there is something new. */
static uint32_t await_change(const struct tool *tool, uint32_t *seenp)
{
	uint32_t status;

	do
		status = pen_pipe_watch(pipe_value(tool, PIPE_OBJECTS_DIR), seenp, LOOK_MS);
	while (status == PEN_STATUS_IO_TIMEOUT && is_read());
	return status;
}

/* Every line is out as soon as it is told, so there is nothing to be lost. */
static void end_at_once(int number)
{
	_exit(TOOL_OK);
}

int pipe_watch(struct tool *tool, int argc, char **argv)
{
	struct rows old = { 0 };
	uint32_t seen = 0, status;
	int r = 0;

	signal(SIGINT, end_at_once);
	signal(SIGTERM, end_at_once);
	do {
		struct rows new = { 0 };

		/* Of what comes while the list is read the next wait tells. */
		status = await_change(tool, &seen);
		if (!status)
			status = list(tool, &new);
		if (!status)
			r = tell_changes(tool, &old, &new);
		free_rows(&old);
		old = new;
	} while (!status && !r);
	free_rows(&old);
	/* Whoever read it has had enough. */
	if (r == -EPIPE || status == PEN_STATUS_IO_TIMEOUT)
		return TOOL_OK;
	return r ? tool_fail_result(tool, r) : pipe_fail(tool, "cannot watch", "the pipes", status);
}

/* ---- info ---- */

struct about {
	struct pen_pipe_info info;
	uint32_t process, session, access;
	struct pen_buffer sddl; /* empty: it may not be read */
};

static const char *const types[] = { "bytes", "messages" };
static const char *const configurations[] = { "inbound", "outbound", "duplex" };

static const char *name_of(const char *const *names, size_t n, uint32_t i)
{
	return i < n ? names[i] : "unknown";
}

static uint32_t learn_sddl(struct pen_pipe *pipe, struct pen_buffer *sddl)
{
	enum { ALL_BUT_SACL = 7 };
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	uint32_t status;

	pen_arena_init(&arena, 1 << 20);
	status = pen_pipe_get_security(pipe, ALL_BUT_SACL, &arena, &descriptor);
	if (!status && pen_sddl_print(&descriptor, NULL, sddl))
		status = PEN_STATUS_INVALID_SECURITY_DESCR;
	pen_arena_done(&arena);
	return status;
}

static uint32_t learn(struct pen_pipe *pipe, struct about *about)
{
	uint32_t status = pen_pipe_get_info(pipe, &about->info);

	about->access = pen_pipe_access(pipe);
	if (!status)
		status = pen_pipe_server_process(pipe, &about->process);
	if (!status)
		status = pen_pipe_server_session(pipe, &about->session);
	if (!status && about->access & PEN_ACCESS_READ_CONTROL)
		status = learn_sddl(pipe, &about->sddl);
	return status;
}

static int print_about_json(struct tool *tool, const char *name, const struct about *about)
{
	const struct pen_pipe_info *info = &about->info;
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "name", name);
	tool_json_text(&json, "type", name_of(types, PEN_COUNT(types), info->type));
	tool_json_text(&json, "configuration",
		       name_of(configurations, PEN_COUNT(configurations), info->configuration));
	tool_json_number(&json, "inbound_quota", info->inbound_quota);
	tool_json_number(&json, "outbound_quota", info->outbound_quota);
	tool_json_number(&json, "instances", info->instances);
	put_max(&json, info->instances_max);
	tool_json_number(&json, "server_process", about->process);
	tool_json_number(&json, "server_session", about->session);
	tool_json_number(&json, "access", about->access);
	if (about->sddl.size)
		tool_json_text(&json, "sddl", (const char *)about->sddl.data);
	else
		tool_json_text(&json, "sddl", NULL);
	r = pen_buffer_printf(&json, "}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static void print_about(const char *name, const struct about *about)
{
	const struct pen_pipe_info *info = &about->info;

	printf("name            ");
	pipe_print_name(name, 0);
	printf("\ntype            %s\n", name_of(types, PEN_COUNT(types), info->type));
	printf("configuration   %s\n",
	       name_of(configurations, PEN_COUNT(configurations), info->configuration));
	printf("inbound quota   %u\noutbound quota  %u\n", info->inbound_quota,
	       info->outbound_quota);
	printf("instances       %u", info->instances);
	if (info->instances_max != UINT32_MAX)
		printf(" of %u", info->instances_max);
	printf("\nserver process  %u\nserver session  %u\n", about->process, about->session);
	printf("your rights     0x%x\n", about->access);
	if (about->sddl.size)
		printf("descriptor      %s\n", (const char *)about->sddl.data);
}

int pipe_info(struct tool *tool, int argc, char **argv)
{
	const char *name = pipe_name(tool, argv[0]);
	struct about about = { 0 };
	struct pen_pipe *pipe;
	char *own_name = NULL;
	uint32_t status;
	int r = TOOL_OK;

	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	status = pipe_open(tool, name, PEN_ACCESS_MAXIMUM_ALLOWED, &pipe);
	if (status)
		return pipe_fail(tool, "cannot open", name, status);
	pen_buffer_init(&about.sddl, 0);
	status = learn(pipe, &about);
	if (!status)
		status = pen_pipe_get_name(pipe, &own_name);
	if (!status && pen_buffer_add(&about.sddl, "", about.sddl.size != 0))
		status = PEN_STATUS_NO_MEMORY;
	pen_pipe_free(pipe);
	if (status)
		r = pipe_fail(tool, "cannot query", name, status);
	else if (tool->is_json)
		r = print_about_json(tool, own_name + 1, &about);
	else
		print_about(own_name + 1, &about);
	free(own_name);
	pen_buffer_done(&about.sddl);
	return r;
}
