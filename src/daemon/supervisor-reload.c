/* SPDX-License-Identifier: MIT */
/* What the supervisor serves: its programs, asked at the start and again. */
#include "daemon/inquiry.h"
#include "daemon/supervisor-parts.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { MARGIN_MS = 5000, ANSWERS_ARENA_MAX = 1 << 30 };

/* ---- the configuration ---- */

static const char *copy_text(const char *text, struct pen_arena *arena, int *errorp)
{
	const char *copy = text ? pen_arena_strdup(arena, text) : NULL;

	if (text && !copy)
		*errorp = -ENOMEM;
	return copy;
}

static const char **copy_texts(const char *const *texts, struct pen_arena *arena, int *errorp)
{
	const char **copies;
	size_t n = 0;

	while (texts && texts[n])
		n++;
	copies = texts ? pen_arena_array(arena, n + 1, sizeof(*copies)) : NULL;
	if (texts && !copies)
		*errorp = -ENOMEM;
	for (size_t i = 0; copies && i < n; i++)
		copies[i] = copy_text(texts[i], arena, errorp);
	return copies;
}

static char *const *copy_arguments(char *const *arguments, struct pen_arena *arena, int *errorp)
{
	return (char *const *)(uintptr_t)copy_texts((const char *const *)(uintptr_t)arguments,
						    arena, errorp);
}

static int copy_config(struct supervisor_config *copy, const struct supervisor_config *config,
		       struct pen_arena *arena)
{
	int r = 0;

	*copy = *config;
	copy->programs = copy_texts(config->programs, arena, &r);
	copy->greeter = copy_text(config->greeter, arena, &r);
	copy->authd = copy_text(config->authd, arena, &r);
	copy->ncalrpc_dir = copy_text(config->ncalrpc_dir, arena, &r);
	copy->np_dir = copy_text(config->np_dir, arena, &r);
	copy->addresses = copy_texts(config->addresses, arena, &r);
	copy->user = copy_text(config->user, arena, &r);
	copy->samba_np = copy_text(config->samba_np, arena, &r);
	copy->relay = copy_text(config->relay, arena, &r);
	copy->objects = copy_text(config->objects, arena, &r);
	copy->porter = copy_text(config->porter, arena, &r);
	copy->image = copy_text(config->image, arena, &r);
	copy->arguments = copy_arguments(config->arguments, arena, &r);
	copy->trial = copy_arguments(config->trial, arena, &r);
	return r;
}

static void tell_world(struct supervisor *supervisor)
{
	const struct supervisor_config *config = &supervisor->config;

	supervisor->world.log = config->log;
	supervisor->world.ncalrpc_dir = config->ncalrpc_dir;
	supervisor->world.user = config->user;
	supervisor->world.is_confined = config->is_confined;
	supervisor->world.rules = config->rules;
}

int supervisor_take_config(struct supervisor *supervisor, const struct supervisor_config *config)
{
	int r = copy_config(&supervisor->config, config, &supervisor->settings);

	tell_world(supervisor);
	return r;
}

/* What cannot change while it runs stays. The old texts may be what the new ones are copied from.
 */
static int take_next(struct supervisor *supervisor)
{
	struct supervisor_config next = supervisor->next;
	const struct supervisor_config *config = &supervisor->config;
	struct supervisor_config copy;
	struct pen_arena arena;
	int r;

	next.ncalrpc_dir = config->ncalrpc_dir;
	next.np_dir = config->np_dir;
	next.greeter = config->greeter;
	next.authd = config->authd;
	next.authd_needs = config->authd_needs;
	next.samba_np = config->samba_np;
	next.relay = config->relay;
	next.objects = config->objects;
	next.porter = config->porter;
	next.log = config->log;
	next.image = config->image;
	next.arguments = config->arguments;
	next.trial = config->trial;
	next.legacy = NULL;
	if (next.bind_ms != config->bind_ms || next.npa_ms != config->npa_ms)
		supervisor->is_greeter_old = true;
	pen_arena_init(&arena, 0);
	r = copy_config(&copy, &next, &arena);
	if (r) {
		pen_arena_done(&arena);
		return r;
	}
	pen_arena_done(&supervisor->settings);
	if (copy.rules != config->rules)
		rules_free(config->rules);
	supervisor->next.rules = NULL;
	supervisor->settings = arena;
	supervisor->config = copy;
	tell_world(supervisor);
	return 0;
}

