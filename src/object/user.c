/* SPDX-License-Identifier: MIT */
#include "object/state.h"
#include <stdlib.h>

struct pen_object_user *pen_object_user_get(struct pen_objects *objects,
					    const struct pen_token *token)
{
	const struct pen_sid *sid = pen_token_user(token);
	struct pen_object_user *user;

	pen_list_each (link, after, &objects->users) {
		user = pen_list_entry(link, struct pen_object_user, link);
		if (pen_sid_equal(&user->sid, sid))
			return pen_object_user_ref(user);
	}
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->sid = *sid;
	user->n_references = 1;
	pen_list_init(&user->ended);
	pen_list_append(&objects->users, &user->link);
	return user;
}

struct pen_object_user *pen_object_user_ref(struct pen_object_user *user)
{
	user->n_references++;
	return user;
}

void pen_object_user_put(struct pen_object_user *user)
{
	if (!user || --user->n_references)
		return;
	pen_list_remove(&user->link);
	free(user);
}
