/* SPDX-License-Identifier: MIT */
/*
 * Kills workers and greeters under load, and counts: answers that are wrong, clients that hang, and
 * errors of clients whose own process was not killed. There may be none of them.
 *
 *	deaths COUNTER GREETER TIMES [SEED]
 */
#include "counter.h"
#include "daemon/supervisor.h"
#include <dirent.h>
#include <errno.h>
#include <penstock/client.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_CLIENTS = 12, N_ADDS = 30, TIMEOUT_MS = 20000, PAUSE_US = 4000, RETRIES = 200 };

static const struct log quiet = { .level = PEN_LOG_ERROR };
static char directory[] = "/tmp/penstock-deaths-XXXXXX";
static char ncalrpc[64], np[64];
static struct supervisor *supervisor; /* in a process of its own: who forks has no other threads */
static pid_t supervisor_pid;
static _Atomic bool is_over;
static _Atomic unsigned n_calls, n_clean, n_wrong, n_hung, n_lost;

static void on_signal(int number)
{
	supervisor_stop(supervisor);
}

/* Until SIGTERM, or until we are gone. */
static int be_supervisor(const struct supervisor_config *config, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (supervisor_new(&supervisor, config))
		return 1;
	signal(SIGTERM, on_signal);
	close(ready);
	supervisor_run(supervisor, 5000);
	supervisor_free(supervisor);
	return 0;
}

static int start_supervisor(const struct supervisor_config *config)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		return -1;
	supervisor_pid = fork();
	if (!supervisor_pid)
		_exit(be_supervisor(config, ready[1]));
	close(ready[1]);
	/* It ends when it listens, or has failed. */
	return supervisor_pid < 0 || read(ready[0], &byte, 1) || close(ready[0]) ||
	       waitpid(supervisor_pid, NULL, WNOHANG);
}

/* ---- clients ---- */

struct visit {
	struct pen_client *client;
	struct pen_call *call;
	pid_t pid; /* whose process it is; 0: nobody has answered yet */
};

static bool is_dead(pid_t pid)
{
	/* Who was killed may not be gone yet. */
	for (int i = 0; i < RETRIES; i++) {
		char path[64], line[256] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "re");
		if (!file)
			return true;
		if (!fgets(line, sizeof(line), file))
			*line = '\0';
		fclose(file);
		if (strstr(line, ") Z ") || strstr(line, ") X "))
			return true;
		usleep(PAUSE_US);
	}
	return false;
}

/* What a client may see of a death that was not its own process' is nothing. */
static void note_error(const struct visit *visit, int result)
{
	if (result == PEN_E_TIMEOUT) {
		n_hung++;
		fprintf(stderr, "hung: %s\n", pen_call_error(visit->call));
	} else if (visit->pid && !is_dead(visit->pid)) {
		n_lost++;
		fprintf(stderr, "lost: %s\n", pen_call_error(visit->call));
	} else {
		n_clean++;
	}
}

static int begin(struct visit *visit)
{
	const struct pen_client_config config = { .ncalrpc_dir = ncalrpc,
						  .connect_timeout_ms = TIMEOUT_MS };
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	int r;

	*visit = (struct visit){ .pid = 0 };
	if (pen_client_new(&visit->client, "ncalrpc:[counter]", &config, NULL) ||
	    pen_call_new(&visit->call, visit->client))
		abort();
	pen_call_set_timeout(visit->call, TIMEOUT_MS);
	r = counter_Pid(visit->call, &in, &out);
	visit->pid = r ? 0 : (pid_t)out.result;
	return r;
}

