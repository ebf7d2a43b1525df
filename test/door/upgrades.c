/* SPDX-License-Identifier: MIT */
/*
 * Upgrades a supervisor again and again under load, and counts calls that failed. There may be
 * none: clients come and go, stay, and open handles on one connection that they use on another.
 *
 *	upgrades COUNTER GREETER GATE CALLS [MILLISECONDS BETWEEN UPGRADES]
 */
#include "counter.h"
#include <dirent.h>
#include <errno.h>
#include <penstock/client.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_CLIENTS = 12, N_ADDS = 30, TIMEOUT_MS = 60000, UPGRADES_MIN = 3 };

static char directory[] = "/tmp/penstock-upgrades-XXXXXX";
static char ncalrpc[64];
static unsigned calls_max;
static pid_t gate;
static int manager = -1;
static _Atomic bool is_over;
static _Atomic unsigned n_calls, n_connections, n_failed, n_wrong;

/* ---- clients ---- */

struct visit {
	struct pen_client *client;
	struct pen_call *call;
};

static struct visit begin(uint32_t group)
{
	const struct pen_client_config config = { .ncalrpc_dir = ncalrpc,
						  .assoc_group_id = group,
						  .connect_timeout_ms = TIMEOUT_MS };
	struct visit visit;

	if (pen_client_new(&visit.client, "ncalrpc:[counter]", &config, NULL) ||
	    pen_call_new(&visit.call, visit.client))
		abort();
	pen_call_set_timeout(visit.call, TIMEOUT_MS);
	n_connections++;
	return visit;
}

static void end(struct visit *visit)
{
	pen_call_free(visit->call);
	pen_client_free(visit->client);
}

static int note(const struct visit *visit, int result)
{
	n_calls++;
	if (result) {
		n_failed++;
		fprintf(stderr, "failed: %d: %s\n", result, pen_call_error(visit->call));
	}
	return result;
}

/* Adds to a counter, which another connection may have opened. */
static int add(struct visit *visit, const struct pen_context_handle *counter, int32_t *expectedp,
	       int32_t n)
{
	const struct counter_Add_in in = { .counter = *counter, .n = n };
	struct counter_Add_out out = { 0 };
	int r = note(visit, counter_Add(visit->call, &in, &out));

	*expectedp += n;
	if (!r && out.total != *expectedp) {
		n_wrong++;
		fprintf(stderr, "wrong: %d, not %d\n", out.total, *expectedp);
	}
	return r;
}

static int count(struct visit *first, unsigned *seed)
{
	const struct counter_Open_in in = { .first = rand_r(seed) % 1000 };
	struct counter_Open_out opened = { 0 };
	struct counter_Close_in close_in;
	struct counter_Close_out closed = { 0 };
	int32_t expected = in.first;
	struct visit second;
	int r = note(first, counter_Open(first->call, &in, &opened));

	if (r)
		return r;
	second = begin(pen_client_assoc_group_id(first->client));
	for (int i = 0; !r && i < N_ADDS; i++)
		r = add(rand_r(seed) % 2 ? first : &second, &opened.counter, &expected, i);
	close_in.counter = opened.counter;
	if (!r)
		r = note(&second, counter_Close(second.call, &close_in, &closed));
	end(&second);
	return r;
}

static void *be_client(void *data)
{
	unsigned seed = *(unsigned *)data;
	bool is_long = seed % 3 == 0;
	struct visit visit = begin(0);

	while (!is_over && n_failed < 100) {
		int r = count(&visit, &seed);

		if (!is_long || r) {
			end(&visit);
			visit = begin(0);
		}
	}
	end(&visit);
	return NULL;
}

/* ---- the supervisor ---- */

static void link_to(const char *target, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (symlink(target, path))
		abort();
}

static void remove_name(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (unlink(path) && rmdir(path))
		fprintf(stderr, "%s is left\n", path);
}

static void prepare(char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/programs", directory);
	file = fopen(path, "we");
	if (!file || fprintf(file, "%s\n", argv[1]) < 0 || fclose(file))
		abort();
	link_to(argv[2], "greeter");
	link_to(argv[3], "image");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(manager, (struct sockaddr *)&address, sizeof(address)))
		abort();
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

static void await_ready(void)
{
	char text[512];
	ssize_t n;

	do {
		n = recv(manager, text, sizeof(text) - 1, 0);
		if (n < 0)
			abort();
		text[n] = '\0';
	} while (strncmp(text, "READY=1", 7) != 0);
}

static void start(const char *program)
{
	gate = fork();
	if (!gate) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(program, program, directory, NULL);
		_exit(127);
	}
	await_ready();
}

static unsigned upgrade_until_done(unsigned pause_ms)
{
	unsigned n = 0;

	for (; (n_calls < calls_max || n < UPGRADES_MIN) && n_failed < 100; n++) {
		usleep(1000 * pause_ms);
		if (kill(gate, SIGUSR2) || waitpid(gate, NULL, WNOHANG))
			break;
		await_ready();
	}
	is_over = true;
	return n;
}

int main(int argc, char **argv)
{
	unsigned seeds[N_CLIENTS], n_upgrades;
	pthread_t clients[N_CLIENTS];
	int status;

	if (argc < 5 || !mkdtemp(directory))
		return 2;
	for (int i = 1; i <= 3; i++)
		if (!(argv[i] = realpath(argv[i], NULL)))
			return 2;
	calls_max = (unsigned)atoi(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	setenv("COUNTER_WORKERS", "5", 1);
	snprintf(ncalrpc, sizeof(ncalrpc), "%s/ncalrpc", directory);
	prepare(argv);
	start(argv[3]);
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		seeds[i] = i;
		if (pthread_create(&clients[i], NULL, be_client, &seeds[i]))
			return 1;
	}
	n_upgrades = upgrade_until_done(argc > 5 ? (unsigned)atoi(argv[5]) : 1000);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		pthread_join(clients[i], NULL);
	if (kill(gate, SIGTERM) || waitpid(gate, &status, 0) < 0)
		return 1;
	for (const char *const *name = (const char *const[]){ "programs", "greeter", "image",
							      "notify", "ncalrpc", "np", NULL };
	     *name; name++)
		remove_name(*name);
	printf("%u upgrades, %u connections, %u calls: %u failed, %u wrong\n", n_upgrades,
	       n_connections, n_calls, n_failed, n_wrong);
	return rmdir(directory) || status || n_failed || n_wrong || n_upgrades < UPGRADES_MIN;
}
