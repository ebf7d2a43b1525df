/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"
#include "ndr/json.h"
#include <penstock/buffer.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *log_level_name(enum pen_log_level level)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	return names[level];
}

static void put_time(struct pen_buffer *line)
{
	char text[32];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	pen_buffer_printf(line, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* As it is where that is one plain word; else between quotes, with nothing hidden in it. */
static void put_value(struct pen_buffer *line, const char *value)
{
	bool is_plain = *value;

	for (const char *c = value; *c && is_plain; c++)
		is_plain = *c > ' ' && *c < 0x7f && *c != '"' && *c != '=';
	if (is_plain)
		pen_buffer_add(line, value, strlen(value));
	else
		pen_json_put_string(line, value, true);
}

static void write_all(const struct pen_buffer *line)
{
	size_t done = 0;

	while (done < line->size) {
		ssize_t n = write(STDERR_FILENO, line->data + done, line->size - done);

		if (n <= 0)
			return; /* nobody reads the log: no reason to stop serving */
		done += (size_t)n;
	}
}

void log_line(const struct log *log, enum pen_log_level level, const char *what, ...)
{
	struct pen_buffer line;
	const char *key;
	va_list args;

	if (level > log->level)
		return;
	pen_buffer_init(&line, 16384);
	pen_buffer_printf(&line, log->is_json ? "{\"time\":\"" : "");
	put_time(&line);
	pen_buffer_printf(&line, log->is_json ? "\",\"level\":\"%s\",\"what\":\"%s\"" : " %s %s",
			  log_level_name(level), what);
	va_start(args, what);
	while ((key = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);

		pen_buffer_printf(&line, log->is_json ? ",\"%s\":" : " %s=", key);
		if (log->is_json)
			pen_json_put_string(&line, value, true);
		else
			put_value(&line, value);
	}
	va_end(args);
	pen_buffer_printf(&line, log->is_json ? "}\n" : "\n");
	write_all(&line);
	pen_buffer_done(&line);
}
