/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_INTERFACE_H
#define PENSTOCK_INTERFACE_H
/*
 * An interface as a table: what penidl makes of one in IDL. Client wrappers,
 * servers, the tool's dynamic calls and decoded traces all work from it.
 */
#include <penstock/ndr.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_call;

enum pen_operation_flag {
	PEN_OPERATION_IDEMPOTENT = 1 << 0,
	PEN_OPERATION_MAYBE = 1 << 1,
	PEN_OPERATION_BROADCAST = 1 << 2,
	PEN_OPERATION_IN_PIPES = 1 << 3,  /* the request comes part by part */
	PEN_OPERATION_OUT_PIPES = 1 << 4, /* the response does */
	PEN_OPERATION_MESSAGE = 1 << 5,	  /* for message queues alone (ncadg_mq): not called here */
};

struct pen_operation {
	const char *name; /* NULL: the opnum is not used on the wire */
	uint32_t flags;
	const struct pen_type *in;  /* PEN_PARAMETERS over struct <interface>_<operation>_in */
	const struct pen_type *out; /* PEN_PARAMETERS over struct <interface>_<operation>_out */

	/*
	 * Calls the server's function for this operation out of its
	 * struct <interface>_operations. Returns what that returns, or
	 * PEN_E_UNSUPPORTED where the server has none. NULL in tables made at run time.
	 */
	int (*dispatch)(const void *operations, struct pen_call *call, const void *in, void *out);
};

struct pen_interface {
	const char *name;
	struct pen_syntax_id id;
	const struct pen_operation *operations; /* by opnum */
	uint32_t n_operations;
	const char *const *endpoints; /* of [endpoint]: "ncacn_np:[\\pipe\\srvsvc]" */
	uint32_t n_endpoints;

	/*
	 * What the server may call and the client serves, [callback], numbered by themselves
	 * [MS-RPCE 2.2.4.2]. dispatch is out of a struct <interface>_callbacks.
	 */
	const struct pen_operation *callbacks;
	uint32_t n_callbacks;

	/*
	 * It is an object's [MS-DCOM]: its operations, which begin with struct pen_orpc_this and
	 * pen_orpc_that, are values to read and make. Nothing here calls or serves them.
	 */
	bool is_object;

	/* Its calls may carry descriptors over local sockets: [system_handle]. */
	bool has_system_handles;
};

/* Transfer syntaxes we speak: NDR [C706 14] and NDR64 [MS-RPCE 2.2.5]. */
extern const struct pen_syntax_id pen_syntax_ndr;
extern const struct pen_syntax_id pen_syntax_ndr64;

/* The operation of that name, or NULL; opnump, if not NULL, gets its number. */
const struct pen_operation *pen_interface_find(const struct pen_interface *interface,
					       const char *name, uint16_t *opnump);

#ifdef __cplusplus
}
#endif
#endif
