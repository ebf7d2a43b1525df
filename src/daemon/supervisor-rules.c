/* SPDX-License-Identifier: MIT */
/* Whom the policy rules: names that it has, and processes that are told. */
#include "daemon/known.h"
#include "daemon/supervisor-parts.h"
#include <errno.h>
#include <string.h>

static const struct crew *find_crew(const struct supervisor *supervisor, const char *path)
{
	pen_list_each (link, after, &supervisor->crews) {
		const struct crew *crew = pen_list_entry(link, struct crew, link);

		if (!strcmp(crew->path, path))
			return crew;
	}
	return NULL;
}

/* As it has said before, if it has. */
static void add_crew(struct known *known, const struct supervisor *supervisor, const char *path)
{
	const struct crew *crew = find_crew(supervisor, path);

	if (crew)
		known_add(known, &crew->listing);
	else
		known->is_all = false;
}

/* One that does not say stays as it was. */
static void add_answer(struct known *known, const struct supervisor *supervisor,
		       const struct heritage_answer *answer)
{
	const struct heritage_program *program = &answer->program;
	struct pen_slice source = { program->source, program->n_source };
	struct listing listing;
	char error[256];

	if (answer->result || listing_read_source(&listing, program->path, source, error)) {
		add_crew(known, supervisor, program->path);
		return;
	}
	known_add(known, &listing);
	listing_done(&listing);
}

static int check(const struct supervisor *supervisor, const struct known *known,
		 const struct rules *rules)
{
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = known_check(known, rules, supervisor->config.log, &diagnoses);
	if (r && !pen_buffer_add(&diagnoses, "", 1))
		log_line(supervisor->config.log, PEN_LOG_ERROR, "policy", "error",
			 pen_error_name(r), "message", (const char *)diagnoses.data, NULL);
	pen_buffer_done(&diagnoses);
	return r;
}

int supervisor_check_rules(const struct supervisor *supervisor)
{
	struct known known;
	int r;

	if (!rules_say_something(supervisor->config.rules))
		return 0;
	known_init(&known);
	for (size_t i = 0; supervisor->config.programs[i]; i++)
		add_crew(&known, supervisor, supervisor->config.programs[i]);
	r = check(supervisor, &known, supervisor->config.rules);
	known_done(&known);
	return r;
}

int supervisor_check_next_rules(const struct supervisor *supervisor,
				const struct heritage_answers *answers)
{
	struct known known;
	int r;

	if (!rules_say_something(supervisor->next.rules))
		return 0;
	known_init(&known);
	for (uint32_t i = 0; i < answers->n_answers; i++)
		add_answer(&known, supervisor, &answers->answers[i]);
	r = check(supervisor, &known, supervisor->next.rules);
	known_done(&known);
	return r;
}

void supervisor_rule(struct supervisor *supervisor)
{
	bool is_ruled = rules_say_something(supervisor->config.rules);

	if (is_ruled || supervisor->has_ruled) {
		pen_list_each (link, after, &supervisor->crews)
			crew_rule(pen_list_entry(link, struct crew, link));
		pen_list_each (link, after, &supervisor->retired)
			crew_rule(pen_list_entry(link, struct crew, link));
	}
	supervisor->has_ruled = is_ruled;
}