/* ---- at the start ---- */

static void complain(const struct supervisor *supervisor, const char *path, int result,
		     const char *error)
{
	log_line(supervisor->config.log, PEN_LOG_ERROR, "program", "path", path, "error",
		 *error	      ? error
		 : result < 0 ? strerror(-result)
			      : pen_error_name(result),
		 NULL);
}

static int make_crew(struct supervisor *supervisor, struct crew **crewp, const char *path,
		     const struct heritage_stamp *stamp, struct listing *listing)
{
	int r = crew_new(crewp, &supervisor->world, path, listing);

	if (r) {
		listing_done(listing);
		return r;
	}
	(*crewp)->stamp = *stamp;
	return 0;
}

static void ask(struct supervisor *supervisor, const char *path)
{
	const struct heritage_stamp stamp = inquiry_stamp(path);
	char error[256] = "", patience[64];
	struct listing listing;
	struct crew *crew;
	int r;

	snprintf(patience, sizeof(patience), "EXTEND_TIMEOUT_USEC=%llu",
		 1000ULL * (LISTING_ASK_MS + MARGIN_MS));
	manager_tell(&supervisor->manager, patience, "asking the programs");
	r = listing_ask(&listing, path, LISTING_ASK_MS, error);
	if (!r)
		r = make_crew(supervisor, &crew, path, &stamp, &listing);
	if (!r)
		pen_list_append(&supervisor->crews, &crew->link);
	else
		complain(supervisor, path, r, error);
}

void supervisor_ask_all(struct supervisor *supervisor)
{
	for (size_t i = 0; supervisor->config.programs[i]; i++)
		ask(supervisor, supervisor->config.programs[i]);
}

/* ---- again ---- */

static void note(const struct supervisor *supervisor, const struct crew *crew, const char *message)
{
	log_line(supervisor->config.log, PEN_LOG_INFO, "program", "path", crew->path, "message",
		 message, NULL);
}

static struct crew *find_crew(const struct supervisor *supervisor, const char *path)
{
	pen_list_each (link, after, &supervisor->crews) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		if (!strcmp(crew->path, path))
			return crew;
	}
	return NULL;
}

static bool is_unchanged(const struct crew *crew, const struct heritage_program *program)
{
	const struct pen_slice *source = &crew->listing.source;

	return inquiry_is_same(&crew->stamp, &program->stamp) &&
	       source->size == program->n_source &&
	       !memcmp(source->data, program->source, source->size);
}

/* The crew that the answer means. NULL: it cannot be made, as the log says. */
static struct crew *hear(struct supervisor *supervisor, const struct heritage_answer *answer)
{
	const struct heritage_program *program = &answer->program;
	struct pen_slice source = { program->source, program->n_source };
	char error[256] = "";
	struct listing listing;
	struct crew *crew;
	int r = answer->result;

	if (r) {
		complain(supervisor, program->path, r, answer->error);
		return NULL;
	}
	r = listing_read_source(&listing, program->path, source, error);
	if (!r)
		r = make_crew(supervisor, &crew, program->path, &program->stamp, &listing);
	if (!r)
		return crew;
	complain(supervisor, program->path, r, error);
	return NULL;
}

/* Puts the answer's crew among the fresh: the one that is there, or another in its place. */
static void take_answer(struct supervisor *supervisor, const struct heritage_answer *answer,
			struct pen_list *fresh, struct pen_list *old)
{
	struct crew *crew = find_crew(supervisor, answer->program.path);
	struct crew *other = NULL;

