/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is newer than the header may be, by the version of the interface that brought it. */
#define RIGHT_REFER	  (UINT64_C(1) << 13) /* 2 */
#define RIGHT_TRUNCATE	  (UINT64_C(1) << 14) /* 3 */
#define RIGHT_BIND_TCP	  (UINT64_C(1) << 0)  /* 4 */
#define RIGHT_CONNECT_TCP (UINT64_C(1) << 1)
#define RIGHT_IOCTL_DEV	  (UINT64_C(1) << 15) /* 5 */
#define SCOPE_ABSTRACT	  (UINT64_C(1) << 0)  /* 6 */
#define SCOPE_SIGNAL	  (UINT64_C(1) << 1)

struct attributes {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

/* What a rule for something that is no directory may have. */
#define FILE_RIGHTS                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV)

#define READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define EXECUTE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

/* No sockets, no fifos, no devices; and no symbolic links, which might lead others astray. */
#define WRITE                                                                                      \
	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                    \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                            \
	 LANDLOCK_ACCESS_FS_MAKE_REG | RIGHT_REFER | RIGHT_TRUNCATE)

/* What programs read to be linked, and the libraries that all are made of then. None is secret. */
static const char *const common[] = { "/lib",
				      "/lib64",
				      "/usr/lib",
				      "/usr/lib64",
				      "/usr/local/lib",
				      "/etc/ld.so.cache",
				      "/etc/localtime",
				      "/usr/share/zoneinfo",
				      "/etc/ssl/openssl.cnf",
				      "/etc/krb5.conf",
				      "/etc/krb5.conf.d",
				      "/etc/gss",
				      "/etc/nsswitch.conf",
				      "/etc/passwd",
				      "/etc/group",
				      "/dev/zero",
				      "/dev/random",
				      "/dev/urandom",
				      "/proc/self",
				      NULL };

static const char *const networked[] = { "/etc/resolv.conf",
					 "/etc/hosts",
					 "/etc/host.conf",
					 "/etc/gai.conf",
					 "/etc/services",
					 "/etc/protocols",
					 "/etc/ssl/certs",
					 "/usr/share/ca-certificates",
					 "/usr/local/share/ca-certificates",
					 NULL };

/* ---- rules ---- */

struct rules {
	int fd;
	struct attributes handled;
	const char *at; /* what could not be allowed */
};

static int allow_opened(const struct rules *rules, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat info;

	if (fstat(fd, &info))
		return -errno;
	if (!S_ISDIR(info.st_mode))
		rights &= FILE_RIGHTS;
	rule.allowed_access = rights & rules->handled.files;
	return syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
		       ? -errno
		       : 0;
}

static int allow(struct rules *rules, const char *path, uint64_t rights)
{
	int fd, r;

	rules->at = path;
	if (*path != '/')
		return -EINVAL;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = allow_opened(rules, fd, rights);
	close(fd);
	return r;
}

/* What is not there, or not for this user, is not there for the program either. */
static int allow_present(struct rules *rules, const char *const *paths, uint64_t rights)
{
	int r = 0;

	for (; paths && *paths && !r; paths++) {
		r = allow(rules, *paths, rights);
		if (r == -ENOENT || r == -EACCES)
			r = 0;
	}
	return r;
}

static int allow_needs(struct rules *rules, const struct pen_worker_needs *needs)
{
	int r = allow_present(rules, needs->reads, READ);

	for (const char *const *path = needs->writes; !r && path && *path; path++)
		r = allow(rules, *path, WRITE);
	return r || !needs->network ? r : allow_present(rules, networked, READ);
}

/* ---- the program ---- */

/* A directory as the dynamic linker reads it: $ORIGIN is the program's. */
static int allow_library(struct rules *rules, const char *directory, const char *origin)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	char path[2 * PATH_MAX];
	const char *const alone[] = { path, NULL };

	snprintf(path, sizeof(path), "%s", directory);
	for (size_t i = 0; i < 2; i++)
		if (!strncmp(directory, words[i], strlen(words[i])))
			snprintf(path, sizeof(path), "%s%s", origin, directory + strlen(words[i]));
	/* A relative one depends on where one starts: it is not searched here. */
	return *path == '/' ? allow_present(rules, alone, READ) : 0;
}

