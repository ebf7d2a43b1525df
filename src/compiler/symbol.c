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

static const struct pen_symbol *find_full(const struct pen_resolver *resolver,
					  enum pen_symbol_kind kind, const char *name)
{
	const struct pen_symbol *symbol = resolver->symbols[bucket_of(name)];

	while (symbol && (symbol->kind != kind || strcmp(symbol->name, name)))
		symbol = symbol->next;
	return symbol;
}

const char *pen_symbol_full_name(const struct pen_resolver *resolver, const char *name)
{
	return resolver->space ? pen_idl_format(resolver->idl, "%s.%s", resolver->space, name)
			       : name;
}

/* In the namespace, then in those around it. */
const struct pen_symbol *pen_symbol_find(const struct pen_resolver *resolver,
					 enum pen_symbol_kind kind, const char *name)
{
	size_t n = resolver->space ? strlen(resolver->space) : 0;

	while (n) {
		const struct pen_symbol *symbol = find_full(
			resolver, kind,
			pen_idl_format(resolver->idl, "%.*s.%s", (int)n, resolver->space, name));

		if (symbol)
			return symbol;
		while (n && resolver->space[--n] != '.')
			;
	}
	return find_full(resolver, kind, name);
}

struct pen_symbol *pen_symbol_push(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				   const char *name, struct pen_pos pos)
{
	struct pen_symbol *symbol = pen_idl_zalloc(resolver->idl, sizeof(*symbol));
	struct pen_symbol **bucket;

	symbol->kind = kind;
	symbol->name = pen_symbol_full_name(resolver, name);
	symbol->pos = pos;
	bucket = &resolver->symbols[bucket_of(symbol->name)];
	symbol->next = *bucket;
	*bucket = symbol;
	return symbol;
}

void pen_symbol_pop(struct pen_resolver *resolver, const struct pen_symbol *symbol)
{
	struct pen_symbol **p = &resolver->symbols[bucket_of(symbol->name)];

	while (*p && *p != symbol)
		p = &(*p)->next;
	if (*p)
		*p = symbol->next;
}

struct pen_symbol *pen_symbol_add(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				  const char *name, struct pen_pos pos)
{
	static const char *const kinds[] = {
		[PEN_SYMBOL_TYPE] = "type",
		[PEN_SYMBOL_TAG] = "tag",
		[PEN_SYMBOL_CONSTANT] = "constant",
	};
	const struct pen_symbol *known =
		find_full(resolver, kind, pen_symbol_full_name(resolver, name));

	if (known) {
		pen_idl_complain(resolver->idl, pos, "there is a %s \"%s\" already", kinds[kind],
				 name);
		pen_idl_note(resolver->idl, known->pos, "first defined here");
	}
	return pen_symbol_push(resolver, kind, name, pos);
}

const char *pen_symbol_c_name(struct pen_resolver *resolver, const char *name)
{
	struct pen_symbol *first =
		(struct pen_symbol *)find_full(resolver, PEN_SYMBOL_C_NAME, name);
	const char *space = resolver->space;
	const char *unique = name;

	while (first && find_full(resolver, PEN_SYMBOL_C_NAME, unique))
		unique = pen_idl_format(resolver->idl, "%s_%u", name, ++first->n_same + 1);
	resolver->space = NULL;
	pen_symbol_push(resolver, PEN_SYMBOL_C_NAME, unique, (struct pen_pos){ 0 });
	resolver->space = space;
	return unique;
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
