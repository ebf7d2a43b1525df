/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_EPM_TABLE_H
#define PEN_SERVICE_EPM_TABLE_H
/*
 * What the endpoint mapper knows: entries in the order they came, each with a number
 * that grows, so that an enumeration goes on where it stopped whatever came or went.
 */
#include <penstock/binding.h>
#include <penstock/sid.h>

enum {
	PEN_EPM_ANNOTATION_SIZE = 64, /* with the NUL */
	PEN_EPM_ENTRIES_MAX = 65536,
	PEN_EPM_ENTRIES_PER_OWNER_MAX = 4096,
};

/* Who entries live and die with: an association group. */
struct pen_epm_owner {
	struct pen_epm_table *table;
	struct pen_epm_owner *next;
	struct pen_context_handle handle; /* never told to anybody: it finds the owner */
	struct pen_sid user;
	size_t n_entries;
};

struct pen_epm_entry {
	struct pen_epm_entry *next;
	uint64_t number;	     /* from 1 on */
	struct pen_epm_owner *owner; /* NULL: the server itself */
	struct pen_uuid object;
	struct pen_tower tower;
	char annotation[PEN_EPM_ANNOTATION_SIZE];
};

struct pen_epm_table {
	struct pen_epm_entry *first;
	struct pen_epm_entry **last;
	struct pen_epm_owner *owners;
	uint64_t next_number;
	size_t n_entries;
};

void pen_epm_table_init(struct pen_epm_table *table);
void pen_epm_table_done(struct pen_epm_table *table);

/* The first entry with a number of at least that, or NULL. */
struct pen_epm_entry *pen_epm_table_from(const struct pen_epm_table *table, uint64_t number);

/*
 * Whether the user may register the interface: nobody has, or that user has.
 * An administrator may register what is anybody's.
 */
bool pen_epm_table_may(const struct pen_epm_table *table, const struct pen_syntax_id *interface,
		       const struct pen_sid *user, bool is_admin);

/*
 * Adds an entry; one of equal object and tower only gets the new annotation. With
 * replace, the owner's entries of this interface, object and protocol sequence go
 * first. PEN_E_LIMIT; -ENOMEM.
 */
int pen_epm_table_add(struct pen_epm_table *table, struct pen_epm_owner *owner,
		      const struct pen_uuid *object, const struct pen_tower *tower,
		      const char *annotation, bool replace);

/*
 * Removes entries of that tower, and object unless NULL, which belong to the user
 * (NULL: to anybody). Returns how many.
 */
size_t pen_epm_table_remove(struct pen_epm_table *table, const struct pen_sid *user,
			    const struct pen_uuid *object, const struct pen_tower *tower);

/* Removes all entries of that owner; NULL: the server's own. */
void pen_epm_table_remove_owners(struct pen_epm_table *table, const struct pen_epm_owner *owner);

/* Removes the owner and its entries, and frees it: the rundown of its handle. */
void pen_epm_owner_end(void *owner);

bool pen_tower_equal(const struct pen_tower *a, const struct pen_tower *b);

#endif
