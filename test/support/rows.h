/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_ROWS_H
#define PEN_TEST_ROWS_H
/*
 * Values as JSON beside their bytes, written by hand, and random ones through all their forms.
 */
#include "support/values.h"

struct wire_bytes {
	const uint8_t *bytes;
	size_t n;
};

#define WIRE(...)                                                                                  \
	{                                                                                          \
		.bytes = (const uint8_t[]){ __VA_ARGS__ },                                         \
		.n = sizeof((const uint8_t[]){ __VA_ARGS__ })                                      \
	}

struct wire_row {
	const struct pen_type *type; /* NULL: the parameters of an operation */
	struct {
		const struct pen_interface *interface;
		uint32_t opnum;
		bool is_out;
	} operation;
	const void *in; /* what it answers, where its sizes need that */
	const char *json;
	struct wire_bytes wire[PEN_N_TRANSFERS];
};

/* The JSON gives these bytes and these bytes that JSON, in both transfer syntaxes. */
void expect_row(const struct wire_row *row);

/* Values of each operation that has tables are the same after NDR and NDR64. */
void expect_random(const struct pen_interface *interface);

#endif
