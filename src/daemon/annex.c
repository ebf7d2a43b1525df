/* SPDX-License-Identifier: MIT */
#include "daemon/annex.h"
#include "daemon/bequest.h"
#include "daemon/crew.h"
#include "daemon/door.h"
#include "daemon/legacy.h"
#include "object/letter.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int fail(const struct annex *annex, int result, const char *what, const char *which)
{
	log_line(annex->config->log, PEN_LOG_ERROR, what, "name", which, "error",
		 result == -EINVAL ? "it is our own directory"
		 : result < 0	   ? strerror(-result)
				   : pen_error_name(result),
		 NULL);
	return result;
}

/* ---- Samba's services ---- */

static bool is_ours(void *data, const char *name)
{
	const struct annex *annex = data;
	const struct pen_list *doors = annex->doors;

	for (struct pen_list *link = doors->next; link != doors; link = link->next)
		if (!strcasecmp(pen_list_entry(link, struct door, link)->pipe, name))
			return true;
	return false;
}

static int open_relay(struct annex *annex, struct legacy *legacy)
{
	const struct supervisor_config *config = annex->config;
	const struct relay_doors_config doors = {
		.program = config->relay,
		.directory = config->samba_np,
		.np_dir = config->np_dir,
		.legacy = legacy,
		.loop = annex->loop,
		.log = config->log,
		.is_ours = is_ours,
		.data = annex,
	};
	int r = relay_doors_new(&annex->relay, &doors);

	return r ? fail(annex, r, "samba", config->samba_np) : 0;
}

/* ---- the object manager ---- */

/* Nobody is greeted who comes so: the kernel knows him, and the pipe has one program. */
static int receive(struct annex *annex, struct door *door, const struct worker_visit *visit,
		   int envelope)
{
	char peer[PEN_PEER_NAME_SIZE];
	struct visitor *visitor;
	struct pen_token *token;
	int r = pen_letter_to_token(&token, &visit->token);

	if (r)
		return r;
	snprintf(peer, sizeof(peer), "uid %u", pen_token_info(token)->uid);
	r = visitor_new(&visitor, annex->visitors, door, peer, UINT32_MAX, token);
	if (r) {
		pen_token_free(token);
		return r;
	}
	visitor = visitors_take(annex->visitors, visitor->number);
	visitor->pid = (pid_t)visit->process;
	visitor->fd = envelope;
	visitor->is_envelope = true;
	crew_serve(door->crews[0], visitor);
	return 0;
}

static void on_visit(void *data, struct door *door, const struct worker_visit *visit, int envelope)
{
	struct annex *annex = data;

	annex->n_accepted++;
	if (!receive(annex, door, visit, envelope))
		return;
	close(envelope);
	annex->n_refused++;
}

static int open_porter(struct annex *annex, struct legacy *legacy)
{
	const struct supervisor_config *config = annex->config;
	const struct porter_doors_config doors = {
		.program = config->porter,
		.objects = config->objects,
		.user = config->user,
		.is_confined = config->is_confined,
		.loop = annex->loop,
		.log = config->log,
		.doors = annex->doors,
		.left = legacy && legacy->estate ? legacy->estate->porter : NULL,
		.legacy = legacy,
		.came = on_visit,
		.data = annex,
	};
	int r = porter_doors_new(&annex->porter, &doors);

	return r ? fail(annex, r, "porter", config->objects) : 0;
}

/* ---- both ---- */

int annex_open(struct annex *annex, struct legacy *legacy)
{
	int r = annex->config->samba_np ? open_relay(annex, legacy) : 0;

	return r || !annex->config->objects ? r : open_porter(annex, legacy);
}

void annex_yield(struct annex *annex, const char *pipe)
{
	if (annex->relay && *pipe)
		relay_doors_yield(annex->relay, pipe);
}

void annex_look(struct annex *annex)
{
	if (annex->relay)
		relay_doors_look(annex->relay);
	if (annex->porter)
		porter_doors_look(annex->porter);
}

void annex_stop(struct annex *annex)
{
	if (annex->relay)
		relay_doors_stop(annex->relay);
	if (annex->porter)
		porter_doors_stop(annex->porter);
}

bool annex_is_busy(const struct annex *annex)
{
	return annex->relay && relay_doors_is_busy(annex->relay);
}

void annex_close(struct annex *annex)
{
	annex->relay = relay_doors_free(annex->relay);
	annex->porter = porter_doors_free(annex->porter);
}

/* ---- beyond exec ---- */

size_t annex_count_doors(const struct annex *annex)
{
	return annex->relay ? relay_doors_count(annex->relay) : 0;
}

int annex_bequeath_doors(const struct annex *annex, struct heritage_heritage *heritage,
			 struct bequest *bequest)
{
	return annex->relay ? relay_doors_bequeath(annex->relay, heritage, bequest) : 0;
}

int annex_bequeath_porter(const struct annex *annex, struct heritage_estate *estate,
			  struct bequest *bequest)
{
	const struct child *porter = annex->porter ? porter_doors_child(annex->porter) : NULL;

	if (!porter)
		return 0;
	estate->porter = pen_arena_zalloc(&bequest->arena, sizeof(*estate->porter));
	return estate->porter ? child_bequeath(porter, estate->porter, bequest) : -ENOMEM;
}

/* ---- for people and tests ---- */

pid_t annex_porter(const struct annex *annex)
{
	const struct child *porter = annex->porter ? porter_doors_child(annex->porter) : NULL;

	return porter ? child_pid(porter) : 0;
}

uint64_t annex_carried(const struct annex *annex)
{
	struct relay_doors_stats stats = { 0 };

	if (annex->relay)
		relay_doors_stats(annex->relay, &stats);
	return stats.carried;
}
