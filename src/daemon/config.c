/* SPDX-License-Identifier: MIT */
#include "daemon/config.h"
#include "base/spelling.h"
#include "daemon/services.h"
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_PORT = 11350, ROOT_PORT = 135, FIRST_DYNAMIC = 49152, LAST_DYNAMIC = 65535 };

/* ---- defaults ---- */

static void default_limits(struct pen_server_config *limits)
{
	*limits = (struct pen_server_config){
		.connections_max = 10000,
		.connections_per_peer_max = 1000,
		.groups_max = 10000,
		.handles_per_group_max = 2048,
		.auths_max = 2049,
		.call_memory_max = 64 << 20,
		.memory_max = 256 << 20,
		.bind_timeout_ms = 30 * 1000,
		.fragment_timeout_ms = 30 * 1000,
		.idle_timeout_ms = 15 * 60 * 1000,
		.npa_timeout_ms = 5 * 1000,
		.callback_timeout_ms = 5 * 60 * 1000,
	};
}

/* The machine's name as NetBIOS would have it. */
static const char *machine_name(struct pen_arena *arena)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) || !*name)
		strcpy(name, "localhost");
	name[strcspn(name, ".")] = '\0';
	name[strnlen(name, 15)] = '\0';
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return pen_arena_strdup(arena, name);
}

/* "$VARIABLE/penstock", or the alternative in the home directory. */
static const char *user_directory(struct pen_arena *arena, const char *variable, const char *home)
{
	const char *base = secure_getenv(variable);

	if (base && *base == '/')
		return pen_arena_printf(arena, "%s/penstock", base);
	base = secure_getenv("HOME");
	if (home && base && *base == '/')
		return pen_arena_printf(arena, "%s/%s/penstock", base, home);
	return pen_arena_printf(arena, "/tmp/penstock-%u", (unsigned)geteuid());
}

int config_init(struct config *config, bool is_root)
{
	*config = (struct config){ .comment = "penstock",
				   .workgroup = "WORKGROUP",
				   .allow_anonymous = true,
				   .is_confined = true,
				   .status_listen = "none",
				   .leave_ms = 5000,
				   .log_level = PEN_LOG_INFO };
	pen_arena_init(&config->arena, 0);
	default_limits(&config->limits);
	for (size_t i = 0; i < CONFIG_SERVICES_MAX && daemon_service(i); i++) {
		config->is_enabled[i] = daemon_service(i)->is_default;
		config->auth_level_min[i] = daemon_service(i)->service->auth_level_min;
		if (!config->auth_level_min[i])
			config->auth_level_min[i] = PEN_AUTH_LEVEL_NONE;
	}
	config->name = machine_name(&config->arena);
	config->listen = is_root ? "*" : "127.0.0.1";
	config->port = is_root ? ROOT_PORT : DEFAULT_PORT;
	if (is_root) {
		config->first_port = FIRST_DYNAMIC;
		config->last_port = LAST_DYNAMIC;
		config->directory = "/run/penstock";
		config->store = "/var/lib/penstock/shares/penstock.db";
		config->accounts = "/var/lib/penstock/accounts.db";
		/* As our systemd's files make it; its directories are that user's, then. */
		config->user = getpwnam("penstock") ? "penstock" : NULL;
	} else {
		const char *state =
			user_directory(&config->arena, "XDG_STATE_HOME", ".local/state");

		config->directory = user_directory(&config->arena, "XDG_RUNTIME_DIR", NULL);
		config->store =
			state ? pen_arena_printf(&config->arena, "%s/shares/penstock.db", state)
			      : NULL;
		config->accounts =
			state ? pen_arena_printf(&config->arena, "%s/accounts.db", state) : NULL;
	}
	return config->name && config->directory && config->store && config->accounts ? 0 : -ENOMEM;
}

void config_done(struct config *config)
{
	pen_arena_done(&config->arena);
}

/* ---- the file ---- */

struct reading {
	struct config *config;
	const char *name;
	struct pen_buffer *diagnoses;
	size_t line_number;
	char *line;	     /* as it is, for a diagnosis */
	const char *section; /* NULL: none yet, or one that there is not */
	bool is_unknown;     /* the section was diagnosed */
	int service;	     /* of [service NAME], or -1 */
	bool is_bad;
};

