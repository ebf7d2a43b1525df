/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_TREE_H
#define PEN_OBJECT_TREE_H
/*
 * The tree of names, as NT has it (docs/objects.md): directories, links, and the objects that
 * the other files of this room put there. Nobody but the tree makes directories and links.
 *
 *	\??, \DosDevices              pipe -> \Device\NamedPipe
 *	\Device\NamedPipe             pipes, which have all that follows for a name
 *	\BaseNamedObjects             sections of the machine and of session 0
 *	\Sessions\N\BaseNamedObjects  of session N; and for all of them
 *	\Sessions\BNOLINKS\N          -> the directory of session N
 */
#include "base/list.h"
#include <penstock/arena.h>

enum pen_node_kind {
	PEN_NODE_DIRECTORY,
	PEN_NODE_LINK,
	PEN_NODE_DEVICE, /* of pipes */
	PEN_NODE_PIPE,
	PEN_NODE_SECTION,
};

enum {
	PEN_OBJECT_TREE_LINKS_MAX = 32, /* on the way to an object */
	PEN_OBJECT_TREE_SESSIONS_MAX =
		64, /* directories of sessions, unless there is something in them */
};

struct pen_node {
	enum pen_node_kind kind;
	struct pen_node *parent;
	struct pen_list siblings; /* the parent's children, oldest first */
	struct pen_list children;
	uint32_t n_children;
	struct pen_node *next; /* with the same hash */
	uint32_t hash;
	uint32_t session;   /* whose directory it is, or leads to; 0: the machine's, or none */
	const char *target; /* a link's, for ever; NULL: its session's directory */
	void *object;	    /* a pipe's or a section's */
	char name[];
};

struct pen_object_tree {
	struct pen_node *root;
	struct pen_node *device;    /* \Device\NamedPipe */
	struct pen_node *global;    /* \BaseNamedObjects */
	struct pen_node *sessions;  /* \Sessions */
	struct pen_node *bno_links; /* \Sessions\BNOLINKS */
	struct pen_node **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_nodes;
	uint32_t seed; /* of the hash, so that nobody chooses names of one bucket */
};

/* -ENOMEM. What is left of a failed init, done takes. */
int pen_object_tree_init(struct pen_object_tree *tree, uint32_t seed);

/* Objects are not the tree's: those there are are left to their owners. */
void pen_object_tree_done(struct pen_object_tree *tree);

/* The directory of a session's own names; made when it is missing. NULL: no memory. */
struct pen_node *pen_object_tree_session(struct pen_object_tree *tree, uint32_t session);

/*
 * The child of that name. Cases of letters are the same but for sections. NULL: there is none.
 */
struct pen_node *pen_object_tree_child(const struct pen_object_tree *tree,
				       const struct pen_node *parent, const char *name, size_t n,
				       bool is_exact);

/* A new child; the name is copied. -ENOMEM. */
int pen_object_tree_add(struct pen_object_tree *tree, struct pen_node *parent,
			enum pen_node_kind kind, const char *name, size_t n, void *object,
			struct pen_node **nodep);

/* Takes a node without children out, and frees it. */
void pen_object_tree_remove(struct pen_object_tree *tree, struct pen_node *node);

/* The steps of a way, in sentences. */
struct pen_trace {
	struct pen_arena *arena;
	const char **steps;
	uint32_t n, max;
};

/* A sentence more, if there is room for it. trace may be NULL. */
void pen_trace_add(struct pen_trace *trace, const char *format, ...) PEN_PRINTF(2, 3);

/* Where a name leads. */
struct pen_place {
	struct pen_node
		*parent;       /* the directory or device where its last part is; NULL: the root */
	struct pen_node *node; /* what is there; NULL: nothing */
	const char *name;      /* the last part, in the arena */
	bool is_device;	       /* a device's own name; with a backslash after it, the name is "" */
};

/*
 * Follows a path, or a relative one from a session's directory. With is_link the last part may be
 * a link itself. OBJECT_NAME_INVALID: an empty part, or too long; OBJECT_PATH_NOT_FOUND: a part
 * before the last is not there; OBJECT_TYPE_MISMATCH: it is no directory; NO_MEMORY.
 */
uint32_t pen_object_tree_find(struct pen_object_tree *tree, uint32_t session, const char *path,
			      bool is_link, struct pen_arena *arena, struct pen_trace *trace,
			      struct pen_place *place);

/* A node's full name. NULL: no memory. */
const char *pen_object_tree_path(const struct pen_object_tree *tree, const struct pen_node *node,
				 struct pen_arena *arena);

#endif
