/* SPDX-License-Identifier: MIT */
#include "io/impersonate.h"
#include "base/cleanup.h"
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's own calls, which change one thread; the C library's change every thread of
 * the process. Where ids once had 16 bits, the calls with 32 have names of their own.
 */
#ifdef SYS_setresuid32
#define ID_CALL(name) SYS_##name##32
#else
#define ID_CALL(name) SYS_##name
#endif

#define NO_ID UINT32_MAX /* "leave it as it is", to the kernel */

enum change {
	CHANGED_GROUPS = 1,
	CHANGED_GID = 2,
	CHANGED_UID = 4,
	CHANGED_CAPABILITIES = 8,
};

struct capabilities {
	struct __user_cap_data_struct word[_LINUX_CAPABILITY_U32S_3];
};

/* Groups are in order, so that two lists of the same are the same. */
struct identity {
	uint32_t uid;
	uint32_t gid;
	uint32_t *groups;
	size_t n_groups;
	struct capabilities capabilities;
};

/* A thread's: what it was, what it should be, and what was changed for that. */
struct pen_impersonation {
	const void *owner;
	struct identity was;
	struct identity is;
	uint32_t real_uid;
	uint32_t saved_uid;
	uint32_t real_gid;
	uint32_t saved_gid;
	unsigned changed;
	uint32_t *found; /* room to look at groups in */
	size_t n_found_max;
	uint32_t groups[]; /* of all three */
};

/* NULL: the thread is itself. */
static _Thread_local struct pen_impersonation *mine;

/* ---- asking the kernel ---- */

static int capabilities_get(struct capabilities *capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, capabilities->word) ? -errno : 0;
}

static int capabilities_set(const struct capabilities *capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capset, &header, capabilities->word) ? -errno : 0;
}

