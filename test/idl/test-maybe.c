/* SPDX-License-Identifier: MIT */
/*
 * [maybe] calls, which end when they are sent and which nobody answers, and [broadcast] ones.
 */
#include "callback.h"
#include "support/fds.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <penstock/conn.h>
#include <penstock/server.h>
#include <penstock/status.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N_BYTES = 3 << 20, N_CALLS = 8, TRIES = 3000, TRY_US = 10000 };

enum how { QUIETLY, BADLY, WITH_A_FAULT, LATER };

/* ---- the server ---- */

struct heard {
	unsigned n;
	int64_t sum;
	struct pen_call *later; /* one that is to be finished */
};

static int shout(struct pen_call *call, const struct nested_Shout_in *in,
		 struct nested_Shout_out *out)
{
	struct heard *heard = pen_call_data(call);

	heard->n++;
	for (uint32_t i = 0; i < in->n; i++)
		heard->sum += in->bytes[i];
	if (in->how == LATER)
		heard->later = call;
	if (in->how == WITH_A_FAULT)
		return pen_call_fail(call, 0x4711, "Nobody will hear of this.");
	return in->how == LATER ? PEN_PENDING : in->how == BADLY ? PEN_E_BAD_DATA : 0;
}

static int tell_heard(struct pen_call *call, const struct nested_Heard_in *in,
		      struct nested_Heard_out *out)
{
	struct heard *heard = pen_call_data(call);
	struct pen_call *later = heard->later;

	heard->later = NULL;
	if (later)
		pen_call_finish(later, PEN_E_DENIED);
	out->sum = heard->sum;
	out->result = heard->n;
	return 0;
}

static int everybody(struct pen_call *call, const struct nested_Everybody_in *in,
		     struct nested_Everybody_out *out)
{
	((struct heard *)pen_call_data(call))->n++;
	return 0;
}

static const struct nested_operations operations = { .Shout = shout,
						     .Heard = tell_heard,
						     .Everybody = everybody };

/* ---- both ---- */

struct fixture {
	struct heard heard;
	struct pen_server *server;
	pthread_t thread;
	const char *binding;
	struct pen_client *client;
	struct pen_call *call;
	uint8_t *bytes;
	int64_t sum;
};

static void *run(void *data)
{
	pen_server_run(((struct fixture *)data)->server);
	return NULL;
}

static void open_client(struct fixture *f)
{
	assert_int_equal(pen_client_new(&f->client, f->binding, NULL, NULL), 0);
	assert_int_equal(pen_call_new(&f->call, f->client), 0);
}

static void close_client(struct fixture *f)
{
	f->call = pen_call_free(f->call);
	f->client = pen_client_free(f->client);
}

static struct fixture *start(void)
{
	static const struct pen_service service = { .interface = &nested_interface,
						    .operations = &operations };
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->bytes = test_malloc(N_BYTES);
	for (size_t i = 0; i < N_BYTES; i++) {
		f->bytes[i] = (uint8_t)(i * 11);
		f->sum += f->bytes[i];
	}
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_server_add(f->server, &service, &f->heard), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	open_client(f);
	return f;
}

static void stop(struct fixture *f)
{
	close_client(f);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	test_free(f->bytes);
	test_free(f);
}

/* They come when they come. */
static void expect_heard(struct fixture *f, unsigned n, int64_t sum)
{
	static const struct nested_Heard_in in;
	struct nested_Heard_out out = { 0 };

	for (int i = 0; i < TRIES && out.result < n; i++) {
		if (i)
			usleep(TRY_US);
		assert_int_equal(nested_Heard(f->call, &in, &out), 0);
	}
	assert_int_equal(out.result, n);
	assert_int_equal(out.sum, sum);
}

/* The client goes as soon as it may: all is heard, however large it is. */
static void test_it_is_sent_before_it_ends(void **state)
{
	struct fixture *f = start();
	struct nested_Shout_in in = { QUIETLY, N_BYTES, f->bytes };
	struct nested_Shout_out out;

	for (unsigned i = 1; i <= N_CALLS; i++) {
		assert_int_equal(nested_Shout(f->call, &in, &out), 0);
		close_client(f);
		open_client(f);
		expect_heard(f, i, i * f->sum);
	}
	stop(f);
}

static unsigned n_done;

static void on_done(struct pen_call *call, int result, void *data)
{
	assert_int_equal(result, 0);
	n_done++;
}

static void test_without_waiting(void **state)
{
	struct fixture *f = start();
	struct nested_Shout_in in = { QUIETLY, N_BYTES, f->bytes };
	struct nested_Shout_out out[N_CALLS];
	struct pen_call *calls[N_CALLS];

	n_done = 0;
	for (unsigned i = 0; i < N_CALLS; i++) {
		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		assert_int_equal(nested_Shout_start(calls[i], &in, &out[i], on_done, NULL), 0);
	}
	while (n_done < N_CALLS) {
		struct pollfd wait = { .fd = pen_client_fd(f->client),
				       .events = pen_client_events(f->client) };

		assert_true(poll(&wait, 1, pen_client_timeout(f->client)) >= 0);
		pen_client_dispatch(f->client);
	}
	for (unsigned i = 0; i < N_CALLS; i++)
		pen_call_free(calls[i]);
	close_client(f);
	open_client(f);
	expect_heard(f, N_CALLS, N_CALLS * f->sum);
	stop(f);
}

