/* SPDX-License-Identifier: MIT */
#include "daemon/visitor.h"
#include "daemon/door.h"
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

int visitor_new(struct visitor **visitorp, struct visitors *visitors, const struct door *door,
		const char *peer, struct pen_token *token)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	if (!visitor)
		return -ENOMEM;
	visitor->number = visitors->next++;
	visitor->door = door;
	visitor->fd = -1;
	visitor->token = token;
	snprintf(visitor->peer, sizeof(visitor->peer), "%s", peer);
	pen_buffer_init(&visitor->bytes, 0);
	pen_list_append(bucket_of(visitors, visitor->number), &visitor->link);
	visitors->n++;
	*visitorp = visitor;
	return 0;
}

static struct visitor *take(struct visitors *visitors, struct visitor *visitor)
{
	pen_list_remove(&visitor->link);
	visitors->n--;
	return visitor;
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
		.n_bytes = (uint32_t)visitor->bytes.size,
		.bytes = visitor->bytes.data,
	};
	return pen_letter_from_token(&arrival->token, arena, visitor->token);
}

struct visitor *visitor_free(struct visitor *visitor)
{
	if (!visitor)
		return NULL;
	if (visitor->fd >= 0)
		close(visitor->fd);
	pen_token_free(visitor->token);
	pen_buffer_done(&visitor->bytes);
	free(visitor);
	return NULL;
}
