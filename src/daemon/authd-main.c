/* SPDX-License-Identifier: MIT */
/* penstock-authd: the command line, the configuration, and what the process is. */
#include "daemon/authd-needs.h"
#include "daemon/authd.h"
#include "daemon/child-main.h"
#include "daemon/log.h"
#include "daemon/verdicts.h"
#include "io/fds.h"
#include "runtime/world.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENAS_MAX = 2 };

static const char name[] = "penstock-authd";

static const char help[] =
	"Usage: penstock-authd [OPTION]...\n"
	"Says who clients are, for penstockd's workers; it has the accounts and the keys, and\n"
	"they have not. penstockd starts it with a socket for descriptor 3 and its own\n"
	"configuration in PENSTOCKD_CONFIG. It ends when that does.\n"
	"\n"
	"      --user NAME   go on as that user, when all secrets are read\n"
	"      --unconfined  may do what that user may, for who looks for a fault\n"
	"      --help        print this\n"
	"      --version     print the version\n"
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line, descriptor 3 or the configuration\n"
	"is wrong.\n";

static const struct option long_options[] = {
	{ "user", required_argument, NULL, 'u' },
	{ "unconfined", no_argument, NULL, 'U' },
	PEN_OPTIONS_END,
};

struct process {
	struct config config;
	struct log log;
	struct pen_world world;
	struct verdicts *verdicts;
	const char *user; /* NULL: as it is */
	bool is_unconfined;
};

static int take_option(void *data, int val)
{
	struct process *process = data;

	if (val == 'u')
		process->user = optarg;
	else
		process->is_unconfined = true;
	return -1;
}

static const struct pen_command_line command_line = {
	.program = name,
	.help = help,
	.options = long_options,
	.take = take_option,
};

/* ---- what it is made of ---- */

static void say(void *data, enum pen_log_level level, const char *line)
{
	log_line(data, level, "authd", "message", line, NULL);
}

static int load(struct process *process, const char *path)
{
	struct pen_buffer diagnoses;
	int r = config_init(&process->config, !geteuid());

	if (r)
		return r;
	pen_buffer_init(&diagnoses, 0);
	r = config_load(&process->config, path, &diagnoses);
	if (r)
		fprintf(stderr, "%.*s", (int)diagnoses.size, (const char *)diagnoses.data);
	pen_buffer_done(&diagnoses);
	process->log = (struct log){ process->config.log_level, process->config.is_json };
	return r;
}

static int prepare(struct process *process, char error[256])
{
	int r = pen_world_init(&process->world);

	if (r) {
		snprintf(error, 256, "libcrypto offers no ciphers");
		return r;
	}
	r = verdicts_new(&process->verdicts, &process->config, process->world.crypto, error);
	/* The keytab may be another's, and is then read once; else each client's is read anew. */
	if (!r && process->user)
		r = verdicts_keep_keys(process->verdicts, error);
	return r;
}

/* From now on it can do what it does, and nothing else. */
static int confine(const struct process *process, char error[256])
{
	struct authd_needs needs;
	const struct confinement confinement = {
		.needs = &needs.needs,
		.user = process->user,
		.is_local = true,
	};
	char missing[128] = "";
	int r = authd_needs_init(&needs, &process->config, NULL, error);

	if (!r)
		r = confine_self(&confinement, missing, error);
	if (!r && *missing)
		log_line(&process->log, PEN_LOG_INFO, "authd", "message",
			 "this kernel does not confine it in all", "missing", missing, NULL);
	authd_needs_done(&needs);
	return r;
}

static int serve(struct process *process)
{
	const struct authd_config config = {
		.fd = CHILD_MAIN_SOCKET,
		.world = &process->world.mech,
		.ntlm = verdicts_ntlm(process->verdicts),
		.krb5 = verdicts_krb5(process->verdicts),
		.vault = verdicts_vault(process->verdicts),
		.log = say,
		.log_data = &process->log,
	};
	struct authd *authd;
	int r = authd_new(&authd, &config);

	/* Not freed: threads that wait for others would hold it up. */
	return r ? r : authd_run(authd);
}

static int run(struct process *process)
{
	char error[256] = "";
	int r = prepare(process, error);

	if (!r && !process->is_unconfined)
		r = confine(process, error);
	/* Now: what is made there is that user's. */
	if (!r)
		r = verdicts_open(process->verdicts, error);
	if (!r)
		r = serve(process);
	if (r)
		say(&process->log, PEN_LOG_ERROR,
		    *error  ? error
		    : r < 0 ? strerror(-r)
			    : "what came from penstockd is no order");
	return r;
}

int main(int argc, char **argv)
{
	static struct process process;
	const char *path = getenv("PENSTOCKD_CONFIG");
	int end = child_main_begin(&command_line, &process, argc, argv);

	if (end >= 0)
		return end;
	/* Each thread's own heap would take addresses that there is a limit of. */
	mallopt(M_ARENA_MAX, ARENAS_MAX);
	pen_fds_room(0); /* a call that cannot be taken is lost */
	if (load(&process, path && *path ? path : NULL))
		return CHILD_MAIN_USAGE;
	/* What else runs at a program's end may want more than it has. */
	_exit(run(&process) ? CHILD_MAIN_FAILED : CHILD_MAIN_OK);
}
