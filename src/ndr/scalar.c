/* SPDX-License-Identifier: MIT */
#include <penstock/interface.h>
#include <string.h>

/* A scalar whose wire form is its C form, in both transfer syntaxes. */
#define SCALAR(name_, kind_, text_, size_)                                                         \
	const struct pen_type name_ = {                                                            \
		.kind = kind_,                                                                     \
		.name = text_,                                                                     \
		.size = size_,                                                                     \
		.wire = { [PEN_NDR] = { .align = size_, .min = size_, .is_block = true },          \
			  [PEN_NDR64] = { .align = size_, .min = size_, .is_block = true } },      \
	}

SCALAR(pen_type_i8, PEN_I8, "small", 1);
SCALAR(pen_type_u8, PEN_U8, "unsigned small", 1);
SCALAR(pen_type_byte, PEN_BYTE, "byte", 1);
SCALAR(pen_type_char, PEN_CHAR, "char", 1);
SCALAR(pen_type_boolean, PEN_BOOLEAN, "boolean", 1);
SCALAR(pen_type_i16, PEN_I16, "short", 2);
SCALAR(pen_type_u16, PEN_U16, "unsigned short", 2);
SCALAR(pen_type_wchar, PEN_WCHAR, "wchar_t", 2);
SCALAR(pen_type_i32, PEN_I32, "long", 4);
SCALAR(pen_type_u32, PEN_U32, "unsigned long", 4);
SCALAR(pen_type_error_status, PEN_ERROR_STATUS, "error_status_t", 4);
SCALAR(pen_type_i64, PEN_I64, "hyper", 8);
SCALAR(pen_type_u64, PEN_U64, "unsigned hyper", 8);
SCALAR(pen_type_float, PEN_FLOAT, "float", 4);
SCALAR(pen_type_double, PEN_DOUBLE, "double", 8);

const struct pen_type pen_type_i3264 = {
	.kind = PEN_I3264,
	.name = "__int3264",
	.size = 8,
	.wire = { [PEN_NDR] = { .align = 4, .min = 4 },
		  [PEN_NDR64] = { .align = 8, .min = 8, .is_block = true } },
};

const struct pen_type pen_type_u3264 = {
	.kind = PEN_U3264,
	.name = "unsigned __int3264",
	.size = 8,
	.wire = { [PEN_NDR] = { .align = 4, .min = 4 },
		  [PEN_NDR64] = { .align = 8, .min = 8, .is_block = true } },
};

const struct pen_type pen_type_void = {
	.kind = PEN_VOID,
	.name = "void",
	.wire = { [PEN_NDR] = { .align = 1 }, [PEN_NDR64] = { .align = 1 } },
};

const struct pen_type pen_type_ignored = {
	.kind = PEN_IGNORED,
	.name = "ignored",
	.size = sizeof(void *),
	.wire = { [PEN_NDR] = { .align = 4, .min = 4 }, [PEN_NDR64] = { .align = 8, .min = 8 } },
};

const struct pen_type pen_type_presence = {
	.kind = PEN_PRESENCE,
	.name = "boolean",
	.size = sizeof(uint8_t),
	.wire = { [PEN_NDR] = { .align = 4, .min = 4 }, [PEN_NDR64] = { .align = 8, .min = 8 } },
};

const struct pen_type pen_type_handle = {
	.kind = PEN_HANDLE,
	.name = "context_handle",
	.size = sizeof(struct pen_context_handle),
	.wire = { [PEN_NDR] = { .align = 4, .min = 20 }, [PEN_NDR64] = { .align = 4, .min = 20 } },
};

const struct pen_syntax_id pen_syntax_ndr = {
	.uuid = { 0x8a885d04,
		  0x1ceb,
		  0x11c9,
		  { 0x9f, 0xe8 },
		  { 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 } },
	.major = 2,
};

const struct pen_syntax_id pen_syntax_ndr64 = {
	.uuid = { 0x71710533,
		  0xbeba,
		  0x4937,
		  { 0x83, 0x19 },
		  { 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36 } },
	.major = 1,
};

const struct pen_operation *pen_interface_find(const struct pen_interface *interface,
					       const char *name, uint16_t *opnump)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const struct pen_operation *operation = &interface->operations[i];

		if (!operation->name || strcmp(operation->name, name) != 0)
			continue;
		if (opnump)
			*opnump = (uint16_t)i;
		return operation;
	}
	return NULL;
}
