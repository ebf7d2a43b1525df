/* SPDX-License-Identifier: MIT */
#include "tool/control.h"
#include "tool/top.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 256, PERIOD_MS = 1000 };

void top_rows_done(struct top_rows *rows)
{
	free(rows->rows);
	*rows = (struct top_rows){ 0 };
}

/* ---- what there is ---- */

static struct top_row *add(struct top_rows *rows)
{
	if (rows->n == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 64;
		void *more = reallocarray(rows->rows, room, sizeof(*rows->rows));

		if (!more)
			return NULL;
		rows->rows = more;
		rows->room = room;
	}
	rows->rows[rows->n] = (struct top_row){ 0 };
	return &rows->rows[rows->n++];
}

static int add_worker(struct top_rows *rows, const char *name, const struct control_worker *worker,
		      uint64_t now)
{
	struct top_row *row = add(rows);

	if (!row)
		return -ENOMEM;
	*row = (struct top_row){
		.pid = worker->pid,
		.n_processes = 1,
		.stage = worker->stage,
		.age_ms = worker->age_ms,
		.connections = worker->connections,
		.handles = worker->handles,
		.calls = worker->calls,
		.calls_begun = worker->calls_begun,
		.faults = worker->faults,
		.looked_at = now,
		.told_at = now - (uint64_t)(worker->told_ms < 0 ? worker->age_ms : worker->told_ms),
	};
	control_name(row->name, sizeof(row->name), name);
	return 0;
}

static int add_child(struct top_rows *rows, const struct control_child *child, uint64_t now)
{
	struct top_row *row = add(rows);

	if (!row)
		return -ENOMEM;
	*row = (struct top_row){
		.pid = child->pid,
		.n_processes = 1,
		.stage = control_READY,
		.age_ms = child->age_ms,
		.connections = child->holds > 0 ? (uint32_t)child->holds : 0,
		.looked_at = now,
		.told_at = now,
	};
	control_name(row->name, sizeof(row->name), child->name);
	return 0;
}

int top_rows_fill(struct top_rows *rows, const struct control_status *status, uint64_t now)
{
	int r = 0;

	rows->n = 0;
	for (uint32_t i = 0; i < status->n_programs; i++)
		for (uint32_t k = 0; k < status->programs[i].n_workers && !r; k++)
			r = add_worker(rows, status->programs[i].name,
				       &status->programs[i].workers[k], now);
	for (uint32_t i = 0; i < status->n_children && !r; i++)
		if (status->children[i].pid)
			r = add_child(rows, &status->children[i], now);
	return r;
}

int top_rows_sum(struct top_rows *rows, const struct control_status *status,
		 const struct top_rows *processes)
{
	rows->n = 0;
	for (uint32_t i = 0; i < status->n_programs; i++) {
		struct top_row *sum = add(rows);

		if (!sum)
			return -ENOMEM;
		control_name(sum->name, sizeof(sum->name), status->programs[i].name);
		sum->calls_begun = status->programs[i].calls_begun;
		sum->faults = status->programs[i].faults;
		for (size_t k = 0; k < processes->n; k++) {
			const struct top_row *row = &processes->rows[k];

			if (strcmp(row->name, sum->name) != 0)
				continue;
			sum->n_processes++;
			sum->connections += row->connections;
			sum->handles += row->handles;
			sum->calls += row->calls;
			sum->call_rate += row->call_rate;
			sum->fault_rate += row->fault_rate;
			if (row->age_ms > sum->age_ms)
				sum->age_ms = row->age_ms;
		}
	}
	return 0;
}

/* ---- what it did ---- */

static const struct top_row *find(const struct top_rows *rows, const struct top_row *like)
{
	for (size_t i = 0; i < rows->n; i++)
		if (rows->rows[i].pid == like->pid && !strcmp(rows->rows[i].name, like->name))
			return &rows->rows[i];
	return NULL;
}

/*
 * Processes tell what they count once a second, at a time of their own, and not as long as there is
 * nothing new: what is told now happened since it was told last, or could have been.
 */
static void compare_row(struct top_row *row, const struct top_row *was)
{
	uint64_t since = was->told_at;
	double seconds;

	if (row->calls_begun == was->calls_begun && row->faults == was->faults) {
		bool is_recent = row->looked_at - row->told_at < 2 * PERIOD_MS;

		row->call_rate = is_recent ? was->call_rate : 0;
		row->fault_rate = is_recent ? was->fault_rate : 0;
		return;
	}
	if (since + PERIOD_MS < was->looked_at)
		since = was->looked_at - PERIOD_MS;
	if (row->told_at <= since || row->calls_begun < was->calls_begun ||
	    row->faults < was->faults)
		return;
	seconds = (double)(row->told_at - since) / 1000;
	row->call_rate = (double)(row->calls_begun - was->calls_begun) / seconds;
	row->fault_rate = (double)(row->faults - was->faults) / seconds;
}

void top_rows_compare(struct top_rows *rows, const struct top_rows *before)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct top_row *was = find(before, &rows->rows[i]);

		if (was)
			compare_row(&rows->rows[i], was);
	}
}

/* The larger first. */
static int compare_numbers(double a, double b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_rows(const void *one, const void *other, void *data)
{
	const enum top_order *order = data;
	const struct top_row *a = one, *b = other;
	int r = 0;

	if (*order == TOP_BY_RATE)
		r = compare_numbers(a->call_rate, b->call_rate);
	else if (*order == TOP_BY_CONNECTIONS)
		r = compare_numbers(a->connections, b->connections);
	else if (*order == TOP_BY_HANDLES)
		r = compare_numbers(a->handles, b->handles);
	else if (*order == TOP_BY_FAULTS)
		r = compare_numbers((double)a->faults, (double)b->faults);
	if (!r)
		r = strcmp(a->name, b->name);
	return r ? r : a->pid < b->pid ? -1 : a->pid > b->pid;
}

void top_rows_sort(struct top_rows *rows, enum top_order order)
{
	if (rows->n)
		qsort_r(rows->rows, rows->n, sizeof(*rows->rows), compare_rows, &order);
}

/* ---- how it looks ---- */

void top_print(const char *text, unsigned columns)
{
	printf("%.*s", (int)columns, text);
}

void top_rows_print_head(unsigned columns, enum top_order order)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "%-20s %9s %-8s %7s %8s %8s %6s %9s%c %8s %11s %9s", "PROGRAM",
		 "PROCESS", "STAGE", "AGE", "CONNS", "HANDLES", "CALLS", "CALLS/s",
		 order == TOP_BY_RATE ? '*' : ' ', "FAULTS/s", "CALLS ALL", "FAULTS");
	top_print(line, columns);
}

void top_row_print(const struct top_row *row, unsigned columns)
{
	char line[LINE_SIZE], age[16], process[24];

	control_age(age, row->n_processes ? row->age_ms : -1);
	if (row->pid)
		snprintf(process, sizeof(process), "%u", row->pid);
	else
		snprintf(process, sizeof(process), "all %u", row->n_processes);
	snprintf(line, sizeof(line),
		 "%-20.20s %9s %-8s %7s %8u %8u %6u %9.1f  %8.1f %11" PRId64 " %9" PRId64,
		 row->name, process, row->pid ? control_stage_name(row->stage) : "", age,
		 row->connections, row->handles, row->calls, row->call_rate, row->fault_rate,
		 row->calls_begun, row->faults);
	top_print(line, columns);
}
