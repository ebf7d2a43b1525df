/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_TEST_AUTH_H
#define PEN_RPC_TEST_AUTH_H
/*
 * A client's engine and a server's, back to back in memory, and the mechanisms that run
 * there: two fake ones, NTLM, and SPNEGO with NTLM. Randomness and time are the pair's,
 * so two talks of one kind are the same bytes. Where there is a KDC, a keytab and a ccache
 * make it Kerberos, and SPNEGO with Kerberos; those are never the same bytes.
 */
#include "crypto/crypto.h"
#include "sec/krb5.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include "support/mech.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/credentials.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those that need nothing but memory; and Kerberos, which needs a KDC. */
enum auth_scheme { AUTH_RED, AUTH_BLUE, AUTH_NTLM, AUTH_SPNEGO, N_AUTH_SCHEMES };
enum { AUTH_KRB5 = N_AUTH_SCHEMES, N_AUTH_ROWS };

static const uint8_t auth_levels[] = { PEN_AUTH_LEVEL_CONNECT, PEN_AUTH_LEVEL_PACKET,
				       PEN_AUTH_LEVEL_INTEGRITY, PEN_AUTH_LEVEL_PRIVACY };

enum { TO_SERVER, TO_CLIENT, N_WAYS };

/* What the peers were told, as far as a test looks at it. */
struct auth_heard {
	unsigned n_bound; /* BOUND and ALTERED */
	unsigned n_rejected;
	unsigned n_authenticated;
	unsigned n_works;
	unsigned n_requests;
	unsigned n_responses;
	unsigned n_faults;
	unsigned n_notices;
	unsigned n_verified; /* verification trailers */
	unsigned n_denied;   /* those that said otherwise */
	uint32_t status;
	bool is_unsigned;
	int result; /* of the last pull */
	uint8_t auth_level;
	struct pen_buffer stub;
};

struct auth_pair {
	/* Told before it is opened. */
	struct fake_config fake_client;
	struct fake_config fake_server;
	const char *password;
	const char *keytab; /* NULL: there is no Kerberos */
	const char *ccache;
	const char *target;	   /* NULL: host/server.work.test */
	size_t cut;		   /* bytes at a time; 0: all */
	bool tolerates_denial;	   /* of a verification trailer: the request is not answered */
	bool drops_header_signing; /* somebody takes the flag away, both ways */
	struct pen_conn_limits limits;
	const struct pen_offer *offer; /* NULL: rpcecho */
	void (*meddle)(struct auth_pair *pair, int way, struct pen_buffer *bytes);
	void *meddle_data;

	struct pen_crypto *crypto;
	uint8_t seed;
	struct pen_mech_world world;
	struct pen_ntlm_server ntlm;
	struct pen_krb5_server krb5_server;
	struct pen_krb5_client krb5_client;
	struct pen_spnego_mech spnego_client[1];
	struct pen_spnego_mech spnego_server[1];
	struct pen_spnego_config spnego[2];
	struct pen_credentials *credentials;
	struct pen_mech_row rows[N_AUTH_ROWS];
	struct pen_mech_row client_rows[N_AUTH_ROWS];

	struct pen_assoc_groups *groups;
	uint32_t n_random_ids;
	struct pen_conn *conns[2]; /* by the way that leads to each: the server's first */
	struct auth_heard heard[2];
	size_t n_carried[N_WAYS];
	struct pen_buffer stub;
};

static inline int auth_random(void *data, void *bytes, size_t n)
{
	struct auth_pair *pair = data;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)bytes)[i] = pair->seed++;
	return 0;
}

static inline uint64_t auth_now(void *data)
{
	(void)data;
	return UINT64_C(133000000000000000);
}

static inline int auth_judge(void *data, const struct pen_ntlm_attempt *attempt,
			     struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[16];
	int r;

	(void)data;
	if (strcmp(attempt->user, "ann") != 0)
		return PEN_E_NOT_FOUND;
	r = pen_ntlm_nt_hash(attempt->crypto, "secret", hash);
	if (!r)
		r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	if (!r)
		r = pen_token_new_unix(&verdict->token, 1000, 1000, NULL, 0, 0, false);
	return r;
}

/* Whoever has a ticket is uid 1000. */
static inline int auth_map(void *data, const char *principal, const struct pen_token_info *known,
			   struct pen_token **tokenp)
{
	(void)data;
	(void)principal;
	(void)known;
	return pen_token_new_unix(tokenp, 1000, 1000, NULL, 0, 0, false);
}

