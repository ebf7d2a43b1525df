/* SPDX-License-Identifier: MIT */
/*
 * The attributes that the language has, and their arguments. What they mean is found
 * by those who need it; most speak of COM automation and mean nothing on the wire.
 */
#include "compiler/resolve.h"
#include <stdlib.h>
#include <string.h>

/* In alphabetical order. */
static const char *const known[] = {
	"activatable",
	"aggregatable",
	"allocate",
	"allowmultiple",
	"annotation",
	"appobject",
	"async",
	"async_uuid",
	"attributeusage",
	"auto_handle",
	"bindable",
	"broadcast",
	"byte_count",
	"call_as",
	"callback",
	"case",
	"code",
	"comm_status",
	"composable",
	"context_handle",
	"context_handle_noserialize",
	"context_handle_serialize",
	"contract",
	"contractversion",
	"control",
	"cs_char",
	"cs_drtag",
	"cs_rtag",
	"cs_stag",
	"cs_tag_rtn",
	"custom",
	"decode",
	"default",
	"default_overload",
	"defaultbind",
	"defaultcollelem",
	"defaultvalue",
	"defaultvtable",
	"deprecated",
	"disable_consistency_check",
	"displaybind",
	"dllname",
	"dual",
	"enable_allocate",
	"encode",
	"endpoint",
	"entry",
	"eventadd",
	"eventremove",
	"exceptions",
	"exclusiveto",
	"explicit_handle",
	"extern_guid",
	"fault_status",
	"first_is",
	"flags",
	"force_allocate",
	"handle",
	"helpcontext",
	"helpfile",
	"helpstring",
	"helpstringcontext",
	"helpstringdll",
	"hidden",
	"id",
	"idempotent",
	"ignore",
	"iid_is",
	"immediatebind",
	"implicit_handle",
	"in",
	"in_line",
	"last_is",
	"lcid",
	"length_is",
	"licensed",
	"local",
	"marshaling_behavior",
	"max_is",
	"maybe",
	"message",
	"min_is",
	"ms_union",
	"nocode",
	"nonbrowsable",
	"noncreatable",
	"nonextensible",
	"notify",
	"notify_flag",
	"object",
	"odl",
	"oleautomation",
	"optimize",
	"optional",
	"out",
	"out_of_line",
	"overload",
	"overridable",
	"partial_ignore",
	"platform",
	"pointer_default",
	"predeclid",
	"previous_contracts",
	"progid",
	"propget",
	"propput",
	"propputref",
	"protected",
	"proxy",
	"ptr",
	"public",
	"range",
	"readonly",
	"ref",
	"replaceable",
	"represent_as",
	"requestedit",
	"restricted",
	"retval",
	"size_is",
	"source",
	"static",
	"strict_context_handle",
	"string",
	"supported_architecture",
	"switch_is",
	"switch_type",
	"synchronize",
	"system_handle",
	"threading",
	"transmit_as",
	"type_strict_context_handle",
	"uidefault",
	"unique",
	"usage",
	"user_marshal",
	"usesgetlasterror",
	"uuid",
	"v1_enum",
	"vararg",
	"version",
	"vi_progid",
	"webhosthidden",
	"wire_marshal",
};

