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
static bool is_hit;

void pen_fail_at(size_t n)
{
	fail_at = n;
	count = 0;
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

static bool must_fail(void)
{
	count++;
	if (!fail_at || count != fail_at)
		return false;
	is_hit = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t number, size_t size)
{
	return must_fail() ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : __real_realloc(p, n);
}
