/* SPDX-License-Identifier: MIT */
/*
 * From meaning to tables: the kinds, sizes and offsets that the codec works
 * with. C values are laid out as C compilers do, each member at the next
 * multiple of its own alignment.
 */
#include "compiler/plan.h"
#include "ndr/derive.h"
#include <string.h>

enum { SIZE_MAX_OF_C = 1 << 30 };

/* An expression whose offsets wait for the layout of what it speaks of. */
struct pending {
	struct pending *next;
	struct pen_expr *expr;
	const struct pen_model_step *steps;
};

struct lowerer {
	struct pen_idl *idl;
	struct pen_plan *plan;
	struct pen_plan_type **types_tail;
	bool is_foreign;
	struct pen_pos pos;
	const char *owner;
	struct pending *pending;
	struct pen_plan_type *scalar_pointers[PEN_PARAMETERS][PEN_POINTER_KINDS];
	struct pen_plan_type *strings[PEN_PARAMETERS];
};

static const struct {
	const struct pen_type *type;
	const char *table;
	const char *c_type;
} scalars[PEN_PARAMETERS] = {
	[PEN_VOID] = { &pen_type_void, "pen_type_void", "void" },
	[PEN_I8] = { &pen_type_i8, "pen_type_i8", "int8_t" },
	[PEN_U8] = { &pen_type_u8, "pen_type_u8", "uint8_t" },
	[PEN_BYTE] = { &pen_type_byte, "pen_type_byte", "uint8_t" },
	[PEN_CHAR] = { &pen_type_char, "pen_type_char", "char" },
	[PEN_BOOLEAN] = { &pen_type_boolean, "pen_type_boolean", "uint8_t" },
	[PEN_I16] = { &pen_type_i16, "pen_type_i16", "int16_t" },
	[PEN_U16] = { &pen_type_u16, "pen_type_u16", "uint16_t" },
	[PEN_WCHAR] = { &pen_type_wchar, "pen_type_wchar", "uint16_t" },
	[PEN_I32] = { &pen_type_i32, "pen_type_i32", "int32_t" },
	[PEN_U32] = { &pen_type_u32, "pen_type_u32", "uint32_t" },
	[PEN_ERROR_STATUS] = { &pen_type_error_status, "pen_type_error_status", "uint32_t" },
	[PEN_I64] = { &pen_type_i64, "pen_type_i64", "int64_t" },
	[PEN_U64] = { &pen_type_u64, "pen_type_u64", "uint64_t" },
	[PEN_I3264] = { &pen_type_i3264, "pen_type_i3264", "int64_t" },
	[PEN_U3264] = { &pen_type_u3264, "pen_type_u3264", "uint64_t" },
	[PEN_FLOAT] = { &pen_type_float, "pen_type_float", "float" },
	[PEN_DOUBLE] = { &pen_type_double, "pen_type_double", "double" },
	[PEN_HANDLE] = { &pen_type_handle, "pen_type_handle", "struct pen_context_handle" },
};

const struct pen_plan_type *pen_plan_find(const struct pen_type *type)
{
	if (type->kind < PEN_PARAMETERS && scalars[type->kind].type == type)
		return NULL;
	return (const struct pen_plan_type *)type;
}

const char *pen_plan_table(const struct pen_type *type)
{
	const struct pen_plan_type *plan = pen_plan_find(type);

	return plan ? plan->table : scalars[type->kind].table;
}

const char *pen_plan_c_type(const struct pen_type *type)
{
	const struct pen_plan_type *plan = pen_plan_find(type);

	return plan ? plan->c_type : scalars[type->kind].c_type;
}

bool pen_plan_is_in_place(const struct pen_type *type)
{
	if (type->kind != PEN_ARRAY)
		return false;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			return false;
	}
	return true;
}

static size_t align_of(const struct pen_type *type)
{
	const struct pen_plan_type *plan = pen_plan_find(type);

	if (plan)
		return plan->align;
	return type->kind == PEN_HANDLE ? 4 : type->size ? type->size : 1;
}

