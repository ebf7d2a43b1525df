/* SPDX-License-Identifier: MIT */
#include "tool/report.h"
#include <errno.h>
#include <inttypes.h>
#include <time.h>

static void put_time(struct pen_buffer *json, uint64_t time)
{
	time_t seconds = (time_t)(time / 1000000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	pen_buffer_printf(json, "\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06uZ\"",
			  tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			  tm.tm_sec, (unsigned)(time % 1000000000 / 1000));
}

void report_begin(struct report *report, const struct scene *scene, unsigned way, const char *pipe)
{
	char source[FRAME_END_SIZE];
	char target[FRAME_END_SIZE];

	frame_end_print(&scene->ends[way], source);
	frame_end_print(&scene->ends[!way], target);
	report->json.size = 0;
	pen_buffer_printf(&report->json, "{");
	put_time(&report->json, scene->time);
	tool_json_text(&report->json, "source", source);
	tool_json_text(&report->json, "destination", target);
	if (pipe)
		tool_json_text(&report->json, "pipe", pipe);
}

int report_end(struct report *report, bool is_wanted)
{
	if (pen_buffer_printf(&report->json, "}"))
		return -ENOMEM;
	if (!is_wanted)
		return 0;
	report->n_told++;
	return report->print(report);
}

int report_gap(struct report *report, const struct scene *scene, unsigned way, const char *pipe,
	       size_t n)
{
	report_begin(report, scene, way, pipe);
	tool_json_number(&report->json, "gap", n);
	return report_end(report, true);
}

int report_note(struct report *report, const struct scene *scene, unsigned way, const char *name,
		const char *text)
{
	report_begin(report, scene, way, NULL);
	tool_json_text(&report->json, name, text);
	return report_end(report, true);
}
