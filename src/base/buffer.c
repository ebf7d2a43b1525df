/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include <errno.h>
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
	free(buffer->data);
	pen_buffer_init(buffer, buffer->max);
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
