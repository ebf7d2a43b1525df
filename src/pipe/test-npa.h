/* SPDX-License-Identifier: MIT */
#ifndef PEN_PIPE_TEST_NPA_H
#define PEN_PIPE_TEST_NPA_H
/*
 * Requests as smbd makes them.
 */
#include "pipe/npa.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t data[8192];

static inline size_t load(const char *name)
{
	char path[200];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "test/vectors/npa/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n = fread(data, 1, sizeof(data), file);
	fclose(file);
	return n;
}

/* A length that fits the bytes, so that what is inside must say what is wrong. */
static inline void set_length(uint8_t *bytes, size_t n)
{
	bytes[0] = (uint8_t)((n - 4) >> 24);
	bytes[1] = (uint8_t)((n - 4) >> 16);
	bytes[2] = (uint8_t)((n - 4) >> 8);
	bytes[3] = (uint8_t)(n - 4);
}

static inline int get_copy(const uint8_t *bytes, size_t n, bool has_own_length)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct pen_npa_request request;
	struct pen_arena arena;
	int r;

	memcpy(copy, bytes, n);
	if (!has_own_length && n >= 5)
		set_length(copy, n);
	pen_arena_init(&arena, 1 << 20);
	r = pen_npa_request_get(&request, &arena, copy, n);
	if (!r) {
		struct pen_token *token = NULL;

		if (pen_npa_request_token(&request, &token) == 0)
			pen_token_free(token);
	}
	pen_arena_done(&arena);
	free(copy);
	return r;
}

static inline struct pen_npa_request sample(enum pen_npa_layout layout, const struct pen_sid *sids,
					    uint32_t n_sids, size_t n_key)
{
	static const uint64_t groups[] = { 100, 1000, 5 };
	static const uint8_t key[] = "0123456789abcdef0123456789abcdef";

	return (struct pen_npa_request){
		.layout = layout,
		.transport = 1,
		.remote_client_name = "client",
		.remote_client_addr = "192.0.2.7",
		.remote_client_port = 50000,
		.local_server_addr = "192.0.2.1",
		.local_server_port = 445,
		.has_session_transport = true,
		.gss_credentials = { key, 3 },
		.has_session = true,
		.session_key = { key, n_key },
		.unique_session_token = { 1, 2, 3, { 4, 5 }, { 6, 7, 8, 9, 10, 11 } },
		.has_security_token = true,
		.sids = sids,
		.n_sids = n_sids,
		.device_sids = &pen_sid_network, /* level 8 alone has a place for it */
		.n_device_sids = 1,
		.privileges = 1 << 13,
		.has_unix_token = true,
		.uid = 1000,
		.gid = 100,
		.groups = groups,
		.n_groups = PEN_COUNT(groups),
		.has_user = true,
		.user = { .account_name = "j\xc3\xb6rg",
			  .domain_name = "D",
			  .logon_server = "",
			  .last_logon = 0x0102030405060708,
			  .acct_flags = 0x10 },
		.has_unix_user = true,
		.unix_name = "joerg",
	};
}

#endif