	if (!crew || answer->result || !is_unchanged(crew, &answer->program))
		other = hear(supervisor, answer);
	if (crew)
		pen_list_remove(&crew->link);
	if (crew)
		pen_list_append(other ? old : fresh, &crew->link);
	if (other)
		pen_list_append(fresh, &other->link);
	if (other)
		note(supervisor, other, crew ? "it is another now" : "it is added");
	/* Its next process is not the first, where those of the old one may still be. */
	if (other && crew) {
		other->n_ready = crew->n_ready;
		crew_inherit(other, crew);
	}
}

static void retire_all(struct supervisor *supervisor, struct pen_list *old)
{
	pen_list_each (link, after, old) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		pen_list_remove(link);
		pen_list_append(&supervisor->retired, link);
		crew_retire(crew);
	}
}

/* ---- doors that processes do not know ---- */

static bool has_new_door(const struct supervisor *supervisor, const struct crew *crew)
{
	pen_list_each (link, after, &supervisor->doors) {
		const struct door *door = pen_list_entry(link, struct door, link);

		for (size_t i = 0; door->is_new && i < door->n_crews; i++)
			if (door->crews[i] == crew)
				return true;
	}
	return false;
}

static void put_in_its_place(struct supervisor *supervisor, struct crew *crew, struct crew *other)
{
	pen_list_append(&crew->link, &other->link); /* right before it */
	pen_list_remove(&crew->link);
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		for (size_t i = 0; i < door->n_crews; i++)
			if (door->crews[i] == crew)
				door->crews[i] = other;
	}
}

/* The same program anew, with processes that are told of all its doors. */
static int remake(struct supervisor *supervisor, struct crew *crew)
{
	char error[256] = "";
	struct listing listing;
	struct crew *other;
	int r = listing_read_source(&listing, crew->path, crew->listing.source, error);

	if (!r)
		r = make_crew(supervisor, &other, crew->path, &crew->stamp, &listing);
	if (r) {
		complain(supervisor, crew->path, r, error);
		return r;
	}
	other->n_ready = crew->n_ready;
	crew_inherit(other, crew);
	put_in_its_place(supervisor, crew, other);
	return 0;
}

static void renew_crews(struct supervisor *supervisor, struct pen_list *old)
{
	pen_list_each (link, after, &supervisor->crews) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		if (crew->n_workers && has_new_door(supervisor, crew) && !remake(supervisor, crew))
			pen_list_append(old, &crew->link);
	}
	supervisor_forget_new_doors(supervisor);
}

static int restart(struct supervisor *supervisor, struct crew *crew, bool is_now)
{
	struct crew *other;
	int r = remake(supervisor, crew);

	if (r)
		return r;
	other = find_crew(supervisor, crew->path);
	pen_list_append(&supervisor->retired, &crew->link);
	crew_retire(crew);
	if (is_now)
		crew_dismiss(crew, true);
	crew_prepare(other);
	return 0;
}

int supervisor_restart(struct supervisor *supervisor, const char *program, bool is_now)
{
	int r = PEN_E_NOT_FOUND;

	if (supervisor->is_stopping)
		return -EBUSY;
	pen_list_each (link, after, &supervisor->crews) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		if (!strcmp(crew->listing.program, program))
			r = restart(supervisor, crew, is_now);
	}
	return r;
}