/* The place, the reason, the line, and a caret under the place. */
static void diagnose(struct reading *reading, size_t column, const char *format, ...)
	PEN_PRINTF(3, 4);

static void diagnose(struct reading *reading, size_t column, const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	reading->is_bad = true;
	pen_buffer_printf(reading->diagnoses, "%s:%zu:%zu: %s\n\t%s\n\t", reading->name,
			  reading->line_number, column + 1, reason, reading->line);
	for (size_t i = 0; i < column && reading->line[i]; i++)
		pen_buffer_printf(reading->diagnoses, "%c", reading->line[i] == '\t' ? '\t' : ' ');
	pen_buffer_printf(reading->diagnoses, "^\n");
}

static void diagnose_name(struct reading *reading, size_t column, const char *what,
			  const struct pen_spelling *spelling)
{
	diagnose(reading, column, "there is no %s %s%s%s%s", what, spelling->word,
		 spelling->nearest ? "; did you mean " : "",
		 spelling->nearest ? spelling->nearest : "", spelling->nearest ? "?" : "");
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r");
	n = strlen(text);
	while (n && strchr(" \t\r", text[n - 1]))
		text[--n] = '\0';
	return text;
}

static void enter_service(struct reading *reading, const char *name, size_t column)
{
	struct pen_spelling spelling = { .word = name };

	reading->service = daemon_service_find(name);
	if (reading->service >= 0) {
		reading->section = "service";
		return;
	}
	for (size_t i = 0; daemon_service(i); i++)
		pen_spelling_try(&spelling, daemon_service(i)->name);
	reading->is_unknown = true;
	diagnose_name(reading, column, "service", &spelling);
}

static void enter_section(struct reading *reading, char *text, size_t column)
{
	struct pen_spelling spelling = { .word = text };
	const struct config_key *key;
	char *end = strchr(text, ']');

	reading->section = NULL;
	reading->is_unknown = true;
	reading->service = -1;
	if (!end || *trim(end + 1)) {
		diagnose(reading, column, "a section is [NAME] on a line of its own");
		return;
	}
	*end = '\0';
	spelling.word = text = trim(text);
	if (!strncmp(text, "service ", 8)) {
		reading->is_unknown = false;
		enter_service(reading, trim(text + 8), column + 9);
		return;
	}
	for (size_t i = 0; (key = config_key(i)); i++) {
		pen_spelling_try(&spelling, key->section);
		if (!strcmp(key->section, text)) {
			reading->section = key->section;
			reading->is_unknown = false;
			return;
		}
	}
	pen_spelling_try(&spelling, "service srvsvc");
	diagnose_name(reading, column + 1, "section", &spelling);
}

/* By authentication level; level call is of datagrams. */
static const char *const level_names[] = { [1] = "none", "connect",   NULL,
					   "packet",	 "integrity", "privacy" };

static void set_level(struct reading *reading, const char *value, size_t value_column)
{
	for (size_t i = 0; i < PEN_COUNT(level_names); i++)
		if (level_names[i] && !strcmp(value, level_names[i])) {
			reading->config->auth_level_min[reading->service] = (uint8_t)i;
			return;
		}
	diagnose(reading, value_column, "level is none, connect, packet, integrity or privacy");
}

static void set_service(struct reading *reading, const char *name, const char *value, size_t column,
			size_t value_column)
{
	struct pen_spelling spelling = { .word = name };

	pen_spelling_try(&spelling, "enabled");
	pen_spelling_try(&spelling, "level");
	if (!strcmp(name, "level"))
		set_level(reading, value, value_column);
	else if (strcmp(name, "enabled"))
		diagnose_name(reading, column, "key", &spelling);
	else if (!strcmp(value, "yes") || !strcmp(value, "no"))
		reading->config->is_enabled[reading->service] = !strcmp(value, "yes");
	else
		diagnose(reading, value_column, "enabled is yes or no");
}

