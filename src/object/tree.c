/* SPDX-License-Identifier: MIT */
#include "object/tree.h"
#include "base/utf16.h"
#include "object/name.h"
#include <errno.h>
#include <penstock/status-codes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 64 };

/* ---- nodes ---- */

/* By upper-cased characters, so that a name in any case has the same. */
static uint32_t hash_of(const struct pen_object_tree *tree, const struct pen_node *parent,
			const char *name, size_t n)
{
	uint32_t hash = tree->seed ^ (parent ? parent->hash * 31 : 0);
	const char *end = name + n;

	while (name < end) {
		int32_t c = pen_utf16_next(&name, end);

		if (c < 0)
			c = (uint8_t)*name++;
		if (c <= 0xffff)
			c = pen_upcase((uint16_t)c);
		hash = (hash ^ (uint32_t)c) * 16777619;
		hash ^= hash >> 15;
	}
	return hash;
}

static struct pen_node **bucket_of(const struct pen_object_tree *tree, uint32_t hash)
{
	return &tree->buckets[hash & (tree->n_buckets - 1)];
}

/* Twice as many buckets, if there is the memory for it: it works without, too. */
static void grow(struct pen_object_tree *tree)
{
	size_t n = tree->n_buckets * 2;
	struct pen_node **old = tree->buckets;
	struct pen_node **buckets = calloc(n, sizeof(struct pen_node *));

	if (!buckets)
		return;
	tree->buckets = buckets;
	tree->n_buckets = n;
	for (size_t i = 0; i < n / 2; i++) {
		while (old[i]) {
			struct pen_node *node = old[i];
			struct pen_node **bucket = bucket_of(tree, node->hash);

			old[i] = node->next;
			node->next = *bucket;
			*bucket = node;
		}
	}
	free(old);
}

static bool is_named(const struct pen_node *node, const char *name, size_t n, bool is_exact)
{
	size_t n_node = strlen(node->name);

	if (is_exact || node->kind == PEN_NODE_SECTION)
		return n_node == n && !memcmp(node->name, name, n);
	return !pen_upcase_compare(node->name, n_node, name, n);
}

struct pen_node *pen_object_tree_child(const struct pen_object_tree *tree,
				       const struct pen_node *parent, const char *name, size_t n,
				       bool is_exact)
{
	uint32_t hash = hash_of(tree, parent, name, n);

	for (struct pen_node *node = *bucket_of(tree, hash); node; node = node->next)
		if (node->hash == hash && node->parent == parent &&
		    is_named(node, name, n, is_exact))
			return node;
	return NULL;
}

int pen_object_tree_add(struct pen_object_tree *tree, struct pen_node *parent,
			enum pen_node_kind kind, const char *name, size_t n, void *object,
			struct pen_node **nodep)
{
	struct pen_node *node = calloc(1, sizeof(*node) + n + 1);
	struct pen_node **bucket;

	if (!node)
		return -ENOMEM;
	if (tree->n_nodes >= tree->n_buckets)
		grow(tree);
	node->kind = kind;
	node->parent = parent;
	node->object = object;
	node->hash = hash_of(tree, parent, name, n);
	memcpy(node->name, name, n);
	pen_list_init(&node->children);
	pen_list_init(&node->siblings);
	bucket = bucket_of(tree, node->hash);
	node->next = *bucket;
	*bucket = node;
	tree->n_nodes++;
	if (parent) {
		pen_list_append(&parent->children, &node->siblings);
		parent->n_children++;
	}
	*nodep = node;
	return 0;
}

