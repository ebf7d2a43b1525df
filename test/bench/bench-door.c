/* SPDX-License-Identifier: MIT */
/*
 * The supervisor with its greeter and a program: how long the first call to a cold service takes
 * beside a bare fork+exec, how many come and go, and what those cost that are idle.
 *
 *	bench-door PROGRAM GREETER [COMERS]
 */
#include "bench/bench.h"
#include "counter.h"
#include "daemon/supervisor.h"
#include "io/socket.h"
#include <dirent.h>
#include <penstock/client.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLD = 60, BARE = 200, COMERS = 20000, IDLE = 10000, BUSY = 200, BUSY_CALLS = 20000 };

static const struct log quiet = { .level = PEN_LOG_ERROR };
static char directory[] = "/tmp/penstock-bench-XXXXXX";
static char ncalrpc[64], np[64];
static struct supervisor *supervisor;

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *times, size_t n)
{
	qsort(times, n, sizeof(*times), compare);
	return times[n / 2];
}

static void *run(void *data)
{
	supervisor_run(supervisor, 5000);
	return NULL;
}

/* The program itself, that only says its version. */
static double bare_start(const char *program)
{
	double times[BARE];

	for (int i = 0; i < BARE; i++) {
		double start = bench_now();
		pid_t pid = fork();

		if (!pid) {
			if (!freopen("/dev/null", "w", stdout))
				_exit(1);
			execl(program, program, "--version", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
		times[i] = bench_now() - start;
	}
	return median(times, BARE);
}

static pid_t call_once(void)
{
	const struct pen_client_config config = { .ncalrpc_dir = ncalrpc };
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	struct pen_client *client;
	struct pen_call *call;
	int r;

	if (pen_client_new(&client, "ncalrpc:[counter]", &config, NULL))
		abort();
	if (pen_call_new(&call, client))
		abort();
	r = counter_Pid(call, &in, &out);
	if (r)
		fprintf(stderr, "%s\n", pen_call_error(call));
	pen_call_free(call);
	pen_client_free(client);
	return r ? 0 : (pid_t)out.result;
}

static void await_workers(uint32_t n)
{
	struct supervisor_stats stats;

	for (;;) {
		supervisor_stats(supervisor, &stats);
		if (stats.workers == n)
			return;
		usleep(1000);
	}
}

static double cold_call(void)
{
	double times[COLD];

	for (int i = 0; i < COLD; i++) {
		double start = bench_now();
		pid_t pid = call_once();

		times[i] = bench_now() - start;
		kill(pid, SIGTERM);
		await_workers(0);
	}
	return median(times, COLD);
}

/* Kilobytes of our children that are of the program, or the greeter. */
static long resident(const char *name)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	long total = 0;

	while (proc && (entry = readdir(proc))) {
		char path[300], comm[32] = "", line[128];
		long kib = 0;
		int parent = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		file = *entry->d_name >= '1' && *entry->d_name <= '9' ? fopen(path, "re") : NULL;
		while (file && fgets(line, sizeof(line), file)) {
			sscanf(line, "Name: %31s", comm);
			sscanf(line, "PPid: %d", &parent);
			sscanf(line, "VmRSS: %ld", &kib);
		}
		if (file)
			fclose(file);
		if (parent == getpid() && !strcmp(comm, name))
			total += kib;
	}
	closedir(proc);
	return total;
}

static unsigned open_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	unsigned n = 0;

	while (fds && readdir(fds))
		n++;
	closedir(fds);
	return n;
}

static void comers_and_goers(unsigned long n)
{
	long worker, greeter;
	unsigned fds;
	double start;

	for (int i = 0; i < COMERS; i++)
		call_once();
	worker = resident("counter");
	greeter = resident("penstock-greete");
	fds = open_descriptors();
	start = bench_now();
	for (unsigned long i = 0; i < n; i++)
		call_once();
	printf("  %lu connections that come, call and go: %.0f a second\n", n,
	       (double)n / (bench_now() - start));
	printf("  what they leave: %ld KiB in workers, %ld KiB in the greeter, %d descriptors\n",
	       resident("counter") - worker, resident("penstock-greete") - greeter,
	       (int)open_descriptors() - (int)fds);
}