static int count(struct visit *visit, unsigned *seed)
{
	const struct counter_Open_in in = { .first = rand_r(seed) % 1000 };
	struct counter_Open_out opened = { 0 };
	int32_t expected = in.first;
	int r = counter_Open(visit->call, &in, &opened);

	for (int i = 0; !r && i < N_ADDS; i++) {
		const struct counter_Add_in more = { .counter = opened.counter, .n = i };
		struct counter_Add_out sum = { 0 };

		r = counter_Add(visit->call, &more, &sum);
		if (r)
			break;
		expected += i;
		n_calls++;
		if (sum.total != expected) {
			n_wrong++;
			fprintf(stderr, "wrong: %d, not %d\n", sum.total, expected);
		}
		if (rand_r(seed) % 8 == 0)
			usleep((useconds_t)(rand_r(seed) % PAUSE_US));
	}
	return r;
}

static void *be_client(void *data)
{
	unsigned seed = *(unsigned *)data;

	while (!is_over) {
		struct visit visit;
		int r = begin(&visit);

		if (!r)
			r = count(&visit, &seed);
		/* A client that lost its process goes on by itself: with a handle of nobody. */
		if (r && (r != PEN_E_FAULT || !visit.pid))
			note_error(&visit, r);
		else
			n_clean += r == PEN_E_FAULT;
		pen_call_free(visit.call);
		pen_client_free(visit.client);
	}
	return NULL;
}

/* ---- deaths ---- */

static pid_t pick(const char *name, unsigned *seed)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	pid_t pids[256];
	size_t n = 0;

	while (proc && (entry = readdir(proc))) {
		char path[300], line[256] = "", comm[64];
		int pid, parent;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = *entry->d_name >= '1' && *entry->d_name <= '9' ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file) &&
		    sscanf(line, "%d (%63[^)]) %*c %d", &pid, comm, &parent) == 3 &&
		    parent == supervisor_pid && !strncmp(comm, name, 12) && n < 256)
			pids[n++] = pid;
		fclose(file);
	}
	closedir(proc);
	return n ? pids[rand_r(seed) % n] : 0;
}

static unsigned kill_some(unsigned times, unsigned seed)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 20 * times && n < times; i++) {
		pid_t pid = pick(n % 2 ? "penstock-gre" : "counter", &seed);

		if (pid && !kill(pid, SIGKILL))
			n++;
		usleep(PAUSE_US + (useconds_t)(rand_r(&seed) % (4 * PAUSE_US)));
	}
	return n;
}

int main(int argc, char **argv)
{
	static const char *const addresses[] = { NULL };
	const char *const programs[] = { argc > 3 ? argv[1] : "", NULL };
	const struct supervisor_config config = {
		.programs = programs,
		.greeter = argc > 3 ? argv[2] : "",
		.ncalrpc_dir = ncalrpc,
		.np_dir = np,
		.addresses = addresses,
		.is_confined = true,
		.visitors_max = 10000,
		.log = &quiet,
	};
	unsigned seed = argc > 4 ? (unsigned)atoi(argv[4]) : 1, seeds[N_CLIENTS];
	pthread_t clients[N_CLIENTS];
	unsigned n_killed;
	int status;

	if (argc < 4 || !mkdtemp(directory))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	setenv("COUNTER_WORKERS", "5", 1);
	snprintf(ncalrpc, sizeof(ncalrpc), "%s/ncalrpc", directory);
	snprintf(np, sizeof(np), "%s/np", directory);
	if (start_supervisor(&config))
		return 1;
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		seeds[i] = seed * 100 + i;
		if (pthread_create(&clients[i], NULL, be_client, &seeds[i]))
			return 1;
	}
	n_killed = kill_some((unsigned)atoi(argv[3]), seed);
	is_over = true;
	for (unsigned i = 0; i < N_CLIENTS; i++)
		pthread_join(clients[i], NULL);
	if (kill(supervisor_pid, SIGTERM) || waitpid(supervisor_pid, &status, 0) < 0)
		return 1;
	rmdir(ncalrpc);
	rmdir(np);
	printf("%u killed; %u calls were right, %u ended in a clean error; %u wrong, %u hung, "
	       "%u of others\n",
	       n_killed, n_calls, n_clean, n_wrong, n_hung, n_lost);
	return rmdir(directory) || status || n_wrong || n_hung || n_lost || !n_calls || !n_killed;
}
