/* SPDX-License-Identifier: MIT */
/* penstock status: penstockd, its programs and their processes, and where it listens. */
#include "tool/control.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { INTERVAL_MS = 1000, NAME_SIZE = 128 };

/* ---- for people ---- */

static void print_head(const struct control_status *status)
{
	char age[16], version[NAME_SIZE];

	control_age(age, status->uptime_ms);
	control_name(version, sizeof(version), status->version);
	printf("penstockd %s, process %u, %s for %s\n", version, status->pid,
	       status->state == control_STOPPING ? "stopping, after it ran" : "running", age);
	printf("connections: %" PRId64 " accepted, %" PRId64
	       " refused; %u of %u are with the greeter, ",
	       status->accepted, status->refused, status->greeter.visitors,
	       status->greeter.visitors_max);
	if (status->greeter.pid)
		printf("process %u", status->greeter.pid);
	else
		printf("which is to be started");
	if (status->greeter.started > 1)
		printf(" (the %" PRId64 "th)", status->greeter.started);
	printf("\n");
}

static void print_worker(const struct control_worker *worker)
{
	char age[16];

	control_age(age, worker->age_ms);
	printf("  %-16u %-9s %8s %6u %6u %7u %6u %10" PRId64 " %7" PRId64 "\n", worker->pid,
	       control_stage_name(worker->stage), age, worker->connections, worker->groups,
	       worker->handles, worker->calls, worker->calls_begun, worker->faults);
}

static void print_program(const struct control_program *program)
{
	struct control_worker sum = { 0 };
	char name[NAME_SIZE], count[32], age[16];

	for (uint32_t i = 0; i < program->n_workers; i++) {
		sum.connections += program->workers[i].connections;
		sum.groups += program->workers[i].groups;
		sum.handles += program->workers[i].handles;
		sum.calls += program->workers[i].calls;
	}
	control_name(name, sizeof(name), program->name);
	snprintf(count, sizeof(count), "%u of %u", program->n_workers, program->workers_max);
	printf("%-18s %-9s %8s %6u %6u %7u %6u %10" PRId64 " %7" PRId64, name, count, "",
	       sum.connections, sum.groups, sum.handles, sum.calls, program->calls_begun,
	       program->faults);
	if (program->crashed)
		printf("  crashed %" PRId64 " of %" PRId64, program->crashed, program->started);
	if (program->backoff_ms) {
		control_age(age, program->backoff_ms + 999);
		printf("  starts again in %s", age);
	}
	if (program->waiting)
		printf("  %u wait", program->waiting);
	printf("\n");
	for (uint32_t i = 0; i < program->n_workers; i++)
		print_worker(&program->workers[i]);
}

static void print_child(const struct control_child *child)
{
	char name[NAME_SIZE], process[16] = "-", age[16], holds[16] = "";

	control_name(name, sizeof(name), child->name);
	control_age(age, child->age_ms);
	if (child->pid)
		snprintf(process, sizeof(process), "%u", child->pid);
	if (child->holds >= 0)
		snprintf(holds, sizeof(holds), "%d", child->holds);
	printf("%-18s %-9s %8s %6s %10" PRId64 " %7" PRId64, name, process, age, holds,
	       child->handed, child->started);
	if (child->crashed)
		printf("  crashed %" PRId64, child->crashed);
	if (child->processes > 1)
		printf("  %u processes", child->processes);
	printf("\n");
}

static void print_endpoints(const struct control_status *status)
{
	for (uint32_t i = 0; i < status->n_endpoints; i++) {
		const struct control_endpoint *endpoint = &status->endpoints[i];
		char name[NAME_SIZE];

		control_name(name, sizeof(name), endpoint->binding);
		printf("%-40s%s", name, endpoint->is_open ? "" : " (shut)");
		for (uint32_t k = 0; k < endpoint->n_programs; k++) {
			control_name(name, sizeof(name), endpoint->programs[k].name);
			printf("%s %s", k ? "," : "", name);
		}
		printf("\n");
	}
}

static void print(const struct control_status *status)
{
	print_head(status);
	printf("\n%-18s %-9s %8s %6s %6s %7s %6s %10s %7s\n", "PROGRAM", "PROCESSES", "AGE",
	       "CONNS", "GROUPS", "HANDLES", "CALLS", "CALLS ALL", "FAULTS");
	for (uint32_t i = 0; i < status->n_programs; i++)
		print_program(&status->programs[i]);
	printf("\n%-18s %-9s %8s %6s %10s %7s\n", "PENSTOCKD'S OWN", "PROCESS", "AGE", "HAS",
	       "GIVEN", "STARTED");
	for (uint32_t i = 0; i < status->n_children; i++)
		print_child(&status->children[i]);
	printf("\n%-40s %s\n", "ENDPOINT", "PROGRAMS");
	print_endpoints(status);
}

/* ---- the command ---- */

static int print_json(struct tool *tool, const struct control_status *status)
{
	struct pen_ndr_error error = { "" };
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	r = pen_ndr_to_json(&control_status_type, NULL, status, &json, &error);
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int show(struct tool *tool, bool is_again)
{
	const struct control_status *status;
	int r = is_again ? control_get_again(tool, &status) : control_get(tool, &status);

	if (r)
		return control_fail(tool, "control.GetStatus", r);
	if (tool->is_json)
		r = print_json(tool, status);
	else
		print(status);
	pen_arena_reset(&tool->arena);
	if (!r && fflush(stdout))
		r = tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(errno));
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	const struct timespec pause = { .tv_sec = INTERVAL_MS / 1000 };
	int r = control_connect(tool);

	if (!r)
		r = show(tool, false);
	while (!r && tool->is_long) {
		nanosleep(&pause, NULL);
		if (!tool->is_json)
			printf("\n");
		r = show(tool, true);
	}
	return r;
}

static int option(struct tool *tool, int val, const char *value)
{
	tool->is_long = true;
	return TOOL_OK;
}

static const struct option options[] = {
	{ "watch", no_argument, NULL, 'w' },
	{ 0 },
};

const struct tool_command tool_status = {
	.name = "status",
	.arguments = "",
	.summary = "how penstockd is: its programs and their processes, and where it listens",
	.help = "  -w, --watch        again each second, until it is interrupted\n"
		"\n"
		"Of each program: how many of its processes there are, and of all of them and of\n"
		"each one connections, association groups, context handles, calls in progress, "
		"all\n"
		"calls and faults. Of each process of penstockd's own: what it has of what it was\n"
		"given: connections, or workers that ask it. Of this machine's penstockd, for root "
		"and the user whom it "
		"runs as.\n"
		"\n"
		"Examples:\n"
		"  penstock status\n"
		"  penstock status --json --watch | jq .accepted\n",
	.options = options,
	.option = option,
	.run = run,
};
