/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMES_MAX = 65536, GROUPS_MAX = 256 };

struct ids {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	int n_groups;
};

/* ---- capabilities ---- */

/*
 * What no program that is executed may get back. Who cannot drop from that set gets nothing back
 * either, since there are no new privileges.
 */
static int drop_bounding(char error[256])
{
	for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
		if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) && errno != EPERM)
			return confine_fail(error, errno, "the bounding set of capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return confine_fail(error, errno, "the ambient set of capabilities");
	return 0;
}

static int drop_capabilities(char error[256])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capset, &header, sets))
		return confine_fail(error, errno, "capabilities");
	if (syscall(SYS_capget, &header, sets))
		return confine_fail(error, errno, "capabilities");
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (sets[i].effective | sets[i].permitted | sets[i].inheritable)
			return confine_fail(error, EPERM, "capabilities are still there");
	return 0;
}

/* ---- the user ---- */

static int find_user(const char *name, struct ids *ids, char error[256])
{
	pen_cleanup(pen_freep) char *room = malloc(NAMES_MAX);
	struct passwd entry, *found;
	int number;

	if (!room)
		return confine_fail(error, ENOMEM, name);
	number = getpwnam_r(name, &entry, room, NAMES_MAX, &found);
	if (number || !found) {
		snprintf(error, 256, "there is no user %s", name);
		return number ? -number : -ENOENT;
	}
	ids->uid = entry.pw_uid;
	ids->gid = entry.pw_gid;
	ids->n_groups = GROUPS_MAX;
	if (getgrouplist(name, ids->gid, ids->groups, &ids->n_groups) < 0) {
		snprintf(error, 256, "%s is in more than %d groups", name, GROUPS_MAX);
		return -E2BIG;
	}
	return 0;
}

static bool is_user(const struct ids *ids)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) || getresgid(&gid[0], &gid[1], &gid[2]))
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != ids->uid || gid[i] != ids->gid)
			return false;
	return true;
}

static int become(const char *name, const struct ids *ids, char error[256])
{
	if (setgroups((size_t)ids->n_groups, ids->groups) ||
	    setresgid(ids->gid, ids->gid, ids->gid) || setresuid(ids->uid, ids->uid, ids->uid))
		return confine_fail(error, errno, name);
	if (!is_user(ids) || getgroups(0, NULL) != ids->n_groups)
		return confine_fail(error, EPERM, name);
	return 0;
}

int confine_ids(const char *user, char error[256])
{
	struct ids ids = { 0 };
	int r = user ? find_user(user, &ids, error) : 0;

	if (!r)
		r = drop_bounding(error);
	/* Its own user, as which it may have been started, needs no root. */
	if (!r && user && (!geteuid() || !is_user(&ids)))
		r = become(user, &ids, error);
	if (!r)
		r = drop_capabilities(error);
	if (!r && getuid() && !setresuid(0, 0, 0)) {
		snprintf(error, 256, "it could be root again");
		r = -EPERM;
	}
	return r;
}
