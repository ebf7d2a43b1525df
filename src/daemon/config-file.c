/* SPDX-License-Identifier: MIT */
/* Where the configuration's file is, and what is in it. */
#include "daemon/config.h"
#include "io/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

static bool usual_file(char path[4096])
{
	const char *base = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	if (!geteuid())
		snprintf(path, 4096, "/etc/penstock/penstockd.conf");
	else if (base && *base == '/')
		snprintf(path, 4096, "%s/penstock/penstockd.conf", base);
	else if (home && *home == '/')
		snprintf(path, 4096, "%s/.config/penstock/penstockd.conf", home);
	else
		return false;
	return !access(path, F_OK);
}

int config_load(struct config *config, const char *path, struct pen_buffer *diagnoses)
{
	struct pen_buffer text;
	char usual[4096];
	int r;

	if (!path && !usual_file(usual))
		return config_read(config, "", "", 0, diagnoses);
	if (!path)
		path = usual;
	pen_buffer_init(&text, FILE_MAX);
	r = pen_file_read(path, &text);
	if (r)
		pen_buffer_printf(diagnoses, "cannot read %s: %s.\n", path,
				  r < 0 ? strerror(-r) : "it is larger than 1 MiB");
	else
		r = config_read(config, path, (const char *)text.data, text.size, diagnoses);
	pen_buffer_done(&text);
	return r;
}
