/* SPDX-License-Identifier: MIT */
#include "ndr/cargo.h"

int pen_cargo_add(struct pen_cargo *cargo, int fd, const struct pen_type *type, size_t at,
		  uint32_t *numberp)
{
	if (!cargo)
		return PEN_E_UNSUPPORTED;
	if (cargo->n == cargo->max)
		return PEN_E_LIMIT;
	*numberp = (uint32_t)cargo->n + 1;
	cargo->rows[cargo->n++] =
		(struct pen_carried){ .number = *numberp, .fd = fd, .type = type, .at = at };
	return 0;
}

struct pen_carried *pen_cargo_take(struct pen_cargo *cargo, uint32_t number,
				   const struct pen_type *type)
{
	for (size_t i = 0; cargo && i < cargo->n; i++) {
		struct pen_carried *row = &cargo->rows[i];

		if (row->number != number || row->type)
			continue;
		row->type = type;
		return row;
	}
	return NULL;
}
