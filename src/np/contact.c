/* SPDX-License-Identifier: MIT */
#include "np/contact.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include "io/socket.h"
#include "np/fork.h"
#include <errno.h>
#include <penstock/idl/object.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 16, BUSY_MS = 1 };

/* Of this process, under pen_fork_lock. */
static struct pen_contact *kept;
static unsigned n_kept;

struct pen_contact *pen_contact_free(struct pen_contact *contact)
{
	if (!contact)
		return NULL;
	if (contact->fd >= 0)
		close(contact->fd);
	free(contact->room);
	free(contact);
	return NULL;
}

PEN_DEFINE_FREEP(struct pen_contact, pen_contact)

/* ---- those that are kept ---- */

/* With the lock: those of the process that this one comes from are that one's. */
static void drop_parents(void)
{
	while (kept && kept->generation != pen_fork_generation()) {
		struct pen_contact *contact = kept;

		kept = contact->next;
		n_kept--;
		pen_contact_free(contact);
	}
}

struct pen_contact *pen_contact_take(const char *directory)
{
	struct pen_contact **at = &kept, *contact;
	uid_t uid = geteuid();
	gid_t gid = getegid();

	pen_fork_lock();
	drop_parents();
	while ((contact = *at)) {
		if (contact->uid == uid && contact->gid == gid &&
		    !strcmp(contact->directory, directory)) {
			*at = contact->next;
			n_kept--;
			break;
		}
		at = &contact->next;
	}
	pen_fork_unlock();
	return contact;
}

void pen_contact_keep(struct pen_contact *contact)
{
	bool is_kept;

	pen_fork_lock();
	drop_parents();
	is_kept = n_kept < KEPT_MAX && contact->generation == pen_fork_generation();
	if (is_kept) {
		contact->next = kept;
		kept = contact;
		n_kept++;
	}
	pen_fork_unlock();
	if (!is_kept)
		pen_contact_free(contact);
}

/* ---- new ones ---- */

static int connect_to(const char *directory)
{
	struct pen_address address;
	int fd, r = pen_unix_address(&address, directory, "objects");

	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (struct sockaddr *)&address.storage, address.size) ? -errno : 0;
	if (r)
		close(fd);
	return r ? r : fd;
}

/* Its queue may be full for a while. */
static int connect_until(const char *directory, uint64_t until)
{
	int fd;

	while ((fd = connect_to(directory)) == -EAGAIN && pen_clock_ms() < until)
		poll(NULL, 0, BUSY_MS);
	return fd;
}

/* Who has not been told whom to trust trusts root and himself. */
static int check(int fd)
{
	struct ucred peer;
	int r = pen_socket_peer(fd, &peer);

	return r ? r : peer.uid && peer.uid != geteuid() ? -EACCES : 0;
}

static int open_socket(const struct pen_place *place, uint64_t until)
{
	int fd, r = place->refusal;

	if (r)
		return r;
	fd = connect_until(place->directory, until);
	if ((fd == -ENOENT || fd == -ECONNREFUSED) && place->may_start &&
	    !pen_starter_run(place->directory))
		fd = connect_until(place->directory, until);
	r = fd < 0 || place->is_given ? 0 : check(fd);
	if (r)
		close(fd);
	return r ? r : fd;
}

int pen_contact_connect(struct pen_contact **contactp, const struct pen_place *place,
			uint64_t until)
{
	pen_cleanup(pen_contact_freep) struct pen_contact *contact = malloc(sizeof(*contact));

	if (!contact)
		return -ENOMEM;
	*contact = (struct pen_contact){ .fd = -1,
					 .uid = geteuid(),
					 .gid = getegid(),
					 .generation = pen_fork_generation(),
					 .room = malloc(object_MESSAGE_MAX) };
	if (!contact->room)
		return -ENOMEM;
	strcpy(contact->directory, place->directory);
	contact->fd = open_socket(place, until);
	if (contact->fd < 0)
		return contact->fd;
	*contactp = pen_take(&contact);
	return 0;
}
