/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/state.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/buffer.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SECURITY_INFORMATION [MS-DTYP 2.4.7]. */
enum { OWNER = 1, GROUP = 2, DACL = 4, SACL = 8 };

enum { FILE_FLAGS = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY };

/* ---- the file ---- */

/*
 * Goes down the path, which has no "..", and through no symbolic link: openat2 could do that at
 * once, but processes that may write are not let have it. Takes the folder.
 */
static int walk(int folder, char *path)
{
	char *rest = NULL;
	char *name = strtok_r(path, "/", &rest);
	int fd = folder;

	while (name && fd >= 0) {
		char *next = strtok_r(NULL, "/", &rest);

		fd = openat(folder, name,
			    next ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : FILE_FLAGS);
		if (fd < 0)
			fd = -errno;
		close(folder);
		folder = fd;
		name = next;
	}
	return fd;
}

/* Whether the path, which is absolute, is the folder or in it. */
static bool is_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n && folder[n - 1] == '/')
		n--;
	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static bool is_shown(const struct pen_srvsvc *srvsvc, const char *path)
{
	if (!srvsvc->folders)
		return true;
	for (const char *const *folder = srvsvc->folders; *folder; folder++)
		if (is_in(path, *folder))
			return true;
	return false;
}

/* Opens the file below the share's folder; no symbolic link leads out of it. */
static int file_open(struct pen_arena *arena, const struct pen_share *share, const char *name,
		     int *fdp)
{
	const char *windows =
		pen_arena_printf(arena, "%s%s", *name == '\\' || *name == '/' ? "" : "\\", name);
	char *path = windows ? pen_srvsvc_path_from_windows(arena, windows) : NULL;
	int fd;

	if (!path)
		return -EINVAL;
	fd = open(share->path,
		  path[1] ? O_PATH | O_DIRECTORY | O_CLOEXEC : FILE_FLAGS & ~O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	fd = walk(fd, path);
	if (fd < 0)
		return fd;
	*fdp = fd;
	return 0;
}

/* Finds the share and the file in it, for a caller who is its owner or an administrator. */
static uint32_t file_find(struct pen_call *call, const char *share_name, const char *name, int *fdp,
			  struct stat *info)
{
	const struct pen_token_info *who = pen_token_info(pen_call_token(call));
	bool is_admin = pen_srvsvc_is_admin(call);
	struct pen_share share;
	uint32_t result;
	int r;

	if (!is_admin && !who->has_unix)
		return PEN_WERR_ACCESS_DENIED;
	if (!share_name)
		return PEN_WERR_INVALID_PARAMETER;
	result = pen_srvsvc_error(pen_shares_find(pen_srvsvc_of(call)->shares, share_name,
						  pen_call_arena(call), &share));
	if (result)
		return result;
	if (!is_shown(pen_srvsvc_of(call), share.path))
		return PEN_WERR_NOT_SUPPORTED;
	r = file_open(pen_call_arena(call), &share, name, fdp);
	if (r)
		return pen_werror_from_errno(r);
	if (!fstat(*fdp, info) && (is_admin || info->st_uid == who->uid))
		return 0;
	close(*fdp);
	return PEN_WERR_ACCESS_DENIED;
}

/* ---- a mode as a descriptor, and back ---- */

static const struct {
	uint32_t bit;
	uint32_t mask;
} rights[] = {
	{ 4, PEN_FILE_GENERIC_READ },
	{ 2, PEN_FILE_GENERIC_WRITE | 0x40 }, /* FILE_DELETE_CHILD */
	{ 1, PEN_FILE_GENERIC_EXECUTE },
};

static uint32_t mask_of(uint32_t bits)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < PEN_COUNT(rights); i++)
		if (bits & rights[i].bit)
			mask |= rights[i].mask;
	return bits == 7 ? PEN_FILE_ALL_ACCESS : mask;
}

/* A bit for each right whose own part is all there: what all three share does not count. */
static uint32_t bits_of(uint32_t mask)
{
	static const uint32_t own[] = { 0x1, 0x2, 0x20 };
	uint32_t bits = 0;

	if (mask & PEN_ACCESS_GENERIC_ALL)
		return 7;
	for (size_t i = 0; i < PEN_COUNT(rights); i++)
		if (mask & own[i])
			bits |= rights[i].bit;
	if (mask & PEN_ACCESS_GENERIC_READ)
		bits |= 4;
	if (mask & PEN_ACCESS_GENERIC_WRITE)
		bits |= 2;
	if (mask & PEN_ACCESS_GENERIC_EXECUTE)
		bits |= 1;
	return bits;
}

static int descriptor_put(struct pen_call *call, const struct stat *info, uint32_t wanted,
			  struct srvsvc_ADT_SECURITY_DESCRIPTOR *out)
{
	struct pen_sid owner = pen_sid_unix_user(info->st_uid);
	struct pen_sid group = pen_sid_unix_group(info->st_gid);
	struct pen_ace aces[] = {
		{ .mask = mask_of(info->st_mode >> 6 & 7), .sid = owner },
		{ .mask = mask_of(info->st_mode >> 3 & 7), .sid = group },
		{ .mask = mask_of(info->st_mode & 7), .sid = pen_sid_everyone },
	};
	struct pen_acl dacl = { PEN_ACL_REVISION, aces, PEN_COUNT(aces) };
	struct pen_descriptor descriptor = {
		.control = wanted & DACL ? PEN_DACL_PRESENT : 0,
		.owner = wanted & OWNER ? &owner : NULL,
		.group = wanted & GROUP ? &group : NULL,
		.dacl = wanted & DACL ? &dacl : NULL,
	};
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, 0);
	r = pen_descriptor_put(&descriptor, &buffer);
	if (!r) {
		out->Length = (uint32_t)buffer.size;
		out->Buffer = pen_arena_copy(pen_call_arena(call), buffer.data, buffer.size);
		r = out->Buffer ? 0 : -ENOMEM;
	}
	pen_buffer_done(&buffer);
	return r;
}