static struct pen_plan_type *new_type(struct lowerer *lowerer, enum pen_kind kind,
				      const char *table)
{
	struct pen_plan_type *plan = pen_idl_zalloc(lowerer->idl, sizeof(*plan));

	plan->type.kind = kind;
	plan->table = table;
	plan->owner = lowerer->owner;
	plan->is_foreign = lowerer->is_foreign;
	return plan;
}

/* Puts the type after those it needs. */
static void link_type(struct lowerer *lowerer, struct pen_plan_type *plan)
{
	if (plan->type.kind == PEN_STRUCT || plan->type.kind == PEN_PARAMETERS)
		pen_fields_derive(plan->fields, plan->type.n_fields);
	*lowerer->types_tail = plan;
	lowerer->types_tail = &plan->next;
}

static struct pen_plan_type *add_type(struct lowerer *lowerer, struct pen_plan_type *plan)
{
	pen_type_derive(&plan->type);
	link_type(lowerer, plan);
	return plan;
}

/* ---- expressions ---- */

static const struct pen_expr *lower_expr(struct lowerer *lowerer,
					 const struct pen_model_step *steps)
{
	struct pending *pending;
	size_t n = 0;

	if (!steps)
		return NULL;
	while (steps[n].op)
		n++;
	pending = pen_idl_zalloc(lowerer->idl, sizeof(*pending));
	pending->expr = pen_idl_array(lowerer->idl, n + 1, sizeof(*pending->expr));
	pending->steps = steps;
	pending->next = lowerer->pending;
	lowerer->pending = pending;
	for (size_t i = 0; i < n; i++) {
		pending->expr[i].op = steps[i].op;
		pending->expr[i].value = steps[i].value;
	}
	return pending->expr;
}

static bool is_number(const struct pen_model_type *type)
{
	return type->kind >= PEN_I8 && type->kind <= PEN_ENUM && type->kind != PEN_FLOAT &&
	       type->kind != PEN_DOUBLE;
}

/* An expression speaks of integers, and of pointers to them. */
static void check_member(struct lowerer *lowerer, const struct pen_model_field *field)
{
	const struct pen_model_type *type = field->type;

	while (type && type->kind == PEN_POINTER)
		type = type->element;
	if (!type || !is_number(type))
		pen_idl_complain(lowerer->idl, field->pos,
				 "\"%s\" is used as a number, and is none", field->name);
}

static void set_member(struct pen_expr *expr, enum pen_expr_op op, const struct pen_field *field)
{
	expr->op = op;
	expr->offset = field->offset;
	expr->type = field->type;
	expr->name = field->name;
}

/* fields[i] is the i-th of the model's; NULL name: it is not there. */
static void finish_struct(struct lowerer *lowerer, const struct pen_model_field *models,
			  const struct pen_field *fields)
{
	for (; lowerer->pending; lowerer->pending = lowerer->pending->next) {
		for (size_t i = 0; lowerer->pending->steps[i].op; i++) {
			const struct pen_model_field *field = lowerer->pending->steps[i].field;

			if (!field)
				continue;
			check_member(lowerer, field);
			set_member(&lowerer->pending->expr[i], PEN_EXPR_MEMBER,
				   &fields[field - models]);
		}
	}
}

/* ---- types of a use ---- */

static const struct pen_type *lower_type(struct lowerer *lowerer, struct pen_model_type *model,
					 const char *path);

static char *join(struct lowerer *lowerer, const char *path, const char *suffix)
{
	return pen_idl_format(lowerer->idl, "%s_%s", path, suffix);
}

static const struct pen_type *lower_scalar(struct lowerer *lowerer,
					   const struct pen_model_type *model, const char *path)
{
	struct pen_plan_type *plan;

	if (!model->range)
		return scalars[model->kind].type;
	plan = new_type(lowerer, model->kind, join(lowerer, path, "range"));
	plan->type = *scalars[model->kind].type;
	plan->type.range = model->range;
	plan->c_type = scalars[model->kind].c_type;
	plan->align = align_of(scalars[model->kind].type);
	return &add_type(lowerer, plan)->type;
}

