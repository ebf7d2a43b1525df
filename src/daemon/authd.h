/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_AUTHD_H
#define PEN_DAEMON_AUTHD_H
/*
 * Who has the secrets: workers ask it who a client is, each conversation in a thread of its own,
 * and get verdicts and the keys of that one connection [idl/authority.idl]. penstockd hands it the
 * workers' sockets [idl/worker.idl].
 */
#include <penstock/mechs.h>
#include <penstock/server.h>

struct authd;
struct pen_vault;

/* Zero numbers take the default. */
struct authd_config {
	int fd; /* to penstockd; borrowed */
	const struct pen_mech_world *world;
	const struct pen_ntlm_server *ntlm;
	const struct pen_krb5_server *krb5; /* NULL: there are no keys */
	const struct pen_vault *vault;	    /* for who serves the accounts; NULL: there is none */
	uint32_t clients_max;		    /* workers at a time: 4096 */
	uint32_t conversations_max;	    /* of all: 256 */
	uint32_t conversations_client_max;  /* of one: 32 */
	uint32_t conversation_ms;	    /* 60000 */
	void (*log)(void *data, enum pen_log_level level, const char *line); /* from any thread */
	void *log_data;
};

/* -ENOMEM, another negative errno. What config points to must live longer. */
int authd_new(struct authd **authdp, const struct authd_config *config);

/* Ends all conversations, and waits for those that wait for somebody else. */
struct authd *authd_free(struct authd *authd);

/*
 * Tells penstockd that it is ready, and serves until that closes its end or sends it away, at once,
 * or (as by SIGTERM) when no worker has a way to it any more, or has had the time of a conversation
 * to find another. That is no failure. PEN_E_BAD_DATA: what came from there is no order to it; a
 * negative errno.
 */
int authd_run(struct authd *authd);

/* ---- for tests ---- */

struct authd_stats {
	uint32_t clients, conversations;
	uint64_t begun, refused;
};

void authd_stats(struct authd *authd, struct authd_stats *stats);

#endif