static void take_answers(struct supervisor *supervisor, const struct heritage_answers *answers)
{
	struct pen_list fresh, old;

	pen_list_init(&fresh);
	pen_list_init(&old);
	for (uint32_t i = 0; i < answers->n_answers; i++)
		take_answer(supervisor, &answers->answers[i], &fresh, &old);
	pen_list_each (link, after, &supervisor->crews)
		note(supervisor, pen_list_entry(link, struct crew, link), "it is removed");
	pen_list_move(&old, &supervisor->crews);
	pen_list_move(&supervisor->crews, &fresh);
	supervisor_set_table(supervisor);
	renew_crews(supervisor, &old);
	retire_all(supervisor, &old);
	pen_list_each (link, after, &supervisor->crews) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		crew_reload(crew);
		crew_teach(crew);
		crew_prepare(crew);
	}
}

static void tell(const struct supervisor_config *config, int result)
{
	if (config->concluded)
		config->concluded(config->data, result);
}

static void drop_next(struct supervisor *supervisor)
{
	if (supervisor->next.rules != supervisor->config.rules)
		rules_free(supervisor->next.rules);
	supervisor->next = (struct supervisor_config){ 0 };
	pen_arena_done(&supervisor->next_settings);
}

void supervisor_abandon_reload(struct supervisor *supervisor)
{
	if (supervisor->clerk)
		tell(&supervisor->next, -ECANCELED);
	supervisor->clerk = clerk_free(supervisor->clerk);
	drop_next(supervisor);
}

static int conclude(struct supervisor *supervisor, int status, int memory)
{
	struct heritage_answers answers;
	struct pen_arena arena;
	int r;

	if (WIFSIGNALED(status))
		return PEN_E_TIMEOUT;
	if (status)
		return PEN_E_BAD_DATA;
	pen_arena_init(&arena, ANSWERS_ARENA_MAX);
	r = inquiry_read(&answers, memory, &arena);
	if (!r)
		r = supervisor_check_next_rules(supervisor, &answers);
	if (!r)
		r = take_next(supervisor);
	if (!r) {
		tell(&supervisor->config, 0);
		supervisor_rule(supervisor);
		take_answers(supervisor, &answers);
	}
	pen_arena_done(&arena);
	return r;
}

static void on_done(void *owner, int status, int memory)
{
	struct supervisor *supervisor = owner;
	char text[128];
	int r;

	supervisor->clerk = NULL;
	r = conclude(supervisor, status, memory);
	supervisor->reload = r;
	if (r) {
		supervisor_fail(supervisor, r, "reload", "programs stay as they were");
		tell(&supervisor->next, r);
	}
	drop_next(supervisor);
	if (!r)
		log_line(supervisor->config.log, PEN_LOG_INFO, "reload", "message", "done", NULL);
	supervisor_replace_greeter(supervisor);
	supervisor_describe(supervisor, text, sizeof(text));
	manager_tell(&supervisor->manager, "READY=1", text);
}

/* In the clerk. */
static int ask_them(void *data, int memory)
{
	const struct supervisor *supervisor = data;

	return inquiry_write(supervisor->next.programs, memory) ? 1 : 0;
}

int supervisor_reload(struct supervisor *supervisor, const struct supervisor_config *config)
{
	struct clerk_config errand = {
		.work = ask_them,
		.data = supervisor,
		.timeout_ms = MARGIN_MS,
		.loop = &supervisor->loop.uv,
		.done = on_done,
		.owner = supervisor,
	};
	int r;

	if (supervisor->is_stopping || supervisor->is_upgrading) {
		if (config->rules != supervisor->config.rules)
			rules_free(config->rules);
		return -EBUSY;
	}
	supervisor->clerk = clerk_free(supervisor->clerk);
	drop_next(supervisor);
	r = copy_config(&supervisor->next, config, &supervisor->next_settings);
	for (size_t i = 0; !r && supervisor->next.programs[i]; i++)
		errand.timeout_ms += LISTING_ASK_MS;
	if (!r)
		r = clerk_start(&supervisor->clerk, &errand);
	if (r) {
		drop_next(supervisor);
		return supervisor_fail(supervisor, r, "reload", "programs stay as they were");
	}
	manager_tell_reloading(&supervisor->manager, "asking the programs");
	return 0;
}
