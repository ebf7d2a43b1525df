/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_KEYLOG_H
#define PEN_RUNTIME_KEYLOG_H
/*
 * A file of session keys, for somebody who must read recorded traffic, and asked for it.
 * docs/security.md has the format and the dangers.
 */
#include "sec/mech.h"
#include <penstock/conn.h>

struct pen_ndr_error;
struct pen_keylog;

/*
 * Opens the file, or creates it for its owner alone. PEN_E_DENIED: others may read or
 * change it, or it is no file; or a negative errno; with the sentence in error.
 */
int pen_keylog_new(struct pen_keylog **keylogp, const char *path, struct pen_ndr_error *error);
struct pen_keylog *pen_keylog_free(struct pen_keylog *keylog);

/* Where a security context opened: on which side of what. */
struct pen_keylog_place {
	bool is_server;
	enum pen_protseq protseq;
	int fd; /* of the connection */
	const char
		*remote; /* the peer, where the descriptor is not its own: behind smbd; else NULL */
	uint32_t assoc_group_id;
};

/* What protects the messages of an association's security context. */
struct pen_session_keys pen_keylog_keys(const struct pen_auth_info *auth);

/* "ntlm"; NULL: of no kind. And back, from its name. */
const char *pen_session_kind_name(enum pen_session_kind kind);
enum pen_session_kind pen_session_kind_parse(const char *name, size_t n);

/* Appends a line. -ENOMEM, or a negative errno of write. */
int pen_keylog_add(struct pen_keylog *keylog, const struct pen_keylog_place *place,
		   const struct pen_auth_info *auth, const struct pen_session_keys *keys);

#endif