static void set(struct reading *reading, const char *name, const char *value, size_t column,
		size_t value_column)
{
	struct pen_spelling spelling = { .word = name };
	const struct config_key *key;
	const char *elsewhere = NULL, *wrong;

	for (size_t i = 0; (key = config_key(i)); i++) {
		if (strcmp(key->section, reading->section)) {
			if (!strcmp(key->name, name))
				elsewhere = key->section;
			continue;
		}
		if (!strcmp(key->name, name)) {
			wrong = config_set(reading->config, key, value);
			if (wrong)
				diagnose(reading, value_column, "%s", wrong);
			return;
		}
		pen_spelling_try(&spelling, key->name);
	}
	if (elsewhere)
		diagnose(reading, column, "%s belongs to [%s]", name, elsewhere);
	else
		diagnose_name(reading, column, "key", &spelling);
}

static void read_key(struct reading *reading, char *line, char *name)
{
	size_t column = (size_t)(name - line), value_column;
	char *equals = strchr(name, '=');
	char *value;

	if (!equals) {
		diagnose(reading, column, "a line is [SECTION], KEY = VALUE, or a comment after #");
		return;
	}
	*equals = '\0';
	value = trim(equals + 1);
	value_column = (size_t)(value - line);
	name = trim(name);
	if (reading->is_unknown) /* one diagnosis is enough */
		return;
	if (!reading->section)
		diagnose(reading, column, "a key before the first [SECTION]");
	else if (reading->service >= 0)
		set_service(reading, name, value, column, value_column);
	else
		set(reading, name, value, column, value_column);
}

static void read_line(struct reading *reading, char *line)
{
	char *text = line + strspn(line, " \t\r");
	size_t n = strlen(text);

	while (n && strchr(" \t\r", text[n - 1]))
		text[--n] = '\0';
	if (!*text || *text == '#' || *text == ';')
		return;
	if (*text == '[')
		enter_section(reading, text + 1, (size_t)(text - line));
	else
		read_key(reading, line, text);
}

/* "/var/lib/penstock-authd/accounts.key" of "/var/lib/penstock/accounts.db". */
int config_find_accounts_key(struct pen_arena *arena, const char *accounts, const char **pathp)
{
	const char *slash = strrchr(accounts, '/');

	*pathp = NULL;
	if (*accounts != '/')
		return 0;
	*pathp = slash == accounts ? "/penstock-authd/accounts.key"
				   : pen_arena_printf(arena, "%.*s-authd/accounts.key",
						      (int)(slash - accounts), accounts);
	return *pathp ? 0 : -ENOMEM;
}

int config_read(struct config *config, const char *name, const char *text, size_t n,
		struct pen_buffer *diagnoses)
{
	struct reading reading = {
		.config = config, .name = name, .diagnoses = diagnoses, .service = -1
	};

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t n_line = end ? (size_t)(end - text) : n;
		char *line = pen_arena_text(&config->arena, text, n_line);

		reading.line = pen_arena_text(&config->arena, text, n_line);
		if (!line || !reading.line)
			return -ENOMEM;
		reading.line_number++;
		if (memchr(text, '\0', n_line))
			diagnose(&reading, strlen(line), "a NUL byte");
		else
			read_line(&reading, line);
		n -= end ? n_line + 1 : n;
		text += end ? n_line + 1 : n_line;
	}
	if (reading.is_bad)
		return PEN_E_SYNTAX;
	return config->accounts_key ? 0
				    : config_find_accounts_key(&config->arena, config->accounts,
							       &config->accounts_key);
}

int config_print(const struct config *config, struct pen_buffer *text)
{
	const struct config_key *key;
	const char *section = "";
	int r = 0;

	for (size_t i = 0; !r && (key = config_key(i)); i++) {
		if (strcmp(section, key->section))
			r = pen_buffer_printf(text, "%s[%s]\n", i ? "\n" : "", key->section);
		section = key->section;
		if (r || !config_has_value(config, key))
			continue;
		r = pen_buffer_printf(text, "%s = ", key->name);
		if (!r)
			r = config_print_value(config, key, text);
		if (!r)
			r = pen_buffer_printf(text, "\n");
	}
	for (size_t i = 0; !r && daemon_service(i); i++)
		r = pen_buffer_printf(text, "\n[service %s]\nenabled = %s\nlevel = %s\n",
				      daemon_service(i)->name, config->is_enabled[i] ? "yes" : "no",
				      level_names[config->auth_level_min[i]]);
	return r;
}
