/* SPDX-License-Identifier: MIT */
#include "daemon/config.h"
#include "daemon/log.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct config, member)

static const char *const verdict_choices[] = { "accounts", "winbind", "netlogon", NULL };
/* By enum pen_eerr_policy. */
static const char *const eerr_choices[] = { "local", "nobody", "codes", "all", NULL };
static const char *const guest_choices[] = { "never", "strangers", NULL };

static const struct config_key keys[] = {
	{ "server", "name", CONFIG_TEXT, AT(name) },
	{ "server", "comment", CONFIG_TEXT, AT(comment) },
	{ "server", "workgroup", CONFIG_TEXT, AT(workgroup) },
	{ "server", "listen", CONFIG_ADDRESSES, AT(listen), .moment = CONFIG_NOW },
	{ "server", "port", CONFIG_NUMBER, AT(port), 1, UINT16_MAX, .moment = CONFIG_NOW },
	{ "server", "ports", CONFIG_PORTS, AT(first_port), .moment = CONFIG_NOW },
	{ "server", "directory", CONFIG_PATH, AT(directory), .moment = CONFIG_AT_START },
	{ "server", "objects", CONFIG_PATH, AT(objects), .moment = CONFIG_AT_START },
	{ "server", "extended_errors", CONFIG_CHOICE, AT(limits.extended_errors),
	  .choices = eerr_choices },
	{ "store", "path", CONFIG_PATH, AT(store) },
	{ "store", "accounts", CONFIG_PATH, AT(accounts), .moment = CONFIG_AT_START },
	{ "store", "accounts_key", CONFIG_PATH, AT(accounts_key), .moment = CONFIG_AT_START },
	{ "security", "verdicts", CONFIG_CHOICE, AT(verdicts), .choices = verdict_choices },
	{ "security", "guests", CONFIG_CHOICE, AT(guests), .choices = guest_choices },
	{ "security", "anonymous", CONFIG_YES_NO, AT(allow_anonymous) },
	{ "security", "ntlm_v1", CONFIG_YES_NO, AT(allow_ntlm_v1) },
	{ "security", "krb5_weak", CONFIG_YES_NO, AT(allow_weak_krb5) },
	{ "security", "netlogon_weak", CONFIG_YES_NO, AT(allow_weak_netlogon) },
	{ "security", "netlogon_unsealed", CONFIG_YES_NO, AT(allow_unsealed_netlogon) },
	{ "security", "dc", CONFIG_TEXT, AT(dc) },
	{ "security", "domain", CONFIG_TEXT, AT(domain) },
	{ "security", "machine", CONFIG_TEXT, AT(machine) },
	{ "security", "machine_secret", CONFIG_PATH, AT(machine_secret) },
	{ "security", "keytab", CONFIG_TEXT, AT(keytab) },
	{ "security", "principal", CONFIG_TEXT, AT(principal) },
	{ "security", "realm", CONFIG_TEXT, AT(realm) },
	{ "security", "keylog", CONFIG_PATH, AT(limits.keylog) },
	{ "policy", "file", CONFIG_PATH, AT(limits.policy), .moment = CONFIG_NOW },
	{ "policy", "record", CONFIG_PATH, AT(limits.policy_record), .moment = CONFIG_NOW },
	{ "workers", "programs", CONFIG_TEXT, AT(programs), .moment = CONFIG_NOW },
	{ "workers", "user", CONFIG_TEXT, AT(user), .moment = CONFIG_AT_START },
	{ "workers", "confined", CONFIG_YES_NO, AT(is_confined), .moment = CONFIG_AT_START },
	{ "workers", "leave_timeout", CONFIG_SECONDS, AT(leave_ms), 0, 3600,
	  .moment = CONFIG_AT_START },
	{ "status", "listen", CONFIG_PLACE, AT(status_listen), .moment = CONFIG_AT_START },
	{ "samba", "np", CONFIG_PATH, AT(samba_np), .moment = CONFIG_AT_START },
	{ "shares", "smb_conf", CONFIG_PATH, AT(smb_conf), .moment = CONFIG_NOW },
	{ "shares", "folders", CONFIG_TEXT, AT(folders) },
	{ "log", "level", CONFIG_LOG_LEVEL, AT(log_level), .moment = CONFIG_NOW },
	{ "log", "format", CONFIG_LOG_FORMAT, AT(is_json), .moment = CONFIG_NOW },
	{ "limits", "connections", CONFIG_NUMBER, AT(limits.connections_max), 1, 1000000 },
	{ "limits", "connections_per_peer", CONFIG_NUMBER, AT(limits.connections_per_peer_max), 1,
	  1000000 },
	{ "limits", "groups", CONFIG_NUMBER, AT(limits.groups_max), 1, 1000000 },
	{ "limits", "handles_per_group", CONFIG_NUMBER, AT(limits.handles_per_group_max), 1,
	  1000000 },
	{ "limits", "security_contexts", CONFIG_NUMBER, AT(limits.auths_max), 1, 65536 },
	{ "limits", "call_memory", CONFIG_NUMBER, AT(limits.call_memory_max), 65536, INT32_MAX },
	{ "limits", "memory", CONFIG_NUMBER, AT(limits.memory_max), 65536, INT32_MAX },
	{ "limits", "bind_timeout", CONFIG_SECONDS, AT(limits.bind_timeout_ms), 1, 86400 },
	{ "limits", "fragment_timeout", CONFIG_SECONDS, AT(limits.fragment_timeout_ms), 1, 86400 },
	{ "limits", "idle_timeout", CONFIG_SECONDS, AT(limits.idle_timeout_ms), 1, 86400 },
	{ "limits", "npa_timeout", CONFIG_SECONDS, AT(limits.npa_timeout_ms), 1, 86400 },
	{ "limits", "callback_timeout", CONFIG_SECONDS, AT(limits.callback_timeout_ms), 1, 86400 },
};

