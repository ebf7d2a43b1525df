/* SPDX-License-Identifier: MIT */
/* What a configuration that was read again changes, and when. */
#include "daemon/serve.h"
#include "daemon/services.h"
#include <stdio.h>

static void warn(const struct log *log, const char *key, enum config_moment moment)
{
	if (moment != CONFIG_NOW)
		log_line(log, PEN_LOG_WARNING, "reload", "key", key, "message",
			 moment == CONFIG_AT_START ? "this takes effect when penstockd starts again"
						   : "this takes effect in processes of services "
						     "that start from now on",
			 NULL);
}

void serve_compare(const struct log *log, const struct config *config, const struct config *fresh)
{
	const struct config_key *key;
	char text[64];

	for (size_t i = 0; (key = config_key(i)); i++) {
		if (config_is_same(config, fresh, key))
			continue;
		snprintf(text, sizeof(text), "%s.%s", key->section, key->name);
		warn(log, text, key->moment);
	}
	for (size_t i = 0; daemon_service(i); i++) {
		if (config->auth_level_min[i] != fresh->auth_level_min[i]) {
			snprintf(text, sizeof(text), "service %s.level", daemon_service(i)->name);
			warn(log, text, CONFIG_IN_NEW_PROCESSES);
		}
	}
}
