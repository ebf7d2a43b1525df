/* SPDX-License-Identifier: MIT */
#include "service/netlogon/sessions.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/utf16.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct kept_challenge {
	struct pen_list link; /* the oldest first */
	struct pen_netlogon_challenge challenge;
};

struct kept_session { /* in secret memory */
	struct pen_list link;
	struct pen_netlogon_session session;
};

struct pen_netlogon_sessions {
	const struct pen_crypto *crypto;
	pthread_mutex_t mutex;
	struct pen_list challenges;
	size_t n_challenges;
	struct pen_list sessions;
};

int pen_netlogon_sessions_new(struct pen_netlogon_sessions **sessionsp,
			      const struct pen_crypto *crypto)
{
	struct pen_netlogon_sessions *sessions = calloc(1, sizeof(*sessions));

	if (!sessions)
		return -ENOMEM;
	sessions->crypto = crypto;
	pthread_mutex_init(&sessions->mutex, NULL);
	pen_list_init(&sessions->challenges);
	pen_list_init(&sessions->sessions);
	*sessionsp = sessions;
	return 0;
}

static void drop_challenge(struct pen_netlogon_sessions *sessions, struct kept_challenge *kept)
{
	pen_list_remove(&kept->link);
	sessions->n_challenges--;
	free(kept);
}

struct pen_netlogon_sessions *pen_netlogon_sessions_free(struct pen_netlogon_sessions *sessions)
{
	if (!sessions)
		return NULL;
	pen_list_each (link, after, &sessions->challenges)
		drop_challenge(sessions, pen_list_entry(link, struct kept_challenge, link));
	pen_list_each (link, after, &sessions->sessions) {
		pen_list_remove(link);
		pen_secret_free(pen_list_entry(link, struct kept_session, link));
	}
	pthread_mutex_destroy(&sessions->mutex);
	free(sessions);
	return NULL;
}

/* ---- challenges ---- */

static struct kept_challenge *find_challenge(struct pen_netlogon_sessions *sessions,
					     const char *computer)
{
	pen_list_each (link, after, &sessions->challenges) {
		struct kept_challenge *kept = pen_list_entry(link, struct kept_challenge, link);

		if (pen_upcase_equal(kept->challenge.computer, computer))
			return kept;
	}
	return NULL;
}

/* Drops what is too old, and the oldest where there are too many. */
static void make_room(struct pen_netlogon_sessions *sessions, const char *peer, uint64_t now)
{
	struct kept_challenge *oldest = NULL;
	size_t n = 0;

	pen_list_each (link, after, &sessions->challenges) {
		struct kept_challenge *kept = pen_list_entry(link, struct kept_challenge, link);

		if (now - kept->challenge.time > PEN_NETLOGON_CHALLENGE_SECONDS) {
			drop_challenge(sessions, kept);
		} else if (strcmp(kept->challenge.peer, peer) == 0) {
			oldest = oldest ? oldest : kept;
			n++;
		}
	}
	if (n >= PEN_NETLOGON_CHALLENGES_PER_PEER_MAX)
		drop_challenge(sessions, oldest);
	else if (sessions->n_challenges >= PEN_NETLOGON_CHALLENGES_MAX)
		drop_challenge(sessions, pen_list_entry(sessions->challenges.next,
							struct kept_challenge, link));
}

int pen_netlogon_sessions_challenge(struct pen_netlogon_sessions *sessions,
				    const struct pen_netlogon_challenge *challenge)
{
	struct kept_challenge *kept = calloc(1, sizeof(*kept));
	struct kept_challenge *earlier;

	if (!kept)
		return -ENOMEM;
	kept->challenge = *challenge;
	pthread_mutex_lock(&sessions->mutex);
	earlier = find_challenge(sessions, challenge->computer);
	if (earlier)
		drop_challenge(sessions, earlier);
	make_room(sessions, challenge->peer, challenge->time);
	pen_list_append(&sessions->challenges, &kept->link);
	sessions->n_challenges++;
	pthread_mutex_unlock(&sessions->mutex);
	return 0;
}

int pen_netlogon_sessions_take(struct pen_netlogon_sessions *sessions, const char *computer,
			       uint64_t now, struct pen_netlogon_challenge *challenge)
{
	struct kept_challenge *kept;
	int r = PEN_E_NOT_FOUND;

	pthread_mutex_lock(&sessions->mutex);
	kept = find_challenge(sessions, computer);
	if (kept) {
		if (now - kept->challenge.time <= PEN_NETLOGON_CHALLENGE_SECONDS) {
			*challenge = kept->challenge;
			r = 0;
		}
		drop_challenge(sessions, kept);
	}
	pthread_mutex_unlock(&sessions->mutex);
	return r;
}

/* ---- sessions ---- */

static struct kept_session *find_session(struct pen_netlogon_sessions *sessions,
					 const char *computer)
{
	pen_list_each (link, after, &sessions->sessions) {
		struct kept_session *kept = pen_list_entry(link, struct kept_session, link);

		if (pen_upcase_equal(kept->session.computer, computer))
			return kept;
	}
	return NULL;
}

int pen_netlogon_sessions_add(struct pen_netlogon_sessions *sessions,
			      const struct pen_netlogon_session *session)
{
	struct kept_session *kept;
	int r = 0;

	pthread_mutex_lock(&sessions->mutex);
	kept = find_session(sessions, session->computer);
	if (!kept) {
		kept = pen_secret_alloc(sizeof(*kept));
		if (kept)
			pen_list_append(&sessions->sessions, &kept->link);
	}
	if (kept)
		kept->session = *session;
	else
		r = -ENOMEM;
	pthread_mutex_unlock(&sessions->mutex);
	return r;
}

int pen_netlogon_sessions_get(struct pen_netlogon_sessions *sessions, const char *computer,
			      struct pen_netlogon_session *session)
{
	struct kept_session *kept;

	pthread_mutex_lock(&sessions->mutex);
	kept = find_session(sessions, computer);
	if (kept)
		*session = kept->session;
	pthread_mutex_unlock(&sessions->mutex);
	return kept ? 0 : PEN_E_NOT_FOUND;
}

int pen_netlogon_sessions_verify(struct pen_netlogon_sessions *sessions, const char *computer,
				 const char *account,
				 const struct pen_netlogon_authenticator *authenticator,
				 struct pen_netlogon_authenticator *answer,
				 struct pen_netlogon_session *session)
{
	struct kept_session *kept;
	int r = PEN_E_NOT_FOUND;

	pthread_mutex_lock(&sessions->mutex);
	kept = find_session(sessions, computer);
	if (kept && account && !pen_upcase_equal(kept->session.account, account))
		r = PEN_E_DENIED;
	else if (kept)
		r = pen_netlogon_credential_verify(&kept->session.credential, sessions->crypto,
						   authenticator, answer);
	if (!r)
		*session = kept->session;
	pthread_mutex_unlock(&sessions->mutex);
	return r;
}

int pen_netlogon_find_session(void *data, const char *domain, const char *computer,
			      struct pen_schannel_machine *machine)
{
	struct pen_netlogon_session session;
	int r = pen_netlogon_sessions_get(data, computer, &session);

	if (r)
		return r;
	machine->keys.flags = session.credential.flags;
	memcpy(machine->keys.session_key, session.credential.session_key, PEN_NETLOGON_KEY_SIZE);
	memcpy(machine->account, session.account, sizeof(machine->account));
	machine->sid = session.sid;
	pen_wipe(&session, sizeof(session));
	return 0;
}
