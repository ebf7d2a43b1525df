/* SPDX-License-Identifier: MIT */
#include "base/sddl.h"
#include "base/acl.h"
#include "base/sid.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

struct parser {
	const char *text;
	const char *p;
	struct pen_arena *arena;
	const struct pen_sid *domain;
	struct pen_sddl_error *error;
};

PEN_PRINTF(3, 4)
static int fail(const struct parser *parser, int result, const char *format, ...)
{
	va_list args;

	if (!parser->error)
		return result;
	parser->error->at = (size_t)(parser->p - parser->text);
	va_start(args, format);
	vsnprintf(parser->error->text, sizeof(parser->error->text), format, args);
	va_end(args);
	return result;
}

static bool accept(struct parser *parser, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(parser->p, word, n) != 0)
		return false;
	parser->p += n;
	return true;
}

static int expect(struct parser *parser, const char *word)
{
	if (accept(parser, word))
		return 0;
	return fail(parser, PEN_E_SYNTAX, "'%s' is missing here", word);
}

static int parse_sid(struct parser *parser, struct pen_sid *sid)
{
	char alias[3] = { 0 };

	if (parser->p[0] == 'S' && parser->p[1] == '-') {
		if (pen_sid_parse_next(sid, &parser->p))
			return fail(parser, PEN_E_SYNTAX, "this is no SID");
		return 0;
	}
	memcpy(alias, parser->p, strnlen(parser->p, 2));
	if (pen_sid_from_alias(sid, alias, parser->domain))
		return fail(parser, PEN_E_SYNTAX, "'%s' is no SID%s", alias,
			    parser->domain ? "" : ", or one of a domain, and there is none");
	parser->p += 2;
	return 0;
}

static int parse_owner(struct parser *parser, const struct pen_sid **sidp)
{
	struct pen_sid sid;
	int r;

	if (*sidp)
		return fail(parser, PEN_E_SYNTAX, "an owner or group is given twice");
	r = parse_sid(parser, &sid);
	if (r)
		return r;
	*sidp = pen_arena_copy(parser->arena, &sid, sizeof(sid));
	return *sidp ? 0 : -ENOMEM;
}

static const struct pen_sddl_word *find_word(const struct pen_sddl_word *words, size_t n,
					     const char *text, size_t n_text)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i].word) == n_text && memcmp(words[i].word, text, n_text) == 0)
			return &words[i];
	return NULL;
}

static int parse_type(struct parser *parser, struct pen_ace *ace)
{
	static const char *const conditional[] = { "XA", "XD", "XU", "ZA" };
	size_t n = strcspn(parser->p, ";)");
	const struct pen_sddl_word *word =
		find_word(pen_sddl_types, pen_sddl_n_types, parser->p, n);

	for (size_t i = 0; i < PEN_COUNT(conditional); i++)
		if (n == 2 && memcmp(parser->p, conditional[i], 2) == 0)
			return fail(parser, PEN_E_UNSUPPORTED,
				    "conditional expressions are not supported");
	if (n == 2 && memcmp(parser->p, "RA", 2) == 0)
		return fail(parser, PEN_E_UNSUPPORTED, "resource attributes are not supported");
	if (!word)
		return fail(parser, PEN_E_SYNTAX, "no type of ACE is called so");
	ace->type = (uint8_t)word->value;
	parser->p += n;
	return 0;
}

static int parse_flags(struct parser *parser, struct pen_ace *ace)
{
	while (*parser->p != ';') {
		const struct pen_sddl_word *word = find_word(pen_sddl_flags, pen_sddl_n_flags,
							     parser->p, strnlen(parser->p, 2));

		if (!word)
			return fail(parser, PEN_E_SYNTAX, "no flag of an ACE is called so");
		ace->flags |= (uint8_t)word->value;
		parser->p += 2;
	}
	return 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return 16;
}

