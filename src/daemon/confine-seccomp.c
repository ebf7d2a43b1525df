/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What is not here is refused with EPERM. A call that only an older or newer architecture has is
 * left out there.
 */

/* ---- calls whose arguments do not matter ---- */

/* The greeter has its descriptors, and memory, and the time. */
static const char *const parser_calls[] = {
	"read",		"readv",	   "recvfrom",	      "recvmsg",      "write",
	"writev",	"close",	   "shutdown",	      "getsockopt",   "getsockname",
	"getpeername",	"fstat",	   "lseek",	      "poll",	      "ppoll",
	"epoll_ctl",	"epoll_wait",	   "epoll_pwait",     "epoll_pwait2", "clock_gettime",
	"clock_getres", "clock_nanosleep", "nanosleep",	      "gettimeofday", "time",
	"brk",		"munmap",	   "mremap",	      "madvise",      "futex",
	"sched_yield",	"getrandom",	   "getpid",	      "gettid",	      "getuid",
	"geteuid",	"getgid",	   "getegid",	      "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "sigaltstack",	   "restart_syscall", "rseq",	      "exit",
	"exit_group",
};

/* Workers have files, threads, timers and local sockets besides. */
static const char *const worker_calls[] = {
	/* files, which Landlock guards */
	"access",
	"faccessat",
	"faccessat2",
	"readlink",
	"readlinkat",
	"stat",
	"lstat",
	"newfstatat",
	"statx",
	"statfs",
	"fstatfs",
	"getcwd",
	"getdents",
	"getdents64",
	"pread64",
	"pwrite64",
	"preadv",
	"pwritev",
	"preadv2",
	"pwritev2",
	"fsync",
	"fdatasync",
	"fallocate",
	"ftruncate",
	"fadvise64",
	"sync_file_range",
	"flock",
	"mkdir",
	"mkdirat",
	"rmdir",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"umask",
	"dup",
	"dup2",
	"dup3",
	"close_range",
	"pipe",
	"pipe2",
	"sendfile",
	"copy_file_range",
	/* memory and threads */
	"msync",
	"mincore",
	"mlock",
	"munlock",
	"membarrier",
	"set_robust_list",
	"get_robust_list",
	"set_tid_address",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_get_priority_max",
	"sched_get_priority_min",
	"getcpu",
	"arch_prctl",
	"futex_wait",
	"futex_wake",
	"futex_waitv",
	/* waiting */
	"select",
	"pselect6",
	"epoll_create",
	"epoll_create1",
	"eventfd",
	"eventfd2",
	"signalfd",
	"signalfd4",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_gettime",
	"rt_sigpending",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"pause",
	/* itself, and the machine */
	"getppid",
	"getpgrp",
	"getpgid",
	"getsid",
	"getresuid",
	"getresgid",
	"getgroups",
	"getrusage",
	"getrlimit",
	"times",
	"uname",
	"sysinfo",
	"capget",
	/* sockets: of which addresses cannot be told */
	"connect",
	"recvmmsg",
	/* to be confined once more, which only takes away */
	"capset",
	"landlock_create_ruleset",
	"landlock_add_rule",
	"landlock_restrict_self",
	"setrlimit",
};

/* ---- calls whose arguments matter ---- */

/* For whom a rule is. */
enum {
	PARSER = 1,	/* the greeter once it has started, and all others */
	WORKER = 2,	/* workers, and the greeter before that */
	LOCAL = 4,	/* workers that are not root */
	NETWORK = 8,	/* those with the network */
	STARTING = 16,	/* what is yet to be executed */
	UNWRITING = 32, /* those that write no files */
	CARRIER = 64,	/* the relay, which may be root */
	PORTER = 128,	/* the porter, which may be too */
};

struct rule {
	unsigned who;
	const char *call;
	struct scmp_arg_cmp arguments[3];
};

