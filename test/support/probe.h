/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_PROBE_H
#define PEN_TEST_PROBE_H
/*
 * A small interface, written by hand, with a server of it in a thread of its own.
 */
#include <penstock/client.h>
#include <penstock/server.h>
#include <pthread.h>

enum probe_opnum {
	PROBE_ADD,
	PROBE_ECHO,
	PROBE_LATER,   /* is finished by release, or when cancelled */
	PROBE_RELEASE, /* how many it finished */
	PROBE_OPEN,
	PROBE_USE,
	PROBE_CLOSE,
	PROBE_FAIL,
	PROBE_UNUSED,
	PROBE_SHOUT, /* maybe */
	PROBE_N_OPERATIONS,
};

struct probe_add_in {
	uint32_t a;
	uint32_t b;
};

struct probe_number {
	uint32_t value;
};

struct probe_nothing {
	char unused;
};

struct probe_bytes_in {
	uint32_t n;
	uint8_t *data;
};

struct probe_bytes_out {
	uint8_t *data;
};

struct probe_handle {
	struct pen_context_handle handle;
};

extern const struct pen_interface probe_interface;
extern const struct pen_service probe_service;	  /* its data is a struct probe */
extern const struct pen_interface probe_stranger; /* that nobody serves */

struct probe {
	struct pen_server *server;
	pthread_t thread;
	char directory[64];
	const char *tcp;
	const char *tcp6; /* NULL: not on this machine */
	const char *local;
	const char *pipe;
	_Atomic int n_objects; /* opened, and not run down */
	_Atomic int n_rundowns;
	_Atomic int n_later; /* calls not finished */
	_Atomic int n_cancelled;
	_Atomic int n_shouts;
	_Atomic bool ignores_cancel;
	struct pen_call *later[256];
};

/*
 * Makes the server, with endpoints of all kinds; start runs it, start_in in a
 * directory that is there. config may be NULL.
 */
void probe_make(struct probe *probe, const struct pen_server_config *config);
void probe_start(struct probe *probe, const struct pen_server_config *config);
void probe_start_in(struct probe *probe, const char *directory,
		    const struct pen_server_config *config);

/* Runs a server that was made. */
void probe_run(struct probe *probe);

/* Stops the thread; the server is still there to be looked at. */
void probe_halt(struct probe *probe);

/* Frees the server and removes its directory. */
void probe_done(struct probe *probe);

void probe_stop(struct probe *probe);

struct pen_client *probe_client(const struct probe *probe, const char *binding);

/* Calls add, and holds that the sum is right; the result. */
int probe_add(struct pen_call *call, uint32_t a, uint32_t b);

/* Waits until the counter has the value. False: it did not within ten seconds. */
bool probe_await(_Atomic int *counter, int value);

#endif