static const struct pen_type *lower_enum(struct lowerer *lowerer,
					 const struct pen_model_type *model, const char *path)
{
	struct pen_plan_type *plan;

	if (!model->range)
		return &model->plan->type;
	plan = new_type(lowerer, model->kind, join(lowerer, path, "range"));
	plan->type = model->use_of->plan->type;
	plan->type.range = model->range;
	plan->c_type = model->use_of->plan->c_type;
	plan->model = model->use_of;
	plan->align = model->use_of->plan->align;
	return &add_type(lowerer, plan)->type;
}

static bool has_expr(const struct pen_model_type *model)
{
	for (uint32_t i = 0; i < model->n_dimensions; i++) {
		if (model->dimensions[i].size_is || model->dimensions[i].length_is ||
		    !model->dimensions[i].is_conformant)
			return true;
	}
	return false;
}

static void lower_dimensions(struct lowerer *lowerer, struct pen_plan_type *plan,
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
		dimensions[i].size_is = lower_expr(lowerer, d->size_is);
		dimensions[i].length_is = lower_expr(lowerer, d->length_is);
		dimensions[i].first_is = lower_expr(lowerer, d->first_is);
	}
}

static const struct pen_type *lower_array(struct lowerer *lowerer,
					  const struct pen_model_type *model, const char *path)
{
	const struct pen_type *element =
		lower_type(lowerer, model->element, join(lowerer, path, "element"));
	struct pen_plan_type *plan = new_type(lowerer, PEN_ARRAY, join(lowerer, path, "array"));
	size_t size = element->size;

	plan->type.element = element;
	lower_dimensions(lowerer, plan, model);
	if (pen_plan_is_in_place(&plan->type)) {
		for (uint32_t i = 0; i < model->n_dimensions; i++) {
			if (__builtin_mul_overflow(size, model->dimensions[i].count, &size) ||
			    size > SIZE_MAX_OF_C) {
				pen_idl_complain(lowerer->idl, lowerer->pos,
						 "an array larger than 1 GiB");
				size = 1;
				break;
			}
		}
		plan->type.size = size;
		plan->align = align_of(element);
		plan->c_type = pen_plan_c_type(element);
	} else {
		plan->type.size = sizeof(void *);
		plan->align = _Alignof(void *);
		plan->c_type = pen_idl_format(lowerer->idl, "%s *", pen_plan_c_type(element));
	}
	return &add_type(lowerer, plan)->type;
}

/* Puts a type that an imported file needed too among the file's own. */
static void promote(struct lowerer *lowerer, struct pen_plan_type *plan)
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

static const struct pen_type *lower_string(struct lowerer *lowerer,
					   const struct pen_model_type *model, const char *path)
{
	enum pen_kind kind = model->element->kind;
	struct pen_plan_type **known = &lowerer->strings[kind];
	struct pen_plan_type *plan;

	if (!has_expr(model) && *known) {
		promote(lowerer, *known);
		return &(*known)->type;
	}
	plan = new_type(lowerer, PEN_STRING,
			has_expr(model)	    ? join(lowerer, path, "string")
			: kind == PEN_WCHAR ? "wide_string"
			: kind == PEN_BYTE  ? "byte_string"
					    : "string");
	plan->type.element = scalars[kind].type;
	plan->type.size = sizeof(char *);
	plan->align = _Alignof(char *);
	plan->c_type = "const char *";
	lower_dimensions(lowerer, plan, model);
	if (!has_expr(model))
		*known = plan;
	return &add_type(lowerer, plan)->type;
}

/* "pen_type_u32" and "srvsvc_SHARE_INFO_1_type" without what says that they are types. */
static char *bare_name(struct lowerer *lowerer, const struct pen_type *type)
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

static const struct pen_type *lower_pointer(struct lowerer *lowerer,
					    const struct pen_model_type *model, const char *path)
{
	static const char *const suffixes[] = {
		[PEN_REF] = "ref",
		[PEN_UNIQUE] = "unique",
		[PEN_FULL] = "full",
	};
	const struct pen_type *element = lower_type(lowerer, model->element, path);
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
	plan = new_type(lowerer, PEN_POINTER,
			join(lowerer, bare_name(lowerer, element), suffixes[model->pointer_kind]));
	plan->type.element = element;
	plan->type.pointer_kind = model->pointer_kind;
	plan->type.size = sizeof(void *);
	plan->align = _Alignof(void *);
	plan->c_type = is_same ? pen_plan_c_type(element)
			       : pen_idl_format(lowerer->idl, "%s *", pen_plan_c_type(element));
	*known = plan;
	return &add_type(lowerer, plan)->type;
}

