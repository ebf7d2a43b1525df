/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CONFINE_H
#define PEN_DAEMON_CONFINE_H
/*
 * What a child of penstockd may do: the kernel holds it to that, whoever has taken it over. To be
 * called in the child, between fork and exec; all of it lasts beyond exec.
 *
 * No new privileges; no ids but the user's, no capabilities; resource limits; Landlock: only the
 * files and directories named, and nothing bound or connected over TCP where the kernel can tell;
 * seccomp: no listening and no binding, no tracing, no namespaces, mounts, modules, keys, no
 * process of another program, and what else a server of calls has no use for.
 *
 * A child that has started calls it once more, with program NULL, while it has one thread only:
 * then it executes nothing any more, and nobody reads its memory. What was forbidden stays so.
 * docs/security.md says what each layer holds.
 *
 * Left to the caller: what is open stays as open as it was, and the environment what it was. A
 * signal for the parent's death (PR_SET_PDEATHSIG) is to be asked for afterwards: with the user it
 * is forgotten.
 */
#include <penstock/worker.h>

struct confinement {
	/*
	 * To be executed, by execve and this path, with what it is linked with: an ELF program.
	 * NULL: this one runs already.
	 */
	const char *program;
	const struct pen_worker_needs *needs; /* paths from the root on; NULL: none */
	const char *user;		      /* NULL: as it is; only root can change it */
	uint32_t files_max;		      /* descriptors; 0: as it is */
	bool is_local;	 /* speaks to local services even as root, whom they believe: penstock-authd
			  */
	bool is_parser;	 /* no files at all and no sockets of its own: the greeter */
	bool is_carrier; /* a parser that has started, and connects to local sockets: the relay */
	bool is_porter;	 /* speaks to the object manager, as root too */
};

/*
 * What the kernel cannot do is left out, and said in missing (a list of words, "" if all is there):
 * the caller logs it. A negative errno, with the sentence in error: the child must not go on.
 * A file to be read that is not there is left out; one to be written, or a directory, must be
 * there.
 */
int confine_self(const struct confinement *confinement, char missing[128], char error[256]);

#endif
