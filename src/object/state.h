/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_STATE_H
#define PEN_OBJECT_STATE_H
/*
 * What the object manager has, for the files of this room.
 */
#include "object/guard.h"
#include "object/objects.h"
#include "object/tree.h"

enum { PEN_IDENTITIES_MAX = 64 }; /* of a client, with that of its opening */

/* What a user has, while he has something. */
struct pen_object_user {
	struct pen_list link;
	struct pen_sid sid;
	uint32_t n_references;
	uint32_t n_instances;
	uint32_t n_waiters;
	uint32_t n_sections;
	uint32_t n_holds;
	uint32_t n_ended;
	uint64_t n_descriptor_bytes;
	uint64_t n_section_bytes;
	struct pen_list ended; /* clients, oldest first */
};

/* A pipe, as long as it has instances, or clients of some that had been. */
struct pen_object_pipe {
	uint32_t n_references;
	struct pen_node *node;	      /* NULL: it has no name (any more) */
	struct pen_object_user *user; /* who made it, and is charged */
	struct object_pipe fixed;     /* the first instance's; quotas are each one's own */
	bool rejects_remote;
	struct pen_guard guard;
	struct pen_list instances;
	struct pen_list listening; /* instances, oldest first [O3] */
	struct pen_list waiters;
	uint32_t n_instances;
	char name[]; /* without a backslash; "": none */
};

/* What a GUID means. */
struct pen_object_handle {
	struct pen_object_handle *next;
	struct dtyp_GUID id;
	bool is_client; /* else an instance */
	bool is_known;	/* to be found */
};

enum pen_instance_state {
	PEN_INSTANCE_IDLE, /* not to be opened: withdrawn, or told of without an offer */
	PEN_INSTANCE_LISTENING,
	PEN_INSTANCE_TAKEN,
};

struct pen_object_client;

struct pen_object_instance {
	struct pen_object_handle handle; /* the first member */
	struct pen_object_pipe *pipe;
	struct pen_list link;	   /* in the pipe's instances */
	struct pen_list listening; /* in the pipe's listening ones */
	struct pen_object_user *user;
	uint32_t granted;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t process;
	uint32_t session;
	enum pen_instance_state state;
	void *life;
	void *offer;
	uint64_t mark; /* of the offer there is, or that the client has */
	struct pen_object_client *client;
};

struct pen_object_client {
	struct pen_object_handle handle; /* the first member */
	struct pen_object_pipe *pipe;
	struct pen_object_instance *instance; /* NULL: its server is gone */
	struct pen_list ended;
	struct pen_object_user *user;
	uint32_t granted;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t process;
	uint32_t server_process;
	uint32_t server_session;
	struct object_qos qos;
	bool is_carried;
	void *socket; /* of one that is carried, until it is fetched */
	char *computer;
	uint32_t n_identities;
	uint32_t n_room;
	struct pen_token **identities; /* the first: who opened */
};

struct pen_object_section {
	struct pen_list link;
	struct pen_node *node; /* NULL: it has no name */
	struct pen_object_user *user;
	struct pen_guard guard;
	void *memory;
	uint64_t size;
	bool is_read_only;
	struct pen_list holds;
};

struct pen_object_hold {
	struct pen_list link;
	struct pen_object_section *section;
	struct pen_object_user *user;
};

enum pen_waiter_kind {
	PEN_WAITER_PIPE,  /* until an instance listens */
	PEN_WAITER_WATCH, /* until something changes */
	PEN_WAITER_HELD,  /* until the name is there, or is known not to be */
};

struct pen_object_waiter {
	struct pen_list link;  /* of all that wait, or of those that are ready */
	struct pen_list group; /* of the pipe's, of those that watch, or of those that are held */
	enum pen_waiter_kind kind;
	bool is_ready;
	uint32_t status;   /* of one that is ready */
	uint64_t deadline; /* UINT64_MAX: none */
	struct pen_object_user *user;
	void *owner;
	/* What was asked, of one that is held. */
	struct pen_token *token;
	uint32_t process;
	uint32_t verb; /* open_pipe, wait_pipe */
	struct object_open_pipe open;
	int64_t timeout;
	char *name;
};

struct pen_objects {
	struct pen_objects_config config;
	struct pen_arena scratch;
	struct pen_token *anonymous; /* who lets nothing be known of himself */
	struct pen_object_tree tree;
	struct pen_list users;
	struct pen_list sections;
	struct pen_object_handle **handles;
	size_t n_handle_buckets;
	size_t n_handles;
	uint32_t n_instances;
	uint32_t n_sections;
	uint64_t n_section_bytes;
	uint32_t n_waiters;
	struct pen_list waiting;
	struct pen_list ready;
	struct pen_list watchers;
	struct pen_list held;
	uint64_t deadline; /* no later than the first waiter's */
	uint32_t changes;
	uint64_t now;
	bool is_settled;
};