/* clang-format off */
#define IS(argument, value) { (argument), SCMP_CMP_EQ, (scmp_datum_t)(value), 0 }
#define BITS(argument, mask, value) { (argument), SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value) }
#define STREAM BITS(1, TYPE_MASK, SOCK_STREAM)
#define PACKETS BITS(1, TYPE_MASK, SOCK_SEQPACKET)
#define DATAGRAM BITS(1, TYPE_MASK, SOCK_DGRAM)
#define OPTION(level, name) "setsockopt", { IS(1, level), IS(2, name) }
/* clang-format on */

/* A new thread of this process as the C library makes one: neither a process nor a namespace. */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_FREE                                                                                \
	(CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |               \
	 CLONE_CHILD_SETTID | CLONE_DETACHED)

/*
 * A message that connects as it is sent goes past what Landlock says of connecting; one out of
 * band meets code of the kernel that nobody else uses.
 */
#define UNWANTED (MSG_FASTOPEN | MSG_OOB)

#define TSYNC ((uint64_t)SECCOMP_FILTER_FLAG_TSYNC)

enum { SET_IDS = 06000, TYPE_MASK = 0xf, PR_NAME_MEMORY = 0x53564d41 };

static const struct rule rules[] = {
	/* memory that is written is not executed; in the greeter none is, and no file is mapped */
	{ PARSER, "mmap", { BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
	{ PARSER, "mprotect", { BITS(2, PROT_EXEC, 0) } },
	{ WORKER, "mmap", { BITS(2, PROT_EXEC, 0) } },
	{ WORKER, "mmap", { BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC) } },

	/* files: none is made that gives its user's rights to whoever executes it */
	{ WORKER, "open", { BITS(2, SET_IDS, 0) } },
	{ WORKER, "openat", { BITS(3, SET_IDS, 0) } },
	{ WORKER, "creat", { BITS(1, SET_IDS, 0) } },
	{ WORKER, "fchmod", { BITS(1, SET_IDS, 0) } },
	{ UNWRITING, "openat2", { { 0 } } }, /* where its mode would be cannot be seen */
	{ STARTING, "execve", { { 0 } } },

	/* descriptors: no signals that the kernel sends to others in our name (F_SETOWN) */
	{ PARSER, "fcntl", { IS(1, F_GETFD) } },
	{ PARSER, "fcntl", { IS(1, F_SETFD) } },
	{ PARSER, "fcntl", { IS(1, F_GETFL) } },
	{ PARSER, "fcntl", { IS(1, F_SETFL) } },
	{ WORKER, "fcntl", { IS(1, F_DUPFD) } },
	{ WORKER, "fcntl", { IS(1, F_DUPFD_CLOEXEC) } },
	{ WORKER, "fcntl", { IS(1, F_GETLK) } },
	{ WORKER, "fcntl", { IS(1, F_SETLK) } },
	{ WORKER, "fcntl", { IS(1, F_SETLKW) } },
	{ WORKER, "fcntl", { IS(1, F_OFD_GETLK) } },
	{ WORKER, "fcntl", { IS(1, F_OFD_SETLK) } },
	{ WORKER, "fcntl", { IS(1, F_OFD_SETLKW) } },
	{ WORKER, "fcntl", { IS(1, F_GETPIPE_SZ) } },
	{ WORKER, "fcntl", { IS(1, F_SETPIPE_SZ) } },
	{ WORKER, "fcntl", { IS(1, F_GET_SEALS) } },
	{ WORKER, "fcntl", { IS(1, F_ADD_SEALS) } },
	{ PARSER, "ioctl", { IS(1, FIONBIO) } },
	{ PARSER, "ioctl", { IS(1, FIONREAD) } },
	{ WORKER, "ioctl", { IS(1, FIOCLEX) } },
	{ WORKER, "ioctl", { IS(1, FIONCLEX) } },
	{ WORKER, "ioctl", { IS(1, TIOCOUTQ) } },
	{ WORKER, "ioctl", { IS(1, TCGETS) } }, /* whether it is a terminal */

	/* sockets */
	{ PARSER, "sendto", { BITS(3, UNWANTED, 0) } },
	{ PARSER, "sendmsg", { BITS(2, UNWANTED, 0) } },
	{ WORKER, "sendmmsg", { BITS(3, UNWANTED, 0) } },
	{ LOCAL, "socket", { IS(0, AF_UNIX) } },
	{ CARRIER, "socket", { IS(0, AF_UNIX), STREAM } },
	{ CARRIER, "connect", { { 0 } } },
	{ PORTER, "socket", { IS(0, AF_UNIX), PACKETS } },
	{ PORTER, "memfd_create", { { 0 } } },
	{ WORKER, "socketpair", { IS(0, AF_UNIX) } },
	{ NETWORK, "socket", { IS(0, AF_INET), STREAM, IS(2, 0) } },
	{ NETWORK, "socket", { IS(0, AF_INET), STREAM, IS(2, IPPROTO_TCP) } },
	{ NETWORK, "socket", { IS(0, AF_INET), DATAGRAM, IS(2, 0) } },
	{ NETWORK, "socket", { IS(0, AF_INET), DATAGRAM, IS(2, IPPROTO_UDP) } },
	{ NETWORK, "socket", { IS(0, AF_INET6), STREAM, IS(2, 0) } },
	{ NETWORK, "socket", { IS(0, AF_INET6), STREAM, IS(2, IPPROTO_TCP) } },
	{ NETWORK, "socket", { IS(0, AF_INET6), DATAGRAM, IS(2, 0) } },
	{ NETWORK, "socket", { IS(0, AF_INET6), DATAGRAM, IS(2, IPPROTO_UDP) } },
	{ NETWORK, "bind", { { 0 } } }, /* resolvers do; Landlock keeps TCP from it */
	{ WORKER, OPTION(SOL_SOCKET, SO_REUSEADDR) },
	{ WORKER, OPTION(SOL_SOCKET, SO_SNDBUF) },
	{ WORKER, OPTION(SOL_SOCKET, SO_RCVBUF) },
	{ WORKER, OPTION(SOL_SOCKET, SO_KEEPALIVE) },
	{ WORKER, OPTION(SOL_SOCKET, SO_LINGER) },
	{ WORKER, OPTION(SOL_SOCKET, SO_PASSCRED) },
	{ WORKER, OPTION(SOL_SOCKET, SO_RCVLOWAT) },
	{ WORKER, OPTION(SOL_SOCKET, SO_RCVTIMEO) },
	{ WORKER, OPTION(SOL_SOCKET, SO_SNDTIMEO) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_NODELAY) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_CORK) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_KEEPIDLE) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_KEEPINTVL) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_KEEPCNT) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_SYNCNT) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_QUICKACK) },
	{ WORKER, OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT) },
	{ NETWORK, OPTION(IPPROTO_IP, IP_RECVERR) },
	{ NETWORK, OPTION(IPPROTO_IP, IP_MTU_DISCOVER) },
	{ NETWORK, OPTION(IPPROTO_IPV6, IPV6_RECVERR) },
	{ NETWORK, OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER) },
	{ NETWORK, OPTION(IPPROTO_IPV6, IPV6_V6ONLY) },

	/* threads, and limits that only go down */
	{ WORKER, "clone", { BITS(0, ~(uint64_t)THREAD_FREE, THREAD) } },
	{ PARSER, "prlimit64", { IS(0, 0) } },
	{ WORKER, "personality", { IS(0, 0xffffffff) } }, /* which it is */
	{ WORKER, "seccomp", { IS(0, SECCOMP_SET_MODE_FILTER), BITS(1, ~TSYNC, 0) } },
	{ WORKER, "seccomp", { IS(0, SECCOMP_GET_ACTION_AVAIL) } },
	{ WORKER, "seccomp", { IS(0, SECCOMP_SET_MODE_STRICT), IS(1, 1) } }, /* is it there? */
	{ WORKER, "prctl", { IS(0, PR_SET_NAME) } },
	{ WORKER, "prctl", { IS(0, PR_GET_NAME) } },
	{ WORKER, "prctl", { IS(0, PR_NAME_MEMORY) } },
	{ WORKER, "prctl", { IS(0, PR_GET_DUMPABLE) } },
	{ WORKER, "prctl", { IS(0, PR_SET_DUMPABLE), IS(1, 0) } },
	{ WORKER, "prctl", { IS(0, PR_SET_PDEATHSIG) } },
	{ WORKER, "prctl", { IS(0, PR_SET_NO_NEW_PRIVS) } },
	{ WORKER, "prctl", { IS(0, PR_GET_NO_NEW_PRIVS) } },
	{ WORKER, "prctl", { IS(0, PR_GET_SECCOMP) } },
	{ WORKER, "prctl", { IS(0, PR_SET_SECCOMP) } },
	{ WORKER, "prctl", { IS(0, PR_CAPBSET_READ) } },
	{ WORKER, "prctl", { IS(0, PR_CAPBSET_DROP) } },
	{ WORKER, "prctl", { IS(0, PR_CAP_AMBIENT), IS(1, PR_CAP_AMBIENT_CLEAR_ALL) } },
};

