/* SPDX-License-Identifier: MIT */
/* What a program does that has been taken over. */
#include "daemon/confined.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int result(long r)
{
	return r < 0 ? errno : 0;
}

/* ---- files ---- */

static int open_at(const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags | O_CLOEXEC, mode);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_outside(const struct confined_place *place)
{
	return open_at(place->outside, O_RDONLY, 0);
}

static int write_outside(const struct confined_place *place)
{
	return open_at(place->outside, O_WRONLY | O_APPEND, 0);
}

static int create_outside(const struct confined_place *place)
{
	char path[512];

	snprintf(path, sizeof(path), "%s.new", place->outside);
	return open_at(path, O_WRONLY | O_CREAT, 0600);
}

static int truncate_outside(const struct confined_place *place)
{
	return result(truncate(place->outside, 0));
}

static int change_mode_outside(const struct confined_place *place)
{
	return result(chmod(place->outside, 0666));
}

static int remove_outside(const struct confined_place *place)
{
	return result(unlink(place->outside));
}

static int move_outside(const struct confined_place *place)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/taken", place->directory);
	return result(rename(place->outside, path));
}

static int link_outside(const struct confined_place *place)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/link", place->directory);
	return result(symlink(place->outside, path));
}

static int list_processes(const struct confined_place *place)
{
	return open_at("/proc", O_RDONLY | O_DIRECTORY, 0);
}

static int read_other(const struct confined_place *place)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)place->other);
	return open_at(path, O_RDONLY, 0);
}

/* What everybody may, but the greeter. */
static int read_common(const struct confined_place *place)
{
	return open_at("/etc/passwd", O_RDONLY, 0);
}

/* A program that gives its user's rights to whoever executes it. */
static int create_setuid(const struct confined_place *place)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/setuid", place->directory);
	return open_at(path, O_WRONLY | O_CREAT, 04755);
}

static int change_to_setuid(const struct confined_place *place)
{
	char path[512];
	int fd, error;

	snprintf(path, sizeof(path), "%s/program", place->directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0)
		return 0;
	error = result(fchmod(fd, 04755));
	close(fd);
	return error;
}

/* ---- programs and processes ---- */

/* Where it goes well, what is executed says so. */
static int execute(const char *path, const char *says)
{
	char script[64];
	char *const argv[] = { (char *)path, (char *)"-c", script, NULL };
	char *const environment[] = { NULL };

	snprintf(script, sizeof(script), "echo %s=0", says);
	execve(path, argv, environment);
	return errno;
}

static int execute_shell(const struct confined_place *place)
{
	return execute("/bin/sh", "execute-shell");
}

/* A program that it has brought. */
static int execute_own(const struct confined_place *place)
{
	static const char script[] = "#!/bin/sh\necho execute-own=0\n";
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/script", place->directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, script, sizeof(script) - 1) < 0)
		return 0;
	close(fd);
	return execute(path, "execute-own");
}

/* The dynamic linker may be executed; what it links must be readable. */
static int execute_by_linker(const struct confined_place *place)
{
	char linker[] = "/lib64/ld-linux-x86-64.so.2", shell[] = "/bin/sh", option[] = "-c",
	     script[] = "echo execute-by-linker=0";
	char *const argv[] = { linker, shell, option, script, NULL };

	execve(linker, argv, NULL);
	return errno;
}

/* Calls the kernel by the numbers of other architectures, for which the filter has no rules. */
static int call_x32(const struct confined_place *place)
{
	return result(syscall(0x40000000L | SYS_getpid));
}

static int call_i386(const struct confined_place *place)
{
	long r = ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
#endif
	return r < 0 ? (int)-r : 0;
}

static int make_process(const struct confined_place *place)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(pid);
}

static int spawn(const struct confined_place *place)
{
	char *const argv[] = { (char *)"true", NULL };
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL);
}

/* The flags of a thread, in namespaces of its own. */
static int make_namespace(const struct confined_place *place)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return result(pid);
}

static int trace(const struct confined_place *place)
{
	return result(ptrace(PTRACE_ATTACH, place->other, NULL, NULL));
}

static int read_memory(const struct confined_place *place)
{
	char byte;
	struct iovec here = { .iov_base = &byte, .iov_len = 1 }, there = here;

	return result(process_vm_readv(place->other, &here, 1, &there, 1, 0));
}

static int signal_other(const struct confined_place *place)
{
	return result(kill(place->other, 0));
}

static int signal_all(const struct confined_place *place)
{
	return result(kill(-1, 0));
}

static int signal_thread(const struct confined_place *place)
{
	return result(syscall(SYS_tgkill, place->other, place->other, 0));
}

/* The kernel would send them a signal when something comes. */
static int signal_by_descriptor(const struct confined_place *place)
{
	return result(fcntl(STDIN_FILENO, F_SETOWN, place->other));
}

static int become_root(const struct confined_place *place)
{
	return result(setuid(0));
}

static int have_capabilities(const struct confined_place *place)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	uint32_t all = 0;

	if (syscall(SYS_capget, &header, sets))
		return errno;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		all |= sets[i].effective | sets[i].permitted | sets[i].inheritable;
	return all ? 0 : EPERM;
}

/* Root's ids, or its group, by whatever name. */
static int have_root(const struct confined_place *place)
{
	uid_t uid[3];
	gid_t gid[3], groups[64];
	int n = getgroups(64, groups);

	if (n < 0 || getresuid(&uid[0], &uid[1], &uid[2]) || getresgid(&gid[0], &gid[1], &gid[2]))
		return errno;
	for (int i = 0; i < 3; i++)
		if (!uid[i] || !gid[i])
			return 0;
	for (int i = 0; i < n; i++)
		if (!groups[i])
			return 0;
	return EPERM;
}

