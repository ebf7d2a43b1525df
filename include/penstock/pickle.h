/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_PICKLE_H
#define PENSTOCK_PICKLE_H
/*
 * Type serialization [MS-RPCE 2.2.6, 2.2.7], "pickles": values in a stream of bytes that says how
 * it is laid out, for files and for what other protocols carry (a Kerberos ticket's PAC is one).
 * A common header is followed by values one after another; which types they have, the reader
 * has to know.
 *
 *	pen_pickle_begin(&form, &buffer);
 *	pen_pickle_put(&form, &library_book_type, &book, &buffer, &error);
 *
 *	pen_pickle_open(&pickle, data, n, &error);
 *	pen_pickle_get(&pickle, &library_book_type, &book, &arena, &error);
 */
#include <penstock/interface.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_buffer;

/* What the common header says. */
struct pen_pickle_form {
	uint8_t version;		/* 1 or 2 */
	enum pen_transfer transfer;	/* of version 1 always NDR */
	bool is_big_endian;		/* of version 2 never */
	struct pen_syntax_id interface; /* of version 2: whose types they are; zero where unknown */
};

/*
 * Appends a common header, from which alignment counts. PEN_E_UNSUPPORTED: version 1 has no
 * NDR64, version 2 no big-endian values, and there are no other versions; -ENOMEM; PEN_E_LIMIT of
 * the buffer.
 */
int pen_pickle_begin(const struct pen_pickle_form *form, struct pen_buffer *buffer);

/*
 * Appends a value behind the header, or behind another value. PEN_E_UNSUPPORTED: nothing of the
 * kind is sent alone (a context handle, a pipe, parameters, a union whose discriminant is
 * elsewhere); else as pen_ndr_put. After an error the buffer is as it was.
 */
int pen_pickle_put(const struct pen_pickle_form *form, const struct pen_type *type,
		   const void *value, struct pen_buffer *buffer, struct pen_ndr_error *error);

/* A stream that is being read. */
struct pen_pickle {
	struct pen_pickle_form form;
	struct pen_slice bytes; /* all of it; borrowed */
	size_t pos;		/* behind what has been read */
};

/* Reads the common header. PEN_E_BAD_DATA: it is none, with the reason in error (may be NULL). */
int pen_pickle_open(struct pen_pickle *pickle, const void *data, size_t n,
		    struct pen_ndr_error *error);

/*
 * Reads the next value, as pen_ndr_get does. PEN_E_UNSUPPORTED as of put; PEN_E_NOT_FOUND: the
 * stream is at its end; PEN_E_BAD_DATA: it breaks off, its length goes beyond the stream, or the
 * value has more or fewer bytes than that. After an error the stream stands where it stood.
 */
int pen_pickle_get(struct pen_pickle *pickle, const struct pen_type *type, void *value,
		   struct pen_arena *arena, struct pen_ndr_error *error);

/*
 * The bytes of the next value, padding included, whatever its type is; in version 1 it must not be
 * a scalar, which has no length. Errors as of get.
 */
int pen_pickle_get_bytes(struct pen_pickle *pickle, struct pen_slice *bytesp,
			 struct pen_ndr_error *error);

/* Whether all has been read. */
bool pen_pickle_is_end(const struct pen_pickle *pickle);

#ifdef __cplusplus
}
#endif
#endif
