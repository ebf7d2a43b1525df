/* SPDX-License-Identifier: MIT */
/* Whether a policy is right, before anybody serves: the programs are asked what it may name. */
#include "daemon/known.h"
#include "daemon/programs.h"
#include "daemon/rules.h"
#include "daemon/serve.h"

static void ask(struct known *known, const char *path, const struct log *log)
{
	char error[256] = "";
	struct listing listing;
	int r = listing_ask(&listing, path, LISTING_ASK_MS, error);

	if (r) {
		log_line(log, PEN_LOG_ERROR, "program", "path", path, "error",
			 *error ? error : pen_error_name(r), NULL);
		known->is_all = false;
		return;
	}
	known_add(known, &listing);
	listing_done(&listing);
}

static int ask_all(struct known *known, const struct config *config, const struct log *log)
{
	struct programs programs;
	int r = programs_find(&programs, config->programs, log);

	for (size_t i = 0; !r && i < programs.n; i++)
		ask(known, programs.paths[i], log);
	programs_done(&programs);
	return r;
}

static int check(const struct config *config, const struct rules *rules,
		 struct pen_buffer *diagnoses)
{
	const struct log log = { .level = PEN_LOG_WARNING, .is_json = config->is_json };
	struct pen_buffer own;
	struct known known;
	int r;

	known_init(&known);
	pen_buffer_init(&own, 0);
	r = known_check(&known, rules, &log, &own);
	/* What it names that is not penstock's may be a program's. */
	if (r == PEN_E_SYNTAX) {
		r = ask_all(&known, config, &log);
		if (!r)
			r = known_check(&known, rules, &log, diagnoses);
	}
	pen_buffer_done(&own);
	known_done(&known);
	return r;
}

int serve_check_policy(const struct config *config, struct pen_buffer *diagnoses)
{
	struct rules *rules;
	int r = rules_new(&rules, config->limits.policy, NULL, diagnoses);

	if (r)
		return r;
	r = check(config, rules, diagnoses);
	rules_free(rules);
	return r;
}