static int compare(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

static void complain_of_unknown(struct pen_resolver *resolver,
				const struct pen_tree_attribute *attribute)
{
	struct pen_spelling spelling = { .word = attribute->name };

	for (size_t i = 0; i < PEN_COUNT(known); i++)
		pen_spelling_try(&spelling, known[i]);
	pen_idl_complain(resolver->idl, attribute->pos, "there is no attribute \"%s\"%s",
			 attribute->name, pen_idl_meant(resolver->idl, &spelling));
}

/* Of which one is found and another would be passed over in silence. */
static void check_once(struct pen_resolver *resolver, const struct pen_tree_attribute *attribute)
{
	static const char *const once[] = {
		"size_is", "max_is",	"length_is",   "last_is",	  "first_is",
		"min_is",  "switch_is", "switch_type", "range",		  "iid_is",
		"uuid",	   "version",	"call_as",     "pointer_default", "endpoint"
	};
	const struct pen_tree_attribute *other = pen_tree_find(attribute->next, attribute->name);

	for (size_t i = 0; i < PEN_COUNT(once) && other; i++) {
		if (strcmp(once[i], attribute->name))
			continue;
		pen_idl_complain(resolver->idl, other->pos, "a second \"%s\"", other->name);
		pen_idl_note(resolver->idl, attribute->pos, "the first is here");
		return;
	}
}

/* Which would be passed over in silence elsewhere. */
static void check_place(struct pen_resolver *resolver, const struct pen_tree_attribute *attribute,
			enum pen_place place)
{
	enum { ANY_OF_INTERFACE = PEN_PLACE_OPERATION | PEN_PLACE_INTERFACE };
	static const struct {
		const char *name;
		unsigned places;
		const char *words;
	} placed[] = {
		{ "transmit_as", PEN_PLACE_TYPEDEF, "a typedef" },
		{ "represent_as", PEN_PLACE_TYPEDEF, "a typedef" },
		{ "wire_marshal", PEN_PLACE_TYPEDEF, "a typedef" },
		{ "user_marshal", PEN_PLACE_TYPEDEF, "a typedef" },
		{ "ignore", PEN_PLACE_MEMBER, "a member that is a pointer" },
		{ "partial_ignore", PEN_PLACE_PARAMETER, "a parameter" },
		{ "retval", PEN_PLACE_PARAMETER, "a parameter" },
		{ "encode", ANY_OF_INTERFACE | PEN_PLACE_TYPEDEF,
		  "a type, an operation or an interface" },
		{ "decode", ANY_OF_INTERFACE | PEN_PLACE_TYPEDEF,
		  "a type, an operation or an interface" },
		{ "message", ANY_OF_INTERFACE, "an operation or an interface" },
		{ "optional", PEN_PLACE_PARAMETER, "a parameter" },
	};

	for (size_t i = 0; i < PEN_COUNT(placed); i++) {
		if (strcmp(placed[i].name, attribute->name) || (placed[i].places & place))
			continue;
		pen_idl_complain(resolver->idl, attribute->pos, "%s belongs to %s", attribute->name,
				 placed[i].words);
	}
}

void pen_check_attributes(struct pen_resolver *resolver, const struct pen_tree_attribute *list,
			  enum pen_place place)
{
	for (; list; list = list->next) {
		check_once(resolver, list);
		check_place(resolver, list, place);
		if (!bsearch(list->name, known, PEN_COUNT(known), sizeof(known[0]), compare))
			complain_of_unknown(resolver, list);
	}
}

const struct pen_tree_expr *pen_attribute_argument(const struct pen_tree_attribute *list,
						   const char *name, size_t n)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, name);
	const struct pen_tree_expr *expr = attribute ? attribute->args : NULL;

	while (expr && n--)
		expr = expr->next;
	return expr && expr->kind != PEN_TREE_EMPTY ? expr : NULL;
}

size_t pen_attribute_n_arguments(const struct pen_tree_attribute *list, const char *name)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, name);
	size_t n = 0;

	for (const struct pen_tree_expr *e = attribute ? attribute->args : NULL; e; e = e->next)
		n++;
	return n;
}

const char *pen_attribute_text(const struct pen_tree_attribute *attribute)
{
	return attribute && attribute->args ? attribute->args->name : NULL;
}

bool pen_is_annotated(const struct pen_tree_attribute *list, const char *text)
{
	for (list = pen_tree_find(list, "annotation"); list;
	     list = pen_tree_find(list->next, "annotation")) {
		const char *said = pen_attribute_text(list);

		if (said && !strcmp(said, text))
			return true;
	}
	return false;
}
