/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_CLIENT_H
#define PENSTOCK_CLIENT_H
/*
 * A client: the way to a server, opened when first needed.
 *
 *	pen_client_new(&client, "ncacn_ip_tcp:server", NULL);
 *	pen_call_new(&call, client);
 *	srvsvc_NetrShareEnum(call, &in, &out);
 *
 * Calls that wait (pen_call_invoke) drive it themselves. For started calls, any
 * loop hosts it: wait until the descriptor is ready for the events or the time
 * is over, then dispatch, then ask for all three again.
 */
#include <penstock/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_credentials;

/*
 * How a client proves who it is, and how its calls are protected. All of its calls are
 * protected as said here, or there are none: nothing falls back to less.
 */
struct pen_client_security {
	/*
	 * NULL: there is no security at all, so the transport says who the client is. The
	 * client takes a reference of its own.
	 */
	struct pen_credentials *credentials;
	uint8_t auth_level;    /* [MS-RPCE 2.2.1.1.8], 2 and 4 to 6; 0: 6, privacy */
	uint8_t auth_type;     /* [MS-RPCE 2.2.1.1.7]: 10 NTLM alone, 16 Kerberos alone, 9 or 0:
				  SPNEGO, which chooses Kerberos if it can, and else NTLM */
	const char *target;    /* the server's principal; NULL: "host/" and its address */
	bool wants_delegation; /* of tickets, to a server that may have them */
	bool allow_weak;       /* Kerberos with RC4 */
	bool at_mapper;	       /* also to the endpoint mapper, if that is asked */
};

struct pen_client_config {
	/* Directory of ncalrpc sockets; NULL: PENSTOCK_NCALRPC_DIR, or the system's. */
	const char *ncalrpc_dir;
	/* Of the object manager's socket, for ncacn_np on this machine; NULL: where it is. */
	const char *objects_dir;
	uint32_t connect_timeout_ms; /* 0: 30 s */
	bool refuse_ndr64;
	bool is_big_endian; /* what we send */
	/*
	 * The association group [C706 12.6.4.3] to be in, another client's of the same server, with
	 * which context handles are shared then; 0: a new one. A group that is no more:
	 * PEN_E_REJECTED.
	 */
	uint32_t assoc_group_id;
	struct pen_conn_limits limits; /* zero: the transport's */
	struct pen_client_security security;
	const char *keylog; /* as pen_server_config has it; NULL: none */
};

/*
 * A client for a string binding. Without an endpoint the interface's own
 * well-known one is used, or else the endpoint mapper of the same machine is
 * asked; the option epmapper=ENDPOINT says where that is, if not at its own
 * well-known endpoint. Nothing is opened yet. config may be NULL. PEN_E_SYNTAX (sentence in
 * error, which may be NULL); PEN_E_UNSUPPORTED: no client for that protocol
 * sequence, or no such security mechanism; -EINVAL: a security that is none; PEN_E_DENIED
 * or a negative errno: the keylog cannot be written, or others may read it; -ENOMEM.
 */
int pen_client_new(struct pen_client **clientp, const char *binding,
		   const struct pen_client_config *config, struct pen_ndr_error *error);

/*
 * Calls in progress end with PEN_E_CLOSED, told from here. Frees the client, or,
 * inside a function that a call tells, lets it be freed when that returns. Its
 * calls may be freed before or after.
 */
struct pen_client *pen_client_free(struct pen_client *client);

/* Opens and binds now, and waits: for a caller that wants to know. As pen_call_invoke. */
int pen_client_bind(struct pen_client *client, const struct pen_interface *interface);

/* The sentence for the client's last failure. */
const char *pen_client_error(const struct pen_client *client);

/* The binding in use, endpoint resolved. Owned by the client. */
const char *pen_client_binding(const struct pen_client *client);

/* The association group that the client is in, for another's config; 0: no connection is open. */
uint32_t pen_client_assoc_group_id(const struct pen_client *client);

/* How the calls of an open association are protected. */
struct pen_client_security_info {
	uint8_t auth_level;   /* 1: not at all */
	uint8_t auth_type;    /* as sent: 9 for what SPNEGO has chosen */
	const char *mech;     /* the mechanism that does it, "ntlm" or "krb5"; NULL: none */
	bool signs_headers;   /* those of PDUs too */
	const char *left_out; /* mechanisms that could not begin, and why, as a sentence; "" */
	/*
	 * That both sides share: operations that carry secrets have them under it. Empty: the
	 * calls are not protected. A secret.
	 */
	struct pen_slice session_key;
};

/*
 * Its texts and the key live until the association ends. PEN_E_CLOSED: there is none, or it is not
 * known yet who is there.
 */
int pen_client_security_info(const struct pen_client *client,
			     struct pen_client_security_info *info);

/* A descriptor to wait for, or -1; poll(2) events; milliseconds, -1: no limit. */
int pen_client_fd(const struct pen_client *client);
short pen_client_events(const struct pen_client *client);
int pen_client_timeout(const struct pen_client *client);

/* Does what there is to do, without waiting. Fails when the association has. */
int pen_client_dispatch(struct pen_client *client);

#ifdef __cplusplus
}
#endif
#endif
