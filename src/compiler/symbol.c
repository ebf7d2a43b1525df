/* SPDX-License-Identifier: MIT */
/*
 * The names known so far: types, tags and constants, each kind by itself.
 */
#include "compiler/resolve.h"
#include <string.h>

static size_t bucket_of(const char *name)
{
	size_t hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash % PEN_SYMBOL_BUCKETS;
}

const struct pen_symbol *pen_symbol_find(const struct pen_resolver *resolver,
					 enum pen_symbol_kind kind, const char *name)
{
	const struct pen_symbol *symbol = resolver->symbols[bucket_of(name)];

	while (symbol && (symbol->kind != kind || strcmp(symbol->name, name)))
		symbol = symbol->next;
	return symbol;
}

struct pen_symbol *pen_symbol_add(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				  const char *name, struct pen_pos pos)
{
	static const char *const kinds[] = {
		[PEN_SYMBOL_TYPE] = "type",
		[PEN_SYMBOL_TAG] = "tag",
		[PEN_SYMBOL_CONSTANT] = "constant",
	};
	const struct pen_symbol *known = pen_symbol_find(resolver, kind, name);
	struct pen_symbol **bucket = &resolver->symbols[bucket_of(name)];
	struct pen_symbol *symbol = pen_idl_zalloc(resolver->idl, sizeof(*symbol));

	if (known) {
		pen_idl_complain(resolver->idl, pos, "there is a %s \"%s\" already", kinds[kind],
				 name);
		pen_idl_note(resolver->idl, known->pos, "first defined here");
	}
	symbol->kind = kind;
	symbol->name = name;
	symbol->pos = pos;
	symbol->next = *bucket;
	*bucket = symbol;
	return symbol;
}

void pen_symbol_spell(const struct pen_resolver *resolver, enum pen_symbol_kind kind,
		      struct pen_spelling *spelling)
{
	for (size_t i = 0; i < PEN_SYMBOL_BUCKETS; i++) {
		for (const struct pen_symbol *s = resolver->symbols[i]; s; s = s->next) {
			if (s->kind == kind)
				pen_spelling_try(spelling, s->name);
		}
	}
}

const char *pen_idl_meant(struct pen_idl *idl, const struct pen_spelling *spelling)
{
	/* The word itself, where it means something else. */
	if (!spelling->nearest || !strcmp(spelling->nearest, spelling->word))
		return "";
	return pen_idl_format(idl, "; did you mean \"%s\"?", spelling->nearest);
}
