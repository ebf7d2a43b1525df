/* SPDX-License-Identifier: MIT */
#include "tool/progress.h"
#include <penstock/base.h>
#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *progress, uint64_t now, bool is_wanted)
{
	*progress = (struct progress){
		.is_shown = is_wanted && isatty(STDERR_FILENO),
		.began_at = now,
		.told_at = now,
	};
}

void progress_size(char *text, size_t n, double bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < PEN_COUNT(units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, n, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

void progress_tell(struct progress *progress, uint64_t now, uint64_t sent, uint64_t to_send,
		   uint64_t received)
{
	char out[32], all[32], in[32], rate[32], line[160];
	int width;

	if (!progress->is_shown || now - progress->told_at < PROGRESS_MS)
		return;
	progress->told_at = now;
	progress_size(out, sizeof(out), (double)sent);
	progress_size(all, sizeof(all), (double)to_send);
	progress_size(in, sizeof(in), (double)received);
	progress_size(rate, sizeof(rate),
		      (double)(sent + received) * 1000 / (double)(now - progress->began_at));
	width = snprintf(line, sizeof(line), "sent %s%s%s, received %s; %s/s", out,
			 to_send ? " of " : "", to_send ? all : "", in, rate);
	fprintf(stderr, "\r%-*s", progress->width, line);
	progress->width = width;
}

void progress_done(struct progress *progress)
{
	if (progress->width)
		fprintf(stderr, "\r%*s\r", progress->width, "");
	progress->width = 0;
}
