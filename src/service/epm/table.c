/* SPDX-License-Identifier: MIT */
#include "service/epm/table.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pen_epm_table_init(struct pen_epm_table *table)
{
	*table = (struct pen_epm_table){ .last = &table->first, .next_number = 1 };
}

/* Unlinks and frees the entry that *place points to. */
static void entry_remove(struct pen_epm_table *table, struct pen_epm_entry **place)
{
	struct pen_epm_entry *entry = *place;

	*place = entry->next;
	if (table->last == &entry->next)
		table->last = place;
	if (entry->owner)
		entry->owner->n_entries--;
	table->n_entries--;
	free(entry);
}

void pen_epm_table_done(struct pen_epm_table *table)
{
	while (table->owners)
		pen_epm_owner_end(table->owners);
	while (table->first)
		entry_remove(table, &table->first);
}

struct pen_epm_entry *pen_epm_table_from(const struct pen_epm_table *table, uint64_t number)
{
	struct pen_epm_entry *entry = table->first;

	while (entry && entry->number < number)
		entry = entry->next;
	return entry;
}

static bool is_same_major(const struct pen_syntax_id *a, const struct pen_syntax_id *b)
{
	return a->major == b->major && pen_uuid_equal(&a->uuid, &b->uuid);
}

static bool is_of(const struct pen_epm_entry *entry, const struct pen_sid *user)
{
	return entry->owner && pen_sid_equal(&entry->owner->user, user);
}

bool pen_epm_table_may(const struct pen_epm_table *table, const struct pen_syntax_id *interface,
		       const struct pen_sid *user, bool is_admin)
{
	for (const struct pen_epm_entry *e = table->first; e && !is_admin; e = e->next)
		if (is_same_major(&e->tower.interface, interface))
			return is_of(e, user);
	return true;
}

bool pen_tower_equal(const struct pen_tower *a, const struct pen_tower *b)
{
	if (!pen_syntax_id_equal(&a->interface, &b->interface) ||
	    !pen_syntax_id_equal(&a->transfer, &b->transfer) || a->protseq != b->protseq)
		return false;
	if (a->protseq == PEN_NCACN_IP_TCP)
		return a->port == b->port && !memcmp(a->ip, b->ip, sizeof(a->ip));
	return !strcmp(a->endpoint, b->endpoint) && !strcmp(a->host, b->host);
}

/* What the new entry replaces [C706 O.2.1]: the same thing over the same protocol sequence. */
static bool is_replaced(const struct pen_epm_entry *entry, const struct pen_epm_owner *owner,
			const struct pen_uuid *object, const struct pen_tower *tower)
{
	return (owner ? is_of(entry, &owner->user) : !entry->owner) &&
	       pen_uuid_equal(&entry->object, object) &&
	       is_same_major(&entry->tower.interface, &tower->interface) &&
	       entry->tower.protseq == tower->protseq;
}

static struct pen_epm_entry *entry_find(const struct pen_epm_table *table,
					const struct pen_epm_owner *owner,
					const struct pen_uuid *object,
					const struct pen_tower *tower)
{
	struct pen_epm_entry *entry = table->first;

	while (entry && (entry->owner != owner || !pen_uuid_equal(&entry->object, object) ||
			 !pen_tower_equal(&entry->tower, tower)))
		entry = entry->next;
	return entry;
}

static void annotate(struct pen_epm_entry *entry, const char *annotation)
{
	snprintf(entry->annotation, sizeof(entry->annotation), "%s", annotation ? annotation : "");
}

int pen_epm_table_add(struct pen_epm_table *table, struct pen_epm_owner *owner,
		      const struct pen_uuid *object, const struct pen_tower *tower,
		      const char *annotation, bool replace)
{
	struct pen_epm_entry **place = &table->first;
	struct pen_epm_entry *entry;

	while (replace && *place) {
		if (is_replaced(*place, owner, object, tower))
			entry_remove(table, place);
		else
			place = &(*place)->next;
	}
	entry = entry_find(table, owner, object, tower);
	if (entry) {
		annotate(entry, annotation);
		return 0;
	}
	if (table->n_entries >= PEN_EPM_ENTRIES_MAX ||
	    (owner && owner->n_entries >= PEN_EPM_ENTRIES_PER_OWNER_MAX))
		return PEN_E_LIMIT;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->number = table->next_number++;
	entry->owner = owner;
	entry->object = *object;
	entry->tower = *tower;
	annotate(entry, annotation);
	*table->last = entry;
	table->last = &entry->next;
	table->n_entries++;
	if (owner)
		owner->n_entries++;
	return 0;
}

size_t pen_epm_table_remove(struct pen_epm_table *table, const struct pen_sid *user,
			    const struct pen_uuid *object, const struct pen_tower *tower)
{
	struct pen_epm_entry **place = &table->first;
	size_t n = 0;

	while (*place) {
		struct pen_epm_entry *entry = *place;

		if ((!user || is_of(entry, user)) &&
		    (!object || pen_uuid_equal(&entry->object, object)) &&
		    pen_tower_equal(&entry->tower, tower)) {
			entry_remove(table, place);
			n++;
		} else {
			place = &entry->next;
		}
	}
	return n;
}

void pen_epm_table_remove_owners(struct pen_epm_table *table, const struct pen_epm_owner *owner)
{
	struct pen_epm_entry **place = &table->first;

	while (*place) {
		if ((*place)->owner == owner)
			entry_remove(table, place);
		else
			place = &(*place)->next;
	}
}

void pen_epm_owner_end(void *data)
{
	struct pen_epm_owner *owner = data;
	struct pen_epm_owner **other = &owner->table->owners;

	pen_epm_table_remove_owners(owner->table, owner);
	while (*other != owner)
		other = &(*other)->next;
	*other = owner->next;
	free(owner);
}
