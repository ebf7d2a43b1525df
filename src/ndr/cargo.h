/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_CARGO_H
#define PEN_NDR_CARGO_H
/*
 * The descriptors that go with a value, [system_handle]: the codec knows their numbers, and who
 * carries the bytes carries them.
 */
#include <penstock/ndr.h>

enum { PEN_CARGO_MAX = 16 /* of one request or answer */ };

struct pen_carried {
	uint32_t number; /* on the wire; those that are put have 1, 2, ... for now */
	int fd;
	const struct pen_type *type; /* as what it was put or taken; NULL: nobody took it */
	size_t at;		     /* of one that was put: where in the buffer its number is */
};

/* The rows are those that came, or room for those that go. */
struct pen_cargo {
	struct pen_carried *rows;
	size_t n;
	size_t max;
};

/*
 * One more that goes; *numberp is what the wire is to call it. PEN_E_UNSUPPORTED: cargo is
 * NULL; PEN_E_LIMIT: there is no room.
 */
int pen_cargo_add(struct pen_cargo *cargo, int fd, const struct pen_type *type, size_t at,
		  uint32_t *numberp);

/* The one of that number, which nobody took. NULL: there is none such. */
struct pen_carried *pen_cargo_take(struct pen_cargo *cargo, uint32_t number,
				   const struct pen_type *type);

#endif
