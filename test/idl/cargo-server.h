/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_CARGO_SERVER_H
#define PEN_TEST_CARGO_SERVER_H
/*
 * A server of descriptors in a thread of its own, and what it may be asked for.
 */
#include "cargo.h"
#include <penstock/client.h>
#include <penstock/server.h>
#include <pthread.h>

enum { CARGO_MAX = 16, CARGO_KINDS = 7 };

struct cargo_kept {
	int event; /* -1: none */
	bool fails;
};

struct cargo_fixture {
	unsigned n_open;
	char directory[32];
	struct cargo_kept kept;
	struct pen_server *server;
	pthread_t thread;
	const char *local;
	const char *tcp;
	struct pen_client *client;
	struct pen_call *call;
};

/* stop holds that nothing is open that was not before start. */
struct cargo_fixture *cargo_start(void);
void cargo_stop(struct cargo_fixture *f);

void cargo_open_client(struct cargo_fixture *f, const char *binding, bool refuse_ndr64,
		       bool is_big_endian);
void cargo_close_client(struct cargo_fixture *f);

struct pen_system_handle cargo_handle(int fd);

/* A file that says a number, and is open for reading alone; and the number. */
int cargo_file(unsigned number);
unsigned cargo_number(int fd);

/* A descriptor for each parameter of Kinds. */
int cargo_open_kind(unsigned kind);

/* What a loop keeps open for ever is there before the first test counts. */
int cargo_open_once(void **state);

#endif