/* Faults, too, are not for its caller. */
static void test_whatever_comes_of_it(void **state)
{
	struct fixture *f = start();
	unsigned n = 0;

	for (enum how how = QUIETLY; how <= LATER; how++) {
		struct nested_Shout_in in = { how, 1, f->bytes + 1 };
		struct nested_Shout_out out;

		assert_int_equal(nested_Shout(f->call, &in, &out), 0);
		n++;
		expect_heard(f, n, n * 11);
	}
	stop(f);
}

static void test_broadcast(void **state)
{
	static const struct nested_Everybody_in in;
	struct nested_Everybody_out out = { 0 };
	struct fixture *f = start();

	expect_heard(f, 0, 0);
	assert_int_equal(nested_Everybody(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->call), PEN_WERR_RPC_S_CANNOT_SUPPORT);
	assert_string_not_equal(pen_call_error(f->call), "");
	assert_int_equal(nested_Everybody_start(f->call, &in, &out, on_done, NULL), PEN_E_FAULT);
	expect_heard(f, 0, 0);
	stop(f);
}

/* A connection that has the number of one whose last call still runs is not touched when that ends.
 */
static void test_who_comes_to_the_number_of_another(void **state)
{
	struct nested_Shout_in in = { .how = LATER };
	static const struct nested_Heard_in none;
	struct nested_Heard_out heard = { 0 };
	struct nested_Shout_out out;
	struct fixture *f = start();
	unsigned n_open;

	close_client(f);
	n_open = pen_count_fds();
	open_client(f);
	assert_int_equal(nested_Shout(f->call, &in, &out), 0);
	while (!__atomic_load_n(&f->heard.n, __ATOMIC_ACQUIRE))
		usleep(1000);
	close_client(f);
	while (pen_count_fds() > n_open)
		usleep(1000);
	open_client(f);
	assert_int_equal(pen_client_bind(f->client, &nested_interface), 0);
	{
		struct pen_client *client = f->client;
		struct pen_call *call = f->call;

		open_client(f);
		assert_int_equal(nested_Heard(f->call, &none, &heard), 0); /* ends the first */
		close_client(f);
		f->client = client;
		f->call = call;
	}
	for (int i = 0; i < 10; i++) {
		pen_call_set_timeout(f->call, 20000);
		assert_int_equal(nested_Heard(f->call, &none, &heard), 0);
		usleep(1000);
	}
	stop(f);
}

/* ---- a peer that says of each call whether it wants an answer ---- */

struct peer {
	int fd;
	struct pen_conn *conn;
};

static void await(struct peer *peer, struct pen_event *event)
{
	for (;;) {
		struct pen_slice slice;
		uint8_t in[4096];
		ssize_t n;
		int r;

		while (pen_conn_output(peer->conn, &slice, 1)) {
			n = send(peer->fd, slice.data, slice.size, MSG_NOSIGNAL);
			assert_true(n > 0);
			pen_conn_sent(peer->conn, (size_t)n);
		}
		r = pen_conn_next(peer->conn, event);
		if (!r)
			return;
		assert_int_equal(r, PEN_E_AGAIN);
		n = recv(peer->fd, in, sizeof(in), 0);
		assert_true(n > 0);
		assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
}

static struct peer peer_new(struct fixture *f)
{
	const struct pen_conn_config config = { .protseq = PEN_NCACN_IP_TCP };
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(strchr(f->binding, '[') + 1)),
	};
	struct pen_event event;
	struct peer peer = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	assert_int_equal(connect(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &nested_interface.id, true, 0, NULL), 0);
	await(&peer, &event);
	assert_int_equal(event.kind, PEN_EVENT_BOUND);
	return peer;
}

static uint32_t ask(struct peer *peer, uint16_t opnum, bool is_maybe, const char *bytes, size_t n)
{
	struct pen_buffer stub = { 0 };
	uint32_t call_id;

	assert_int_equal(pen_buffer_add(&stub, bytes, n), 0);
	assert_int_equal(pen_conn_request(peer->conn,
					  pen_conn_context(peer->conn, &nested_interface.id), NULL,
					  opnum, NULL, is_maybe ? PEN_REQUEST_MAYBE : 0, &stub,
					  &call_id),
			 0);
	pen_buffer_done(&stub);
	return call_id;
}

/*
 * It is the request that says so, and not the operation. An answer to one that wants none would end
 * the association here.
 */
static void test_who_wants_no_answer_gets_none(void **state)
{
	static const char one_byte[] = "\0\0\0\0\1\0\0\0\1\0\0\0\7";
	struct fixture *f = start();
	struct peer peer = peer_new(f);
	struct pen_event event;
	uint16_t shouted, told;
	uint32_t id;

	assert_non_null(pen_interface_find(&nested_interface, "Shout", &shouted));
	assert_non_null(pen_interface_find(&nested_interface, "Heard", &told));
	ask(&peer, told, true, "", 0);
	ask(&peer, 77, true, "", 0);
	ask(&peer, shouted, true, "", 0); /* does not decode */
	ask(&peer, shouted, true, one_byte, sizeof(one_byte) - 1);
	id = ask(&peer, shouted, false, one_byte, sizeof(one_byte) - 1);
	await(&peer, &event);
	assert_int_equal(event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(event.call_id, id);
	assert_int_equal(event.stub.size, 0);
	id = ask(&peer, told, false, "", 0);
	await(&peer, &event);
	assert_int_equal(event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(event.call_id, id);
	pen_conn_free(peer.conn);
	close(peer.fd);
	expect_heard(f, 2, 14);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_sent_before_it_ends),
		cmocka_unit_test(test_without_waiting),
		cmocka_unit_test(test_whatever_comes_of_it),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_who_comes_to_the_number_of_another),
		cmocka_unit_test(test_who_wants_no_answer_gets_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
