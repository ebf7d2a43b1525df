/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_SID_H
#define PEN_BASE_SID_H
/*
 * SIDs as bytes [MS-DTYP 2.4.2.2]: revision, count, six bytes of authority in
 * big-endian order, sub-authorities in the order of the reader or the writer.
 */
#include "base/reader.h"
#include "base/writer.h"
#include <penstock/sid.h>

/* Makes the reader bad where the bytes are no SID: revision 1, up to 15 sub-authorities. */
void pen_sid_get(struct pen_sid *sid, struct pen_reader *r);
void pen_sid_put(const struct pen_sid *sid, struct pen_writer *w);

/* Bytes that put writes. */
static inline size_t pen_sid_size(const struct pen_sid *sid)
{
	return 8 + 4 * (size_t)sid->n_sub_authorities;
}

/* Reads S-1-... from *textp and steps over it; what follows is the caller's. PEN_E_SYNTAX. */
int pen_sid_parse_next(struct pen_sid *sid, const char **textp);

#endif