/* Without a [switch_type], what [switch_is] names says it. */
static struct pen_model_type *tag_of(struct lowerer *lowerer, const struct pen_model_type *model)
{
	const struct pen_model_step *steps = model->switch_is;
	struct pen_model_type *tag = model->tag_type;

	if (!tag && steps && steps[0].field && !steps[1].op)
		tag = steps[0].field->type;
	while (tag && tag->kind == PEN_POINTER)
		tag = tag->element;
	if (tag && !is_number(tag))
		tag = NULL;
	if (!tag)
		pen_idl_complain(lowerer->idl, lowerer->pos,
				 "the discriminant's type is missing: [switch_type(...)] says it");
	return tag;
}

static const struct pen_type *lower_union_use(struct lowerer *lowerer,
					      const struct pen_model_type *model, const char *path)
{
	const struct pen_plan_type *base = model->use_of->plan;
	struct pen_plan_type *plan = new_type(lowerer, PEN_UNION, join(lowerer, path, "union"));
	struct pen_model_type *tag = tag_of(lowerer, model);

	plan->type = base->type;
	plan->type.tag = tag ? lower_type(lowerer, tag, join(lowerer, path, "tag")) : &pen_type_u32;
	plan->type.switch_is = lower_expr(lowerer, model->switch_is);
	plan->model = model->use_of;
	plan->fields = base->fields;
	plan->c_type = base->c_type;
	plan->align = base->align;
	return &add_type(lowerer, plan)->type;
}

/* The table of a type where it is used; path names one that is made for this use. */
static const struct pen_type *lower_type(struct lowerer *lowerer, struct pen_model_type *model,
					 const char *path)
{
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
	default:
		return lower_scalar(lowerer, model, path);
	}
}

/* ---- named types ---- */

/* Places a member after what is there. */
static void place(struct lowerer *lowerer, struct pen_plan_type *plan, struct pen_field *field)
{
	size_t align = align_of(field->type);

	field->offset = (plan->type.size + align - 1) & ~(align - 1);
	plan->type.size = field->offset + field->type->size;
	if (plan->type.size > SIZE_MAX_OF_C) {
		pen_idl_complain(lowerer->idl, lowerer->pos, "a struct larger than 1 GiB");
		plan->type.size = 0;
	}
	if (plan->align < align)
		plan->align = align;
}

static void pad(struct pen_plan_type *plan)
{
	if (!plan->type.size)
		plan->type.size = 1;
	plan->type.size = (plan->type.size + plan->align - 1) & ~(plan->align - 1);
}

static void lower_struct(struct lowerer *lowerer, const struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;

	for (uint32_t i = 0; i < model->n_fields; i++) {
		const struct pen_model_field *field = &model->fields[i];

		lowerer->pos = field->pos;
		plan->fields[i].name = field->name;
		plan->fields[i].type =
			lower_type(lowerer, field->type, join(lowerer, model->c_name, field->name));
		place(lowerer, plan, &plan->fields[i]);
	}
	pad(plan);
	finish_struct(lowerer, model->fields, plan->fields);
}

static void lower_union(struct lowerer *lowerer, const struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;
	size_t size = 0;

	for (uint32_t i = 0; i < model->n_fields; i++) {
		const struct pen_model_field *field = &model->fields[i];
		struct pen_field *arm = &plan->fields[i];

		lowerer->pos = field->pos;
		arm->name = field->name ? field->name : "none";
		arm->type =
			lower_type(lowerer, field->type, join(lowerer, model->c_name, arm->name));
		arm->cases = field->cases;
		arm->n_cases = field->n_cases;
		arm->is_default = field->is_default;
		if (size < arm->type->size)
			size = arm->type->size;
		if (plan->align < align_of(arm->type))
			plan->align = align_of(arm->type);
	}
	size = ((size ? size : 1) + plan->align - 1) & ~(plan->align - 1);
	if (model->is_encapsulated) {
		size_t align = plan->align;

		plan->type.tag =
			lower_type(lowerer, model->tag_type, join(lowerer, model->c_name, "tag"));
		if (align < align_of(plan->type.tag))
			align = align_of(plan->type.tag);
		plan->type.arms_offset =
			(plan->type.tag->size + plan->align - 1) & ~(plan->align - 1);
		plan->align = align;
		size += plan->type.arms_offset;
	}
	plan->type.size = size;
	pad(plan);
	lowerer->pending = NULL;
}

