/* SPDX-License-Identifier: MIT */
#include "base/pool.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 256 };

void pen_buffer_init(struct pen_buffer *buffer, size_t max)
{
	*buffer = (struct pen_buffer){ .max = max };
}

void pen_buffer_done(struct pen_buffer *buffer)
{
	pen_pool_give(buffer->pool, buffer->data, buffer->capacity);
	buffer->data = NULL;
	buffer->size = buffer->capacity = 0;
}

/* A block that is kept saves fresh pages, and a larger one later growth. */
static int grow_into_pool(struct pen_buffer *buffer, size_t capacity)
{
	size_t size;
	uint8_t *data = pen_pool_take(buffer->pool, capacity, &size);

	if (!data)
		return PEN_E_NOT_FOUND;
	if (buffer->size)
		memcpy(data, buffer->data, buffer->size);
	pen_pool_give(buffer->pool, buffer->data, buffer->capacity);
	buffer->data = data;
	buffer->capacity = size;
	return 0;
}

int pen_buffer_reserve(struct pen_buffer *buffer, size_t n)
{
	size_t max = buffer->max ? buffer->max : SIZE_MAX / 2;
	size_t capacity = buffer->capacity;
	uint8_t *data;

	if (n > max - buffer->size)
		return PEN_E_LIMIT;
	if (n <= capacity - buffer->size)
		return 0;

	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	while (capacity < buffer->size + n)
		capacity *= 2;
	/* No more than may be used: a writer looks at the capacity alone. */
	if (capacity > max)
		capacity = max;
	if (buffer->pool && !buffer->max && capacity >= PEN_POOL_MIN &&
	    !grow_into_pool(buffer, capacity))
		return 0;
	data = realloc(buffer->data, capacity);
	if (!data)
		return -ENOMEM;

	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int pen_buffer_add(struct pen_buffer *buffer, const void *data, size_t n)
{
	int r;

	if (!n)
		return 0;
	r = pen_buffer_reserve(buffer, n);
	if (r)
		return r;
	memcpy(buffer->data + buffer->size, data, n);
	buffer->size += n;
	return 0;
}

int pen_buffer_printf(struct pen_buffer *buffer, const char *format, ...)
{
	va_list args;
	int n;
	int r;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	r = pen_buffer_reserve(buffer, (size_t)n + 1);
	if (r)
		return r;

	va_start(args, format);
	vsnprintf((char *)buffer->data + buffer->size, (size_t)n + 1, format, args);
	va_end(args);
	buffer->size += (size_t)n;
	return 0;
}

void pen_buffer_consume(struct pen_buffer *buffer, size_t n)
{
	buffer->size -= n;
	if (buffer->size)
		memmove(buffer->data, buffer->data + n, buffer->size);
}
