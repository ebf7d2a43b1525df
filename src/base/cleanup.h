/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_CLEANUP_H
#define PEN_BASE_CLEANUP_H
/*
 * A local that cleans itself up, and the way to give it away.
 *
 *	pen_cleanup(pen_client_freep) struct pen_client *client = NULL;
 *	...
 *	*clientp = pen_take(&client);
 */
#include <stdlib.h>

#define pen_cleanup(function) __attribute__((cleanup(function)))

#define pen_take(pointerp)                                                                         \
	__extension__({                                                                            \
		__typeof__(*(pointerp)) taken_ = *(pointerp);                                      \
		*(pointerp) = NULL;                                                                \
		taken_;                                                                            \
	})

/* Defines name_freep, which frees what the local points to, for pen_cleanup. */
#define PEN_DEFINE_FREEP(type, name)                                                               \
	static inline void name##_freep(type **pointerp)                                           \
	{                                                                                          \
		name##_free(*pointerp);                                                            \
	}

static inline void pen_freep(void *pointerp)
{
	free(*(void **)pointerp);
}

#endif