static int allow_linkage(struct rules *rules, const char *program, struct confine_linkage *linkage)
{
	char *rest = linkage->directories, *directory, *slash;
	char origin[PATH_MAX];
	int r = 0;

	if (*linkage->interpreter)
		r = allow(rules, linkage->interpreter, EXECUTE);
	if (r || !*rest)
		return r;
	rules->at = program;
	if (!realpath(program, origin))
		return -errno;
	slash = strrchr(origin, '/');
	*slash = '\0';
	while (!r && (directory = strsep(&rest, ":")))
		r = allow_library(rules, directory, origin);
	return r;
}

static int allow_program(struct rules *rules, const char *program)
{
	pen_cleanup(pen_freep) struct confine_linkage *linkage = malloc(sizeof(*linkage));
	int fd, r;

	rules->at = program;
	if (!linkage)
		return -ENOMEM;
	fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = allow_opened(rules, fd, EXECUTE);
	if (!r)
		r = confine_linkage_read(linkage, fd);
	close(fd);
	return r ? r : allow_linkage(rules, program, linkage);
}

static int allow_all(struct rules *rules, const struct confinement *confinement)
{
	static const char *const null_device[] = { "/dev/null", NULL };
	bool has_started = !confinement->program;
	int r;

	if (confinement->is_parser && has_started)
		return 0;
	r = has_started ? 0 : allow_program(rules, confinement->program);
	if (!r)
		r = allow_present(rules, common, READ);
	if (!r)
		r = allow_present(rules, null_device, READ | LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (r || !confinement->needs || confinement->is_parser)
		return r;
	return allow_needs(rules, confinement->needs);
}

/* ---- the whole ---- */

/* The rights that this kernel knows, all of which are refused but where a rule allows them. */
static void find_handled(struct attributes *handled, long version, bool has_network,
			 char missing[128])
{
	handled->files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	if (version >= 2)
		handled->files |= RIGHT_REFER;
	else
		confine_missing(missing, "landlock-move"); /* out of a directory: refused */
	if (version >= 3)
		handled->files |= RIGHT_TRUNCATE;
	else
		confine_missing(missing, "landlock-truncate");
	if (version >= 4)
		handled->network = RIGHT_BIND_TCP | (has_network ? 0 : RIGHT_CONNECT_TCP);
	else
		confine_missing(missing, "landlock-tcp");
	if (version >= 5)
		handled->files |= RIGHT_IOCTL_DEV;
	else
		confine_missing(missing, "landlock-ioctl");
	if (version >= 6)
		handled->scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	else
		confine_missing(missing, "landlock-scope");
}

static int restrict_self(struct rules *rules, const struct confinement *confinement,
			 char error[256])
{
	int r = allow_all(rules, confinement);

	if (r)
		return confine_fail(error, -r, rules->at);
	if (syscall(SYS_landlock_restrict_self, rules->fd, 0))
		return confine_fail(error, errno, "Landlock");
	return 0;
}

int confine_files(const struct confinement *confinement, char missing[128], char error[256])
{
	const struct pen_worker_needs *needs = confinement->needs;
	bool has_network = needs && needs->network && !confinement->is_parser;
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct rules rules = { 0 };
	int r;

	if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
		confine_missing(missing, "landlock");
		return 0;
	}
	if (version < 0)
		return confine_fail(error, errno, "Landlock");
	find_handled(&rules.handled, version, has_network, missing);
	/* A kernel with a smaller struct takes this one, whose rest is zeros then. */
	rules.fd =
		(int)syscall(SYS_landlock_create_ruleset, &rules.handled, sizeof(rules.handled), 0);
	if (rules.fd < 0)
		return confine_fail(error, errno, "Landlock");
	r = restrict_self(&rules, confinement, error);
	close(rules.fd);
	return r;
}
