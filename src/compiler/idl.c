/* SPDX-License-Identifier: MIT */
/*
 * The passes in their order.
 */
#include "compiler/acf.h"
#include "compiler/lint.h"
#include "compiler/plan.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 64 << 20, DIAGNOSES_MAX = 1 << 20 };

int pen_idl_new(struct pen_idl **idlp, pen_idl_import_fn *import, void *data)
{
	struct pen_idl *idl = calloc(1, sizeof(*idl));

	if (!idl)
		return -ENOMEM;
	pen_arena_init(&idl->arena, MEMORY_MAX);
	pen_buffer_init(&idl->diagnoses, DIAGNOSES_MAX);
	idl->import = import;
	idl->import_data = data;
	*idlp = idl;
	return 0;
}

struct pen_idl *pen_idl_free(struct pen_idl *idl)
{
	if (!idl)
		return NULL;
	pen_arena_done(&idl->arena);
	pen_buffer_done(&idl->diagnoses);
	free(idl);
	return NULL;
}

static int run_passes(struct pen_idl *idl, const char *name, const char *text, size_t n)
{
	struct pen_source *source = pen_idl_add_source(idl, name, pen_idl_text(idl, text, n), n);

	idl->tokens = pen_idl_lex(idl, source);
	idl->tree = pen_idl_parse(idl, source, idl->tokens);
	if (idl->acf)
		pen_acf_apply(idl, idl->tree, idl->acf);
	if (!idl->n_errors)
		idl->model = pen_idl_resolve(idl, idl->tree);
	if (!idl->n_errors && idl->is_linted)
		pen_idl_lint(idl, idl->model);
	if (!idl->n_errors)
		idl->plan = pen_idl_lower(idl, idl->model);
	/* The diagnoses are a text. */
	if (pen_idl_print_diagnoses(idl, &idl->diagnoses) || pen_buffer_add(&idl->diagnoses, "", 1))
		return -ENOMEM;
	return idl->n_errors ? PEN_E_SYNTAX : 0;
}

void pen_idl_allow_partial(struct pen_idl *idl)
{
	idl->is_partial = true;
}

int pen_idl_set_acf(struct pen_idl *idl, const char *name, const char *text, size_t n)
{
	if (setjmp(idl->out_of_memory))
		return -ENOMEM;
	idl->acf = pen_idl_zalloc(idl, sizeof(*idl->acf));
	idl->acf->name = pen_idl_text(idl, name, strlen(name));
	idl->acf->text = text;
	idl->acf->n = n;
	return 0;
}

int pen_idl_compile(struct pen_idl *idl, const char *name, const char *text, size_t n)
{
	int r;

	if (setjmp(idl->out_of_memory))
		r = idl->arena.max - idl->arena.total < 1 << 20 ? PEN_E_LIMIT : -ENOMEM;
	else
		r = run_passes(idl, name, text, n);
	if (r)
		idl->plan = NULL;
	return r;
}

const char *pen_idl_diagnoses(const struct pen_idl *idl)
{
	size_t n = idl->diagnoses.size;

	return n && !idl->diagnoses.data[n - 1] ? (const char *)idl->diagnoses.data : "";
}

const struct pen_interface *pen_idl_interface(const struct pen_idl *idl, size_t i)
{
	const struct pen_plan_interface *plan = idl->plan ? idl->plan->interfaces : NULL;

	while (plan && i--)
		plan = plan->next;
	return plan ? &plan->interface : NULL;
}

const struct pen_interface *pen_idl_find(const struct pen_idl *idl, const char *name)
{
	const struct pen_plan_interface *plan = idl->plan ? idl->plan->interfaces : NULL;

	while (plan && strcmp(plan->interface.name, name))
		plan = plan->next;
	return plan ? &plan->interface : NULL;
}

/* This one or the next that is a type by itself. */
static const struct pen_plan_type *skip_parts(const struct pen_plan_type *plan)
{
	while (plan && (!plan->is_named || (plan->type.kind == PEN_UNION && !plan->type.tag)))
		plan = plan->next;
	return plan;
}

static const struct pen_plan_type *first_type(const struct pen_idl *idl)
{
	return skip_parts(idl->plan ? idl->plan->types : NULL);
}

const struct pen_type *pen_idl_type(const struct pen_idl *idl, size_t i)
{
	const struct pen_plan_type *plan = first_type(idl);

	while (plan && i--)
		plan = skip_parts(plan->next);
	return plan ? &plan->type : NULL;
}

const struct pen_type *pen_idl_find_type(const struct pen_idl *idl, const char *name)
{
	const struct pen_plan_type *plan, *tagged = NULL;
	const struct pen_plan_alias *alias;

	for (plan = first_type(idl); plan; plan = skip_parts(plan->next)) {
		if (!strcmp(plan->model->name, name))
			return &plan->type;
		if (plan->model->tag && !strcmp(plan->model->tag, name))
			tagged = plan;
	}
	for (alias = idl->plan ? idl->plan->aliases : NULL; alias && !tagged; alias = alias->next) {
		if (!strcmp(alias->model->owner.name, name))
			return alias->type;
	}
	return tagged ? &tagged->type : NULL;
}
