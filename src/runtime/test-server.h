/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_TEST_SERVER_H
#define PEN_RUNTIME_TEST_SERVER_H
/*
 * A server that runs, and a peer made of a socket and an engine, which need not behave.
 */
#include "runtime/server.h"
#include "support/probe.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct probe probe;

static inline int start(void **state)
{
	probe_start(&probe, NULL);
	return 0;
}

static inline int stop(void **state)
{
	probe_stop(&probe);
	return 0;
}

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct peer {
	int fd;
	struct pen_conn *conn;
};

static inline int connect_tcp(const struct probe *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_port = htons((uint16_t)atoi(strchr(to->tcp, '[') + 1));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline int connect_unix(const struct probe *to, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", to->directory, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline struct peer peer_new(const struct probe *to, enum pen_protseq protseq)
{
	const struct pen_conn_config config = { .protseq = protseq };
	struct peer peer = { .fd = protseq == PEN_NCACN_IP_TCP ? connect_tcp(to)
							       : connect_unix(to, "probe") };

	assert_true(peer.fd >= 0);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	return peer;
}

static inline void peer_done(struct peer *peer)
{
	pen_conn_free(peer->conn);
	close(peer->fd);
}

/* Sends what the engine has, as far as the server takes it; whether that was all. */
static inline bool peer_send(struct peer *peer)
{
	struct pen_slice slice;

	while (pen_conn_output(peer->conn, &slice, 1)) {
		struct pollfd wait = { .fd = peer->fd, .events = POLLOUT };
		ssize_t n = send(peer->fd, slice.data, slice.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			pen_conn_sent(peer->conn, (size_t)n);
		else if (errno != EAGAIN || poll(&wait, 1, 200) == 0)
			return false;
	}
	return true;
}

/* Reads until an event of the kind comes. */
static inline void peer_expect(struct peer *peer, enum pen_event_kind kind, struct pen_event *event)
{
	uint8_t in[4096];
	int r;

	while ((r = pen_conn_next(peer->conn, event)) == PEN_E_AGAIN) {
		ssize_t n = recv(peer->fd, in, sizeof(in), 0);

		assert_true(n > 0);
		assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
	assert_int_equal(r, 0);
	assert_int_equal(event->kind, kind);
}

static inline void peer_bind(struct peer *peer)
{
	struct pen_event event;

	assert_int_equal(pen_conn_bind(peer->conn, &probe_interface.id, true, 0, NULL), 0);
	assert_true(peer_send(peer));
	peer_expect(peer, PEN_EVENT_BOUND, &event);
}

/* A request to echo n zeros. */
static inline int peer_request(struct peer *peer, uint32_t n)
{
	static uint8_t zeros[1 << 20];
	struct probe_bytes_in in = { .n = n, .data = zeros };
	const struct pen_scope scope = { .in = &in };
	struct pen_buffer stub;
	uint32_t call_id;
	int r;

	pen_buffer_init(&stub, 0);
	assert_int_equal(pen_ndr_put(probe_interface.operations[PROBE_ECHO].in,
				     (struct pen_layout){ 0 }, &scope, &in, &stub, NULL),
			 0);
	r = pen_conn_request(peer->conn, pen_conn_context(peer->conn, &probe_interface.id), NULL,
			     PROBE_ECHO, NULL, 0, &stub, &call_id);
	pen_buffer_done(&stub);
	return r;
}

/* Whether the server closes within the time, whatever it says before that. */
static inline bool is_closed_within(int fd, int ms)
{
	uint64_t until = now_ms() + (uint64_t)ms;
	char in[4096];

	while (now_ms() < until) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, (int)(until - now_ms())) > 0 && recv(fd, in, sizeof(in), 0) <= 0)
			return true;
	}
	return false;
}

/* Whether the server still answers somebody who behaves. */
static inline void assert_serves(const struct probe *server)
{
	struct pen_client *client = probe_client(server, server->local);
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, client), 0);
	pen_call_set_timeout(call, 10000);
	assert_int_equal(probe_add(call, 20, 22), 0);
	pen_call_free(call);
	pen_client_free(client);
}

static inline size_t memory_of(const struct probe *server)
{
	return *(volatile size_t *)&server->server->memory;
}

static inline uint32_t connections_of(const struct probe *server)
{
	return *(volatile uint32_t *)&server->server->stats.connections;
}

/* Until there are so many: who closes is noticed a moment later. */
static inline void await_connections(const struct probe *server, uint32_t n)
{
	for (int i = 0; i < 10000 && connections_of(server) > n; i++)
		usleep(1000);
	assert_int_equal(connections_of(server), n);
}

static inline struct pen_context_handle open_handle(struct pen_call *call)
{
	struct probe_nothing in = { 0 };
	struct probe_handle out;

	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_OPEN, &in, &out), 0);
	return out.handle;
}

#endif
