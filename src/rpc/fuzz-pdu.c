/* SPDX-License-Identifier: MIT */
/*
 * A stream of PDUs from a hostile peer. The first byte chooses the role and how the
 * stream is cut; a client has a bind and some requests under way.
 */
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/idl/rpcecho.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pen_offer offer = { .interface = &rpcecho_interface };

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	return pen_syntax_id_equal(abstract, &rpcecho_interface.id) ? &offer : NULL;
}

static uint32_t random_id(void *data)
{
	uint32_t *next = data;

	return ++*next;
}

static void drain(struct pen_conn *conn)
{
	struct pen_slice slices[4];

	while (pen_conn_output(conn, slices, PEN_COUNT(slices)) > 0)
		pen_conn_sent(conn, slices[0].size);
}

static void send_requests(struct pen_conn *conn, struct pen_buffer *stub)
{
	const struct pen_context *context = pen_conn_context(conn, &rpcecho_interface.id);
	uint32_t id;

	for (int i = 0; context && i < 3; i++) {
		pen_buffer_add(stub, "stub", 4);
		pen_conn_request(conn, context, NULL, 1, NULL, 0, stub, &id);
	}
}

/* As its number says: answered, failed, put off by a callback, or never answered. */
static void serve(struct pen_conn *conn, const struct pen_event *event, struct pen_buffer *stub)
{
	pen_buffer_add(stub, event->stub.data, event->stub.size);
	switch (event->opnum & 3) {
	case 0:
		pen_conn_fault(conn, event->call_id, 5, false);
		break;
	case 1:
		pen_conn_respond(conn, event->call_id, stub);
		break;
	case 2:
		pen_conn_call_back(conn, event->call_id, 1, 0, stub);
		break;
	default:
		if (event->depth & 1) /* so it is a client's to give up */
			pen_conn_orphan(conn, event->call_id);
		break;
	}
}

static void on_event(struct pen_conn *conn, const struct pen_event *event, struct pen_buffer *stub)
{
	stub->size = 0;
	switch (event->kind) {
	case PEN_EVENT_REQUEST:
		serve(conn, event, stub);
		break;
	case PEN_EVENT_RESPONSE:
	case PEN_EVENT_FAULT:
		if (event->depth)
			pen_conn_respond(conn, event->call_id, stub);
		break;
	case PEN_EVENT_BOUND:
	case PEN_EVENT_ALTERED:
		send_requests(conn, stub);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t next_id = 0;
	struct pen_conn_config config = {
		.protseq = PEN_NCACN_IP_TCP,
		.limits = { .stub_max = 65536, .calls_max = 8, .contexts_max = 8 },
		.find_offer = find_offer,
		.secondary_address = "135",
	};
	struct pen_assoc_groups *groups;
	struct pen_conn *conn;
	struct pen_event event;
	struct pen_buffer stub;
	size_t step;
	bool is_client;

	if (size < 1)
		return 0;
	is_client = data[0] & 1;
	step = (size_t)(data[0] >> 1) + 1;
	data++;
	size--;
	if (pen_assoc_groups_new(&groups, 4, random_id, &next_id))
		abort();
	config.groups = groups;
	if (is_client ? pen_conn_new_client(&conn, &config) : pen_conn_new_server(&conn, &config))
		abort();
	pen_buffer_init(&stub, 0);
	if (is_client)
		pen_conn_bind(conn, &rpcecho_interface.id, false, 0, NULL);
	for (size_t at = 0; at < size && !pen_conn_is_closed(conn); at += step) {
		pen_conn_feed(conn, data + at, size - at < step ? size - at : step);
		while (pen_conn_next(conn, &event) == 0)
			on_event(conn, &event, &stub);
		drain(conn);
	}
	if (pen_conn_memory(conn) > 1u << 20)
		abort();
	pen_buffer_done(&stub);
	pen_conn_free(conn);
	pen_assoc_groups_free(groups);
	return 0;
}
