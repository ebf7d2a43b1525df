/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

#define NOT_IN_NAMES "\"/\\[]:|<>+=;,?" /* nor control characters */

/*
 * Name types [MS-SRVS 2.2.2.8]: how long in characters, and what may not be in them.
 * A share's may have no "*" either [MS-FSCC 2.1.6].
 */
static const struct name_type {
	uint16_t min, max;
	const char *banned; /* NULL: anything may be in it, and it may be dots and spaces alone */
	bool no_outer_spaces;
} types[] = {
	[1] = { 1, 256, NOT_IN_NAMES },		  /* user */
	[2] = { 0, 256, NULL },			  /* password */
	[3] = { 1, 256, NOT_IN_NAMES },		  /* group */
	[4] = { 1, 260, NOT_IN_NAMES "*", true }, /* computer */
	[5] = { 1, 16, NOT_IN_NAMES },		  /* event */
	[6] = { 1, 15, NOT_IN_NAMES "* " },	  /* domain */
	[7] = { 1, 80, NOT_IN_NAMES },		  /* service */
	[8] = { 1, 260, NOT_IN_NAMES },		  /* net */
	[9] = { 1, 80, NOT_IN_NAMES "*" },	  /* share */
	[10] = { 1, 15, NOT_IN_NAMES },		  /* message */
	[11] = { 1, 260, NULL },		  /* message destination */
	[12] = { 0, 8, NULL },			  /* share password */
	[13] = { 1, 15, NOT_IN_NAMES },		  /* workgroup */
};

enum {
	/* [MS-SRVS 3.1.4.33, 3.1.4.34] */
	FLAG_LM2 = INT32_MIN,
	FLAG_ROOM_FOR_ANY = 1, /* to canonicalize; to compare: both are canonical */
	FLAGS = FLAG_LM2 | 1,
};

static bool has_banned(const struct name_type *type, const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20)
			return true;
	return strpbrk(name, type->banned) || !name[strspn(name, ". ")];
}

static bool is_valid(const struct name_type *type, const char *name)
{
	size_t size = strlen(name);
	size_t n = pen_utf16_count(name, size);

	if (n == PEN_UTF16_BAD || n < type->min || n > type->max)
		return false;
	if (type->no_outer_spaces && (*name == ' ' || name[size - 1] == ' '))
		return false;
	return !type->banned || !has_banned(type, name);
}

bool pen_srvsvc_is_share_name(const char *name)
{
	return is_valid(&types[9], name);
}

/* NULL: no such type, or flags that there are not. */
static const struct name_type *type_find(uint32_t number, uint32_t flags, uint32_t known_flags)
{
	if (!number || number >= PEN_COUNT(types) || flags & ~known_flags)
		return NULL;
	return &types[number];
}

int pen_srvsvc_name_validate(struct pen_call *call, const struct srvsvc_NetprNameValidate_in *in,
			     struct srvsvc_NetprNameValidate_out *out)
{
	const struct name_type *type = type_find(in->NameType, in->Flags, 0);

	if (!type)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else if (!is_valid(type, in->Name))
		out->result = PEN_WERR_INVALID_NAME;
	return 0;
}

/* The canonical form of a name is its upper case. */
int pen_srvsvc_name_canonicalize(struct pen_call *call,
				 const struct srvsvc_NetprNameCanonicalize_in *in,
				 struct srvsvc_NetprNameCanonicalize_out *out)
{
	const struct name_type *type = type_find(in->NameType, in->Flags, FLAGS);
	size_t n;

	out->Outbuf = pen_arena_array(pen_call_arena(call), (size_t)in->OutbufLen + 1,
				      sizeof(*out->Outbuf));
	if (!out->Outbuf)
		return -ENOMEM;
	if (!type)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else if (!is_valid(type, in->Name))
		out->result = PEN_WERR_INVALID_NAME;
	if (out->result)
		return 0;
	n = pen_utf16_count(in->Name, strlen(in->Name));
	if ((in->Flags & FLAG_ROOM_FOR_ANY ? type->max : n) >= in->OutbufLen) {
		out->result = PEN_WERR_NERR_BUFTOOSMALL;
		return 0;
	}
	pen_utf16_put(in->Name, strlen(in->Name), PEN_UTF16_HOST, out->Outbuf, n);
	for (size_t i = 0; i < n; i++)
		out->Outbuf[i] = pen_upcase(out->Outbuf[i]);
	return 0;
}

int pen_srvsvc_name_compare(struct pen_call *call, const struct srvsvc_NetprNameCompare_in *in,
			    struct srvsvc_NetprNameCompare_out *out)
{
	const struct name_type *type = type_find(in->NameType, in->Flags, FLAGS);

	if (!type)
		out->result = (int32_t)PEN_WERR_INVALID_PARAMETER;
	else if (!is_valid(type, in->Name1) || !is_valid(type, in->Name2))
		out->result = (int32_t)PEN_WERR_INVALID_NAME;
	else
		out->result = pen_upcase_compare(in->Name1, strlen(in->Name1), in->Name2,
						 strlen(in->Name2));
	return 0;
}
