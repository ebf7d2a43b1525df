/* SPDX-License-Identifier: MIT */
#include "daemon/confine-parts.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Threads of all processes of a user that is the workers' own. */
enum { THREADS_MAX = 4096 };

static const uint64_t memory_default = UINT64_C(1) << 30;

void confine_missing(char missing[128], const char *word)
{
	size_t used = strlen(missing);

	snprintf(missing + used, 128 - used, "%s%s", used ? " " : "", word);
}

int confine_fail(char error[256], int number, const char *what)
{
	snprintf(error, 256, "%s: %s", what, strerror(number));
	return -number;
}

/* ---- limits ---- */

/* Never more than it is. */
static int limit(int resource, uint64_t value, const char *what, char error[256])
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now))
		return confine_fail(error, errno, what);
	if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max)
		value = now.rlim_max;
	now.rlim_cur = now.rlim_max = value;
	if (setrlimit((__rlimit_resource_t)resource, &now))
		return confine_fail(error, errno, what);
	return 0;
}

static int limit_all(const struct confinement *confinement, char error[256])
{
	uint64_t memory = confinement->needs ? confinement->needs->memory_max : 0;
	int r = limit(RLIMIT_CORE, 0, "the size of core dumps", error);

	if (!r && confinement->user)
		r = limit(RLIMIT_NPROC, THREADS_MAX, "the number of threads", error);
	if (!r && confinement->files_max)
		r = limit(RLIMIT_NOFILE, confinement->files_max, "the number of descriptors",
			  error);
	if (!r && !IS_ADDRESS_SANITIZED)
		r = limit(RLIMIT_AS, memory ? memory : memory_default, "the size of memory", error);
	return r;
}

/* ---- the whole ---- */

/* Capabilities and Landlock are of a thread, and of those that it starts. */
static bool is_alone(void)
{
	struct stat threads;

	return stat("/proc/self/task", &threads) || threads.st_nlink <= 3;
}

/*
 * That it cannot be traced nor dumped does not survive exec, so the program does this itself, once
 * it runs.
 */
static int hide_memory(char error[256])
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? confine_fail(error, errno, "to hide its memory")
						  : 0;
}

int confine_self(const struct confinement *confinement, char missing[128], char error[256])
{
	int r;

	missing[0] = error[0] = '\0';
	if (!is_alone()) {
		snprintf(error, 256, "threads are there already, which would stay as they are");
		return -EBUSY;
	}
	r = confine_ids(confinement->user, error);
	if (!r && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = confine_fail(error, errno, "no new privileges");
	if (!r && !confinement->program)
		r = hide_memory(error);
	if (!r)
		r = confine_files(confinement, missing, error);
	if (!r)
		r = confine_calls(confinement, missing, error);
	/* Last, because what is above takes memory and descriptors of a child as it was forked. */
	return r ? r : limit_all(confinement, error);
}
