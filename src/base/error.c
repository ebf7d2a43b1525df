/* SPDX-License-Identifier: MIT */
#include <penstock/base.h>
#include <string.h>

static const char *const names[] = {
	[0] = "success",
	[PEN_E_AGAIN] = "PEN_E_AGAIN",
	[PEN_E_PROTOCOL] = "PEN_E_PROTOCOL",
	[PEN_E_CLOSED] = "PEN_E_CLOSED",
	[PEN_E_FAULT] = "PEN_E_FAULT",
	[PEN_E_REJECTED] = "PEN_E_REJECTED",
	[PEN_E_SYNTAX] = "PEN_E_SYNTAX",
	[PEN_E_BAD_DATA] = "PEN_E_BAD_DATA",
	[PEN_E_LIMIT] = "PEN_E_LIMIT",
	[PEN_E_NOT_FOUND] = "PEN_E_NOT_FOUND",
	[PEN_E_EXISTS] = "PEN_E_EXISTS",
	[PEN_E_DENIED] = "PEN_E_DENIED",
	[PEN_E_CANCELLED] = "PEN_E_CANCELLED",
	[PEN_E_TIMEOUT] = "PEN_E_TIMEOUT",
	[PEN_E_UNSUPPORTED] = "PEN_E_UNSUPPORTED",
};

const char *pen_error_name(int error)
{
	const char *name = NULL;

	if (error < 0)
		name = strerrorname_np(-error);
	else if (error == PEN_PENDING)
		name = "PEN_PENDING";
	else if ((size_t)error < PEN_COUNT(names))
		name = names[error];
	return name ? name : "unknown error";
}