const struct config_key *config_key(size_t n)
{
	return n < PEN_COUNT(keys) ? &keys[n] : NULL;
}

static void *place(const struct config *config, const struct config_key *key)
{
	return (char *)config + key->offset;
}

/* ---- in ---- */

static bool parse_number(const char *text, uint32_t *numberp)
{
	unsigned long long number;
	char *end;

	number = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || number > UINT32_MAX)
		return false;
	*numberp = (uint32_t)number;
	return true;
}

static const char *set_number(struct config *config, const struct config_key *key,
			      const char *value)
{
	uint32_t number;

	if (!parse_number(value, &number) || number < key->min || number > key->max)
		return pen_arena_printf(&config->arena, "%s is a number%s from %u to %u", key->name,
					key->kind == CONFIG_SECONDS ? " of seconds" : "", key->min,
					key->max);
	if (key->kind == CONFIG_SECONDS)
		number *= 1000;
	*(uint32_t *)place(config, key) = number;
	if (key->offset == AT(port))
		config->is_port_given = true;
	return NULL;
}

static const char *set_ports(struct config *config, const char *value)
{
	char first[16];
	const char *dash = strchr(value, '-');
	uint32_t low, high;

	if (!strcmp(value, "any")) {
		config->first_port = config->last_port = 0;
		return NULL;
	}
	if (dash && (size_t)(dash - value) < sizeof(first)) {
		memcpy(first, value, (size_t)(dash - value));
		first[dash - value] = '\0';
		if (parse_number(first, &low) && parse_number(dash + 1, &high) && low &&
		    low <= high && high <= UINT16_MAX) {
			config->first_port = low;
			config->last_port = high;
			return NULL;
		}
	}
	return "ports is a range such as 49152-65535, or any";
}

