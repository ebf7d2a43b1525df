/* SPDX-License-Identifier: MIT */
#include "daemon/visitor.h"
#include "daemon/bequest.h"
#include "daemon/door.h"
#include "daemon/legacy.h"
#include "object/letter.h"
#include <errno.h>
#include <penstock/idl/worker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void visitors_init(struct visitors *visitors)
{
	*visitors = (struct visitors){ .next = 1 };
	for (size_t i = 0; i < PEN_COUNT(visitors->buckets); i++)
		pen_list_init(&visitors->buckets[i]);
}

void visitors_done(struct visitors *visitors)
{
	struct visitor *visitor;

	while ((visitor = visitors_take_any(visitors)))
		visitor_free(visitor);
}

static struct pen_list *bucket_of(struct visitors *visitors, uint32_t number)
{
	return &visitors->buckets[number % PEN_COUNT(visitors->buckets)];
}

static struct visitor *begin(struct door *door, const char *peer)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	if (!visitor)
		return NULL;
	visitor->door = door;
	door_hold(door);
	visitor->fd = -1;
	snprintf(visitor->peer, sizeof(visitor->peer), "%s", peer);
	pen_buffer_init(&visitor->bytes, 0);
	pen_list_init(&visitor->link);
	return visitor;
}

/* The greeter has it. */
static int add(struct visitors *visitors, struct visitor *visitor, uint32_t per_peer_max)
{
	int r = 0;

	if (!visitor->door->is_carried)
		r = pen_peer_enter(&visitors->peers, visitor->peer, per_peer_max,
				   &visitor->counted);
	if (r)
		return r;
	pen_list_append(bucket_of(visitors, visitor->number), &visitor->link);
	visitors->n++;
	return 0;
}

int visitor_new(struct visitor **visitorp, struct visitors *visitors, struct door *door,
		const char *peer, uint32_t per_peer_max, struct pen_token *token)
{
	struct visitor *visitor = begin(door, peer);
	int r;

	if (!visitor)
		return -ENOMEM;
	visitor->number = visitors->next++;
	r = add(visitors, visitor, per_peer_max);
	if (r) {
		visitor_free(visitor);
		return r;
	}
	visitor->token = token;
	*visitorp = visitor;
	return 0;
}

static struct visitor *take(struct visitors *visitors, struct visitor *visitor)
{
	pen_list_remove(&visitor->link);
	pen_peer_leave(&visitors->peers, visitor->counted);
	visitor->counted = NULL;
	visitors->n--;
	return visitor;
}

void visitors_move(struct visitors *visitors, struct visitors *from)
{
	for (size_t i = 0; i < PEN_COUNT(visitors->buckets); i++)
		pen_list_each (link, after, &from->buckets[i]) {
			struct visitor *visitor =
				take(from, pen_list_entry(link, struct visitor, link));

			pen_list_append(&visitors->buckets[i], &visitor->link);
			visitors->n++;
		}
}

struct visitor *visitors_take(struct visitors *visitors, uint32_t number)
{
	pen_list_each (link, after, bucket_of(visitors, number)) {
		struct visitor *visitor = pen_list_entry(link, struct visitor, link);

		if (visitor->number == number)
			return take(visitors, visitor);
	}
	return NULL;
}

struct visitor *visitors_take_any(struct visitors *visitors)
{
	for (size_t i = 0; i < PEN_COUNT(visitors->buckets); i++)
		if (!pen_list_is_empty(&visitors->buckets[i]))
			return take(visitors, pen_list_entry(visitors->buckets[i].next,
							     struct visitor, link));
	return NULL;
}

/* smbd says who its client is, and only it. */
static int hear_carrier(struct visitor *visitor, const struct worker_guest *guest)
{
	int r;

	if (!visitor->door->is_carried)
		return guest->token ? PEN_E_BAD_DATA : 0;
	if (!guest->token)
		return PEN_E_BAD_DATA;
	r = pen_letter_to_token(&visitor->token, guest->token);
	snprintf(visitor->peer, sizeof(visitor->peer), "pipe client %s",
		 guest->client ? guest->client : "");
	visitor->is_framed = true;
	return r;
}

