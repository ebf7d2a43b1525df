/* SPDX-License-Identifier: MIT */
#include "win32/object.h"

#include "win32/wait.h"

#include <penstock/win32.h>

uint32_t win_type_rights(const struct win_type *type, uint32_t access, uint32_t max)
{
	static const uint32_t generic =
		GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED;
	uint32_t rights = access & ~generic;

	if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
		rights |= max;
	if (access & GENERIC_READ)
		rights |= type->generic_read;
	if (access & GENERIC_WRITE)
		rights |= type->generic_write;
	if (access & GENERIC_EXECUTE)
		rights |= type->generic_execute;
	return rights;
}

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
