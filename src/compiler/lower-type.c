/* SPDX-License-Identifier: MIT */
/*
 * The table of a type where it is used: of an array, a string, a pointer, a number with
 * a range, a union with what chooses its arm.
 */
#include "compiler/lower.h"
#include "ndr/derive.h"
#include <penstock/orpc.h>
#include <string.h>

struct pen_plan_type *pen_lower_new_type(struct pen_lowerer *lowerer, enum pen_kind kind,
					 const char *table)
{
	struct pen_plan_type *plan = pen_idl_zalloc(lowerer->idl, sizeof(*plan));

	plan->type.kind = kind;
	plan->table = table;
	plan->owner = lowerer->owner;
	plan->is_foreign = lowerer->is_foreign;
	return plan;
}

void pen_lower_link_type(struct pen_lowerer *lowerer, struct pen_plan_type *plan)
{
	if (plan->type.kind == PEN_STRUCT || plan->type.kind == PEN_PARAMETERS)
		pen_fields_derive(plan->fields, plan->type.n_fields);
	*lowerer->types_tail = plan;
	lowerer->types_tail = &plan->next;
}

struct pen_plan_type *pen_lower_add_type(struct pen_lowerer *lowerer, struct pen_plan_type *plan)
{
	pen_type_derive(&plan->type);
	pen_lower_link_type(lowerer, plan);
	return plan;
}

char *pen_lower_join(struct pen_lowerer *lowerer, const char *path, const char *suffix)
{
	return pen_idl_format(lowerer->idl, "%s_%s", path, suffix);
}

static const struct pen_type *lower_scalar(struct pen_lowerer *lowerer,
					   const struct pen_model_type *model, const char *path)
{
	const struct pen_type *scalar = pen_plan_scalar(model->kind);
	struct pen_plan_type *plan;

	if (!model->range)
		return scalar;
	plan = pen_lower_new_type(lowerer, model->kind, pen_lower_join(lowerer, path, "range"));
	plan->type = *scalar;
	plan->type.range = model->range;
	plan->c_type = pen_plan_c_type(scalar);
	plan->align = pen_plan_align(scalar);
	return &pen_lower_add_type(lowerer, plan)->type;
}

static const struct pen_type *lower_enum(struct pen_lowerer *lowerer,
					 const struct pen_model_type *model, const char *path)
{
	struct pen_plan_type *plan;

	if (!model->range)
		return &model->plan->type;
	plan = pen_lower_new_type(lowerer, model->kind, pen_lower_join(lowerer, path, "range"));
	plan->type = model->use_of->plan->type;
	plan->type.range = model->range;
	plan->c_type = model->use_of->plan->c_type;
	plan->model = model->use_of;
	plan->align = model->use_of->plan->align;
	return &pen_lower_add_type(lowerer, plan)->type;
}

/* Is this string not as any other? */
static bool has_expr(const struct pen_model_type *model)
{
	if (model->range)
		return true;
	for (uint32_t i = 0; i < model->n_dimensions; i++) {
		if (model->dimensions[i].size_is || model->dimensions[i].length_is ||
		    !model->dimensions[i].is_conformant)
			return true;
	}
	return false;
}

static void lower_dimensions(struct pen_lowerer *lowerer, struct pen_plan_type *plan,
			     const struct pen_model_type *model)
{
	struct pen_dimension *dimensions =
		pen_idl_array(lowerer->idl, model->n_dimensions, sizeof(*dimensions));

	plan->type.dimensions = dimensions;
	plan->type.n_dimensions = model->n_dimensions;
	for (uint32_t i = 0; i < model->n_dimensions; i++) {
		const struct pen_model_dimension *d = &model->dimensions[i];

		dimensions[i].count = d->count;
		dimensions[i].is_conformant = d->is_conformant;
		dimensions[i].is_varying = d->length_is || model->kind == PEN_STRING;
		dimensions[i].size_is = pen_lower_expr(lowerer, d->size_is);
		dimensions[i].length_is = pen_lower_expr(lowerer, d->length_is);
		dimensions[i].first_is = pen_lower_expr(lowerer, d->first_is);
	}
}

