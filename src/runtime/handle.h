/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_HANDLE_H
#define PEN_RUNTIME_HANDLE_H
/*
 * The context handles of one server [C706 2.3.3.1]: found by their UUID, but only by
 * the association group, interface, type and user they were made for. An object is run
 * down once: when its handle is closed, when its group ends, or with the table; and not
 * before the last call that uses it has ended, but for the one that closes it.
 */
#include "io/random.h"
#include "runtime/handle-line.h"
#include <penstock/call.h>
#include <penstock/sid.h>

struct pen_handles;

struct pen_handle_key {
	uint32_t assoc_group_id;
	const struct pen_interface *interface;
	const struct pen_handle_type *type;
	struct pen_sid user;
};

/* random is borrowed. -ENOMEM. */
int pen_handles_new(struct pen_handles **handlesp, uint32_t per_group_max,
		    struct pen_random *random);
struct pen_handles *pen_handles_free(struct pen_handles *handles);

/* PEN_E_LIMIT: the group has as many as it may; -ENOMEM, or what random fails with. */
int pen_handles_add(struct pen_handles *handles, const struct pen_handle_key *key, void *object,
		    struct pen_context_handle *handle);

/* PEN_E_NOT_FOUND: no such handle under that key. */
int pen_handles_find(struct pen_handles *handles, const struct pen_handle_key *key,
		     const struct pen_context_handle *handle, void **objectp);

/* Of whatever type. NULL: the group has no such handle. */
struct pen_handle_line *pen_handles_line(const struct pen_handles *handles, uint32_t assoc_group_id,
					 const struct pen_context_handle *handle);

/* Closes it, for a user of it or for somebody else (NULL). PEN_E_NOT_FOUND. */
int pen_handles_close(struct pen_handles *handles, const struct pen_handle_key *key,
		      const struct pen_context_handle *handle, const struct pen_handle_user *by);

/* Runs down all that the group has. */
void pen_handles_end_group(struct pen_handles *handles, uint32_t assoc_group_id);

size_t pen_handles_count(const struct pen_handles *handles);
size_t pen_handles_count_group(const struct pen_handles *handles, uint32_t assoc_group_id);

#endif