static inline const struct pen_offer *auth_find_offer(void *data,
						      const struct pen_syntax_id *abstract)
{
	static const struct pen_offer echo = { .interface = &rpcecho_interface };
	const struct auth_pair *pair = data;

	if (!pen_syntax_id_equal(abstract, &rpcecho_interface.id))
		return NULL;
	return pair->offer ? pair->offer : &echo;
}

static inline uint32_t auth_random_id(void *data)
{
	return ++((struct auth_pair *)data)->n_random_ids;
}

static inline void auth_pair_init(struct auth_pair *pair)
{
	*pair = (struct auth_pair){
		.fake_client = { .key = "key", .n_legs = 3 },
		.fake_server = { .key = "key", .n_legs = 3 },
		.password = "secret",
	};
}

/* Kerberos, alone and inside SPNEGO. Replays are not looked for, which takes a file. */
static inline void auth_pair_krb5(struct auth_pair *pair)
{
	pair->krb5_client = (struct pen_krb5_client){ .allow_weak = true };
	pair->krb5_server = (struct pen_krb5_server){
		.keytab = pair->keytab,
		.rcache = "none:",
		.allow_weak = true,
		.map = auth_map,
	};
	pair->spnego_client[0] = (struct pen_spnego_mech){ &pen_mech_krb5, &pair->krb5_client,
							   pen_oids_krb5, PEN_N_OIDS_KRB5 };
	pair->spnego_server[0] = (struct pen_spnego_mech){ &pen_mech_krb5, &pair->krb5_server,
							   pen_oids_krb5, PEN_N_OIDS_KRB5 };
}

static inline void auth_pair_mechs(struct auth_pair *pair)
{
	pair->ntlm = (struct pen_ntlm_server){
		.netbios_computer = "SERVER",
		.netbios_domain = "WORK",
		.dns_computer = "server.work.test",
		.dns_domain = "work.test",
		.judge = auth_judge,
	};
	pair->spnego_client[0] =
		(struct pen_spnego_mech){ &pen_mech_ntlm, NULL, pen_oids_ntlm, PEN_N_OIDS_NTLM };
	pair->spnego_server[0] = (struct pen_spnego_mech){ &pen_mech_ntlm, &pair->ntlm,
							   pen_oids_ntlm, PEN_N_OIDS_NTLM };
	if (pair->keytab)
		auth_pair_krb5(pair);
	pair->spnego[TO_SERVER] = (struct pen_spnego_config){ pair->spnego_server, 1 };
	pair->spnego[TO_CLIENT] = (struct pen_spnego_config){ pair->spnego_client, 1 };
	pair->rows[AUTH_RED] = (struct pen_mech_row){ &fake_red, &pair->fake_server };
	pair->rows[AUTH_BLUE] = (struct pen_mech_row){ &fake_blue, &pair->fake_server };
	pair->rows[AUTH_NTLM] = (struct pen_mech_row){ &pen_mech_ntlm, &pair->ntlm };
	pair->rows[AUTH_SPNEGO] =
		(struct pen_mech_row){ &pen_mech_spnego, &pair->spnego[TO_SERVER] };
	pair->rows[AUTH_KRB5] = (struct pen_mech_row){ &pen_mech_krb5, &pair->krb5_server };
	memcpy(pair->client_rows, pair->rows, sizeof(pair->rows));
	pair->client_rows[AUTH_RED].config = &pair->fake_client;
	pair->client_rows[AUTH_BLUE].config = &pair->fake_client;
	pair->client_rows[AUTH_NTLM].config = NULL;
	pair->client_rows[AUTH_SPNEGO].config = &pair->spnego[TO_CLIENT];
	pair->client_rows[AUTH_KRB5].config = &pair->krb5_client;
}

/* Opens both sides. Returns -ENOMEM, as tests of that want it. */
static inline int auth_pair_open(struct auth_pair *pair)
{
	struct pen_conn_config config = { .protseq = PEN_NCACN_IP_TCP };
	int r;

	r = pen_crypto_new(&pair->crypto);
	if (r)
		return r;
	pair->world = (struct pen_mech_world){ pair->crypto, pair, auth_random, auth_now };
	auth_pair_mechs(pair);
	r = pair->ccache ? pen_credentials_new_ccache(&pair->credentials, pair->ccache)
			 : pen_credentials_new_password(&pair->credentials, "ann", "WORK",
							pair->password);
	if (!r)
		r = pen_assoc_groups_new(&pair->groups, 4, auth_random_id, pair);
	if (r)
		return r;
	config.limits = pair->limits;
	r = pen_conn_new_client(&pair->conns[TO_CLIENT], &config);
	if (r)
		return r;
	config.find_offer = auth_find_offer;
	config.find_data = pair;
	config.secondary_address = "135";
	config.groups = pair->groups;
	config.mechs = pair->rows;
	config.n_mechs = pair->keytab ? N_AUTH_ROWS : N_AUTH_SCHEMES;
	config.world = &pair->world;
	return pen_conn_new_server(&pair->conns[TO_SERVER], &config);
}

