/* SPDX-License-Identifier: MIT */
#include "daemon/reload.h"
#include <stdio.h>
#include <string.h>

static void warn(const struct log *log, const char *key)
{
	log_line(log, PEN_LOG_WARNING, "reload", "key", key, "message",
		 "this takes effect when penstockd starts again", NULL);
}

static void warn_of_keys(const struct log *log, const struct config *config,
			 const struct config *fresh)
{
	const struct config_key *key;
	char text[64];

	for (size_t i = 0; (key = config_key(i)); i++) {
		if (key->is_live || config_is_same(config, fresh, key))
			continue;
		snprintf(text, sizeof(text), "%s.%s", key->section, key->name);
		warn(log, text);
	}
	for (size_t i = 0; daemon_program(i); i++) {
		if (config->is_enabled[i] != fresh->is_enabled[i]) {
			snprintf(text, sizeof(text), "service %s.enabled", daemon_program(i)->name);
			warn(log, text);
		}
		if (config->auth_level_min[i] != fresh->auth_level_min[i]) {
			snprintf(text, sizeof(text), "service %s.level", daemon_program(i)->name);
			warn(log, text);
		}
	}
}

static bool has_moved(const char *from, const char *to)
{
	return from && to ? strcmp(from, to) : from != to;
}

/* Shares are found elsewhere; if that fails, where they were. */
static void move_shares(struct serve *serve, struct config *config, const struct config *fresh)
{
	struct config moved = *config;

	if (!has_moved(config->smb_conf, fresh->smb_conf))
		return;
	moved.smb_conf = fresh->smb_conf;
	if (fresh->smb_conf) {
		moved.smb_conf = pen_arena_strdup(&config->arena, fresh->smb_conf);
		if (!moved.smb_conf)
			return;
	}
	if (!serve_reload(serve, &moved))
		config->smb_conf = moved.smb_conf;
}

/* Its text may be another even where its file is the same. */
static void read_policy(struct serve *serve, struct config *config, const struct config *fresh)
{
	const char *path = fresh->limits.policy;

	if (path && has_moved(config->limits.policy, path)) {
		path = pen_arena_strdup(&config->arena, path);
		if (!path)
			return;
	} else if (path) {
		path = config->limits.policy;
	}
	if (!serve_set_policy(serve, path))
		config->limits.policy = path;
}

void reload(struct serve *serve, struct config *config, struct log *log, const struct config *fresh)
{
	log->level = config->log_level = fresh->log_level;
	log->is_json = config->is_json = fresh->is_json;
	warn_of_keys(log, config, fresh);
	move_shares(serve, config, fresh);
	read_policy(serve, config, fresh);
	log_line(log, PEN_LOG_INFO, "reload", NULL);
}
