/* SPDX-License-Identifier: MIT */
#include "stage.h"
#include "support/unit.h"
#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct objectd stage_objectd;
pid_t stage_supervisor;
bool stage_is_confined;
static struct supervisor *supervisor;
static char directory[40];

/* ---- the supervisor ---- */

static void on_signal(int number)
{
	supervisor_stop(supervisor);
}

static int be_supervisor(int ready)
{
	static const char *const addresses[] = { NULL };
	static const struct log quiet = { .level = PEN_LOG_ERROR };
	char program[300], greeter[300], porter[300], ncalrpc[60], np[60];
	const char *const programs[] = { program, NULL };
	const char *build = getenv("PEN_TEST_BUILD");
	const struct supervisor_config config = {
		.programs = programs,
		.greeter = greeter,
		.ncalrpc_dir = ncalrpc,
		.np_dir = np,
		.addresses = addresses,
		.objects = stage_objectd.directory,
		.porter = porter,
		.is_confined = stage_is_confined,
		.visitors_max = 1000,
		.log = &quiet,
	};

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(program, sizeof(program), "%s/test/door/counter", build);
	snprintf(greeter, sizeof(greeter), "%s/src/daemon/penstock-greeter", build);
	snprintf(porter, sizeof(porter), "%s/src/daemon/penstock-porter", build);
	snprintf(ncalrpc, sizeof(ncalrpc), "%s/ncalrpc", directory);
	snprintf(np, sizeof(np), "%s/np", directory);
	if (supervisor_new(&supervisor, &config))
		return 1;
	signal(SIGTERM, on_signal);
	close(ready);
	supervisor_run(supervisor, 5000);
	supervisor_free(supervisor);
	rmdir(ncalrpc);
	rmdir(np);
	return 0;
}

int stage_enter(void **state)
{
	const char *workers = *state;
	int ready[2];
	char byte;

	assert_non_null(getenv("PEN_TEST_BUILD"));
	stage_objectd = (struct objectd){ 0 };
	objectd_start(&stage_objectd, NULL);
	assert_int_equal(chmod(stage_objectd.directory, 0755), 0);
	setenv("PENSTOCK_OBJECTS_DIR", stage_objectd.directory, 1);
	setenv("COUNTER_WORKERS", workers ? workers : "3", 1);
	strcpy(directory, "/tmp/penstock-door-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(pipe(ready), 0);
	stage_supervisor = fork();
	if (!stage_supervisor)
		_exit(be_supervisor(ready[1]));
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return 0;
}

int stage_leave(void **state)
{
	int status;

	kill(stage_supervisor, SIGTERM);
	assert_int_equal(waitpid(stage_supervisor, &status, 0), stage_supervisor);
	assert_int_equal(status, 0);
	objectd_end(&stage_objectd, SIGTERM);
	objectd_clean(&stage_objectd);
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

pid_t stage_child(const char *name)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	assert_non_null(processes);
	while (!found && (entry = readdir(processes))) {
		char path[300], comm[64] = "";
		int parent = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = atoi(entry->d_name) ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fscanf(file, "%*d (%63[^)]) %*c %d", comm, &parent) == 2 &&
		    parent == stage_supervisor && !strcmp(comm, name))
			found = atoi(entry->d_name);
		fclose(file);
	}
	closedir(processes);
	return found;
}

void stage_as_nobody(int (*be)(void))
{
	pid_t pid;
	int status;

	if (geteuid())
		skip();
	pid = fork();
	if (!pid)
		_exit(setgroups(0, NULL) || setresgid(STAGE_NOBODY, STAGE_NOBODY, STAGE_NOBODY) ||
				      setresuid(STAGE_NOBODY, STAGE_NOBODY, STAGE_NOBODY)
			      ? 99
			      : be());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
