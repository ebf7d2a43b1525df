/* SPDX-License-Identifier: MIT */
/*
 * The first fragment, read for what it binds, and held against the engine: they agree about what is
 * whole and what can be answered.
 */
#include "rpc/first.h"
#include "rpc/pdu.h"
#include <penstock/conn.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	return NULL;
}

static uint32_t random_id(void *data)
{
	return 1;
}

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

/* What a server makes of it: 0: a bind_ack; PEN_E_AGAIN, PEN_E_PROTOCOL. */
static int ask_engine(const uint8_t *data, size_t size)
{
	struct pen_conn_config config = { .protseq = PEN_NCACN_IP_TCP, .find_offer = find_offer };
	struct pen_conn *conn;
	struct pen_event event;
	int r;

	demand(!pen_assoc_groups_new(&config.groups, 1, random_id, NULL));
	demand(!pen_conn_new_server(&conn, &config));
	demand(!pen_conn_feed(conn, data, size));
	r = pen_conn_next(conn, &event);
	pen_conn_free(conn);
	pen_assoc_groups_free(config.groups);
	return r;
}

/* Of a bind without a proof, for a new group, nothing but its bytes decides. */
static bool is_plain(const struct pen_first *first, const uint8_t *data)
{
	struct pen_pdu_header header;

	pen_pdu_header_get(&header, data);
	return !header.auth_length && !first->assoc_group_id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pen_syntax_id syntaxes[PEN_FIRST_SYNTAXES_MAX];
	struct pen_first first = { 0 };
	int half = pen_first_get(&first, syntaxes, data, size / 2);
	int whole = pen_first_get(&first, syntaxes, data, size);
	int engine = ask_engine(data, size);

	demand(half == PEN_E_AGAIN || half == whole);
	switch (whole) {
	case 0:
		demand(first.n_used <= size && first.syntaxes == syntaxes);
		demand(first.n_syntaxes && first.n_syntaxes <= PEN_FIRST_SYNTAXES_MAX);
		demand(engine != PEN_E_AGAIN && (!engine || !is_plain(&first, data)));
		break;
	case PEN_E_AGAIN:
		demand(engine == PEN_E_AGAIN);
		break;
	default:
		demand(whole == PEN_E_PROTOCOL && engine);
		break;
	}
	return 0;
}
