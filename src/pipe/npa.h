/* SPDX-License-Identifier: MIT */
#ifndef PEN_PIPE_NPA_H
#define PEN_PIPE_NPA_H
/*
 * The handshake by which Samba's smbd hands a named pipe to another process: the
 * client sends one request that says who opened the pipe, the server sends one
 * reply, and then the pipe's data follows. Only root may reach the socket, so what
 * a request says of the caller is root's word.
 *
 * A server: wait until pen_npa_request_size is satisfied, then
 *
 *	pen_npa_request_get(&request, &arena, data, n);
 *	pen_npa_request_flags(&request, &flags);
 *	pen_npa_reply_put(&(struct pen_npa_reply){ .level = request.level, ... }, reply);
 *	send the reply; if flags.is_probe, close
 *	pen_npa_request_token(&request, &token);
 */
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/token.h>

enum { PEN_NPA_REQUEST_MAX = 1 << 20, PEN_NPA_REPLY_SIZE = 36 };

/* The layouts there are, by the first Samba that sends them. Two levels have two each. */
enum pen_npa_layout {
	PEN_NPA_4_0,	/* level 4 */
	PEN_NPA_4_16,	/* level 5: a transport, a wish for an idle server */
	PEN_NPA_4_17_0, /* level 5: a ticket type too */
	PEN_NPA_4_17_9, /* level 7: the wish is a flag SID */
	PEN_NPA_4_19,	/* level 7: user_flags in place of authenticated */
	PEN_NPA_4_20,	/* level 8: claims and device SIDs */
	PEN_NPA_N_LAYOUTS,
};

/* auth_user_info. Texts may be NULL; times are NTTIME. */
struct pen_npa_user {
	const char *account_name;
	const char *user_principal_name;
	uint8_t user_principal_constructed;
	const char *domain_name;
	const char *dns_domain_name;
	const char *full_name;
	const char *logon_script;
	const char *profile_path;
	const char *home_directory;
	const char *home_drive;
	const char *logon_server;
	uint64_t last_logon;
	uint64_t last_logoff;
	uint64_t acct_expiry;
	uint64_t last_password_change;
	uint64_t allow_password_change;
	uint64_t force_password_change;
	uint16_t logon_count;
	uint16_t bad_password_count;
	uint32_t acct_flags;
	uint8_t authenticated; /* before PEN_NPA_4_19 */
	uint32_t user_flags;   /* from then on */
};

struct pen_npa_request {
	uint32_t level;
	enum pen_npa_layout layout;

	uint8_t transport; /* 1: ncacn_np */
	const char *remote_client_name;
	const char *remote_client_addr;
	uint16_t remote_client_port;
	const char *local_server_name;
	const char *local_server_addr;
	uint16_t local_server_port;
	uint8_t need_idle_server; /* level 5 */

	bool has_session_transport; /* all that follows comes within */
	struct pen_slice gss_credentials;

	bool has_session;
	struct pen_slice session_key;
	struct pen_uuid unique_session_token;
	uint16_t ticket_type;

	bool has_security_token;
	const struct pen_sid *sids; /* as sent: flag SIDs are among them */
	uint32_t n_sids;
	uint64_t privileges; /* in Samba's numbering */
	uint32_t rights;
	const struct pen_sid *device_sids; /* level 8 */
	uint32_t n_device_sids;
	uint16_t evaluate_claims;

	bool has_unix_token;
	uint64_t uid;
	uint64_t gid;
	const uint64_t *groups;
	uint32_t n_groups;

	bool has_user;
	struct pen_npa_user user;

	bool has_unix_user;
	const char *unix_name;
	const char *sanitized_username;
};

/*
 * How long the request is that begins with these bytes. PEN_E_AGAIN: four are
 * needed to know; PEN_E_PROTOCOL: an impossible length, or above PEN_NPA_REQUEST_MAX.
 */
int pen_npa_request_size(const void *data, size_t n, size_t *sizep);

/*
 * Reads a whole request. Of the layouts that its level may have it is the first
 * that takes up all bytes. Texts and slices point into data; arrays are in the
 * arena. PEN_E_BAD_DATA: it is none; PEN_E_UNSUPPORTED: another level, or claims;
 * -ENOMEM: also the arena's limit.
 *
 * The two layouts of level 7 differ in one field and not in length, and where that
 * field is 0 or 1 nobody can tell them apart: the older is taken. So nothing is to
 * be made of authenticated and user_flags; the token goes by the SIDs.
 */
int pen_npa_request_get(struct pen_npa_request *request, struct pen_arena *arena, const void *data,
			size_t n);

/*
 * Appends the request in its layout; level is taken from that. What get read is
 * written as it was. PEN_E_LIMIT: above PEN_NPA_REQUEST_MAX, or the buffer's; -ENOMEM.
 */
int pen_npa_request_put(const struct pen_npa_request *request, struct pen_buffer *buffer);

/* What smbd says by way of SIDs that nobody has. */
struct pen_npa_flags {
	bool is_encrypted; /* the SMB session is, and must be */
	uint16_t dialect;  /* of SMB, with the next two */
	uint16_t encryption;
	uint16_t cipher;
	bool needs_idle_server;
	bool is_winbind_off;
	bool is_probe; /* asks only whether the pipe exists: reply, then close */
};

/* The bits of smbd's flag SID; what pen_token_info calls smbd_flags. */
enum pen_npa_flag {
	PEN_NPA_FLAG_NEED_IDLE = 1,
	PEN_NPA_FLAG_WINBIND_OFF = 2,
	PEN_NPA_FLAG_PROBE = 4,
};

void pen_npa_request_flags(const struct pen_npa_request *request, struct pen_npa_flags *flags);

/*
 * The caller's token, without flag SIDs. PEN_E_BAD_DATA: the request names no user,
 * or unix ids that cannot be; PEN_E_LIMIT: more SIDs or groups than a token holds;
 * -ENOMEM.
 */
int pen_npa_request_token(const struct pen_npa_request *request, struct pen_token **tokenp);

enum pen_npa_file_type { PEN_NPA_BYTE_MODE = 1, PEN_NPA_MESSAGE_MODE = 2 };

struct pen_npa_reply {
	uint32_t level; /* the request's */
	uint16_t file_type;
	uint16_t device_state;
	uint64_t allocation_size;
	uint32_t status; /* NTSTATUS; smbd does not look at it: to refuse, close */
};

void pen_npa_reply_put(const struct pen_npa_reply *reply, uint8_t bytes[PEN_NPA_REPLY_SIZE]);

/* PEN_E_BAD_DATA: not a reply, or to another level. */
int pen_npa_reply_get(struct pen_npa_reply *reply, uint32_t level,
		      const uint8_t bytes[PEN_NPA_REPLY_SIZE]);

/*
 * The data of a message mode pipe: each message after its length in two bytes.
 * next finds the first one; it takes 2 + message->size bytes. PEN_E_AGAIN: it is not
 * all there. put appends one; PEN_E_LIMIT: empty (for smbd the end of the pipe),
 * more than 65535 bytes, or the buffer's limit; -ENOMEM.
 */
int pen_npa_message_next(const void *data, size_t n, struct pen_slice *message);
int pen_npa_message_put(struct pen_buffer *buffer, const void *data, size_t n);

#endif
