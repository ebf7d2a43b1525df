/* SPDX-License-Identifier: MIT */
#include "runtime/keylog.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "io/socket.h"
#include "rpc/auth.h"
#include "runtime/private-file.h"
#include <arpa/inet.h>
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/ndr.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PLACE_SIZE = 300, CIPHER_SIZE = 32, KEY_MAX = 512, LINE_MAX_SIZE = 2 * KEY_MAX + 1024 };

struct pen_keylog {
	int fd;
};

PEN_DEFINE_FREEP(struct pen_keylog, pen_keylog)

struct pen_keylog *pen_keylog_free(struct pen_keylog *keylog)
{
	if (keylog && keylog->fd >= 0)
		close(keylog->fd);
	free(keylog);
	return NULL;
}

int pen_keylog_new(struct pen_keylog **keylogp, const char *path, struct pen_ndr_error *error)
{
	pen_cleanup(pen_keylog_freep) struct pen_keylog *keylog = calloc(1, sizeof(*keylog));
	int r;

	if (!keylog)
		return -ENOMEM;
	keylog->fd = -1;
	r = pen_private_file_open(&keylog->fd, "the key log", path, error);
	if (r)
		return r;
	*keylogp = pen_take(&keylog);
	return 0;
}

/* ---- a line ---- */

/* "192.0.2.1:135", "[2001:db8::1]:135", "-" for what has no address. */
static void print_address(const struct pen_address *address, char text[PLACE_SIZE])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
	char host[46];

	snprintf(text, PLACE_SIZE, "-");
	pen_address_print(address, host);
	if (address->storage.ss_family == AF_INET)
		snprintf(text, PLACE_SIZE, "%s:%u", host, ntohs(four->sin_port));
	else if (address->storage.ss_family == AF_INET6)
		snprintf(text, PLACE_SIZE, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
			 ntohs(six->sin6_port));
}

static void print_ends(const struct pen_keylog_place *place, char local[PLACE_SIZE],
		       char remote[PLACE_SIZE])
{
	struct pen_address address = { .size = sizeof(address.storage) };

	snprintf(local, PLACE_SIZE, "-");
	if (!getsockname(place->fd, (struct sockaddr *)&address.storage, &address.size))
		print_address(&address, local);
	address = (struct pen_address){ .size = sizeof(address.storage) };
	snprintf(remote, PLACE_SIZE, "%s", place->remote && *place->remote ? place->remote : "-");
	if (!place->remote &&
	    !getpeername(place->fd, (struct sockaddr *)&address.storage, &address.size))
		print_address(&address, remote);
}

enum { TIME_SIZE = 96 }; /* of any year that a struct tm can have */

static void print_time(char text[TIME_SIZE])
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	snprintf(text, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (int)(now.tv_nsec / 1000000));
}

static const char *const kinds[] = {
	[PEN_SESSION_NTLM] = "ntlm",
	[PEN_SESSION_KRB5] = "krb5",
	[PEN_SESSION_SCHANNEL] = "schannel",
};

const char *pen_session_kind_name(enum pen_session_kind kind)
{
	return (size_t)kind < PEN_COUNT(kinds) ? kinds[kind] : NULL;
}

enum pen_session_kind pen_session_kind_parse(const char *name, size_t n)
{
	for (size_t i = 1; i < PEN_COUNT(kinds); i++)
		if (strlen(kinds[i]) == n && !memcmp(kinds[i], name, n))
			return (enum pen_session_kind)i;
	return PEN_SESSION_NONE;
}

struct pen_session_keys pen_keylog_keys(const struct pen_auth_info *auth)
{
	const struct pen_conn_auth *of = pen_conn_auth_of(auth);
	struct pen_session_keys keys = { .key = auth->session_key };

	return of->mech->session_keys ? of->mech->session_keys(of->context) : keys;
}

/* "ntlm:0xe2888235", or nothing where messages are not protected. */
static void print_cipher(const struct pen_session_keys *keys, char text[CIPHER_SIZE])
{
	const char *kind = pen_session_kind_name(keys->kind);

	snprintf(text, CIPHER_SIZE, kind ? "%s:%#x" : "-", kind, keys->detail);
}

int pen_keylog_add(struct pen_keylog *keylog, const struct pen_keylog_place *place,
		   const struct pen_auth_info *auth, const struct pen_session_keys *keys)
{
	static const char *const protseqs[] = { [PEN_NCACN_IP_TCP] = "ncacn_ip_tcp",
						[PEN_NCACN_NP] = "ncacn_np",
						[PEN_NCALRPC] = "ncalrpc" };
	pen_cleanup(pen_secret_freep) char *line = pen_secret_alloc(LINE_MAX_SIZE);
	struct pen_slice key = keys->key;
	char cipher[CIPHER_SIZE];
	char local[PLACE_SIZE];
	char remote[PLACE_SIZE];
	char now[TIME_SIZE];
	ssize_t sent;
	int n;

	if (!line)
		return -ENOMEM;
	if (key.size > KEY_MAX)
		return -E2BIG;
	print_ends(place, local, remote);
	print_time(now);
	print_cipher(keys, cipher);
	n = snprintf(line, LINE_MAX_SIZE,
		     "1 time=%s side=%s protseq=%s local=%s remote=%s group=%#x context=%u "
		     "type=%u mech=%s level=%u cipher=%s key=",
		     now, place->is_server ? "server" : "client", protseqs[place->protseq], local,
		     remote, place->assoc_group_id, auth->auth_context_id, auth->auth_type,
		     auth->mech, auth->auth_level, cipher);
	for (size_t i = 0; i < key.size; i++)
		n += snprintf(line + n, LINE_MAX_SIZE - (size_t)n, "%02x", key.data[i]);
	line[n++] = '\n';
	/* In one piece, so that lines of several processes do not mix. */
	sent = write(keylog->fd, line, (size_t)n);
	return sent < 0 ? -errno : sent == n ? 0 : -EIO;
}