/* ---- the filter ---- */

static int add(scmp_filter_ctx filter, uint32_t action, const char *name,
	       const struct scmp_arg_cmp *arguments)
{
	int call = seccomp_syscall_resolve_name(name);
	unsigned n = 0;

	if (call == __NR_SCMP_ERROR)
		return 0; /* the library is older than the call: it is refused */
	while (arguments && n < 3 && arguments[n].op)
		n++;
	return seccomp_rule_add_array(filter, action, call, n, arguments);
}

static int add_plain(scmp_filter_ctx filter, const char *const *names, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = add(filter, SCMP_ACT_ALLOW, names[i], NULL);
	return r;
}

/*
 * Signals to itself alone: the id of the process is known already, and it will have no other. Of
 * its threads the C library names the process too.
 */
static int add_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp own[3] = { IS(0, getpid()) };
	int r = add(filter, SCMP_ACT_ALLOW, "kill", own);

	if (!r)
		r = add(filter, SCMP_ACT_ALLOW, "tgkill", own);
	return r ? r : add(filter, SCMP_ACT_ALLOW, "rt_tgsigqueueinfo", own);
}

static unsigned who_is(const struct confinement *confinement)
{
	const struct pen_worker_needs *needs = confinement->needs;
	unsigned who = PARSER | (confinement->program ? STARTING : 0);

	if (confinement->is_parser && confinement->program)
		return who | WORKER | UNWRITING;
	if (confinement->is_parser)
		return confinement->is_carrier ? who | CARRIER : who;
	if (confinement->is_porter)
		who |= PORTER;
	if (needs && needs->network)
		who |= NETWORK;
	if (!needs || !needs->writes || !*needs->writes)
		who |= UNWRITING;
	/* Local services believe root, whatever it has lost: it does not get to speak to them. */
	if (geteuid() || confinement->is_local)
		who |= LOCAL;
	return who | WORKER;
}