int visitor_hear(struct visitor *visitor, const struct worker_guest *guest, int fd)
{
	int r;

	visitor->fd = fd;
	visitor->assoc_group_id = guest->assoc_group_id;
	r = hear_carrier(visitor, guest);
	return r ? r : pen_buffer_add(&visitor->bytes, guest->bytes, guest->n_bytes);
}

int visitor_describe(const struct visitor *visitor, struct worker_arrival *arrival,
		     struct pen_arena *arena)
{
	*arrival = (struct worker_arrival){
		.binding = visitor->door->binding,
		.peer = visitor->peer,
		.is_framed = visitor->is_framed,
		.is_envelope = visitor->is_envelope,
		.n_bytes = (uint32_t)visitor->bytes.size,
		.bytes = visitor->bytes.data,
	};
	return pen_letter_from_token(&arrival->token, arena, visitor->token);
}

/* ---- beyond exec ---- */

int visitor_bequeath(const struct visitor *visitor, struct heritage_visitor *letter,
		     struct bequest *bequest)
{
	*letter = (struct heritage_visitor){
		.number = visitor->number,
		.door = visitor->door->number,
		.pid = visitor->pid,
		.peer = visitor->peer,
		.is_framed = visitor->is_framed,
		.is_envelope = visitor->is_envelope,
		.assoc_group_id = visitor->assoc_group_id,
		.n_tries = visitor->n_tries,
		.n_bytes = (uint32_t)visitor->bytes.size,
		.bytes = visitor->bytes.data,
	};
	if (visitor->token) {
		letter->token = pen_arena_zalloc(&bequest->arena, sizeof(*letter->token));
		if (!letter->token ||
		    pen_letter_from_token(letter->token, &bequest->arena, visitor->token))
			return -ENOMEM;
	}
	return bequest_add(bequest, visitor->fd, &letter->fd);
}

static int adopt(struct visitor *visitor, const struct heritage_visitor *letter,
		 struct legacy *legacy)
{
	int r = 0;

	visitor->number = letter->number;
	visitor->pid = letter->pid;
	visitor->is_framed = letter->is_framed;
	visitor->is_envelope = letter->is_envelope;
	visitor->assoc_group_id = letter->assoc_group_id;
	visitor->n_tries = letter->n_tries;
	visitor->fd = legacy_take(legacy, letter->fd);
	/* Whom smbd brings has no token before the greeter has heard of one. */
	if ((visitor->fd < 0) != (letter->fd < 0) || (!letter->token && letter->fd >= 0))
		return PEN_E_BAD_DATA;
	if (letter->token)
		r = pen_letter_to_token(&visitor->token, letter->token);
	return r ? r : pen_buffer_add(&visitor->bytes, letter->bytes, letter->n_bytes);
}

int visitor_adopt(struct visitor **visitorp, struct visitors *visitors, struct door *door,
		  const struct heritage_visitor *letter, struct legacy *legacy)
{
	struct visitor *visitor = begin(door, letter->peer);
	int r;

	if (!visitor)
		return -ENOMEM;
	r = adopt(visitor, letter, legacy);
	if (!r && visitor->fd < 0)
		r = add(visitors, visitor, UINT32_MAX);
	if (r) {
		visitor_free(visitor);
		return r;
	}
	*visitorp = visitor;
	return 0;
}

struct visitor *visitor_free(struct visitor *visitor)
{
	if (!visitor)
		return NULL;
	if (visitor->fd >= 0)
		close(visitor->fd);
	door_let_go(visitor->door);
	pen_token_free(visitor->token);
	pen_buffer_done(&visitor->bytes);
	free(visitor);
	return NULL;
}
