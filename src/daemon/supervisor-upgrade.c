/* SPDX-License-Identifier: MIT */
/* The supervisor becomes another image of itself: what it leaves, and what it adopts. */
#include "daemon/bequest.h"
#include "daemon/supervisor-parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIAL_MS = 10 * 1000, EXIT_NO_EXEC = 127 };

/* ---- what is left ---- */

static size_t count(const struct pen_list *list)
{
	size_t n = 0;

	for (const struct pen_list *link = list->next; link != list; link = link->next)
		n++;
	return n;
}

void supervisor_entrust(struct supervisor *supervisor, struct entrusted *entrusted)
{
	pen_list_append(&supervisor->entrusted, &entrusted->link);
}

static int bequeath_entrusted(const struct supervisor *supervisor,
			      struct heritage_heritage *heritage, struct bequest *bequest)
{
	const struct pen_list *all = &supervisor->entrusted;
	int r = 0;

	for (const struct pen_list *link = all->next; !r && link != all; link = link->next) {
		const struct entrusted *one = pen_list_entry(link, const struct entrusted, link);
		struct heritage_door *letter = &heritage->doors[heritage->n_doors++];

		letter->listed = one->name;
		letter->wanted = one->wanted;
		letter->binding = one->place;
		r = bequest_add_door(bequest, one->socket, letter);
	}
	return r;
}

static int bequeath_doors(struct supervisor *supervisor, struct heritage_heritage *heritage,
			  struct bequest *bequest)
{
	size_t n = count(&supervisor->doors) + annex_count_doors(&supervisor->annex) +
		   count(&supervisor->entrusted);
	int r;

	heritage->doors = pen_arena_array(&bequest->arena, n, sizeof(*heritage->doors));
	if (!heritage->doors)
		return -ENOMEM;
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		door->number = heritage->n_doors;
		r = door_bequeath(door, &heritage->doors[heritage->n_doors++], bequest);
		if (r)
			return r;
	}
	r = annex_bequeath_doors(&supervisor->annex, heritage, bequest);
	return r ? r : bequeath_entrusted(supervisor, heritage, bequest);
}

static int bequeath_crews(const struct pen_list *crews, struct heritage_estate *estate,
			  struct bequest *bequest)
{
	int r = 0;

	for (const struct pen_list *link = crews->next; !r && link != crews; link = link->next)
		r = crew_bequeath(pen_list_entry(link, const struct crew, link),
				  &estate->crews[estate->n_crews++], bequest);
	return r;
}

/* Those that a greeter has. */
static int bequeath_visitors(const struct visitors *visitors, struct heritage_visitor **lettersp,
			     uint32_t *np, struct bequest *bequest)
{
	struct heritage_visitor *letters =
		pen_arena_array(&bequest->arena, visitors->n, sizeof(*letters));
	int r = 0;

	if (!letters)
		return -ENOMEM;
	*lettersp = letters;
	for (size_t i = 0; !r && i < PEN_COUNT(visitors->buckets); i++)
		for (const struct pen_list *link = visitors->buckets[i].next;
		     !r && link != &visitors->buckets[i]; link = link->next)
			r = visitor_bequeath(pen_list_entry(link, const struct visitor, link),
					     &letters[(*np)++], bequest);
	return r;
}

static int bequeath_child(const struct child *child, struct heritage_child **letterp,
			  struct bequest *bequest)
{
	if (!child)
		return 0;
	*letterp = pen_arena_zalloc(&bequest->arena, sizeof(**letterp));
	return *letterp ? child_bequeath(child, *letterp, bequest) : -ENOMEM;
}

static int bequeath_greeters(const struct supervisor *supervisor, struct heritage_estate *estate,
			     struct bequest *bequest)
{
	int r = bequeath_child(supervisor->greeter, &estate->greeter, bequest);

	if (!r)
		r = bequeath_child(supervisor->last_greeter, &estate->last_greeter, bequest);
	if (!r)
		r = bequeath_visitors(&supervisor->visitors, &estate->visitors, &estate->n_visitors,
				      bequest);
	return r ? r
		 : bequeath_visitors(&supervisor->last_visitors, &estate->last_visitors,
				     &estate->n_last_visitors, bequest);
}