static int fill(scmp_filter_ctx filter, unsigned who)
{
	int r = add_plain(filter, parser_calls, PEN_COUNT(parser_calls));

	if (!r && who & WORKER)
		r = add_plain(filter, worker_calls, PEN_COUNT(worker_calls));
	for (size_t i = 0; i < PEN_COUNT(rules) && !r; i++)
		if (rules[i].who & who)
			r = add(filter, SCMP_ACT_ALLOW, rules[i].call, rules[i].arguments);
	/* Its flags cannot be seen: the C library takes clone then, whose can. */
	if (!r)
		r = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL);
	return r ? r : add_signals(filter);
}

/* Who calls the kernel as another architecture has shown what it is: it is killed. */
static int set_attributes(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return r ? r : seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
}

static void release(scmp_filter_ctx *filterp)
{
	seccomp_release(*filterp);
}

int confine_calls(const struct confinement *confinement, char missing[128], char error[256])
{
	pen_cleanup(release) scmp_filter_ctx filter = NULL;
	int r;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		confine_missing(missing, "seccomp");
		return 0;
	}
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	r = filter ? set_attributes(filter) : -ENOMEM;
	if (!r)
		r = fill(filter, who_is(confinement));
	if (!r)
		r = seccomp_load(filter);
	return r ? confine_fail(error, r < 0 ? -r : EBUSY, "seccomp") : 0;
}
