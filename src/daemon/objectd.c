/* SPDX-License-Identifier: MIT */
/* penstock-objectd: the command line, what the process is, signals. */
#include "daemon/object-server.h"
#include "io/directory.h"
#include "io/fds.h"
#include "io/notify.h"
#include "io/option.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OK, FAILED, USAGE };
enum { ALIASES_MAX = 64, IDLE_SECONDS = 30 };

struct options {
	const char *directory;
	const char *np_directory;
	const char *admin_group;
	const char *global_group;
	uint32_t idle_seconds;
	bool is_background;
	struct pen_objects_alias aliases[ALIASES_MAX];
	size_t n_aliases;
};

static const char help[] =
	"Usage: penstock-objectd [OPTION]...\n"
	"Keeps the names of pipes and sections, and says who may have them, until SIGTERM or\n"
	"SIGINT. Root's serves the machine; programs of a user without one start it themselves.\n"
	"\n"
	"      --directory DIR       where its socket is (/run/penstock for root, else penstock "
	"in\n"
	"                            $XDG_RUNTIME_DIR, or /tmp/penstock-UID)\n"
	"      --np-directory DIR    where smbd looks for pipes: those that there are get a "
	"socket\n"
	"                            there\n"
	"      --idle SECONDS        leave when there has been nothing to keep for so long; 0:\n"
	"                            never (0 for root, else 30)\n"
	"      --background          go on in the background once it listens; where another one\n"
	"                            does, that will do\n"
	"      --admin-group NAME    its members are administrators\n"
	"      --global-group NAME   its members may make sections of the machine in any session\n"
	"      --alias NAME=TARGET   who opens the pipe NAME gets the pipe TARGET\n"
	"      --help                print this\n"
	"      --version             print the version\n"
	"\n"
	"Exit status: 0; 1: it could not start; 2: the command line is wrong.\n";

static const struct option long_options[] = {
	{ "directory", required_argument, NULL, 'd' },
	{ "np-directory", required_argument, NULL, 'n' },
	{ "idle", required_argument, NULL, 'i' },
	{ "background", no_argument, NULL, 'b' },
	{ "admin-group", required_argument, NULL, 'a' },
	{ "global-group", required_argument, NULL, 'g' },
	{ "alias", required_argument, NULL, 'l' },
	PEN_OPTIONS_END,
};

/* ---- the command line ---- */

static int bad_value(const char *option, const char *value, const char *what)
{
	fprintf(stderr, "penstock-objectd: --%s %s: %s\n", option, value, what);
	return USAGE;
}

static int parse_idle(struct options *options, const char *value)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || seconds > 1000000)
		return bad_value("idle", value, "a number of seconds, up to 1000000.");
	options->idle_seconds = (uint32_t)seconds;
	return -1;
}

/* The text is cut in two where it is. */
static int parse_alias(struct options *options, char *value)
{
	char *equals = strchr(value, '=');

	if (!equals || equals == value || !equals[1])
		return bad_value("alias", value, "NAME=TARGET, the names of two pipes.");
	if (options->n_aliases == ALIASES_MAX)
		return bad_value("alias", value, "there may be 64 of them.");
	*equals = '\0';
	options->aliases[options->n_aliases++] =
		(struct pen_objects_alias){ .name = value, .target = equals + 1 };
	return -1;
}

static int take_option(void *data, int val)
{
	struct options *options = data;

	switch (val) {
	case 'd':
		options->directory = optarg;
		return -1;
	case 'n':
		options->np_directory = optarg;
		return -1;
	case 'i':
		return parse_idle(options, optarg);
	case 'b':
		options->is_background = true;
		return -1;
	case 'a':
		options->admin_group = optarg;
		return -1;
	case 'g':
		options->global_group = optarg;
		return -1;
	default:
		return parse_alias(options, optarg);
	}
}

static const struct pen_command_line command_line = {
	.program = "penstock-objectd",
	.help = help,
	.options = long_options,
	.take = take_option,
};

static int find_group(const char *option, const char *name, bool *has_groupp, uint32_t *groupp)
{
	const struct group *group;

	if (!name)
		return -1;
	group = getgrnam(name);
	if (!group)
		return bad_value(option, name, "there is no such group.");
	*has_groupp = true;
	*groupp = group->gr_gid;
	return -1;
}

/* ---- what it is ---- */

/* The child goes on; whoever waited for it to listen may go on too. */
static int go_to_background(void)
{
	int null;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		_exit(OK);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	return chdir("/") ? -errno : 0;
}

/* ---- signals ---- */

static struct object_server server;

static void on_signal(int number)
{
	object_server_stop(&server);
}

static void handle_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static int complain(const char *directory, int r)
{
	fprintf(stderr, "penstock-objectd: %s: %s\n", directory,
		r == PEN_E_EXISTS ? "another one is there already." : strerror(-r));
	return FAILED;
}

static int serve(const struct options *options, const struct object_server_config *config)
{
	int r = object_server_listen(&server, config);

	if (r == PEN_E_EXISTS && options->is_background)
		return OK;
	if (r)
		return complain(config->directory, r);
	if (options->is_background)
		r = go_to_background();
	else
		pen_notify("READY=1"); /* one that a program has started is not its service's */
	handle_signals(on_signal);
	if (!r)
		r = object_server_run(&server);
	handle_signals(SIG_IGN);
	object_server_done(&server);
	return r ? complain(config->directory, r) : OK;
}

int main(int argc, char **argv)
{
	struct options options = { .idle_seconds = geteuid() ? IDLE_SECONDS : 0 };
	struct object_server_config config = { 0 };
	char *directory;
	int end = pen_command_line_parse(&command_line, &options, argc, argv);
	int r;

	if (end < 0)
		end = find_group("admin-group", options.admin_group, &config.groups.has_admin,
				 &config.groups.admin);
	if (end < 0)
		end = find_group("global-group", options.global_group, &config.groups.has_global,
				 &config.groups.global);
	if (end >= 0)
		return end;
	r = pen_objects_directory(&directory, options.directory);
	if (r)
		return complain("the directory of its socket", r);
	config.directory = directory;
	config.np_directory = options.np_directory;
	config.aliases = options.aliases;
	config.n_aliases = options.n_aliases;
	config.idle_seconds = options.idle_seconds;
	pen_fds_room(0); /* as many as may be */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	umask(077);
	end = serve(&options, &config);
	free(directory);
	return end;
}
