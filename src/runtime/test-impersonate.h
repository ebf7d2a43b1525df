/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_TEST_IMPERSONATE_H
#define PEN_RUNTIME_TEST_IMPERSONATE_H
/*
 * Whose this thread is, as the kernel sees it.
 */
#include "support/unit.h"
#include <grp.h>
#include <penstock/token.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALICE = 54321, BOB = 54322, GROUP = 54400 };

static const uint32_t their_groups[] = { GROUP + 2, GROUP, GROUP + 1 };

static inline int become_user(uint32_t uid)
{
	return setgroups(PEN_COUNT(their_groups), their_groups) || setresgid(GROUP, GROUP, GROUP) ||
	       setresuid(uid, uid, uid);
}

/* Whether this process can be somebody else. In a user namespace root need not. */
static inline bool can_become(uint32_t uid)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(geteuid() != 0 || become_user(uid));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool is_root;

static inline void find_out_who_we_are(void)
{
	is_root = can_become(ALICE);
}

#endif
