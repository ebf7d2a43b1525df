/* SPDX-License-Identifier: MIT */
#include "daemon/handed.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FIRST = 3 };

/* ---- what the environment says ---- */

/* A number of the environment; -1: there is none, or it is none. */
static long number_of(const char *variable)
{
	const char *text = secure_getenv(variable);
	char *end;
	long value;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || *end ? -1 : value;
}

static int option_of(int fd, int option)
{
	socklen_t size = sizeof(int);
	int value = 0;

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) ? -1 : value;
}

static bool is_listening_stream(int fd)
{
	return option_of(fd, SO_TYPE) == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) == 1;
}

/* The names stand between colons; those that are too long say nothing. */
static void copy_name(char name[128], const char **namesp)
{
	size_t n = strcspn(*namesp, ":");

	snprintf(name, 128, "%.*s", n < 128 ? (int)n : 0, *namesp);
	*namesp += n + ((*namesp)[n] == ':');
}

static bool prepare(int fd)
{
	return is_listening_stream(fd) && !fcntl(fd, F_SETFD, FD_CLOEXEC) &&
	       !pen_socket_set_blocking(fd, false);
}

int handed_take_all(struct handed *handed)
{
	const char *names = secure_getenv("LISTEN_FDNAMES");
	long n = number_of("LISTEN_FDS");
	bool is_ours = number_of("LISTEN_PID") == getpid();
	int n_bad = 0;

	handed->n = 0;
	if (is_ours && (n < 0 || n > HANDED_MAX))
		return -EINVAL;
	for (int i = 0; is_ours && i < n; i++) {
		if (names)
			copy_name(handed->names[handed->n], &names);
		else
			handed->names[handed->n][0] = '\0';
		if (prepare(FIRST + i)) {
			handed->fds[handed->n++] = FIRST + i;
		} else {
			close(FIRST + i);
			n_bad++;
		}
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return n_bad;
}

/* ---- whose they are ---- */

static uint16_t port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

static const char *bare_endpoint(const struct pen_binding *binding)
{
	static const char prefix[] = "\\pipe\\";
	const char *endpoint = binding->endpoint;

	if (endpoint && binding->protseq == PEN_NCACN_NP &&
	    !strncasecmp(endpoint, prefix, strlen(prefix)))
		endpoint += strlen(prefix);
	return endpoint;
}

static bool has_name(const char *name, const struct pen_binding *binding)
{
	const char *protseq = pen_protseq_name(binding->protseq);
	const char *endpoint = bare_endpoint(binding);
	size_t n = strlen(protseq);

	if (strncmp(name, protseq, n))
		return false;
	if (!endpoint)
		return !name[n];
	return name[n] == '-' && !strcasecmp(name + n + 1, endpoint);
}

static bool has_address(int fd, const struct pen_binding *binding, const char *directory)
{
	struct pen_address address = { .size = sizeof(address.storage) };
	const struct sockaddr_un *un = (const struct sockaddr_un *)&address.storage;
	const char *endpoint = bare_endpoint(binding);
	char text[sizeof(un->sun_path)];

	if (!endpoint || getsockname(fd, (struct sockaddr *)&address.storage, &address.size))
		return false;
	if (binding->protseq == PEN_NCACN_IP_TCP) {
		snprintf(text, sizeof(text), "%u", port_of(&address.storage));
		return address.storage.ss_family != AF_UNIX && !strcmp(text, endpoint);
	}
	if (address.storage.ss_family != AF_UNIX || !directory ||
	    snprintf(text, sizeof(text), "%s/%s", directory, endpoint) >= (int)sizeof(text))
		return false;
	return binding->protseq == PEN_NCACN_NP ? !strcasecmp(text, un->sun_path)
						: !strcmp(text, un->sun_path);
}

/* A socket of another family than the binding's is no such endpoint, whatever its name. */
static bool fits(int fd, const struct pen_binding *binding)
{
	bool is_local = option_of(fd, SO_DOMAIN) == AF_UNIX;

	return is_local == (binding->protseq != PEN_NCACN_IP_TCP);
}

static int note_port(int fd, struct pen_binding *binding)
{
	struct pen_address address = { .size = sizeof(address.storage) };

	if (binding->protseq != PEN_NCACN_IP_TCP)
		return 0;
	if (getsockname(fd, (struct sockaddr *)&address.storage, &address.size))
		return -errno;
	binding->endpoint = pen_arena_printf(&binding->arena, "%u", port_of(&address.storage));
	return binding->endpoint ? 0 : -ENOMEM;
}

int handed_take(struct handed *handed, struct pen_binding *binding, const char *directory)
{
	for (size_t i = 0; i < handed->n; i++) {
		int fd = handed->fds[i];

		if (fd < 0 || !fits(fd, binding) ||
		    (!has_name(handed->names[i], binding) && !has_address(fd, binding, directory)))
			continue;
		if (note_port(fd, binding))
			continue;
		handed->fds[i] = -1;
		return fd;
	}
	return -1;
}

size_t handed_done(struct handed *handed)
{
	size_t n_left = 0;

	for (size_t i = 0; i < handed->n; i++) {
		if (handed->fds[i] < 0)
			continue;
		close(handed->fds[i]);
		n_left++;
	}
	handed->n = 0;
	return n_left;
}
