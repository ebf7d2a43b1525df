/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_DOOR_H
#define PEN_DAEMON_DOOR_H
/*
 * An endpoint that penstockd listens at, and the programs that are reached there. A pipe that
 * carries no RPC has none of its own: the porter alone brings its clients, to one program.
 */
#include "base/list.h"
#include "io/socket.h"
#include <penstock/binding.h>
#include <uv.h>

struct bequest;
struct crew;
struct handed;
struct heritage_door;
struct legacy;

enum { DOOR_CREWS_MAX = 32, DOOR_PIPE_SIZE = 256 };

struct door {
	struct pen_list link; /* of the supervisor's */
	uv_poll_t poll;
	struct pen_unix_socket socket;
	enum pen_protseq protseq;
	bool is_carried;		    /* smbd brings a pipe's clients */
	bool is_raw;			    /* it carries no RPC */
	char pipe[DOOR_PIPE_SIZE];	    /* its name, as the porter has it; "": it is none */
	bool is_open;			    /* accepts */
	bool is_new;			    /* processes that run have not been told of it */
	char *listed;			    /* as programs list it */
	char *wanted;			    /* the binding that it was to be */
	char *binding;			    /* with the real port */
	struct crew *crews[DOOR_CREWS_MAX]; /* the first serves what nobody knows */
	size_t n_crews;
	uint32_t number;    /* among those that are left to the next image */
	uint32_t n_holders; /* visitors that speak of it, and who has it */
	/* Takes each connection, which is not blocking. */
	void (*came)(void *data, struct door *door, int fd);
	void *data;
};

struct door_config {
	const char *listed;  /* "ncacn_ip_tcp:" */
	const char *binding; /* where that is: "ncacn_ip_tcp:127.0.0.1[49152]" */
	const char *ncalrpc_dir, *np_dir;
	const char *wanted;    /* the same, or with any port */
	const char *raw;       /* the name of a pipe that carries no RPC; NULL: it is none */
	struct legacy *legacy; /* a socket may be there already; NULL: none is */
	struct handed *handed; /* the same */
	uv_loop_t *loop;
	void (*came)(void *data, struct door *door, int fd);
	void *data;
};

/* Listens, closed at first. PEN_E_SYNTAX, a negative errno. */
int door_new(struct door **doorp, const struct door_config *config);

/* PEN_E_LIMIT: too many are there. */
int door_add_crew(struct door *door, struct crew *crew);

/*
 * The name of a pipe's binding, as smbd asks for it: without capital letters, and without \pipe\
 * before it. False: it is no pipe's.
 */
bool door_pipe_name(const char *binding, char name[DOOR_PIPE_SIZE]);

/* Whether it accepts connections, which wait in the kernel meanwhile. */
void door_set_open(struct door *door, bool is_open);

/* Closes the socket, and takes its name along. It lasts as long as visitors speak of it. */
void door_free(struct door *door);

/* One more visitor speaks of it; one does no more. */
void door_hold(struct door *door);
void door_let_go(struct door *door);

/* What the next image needs to know of it. -ENOMEM. */
int door_bequeath(const struct door *door, struct heritage_door *letter, struct bequest *bequest);

#endif