static int bequeath(struct supervisor *supervisor, struct bequest *bequest)
{
	struct heritage_heritage heritage = { 0 };
	struct heritage_estate estate = {
		.greeter_stamp = supervisor->greeter_stamp,
		.next_visitor = supervisor->visitors.next,
		.next_index = supervisor->world.next_index,
		.started_at = (int64_t)supervisor->started_at,
		.n_greeters = (int64_t)supervisor->n_greeters,
		.n_accepted = (int64_t)supervisor->n_accepted,
		.n_refused = (int64_t)supervisor->n_refused,
	};
	int r = bequeath_doors(supervisor, &heritage, bequest);

	estate.crews = pen_arena_array(&bequest->arena,
				       count(&supervisor->crews) + count(&supervisor->retired),
				       sizeof(*estate.crews));
	if (!r && !estate.crews)
		r = -ENOMEM;
	if (!r)
		r = bequeath_crews(&supervisor->crews, &estate, bequest);
	if (!r)
		r = bequeath_crews(&supervisor->retired, &estate, bequest);
	if (!r)
		r = bequeath_greeters(supervisor, &estate, bequest);
	if (!r)
		r = annex_bequeath_porter(&supervisor->annex, &estate, bequest);
	estate.n_visits = (int64_t)supervisor->annex.n_accepted;
	if (!r)
		r = child_bequeath_counts(&estate, bequest);
	if (!r && supervisor->world.keeper)
		r = keeper_bequeath(supervisor->world.keeper, bequest);
	if (!r)
		r = child_bequeath_all(&heritage, bequest);
	return r ? r : bequest_write(bequest, &heritage, &estate);
}

/* ---- the step ---- */

static void go_on(struct supervisor *supervisor, int result, const char *step)
{
	char text[128];

	supervisor_fail(supervisor, result, "upgrade", step);
	supervisor_describe(supervisor, text, sizeof(text));
	manager_tell(&supervisor->manager, "READY=1", text);
}

/* Returns only if it could not. */
static void become(struct supervisor *supervisor)
{
	const struct supervisor_config *config = &supervisor->config;
	struct bequest bequest;
	int r;

	bequest_init(&bequest);
	r = bequeath(supervisor, &bequest);
	if (!r) {
		log_line(config->log, PEN_LOG_INFO, "upgrade", "program", config->image, NULL);
		r = bequest_exec(&bequest, config->image, config->arguments);
	}
	bequest_done(&bequest);
	go_on(supervisor, r, config->image);
}

static void on_tried(void *owner, int status, int memory)
{
	struct supervisor *supervisor = owner;

	supervisor->clerk = NULL;
	supervisor->is_upgrading = false;
	if (status)
		go_on(supervisor, PEN_E_REJECTED, "the trial run");
	else
		become(supervisor);
}

/* In the clerk. */
static int try_it(void *data, int memory)
{
	const struct supervisor_config *config = &((const struct supervisor *)data)->config;

	/* What it says where nobody has asked is not to be heard. */
	if (dup2(STDIN_FILENO, STDOUT_FILENO) < 0)
		return EXIT_NO_EXEC;
	execv(config->image, config->trial ? config->trial : config->arguments);
	return EXIT_NO_EXEC;
}

static int try_nothing(void *data, int memory)
{
	return 0;
}

int supervisor_upgrade(struct supervisor *supervisor)
{
	struct clerk_config errand = {
		.work = supervisor->config.trial ? try_it : try_nothing,
		.data = supervisor,
		.timeout_ms = TRIAL_MS,
		.loop = &supervisor->loop.uv,
		.done = on_tried,
		.owner = supervisor,
	};
	int r;

	if (!supervisor->config.image)
		return PEN_E_UNSUPPORTED;
	if (supervisor->is_stopping || supervisor->is_upgrading)
		return -EBUSY;
	/* The next image asks the programs by itself. */
	supervisor_abandon_reload(supervisor);
	for (size_t i = 0; supervisor->config.programs[i]; i++)
		errand.timeout_ms += LISTING_ASK_MS; /* for what its policy may name */
	r = clerk_start(&supervisor->clerk, &errand);
	if (r)
		return supervisor_fail(supervisor, r, "upgrade", supervisor->config.image);
	supervisor->is_upgrading = true;
	manager_tell_reloading(&supervisor->manager, "becoming another image");
	return 0;
}

/* ---- what is adopted ---- */

