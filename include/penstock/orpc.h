/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_ORPC_H
#define PENSTOCK_ORPC_H
/*
 * What object interfaces [MS-DCOM] have on the wire beyond NDR: interface pointers, and what
 * stands before the parameters of each call. Nothing here calls objects; these are values that a
 * program may read and make.
 */
#include <penstock/interface.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an interface pointer points to [MS-DCOM 2.2.14]: an OBJREF [MS-DCOM 2.2.18], as it is. */
struct pen_interface_pointer {
	uint32_t ulCntData;
	uint8_t *abData;
};

/* [MS-DCOM 2.2.21.1] */
struct pen_orpc_extent {
	struct pen_uuid id;
	uint32_t size;
	uint8_t *data; /* size bytes, and up to the next multiple of 8 */
};

/* [MS-DCOM 2.2.21.2] */
struct pen_orpc_extent_array {
	uint32_t size;
	uint32_t reserved;
	struct pen_orpc_extent **extent; /* size of them, and up to the next multiple of 2 */
};

/* Comes before what comes in [MS-DCOM 2.2.13.3]. */
struct pen_orpc_this {
	struct {
		uint16_t MajorVersion;
		uint16_t MinorVersion;
	} version;
	uint32_t flags;
	uint32_t reserved1;
	struct pen_uuid cid;
	struct pen_orpc_extent_array *extensions;
};

/* Comes before what comes out [MS-DCOM 2.2.13.4]. */
struct pen_orpc_that {
	uint32_t flags;
	struct pen_orpc_extent_array *extensions;
};

extern const struct pen_type pen_type_interface_pointer;
extern const struct pen_type pen_type_orpc_this;
extern const struct pen_type pen_type_orpc_that;

#ifdef __cplusplus
}
#endif
#endif
