/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_BINDING_H
#define PENSTOCK_BINDING_H
/*
 * String bindings [C706 3.1, MS-RPCE]: where an interface is, and how to go there.
 *
 *	[object@]protseq:address[endpoint,option=value,flag...]
 *
 *	ncacn_ip_tcp:server[135]          TCP
 *	ncacn_np:server[\pipe\srvsvc]     a named pipe
 *	ncalrpc:[EPMAPPER]                this machine
 */
#include <penstock/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_binding {
	struct pen_uuid object; /* nil: none */
	enum pen_protseq protseq;
	char *address;	/* "" for this machine */
	char *endpoint; /* NULL: ask the endpoint mapper */
	struct pen_binding_option *options;
	size_t n_options;
	struct pen_arena arena;
};

struct pen_binding_option {
	char *name;
	char *value; /* NULL: a flag */
};

#define PEN_BINDING_TEXT_MAX 4096 /* bytes of a string binding that is parsed */

/*
 * Parses a string binding. Backslash quotes the next character, as C706 says.
 * PEN_E_SYNTAX with a sentence in error (may be NULL); -ENOMEM.
 */
int pen_binding_parse(struct pen_binding *binding, const char *text, struct pen_ndr_error *error);
void pen_binding_done(struct pen_binding *binding);

/* Appends the text form; parsing that, if it is not too long, gives an equal binding. */
int pen_binding_print(const struct pen_binding *binding, struct pen_buffer *buffer);

/* The value of an option, "" for a flag, NULL if it is not there. */
const char *pen_binding_option(const struct pen_binding *binding, const char *name);

const char *pen_protseq_name(enum pen_protseq protseq);

/* PEN_E_NOT_FOUND: no protocol sequence of ours. */
int pen_protseq_parse(enum pen_protseq *protseqp, const char *name, size_t n);

/*
 * A protocol tower [C706 appendices I and L]: an interface, a transfer syntax
 * and an address as the endpoint mapper has them on the wire.
 */
struct pen_tower {
	struct pen_syntax_id interface;
	struct pen_syntax_id transfer;
	enum pen_protseq protseq;
	uint8_t ip[4];	    /* PEN_NCACN_IP_TCP; towers know no other IP */
	uint16_t port;	    /* PEN_NCACN_IP_TCP */
	char endpoint[256]; /* pipe or local endpoint */
	char host[256];	    /* PEN_NCACN_NP: NetBIOS name, or "" */
};

/* PEN_E_BAD_DATA: not a tower; PEN_E_UNSUPPORTED: of a protocol sequence we do not speak. */
int pen_tower_get(struct pen_tower *tower, const void *data, size_t n);
int pen_tower_put(const struct pen_tower *tower, struct pen_buffer *buffer);

#ifdef __cplusplus
}
#endif
#endif