static void adopt_crew(struct supervisor *supervisor, const struct crew_heir *heir,
		       const struct heritage_crew *letter, struct crew **crewp)
{
	char error[256] = "";
	struct crew *crew;
	int r = crew_adopt(&crew, heir, letter, error);

	if (r) {
		log_line(supervisor->config.log, PEN_LOG_ERROR, "program", "path",
			 letter->program.path, "error", *error ? error : pen_error_name(r), NULL);
		return;
	}
	pen_list_append(crew->is_retired ? &supervisor->retired : &supervisor->crews, &crew->link);
	*crewp = crew;
}

/* By its descriptor, which is unique; a pipe without RPC has none, and a name of its own. */
static struct door *find_door(const struct supervisor *supervisor,
			      const struct heritage_door *letter)
{
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (letter->fd >= 0 ? door->socket.fd == letter->fd
				    : door->is_raw && !strcmp(door->wanted, letter->wanted))
			return door;
	}
	return NULL;
}

static void adopt_visitors(struct visitors *visitors, const struct heritage_visitor *letters,
			   uint32_t n, const struct crew_heir *heir)
{
	for (uint32_t i = 0; i < n; i++) {
		struct visitor *visitor;
		struct door *door = NULL;

		if (letters[i].door < heir->legacy->heritage.n_doors)
			door = heir->doors[letters[i].door];
		if (door && letters[i].fd < 0)
			visitor_adopt(&visitor, visitors, door, &letters[i], heir->legacy);
	}
}

static void adopt_greeters(struct supervisor *supervisor, const struct heritage_estate *estate,
			   struct legacy *legacy)
{
	supervisor->visitors.next = estate->next_visitor;
	supervisor->greeter_stamp = estate->greeter_stamp;
	if (estate->greeter)
		supervisor_adopt_greeter(supervisor, estate->greeter, legacy);
	if (estate->last_greeter)
		supervisor_adopt_last_greeter(supervisor, estate->last_greeter, legacy);
}

static void adopt_estate(struct supervisor *supervisor, struct crew_heir *heir, struct crew **crews)
{
	const struct heritage_heritage *heritage = &heir->legacy->heritage;
	const struct heritage_estate *estate = heir->legacy->estate;

	supervisor->world.next_index = estate->next_index;
	supervisor->started_at = (uint64_t)estate->started_at;
	supervisor->n_greeters = (uint64_t)estate->n_greeters;
	supervisor->n_accepted = (uint64_t)estate->n_accepted;
	supervisor->n_refused = (uint64_t)estate->n_refused;
	supervisor->annex.n_accepted = (uint64_t)estate->n_visits;
	child_adopt_counts(estate);
	adopt_greeters(supervisor, estate, heir->legacy);
	for (uint32_t i = 0; i < estate->n_crews; i++)
		adopt_crew(supervisor, heir, &estate->crews[i], &crews[i]);
	supervisor_set_table(supervisor);
	for (uint32_t i = 0; i < heritage->n_doors; i++)
		heir->doors[i] = find_door(supervisor, &heritage->doors[i]);
	if (supervisor->greeter)
		adopt_visitors(&supervisor->visitors, estate->visitors, estate->n_visitors, heir);
	if (supervisor->last_greeter)
		adopt_visitors(&supervisor->last_visitors, estate->last_visitors,
			       estate->n_last_visitors, heir);
	for (uint32_t i = 0; i < estate->n_crews; i++)
		if (crews[i])
			crew_adopt_waiting(crews[i], heir, &estate->crews[i]);
}

int supervisor_adopt(struct supervisor *supervisor, struct legacy *legacy)
{
	struct crew_heir heir = {
		.world = &supervisor->world,
		.legacy = legacy,
		.visitors = &supervisor->visitors,
	};
	struct crew **crews;

	if (!legacy->estate) {
		log_line(supervisor->config.log, PEN_LOG_WARNING, "upgrade", "message",
			 "what the other version has left is not understood but for its sockets: "
			 "its processes leave when their connections have",
			 NULL);
		return 0;
	}
	heir.doors =
		pen_arena_array(&legacy->arena, legacy->heritage.n_doors, sizeof(struct door *));
	crews = pen_arena_array(&legacy->arena, legacy->estate->n_crews, sizeof(struct crew *));
	if (!heir.doors || !crews)
		return -ENOMEM;
	adopt_estate(supervisor, &heir, crews);
	return 0;
}
