/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_BASE_H
#define PENSTOCK_BASE_H
/*
 * What every other header rests on: results, small macros, and the universal
 * unique identifier.
 *
 * A function returns 0, or a negative errno, or a positive PEN_E_ that its
 * header names. Negative: pass it up. Positive: the caller knows what to do.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum pen_error {
	PEN_E_AGAIN = 1,   /* nothing more until more is fed */
	PEN_E_PROTOCOL,	   /* the peer broke the rules */
	PEN_E_CLOSED,	   /* the other end is gone */
	PEN_E_FAULT,	   /* the call was answered by a fault */
	PEN_E_REJECTED,	   /* the bind was refused */
	PEN_E_SYNTAX,	   /* a text is not in the language it should be in */
	PEN_E_BAD_DATA,	   /* bytes are not a value of the type they should have */
	PEN_E_LIMIT,	   /* a configured limit was reached */
	PEN_E_NOT_FOUND,   /* no such thing */
	PEN_E_EXISTS,	   /* it is there already */
	PEN_E_DENIED,	   /* the caller may not */
	PEN_E_CANCELLED,   /* the call was cancelled */
	PEN_E_TIMEOUT,	   /* the deadline passed */
	PEN_E_UNSUPPORTED, /* known, and not offered */
};

/* What a server's operation returns when it will finish the call later. */
#define PEN_PENDING 0x10000

/* The name of a result: "PEN_E_FAULT", or errno's own. Never NULL. */
const char *pen_error_name(int error);

#define PEN_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PEN_BIT(n)	 (UINT32_C(1) << (n))

#ifdef __GNUC__
#define PEN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define PEN_PRINTF(text, first)
#endif

/* A view of bytes that somebody else owns. */
struct pen_slice {
	const uint8_t *data;
	size_t size;
};

/* A UUID by its fields [C706 appendix A]; byte order is the wire's business. */
struct pen_uuid {
	uint32_t time_low;
	uint16_t time_mid;
	uint16_t time_hi_and_version;
	uint8_t clock_seq[2];
	uint8_t node[6];
};

/* An interface or a transfer syntax: a UUID and a version [C706 12.6.3.1]. */
struct pen_syntax_id {
	struct pen_uuid uuid;
	uint16_t major;
	uint16_t minor;
};

#define PEN_UUID_TEXT_SIZE 37 /* with the NUL */

/* Writes the lower-case text form, without braces. */
void pen_uuid_print(const struct pen_uuid *uuid, char text[PEN_UUID_TEXT_SIZE]);

/* Reads the text form, with or without braces. PEN_E_SYNTAX: it is not one. */
int pen_uuid_parse(struct pen_uuid *uuid, const char *text);

bool pen_uuid_equal(const struct pen_uuid *a, const struct pen_uuid *b);
bool pen_uuid_is_nil(const struct pen_uuid *uuid);

/* Orders as C706 appendix A does: field by field, unsigned. */
int pen_uuid_compare(const struct pen_uuid *a, const struct pen_uuid *b);

/* Makes a version 4 UUID of 16 random bytes. */
void pen_uuid_from_random(struct pen_uuid *uuid, const uint8_t random[16]);

bool pen_syntax_id_equal(const struct pen_syntax_id *a, const struct pen_syntax_id *b);

#ifdef __cplusplus
}
#endif
#endif
