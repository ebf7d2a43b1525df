/* SPDX-License-Identifier: MIT */
#include "np/starter.h"
#include "base/cleanup.h"
#include "io/directory.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define SYSTEM_PLACE "/run/penstock"

static int set_place(struct pen_place *place, bool may_start, const char *directory)
{
	if (strlen(directory) >= sizeof(place->directory))
		return -ENAMETOOLONG;
	strcpy(place->directory, directory);
	place->may_start = may_start;
	return 0;
}

/* The system's may do, so that is no failure before this one's turn has come. */
static void set_users_place(struct pen_place *place)
{
	pen_cleanup(pen_freep) char *directory = NULL;

	place->refusal = pen_directory_users(&directory, true);
	if (!place->refusal)
		place->refusal = set_place(place, true, directory);
}

int pen_starter_places(const char *given, struct pen_place places[PEN_PLACES_MAX],
		       unsigned *n_placesp)
{
	int r;

	memset(places, 0, PEN_PLACES_MAX * sizeof(*places));
	if (!given)
		given = secure_getenv("PENSTOCK_OBJECTS_DIR");
	if (given) {
		*n_placesp = 1;
		places[0].is_given = true;
		return set_place(&places[0], true, given);
	}
	*n_placesp = geteuid() ? 2 : 1;
	r = set_place(&places[0], !geteuid(), SYSTEM_PLACE);
	if (!r && geteuid())
		set_users_place(&places[1]);
	return r;
}

/* It keeps nothing of ours: no descriptor, no blocked signal. */
static int spawn(pid_t *pidp, const char *program, const char *const arguments[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(&attributes, &signals);
	sigfillset(&signals);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(pidp, program, &actions, &attributes, (char **)(uintptr_t)arguments,
			environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int pen_starter_run(const char *directory)
{
	const char *program = secure_getenv("PENSTOCK_OBJECTD");
	const char *const arguments[] = { "penstock-objectd", "--background", "--idle", "30",
					  "--directory",      directory,      NULL };
	int status = 0, r;
	pid_t pid;

	r = spawn(&pid, program ? program : PEN_LIBEXECDIR "/penstock/penstock-objectd", arguments);
	if (r)
		return r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0; /* somebody else has waited for it, or nobody may: look whether it
				     listens */
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}
