/* SPDX-License-Identifier: MIT */
/*
 * The tables of types that typedefs name. C has those that are serialized; at run time all are
 * there, for whoever knows a type by such a name.
 */
#include "compiler/lower.h"

static bool is_wanted(const struct pen_lowerer *lowerer, const struct pen_model_alias *alias)
{
	if (alias->owner.refusal)
		return false;
	return !lowerer->idl->is_for_c ||
	       (alias->owner.attributes && alias->owner.pos.source == lowerer->plan->model->source);
}

void pen_lower_aliases(struct pen_lowerer *lowerer)
{
	struct pen_plan_alias **tail = &lowerer->plan->aliases;

	for (struct pen_model_alias *a = lowerer->plan->model->aliases; a; a = a->next) {
		struct pen_plan_alias *plan;

		if (!is_wanted(lowerer, a))
			continue;
		plan = pen_idl_zalloc(lowerer->idl, sizeof(*plan));
		lowerer->owner = a->c_name;
		lowerer->pos = a->owner.pos;
		plan->model = a;
		plan->type = pen_lower_type(lowerer, a->type, a->c_name);
		/* Its sizes speak of no members. */
		pen_lower_finish_struct(lowerer, NULL, NULL);
		*tail = plan;
		tail = &plan->next;
	}
}