void pen_object_tree_remove(struct pen_object_tree *tree, struct pen_node *node)
{
	struct pen_node **at = bucket_of(tree, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	tree->n_nodes--;
	pen_list_remove(&node->siblings);
	if (node->parent)
		node->parent->n_children--;
	free(node);
}

/* ---- what is always there ---- */

static struct pen_node *add_directory(struct pen_object_tree *tree, struct pen_node *parent,
				      const char *name)
{
	struct pen_node *node;

	if (!parent ||
	    pen_object_tree_add(tree, parent, PEN_NODE_DIRECTORY, name, strlen(name), NULL, &node))
		return NULL;
	return node;
}

/* The target is for ever. */
static struct pen_node *add_link(struct pen_object_tree *tree, struct pen_node *parent,
				 const char *name, const char *target)
{
	struct pen_node *node;

	if (!parent ||
	    pen_object_tree_add(tree, parent, PEN_NODE_LINK, name, strlen(name), NULL, &node))
		return NULL;
	node->target = target;
	return node;
}

/* All of a session's: its number as a name, which is a directory here and a link there. */
static struct pen_node *add_session(struct pen_object_tree *tree, uint32_t session)
{
	char number[16];
	struct pen_node *folder, *link, *names;

	snprintf(number, sizeof(number), "%u", session);
	folder = add_directory(tree, tree->sessions, number);
	link = add_link(tree, tree->bno_links, number, session ? NULL : "\\BaseNamedObjects");
	if (!folder || !link)
		return NULL;
	link->session = session;
	if (!session)
		return add_link(tree, folder, "BaseNamedObjects", "\\BaseNamedObjects");
	names = add_directory(tree, folder, "BaseNamedObjects");
	if (!names || !add_link(tree, names, "Global", "\\BaseNamedObjects") ||
	    !(link = add_link(tree, names, "Local", NULL)) ||
	    !add_link(tree, names, "Session", "\\Sessions\\BNOLINKS"))
		return NULL;
	link->session = session;
	names->session = session;
	return names;
}

static void remove_all(struct pen_object_tree *tree, struct pen_node *node)
{
	if (!node)
		return;
	pen_list_each (link, after, &node->children)
		remove_all(tree, pen_list_entry(link, struct pen_node, siblings));
	pen_object_tree_remove(tree, node);
}

static void remove_session(struct pen_object_tree *tree, uint32_t session)
{
	char number[16];
	size_t n = (size_t)snprintf(number, sizeof(number), "%u", session);

	remove_all(tree, pen_object_tree_child(tree, tree->sessions, number, n, true));
	remove_all(tree, pen_object_tree_child(tree, tree->bno_links, number, n, true));
}

static struct pen_node *find_session(const struct pen_object_tree *tree, uint32_t session)
{
	char number[16];
	size_t n = (size_t)snprintf(number, sizeof(number), "%u", session);
	struct pen_node *folder = pen_object_tree_child(tree, tree->sessions, number, n, true);

	return folder ? pen_object_tree_child(tree, folder, "BaseNamedObjects", 16, true) : NULL;
}

/* Those with nothing but their three links in them go. */
static void remove_empty_sessions(struct pen_object_tree *tree)
{
	pen_list_each (link, after, &tree->sessions->children) {
		struct pen_node *folder = pen_list_entry(link, struct pen_node, siblings);
		struct pen_node *names =
			pen_object_tree_child(tree, folder, "BaseNamedObjects", 16, true);

		if (names && names->session && names->n_children <= 3)
			remove_session(tree, names->session);
	}
}

struct pen_node *pen_object_tree_session(struct pen_object_tree *tree, uint32_t session)
{
	struct pen_node *names = session ? find_session(tree, session) : tree->global;

	if (names)
		return names;
	if (tree->sessions->n_children > PEN_OBJECT_TREE_SESSIONS_MAX)
		remove_empty_sessions(tree);
	names = add_session(tree, session);
	if (!names)
		remove_session(tree, session);
	return names;
}

int pen_object_tree_init(struct pen_object_tree *tree, uint32_t seed)
{
	struct pen_node *devices, *links;

	*tree = (struct pen_object_tree){ .seed = seed, .n_buckets = BUCKETS_MIN };
	tree->buckets = calloc(BUCKETS_MIN, sizeof(struct pen_node *));
	if (!tree->buckets ||
	    pen_object_tree_add(tree, NULL, PEN_NODE_DIRECTORY, "", 0, NULL, &tree->root))
		return -ENOMEM;
	devices = add_directory(tree, tree->root, "Device");
	links = add_directory(tree, tree->root, "??");
	tree->global = add_directory(tree, tree->root, "BaseNamedObjects");
	tree->sessions = add_directory(tree, tree->root, "Sessions");
	tree->bno_links = add_directory(tree, tree->sessions, "BNOLINKS");
	tree->device = add_directory(tree, devices, "NamedPipe");
	if (!tree->bno_links || !tree->device || !add_session(tree, 0) ||
	    !add_link(tree, links, "pipe", "\\Device\\NamedPipe") ||
	    !add_link(tree, tree->root, "DosDevices", "\\??") ||
	    !add_link(tree, tree->global, "Global", "\\BaseNamedObjects") ||
	    !add_link(tree, tree->global, "Local", "\\BaseNamedObjects") ||
	    !add_link(tree, tree->global, "Session", "\\Sessions\\BNOLINKS"))
		return -ENOMEM;
	tree->device->kind = PEN_NODE_DEVICE;
	return 0;
}

void pen_object_tree_done(struct pen_object_tree *tree)
{
	remove_all(tree, tree->root);
	free(tree->buckets);
	*tree = (struct pen_object_tree){ 0 };
}

/* ---- ways ---- */

void pen_trace_add(struct pen_trace *trace, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (!trace || trace->n == trace->max)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Where it was cut there may be half a character. */
	for (size_t n = strlen(text); n && pen_utf16_count(text, n) == PEN_UTF16_BAD;)
		text[--n] = '\0';
	trace->steps[trace->n] = pen_arena_strdup(trace->arena, text);
	if (trace->steps[trace->n])
		trace->n++;
}

/* A path being followed. */
struct walk {
	struct pen_object_tree *tree;
	struct pen_arena *arena;
	struct pen_trace *trace;
	bool is_link; /* the last part may be one */
	unsigned n_links;
	struct pen_node *at;
	const char *rest;
};

static const char *target_of(const struct pen_node *link, struct pen_arena *arena)
{
	if (link->target)
		return link->target;
	return pen_arena_printf(arena, "\\Sessions\\%u\\BaseNamedObjects", link->session);
}

/* Goes where the link leads, with what is left. */
static uint32_t walk_link(struct walk *walk, const struct pen_node *link, const char *rest)
{
	const char *target = target_of(link, walk->arena);
	const char *path = target ? pen_arena_printf(walk->arena, "%s%s", target, rest) : NULL;

	if (!path)
		return PEN_STATUS_NO_MEMORY;
	if (++walk->n_links > PEN_OBJECT_TREE_LINKS_MAX)
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	pen_trace_add(walk->trace, "%s is a link to %s.",
		      pen_object_tree_path(walk->tree, link, walk->arena), target);
	walk->at = walk->tree->root;
	walk->rest = path + 1;
	return PEN_STATUS_SUCCESS;
}

/* One part further. Nothing left and no error: place is where it leads. */
static uint32_t walk_part(struct walk *walk, struct pen_place *place)
{
	size_t n = strcspn(walk->rest, "\\");
	const char *rest = walk->rest + n;
	struct pen_node *child;

	if (!n)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	child = pen_object_tree_child(walk->tree, walk->at, walk->rest, n, false);
	if (child && child->kind == PEN_NODE_LINK && (*rest || !walk->is_link))
		return walk_link(walk, child, rest);
	*place = (struct pen_place){ .parent = walk->at, .node = child, .name = walk->rest };
	walk->rest = NULL;
	if (!*rest) {
		place->is_device = child && child->kind == PEN_NODE_DEVICE;
		return PEN_STATUS_SUCCESS;
	}
	if (!child)
		return PEN_STATUS_OBJECT_PATH_NOT_FOUND;
	if (child->kind == PEN_NODE_DEVICE) {
		*place = (struct pen_place){ .parent = child, .name = rest + 1 };
		place->node =
			pen_object_tree_child(walk->tree, child, rest + 1, strlen(rest + 1), false);
		return PEN_STATUS_SUCCESS;
	}
	if (child->kind != PEN_NODE_DIRECTORY)
		return PEN_STATUS_OBJECT_TYPE_MISMATCH;
	walk->at = child;
	walk->rest = rest + 1;
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_object_tree_find(struct pen_object_tree *tree, uint32_t session, const char *path,
			      bool is_link, struct pen_arena *arena, struct pen_trace *trace,
			      struct pen_place *place)
{
	struct walk walk = { tree, arena, trace, is_link, .at = tree->root };
	struct pen_place found = { 0 };
	uint32_t status = PEN_STATUS_SUCCESS;

	if (!pen_name_is_text(path, strlen(path), PEN_NAME_PATH_MAX))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	if (!pen_object_tree_session(tree, session))
		return PEN_STATUS_NO_MEMORY;
	walk.rest = path + 1;
	if (*path != '\\') {
		walk.at = pen_object_tree_session(tree, session);
		walk.rest = path;
	}
	if (!strcmp(path, "\\")) {
		*place = (struct pen_place){ .node = tree->root, .name = "" };
		return PEN_STATUS_SUCCESS;
	}
	while (!status && walk.rest)
		status = walk_part(&walk, &found);
	if (!status)
		*place = found;
	return status;
}

const char *pen_object_tree_path(const struct pen_object_tree *tree, const struct pen_node *node,
				 struct pen_arena *arena)
{
	const char *path = "";

	if (node == tree->root)
		return "\\";
	for (; node && node != tree->root && path; node = node->parent)
		path = pen_arena_printf(arena, "\\%s%s", node->name, path);
	return path;
}
