/* SPDX-License-Identifier: MIT */
/*
 * A supervisor that is a process of its own, for tests of its life: it stops, reloads and upgrades
 * by SIGTERM, SIGHUP and SIGUSR2. In its directory are
 *
 *	programs       a path a line, read again at SIGHUP
 *	greeter, image symbolic links: the greeter, and what an upgrade executes
 *	other-version  if it is there, what was left is of a version that nobody knows
 *	no-trial       if it is there, an image is not tried before
 *	address        if it is there, what it says is one of the addresses, too
 *
 *	gate DIRECTORY [--trial]
 */
#include "daemon/bequest.h"
#include "daemon/legacy.h"
#include "daemon/supervisor.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRAMS_MAX = 8, LINE = 300, LEAVE_MS = 20000, VERSION_AT = 8 };

static const struct log quiet = { .level = PEN_LOG_ERROR };
static struct supervisor *supervisor;

static struct {
	const char *directory;
	char lines[PROGRAMS_MAX][LINE];
	const char *programs[PROGRAMS_MAX + 1];
	char ncalrpc[LINE], np[LINE], greeter[LINE], image[LINE];
	char *arguments[3], *trial[4];
} gate;

static bool has(const char *name)
{
	char path[LINE];

	snprintf(path, sizeof(path), "%s/%s", gate.directory, name);
	return !access(path, F_OK);
}

static void read_programs(void)
{
	char path[LINE];
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/programs", gate.directory);
	file = fopen(path, "re");
	while (file && n < PROGRAMS_MAX && fgets(gate.lines[n], LINE, file)) {
		gate.lines[n][strcspn(gate.lines[n], "\n")] = '\0';
		gate.programs[n] = gate.lines[n];
		n++;
	}
	gate.programs[n] = NULL;
	if (file)
		fclose(file);
}

static const char *read_address(void)
{
	static char address[46];
	char path[LINE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/address", gate.directory);
	file = fopen(path, "re");
	if (!file || !fgets(address, sizeof(address), file))
		abort();
	fclose(file);
	return address;
}

static struct supervisor_config configure(void)
{
	static const char *addresses[3] = { "127.0.0.1" };

	addresses[1] = has("address") ? read_address() : NULL;
	read_programs();
	return (struct supervisor_config){
		.programs = gate.programs,
		.greeter = gate.greeter,
		.ncalrpc_dir = gate.ncalrpc,
		.np_dir = gate.np,
		.addresses = addresses,
		.is_confined = true,
		.visitors_max = 10000,
		.log = &quiet,
		.image = gate.image,
		.arguments = gate.arguments,
		.trial = has("no-trial") ? NULL : gate.trial,
	};
}

static void on_signal(uv_signal_t *handle, int number)
{
	const struct supervisor_config config = configure();

	if (number == SIGTERM)
		supervisor_stop(supervisor);
	else if (number == SIGHUP)
		supervisor_reload(supervisor, &config);
	else if (number == SIGINT)
		supervisor_drain(supervisor, 0);
	else
		supervisor_upgrade(supervisor);
}

/* As if another version had left it. */
static void falsify(void)
{
	const char *number = getenv(BEQUEST_VARIABLE);
	uint32_t version = 0xffff;
	static uint8_t bytes[1 << 20];
	char text[16];
	ssize_t n;
	int fd;

	if (!number || !has("other-version"))
		return;
	n = pread(atoi(number), bytes, sizeof(bytes), 0);
	fd = memfd_create("gate", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	memcpy(bytes + VERSION_AT, &version, sizeof(version));
	if (n <= 0 || write(fd, bytes, (size_t)n) != n ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		abort();
	close(atoi(number));
	snprintf(text, sizeof(text), "%d", fd);
	setenv(BEQUEST_VARIABLE, text, 1);
}

static void fill(char **argv)
{
	gate.directory = argv[1];
	snprintf(gate.ncalrpc, LINE, "%s/ncalrpc", argv[1]);
	snprintf(gate.np, LINE, "%s/np", argv[1]);
	snprintf(gate.greeter, LINE, "%s/greeter", argv[1]);
	snprintf(gate.image, LINE, "%s/image", argv[1]);
	gate.arguments[0] = gate.trial[0] = argv[0];
	gate.arguments[1] = gate.trial[1] = argv[1];
	gate.trial[2] = (char *)(uintptr_t) "--trial";
}

int main(int argc, char **argv)
{
	static const int numbers[] = { SIGTERM, SIGHUP, SIGINT, SIGUSR2 };
	static uv_signal_t signals[PEN_COUNT(numbers)];
	struct supervisor_config config;
	sigset_t none;
	int r;

	if (argc > 2 || argc < 2)
		return argc == 3 ? 0 : 2;
	fill(argv);
	falsify();
	signal(SIGPIPE, SIG_IGN);
	config = configure();
	r = legacy_find(&config.legacy);
	if (r && r != PEN_E_NOT_FOUND)
		fprintf(stderr, "gate: legacy: %d\n", r);
	if (supervisor_new(&supervisor, &config))
		return 1;
	for (size_t i = 0; i < PEN_COUNT(numbers); i++) {
		uv_signal_init(supervisor_loop(supervisor), &signals[i]);
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	supervisor_run(supervisor, LEAVE_MS);
	for (size_t i = 0; i < PEN_COUNT(numbers); i++)
		uv_close((uv_handle_t *)&signals[i], NULL);
	supervisor_free(supervisor);
	return 0;
}