static void lower_named(struct lowerer *lowerer, struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;

	lowerer->is_foreign = plan->is_foreign;
	lowerer->owner = model->c_name;
	lowerer->pos = model->pos;
	if (model->kind == PEN_STRUCT)
		lower_struct(lowerer, model);
	else if (model->kind == PEN_UNION)
		lower_union(lowerer, model);
	/* Only a use of a union says what chooses the arm, so only a use has a table. */
	if (model->kind != PEN_UNION || model->is_encapsulated)
		pen_type_derive(&plan->type);
	link_type(lowerer, plan);
}

/* A table for the name, still empty, so that pointers to it can be made. */
static void open_named(struct lowerer *lowerer, struct pen_model_type *model)
{
	struct pen_plan_type *plan = new_type(
		lowerer, model->kind, pen_idl_format(lowerer->idl, "%s_type", model->c_name));
	const char *word = model->kind == PEN_ENUM				 ? "enum"
			   : model->kind == PEN_UNION && !model->is_encapsulated ? "union"
										 : "struct";

	model->plan = plan;
	plan->model = model;
	plan->is_named = true;
	plan->is_foreign = model->pos.source != lowerer->plan->model->source;
	plan->owner = model->c_name;
	plan->c_type = pen_idl_format(lowerer->idl, "%s %s", word, model->c_name);
	plan->align = model->kind == PEN_ENUM ? _Alignof(int) : 1;
	plan->type.name = model->name;
	plan->type.size = model->kind == PEN_ENUM ? sizeof(int) : 0;
	plan->type.enumerators = model->enumerators;
	plan->type.n_enumerators = model->n_enumerators;
	plan->type.enum_bits = model->kind == PEN_ENUM ? model->enum_bits : 0;
	plan->fields = pen_idl_array(lowerer->idl, model->n_fields, sizeof(*plan->fields));
	plan->type.fields = plan->fields;
	plan->type.n_fields = model->n_fields;
}

/* ---- operations ---- */

/* A top-level [ref] pointer is the value itself in C. */
static struct pen_model_type *value_of(struct pen_model_type *model)
{
	return model->kind == PEN_POINTER && model->pointer_kind == PEN_REF ? model->element
									    : model;
}

static const struct pen_field *find_field(const struct pen_plan_type *plan, const char *name)
{
	for (uint32_t i = 0; plan && i < plan->type.n_fields; i++) {
		if (!strcmp(plan->fields[i].name, name))
			return &plan->fields[i];
	}
	return NULL;
}

/* What comes in is found in _in; what comes out, in _out first. */
static void finish_parameters(struct lowerer *lowerer, const struct pen_plan_type *in,
			      const struct pen_plan_type *out)
{
	for (; lowerer->pending; lowerer->pending = lowerer->pending->next) {
		for (size_t i = 0; lowerer->pending->steps[i].op; i++) {
			const struct pen_model_field *field = lowerer->pending->steps[i].field;
			struct pen_expr *expr = &lowerer->pending->expr[i];

			if (!field)
				continue;
			check_member(lowerer, field);
			if (find_field(out, field->name))
				set_member(expr, PEN_EXPR_OUT, find_field(out, field->name));
			else if (find_field(in, field->name))
				set_member(expr, PEN_EXPR_IN, find_field(in, field->name));
			else
				pen_idl_complain(
					lowerer->idl, field->pos,
					"what comes in cannot depend on \"%s\", which only "
					"comes out",
					field->name);
		}
	}
}

