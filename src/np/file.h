/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_FILE_H
#define PEN_NP_FILE_H
/*
 * A file, as NT calls what handles of a pipe's end share: the end itself, and what the object
 * manager knows it by. A handle is a file and rights.
 */
#include "np/agent.h"
#include "np/end.h"
#include <penstock/status.h>

enum { PEN_FILE_IDENTITIES = 16 };

/* An identity that the client's threads have had, and its number. */
struct pen_file_identity {
	uint32_t uid;
	uint32_t gid;
	uint8_t number;
};

/* What a server has to say again when the object manager comes back. */
struct pen_registration {
	char *name;
	uint32_t access;
	uint32_t share;
	bool rejects_remote;
	struct pen_buffer security;
};

/* The client of this connection, as the object manager says. */
struct pen_file_client {
	bool is_known;
	uint32_t process;
	uint32_t session;
	char *computer; /* NULL: this one */
	struct object_qos qos;
	struct pen_token *token; /* who opened */
	struct pen_token *writer;
	uint8_t writer_identity; /* whose that is; 0: nobody's */
};

struct pen_file {
	uint32_t n_handles;
	struct pen_end end;
	struct dtyp_GUID guid;
	char *directory; /* of the object manager; NULL: where it is */
	struct object_pipe pipe;
	struct pen_channel_config config;
	uint32_t server_process;
	uint32_t server_session;

	/* The server's. */
	int life;	   /* write end */
	bool sends_on;	   /* whom smbd brings waits until the handle has gone to another process */
	uint64_t retry_ms; /* when to ask the object manager again that did not answer */
	struct pen_registration registration;
	struct pen_file_client client;

	/* The client's. */
	uint32_t opener_process;
	uint32_t opener_session; /* if it is another process's */
	bool is_opener_other;	 /* that has sent the end */
	bool is_static;
	bool is_foreign; /* the object manager knows nothing of it */
	struct pen_file_identity identities[PEN_FILE_IDENTITIES];
	unsigned n_identities;
};

struct pen_pipe {
	struct pen_file *file;
	uint32_t granted;
};

/* An empty file: no handle, no end. NULL: no memory. */
struct pen_file *pen_file_new(const char *directory);

/* Frees it; its end is not there, or closed. */
struct pen_file *pen_file_free(struct pen_file *file);

/* A handle of it, the first or another. */
uint32_t pen_file_open(struct pen_pipe **pipep, struct pen_file *file, uint32_t granted);

/* What a client may know of the server's end. */
void pen_file_set_pipe(struct pen_file *file, const struct object_pipe *pipe);

/* The server's: begins to listen again, and learns what became of a client (struct pen_end_server).
 */
uint32_t pen_file_renew(void *data, struct pen_end *end);
void pen_file_lost(void *data, struct pen_end *end);

/* Learns it from what the object manager has said of it. With the end's mutex. */
uint32_t pen_file_learn_client(struct pen_file *file, const struct pen_answer *answer);

/* Who has opened it, as that client lets itself be known; a reference. NOT_FOUND: nobody. */
uint32_t pen_file_opener(struct pen_file *file, struct pen_token **tokenp);

/* The session of who has opened the client's end. */
uint32_t pen_file_opener_session(const struct pen_file *file);

/* Forgets the client. With the end's mutex. */
void pen_file_forget_client(struct pen_file *file);

/* The number for what the client's thread writes. */
uint32_t pen_file_identify(struct pen_file *file, uint8_t *numberp);

/* The state of the channel; no more than a moment old. */
uint32_t pen_file_state(struct pen_file *file, uint32_t *statep);

/* Fails by a status, unless the handle has all of the rights. */
static inline uint32_t pen_file_demand(const struct pen_pipe *pipe, uint32_t rights)
{
	return (pipe->granted & rights) == rights ? 0 : PEN_STATUS_ACCESS_DENIED;
}

#endif