static inline void auth_pair_close(struct auth_pair *pair)
{
	for (int way = 0; way < N_WAYS; way++) {
		pen_conn_free(pair->conns[way]);
		pen_buffer_done(&pair->heard[way].stub);
	}
	pen_assoc_groups_free(pair->groups);
	pen_credentials_free(pair->credentials);
	pen_crypto_free(pair->crypto);
	pen_buffer_done(&pair->stub);
	assert_int_equal(fake_n_contexts, 0);
}

static inline int auth_pair_add(struct auth_pair *pair, unsigned scheme, uint8_t level,
				const struct pen_auth_info **authp)
{
	const struct pen_mech_client client = {
		.world = &pair->world,
		.credentials = pair->credentials,
		.target = pair->target ? pair->target : "host/server.work.test",
		.level = level,
	};

	return pen_conn_add_auth(pair->conns[TO_CLIENT], &pair->client_rows[scheme], &client,
				 authp);
}

/* The verification trailer behind a request, which must be right; the rest is its stub. */
static inline struct pen_slice auth_split(struct auth_pair *pair, const struct pen_event *event)
{
	static const uint8_t magic[8] = { 0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71 };
	struct pen_slice stub = event->stub;
	const uint8_t *found =
		stub.size ? memmem(stub.data, stub.size, magic, sizeof(magic)) : NULL;
	int r;

	if (!found)
		return stub;
	pair->heard[TO_SERVER].n_verified++;
	r = pen_conn_verify(pair->conns[TO_SERVER], event->call_id, stub);
	if (r && pair->tolerates_denial)
		pair->heard[TO_SERVER].n_denied++;
	else
		assert_int_equal(r, 0);
	stub.size = (size_t)(found - stub.data);
	return stub;
}

/* Requests are answered by what they say; operation 5 by a fault. */
static inline int auth_answer(struct auth_pair *pair, const struct pen_event *event)
{
	struct pen_conn *server = pair->conns[TO_SERVER];
	struct pen_buffer stub = { 0 };
	int r;

	if (event->opnum == 5 || pair->heard[TO_SERVER].n_denied)
		return pen_conn_fault(server, event->call_id, 5, true);
	r = pen_buffer_add(&stub, pair->heard[TO_SERVER].stub.data,
			   pair->heard[TO_SERVER].stub.size);
	if (!r)
		r = pen_conn_respond(server, event->call_id, &stub);
	pen_buffer_done(&stub);
	return r;
}

static inline int auth_on_event(struct auth_pair *pair, int way, const struct pen_event *event)
{
	struct auth_heard *heard = &pair->heard[way];
	struct pen_slice stub;
	int r = 0;

	switch (event->kind) {
	case PEN_EVENT_BOUND:
	case PEN_EVENT_ALTERED:
		heard->n_bound++;
		break;
	case PEN_EVENT_REJECTED:
		heard->n_rejected++;
		heard->status = event->status;
		break;
	case PEN_EVENT_WORK:
		heard->n_works++;
		pen_conn_work(pair->conns[way]);
		pen_conn_worked(pair->conns[way]);
		break;
	case PEN_EVENT_AUTHENTICATED:
		heard->n_authenticated++;
		heard->auth_level = event->auth->auth_level;
		break;
	case PEN_EVENT_REQUEST:
	case PEN_EVENT_RESPONSE:
		heard->n_requests += event->kind == PEN_EVENT_REQUEST;
		heard->n_responses += event->kind == PEN_EVENT_RESPONSE;
		heard->auth_level = event->auth ? event->auth->auth_level : 0;
		heard->stub.size = 0;
		stub = event->kind == PEN_EVENT_REQUEST ? auth_split(pair, event) : event->stub;
		r = pen_buffer_add(&heard->stub, stub.data, stub.size);
		if (!r && event->kind == PEN_EVENT_REQUEST)
			r = auth_answer(pair, event);
		break;
	case PEN_EVENT_FAULT:
		heard->n_faults++;
		heard->status = event->status;
		heard->is_unsigned = event->is_unsigned;
		break;
	default:
		heard->n_notices++;
		break;
	}
	return r;
}

