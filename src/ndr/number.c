/* SPDX-License-Identifier: MIT */
#include "ndr/number.h"
#include "ndr/walk.h"
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_float(const struct pen_type *type, const void *value, char *text)
{
	bool is_float = type->kind == PEN_FLOAT;
	uint32_t bits32;
	uint64_t bits;
	double number;
	float f;

	if (is_float) {
		memcpy(&bits32, value, sizeof(bits32));
		memcpy(&f, value, sizeof(f));
		bits = bits32;
		number = isfinite(f) ? (double)f : (double)INFINITY;
	} else {
		memcpy(&bits, value, sizeof(bits));
		memcpy(&number, value, sizeof(number));
	}
	if (!isfinite(number)) {
		snprintf(text, PEN_NUMBER_TEXT_SIZE, "\"0x%0*" PRIx64 "\"", is_float ? 8 : 16,
			 bits);
		return;
	}
	snprintf(text, PEN_NUMBER_TEXT_SIZE, "%.*g", is_float ? 9 : 17, number);
	text[strspn(text, "0123456789+-eE")] = strpbrk(text, ".,") ? '.' : '\0';
}

void pen_number_print(const struct pen_type *type, const void *value,
		      char text[PEN_NUMBER_TEXT_SIZE])
{
	int64_t number = pen_scalar_load(type, value);

	if (type->kind == PEN_FLOAT || type->kind == PEN_DOUBLE)
		print_float(type, value, text);
	else if (pen_kind_is_unsigned_hyper(type->kind))
		snprintf(text, PEN_NUMBER_TEXT_SIZE, "%" PRIu64, (uint64_t)number);
	else
		snprintf(text, PEN_NUMBER_TEXT_SIZE, "%" PRId64, number);
}

bool pen_number_parse(const struct pen_type *type, const char *text, size_t n, void *value)
{
	bool is_negative = n > 0 && text[0] == '-';
	uint64_t number = 0;

	if (n == is_negative)
		return false;
	for (size_t i = is_negative; i < n; i++) {
		unsigned digit = (unsigned)text[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(number, UINT64_C(10), &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	if (pen_kind_is_unsigned_hyper(type->kind))
		return !(is_negative && number) && pen_scalar_store(type, value, (int64_t)number);
	if (number > (uint64_t)INT64_MAX + is_negative)
		return false;
	return pen_scalar_store(type, value, (int64_t)(is_negative ? 0 - number : number));
}

bool pen_number_parse_float(const struct pen_type *type, const char *text, size_t n, void *value)
{
	char copy[64];
	char *point;
	char *end;
	double number;
	float f;

	if (n == 0 || n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	point = strchr(copy, '.');
	if (point)
		*point = localeconv()->decimal_point[0];
	if (type->kind == PEN_FLOAT) {
		f = strtof(copy, &end);
		memcpy(value, &f, sizeof(f));
		return *end == '\0' && isfinite(f);
	}
	number = strtod(copy, &end);
	memcpy(value, &number, sizeof(number));
	return *end == '\0' && isfinite(number);
}

int pen_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool pen_number_parse_bits(const struct pen_type *type, const char *text, size_t n, void *value)
{
	uint64_t bits = 0;
	uint32_t bits32;

	if (n < 3 || n > 2 + 2 * type->size || text[0] != '0' || text[1] != 'x')
		return false;
	for (size_t i = 2; i < n; i++) {
		int digit = pen_hex_digit(text[i]);

		if (digit < 0)
			return false;
		bits = bits << 4 | (uint64_t)digit;
	}
	bits32 = (uint32_t)bits;
	memcpy(value, type->kind == PEN_FLOAT ? (void *)&bits32 : (void *)&bits, type->size);
	return true;
}

const struct pen_enumerator *pen_enumerator_of(const struct pen_type *type, int64_t number)
{
	for (uint32_t i = 0; i < type->n_enumerators; i++) {
		if (type->enumerators[i].value == number)
			return &type->enumerators[i];
	}
	return NULL;
}
