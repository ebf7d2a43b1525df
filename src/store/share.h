/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_SHARE_H
#define PEN_STORE_SHARE_H
/*
 * Shares, wherever they are kept: one table of functions, and a keeper behind it.
 *
 * Names are told apart without regard to case, as NT does. What is returned lives in
 * the arena. Writers fail with PEN_E_UNSUPPORTED where the keeper only reads.
 */
#include <penstock/arena.h>

struct pen_store;

/* Types of shares [MS-SRVS 2.2.2.4]. */
#define PEN_SHARE_DISK	    UINT32_C(0)
#define PEN_SHARE_PRINTER   UINT32_C(1)
#define PEN_SHARE_DEVICE    UINT32_C(2)
#define PEN_SHARE_IPC	    UINT32_C(3)
#define PEN_SHARE_TEMPORARY UINT32_C(0x40000000)
#define PEN_SHARE_SPECIAL   UINT32_C(0x80000000)

#define PEN_SHARE_UNLIMITED UINT32_MAX /* of max_uses */

enum {
	PEN_SHARE_NAME_MAX = 80, /* characters */
	PEN_SHARES_MAX = 65536,	 /* that a keeper will list */
	PEN_SHARE_SECURITY_MAX = 65536,
};

struct pen_share {
	const char *name;
	uint32_t type;
	const char *remark;
	const char *path; /* absolute, POSIX; "" for IPC$ */
	uint32_t permissions;
	uint32_t max_uses;
	uint32_t flags;		   /* SHI1005_FLAGS: caching, access-based enumeration ... */
	struct pen_slice security; /* self-relative descriptor; empty: none, all may */
};

struct pen_shares;

struct pen_shares_class {
	int (*list)(struct pen_shares *shares, struct pen_arena *arena, struct pen_share **rowsp,
		    size_t *n_rowsp);
	int (*find)(struct pen_shares *shares, const char *name, struct pen_arena *arena,
		    struct pen_share *share);
	int (*add)(struct pen_shares *shares, const struct pen_share *share);
	int (*set)(struct pen_shares *shares, const struct pen_share *share);
	int (*remove)(struct pen_shares *shares, const char *name);
	void (*free)(struct pen_shares *shares);
};

struct pen_shares {
	const struct pen_shares_class *class;
};

/* Shares in the store, which must live longer; its table is made if it is missing. */
int pen_shares_new_store(struct pen_shares **sharesp, struct pen_store *store);

/*
 * Shares that a Samba's smb.conf describes, read only, and read anew each time. Its
 * [global], [homes] and [printers] are no shares, "include" is not followed, and a
 * share with "available = no" is not there.
 */
int pen_shares_new_smb_conf(struct pen_shares **sharesp, const char *path);

struct pen_shares *pen_shares_free(struct pen_shares *shares);

/* All of them, by name. PEN_E_LIMIT: too many for the arena; a negative errno. */
int pen_shares_list(struct pen_shares *shares, struct pen_arena *arena, struct pen_share **rowsp,
		    size_t *n_rowsp);

/* PEN_E_NOT_FOUND. */
int pen_shares_find(struct pen_shares *shares, const char *name, struct pen_arena *arena,
		    struct pen_share *share);

/* PEN_E_EXISTS; PEN_E_UNSUPPORTED; PEN_E_LIMIT: as many as there may be. */
int pen_shares_add(struct pen_shares *shares, const struct pen_share *share);

/* Changes all but the name. PEN_E_NOT_FOUND; PEN_E_UNSUPPORTED. */
int pen_shares_set(struct pen_shares *shares, const struct pen_share *share);

/* PEN_E_NOT_FOUND; PEN_E_UNSUPPORTED. */
int pen_shares_remove(struct pen_shares *shares, const char *name);

/* Removes those that were to last until their server ended. A negative errno. */
int pen_shares_remove_temporary(struct pen_shares *shares);

#endif
