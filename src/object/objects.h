/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_OBJECTS_H
#define PEN_OBJECT_OBJECTS_H
/*
 * The object manager: names, pipes and their instances, sections, who may, and who waits
 * (docs/objects.md). It does no I/O: requests come in, replies go out, and what goes with
 * them is opaque to it. Time is in milliseconds of a clock that never jumps.
 *
 * Resources are void pointers of its owner: a life, which says that a server's processes are
 * gone; an offer, what a client gets of an instance; the memory of a section; a client's
 * socket that smbd carries. Those that come in belong to it from then on, whatever becomes of
 * the request, until it gives them away or releases them.
 */
#include "object/letter.h"

struct pen_objects;

/* All of one user where not said otherwise. What crosses one gets INSUFFICIENT_RESOURCES. */
struct pen_objects_limits {
	uint32_t instances;
	uint32_t instances_in_all;
	uint32_t waiters;
	uint32_t waiters_in_all;
	uint32_t descriptor_bytes;
	uint32_t ended; /* clients' handles whose servers are gone; the oldest is forgotten */
	uint32_t sections;
	uint32_t sections_in_all;
	uint64_t section_bytes;
	uint64_t section_bytes_in_all;
	uint32_t section_handles;
};

extern const struct pen_objects_limits pen_objects_limits;

/* A name of a pipe that is opened in another's place [row E12]; both without a directory. */
struct pen_objects_alias {
	const char *name;
	const char *target;
};

struct pen_objects_config {
	struct pen_objects_limits limits;
	const struct pen_objects_alias *aliases; /* lives as long as the objects do */
	size_t n_aliases;
	/* Until then a name that is not there may come back: who opens it waits. */
	uint64_t settled_at;

	void *data;
	/* Bytes that nobody guesses. 0, or a negative errno. */
	int (*random)(void *data, void *bytes, size_t n);
	/* A section's memory, of n bytes and zeros. NTSTATUS. */
	uint32_t (*make_memory)(void *data, uint64_t n, void **memoryp);
	void (*release)(void *data, void *resource);
	/* May be NULL: a pipe has come, or goes, by its name without the directory. */
	void (*changed)(void *data, const char *name, bool is_there);
};

/* -ENOMEM, or random's failure. */
int pen_objects_new(struct pen_objects **objectsp, const struct pen_objects_config *config);

/* Releases all there is. Pending requests are forgotten. */
struct pen_objects *pen_objects_free(struct pen_objects *objects);

/* Who asks. */
struct pen_objects_asker {
	const struct pen_token *token; /* its session is the asker's */
	uint32_t process;
	void *owner; /* what a reply that comes later is for */
};

/* A request, with what came with it. */
struct pen_objects_request {
	struct pen_objects_asker asker;
	const struct object_request *letter;
	void *life;    /* of create_pipe: the instance's; NULL: none came */
	void *offer;   /* of create_pipe and offer; NULL: none came */
	uint64_t mark; /* of the offer: another one for the same channel has the same */
	uint64_t now;
};

struct pen_objects_reply {
	struct object_reply letter; /* PEN_STATUS_PENDING: there is none yet */
	void *ticket;		    /* of what is pending */
	void *gift;		    /* goes along, the asker's now: an offer, a carried client */
	const void *life;	    /* open_pipe: a copy goes along, of the server's life */
	void *new_life; /* create_pipe: end_instance is to be called when it ends; NULL: it is gone
			 */
	const void *memory; /* of a section: a copy goes along, as is_read_only says */
	bool is_read_only;
	void *hold; /* on the section, until pen_objects_end_hold; NULL: none */
};

/*
 * Does what is asked, or begins to wait. What the reply says is in the arena, or belongs to the
 * objects until the next call.
 */
void pen_objects_ask(struct pen_objects *objects, const struct pen_objects_request *request,
		     struct pen_arena *arena, struct pen_objects_reply *reply);

/* The next reply to what was pending, and for whom; its ticket means nothing any more. */
bool pen_objects_next(struct pen_objects *objects, struct pen_arena *arena,
		      struct pen_objects_reply *reply, void **ownerp);

/* The asker of what is pending is gone. */
void pen_objects_cancel(struct pen_objects *objects, void *ticket);

/* An instance's processes are gone. */
void pen_objects_end_instance(struct pen_objects *objects, const struct dtyp_GUID *instance);

/* A handle of a section is closed. */
void pen_objects_end_hold(struct pen_objects *objects, void *hold);

/* The time is that; when it is to be told next. UINT64_MAX: never. */
void pen_objects_tick(struct pen_objects *objects, uint64_t now);
uint64_t pen_objects_deadline(const struct pen_objects *objects);

/* Nothing is there for anybody. */
bool pen_objects_is_empty(const struct pen_objects *objects);

/* ---- clients that smbd carries ---- */

struct pen_objects_carried {
	const struct pen_token *token;
	const char *pipe;     /* its name, without a directory */
	const char *computer; /* the client's */
	bool is_probe;	      /* asks only whether it could */
	void *socket;	      /* the client; a resource, which is taken if it is let in */
	void *owner;	      /* for whom a reply comes later */
	uint64_t until;	      /* it waits no longer than that, nor than the pipe's own timeout */
	uint64_t now;
};

/*
 * Gives an instance that listens a client, which its server is to ask for. PENDING, with a ticket:
 * none listens, and a reply comes when one does or the time is over (not if until is now);
 * then it is to be tried again. typep: the pipe's type. As open_pipe.
 */
uint32_t pen_objects_carry(struct pen_objects *objects, const struct pen_objects_carried *carried,
			   uint32_t *typep, void **ticketp);

#endif