/* False: a mode cannot say what the list does. */
static bool mode_of(const struct pen_acl *dacl, const struct stat *info, mode_t *modep)
{
	struct pen_sid owner = pen_sid_unix_user(info->st_uid);
	struct pen_sid group = pen_sid_unix_group(info->st_gid);
	uint32_t mode = 0;

	for (size_t i = 0; i < dacl->n_aces; i++) {
		const struct pen_ace *ace = &dacl->aces[i];
		uint32_t bits = bits_of(ace->mask);

		if (ace->type != PEN_ACE_ALLOWED || ace->flags & PEN_ACE_INHERIT_ONLY)
			return false;
		if (pen_sid_equal(&ace->sid, &owner))
			mode |= bits << 6;
		else if (pen_sid_equal(&ace->sid, &group))
			mode |= bits << 3;
		else if (pen_sid_equal(&ace->sid, &pen_sid_everyone))
			mode |= bits | bits << 3 | bits << 6;
		else
			return false;
	}
	*modep = (info->st_mode & 07000) | mode;
	return true;
}

/* ---- the operations ---- */

int pen_srvsvc_security_get(struct pen_call *call, const struct srvsvc_NetrpGetFileSecurity_in *in,
			    struct srvsvc_NetrpGetFileSecurity_out *out)
{
	struct srvsvc_ADT_SECURITY_DESCRIPTOR *descriptor;
	struct stat info;
	int fd, r;

	out->result = in->RequestedInformation & SACL && !pen_srvsvc_is_admin(call)
			      ? PEN_WERR_PRIVILEGE_NOT_HELD
			      : file_find(call, in->ShareName, in->lpFileName, &fd, &info);
	if (out->result)
		return 0;
	close(fd);
	descriptor = pen_arena_zalloc(pen_call_arena(call), sizeof(*descriptor));
	r = descriptor ? descriptor_put(call, &info, in->RequestedInformation, descriptor)
		       : -ENOMEM;
	if (!r)
		out->SecurityDescriptor = descriptor;
	return r;
}

/* S-1-22-1-uid or S-1-22-2-gid as its number; false: none of the unix side's. */
static bool unix_id(const struct pen_sid *sid, bool is_group, uint32_t *idp)
{
	struct pen_sid domain = is_group ? pen_sid_unix_group(0) : pen_sid_unix_user(0);

	domain.n_sub_authorities--;
	domain.sub_authorities[domain.n_sub_authorities] = 0;
	return pen_sid_in_domain(sid, &domain, idp);
}

static uint32_t security_apply(int fd, const struct stat *info, uint32_t parts,
			       const struct pen_descriptor *descriptor)
{
	uint32_t uid = (uint32_t)-1, gid = (uint32_t)-1;
	mode_t mode = info->st_mode;

	if (parts & SACL)
		return PEN_WERR_NOT_SUPPORTED;
	if (parts & OWNER && (!descriptor->owner || !unix_id(descriptor->owner, false, &uid)))
		return PEN_WERR_INVALID_OWNER;
	if (parts & GROUP && (!descriptor->group || !unix_id(descriptor->group, true, &gid)))
		return PEN_WERR_INVALID_PRIMARY_GROUP;
	/* A list that is not there would let everybody in. */
	if (parts & DACL && (!descriptor->dacl || !mode_of(descriptor->dacl, info, &mode)))
		return PEN_WERR_NOT_SUPPORTED;
	if (uid == info->st_uid)
		uid = (uint32_t)-1;
	if (gid == info->st_gid)
		gid = (uint32_t)-1;
	/* What stays as it is needs no right to change it. */
	if ((uid != (uint32_t)-1 || gid != (uint32_t)-1) && fchown(fd, uid, gid))
		return pen_werror_from_errno(errno);
	if (parts & DACL && fchmod(fd, mode & 07777))
		return pen_werror_from_errno(errno);
	return 0;
}

int pen_srvsvc_security_set(struct pen_call *call, const struct srvsvc_NetrpSetFileSecurity_in *in,
			    struct srvsvc_NetrpSetFileSecurity_out *out)
{
	struct pen_descriptor descriptor;
	struct stat info;
	int fd;

	if (!pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	if (!in->SecurityDescriptor.Buffer ||
	    pen_descriptor_get(&descriptor, pen_call_arena(call), in->SecurityDescriptor.Buffer,
			       in->SecurityDescriptor.Length)) {
		out->result = PEN_WERR_INVALID_SECURITY_DESCR;
		return 0;
	}
	out->result = file_find(call, in->ShareName, in->lpFileName, &fd, &info);
	if (out->result)
		return 0;
	out->result = security_apply(fd, &info, in->SecurityInformation, &descriptor);
	close(fd);
	return 0;
}
