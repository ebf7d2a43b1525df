/* SPDX-License-Identifier: MIT */
/*
 * Prints what [encode] and [decode] ask for: typed functions over <penstock/pickle.h>.
 */
#include "compiler/emit.h"
#include <string.h>

static void emit_encode(struct pen_emitter *emitter, const struct pen_plan_alias *alias)
{
	const char *c_type = pen_plan_c_type(alias->type);
	bool is_pointer = c_type[strlen(c_type) - 1] == '*';

	pen_emit(emitter,
		 "int %s_encode(const struct pen_pickle_form *form, %s%s%s*value,\n"
		 "\tstruct pen_buffer *buffer, struct pen_ndr_error *error)",
		 alias->model->c_name, is_pointer ? "" : "const ", c_type,
		 is_pointer ? "const " : " ");
}

static void emit_decode(struct pen_emitter *emitter, const struct pen_plan_alias *alias)
{
	const char *c_type = pen_plan_c_type(alias->type);

	pen_emit(emitter,
		 "int %s_decode(struct pen_pickle *pickle, %s%s*value,\n"
		 "\tstruct pen_arena *arena, struct pen_ndr_error *error)",
		 alias->model->c_name, c_type, c_type[strlen(c_type) - 1] == '*' ? "" : " ");
}

void pen_emit_pickle_declarations(struct pen_emitter *emitter)
{
	for (const struct pen_plan_alias *a = emitter->plan->aliases; a; a = a->next) {
		if (!a->model->owner.attributes)
			continue;
		pen_emit(emitter, "/* %s by itself, in a file. */\n", a->model->owner.name);
		if (a->model->owner.attributes & PEN_ATTRIBUTE_ENCODE) {
			emit_encode(emitter, a);
			pen_emit(emitter, ";\n");
		}
		if (a->model->owner.attributes & PEN_ATTRIBUTE_DECODE) {
			emit_decode(emitter, a);
			pen_emit(emitter, ";\n");
		}
		pen_emit(emitter, "\n");
	}
}

void pen_emit_pickle_functions(struct pen_emitter *emitter)
{
	for (const struct pen_plan_alias *a = emitter->plan->aliases; a; a = a->next) {
		const char *table = pen_plan_table(a->type);

		if (a->model->owner.attributes & PEN_ATTRIBUTE_ENCODE) {
			emit_encode(emitter, a);
			pen_emit(emitter,
				 "\n{\n\treturn pen_pickle_put(form, &%s, value, buffer, error);\n"
				 "}\n\n",
				 table);
		}
		if (a->model->owner.attributes & PEN_ATTRIBUTE_DECODE) {
			emit_decode(emitter, a);
			pen_emit(emitter,
				 "\n{\n\treturn pen_pickle_get(pickle, &%s, value, arena, error);\n"
				 "}\n\n",
				 table);
		}
	}
}