/* Hexadecimal, octal or decimal, by its beginning. */
static int parse_number(struct parser *parser, uint32_t *maskp)
{
	const char *p = parser->p;
	bool is_hex = p[0] == '0' && (p[1] | 0x20) == 'x';
	int base = is_hex ? 16 : p[0] == '0' ? 8 : 10;
	uint64_t value = 0;
	size_t n = 0;

	for (p += is_hex ? 2 : 0; digit_of(*p) < base; p++, n++) {
		value = value * (uint64_t)base + (uint64_t)digit_of(*p);
		if (value > UINT32_MAX)
			return fail(parser, PEN_E_SYNTAX, "rights are a number of 32 bits");
	}
	if (!n)
		return fail(parser, PEN_E_SYNTAX, "digits are missing here");
	parser->p = p;
	*maskp = (uint32_t)value;
	return 0;
}

static const struct pen_sddl_word *find_right(const struct parser *parser,
					      const struct pen_ace *ace)
{
	const struct pen_sddl_word *word = NULL;
	size_t n = strnlen(parser->p, 2);

	if (ace->type == PEN_ACE_MANDATORY_LABEL)
		word = find_word(pen_sddl_label_rights, pen_sddl_n_label_rights, parser->p, n);
	if (!word)
		word = find_word(pen_sddl_masks, pen_sddl_n_masks, parser->p, n);
	if (!word)
		word = find_word(pen_sddl_rights, pen_sddl_n_rights, parser->p, n);
	return word;
}

static int parse_rights(struct parser *parser, struct pen_ace *ace)
{
	if (*parser->p >= '0' && *parser->p <= '9')
		return parse_number(parser, &ace->mask);
	while (*parser->p != ';') {
		const struct pen_sddl_word *word = find_right(parser, ace);

		if (!word)
			return fail(parser, PEN_E_SYNTAX, "no right is called so");
		ace->mask |= word->value;
		parser->p += 2;
	}
	return 0;
}

static int parse_object_type(struct parser *parser, struct pen_ace *ace, struct pen_uuid *uuid,
			     enum pen_ace_object_flag flag)
{
	char text[PEN_UUID_TEXT_SIZE] = { 0 };
	size_t n = strcspn(parser->p, ";");

	if (!n)
		return 0;
	if (!pen_ace_is_object(ace->type))
		return fail(parser, PEN_E_SYNTAX, "an ACE of this type has no object type");
	if (n == sizeof(text) - 1)
		memcpy(text, parser->p, n);
	if (pen_uuid_parse(uuid, text))
		return fail(parser, PEN_E_SYNTAX, "this is no GUID");
	ace->object_flags |= flag;
	parser->p += n;
	return 0;
}

static int parse_ace(struct parser *parser, struct pen_ace *ace)
{
	int r = expect(parser, "(");

	if (!r)
		r = parse_type(parser, ace);
	if (!r)
		r = expect(parser, ";");
	if (!r)
		r = parse_flags(parser, ace);
	if (!r)
		r = expect(parser, ";");
	if (!r)
		r = parse_rights(parser, ace);
	if (!r)
		r = expect(parser, ";");
	if (!r)
		r = parse_object_type(parser, ace, &ace->object_type, PEN_ACE_OBJECT_TYPE_PRESENT);
	if (!r)
		r = expect(parser, ";");
	if (!r)
		r = parse_object_type(parser, ace, &ace->inherited_object_type,
				      PEN_ACE_INHERITED_OBJECT_TYPE_PRESENT);
	if (!r)
		r = expect(parser, ";");
	if (!r)
		r = parse_sid(parser, &ace->sid);
	if (!r && *parser->p == ';')
		return fail(parser, PEN_E_UNSUPPORTED,
			    "conditional expressions and resource attributes are not supported");
	return r ? r : expect(parser, ")");
}

/* The control bits of one of the two lists. */
struct list_bits {
	uint16_t present;
	uint16_t is_protected;
	uint16_t auto_inherit_req;
	uint16_t auto_inherited;
};

