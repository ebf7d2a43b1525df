/* SPDX-License-Identifier: MIT */
#include "daemon/listing.h"
#include "daemon/listing-part.h"
#include <ctype.h>
#include <errno.h>
#include <penstock/binding.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ARENA_MAX = 1 << 20, UUID_LENGTH = PEN_UUID_TEXT_SIZE - 1 };

void listing_done(struct listing *listing)
{
	pen_arena_done(&listing->arena);
	*listing = (struct listing){ 0 };
}

/* ---- parts ---- */

int listing_begin(struct listing_reading *reading, struct listing *listing, char error[256])
{
	*listing = (struct listing){ .program = "", .workers_max = 5, .idle_s = 60 };
	listing->needs.memory_max = UINT64_C(1) << 30;
	*reading = (struct listing_reading){ .listing = listing, .error = error };
	pen_arena_init(&listing->arena, ARENA_MAX);
	listing->interfaces = pen_arena_array(&listing->arena, LISTING_INTERFACES_MAX,
					      sizeof(*listing->interfaces));
	reading->endpoints = pen_arena_array(&listing->arena, LISTING_ENDPOINTS_MAX,
					     sizeof(*reading->endpoints));
	listing->pipes =
		pen_arena_array(&listing->arena, LISTING_PIPES_MAX, sizeof(*listing->pipes));
	if (listing->interfaces && reading->endpoints && listing->pipes)
		return 0;
	return listing_refuse(reading, -ENOMEM, "no memory");
}

int listing_refuse(const struct listing_reading *reading, int result, const char *format, ...)
{
	int n = *reading->place ? snprintf(reading->error, 256, "%s: ", reading->place) : 0;
	va_list args;

	va_start(args, format);
	vsnprintf(reading->error + n, 256 - (size_t)n, format, args);
	va_end(args);
	return result;
}

int listing_number(const struct listing_reading *reading, const char *what, const char *text,
		   size_t n, uint64_t max, uint64_t *valuep)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			n = 0;
		else if (value > (max - (uint64_t)(text[i] - '0')) / 10)
			return listing_refuse(reading, PEN_E_SYNTAX, "%s is more than %llu", what,
					      (unsigned long long)max);
		else
			value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (!n)
		return listing_refuse(reading, PEN_E_SYNTAX, "%s is not a decimal number", what);
	*valuep = value;
	return 0;
}

int listing_text(const struct listing_reading *reading, const char *what, const char *text,
		 size_t n, const char **copyp)
{
	if (!n)
		return listing_refuse(reading, PEN_E_SYNTAX, "%s is empty", what);
	if (n >= LISTING_TEXT_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "%s is longer than %d bytes", what,
				      LISTING_TEXT_MAX - 1);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return listing_refuse(reading, PEN_E_SYNTAX, "%s has a control character",
					      what);
	*copyp = pen_arena_text(&reading->listing->arena, text, n);
	return *copyp ? 0 : listing_refuse(reading, -ENOMEM, "no memory");
}

int listing_uuid(const struct listing_reading *reading, const char *text, size_t n,
		 struct pen_uuid *uuid)
{
	char copy[PEN_UUID_TEXT_SIZE];

	if (n == UUID_LENGTH) {
		memcpy(copy, text, n);
		copy[n] = '\0';
		if (strlen(copy) == n && *copy != '{' && !pen_uuid_parse(uuid, copy))
			return 0;
	}
	return listing_refuse(reading, PEN_E_SYNTAX, "there is no UUID");
}

int listing_add_interface(struct listing_reading *reading, const struct pen_syntax_id *id,
			  const char *name)
{
	struct listing *listing = reading->listing;
	struct listing_interface *interface = &listing->interfaces[listing->n_interfaces];

	if (listing->n_interfaces == LISTING_INTERFACES_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "there are more than %d interfaces",
				      LISTING_INTERFACES_MAX);
	for (size_t i = 0; i < listing->n_interfaces; i++)
		if (pen_syntax_id_equal(&listing->interfaces[i].id, id))
			return listing_refuse(reading, PEN_E_SYNTAX,
					      "%.100s is an interface that was listed before",
					      name);
	*interface = (struct listing_interface){
		.id = *id,
		.name = name,
		.endpoints = reading->endpoints + listing->n_endpoints,
	};
	listing->n_interfaces++;
	return 0;
}

int listing_add_pipe(struct listing_reading *reading, const struct listing_pipe *pipe)
{
	struct listing *listing = reading->listing;

	if (listing->n_pipes == LISTING_PIPES_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "there are more than %d pipes",
				      LISTING_PIPES_MAX);
	if (pipe->name[0] == '\\' || strlen(pipe->name) >= PEN_WORKER_PIPE_NAME_MAX)
		return listing_refuse(reading, PEN_E_SYNTAX, "%.100s is no pipe's name",
				      pipe->name);
	for (size_t i = 0; i < listing->n_pipes; i++)
		if (!strcasecmp(listing->pipes[i].name, pipe->name))
			return listing_refuse(reading, PEN_E_SYNTAX,
					      "%.100s is a pipe that was listed before",
					      pipe->name);
	listing->pipes[listing->n_pipes++] = *pipe;
	return 0;
}

