/* SPDX-License-Identifier: MIT */
/* Extended errors as sentences. */
#include "base/utf16.h"
#include <penstock/buffer.h>
#include <penstock/eerr.h>
#include <penstock/status.h>
#include <string.h>

enum { SECONDS_A_DAY = 86400, DAYS_TO_1601 = 584694 /* since 0000-03-01 */ };

const char *pen_eerr_component_name(uint32_t component)
{
	static const char *const names[] = {
		[PEN_EERR_APPLICATION] = "the application",
		[PEN_EERR_RUNTIME] = "the RPC runtime",
		[PEN_EERR_SECURITY_PROVIDER] = "the security provider",
		[PEN_EERR_NPFS] = "the named pipe file system",
		[PEN_EERR_RDR] = "the redirector",
		[PEN_EERR_NMP] = "the named pipe system",
		[PEN_EERR_IO] = "the I/O system",
		[PEN_EERR_WINSOCK] = "the sockets",
		[PEN_EERR_AUTHZ] = "the authorization functions",
		[PEN_EERR_LPC] = "the local procedure call facility",
		[PEN_EERR_COM] = "COM",
		[PEN_EERR_FRS] = "file replication",
	};

	return component < PEN_COUNT(names) ? names[component] : NULL;
}

/* What may be printed as it is: no control character, nothing that turns the line around. */
static bool is_plain(int32_t c)
{
	return c >= 0x20 && c != '"' && c != '\\' && (c < 0x7f || c >= 0xa0) &&
	       (c < 0x2028 || c > 0x202e) && (c < 0x2066 || c > 0x2069) && c != 0x200e &&
	       c != 0x200f && c != 0x061c && c != 0xfeff && (c < 0xd800 || c > 0xdfff);
}

static int print_text(const char *text, struct pen_buffer *buffer)
{
	const char *end = text + strlen(text);
	int r = 0;

	while (!r && text < end) {
		const char *at = text;
		int32_t c = pen_utf16_next(&text, end);

		if (c < 0)
			r = pen_buffer_printf(buffer, "\\x%02x", (uint8_t)*text++);
		else if (is_plain(c))
			r = pen_buffer_add(buffer, at, (size_t)(text - at));
		else if (c == '"' || c == '\\')
			r = pen_buffer_printf(buffer, "\\%c", (int)c);
		else
			r = pen_buffer_printf(buffer, "\\u%04x", (unsigned)c);
	}
	return r;
}

/* Years begin in March here, so that a leap day is the last of one. */
static int print_time(uint64_t time, struct pen_buffer *buffer)
{
	uint64_t seconds = time / 10000000;
	uint64_t days = seconds / SECONDS_A_DAY + DAYS_TO_1601;
	uint64_t era = days / 146097;
	uint32_t day_of_era = (uint32_t)(days % 146097);
	uint32_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint32_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t month = (5 * day_of_year + 2) / 153;
	uint32_t of_day = (uint32_t)(seconds % SECONDS_A_DAY);

	return pen_buffer_printf(buffer, "%04u-%02u-%02u %02u:%02u:%02u.%03u UTC",
				 (unsigned)(era * 400 + year_of_era + (month >= 10)),
				 month < 10 ? month + 3 : month - 9,
				 day_of_year - (153 * month + 2) / 5 + 1, of_day / 3600,
				 of_day / 60 % 60, of_day % 60, (unsigned)(time / 10000 % 1000));
}

/* "server alpha, process 42, at 2026-11-22 05:20:11.123 UTC: ", as far as it is told. */
static int print_place(const struct pen_eerr *record, struct pen_buffer *text)
{
	size_t begin = text->size;
	int r = 0;

	if (record->computer) {
		r = pen_buffer_printf(text, "server ");
		if (!r)
			r = print_text(record->computer, text);
	}
	if (!r && record->process_id)
		r = pen_buffer_printf(text, "%sprocess %u", text->size > begin ? ", " : "",
				      record->process_id);
	if (!r && record->time) {
		r = pen_buffer_printf(text, "%sat ", text->size > begin ? ", " : "");
		if (!r)
			r = print_time(record->time, text);
	}
	return !r && text->size > begin ? pen_buffer_printf(text, ": ") : r;
}

static int print_error(const struct pen_eerr *record, struct pen_buffer *text)
{
	const char *component = pen_eerr_component_name(record->component);
	const char *name = pen_fault_name(record->status);
	int r;

	r = component ? pen_buffer_printf(text, "%s: ", component)
		      : pen_buffer_printf(text, "component %u: ", record->component);
	if (!r && name)
		r = pen_buffer_printf(text, "%s (0x%x)", name, record->status);
	else if (!r)
		r = pen_buffer_printf(text, "0x%x", record->status);
	if (!r && record->location)
		r = pen_buffer_printf(text, ", detection location %u", record->location);
	return r;
}

static int print_param(const struct pen_eerr_param *param, struct pen_buffer *text)
{
	int r = 0;

	switch (param->kind) {
	case PEN_EERR_ANSI:
	case PEN_EERR_UNICODE:
		r = pen_buffer_printf(text, "\"");
		if (!r && param->text)
			r = print_text(param->text, text);
		return r ? r : pen_buffer_printf(text, "\"");
	case PEN_EERR_LONG:
	case PEN_EERR_SHORT:
		return pen_buffer_printf(text, "%lld", (long long)param->number);
	case PEN_EERR_POINTER:
		return pen_buffer_printf(text, "0x%llx", (unsigned long long)param->number);
	case PEN_EERR_BINARY:
		for (size_t i = 0; !r && i < param->bytes.size; i++)
			r = pen_buffer_printf(text, "%02x", param->bytes.data[i]);
		return r;
	default:
		return pen_buffer_printf(text, "(left out)");
	}
}

int pen_eerr_print(const struct pen_eerr *record, struct pen_buffer *text)
{
	int r = 0;

	if (record->flags & PEN_EERR_PREVIOUS_MISSING)
		r = pen_buffer_printf(text, "(records are left out) ");
	if (!r)
		r = print_place(record, text);
	if (!r)
		r = print_error(record, text);
	for (uint32_t i = 0; !r && i < record->n_params; i++) {
		r = pen_buffer_printf(text, i ? ", " : ": ");
		if (!r)
			r = print_param(&record->params[i], text);
	}
	if (!r && record->flags & PEN_EERR_NEXT_MISSING)
		r = pen_buffer_printf(text, " (records are left out)");
	return r;
}