static const struct pen_type *lower_array(struct pen_lowerer *lowerer,
					  const struct pen_model_type *model, const char *path)
{
	const struct pen_type *element =
		pen_lower_type(lowerer, model->element, pen_lower_join(lowerer, path, "element"));
	struct pen_plan_type *plan =
		pen_lower_new_type(lowerer, PEN_ARRAY, pen_lower_join(lowerer, path, "array"));
	size_t size = element->size;

	plan->type.element = element;
	plan->type.range = model->range;
	lower_dimensions(lowerer, plan, model);
	if (pen_plan_is_in_place(&plan->type)) {
		for (uint32_t i = 0; i < model->n_dimensions; i++) {
			if (__builtin_mul_overflow(size, model->dimensions[i].count, &size) ||
			    size > PEN_C_SIZE_MAX) {
				pen_idl_complain(lowerer->idl, lowerer->pos,
						 "an array larger than 1 GiB");
				size = 1;
				break;
			}
		}
		plan->type.size = size;
		plan->align = pen_plan_align(element);
		plan->c_type = pen_plan_c_type(element);
	} else {
		plan->type.size = sizeof(void *);
		plan->align = _Alignof(void *);
		plan->c_type = pen_idl_format(lowerer->idl, "%s *", pen_plan_c_type(element));
	}
	return &pen_lower_add_type(lowerer, plan)->type;
}

/* Puts a type that an imported file needed too among the file's own. */
static void promote(struct pen_lowerer *lowerer, struct pen_plan_type *plan)
{
	if (!plan->is_foreign || lowerer->is_foreign || plan->is_named)
		return;
	if (plan->type.kind == PEN_POINTER && pen_plan_find(plan->type.element))
		promote(lowerer, (struct pen_plan_type *)plan->type.element);
	plan->is_foreign = false;
	for (struct pen_plan_type **p = &lowerer->plan->types; *p; p = &(*p)->next) {
		if (*p != plan)
			continue;
		*p = plan->next;
		if (lowerer->types_tail == &plan->next)
			lowerer->types_tail = p;
		break;
	}
	plan->next = NULL;
	*lowerer->types_tail = plan;
	lowerer->types_tail = &plan->next;
}

static const struct pen_type *lower_string(struct pen_lowerer *lowerer,
					   const struct pen_model_type *model, const char *path)
{
	enum pen_kind kind = model->element->kind;
	struct pen_plan_type **known = &lowerer->strings[kind];
	struct pen_plan_type *plan;

	if (!has_expr(model) && *known) {
		promote(lowerer, *known);
		return &(*known)->type;
	}
	plan = pen_lower_new_type(lowerer, PEN_STRING,
				  has_expr(model)     ? pen_lower_join(lowerer, path, "string")
				  : kind == PEN_WCHAR ? "wide_string"
				  : kind == PEN_BYTE  ? "byte_string"
						      : "string");
	plan->type.element = pen_plan_scalar(kind);
	plan->type.range = model->range;
	plan->type.size = sizeof(char *);
	plan->align = _Alignof(char *);
	plan->c_type = "const char *";
	lower_dimensions(lowerer, plan, model);
	if (!has_expr(model))
		*known = plan;
	return &pen_lower_add_type(lowerer, plan)->type;
}

/* "pen_type_u32" and "srvsvc_SHARE_INFO_1_type" without what says that they are types. */
static char *bare_name(struct pen_lowerer *lowerer, const struct pen_type *type)
{
	const char *table = pen_plan_table(type);
	size_t n = strlen(table);

	if (!pen_plan_find(type))
		return pen_idl_text(lowerer->idl, table + strlen("pen_type_"),
				    n - strlen("pen_type_"));
	if (pen_plan_find(type)->is_named)
		n -= strlen("_type");
	return pen_idl_text(lowerer->idl, table, n);
}

static const struct pen_type *lower_pointer(struct pen_lowerer *lowerer,
					    const struct pen_model_type *model, const char *path)
{
	static const char *const suffixes[] = {
		[PEN_REF] = "ref",
		[PEN_UNIQUE] = "unique",
		[PEN_FULL] = "full",
	};
	const struct pen_type *element = pen_lower_type(lowerer, model->element, path);
	struct pen_plan_type *to = (struct pen_plan_type *)pen_plan_find(element);
	struct pen_plan_type **known =
		to ? &to->pointers[model->pointer_kind]
		   : &lowerer->scalar_pointers[element->kind][model->pointer_kind];
	bool is_same = (element->kind == PEN_ARRAY && !pen_plan_is_in_place(element)) ||
		       element->kind == PEN_STRING;
	struct pen_plan_type *plan;

	if (*known) {
		promote(lowerer, *known);
		return &(*known)->type;
	}
	plan = pen_lower_new_type(lowerer, PEN_POINTER,
				  pen_lower_join(lowerer, bare_name(lowerer, element),
						 suffixes[model->pointer_kind]));
	plan->type.element = element;
	plan->type.pointer_kind = model->pointer_kind;
	plan->type.size = sizeof(void *);
	plan->align = _Alignof(void *);
	plan->c_type = is_same ? pen_plan_c_type(element)
			       : pen_idl_format(lowerer->idl, "%s *", pen_plan_c_type(element));
	*known = plan;
	return &pen_lower_add_type(lowerer, plan)->type;
}

