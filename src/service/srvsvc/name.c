/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <string.h>

#define NOT_IN_NAMES "\"/\\[]:|<>+=;,*?"

/* Name types [MS-SRVS 3.1.4.32]: how long in characters, and what may not be in them. */
static const struct name_type {
	uint16_t max;
	const char *banned;
	bool may_be_empty;
} types[] = {
	[1] = { 256, NOT_IN_NAMES, false },	  /* user */
	[2] = { 256, "", true },		  /* password */
	[3] = { 256, "", false },		  /* group */
	[4] = { 259, NOT_IN_NAMES "\t ", false }, /* computer */
	[5] = { 16, NOT_IN_NAMES, false },	  /* event */
	[6] = { 15, NOT_IN_NAMES, false },	  /* domain */
	[7] = { 80, NOT_IN_NAMES, false },	  /* service */
	[8] = { 259, NOT_IN_NAMES, false },	  /* net */
	[9] = { 80, NOT_IN_NAMES, false },	  /* share */
	[10] = { 259, NOT_IN_NAMES, false },	  /* message */
	[11] = { 259, "", false },		  /* message destination */
	[12] = { 8, "", true },			  /* share password */
	[13] = { 15, NOT_IN_NAMES, false },	  /* workgroup */
};

static bool is_valid(const struct name_type *type, const char *name)
{
	size_t n = pen_utf16_count(name, strlen(name));

	if (n == PEN_UTF16_BAD || n > type->max || (!n && !type->may_be_empty))
		return false;
	if (!*type->banned)
		return true;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20)
			return false;
	return !strpbrk(name, type->banned);
}

bool pen_srvsvc_is_share_name(const char *name)
{
	return is_valid(&types[9], name);
}

/* NULL: no such type, or flags that there are not. */
static const struct name_type *type_find(uint32_t number, uint32_t flags)
{
	if (!number || number >= PEN_COUNT(types) || flags & ~UINT32_C(0x80000001))
		return NULL;
	return &types[number];
}

int pen_srvsvc_name_validate(struct pen_call *call, const struct srvsvc_NetprNameValidate_in *in,
			     struct srvsvc_NetprNameValidate_out *out)
{
	const struct name_type *type = type_find(in->NameType, in->Flags);

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
	const struct name_type *type = type_find(in->NameType, in->Flags);
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
	if (n + 1 > in->OutbufLen) {
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
	const struct name_type *type = type_find(in->NameType, in->Flags);

	if (!type)
		out->result = (int32_t)PEN_WERR_INVALID_PARAMETER;
	else if (!is_valid(type, in->Name1) || !is_valid(type, in->Name2))
		out->result = (int32_t)PEN_WERR_INVALID_NAME;
	else
		out->result = pen_upcase_compare(in->Name1, strlen(in->Name1), in->Name2,
						 strlen(in->Name2));
	return 0;
}