static bool is_address(const char *text)
{
	uint8_t address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static const char *set_addresses(struct config *config, const struct config_key *key,
				 const char *value)
{
	char *copy = pen_arena_strdup(&config->arena, value);
	char *rest = NULL;

	if (!copy)
		return "no memory";
	if (strcmp(value, "*") && strcmp(value, "none"))
		for (char *word = strtok_r(copy, " \t", &rest); word;
		     word = strtok_r(NULL, " \t", &rest))
			if (!is_address(word))
				return pen_arena_printf(
					&config->arena,
					"%s is no numeric address; listen takes some of those, * "
					"or none",
					word);
	*(const char **)place(config, key) = pen_arena_strdup(&config->arena, value);
	return config->listen ? NULL : "no memory";
}

/* A numeric address, one of v6 in brackets, a colon, and a port. */
static bool is_place(const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[INET6_ADDRSTRLEN + 2];
	uint8_t bytes[16];
	uint32_t port;
	size_t n;

	if (!colon || !parse_number(colon + 1, &port) || port > UINT16_MAX)
		return false;
	n = (size_t)(colon - text);
	if (n < 2 || n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (*address != '[')
		return inet_pton(AF_INET, address, bytes) == 1;
	if (address[n - 1] != ']')
		return false;
	address[n - 1] = '\0';
	return inet_pton(AF_INET6, address + 1, bytes) == 1;
}

static const char *set_text(struct config *config, const struct config_key *key, const char *value)
{
	const char *copy;

	if (key->kind == CONFIG_PATH && *value != '/' && strcmp(value, ":memory:"))
		return pen_arena_printf(&config->arena, "%s is an absolute path", key->name);
	if (key->kind == CONFIG_PLACE && *value != '/' && strcmp(value, "none") && !is_place(value))
		return pen_arena_printf(&config->arena,
					"%s is an address and a port such as 127.0.0.1:9164, an "
					"absolute path, or none",
					key->name);
	copy = pen_arena_strdup(&config->arena, value);
	if (!copy)
		return "no memory";
	*(const char **)place(config, key) = copy;
	return NULL;
}

static const char *set_level(struct config *config, const char *value)
{
	for (int i = PEN_LOG_ERROR; i <= PEN_LOG_DEBUG; i++)
		if (!strcmp(value, log_level_name((enum pen_log_level)i))) {
			config->log_level = (enum pen_log_level)i;
			return NULL;
		}
	return "level is error, warning, info or debug";
}

/* "never or strangers" */
static const char *say_choices(struct config *config, const struct config_key *key)
{
	const char *text = pen_arena_printf(&config->arena, "%s is %s", key->name, key->choices[0]);

	for (size_t i = 1; text && key->choices[i]; i++)
		text = pen_arena_printf(&config->arena, "%s%s%s", text,
					key->choices[i + 1] ? ", " : " or ", key->choices[i]);
	return text ? text : "no memory";
}

static const char *set_choice(struct config *config, const struct config_key *key,
			      const char *value)
{
	for (uint32_t i = 0; key->choices[i]; i++)
		if (!strcmp(value, key->choices[i])) {
			*(uint32_t *)place(config, key) = i;
			return NULL;
		}
	return say_choices(config, key);
}

const char *config_set(struct config *config, const struct config_key *key, const char *value)
{
	bool is_yes = !strcmp(value, key->kind == CONFIG_LOG_FORMAT ? "json" : "yes");

	if (!*value)
		return pen_arena_printf(&config->arena, "%s has no value", key->name);
	switch (key->kind) {
	case CONFIG_NUMBER:
	case CONFIG_SECONDS:
		return set_number(config, key, value);
	case CONFIG_PORTS:
		return set_ports(config, value);
	case CONFIG_ADDRESSES:
		return set_addresses(config, key, value);
	case CONFIG_LOG_LEVEL:
		return set_level(config, value);
	case CONFIG_CHOICE:
		return set_choice(config, key, value);
	case CONFIG_LOG_FORMAT:
	case CONFIG_YES_NO:
		if (!is_yes && strcmp(value, key->kind == CONFIG_LOG_FORMAT ? "text" : "no"))
			return pen_arena_printf(&config->arena, "%s is %s", key->name,
						key->kind == CONFIG_LOG_FORMAT ? "text or json"
									       : "yes or no");
		*(bool *)place(config, key) = is_yes;
		return NULL;
	default:
		return set_text(config, key, value);
	}
}

/* ---- out ---- */

bool config_has_value(const struct config *config, const struct config_key *key)
{
	return (key->kind != CONFIG_TEXT && key->kind != CONFIG_PATH) ||
	       *(const char *const *)place(config, key);
}

bool config_is_same(const struct config *a, const struct config *b, const struct config_key *key)
{
	const char *x, *y;

	switch (key->kind) {
	case CONFIG_NUMBER:
	case CONFIG_SECONDS:
	case CONFIG_CHOICE:
		return *(const uint32_t *)place(a, key) == *(const uint32_t *)place(b, key);
	case CONFIG_PORTS:
		return a->first_port == b->first_port && a->last_port == b->last_port;
	case CONFIG_LOG_LEVEL:
		return a->log_level == b->log_level;
	case CONFIG_LOG_FORMAT:
	case CONFIG_YES_NO:
		return *(const bool *)place(a, key) == *(const bool *)place(b, key);
	default:
		x = *(const char *const *)place(a, key);
		y = *(const char *const *)place(b, key);
		return x && y ? !strcmp(x, y) : x == y;
	}
}

int config_print_value(const struct config *config, const struct config_key *key,
		       struct pen_buffer *text)
{
	const void *at = place(config, key);

	switch (key->kind) {
	case CONFIG_NUMBER:
		return pen_buffer_printf(text, "%u", *(const uint32_t *)at);
	case CONFIG_SECONDS:
		return pen_buffer_printf(text, "%u", *(const uint32_t *)at / 1000);
	case CONFIG_CHOICE:
		return pen_buffer_printf(text, "%s", key->choices[*(const uint32_t *)at]);
	case CONFIG_PORTS:
		if (!config->first_port)
			return pen_buffer_printf(text, "any");
		return pen_buffer_printf(text, "%u-%u", config->first_port, config->last_port);
	case CONFIG_LOG_LEVEL:
		return pen_buffer_printf(text, "%s", log_level_name(config->log_level));
	case CONFIG_LOG_FORMAT:
		return pen_buffer_printf(text, "%s", config->is_json ? "json" : "text");
	case CONFIG_YES_NO:
		return pen_buffer_printf(text, "%s", *(const bool *)at ? "yes" : "no");
	default:
		return pen_buffer_printf(text, "%s", *(const char *const *)at);
	}
}
