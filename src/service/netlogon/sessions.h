/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_NETLOGON_SESSIONS_H
#define PEN_SERVICE_NETLOGON_SESSIONS_H
/*
 * Which machines have proved themselves, by their computers' names: the challenges that
 * wait for a proof, and the sessions that came of one [MS-NRPC 3.5.1: ChallengeTable,
 * ServerSessionInfo]. In memory only. For any thread.
 *
 * Challenges are anybody's, so there are few of them: each lives for two minutes, is used
 * once, and makes room for a later one of the same peer, or of anybody. A session is made
 * by who knows its machine's password, under that machine's own name, so there are no more
 * than machine accounts.
 */
#include "sec/schannel.h"

struct pen_netlogon_sessions;

enum {
	PEN_NETLOGON_CHALLENGES_MAX = 1024,
	PEN_NETLOGON_CHALLENGES_PER_PEER_MAX = 64,
	PEN_NETLOGON_CHALLENGE_SECONDS = 120,
};

struct pen_netlogon_session {
	struct pen_netlogon_credential credential;
	/* Both of the proof, which credential.client is. */
	uint8_t client_challenge[PEN_NETLOGON_CHALLENGE_SIZE];
	uint8_t server_challenge[PEN_NETLOGON_CHALLENGE_SIZE];
	uint32_t requested;		       /* flags, as the machine asked for them */
	uint32_t channel_type;		       /* NETLOGON_SECURE_CHANNEL_TYPE */
	char computer[PEN_SCHANNEL_NAME_SIZE]; /* "COMPUTER" */
	char account[PEN_SCHANNEL_NAME_SIZE];  /* "COMPUTER$" */
	struct pen_sid sid;
	uint32_t rid;
};

struct pen_netlogon_challenge {
	char computer[PEN_SCHANNEL_NAME_SIZE];
	char peer[64]; /* where it came from */
	uint8_t client[PEN_NETLOGON_CHALLENGE_SIZE];
	uint8_t server[PEN_NETLOGON_CHALLENGE_SIZE];
	uint64_t time; /* seconds, of any clock that never jumps */
};

/* -ENOMEM. crypto is borrowed. */
int pen_netlogon_sessions_new(struct pen_netlogon_sessions **sessionsp,
			      const struct pen_crypto *crypto);
struct pen_netlogon_sessions *pen_netlogon_sessions_free(struct pen_netlogon_sessions *sessions);

/* Keeps a copy, in place of an earlier challenge of the same computer. -ENOMEM. */
int pen_netlogon_sessions_challenge(struct pen_netlogon_sessions *sessions,
				    const struct pen_netlogon_challenge *challenge);

/* Takes it out. PEN_E_NOT_FOUND: there is none, or it is too old. */
int pen_netlogon_sessions_take(struct pen_netlogon_sessions *sessions, const char *computer,
			       uint64_t now, struct pen_netlogon_challenge *challenge);

/* Keeps a copy of a session, in place of an earlier one of the same computer. -ENOMEM. */
int pen_netlogon_sessions_add(struct pen_netlogon_sessions *sessions,
			      const struct pen_netlogon_session *session);

/* A copy, for the caller to wipe. PEN_E_NOT_FOUND. */
int pen_netlogon_sessions_get(struct pen_netlogon_sessions *sessions, const char *computer,
			      struct pen_netlogon_session *session);

/*
 * The same, where the authenticator is of that session and the account (NULL: any) is its
 * own; the session then expects the next one. Also PEN_E_DENIED, -ENOMEM.
 */
int pen_netlogon_sessions_verify(struct pen_netlogon_sessions *sessions, const char *computer,
				 const char *account,
				 const struct pen_netlogon_authenticator *authenticator,
				 struct pen_netlogon_authenticator *answer,
				 struct pen_netlogon_session *session);

/*
 * struct pen_schannel_server.find; data is a struct pen_netlogon_sessions. There is one
 * domain here, so the client's word for it does not matter.
 */
int pen_netlogon_find_session(void *data, const char *domain, const char *computer,
			      struct pen_schannel_machine *machine);

#endif
