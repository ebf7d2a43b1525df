/* SPDX-License-Identifier: MIT */
/*
 * The words of IDL for what is in a model.
 */
#include "compiler/model.h"

const char *pen_kind_word(enum pen_kind kind)
{
	static const char *const words[] = {
		[PEN_VOID] = "void",
		[PEN_I8] = "small",
		[PEN_U8] = "unsigned small",
		[PEN_BYTE] = "byte",
		[PEN_CHAR] = "char",
		[PEN_BOOLEAN] = "boolean",
		[PEN_I16] = "short",
		[PEN_U16] = "unsigned short",
		[PEN_WCHAR] = "wchar_t",
		[PEN_I32] = "long",
		[PEN_U32] = "unsigned long",
		[PEN_ERROR_STATUS] = "error_status_t",
		[PEN_I64] = "hyper",
		[PEN_U64] = "unsigned hyper",
		[PEN_I3264] = "__int3264",
		[PEN_U3264] = "unsigned __int3264",
		[PEN_FLOAT] = "float",
		[PEN_DOUBLE] = "double",
		[PEN_ENUM] = "enum",
		[PEN_STRUCT] = "struct",
		[PEN_UNION] = "union",
		[PEN_ARRAY] = "array",
		[PEN_STRING] = "string",
		[PEN_POINTER] = "pointer",
		[PEN_HANDLE] = "context_handle",
		[PEN_PARAMETERS] = "parameters",
		[PEN_PIPE] = "pipe",
		[PEN_IGNORED] = "ignored",
		[PEN_PRESENCE] = "presence",
		[PEN_SYSTEM_HANDLE] = "system_handle",
	};

	return words[kind];
}

const char *pen_pointer_word(enum pen_pointer_kind kind)
{
	static const char *const words[] = {
		[PEN_REF] = "ref",
		[PEN_UNIQUE] = "unique",
		[PEN_FULL] = "ptr",
	};

	return words[kind];
}

const char *pen_form_word(enum pen_model_form form)
{
	static const char *const words[] = {
		[PEN_FORM_WIRE] = "value",
		[PEN_FORM_HANDLE_T] = "handle_t",
		[PEN_FORM_INTERFACE] = "interface",
		[PEN_FORM_FUNCTION] = "function",
		[PEN_FORM_PIPE] = "pipe",
		[PEN_FORM_SAFEARRAY] = "SAFEARRAY",
		[PEN_FORM_MARSHALLED] = "marshalled form",
	};

	return words[form];
}

const char *pen_marshal_word(enum pen_model_marshal_kind kind)
{
	static const char *const words[] = {
		[PEN_TRANSMIT_AS] = "transmit_as",
		[PEN_REPRESENT_AS] = "represent_as",
		[PEN_WIRE_MARSHAL] = "wire_marshal",
		[PEN_USER_MARSHAL] = "user_marshal",
	};

	return words[kind];
}

const char *pen_attribute_word(size_t n)
{
	static const char *const words[] = {
		"async",
		"callback",
		"message",
		"notify",
		"notify_flag",
		"encode",
		"decode",
		"comm_status",
		"fault_status",
		"enable_allocate",
		"nocode",
		"strict_context_handle",
		"context_handle_serialize",
		"context_handle_noserialize",
	};

	return n < PEN_COUNT(words) ? words[n] : NULL;
}

const char *pen_field_flag_word(size_t n)
{
	static const char *const words[] = { "retval",
					     "optional",
					     "ignore",
					     "partial_ignore",
					     "comm_status",
					     "fault_status",
					     "context_handle_noserialize",
					     "secret" };

	return n < PEN_COUNT(words) ? words[n] : NULL;
}