static const struct list_bits dacl_bits = { PEN_DACL_PRESENT, PEN_DACL_PROTECTED,
					    PEN_DACL_AUTO_INHERIT_REQ, PEN_DACL_AUTO_INHERITED };
static const struct list_bits sacl_bits = { PEN_SACL_PRESENT, PEN_SACL_PROTECTED,
					    PEN_SACL_AUTO_INHERIT_REQ, PEN_SACL_AUTO_INHERITED };

static size_t count_aces(const char *p)
{
	size_t n = 0;

	for (; *p == '('; n++) {
		p += strcspn(p, ")");
		p += *p == ')';
	}
	return n;
}

static int parse_acl(struct parser *parser, const struct list_bits *bits, uint16_t *controlp,
		     const struct pen_acl **aclp)
{
	struct pen_acl *acl;

	if (*controlp & bits->present)
		return fail(parser, PEN_E_SYNTAX, "this list is given twice");
	*controlp |= bits->present;
	for (;;) {
		if (accept(parser, "P"))
			*controlp |= bits->is_protected;
		else if (accept(parser, "AR"))
			*controlp |= bits->auto_inherit_req;
		else if (accept(parser, "AI"))
			*controlp |= bits->auto_inherited;
		else
			break;
	}
	if (accept(parser, "NO_ACCESS_CONTROL"))
		return 0;

	acl = pen_arena_zalloc(parser->arena, sizeof(*acl));
	if (!acl)
		return -ENOMEM;
	acl->n_aces = count_aces(parser->p);
	acl->aces = pen_arena_array(parser->arena, acl->n_aces, sizeof(*acl->aces));
	if (!acl->aces)
		return -ENOMEM;
	acl->revision = PEN_ACL_REVISION;
	for (size_t i = 0; i < acl->n_aces; i++) {
		int r = parse_ace(parser, &acl->aces[i]);

		if (r)
			return r;
		if (pen_ace_is_object(acl->aces[i].type))
			acl->revision = PEN_ACL_REVISION_DS;
	}
	*aclp = acl;
	return 0;
}

int pen_sddl_parse(struct pen_descriptor *descriptor, struct pen_arena *arena, const char *text,
		   const struct pen_sid *domain, struct pen_sddl_error *error)
{
	struct parser parser = {
		.text = text, .p = text, .arena = arena, .domain = domain, .error = error
	};
	struct pen_descriptor d = { .control = PEN_SELF_RELATIVE };

	while (*parser.p) {
		int r;

		if (accept(&parser, "O:"))
			r = parse_owner(&parser, &d.owner);
		else if (accept(&parser, "G:"))
			r = parse_owner(&parser, &d.group);
		else if (accept(&parser, "D:"))
			r = parse_acl(&parser, &dacl_bits, &d.control, &d.dacl);
		else if (accept(&parser, "S:"))
			r = parse_acl(&parser, &sacl_bits, &d.control, &d.sacl);
		else
			r = fail(&parser, PEN_E_SYNTAX, "O:, G:, D: or S: is missing here");
		if (r == -ENOMEM)
			fail(&parser, r, "out of memory");
		if (r)
			return r;
	}
	*descriptor = d;
	return 0;
}

static void print(struct pen_writer *w, const char *text)
{
	pen_writer_bytes(w, text, strlen(text));
}

static void print_sid(struct pen_writer *w, const struct pen_sid *sid, const struct pen_sid *domain)
{
	const char *alias = pen_sid_alias(sid, domain);
	char text[PEN_SID_TEXT_SIZE];

	if (!alias)
		pen_sid_print(sid, text);
	print(w, alias ? alias : text);
}