static int check_endpoint(const struct listing_reading *reading, const char *endpoint)
{
	struct pen_ndr_error reason = { "" };
	struct pen_binding binding;
	bool is_place;
	int r;

	r = pen_binding_parse(&binding, endpoint, &reason);
	if (r < 0)
		return listing_refuse(reading, r, "no memory");
	if (r)
		return listing_refuse(reading, PEN_E_SYNTAX, "%.100s: %.100s", endpoint,
				      reason.text);
	is_place = binding.endpoint || binding.protseq != PEN_NCACN_NP;
	pen_binding_done(&binding);
	return is_place ? 0
			: listing_refuse(reading, PEN_E_SYNTAX, "%.100s names no pipe", endpoint);
}

int listing_add_endpoint(struct listing_reading *reading, const char *endpoint)
{
	struct listing *listing = reading->listing;
	struct listing_interface *interface = &listing->interfaces[listing->n_interfaces - 1];
	int r;

	if (listing->n_endpoints == LISTING_ENDPOINTS_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "there are more than %d endpoints",
				      LISTING_ENDPOINTS_MAX);
	for (size_t i = 0; i < interface->n_endpoints; i++)
		if (!strcmp(interface->endpoints[i], endpoint))
			return listing_refuse(reading, PEN_E_SYNTAX, "%.100s is listed twice",
					      endpoint);
	r = check_endpoint(reading, endpoint);
	if (r)
		return r;
	interface->endpoints[interface->n_endpoints++] = endpoint;
	listing->n_endpoints++;
	return 0;
}

/* ---- lines ---- */

/* "<uuid>/0x<8 hex> <name>" */
static int read_interface(struct listing_reading *reading, const char *line, size_t n)
{
	enum { VERSION = UUID_LENGTH + 3, NAME = VERSION + 9 };
	struct pen_syntax_id id = { 0 };
	const char *name;
	uint32_t version = 0;
	int r;

	r = listing_uuid(reading, line, n < UUID_LENGTH ? n : UUID_LENGTH, &id.uuid);
	if (r)
		return r;
	if (n < NAME || memcmp(line + UUID_LENGTH, "/0x", 3) != 0 || line[NAME - 1] != ' ')
		return listing_refuse(reading, PEN_E_SYNTAX,
				      "after the UUID there is no /0x, 8 digits, and a space");
	for (size_t i = VERSION; i < NAME - 1; i++) {
		char c = (char)tolower((unsigned char)line[i]);

		if (!isxdigit((unsigned char)c))
			return listing_refuse(reading, PEN_E_SYNTAX,
					      "the version is not 8 hexadecimal digits");
		version = version << 4 |
			  (uint32_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	id.major = (uint16_t)version;
	id.minor = (uint16_t)(version >> 16);
	r = listing_text(reading, "the interface's name", line + NAME, n - NAME, &name);
	return r ? r : listing_add_interface(reading, &id, name);
}

static int read_endpoint(struct listing_reading *reading, const char *line, size_t n)
{
	const char *endpoint;
	int r;

	if (!reading->listing->n_interfaces)
		return listing_refuse(reading, PEN_E_SYNTAX,
				      "an endpoint comes before the first interface");
	r = listing_text(reading, "the endpoint", line, n, &endpoint);
	return r ? r : listing_add_endpoint(reading, endpoint);
}

static int read_line(struct listing_reading *reading, unsigned number, const char *line, size_t n)
{
	struct listing *listing = reading->listing;
	uint64_t value;
	int r;

	snprintf(reading->place, sizeof(reading->place), "line %u", number);
	if (number == 1) {
		r = listing_number(reading, "the number of workers", line, n, LISTING_WORKERS_MAX,
				   &value);
		if (!r && !value)
			r = listing_refuse(reading, PEN_E_SYNTAX, "there are no workers");
		if (!r)
			listing->workers_max = (uint32_t)value;
		return r;
	}
	if (number == 2) {
		r = listing_number(reading, "the idle time", line, n, UINT32_MAX, &value);
		if (!r)
			listing->idle_s = (uint32_t)value;
		return r;
	}
	if (n && line[0] == ' ')
		return read_endpoint(reading, line + 1, n - 1);
	return read_interface(reading, line, n);
}

static int read_lines(struct listing_reading *reading, const char *text, size_t n)
{
	unsigned number = 0;
	int r = 0;

	while (n && !r) {
		const char *end = memchr(text, '\n', n);
		size_t size = end ? (size_t)(end - text) : n;

		r = read_line(reading, ++number, text, size);
		if (!r && !end)
			r = listing_refuse(reading, PEN_E_SYNTAX, "it does not end");
		size += end != NULL;
		text += size;
		n -= size;
	}
	if (!r && number == 1)
		r = listing_refuse(reading, PEN_E_SYNTAX, "it is the last, and should not be");
	return r;
}

int listing_read_text(struct listing *listing, const char *text, size_t n, char error[256])
{
	struct listing_reading reading;
	int r;

	r = listing_begin(&reading, listing, error);
	if (!r && n > LISTING_MAX)
		r = listing_refuse(&reading, PEN_E_LIMIT, "it has more than %d bytes", LISTING_MAX);
	if (!r)
		r = read_lines(&reading, text, n);
	if (r)
		listing_done(listing);
	return r;
}
