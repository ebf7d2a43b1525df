/* SPDX-License-Identifier: MIT */
#include "daemon/programs.h"
#include "daemon/place.h"
#include "daemon/self.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char administrators[] = "/etc/penstock/services";

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_program(const char *path)
{
	struct stat info;

	return !stat(path, &info) && S_ISREG(info.st_mode) && !access(path, X_OK);
}

static int add(struct programs *programs, const char *directory, const char *name,
	       const struct log *log)
{
	const char *path;

	if (*name == '.')
		return 0;
	path = pen_arena_printf(&programs->arena, "%s/%s", directory, name);
	if (!path)
		return -ENOMEM;
	if (!is_program(path))
		return 0;
	if (programs->n == PROGRAMS_MAX) {
		log_line(log, PEN_LOG_ERROR, "programs", "path", path, "message",
			 "there are too many of them: it is left out", NULL);
		return 0;
	}
	programs->paths[programs->n++] = path;
	return 0;
}

static int look_into(struct programs *programs, const char *directory, bool is_named,
		     const struct log *log)
{
	size_t first = programs->n;
	struct dirent *entry;
	DIR *dir = opendir(directory);
	int r = 0;

	if (!dir) {
		if (is_named)
			log_line(log, PEN_LOG_ERROR, "programs", "directory", directory, "error",
				 strerror(errno), NULL);
		return 0;
	}
	while (!r && (entry = readdir(dir)))
		r = add(programs, directory, entry->d_name, log);
	closedir(dir);
	qsort(programs->paths + first, programs->n - first, sizeof(*programs->paths), compare);
	return r;
}

static bool find_own(char own[PATH_MAX])
{
	static const char *const places[] = { "programs", PEN_LIBEXECDIR "/penstock/services",
					      NULL };

	return self_find(places, own);
}

static int look_into_usual(struct programs *programs, const struct log *log)
{
	char own[PATH_MAX];
	int r = 0;

	if (find_own(own))
		r = look_into(programs, own, true, log);
	return r ? r : look_into(programs, administrators, false, log);
}

int programs_find(struct programs *programs, const char *directories, const struct log *log)
{
	char *word, *rest = NULL;
	int r = 0;

	*programs = (struct programs){ 0 };
	pen_arena_init(&programs->arena, 0);
	if (!directories)
		return look_into_usual(programs, log);
	word = pen_arena_strdup(&programs->arena, directories);
	if (!word)
		return -ENOMEM;
	for (word = strtok_r(word, " \t", &rest); word && !r; word = strtok_r(NULL, " \t", &rest))
		r = look_into(programs, word, true, log);
	return r;
}

bool programs_is_own(const char *path, const char *name)
{
	char own[PATH_MAX], given[PATH_MAX], directory[PATH_MAX];
	size_t n = daemon_place_of(path, given);
	struct stat info;

	if (n <= strlen("/") || strcmp(path + n + 1, name) != 0 || lstat(path, &info) ||
	    !S_ISREG(info.st_mode))
		return false;
	return find_own(own) && realpath(given, directory) && !strcmp(own, directory);
}

void programs_done(struct programs *programs)
{
	pen_arena_done(&programs->arena);
}