/* A call being answered. */
struct pen_object_call {
	struct pen_objects *objects;
	const struct pen_objects_request *request;
	const struct pen_token *token;
	struct pen_arena *arena;
	struct pen_objects_reply *reply;
	void **lifep, **offerp; /* taken from the request by setting them to NULL */
};

/* ---- users (user.c) ---- */

/* The user, with a reference. NULL: no memory. */
struct pen_object_user *pen_object_user_get(struct pen_objects *objects,
					    const struct pen_token *token);
struct pen_object_user *pen_object_user_ref(struct pen_object_user *user);
void pen_object_user_put(struct pen_object_user *user);

/* ---- handles (handle.c) ---- */

int pen_object_handle_make(struct pen_objects *objects, struct dtyp_GUID *id);
void pen_object_handle_add(struct pen_objects *objects, struct pen_object_handle *handle);
void pen_object_handle_remove(struct pen_objects *objects, struct pen_object_handle *handle);
struct pen_object_instance *pen_object_find_instance(struct pen_objects *objects,
						     const struct dtyp_GUID *id);
struct pen_object_client *pen_object_find_client(struct pen_objects *objects,
						 const struct dtyp_GUID *id);
bool pen_object_is_nil(const struct dtyp_GUID *id);

/* ---- pipes (pipe.c) ---- */

/* The pipe that a name means, in *pipep, or NULL: none. Statuses of pen_object_tree_find. */
uint32_t pen_object_find_pipe(struct pen_object_call *call, const char *name,
			      struct pen_place *place, struct pen_object_pipe **pipep);
void pen_object_pipe_ref(struct pen_object_pipe *pipe);
void pen_object_pipe_put(struct pen_objects *objects, struct pen_object_pipe *pipe);
uint32_t pen_object_create_pipe(struct pen_object_call *call);
uint32_t pen_object_offer(struct pen_object_call *call);
uint32_t pen_object_withdraw(struct pen_object_call *call);
void pen_object_instance_free(struct pen_objects *objects, struct pen_object_instance *instance);
struct object_pipe pen_object_pipe_of(const struct pen_object_pipe *pipe, uint32_t inbound_quota,
				      uint32_t outbound_quota);
void pen_object_release(struct pen_objects *objects, void **resourcep);

/* ---- clients (client.c) ---- */

/* The pipe that is opened by that name, or in its place [E12]. NULL: none. */
struct pen_object_pipe *pen_object_named(const struct pen_objects *objects, const char *name);

uint32_t pen_object_open_pipe(struct pen_object_call *call);
uint32_t pen_object_ask_client(struct pen_object_call *call);
uint32_t pen_object_announce(struct pen_object_call *call);
uint32_t pen_object_close(struct pen_object_call *call);
void pen_object_client_free(struct pen_objects *objects, struct pen_object_client *client);
void pen_object_client_end(struct pen_objects *objects, struct pen_object_client *client);

/* ---- what is asked of a handle (query.c) ---- */

uint32_t pen_object_query_pipe(struct pen_object_call *call);
uint32_t pen_object_query_security(struct pen_object_call *call);
uint32_t pen_object_set_security(struct pen_object_call *call);

/* ---- waiting (waiter.c) ---- */

uint32_t pen_object_wait_pipe(struct pen_object_call *call);
uint32_t pen_object_watch(struct pen_object_call *call);
/* Of a pipe without a listening instance, until then. */
uint32_t pen_object_wait_for(struct pen_objects *objects, struct pen_object_pipe *pipe,
			     const struct pen_token *token, void *owner, uint64_t deadline,
			     struct pen_object_waiter **waiterp);
/* An open or a wait of a name that is not there, which may come back. */
uint32_t pen_object_hold_back(struct pen_object_call *call);
/* All of a pipe's waiters have this for an answer. */
void pen_object_wake(struct pen_objects *objects, struct pen_object_pipe *pipe, uint32_t status);
void pen_object_wake_held(struct pen_objects *objects);
void pen_object_has_changed(struct pen_objects *objects);
void pen_object_waiter_free(struct pen_objects *objects, struct pen_object_waiter *waiter);

/* ---- sections (section.c) ---- */

uint32_t pen_object_create_section(struct pen_object_call *call);
uint32_t pen_object_open_section(struct pen_object_call *call);
void pen_object_section_free(struct pen_objects *objects, struct pen_object_section *section);

/* ---- the tree (list.c) ---- */

uint32_t pen_object_list(struct pen_object_call *call);
uint32_t pen_object_explain(struct pen_object_call *call);

#endif