/* Words for all bits of value, or false: some have none. */
static bool print_bits(struct pen_writer *w, const struct pen_sddl_word *words, size_t n,
		       uint32_t value)
{
	uint32_t named = 0;

	for (size_t i = 0; i < n; i++)
		named |= words[i].value;
	if (value & ~named)
		return false;
	for (size_t i = 0; i < n; i++)
		if (value & words[i].value)
			print(w, words[i].word);
	return true;
}

static void print_rights(struct pen_writer *w, const struct pen_ace *ace)
{
	bool is_label = ace->type == PEN_ACE_MANDATORY_LABEL;
	const struct pen_sddl_word *words = is_label ? pen_sddl_label_rights : pen_sddl_rights;
	size_t n = is_label ? pen_sddl_n_label_rights : pen_sddl_n_rights;
	char text[16];

	for (size_t i = 0; i < pen_sddl_n_masks && !is_label; i++)
		if (pen_sddl_masks[i].value == ace->mask) {
			print(w, pen_sddl_masks[i].word);
			return;
		}
	if (print_bits(w, words, n, ace->mask))
		return;
	snprintf(text, sizeof(text), "0x%x", ace->mask);
	print(w, text);
}

static void print_object_type(struct pen_writer *w, const struct pen_ace *ace,
			      const struct pen_uuid *uuid, enum pen_ace_object_flag flag)
{
	char text[PEN_UUID_TEXT_SIZE];

	print(w, ";");
	if (!(ace->object_flags & flag))
		return;
	pen_uuid_print(uuid, text);
	print(w, text);
}

static int print_ace(struct pen_writer *w, const struct pen_ace *ace, const struct pen_sid *domain)
{
	const char *type = NULL;

	for (size_t i = 0; i < pen_sddl_n_types; i++)
		if (pen_sddl_types[i].value == ace->type)
			type = pen_sddl_types[i].word;
	if (!type || ace->data.size)
		return PEN_E_UNSUPPORTED;
	print(w, "(");
	print(w, type);
	print(w, ";");
	if (!print_bits(w, pen_sddl_flags, pen_sddl_n_flags, ace->flags))
		return PEN_E_UNSUPPORTED;
	print(w, ";");
	print_rights(w, ace);
	print_object_type(w, ace, &ace->object_type, PEN_ACE_OBJECT_TYPE_PRESENT);
	print_object_type(w, ace, &ace->inherited_object_type,
			  PEN_ACE_INHERITED_OBJECT_TYPE_PRESENT);
	print(w, ";");
	print_sid(w, &ace->sid, domain);
	print(w, ")");
	return w->error;
}

static int print_acl(struct pen_writer *w, const char *prefix, const struct list_bits *bits,
		     uint16_t control, const struct pen_acl *acl, const struct pen_sid *domain)
{
	if (!(control & bits->present))
		return 0;
	print(w, prefix);
	if (control & bits->is_protected)
		print(w, "P");
	if (control & bits->auto_inherit_req)
		print(w, "AR");
	if (control & bits->auto_inherited)
		print(w, "AI");
	if (!acl)
		print(w, "NO_ACCESS_CONTROL");
	for (size_t i = 0; acl && i < acl->n_aces; i++) {
		int r = print_ace(w, &acl->aces[i], domain);

		if (r)
			return r;
	}
	return w->error;
}

int pen_sddl_print(const struct pen_descriptor *descriptor, const struct pen_sid *domain,
		   struct pen_buffer *buffer)
{
	const struct pen_descriptor *d = descriptor;
	struct pen_writer w;
	int r;

	pen_writer_init(&w, buffer);
	if (d->owner) {
		print(&w, "O:");
		print_sid(&w, d->owner, domain);
	}
	if (d->group) {
		print(&w, "G:");
		print_sid(&w, d->group, domain);
	}
	r = print_acl(&w, "D:", &dacl_bits, d->control, d->dacl, domain);
	if (!r)
		r = print_acl(&w, "S:", &sacl_bits, d->control, d->sacl, domain);
	if (!r)
		r = w.error;
	if (r)
		buffer->size = w.origin;
	return r;
}
