/* SPDX-License-Identifier: MIT */
#include "win32/object.h"

#include "win32/wait.h"

void win_object_init(struct win_object *object, const struct win_type *type)
{
	object->type = type;
	object->refs = 1;
	pen_list_init(&object->waiters);
}

void win_object_ref(struct win_object *object)
{
	__atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

void win_object_put(void *pointer)
{
	struct win_object *object = pointer;

	if (object && !__atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL))
		object->type->free(object);
}

void win_object_signal(struct win_object *object)
{
	object->is_signaled = true;
	win_wait_satisfy(object);
}