static bool capabilities_equal(const struct capabilities *a, const struct capabilities *b)
{
	for (size_t i = 0; i < PEN_COUNT(a->word); i++)
		if (a->word[i].effective != b->word[i].effective)
			return false;
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_ids(uint32_t *ids, size_t n)
{
	if (n)
		qsort(ids, n, sizeof(*ids), compare_ids);
}

static bool same_groups(const struct identity *a, const struct identity *b)
{
	return a->n_groups == b->n_groups &&
	       (!a->n_groups || !memcmp(a->groups, b->groups, a->n_groups * sizeof(*a->groups)));
}

/* Whether the thread is now, in all that the kernel asks for access, that and nothing else. */
static bool is_identity(const struct pen_impersonation *m, const struct identity *wanted)
{
	struct identity found = { .groups = m->found };
	uint32_t real;
	uint32_t saved;
	long n;

	if (syscall(ID_CALL(getresuid), &real, &found.uid, &saved) || real != m->real_uid ||
	    saved != m->saved_uid || found.uid != wanted->uid ||
	    (uint32_t)syscall(ID_CALL(setfsuid), NO_ID) != wanted->uid)
		return false;
	if (syscall(ID_CALL(getresgid), &real, &found.gid, &saved) || real != m->real_gid ||
	    saved != m->saved_gid || found.gid != wanted->gid ||
	    (uint32_t)syscall(ID_CALL(setfsgid), NO_ID) != wanted->gid)
		return false;
	n = syscall(ID_CALL(getgroups), m->n_found_max, found.groups);
	if (n < 0 || (size_t)n > m->n_found_max || capabilities_get(&found.capabilities))
		return false;
	found.n_groups = (size_t)n;
	sort_ids(found.groups, found.n_groups);
	return same_groups(&found, wanted) &&
	       capabilities_equal(&found.capabilities, &wanted->capabilities);
}

/* ---- there and back ---- */

/* What lets a thread change ids goes last. */
static int descend(struct pen_impersonation *m)
{
	const struct identity *to = &m->is;

	if (!same_groups(&m->was, to)) {
		if (syscall(ID_CALL(setgroups), to->n_groups, to->groups))
			return -errno;
		m->changed |= CHANGED_GROUPS;
	}
	if (m->was.gid != to->gid) {
		if (syscall(ID_CALL(setresgid), NO_ID, to->gid, NO_ID))
			return -errno;
		m->changed |= CHANGED_GID;
	}
	if (m->was.uid != to->uid) {
		if (syscall(ID_CALL(setresuid), NO_ID, to->uid, NO_ID))
			return -errno;
		m->changed |= CHANGED_UID;
	}
	if (m->changed & CHANGED_UID ||
	    !capabilities_equal(&m->was.capabilities, &to->capabilities)) {
		m->changed |= CHANGED_CAPABILITIES;
		return capabilities_set(&to->capabilities);
	}
	return 0;
}

/*
 * Undoes what was changed, in the inverse order. A thread that is neither one nor the
 * other must not go on.
 */
static void ascend(struct pen_impersonation *m)
{
	const struct identity *to = &m->was;
	bool is_wrong = false;

	if (m->changed & CHANGED_UID)
		is_wrong |= syscall(ID_CALL(setresuid), NO_ID, to->uid, NO_ID) != 0;
	if (m->changed & CHANGED_CAPABILITIES)
		is_wrong |= capabilities_set(&to->capabilities) != 0;
	if (m->changed & CHANGED_GID)
		is_wrong |= syscall(ID_CALL(setresgid), NO_ID, to->gid, NO_ID) != 0;
	if (m->changed & CHANGED_GROUPS)
		is_wrong |= syscall(ID_CALL(setgroups), to->n_groups, to->groups) != 0;
	m->changed = 0;
	if (is_wrong || !is_identity(m, to))
		abort();
}

/* ---- what the thread was, and what the caller is ---- */

static int note_ids(struct pen_impersonation *m)
{
	if (syscall(ID_CALL(getresuid), &m->real_uid, &m->was.uid, &m->saved_uid) ||
	    syscall(ID_CALL(getresgid), &m->real_gid, &m->was.gid, &m->saved_gid))
		return -errno;
	return capabilities_get(&m->was.capabilities);
}

static int note_groups(struct pen_impersonation *m, const struct pen_token_info *caller)
{
	if (syscall(ID_CALL(getgroups), m->was.n_groups, m->was.groups) != (long)m->was.n_groups)
		return -EAGAIN;
	if (m->is.n_groups)
		memcpy(m->is.groups, caller->groups, m->is.n_groups * sizeof(*m->is.groups));
	sort_ids(m->was.groups, m->was.n_groups);
	sort_ids(m->is.groups, m->is.n_groups);
	return 0;
}

/* Of what may be done apart from ids, root has what the server has, and nobody else has any. */
static void choose_capabilities(struct pen_impersonation *m)
{
	m->is.capabilities = m->was.capabilities;
	for (size_t i = 0; i < PEN_COUNT(m->is.capabilities.word) && m->is.uid; i++)
		m->is.capabilities.word[i].effective = 0;
}

static int impersonation_new(struct pen_impersonation **mp, const void *owner,
			     const struct pen_token_info *caller)
{
	pen_cleanup(pen_freep) struct pen_impersonation *m = NULL;
	long n_had = syscall(ID_CALL(getgroups), 0, NULL);
	size_t n_is = caller->n_groups;
	size_t n_was;
	size_t n_max;
	int r;

	if (n_had < 0)
		return -errno;
	n_was = (size_t)n_had;
	n_max = n_was > n_is ? n_was : n_is;
	m = calloc(1, sizeof(*m) + (n_was + n_is + n_max) * sizeof(*m->groups));
	if (!m)
		return -ENOMEM;
	m->owner = owner;
	m->was = (struct identity){ .groups = m->groups, .n_groups = n_was };
	m->is = (struct identity){
		.uid = caller->uid,
		.gid = caller->gid,
		.groups = m->groups + n_was,
		.n_groups = n_is,
	};
	m->found = m->groups + n_was + n_is;
	m->n_found_max = n_max;
	r = note_ids(m);
	if (!r)
		r = note_groups(m, caller);
	if (r)
		return r;
	choose_capabilities(m);
	*mp = pen_take(&m);
	return 0;
}

/* Without rights a thread gets back only the ids that it has as real or saved ones. */
static bool can_return(const struct pen_impersonation *m)
{
	return (m->was.uid == m->real_uid || m->was.uid == m->saved_uid) &&
	       (m->was.gid == m->real_gid || m->was.gid == m->saved_gid);
}

/* ---- who may be impersonated ---- */

static bool has_no_id(const struct pen_token_info *caller)
{
	for (size_t i = 0; i < caller->n_groups; i++)
		if (caller->groups[i] == NO_ID)
			return true;
	return caller->uid == NO_ID || caller->gid == NO_ID;
}

PEN_PRINTF(3, 4)
static int explain(struct pen_impersonation_error *error, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return result;
}

static int check_caller(struct pen_impersonation_error *error, const struct pen_token *token)
{
	const struct pen_token_info *caller = pen_token_info(token);

	if (caller->proof == PEN_TOKEN_ANONYMOUS || pen_token_is_anonymous(token))
		return explain(error, PEN_E_DENIED,
			       "The caller is anonymous, and nobody can be impersonated: "
			       "it must authenticate.");
	if (caller->is_identify_only)
		return explain(error, PEN_E_DENIED,
			       "The caller lets itself be identified and not impersonated: "
			       "it must ask for the impersonation level Impersonate.");
	if (!caller->has_unix)
		return explain(error, PEN_E_DENIED,
			       "The caller %s%s%s has no uid and gid on this machine, and "
			       "cannot be impersonated.",
			       caller->domain, *caller->domain ? "\\" : "", caller->account);
	if (has_no_id(caller))
		return explain(error, PEN_E_DENIED, "The caller has the id %u, which is nobody's.",
			       NO_ID);
	return 0;
}

static int refuse(struct pen_impersonation_error *error, const struct pen_token_info *caller, int r)
{
	if (r == -EPERM)
		return explain(error, PEN_E_DENIED,
			       "The server may not become uid %u, gid %u with %zu groups: "
			       "it must run as root, or with CAP_SETUID and CAP_SETGID.",
			       caller->uid, caller->gid, caller->n_groups);
	if (r == -EINVAL)
		return explain(error, PEN_E_DENIED,
			       "Uid %u, gid %u or one of its %zu groups does not exist in "
			       "the server's user namespace.",
			       caller->uid, caller->gid, caller->n_groups);
	return explain(error, r, "The server cannot become uid %u, gid %u: %s", caller->uid,
		       caller->gid, strerror(-r));
}

/* ---- there, and back ---- */

/* Becomes the caller, or stays what it was. */
static int become(struct pen_impersonation *m)
{
	int r = can_return(m) ? descend(m) : -EPERM;

	if (r)
		ascend(m);
	else if (!is_identity(m, &m->is))
		abort();
	return r;
}

int pen_impersonation_begin(const void *owner, const struct pen_token *token,
			    struct pen_impersonation_error *error)
{
	pen_cleanup(pen_freep) struct pen_impersonation *m = NULL;
	int r;

	if (mine)
		return explain(error, PEN_E_EXISTS,
			       "The thread impersonates %s already, and must revert first.",
			       mine->owner == owner ? "the caller" : "another caller");
	r = check_caller(error, token);
	if (r)
		return r;
	r = impersonation_new(&m, owner, pen_token_info(token));
	if (!r)
		r = become(m);
	if (r)
		return refuse(error, pen_token_info(token), r);
	mine = pen_take(&m);
	return 0;
}

bool pen_impersonation_is_free(void)
{
	struct capabilities capabilities;

	return !capabilities_get(&capabilities) &&
	       capabilities.word[CAP_TO_INDEX(CAP_SETUID)].effective & CAP_TO_MASK(CAP_SETUID);
}

bool pen_impersonation_is_of(const void *owner)
{
	return mine && mine->owner == owner;
}

bool pen_impersonation_end(void)
{
	struct pen_impersonation *m = pen_impersonation_suspend();
	bool was_another = m;

	free(m);
	return was_another;
}

struct pen_impersonation *pen_impersonation_suspend(void)
{
	struct pen_impersonation *m = mine;

	if (m)
		ascend(m);
	mine = NULL;
	return m;
}

void pen_impersonation_resume(struct pen_impersonation *m)
{
	if (!m)
		return;
	if (become(m))
		abort();
	mine = m;
}