/* Without a [switch_type], what [switch_is] names says it. */
static struct pen_model_type *tag_of(struct pen_lowerer *lowerer,
				     const struct pen_model_type *model)
{
	const struct pen_model_step *steps = model->switch_is;
	struct pen_model_type *tag = model->tag_type;

	if (!tag && steps && steps[0].field && !steps[1].op)
		tag = steps[0].field->type;
	while (tag && tag->kind == PEN_POINTER)
		tag = tag->element;
	if (tag && !pen_kind_is_integer(tag->kind))
		tag = NULL;
	if (!tag)
		pen_idl_complain(lowerer->idl, lowerer->pos,
				 "the discriminant's type is missing: [switch_type(...)] says it");
	return tag;
}

static const struct pen_type *lower_union_use(struct pen_lowerer *lowerer,
					      const struct pen_model_type *model, const char *path)
{
	const struct pen_plan_type *base = model->use_of->plan;
	struct pen_plan_type *plan =
		pen_lower_new_type(lowerer, PEN_UNION, pen_lower_join(lowerer, path, "union"));
	struct pen_model_type *tag = tag_of(lowerer, model);

	plan->type = base->type;
	plan->type.tag = tag ? pen_lower_type(lowerer, tag, pen_lower_join(lowerer, path, "tag"))
			     : &pen_type_u32;
	plan->type.switch_is = pen_lower_expr(lowerer, model->switch_is);
	plan->model = model->use_of;
	plan->fields = base->fields;
	plan->c_type = base->c_type;
	plan->align = base->align;
	return &pen_lower_add_type(lowerer, plan)->type;
}

static const struct pen_type *lower_pipe(struct pen_lowerer *lowerer,
					 const struct pen_model_type *model, const char *path)
{
	const struct pen_type *element =
		pen_lower_type(lowerer, model->element, pen_lower_join(lowerer, path, "element"));
	struct pen_plan_type *plan =
		pen_lower_new_type(lowerer, PEN_PIPE, pen_lower_join(lowerer, path, "pipe"));

	plan->type.element = element;
	plan->type.size = sizeof(struct pen_call_pipe);
	plan->align = _Alignof(struct pen_call_pipe);
	plan->c_type = "struct pen_call_pipe";
	return &pen_lower_add_type(lowerer, plan)->type;
}

static const struct pen_type *lower_system_handle(struct pen_lowerer *lowerer,
						  const struct pen_model_type *model,
						  const char *path)
{
	struct pen_plan_type *plan = pen_lower_new_type(
		lowerer, PEN_SYSTEM_HANDLE, pen_lower_join(lowerer, path, "system_handle"));

	plan->type.name = model->name;
	plan->type.size = sizeof(struct pen_system_handle);
	plan->type.system_handle = (uint8_t)model->system_handle;
	plan->type.access = model->access;
	plan->align = _Alignof(struct pen_system_handle);
	plan->c_type = "struct pen_system_handle";
	return &pen_lower_add_type(lowerer, plan)->type;
}

const struct pen_type *pen_lower_type(struct pen_lowerer *lowerer, struct pen_model_type *model,
				      const char *path)
{
	if (model->form == PEN_FORM_PIPE)
		return lower_pipe(lowerer, model, path);
	if (model->form == PEN_FORM_INTERFACE) {
		lowerer->plan->has_orpc = true;
		return &pen_type_interface_pointer;
	}
	switch (model->kind) {
	case PEN_ENUM:
		return lower_enum(lowerer, model, path);
	case PEN_STRUCT:
		return &model->plan->type;
	case PEN_UNION:
		return model->use_of ? lower_union_use(lowerer, model, path) : &model->plan->type;
	case PEN_ARRAY:
		return lower_array(lowerer, model, path);
	case PEN_STRING:
		return lower_string(lowerer, model, path);
	case PEN_POINTER:
		return lower_pointer(lowerer, model, path);
	case PEN_SYSTEM_HANDLE:
		return lower_system_handle(lowerer, model, path);
	default:
		return lower_scalar(lowerer, model, path);
	}
}
