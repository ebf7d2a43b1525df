/* SPDX-License-Identifier: MIT */
/* penstockd: the command line, the configuration file, signals. */
#include "daemon/program.h"
#include "daemon/serve.h"
#include "io/option.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK, FAILED, USAGE };

struct options {
	const char *config; /* NULL: the usual place, if there is a file */
	bool is_check, is_print, is_json, is_quiet;
	int verbosity;
};

static const char help[] =
	"Usage: penstockd [OPTION]...\n"
	"Serves RPC interfaces over TCP, local sockets and named pipes that smbd carries, in\n"
	"the foreground, until SIGTERM or SIGINT.\n"
	"\n"
	"  -c, --config FILE  read FILE, not the usual one (penstockd.conf in /etc/penstock for\n"
	"                     root, in ~/.config/penstock for others), which may be missing\n"
	"      --check-config say whether the configuration and its policy are right, and end\n"
	"      --print-config print the configuration in effect, and end\n"
	"      --foreground   the only mode there is\n"
	"      --log-json     log JSON, an object a line\n"
	"  -v, --verbose      log more\n"
	"  -q, --quiet        log warnings and errors only, and greet nobody\n"
	"      --help         print this\n"
	"      --version      print the version\n"
	"\n"
	"Exit status: 0; 1: it could not start; 2: the command line or the configuration is\n"
	"wrong.\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'C' },
	{ "print-config", no_argument, NULL, 'P' }, { "foreground", no_argument, NULL, 'f' },
	{ "log-json", no_argument, NULL, 'j' },	    { "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },	    PEN_OPTIONS_END,
};

static int take_option(void *data, int val)
{
	struct options *options = data;

	switch (val) {
	case 'c':
		options->config = optarg;
		break;
	case 'C':
		options->is_check = true;
		break;
	case 'P':
		options->is_print = true;
		break;
	case 'j':
		options->is_json = true;
		break;
	case 'v':
		options->verbosity++;
		break;
	case 'q':
		options->is_quiet = true;
		break;
	}
	return -1;
}

static const struct pen_command_line command_line = {
	.program = "penstockd",
	.help = help,
	.letters = ":c:vqh",
	.options = long_options,
	.take = take_option,
};

/* ---- the file ---- */

/* What is wrong, if anything is, and the exit. */
static int say(int r, struct pen_buffer *diagnoses)
{
	if (r && diagnoses->size)
		fprintf(stderr, "%s%.*s",
			r == PEN_E_SYNTAX ? "" : "penstockd: ", (int)diagnoses->size,
			(const char *)diagnoses->data);
	pen_buffer_done(diagnoses);
	return r ? USAGE : OK;
}

static int load(struct config *config, const struct options *options)
{
	struct pen_buffer diagnoses;

	pen_buffer_init(&diagnoses, 0);
	return say(config_load(config, options->config, &diagnoses), &diagnoses);
}

/* The configuration itself has been read. Our own programs read it, too, when they are asked. */
static int check(const struct config *config, const struct options *options)
{
	struct pen_buffer diagnoses;
	int end;

	if (options->config && setenv(PROGRAM_CONFIG_VARIABLE, options->config, true))
		return FAILED;
	pen_buffer_init(&diagnoses, 0);
	end = say(serve_check_policy(config, &diagnoses), &diagnoses);
	if (!end)
		puts("The configuration is right.");
	return end;
}

static void apply(struct config *config, const struct options *options)
{
	int level = (int)config->log_level + options->verbosity;

	if (options->is_quiet)
		level = PEN_LOG_WARNING;
	config->log_level = level > PEN_LOG_DEBUG ? PEN_LOG_DEBUG : (enum pen_log_level)level;
	config->is_json |= options->is_json;
}

static int print_config(const struct config *config)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	r = config_print(config, &text);
	if (!r)
		fwrite(text.data, 1, text.size, stdout);
	pen_buffer_done(&text);
	return r ? FAILED : OK;
}

static int load_again(void *data, struct config *fresh)
{
	const struct options *options = data;

	if (load(fresh, options))
		return PEN_E_SYNTAX;
	apply(fresh, options);
	return 0;
}

static int serve_until_stopped(const struct config *config, struct options *options,
			       char **arguments)
{
	const struct serve_config how = {
		.config = config,
		.load = load_again,
		.data = options,
		.is_quiet = options->is_quiet,
		.arguments = arguments,
	};

	return serve(&how) ? FAILED : OK;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct config config;
	int end;

	end = pen_command_line_parse(&command_line, &options, argc, argv);
	if (end >= 0)
		return end;
	if (config_init(&config, !geteuid())) {
		fprintf(stderr, "penstockd: no memory.\n");
		return FAILED;
	}
	end = load(&config, &options);
	apply(&config, &options);
	if (!end && options.is_print)
		end = print_config(&config);
	else if (!end && options.is_check)
		end = check(&config, &options);
	else if (!end)
		end = serve_until_stopped(&config, &options, argv);
	config_done(&config);
	return end;
}