/* Calls of one of those that are busy, one after the other; times has a place for each. */
struct busy {
	pthread_t thread;
	struct pen_client *client;
	double *times;
	unsigned n_calls;
};

static void *be_busy(void *data)
{
	static const struct counter_Pid_in in;
	struct busy *busy = data;
	struct counter_Pid_out out;
	struct pen_call *call;

	if (pen_call_new(&call, busy->client))
		abort();
	for (unsigned i = 0; i < busy->n_calls; i++) {
		double start = bench_now();

		if (counter_Pid(call, &in, &out))
			abort();
		busy->times[i] = bench_now() - start;
	}
	pen_call_free(call);
	return NULL;
}

/* As many of the clients as that call all the time, each from a thread of its own. */
static void busy_ones(struct pen_client **clients, unsigned n)
{
	static struct busy busy[BUSY];
	static double times[BUSY_CALLS];
	double start = bench_now(), end;

	for (unsigned i = 0; i < n; i++) {
		busy[i] = (struct busy){ .client = clients[i],
					 .times = times + (size_t)i * (BUSY_CALLS / n),
					 .n_calls = BUSY_CALLS / n };
		if (pthread_create(&busy[i].thread, NULL, be_busy, &busy[i]))
			abort();
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(busy[i].thread, NULL);
	end = bench_now();
	qsort(times, BUSY_CALLS, sizeof(*times), compare);
	printf("  %u busy beside them: %.0f calls a second, p50 %.1f us, p99 %.1f us\n", n,
	       BUSY_CALLS / (end - start), 1e6 * times[BUSY_CALLS / 2],
	       1e6 * times[BUSY_CALLS * 99 / 100]);
}

static void idle_ones(void)
{
	static struct pen_client *clients[IDLE];
	const struct pen_client_config config = { .ncalrpc_dir = ncalrpc };
	long before = resident("counter");
	size_t n = 0;

	/* Their own side has a buffer each, which is given back when they are opened. */
	for (; n < IDLE; n++)
		if (pen_client_new(&clients[n], "ncalrpc:[counter]", &config, NULL) ||
		    pen_client_bind(clients[n], &counter_interface))
			break;
	printf("  %zu idle connections: %.1f KiB each in the workers\n", n,
	       (double)(resident("counter") - before) / (double)n);
	busy_ones(clients, 1);
	busy_ones(clients, BUSY);
	while (n--)
		pen_client_free(clients[n]);
}

int main(int argc, char **argv)
{
	static const char *const addresses[] = { NULL };
	const char *const programs[] = { argc > 2 ? argv[1] : "", NULL };
	const struct supervisor_config config = {
		.programs = programs,
		.greeter = argc > 2 ? argv[2] : "",
		.ncalrpc_dir = ncalrpc,
		.np_dir = np,
		.addresses = addresses,
		.is_confined = true,
		.visitors_max = 10000,
		.log = &quiet,
	};
	struct rlimit files;
	pthread_t thread;
	double bare;

	if (argc < 3 || !mkdtemp(directory))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	snprintf(ncalrpc, sizeof(ncalrpc), "%s/ncalrpc", directory);
	snprintf(np, sizeof(np), "%s/np", directory);
	setenv("COUNTER_WORKERS", "5", 1);
	setenv("COUNTER_IDLE", "600", 1);
	bare = bare_start(programs[0]);
	if (supervisor_new(&supervisor, &config) || pthread_create(&thread, NULL, run, NULL))
		return 1;
	bench_line("first call to a cold service", 1e6 * cold_call(), "us", 1e6 * bare, 3.0);
	comers_and_goers(argc > 3 ? strtoul(argv[3], NULL, 10) : COMERS);
	idle_ones();
	supervisor_stop(supervisor);
	pthread_join(thread, NULL);
	supervisor_free(supervisor);
	rmdir(ncalrpc);
	rmdir(np);
	return rmdir(directory);
}