static inline int auth_pull(struct auth_pair *pair, int way)
{
	struct pen_event event;
	int r;

	while ((r = pen_conn_next(pair->conns[way], &event)) == 0) {
		r = auth_on_event(pair, way, &event);
		if (r)
			break;
	}
	pair->heard[way].result = r;
	return r < 0 ? r : 0;
}

/* Takes what one side wants sent. */
static inline int auth_take(struct pen_conn *conn, struct pen_buffer *bytes)
{
	struct pen_slice slices[4];
	size_t n;

	while ((n = pen_conn_output(conn, slices, PEN_COUNT(slices))) > 0) {
		for (size_t i = 0; i < n; i++) {
			int r = pen_buffer_add(bytes, slices[i].data, slices[i].size);

			if (r)
				return r;
			pen_conn_sent(conn, slices[i].size);
		}
	}
	return 0;
}

/* Of bind, alter_context and their answers. */
static inline void auth_drop_header_signing(struct pen_buffer *bytes)
{
	for (size_t at = 0; at < bytes->size; at += bytes->data[at + 8] | bytes->data[at + 9] << 8)
		if (bytes->data[at + 2] >= 11 && bytes->data[at + 2] <= 15)
			bytes->data[at + 3] &= (uint8_t)~4;
}

/* What one side wants sent comes to the other, cut as told. */
static inline int auth_carry(struct auth_pair *pair, int way)
{
	struct pen_buffer bytes = { 0 };
	int r = auth_take(pair->conns[!way], &bytes);

	if (!r && pair->drops_header_signing)
		auth_drop_header_signing(&bytes);
	if (!r && pair->meddle && bytes.size)
		pair->meddle(pair, way, &bytes);
	for (size_t at = 0; !r && at < bytes.size;) {
		size_t n = pair->cut ? pair->cut : bytes.size;

		if (n > bytes.size - at)
			n = bytes.size - at;
		r = pen_conn_feed(pair->conns[way], bytes.data + at, n);
		at += n;
		if (!r)
			r = auth_pull(pair, way);
	}
	pair->n_carried[way] += bytes.size;
	pen_buffer_done(&bytes);
	return r;
}

/* Until both are silent. */
static inline int auth_pair_run(struct auth_pair *pair)
{
	size_t before;
	int r;

	do {
		before = pair->n_carried[0] + pair->n_carried[1];
		r = auth_pull(pair, TO_CLIENT);
		if (!r)
			r = auth_carry(pair, TO_SERVER);
		if (!r)
			r = auth_carry(pair, TO_CLIENT);
	} while (!r && before != pair->n_carried[0] + pair->n_carried[1]);
	return r;
}

/* A stub of n bytes, which the pair keeps. */
static inline struct pen_buffer *auth_bytes(struct auth_pair *pair, size_t n, unsigned seed)
{
	struct pen_buffer *stub = &pair->stub;

	stub->size = 0;
	assert_int_equal(pen_buffer_reserve(stub, n + 1), 0);
	for (size_t i = 0; i < n; i++)
		stub->data[i] = (uint8_t)(seed + i * 31);
	stub->size = n;
	return stub;
}

static inline const struct pen_context *auth_pair_context(const struct auth_pair *pair)
{
	return pen_conn_context(pair->conns[TO_CLIENT], &rpcecho_interface.id);
}

static inline int auth_pair_bind(struct auth_pair *pair, bool refuse_ndr64,
				 const struct pen_auth_info *auth)
{
	int r = pen_conn_bind(pair->conns[TO_CLIENT], &rpcecho_interface.id, refuse_ndr64, 0, auth);

	return r ? r : auth_pair_run(pair);
}

/* Begins a call of n bytes that count from seed. */
static inline int auth_pair_request(struct auth_pair *pair, const struct pen_auth_info *auth,
				    uint16_t opnum, unsigned flags, size_t n, unsigned seed)
{
	uint32_t id;
	int r;

	pair->stub.size = 0;
	r = pen_buffer_reserve(&pair->stub, n);
	if (r)
		return r;
	for (size_t i = 0; i < n; i++)
		pair->stub.data[i] = (uint8_t)(i * 31 + seed);
	pair->stub.size = n;
	return pen_conn_request(pair->conns[TO_CLIENT], auth_pair_context(pair), auth, opnum, NULL,
				flags, &pair->stub, &id);
}

#endif
