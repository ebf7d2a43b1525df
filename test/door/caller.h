/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_DOOR_CALLER_H
#define PEN_TEST_DOOR_CALLER_H
/*
 * Who calls the program of these tests, through a door of the supervisor's.
 */
#include "door/counter.h"
#include "io/socket.h"
#include "support/unit.h"
#include <penstock/client.h>
#include <penstock/conn.h>
#include <string.h>

enum { CALLER_MS = 60000 };

struct caller {
	struct pen_client *client;
	struct pen_call *call;
};

static inline struct caller caller_connect(const char *ncalrpc_dir, const char *binding,
					   uint32_t group)
{
	const struct pen_client_config config = { .ncalrpc_dir = ncalrpc_dir,
						  .assoc_group_id = group };
	struct caller caller;

	assert_int_equal(pen_client_new(&caller.client, binding, &config, NULL), 0);
	assert_int_equal(pen_call_new(&caller.call, caller.client), 0);
	pen_call_set_timeout(caller.call, CALLER_MS);
	return caller;
}

static inline void leave(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

/* It may be given to a process that is dying, once. */
static inline void bind_to_another(struct caller *caller)
{
	if (pen_client_bind(caller->client, &counter_interface) == PEN_E_CLOSED)
		assert_int_equal(pen_client_bind(caller->client, &counter_interface), 0);
}

static inline pid_t pid_of(struct caller *caller)
{
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	int r = counter_Pid(caller->call, &in, &out);

	if (r)
		fail_msg("%d: %s", r, pen_call_error(caller->call));
	return (pid_t)out.result;
}

static inline struct pen_context_handle open_counter(struct caller *caller, int32_t first)
{
	const struct counter_Open_in in = { .first = first };
	struct counter_Open_out out = { 0 };

	assert_int_equal(counter_Open(caller->call, &in, &out), 0);
	return out.counter;
}

static inline int add(struct caller *caller, struct pen_context_handle counter, int32_t n,
		      int32_t *totalp)
{
	const struct counter_Add_in in = { .counter = counter, .n = n };
	struct counter_Add_out out = { 0 };
	int r = counter_Add(caller->call, &in, &out);

	*totalp = out.total;
	return r;
}

/* ---- by bytes ---- */

/* Those that a client binds by. */
static inline size_t make_bind(uint8_t bytes[512])
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct pen_conn *conn;
	struct pen_slice slice;

	assert_int_equal(pen_conn_new_client(&conn, &config), 0);
	assert_int_equal(pen_conn_bind(conn, &counter_interface.id, true, 0, NULL), 0);
	assert_int_equal(pen_conn_output(conn, &slice, 1), 1);
	assert_in_range(slice.size, 1, 512);
	memcpy(bytes, slice.data, slice.size);
	pen_conn_free(conn);
	return slice.size;
}

static inline int connect_raw_at(const char *ncalrpc_dir)
{
	struct pen_address address;
	bool is_pending;
	int fd;

	assert_int_equal(pen_unix_address(&address, ncalrpc_dir, "counter"), 0);
	fd = pen_socket_connect(&address, &is_pending);
	assert_true(fd >= 0);
	return fd;
}

#endif