static void add_parameter(struct lowerer *lowerer, struct pen_plan_type *plan, const char *name,
			  struct pen_pos pos, struct pen_model_type *type)
{
	struct pen_field *field = &plan->fields[plan->type.n_fields++];

	lowerer->pos = pos;
	field->name = name;
	field->type = lower_type(lowerer, type, join(lowerer, plan->table, name));
	place(lowerer, plan, field);
}

static struct pen_plan_type *lower_direction(struct lowerer *lowerer,
					     const struct pen_plan_operation *operation,
					     bool is_out)
{
	const struct pen_model_operation *model = operation->model;
	struct pen_plan_type *plan = new_type(
		lowerer, PEN_PARAMETERS, join(lowerer, operation->c_name, is_out ? "out" : "in"));

	plan->type.name = model->name;
	plan->c_type = pen_idl_format(lowerer->idl, "struct %s", plan->table);
	plan->align = 1;
	plan->fields = pen_idl_array(lowerer->idl, model->n_parameters + 1, sizeof(*plan->fields));
	plan->type.fields = plan->fields;
	for (uint32_t i = 0; i < model->n_parameters; i++) {
		const struct pen_model_field *p = &model->parameters[i];

		if (!p->type->is_handle_t && (is_out ? p->is_out : p->is_in))
			add_parameter(lowerer, plan, p->name, p->pos, value_of(p->type));
	}
	if (is_out && model->result->kind != PEN_VOID) {
		add_parameter(lowerer, plan, find_field(plan, "result") ? "result_" : "result",
			      model->pos, model->result);
		plan->fields[plan->type.n_fields - 1].is_retval = true;
	}
	pad(plan);
	finish_parameters(lowerer, operation->in ? operation->in : plan, is_out ? plan : NULL);
	return add_type(lowerer, plan);
}

static void lower_operation(struct lowerer *lowerer, const char *prefix,
			    struct pen_plan_operation *operation, struct pen_operation *live)
{
	operation->c_name = join(lowerer, prefix, operation->model->name);
	if (operation->model->is_local)
		return;
	lowerer->owner = operation->c_name;
	operation->in = lower_direction(lowerer, operation, false);
	operation->out = lower_direction(lowerer, operation, true);
	live->name = operation->model->name;
	live->flags = operation->model->flags;
	live->in = &operation->in->type;
	live->out = &operation->out->type;
}

static struct pen_plan_interface *lower_interface(struct lowerer *lowerer,
						  const struct pen_model_interface *model)
{
	struct pen_plan_interface *plan = pen_idl_zalloc(lowerer->idl, sizeof(*plan));
	struct pen_operation *live =
		pen_idl_array(lowerer->idl, model->n_operations, sizeof(*live));
	uint32_t i = 0;

	plan->model = model;
	plan->operations =
		pen_idl_array(lowerer->idl, model->n_operations, sizeof(*plan->operations));
	plan->interface = (struct pen_interface){
		.name = model->name,
		.id = model->id,
		.operations = live,
		.n_operations = model->n_operations,
		.endpoints = model->endpoints,
		.n_endpoints = model->n_endpoints,
	};
	for (const struct pen_model_operation *o = model->operations; o; o = o->next, i++) {
		plan->operations[i].model = o;
		lower_operation(lowerer, model->name, &plan->operations[i], &live[i]);
	}
	return plan;
}

struct pen_plan *pen_idl_lower(struct pen_idl *idl, const struct pen_model *model)
{
	struct pen_plan *plan = pen_idl_zalloc(idl, sizeof(*plan));
	struct lowerer *lowerer = pen_idl_zalloc(idl, sizeof(*lowerer));
	struct pen_plan_interface **tail = &plan->interfaces;

	plan->model = model;
	lowerer->idl = idl;
	lowerer->plan = plan;
	lowerer->types_tail = &plan->types;
	for (struct pen_model_type *type = model->types; type; type = type->next)
		open_named(lowerer, type);
	for (struct pen_model_type *type = model->types; type; type = type->next)
		lower_named(lowerer, type);
	lowerer->is_foreign = false;
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next) {
		if (i->is_local)
			continue;
		*tail = lower_interface(lowerer, i);
		tail = &(*tail)->next;
	}
	return plan;
}
