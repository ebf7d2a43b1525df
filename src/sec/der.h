/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_DER_H
#define PEN_SEC_DER_H
/*
 * As much of the distinguished encoding rules [X.690 10] as security tokens need: tags of
 * one byte and definite lengths, each in the fewest bytes. Nothing is allocated: what is
 * read is a view of the token.
 */
#include "base/reader.h"
#include "base/writer.h"

enum pen_der_tag {
	PEN_DER_BIT_STRING = 0x03,
	PEN_DER_OCTET_STRING = 0x04,
	PEN_DER_OID = 0x06,
	PEN_DER_ENUMERATED = 0x0a,
	PEN_DER_GENERAL_STRING = 0x1b,
	PEN_DER_SEQUENCE = 0x30,
	PEN_DER_APPLICATION_0 = 0x60,
	PEN_DER_CONTEXT_0 = 0xa0, /* and up: [0], [1] and so on, explicit */
	PEN_DER_CLASS = 0xe0,	  /* the bits that say so */
};

/* The tag that comes next. 0: the end, or an error before. */
uint8_t pen_der_peek(const struct pen_reader *r);

/* The next element's contents; the reader is bad if it is of another tag or not DER. */
struct pen_reader pen_der_open(struct pen_reader *r, uint8_t tag);

/* The same, as a view. Its data is NULL only if the reader is bad. */
struct pen_slice pen_der_get(struct pen_reader *r, uint8_t tag);

/* Steps over an element of any tag; all of it, with its header. */
struct pen_slice pen_der_skip(struct pen_reader *r);

/* A reader opened within r is done with: r is bad if it is bad, or has bytes left. */
void pen_der_close(struct pen_reader *r, const struct pen_reader *inner);

/* Bytes of an element with n bytes of contents. */
size_t pen_der_size(size_t n);

/* The tag and length of an element, whose n bytes of contents follow. */
void pen_der_put_header(struct pen_writer *w, uint8_t tag, size_t n);
void pen_der_put(struct pen_writer *w, uint8_t tag, struct pen_slice contents);

#endif