static int leave_groups(const struct confined_place *place)
{
	return result(syscall(SYS_setgroups, 0, NULL));
}

static int become_traceable(const struct confined_place *place)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/* ---- memory and limits ---- */

static int map_executable(const struct confined_place *place)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int make_executable(const struct confined_place *place)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? 0 : result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int change_personality(const struct confined_place *place)
{
	return result(personality(READ_IMPLIES_EXEC));
}

static int fill_memory(const struct confined_place *place)
{
	void *memory = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	munmap(memory, (size_t)1 << 30);
	return 0;
}

static int fill_descriptors(const struct confined_place *place)
{
	int fds[128], n = 0, error = 0;

	while (n < 128 && !error) {
		fds[n] = dup(STDOUT_FILENO);
		error = result(fds[n]);
		n += !error;
	}
	while (n)
		close(fds[--n]);
	return error;
}

static int raise_limit(const struct confined_place *place)
{
	const struct rlimit more = { .rlim_cur = 100000, .rlim_max = 100000 };

	return result(setrlimit(RLIMIT_NOFILE, &more));
}

static int dump_core(const struct confined_place *place)
{
	const struct rlimit more = { .rlim_cur = 1, .rlim_max = 1 };

	return result(setrlimit(RLIMIT_CORE, &more));
}

const struct confined_try confined_hostile[] = {
	{ "read-outside", read_outside },
	{ "write-outside", write_outside },
	{ "create-outside", create_outside },
	{ "truncate-outside", truncate_outside },
	{ "change-mode-outside", change_mode_outside },
	{ "remove-outside", remove_outside },
	{ "move-outside", move_outside },
	{ "link-outside", link_outside },
	{ "list-processes", list_processes },
	{ "read-other", read_other },
	{ "read-common", read_common },
	{ "create-setuid", create_setuid },
	{ "change-to-setuid", change_to_setuid },
	{ "execute-shell", execute_shell },
	{ "execute-own", execute_own },
	{ "execute-by-linker", execute_by_linker },
	{ "call-x32", call_x32 },
	{ "call-i386", call_i386 },
	{ "make-process", make_process },
	{ "spawn", spawn },
	{ "make-namespace", make_namespace },
	{ "trace", trace },
	{ "read-memory", read_memory },
	{ "signal-other", signal_other },
	{ "signal-all", signal_all },
	{ "signal-thread", signal_thread },
	{ "signal-by-descriptor", signal_by_descriptor },
	{ "become-root", become_root },
	{ "have-capabilities", have_capabilities },
	{ "have-root", have_root },
	{ "leave-groups", leave_groups },
	{ "become-traceable", become_traceable },
	{ "map-executable", map_executable },
	{ "make-executable", make_executable },
	{ "change-personality", change_personality },
	{ "fill-memory", fill_memory },
	{ "fill-descriptors", fill_descriptors },
	{ "raise-limit", raise_limit },
	{ "dump-core", dump_core },
	{ NULL, NULL },
};

#define CALL(name)                                                                                 \
	{                                                                                          \
#name, SYS_##name                                                                  \
	}

const struct confined_call confined_calls[] = {
	CALL(accept4),
	CALL(acct),
	CALL(add_key),
	CALL(bpf),
	CALL(chroot),
	CALL(clock_adjtime),
	CALL(clock_settime),
	CALL(delete_module),
	CALL(execveat),
	CALL(fanotify_init),
	CALL(fchown),
	CALL(fchownat),
	CALL(finit_module),
	CALL(fsopen),
	CALL(get_mempolicy),
	CALL(init_module),
	CALL(inotify_init1),
	CALL(io_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
	CALL(io_uring_setup),
	CALL(kcmp),
	CALL(kexec_load),
	CALL(keyctl),
	CALL(linkat),
	CALL(lookup_dcookie),
	CALL(mbind),
	CALL(memfd_create),
	CALL(memfd_secret),
	CALL(migrate_pages),
	CALL(mknodat),
	CALL(mount),
	CALL(mount_setattr),
	CALL(move_mount),
	CALL(move_pages),
	CALL(mq_open),
	CALL(msgget),
	CALL(name_to_handle_at),
	CALL(nfsservctl),
	CALL(open_by_handle_at),
	CALL(open_tree),
	CALL(perf_event_open),
	CALL(pidfd_getfd),
	CALL(pidfd_open),
	CALL(pidfd_send_signal),
	CALL(pivot_root),
	CALL(pkey_alloc),
	CALL(process_madvise),
	CALL(process_vm_writev),
	CALL(quotactl),
	CALL(reboot),
	CALL(remap_file_pages),
	CALL(request_key),
	CALL(rt_sigqueueinfo),
	CALL(sched_setaffinity),
	CALL(sched_setattr),
	CALL(sched_setscheduler),
	CALL(semget),
	CALL(setdomainname),
	CALL(setfsuid),
	CALL(setgid),
	CALL(sethostname),
	CALL(setitimer),
	CALL(setns),
	CALL(setpgid),
	CALL(setpriority),
	CALL(setresgid),
	CALL(setresuid),
	CALL(setreuid),
	CALL(setsid),
	CALL(settimeofday),
	CALL(setxattr),
	CALL(shmget),
	CALL(splice),
	CALL(swapon),
	CALL(syslog),
	CALL(tee),
	CALL(timer_create),
	CALL(tkill),
	CALL(umount2),
	CALL(unshare),
	CALL(userfaultfd),
	CALL(utimensat),
	CALL(vhangup),
	CALL(vmsplice),
	CALL(waitid),
	CALL(wait4),
	{ NULL, 0 },
};
