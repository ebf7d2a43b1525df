/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);

static size_t fail_at;
static size_t count;
static size_t bytes;
static bool is_hit;

void pen_fail_at(size_t n)
{
	fail_at = n;
	count = 0;
	bytes = 0;
	is_hit = false;
}

bool pen_fail_hit(void)
{
	fail_at = 0;
	return is_hit;
}

size_t pen_fail_count(void)
{
	return count;
}

size_t pen_fail_bytes(void)
{
	return bytes;
}

static bool must_fail(size_t n)
{
	count++;
	bytes += n;
	if (!fail_at || count != fail_at)
		return false;
	is_hit = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return must_fail(n) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t number, size_t size)
{
	return must_fail(number * size) ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return must_fail(n) ? NULL : __real_realloc(p, n);
}
