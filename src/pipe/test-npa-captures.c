/* SPDX-License-Identifier: MIT */
/* Requests that Samba has made, of each layout, and what is near them. */
#include "pipe/test-npa.h"
#include <errno.h>

/* Requests of real smbds, and what Samba's own ndrdump reads in them. */
static const struct capture {
	const char *file;
	enum pen_npa_layout layout;
	const char *host;
	const char *address;
	uint16_t port;
	const char *user_sid;
	uint32_t n_sids;
	uint64_t privileges;
	uint32_t rights;
	uint64_t uid;
	uint64_t gid;
	uint32_t n_groups;
	uint64_t last_group;
	const char *account;
	const char *principal; /* NULL: none */
	const char *domain;
	const char *logon_server;
	const char *unix_name;
	uint16_t logon_count;
	uint32_t acct_flags;
	uint8_t authenticated;
	uint32_t user_flags;
	uint8_t session_key[16];
	const char *session_token;
	uint16_t ticket_type;
	/* And of the token made of it. */
	uint32_t n_token_sids;
	bool is_admin;
	bool is_encrypted;
} captures[] = {
	{
		.file = "anonymous.level7.bin",
		.layout = PEN_NPA_4_17_9,
		.host = "sahost",
		.address = "127.0.0.1",
		.port = 43242,
		.user_sid = "S-1-5-7",
		.n_sids = 6,
		.uid = 65534,
		.gid = 65534,
		.n_groups = 1,
		.last_group = 65534,
		.account = "ANONYMOUS LOGON",
		.domain = "NT AUTHORITY",
		.logon_server = "SAHOST",
		.unix_name = "nobody",
		.acct_flags = 16,
		.session_key = { 0x8e, 0x6a, 0x7b, 0x83, 0xe7, 0x8a, 0xe6, 0xd5, /**/
				 0x01, 0x66, 0xc5, 0xb6, 0x57, 0xf6, 0xb2, 0x38 },
		.session_token = "20628bbe-ab4e-48fb-9853-22c0e721bcbf",
		.n_token_sids = 5,
	},
	{
		.file = "domain-admin-ntlm.level7.bin",
		.layout = PEN_NPA_4_17_9,
		.host = "dc1",
		.address = "127.0.0.30",
		.port = 43754,
		.user_sid = "S-1-5-21-391770244-2968893902-3925828843-500",
		.n_sids = 15,
		.privileges = 0x1fffff00,
		.rights = 1027,
		.uid = 0,
		.gid = 100,
		.n_groups = 13,
		.last_group = 3000017,
		.account = "Administrator",
		.principal = "Administrator@peer.test",
		.domain = "PEER",
		.logon_server = "DC1",
		.unix_name = "PEER\\Administrator",
		.logon_count = 508,
		.acct_flags = 528,
		.authenticated = 1,
		.session_key = { 0xab, 0x5e, 0x34, 0x90, 0x36, 0x21, 0xe3, 0xb8, /**/
				 0x00, 0xde, 0xdb, 0xec, 0xd4, 0x6a, 0x14, 0x77 },
		.session_token = "dc18f240-67be-4539-8147-c39bf675dad7",
		.ticket_type = 2,
		.n_token_sids = 14,
		.is_admin = true,
	},
	{
		.file = "domain-user-krb5.level7.bin",
		.layout = PEN_NPA_4_17_9,
		.host = "dc1",
		.address = "127.0.0.30",
		.port = 43752,
		.user_sid = "S-1-5-21-391770244-2968893902-3925828843-1103",
		.n_sids = 9,
		.privileges = 0x800000,
		.rights = 1024,
		.uid = 3000081,
		.gid = 100,
		.n_groups = 8,
		.last_group = 3000017,
		.account = "tester",
		.principal = "tester@peer.test",
		.domain = "PEER",
		.logon_server = "DC1",
		.unix_name = "PEER\\tester",
		.logon_count = 1,
		.acct_flags = 16,
		.authenticated = 1,
		.session_key = { 0x1c, 0xb0, 0x03, 0x9c, 0x42, 0xb1, 0x2d, 0xe3, /**/
				 0xcb, 0xac, 0xda, 0xf2, 0xec, 0x02, 0xa1, 0x79 },
		.session_token = "a6d5e1b4-abcd-44fa-b2e8-81bacfab31b5",
		.ticket_type = 2,
		.n_token_sids = 8,
	},
	{
		.file = "user-ntlm-signed.level7.bin",
		.layout = PEN_NPA_4_17_9,
		.host = "sahost",
		.address = "127.0.0.1",
		.port = 57948,
		.user_sid = "S-1-5-21-2979672114-1344079285-3651607410-1000",
		.n_sids = 10,
		.privileges = 0x1ffffff0,
		.uid = 0,
		.gid = 1001,
		.n_groups = 2,
		.last_group = 1008,
		.account = "tester",
		.domain = "SAHOST",
		.logon_server = "SAHOST",
		.unix_name = "tester",
		.acct_flags = 16,
		.authenticated = 1,
		.session_key = { 0x4d, 0xb7, 0xde, 0x13, 0xe7, 0xf0, 0xa9, 0x6c, /**/
				 0x4f, 0x3f, 0x25, 0x87, 0x09, 0x7e, 0xee, 0xdf },
		.session_token = "5d4cf5b2-2f3a-4c14-a95c-845f25fa91ad",
		.n_token_sids = 9,
		.is_admin = true,
	},
	{
		.file = "user-ntlm-smb3enc.level7.bin",
		.layout = PEN_NPA_4_17_9,
		.host = "sahost",
		.address = "127.0.0.1",
		.port = 43236,
		.user_sid = "S-1-5-21-2979672114-1344079285-3651607410-1000",
		.n_sids = 11,
		.privileges = 0x1ffffff0,
		.uid = 0,
		.gid = 1001,
		.n_groups = 2,
		.last_group = 1008,
		.account = "tester",
		.domain = "SAHOST",
		.logon_server = "SAHOST",
		.unix_name = "tester",
		.acct_flags = 16,
		.authenticated = 1,
		.session_key = { 0xab, 0xe8, 0x08, 0x6b, 0x1a, 0xa3, 0x0c, 0x13, /**/
				 0x49, 0xc1, 0xa2, 0x63, 0xf9, 0xf9, 0x87, 0x00 },
		.session_token = "e9ea2ba4-c170-48bd-a59f-1e777ecbd427",
		.n_token_sids = 9,
		.is_admin = true,
		.is_encrypted = true,
	},
	{
		.file = "user-ntlm-smb3enc.level8.bin",
		.layout = PEN_NPA_4_20,
		.host = "samhost",
		.address = "127.0.0.1",
		.port = 58160,
		.user_sid = "S-1-5-21-1417668932-3626624842-243256001-1000",
		.n_sids = 11,
		.privileges = 0x1ffffff0,
		.uid = 0,
		.gid = 1001,
		.n_groups = 2,
		.last_group = 1002,
		.account = "tester",
		.domain = "SAMHOST",
		.logon_server = "SAMHOST",
		.unix_name = "tester",
		.acct_flags = 16,
		.user_flags = 288,
		.session_key = { 0xe7, 0x66, 0xd9, 0x24, 0x63, 0xf5, 0xd0, 0x13, /**/
				 0xaa, 0x1d, 0xda, 0x54, 0x5d, 0xa7, 0x3e, 0x07 },
		.session_token = "cc2c8b9e-734d-45a2-ab82-38db876b0ae3",
		.n_token_sids = 9,
		.is_admin = true,
		.is_encrypted = true,
	},
};

static void expect_request(const struct pen_npa_request *q, const struct capture *c)
{
	char text[PEN_SID_TEXT_SIZE];

	assert_int_equal(q->layout, c->layout);
	assert_int_equal(q->level, c->layout == PEN_NPA_4_20 ? 8 : 7);
	assert_int_equal(q->transport, 1);
	assert_string_equal(q->remote_client_name, c->host);
	assert_string_equal(q->remote_client_addr, c->address);
	assert_int_equal(q->remote_client_port, c->port);
	assert_string_equal(q->local_server_name, c->host);
	assert_string_equal(q->local_server_addr, c->address);
	assert_int_equal(q->local_server_port, 445);

	assert_true(q->has_session_transport && q->has_session);
	assert_int_equal(q->gss_credentials.size, 0);
	assert_int_equal(q->session_key.size, 16);
	assert_memory_equal(q->session_key.data, c->session_key, 16);
	pen_uuid_print(&q->unique_session_token, text);
	assert_string_equal(text, c->session_token);
	assert_int_equal(q->ticket_type, c->ticket_type);

	assert_true(q->has_security_token);
	assert_int_equal(q->n_sids, c->n_sids);
	pen_sid_print(&q->sids[0], text);
	assert_string_equal(text, c->user_sid);
	pen_sid_print(&q->sids[q->n_sids - 1], text);
	assert_string_equal(text, "S-1-22-2041152804-0");
	assert_int_equal(q->privileges, c->privileges);
	assert_int_equal(q->rights, c->rights);
	assert_int_equal(q->n_device_sids, 0);
	assert_int_equal(q->evaluate_claims, c->layout == PEN_NPA_4_20 ? 1 : 0);
}

static void expect_names(const struct pen_npa_request *q, const struct capture *c)
{
	assert_true(q->has_unix_token);
	assert_int_equal(q->uid, c->uid);
	assert_int_equal(q->gid, c->gid);
	assert_int_equal(q->n_groups, c->n_groups);
	assert_int_equal(q->groups[q->n_groups - 1], c->last_group);

	assert_true(q->has_user && q->has_unix_user);
	assert_string_equal(q->user.account_name, c->account);
	if (c->principal)
		assert_string_equal(q->user.user_principal_name, c->principal);
	else
		assert_null(q->user.user_principal_name);
	assert_string_equal(q->user.domain_name, c->domain);
	assert_string_equal(q->user.logon_server, c->logon_server);
	assert_int_equal(q->user.logon_count, c->logon_count);
	assert_int_equal(q->user.bad_password_count, 0);
	assert_int_equal(q->user.acct_flags, c->acct_flags);
	assert_int_equal(q->user.authenticated, c->authenticated);
	assert_int_equal(q->user.user_flags, c->user_flags);
	assert_string_equal(q->unix_name, c->unix_name);
}

static void expect_token(const struct pen_npa_request *q, const struct capture *c)
{
	bool is_anonymous = strcmp(c->user_sid, "S-1-5-7") == 0;
	const struct pen_token_info *info;
	struct pen_token *token = NULL;
	struct pen_npa_flags flags;

	pen_npa_request_flags(q, &flags);
	assert_false(flags.is_probe || flags.needs_idle_server || flags.is_winbind_off);
	assert_int_equal(flags.is_encrypted, c->is_encrypted);
	assert_int_equal(flags.dialect, c->is_encrypted ? 768 : 0);
	assert_int_equal(flags.cipher, c->is_encrypted ? 1 : 0);

	assert_int_equal(pen_npa_request_token(q, &token), 0);
	info = pen_token_info(token);
	assert_int_equal(info->proof, is_anonymous ? PEN_TOKEN_ANONYMOUS : PEN_TOKEN_NPA);
	assert_int_equal(info->is_authenticated, !is_anonymous);
	assert_int_equal(info->n_sids, c->n_token_sids);
	for (size_t i = 0; i < info->n_sids; i++)
		assert_true(info->sids[i].authority != 22 || info->sids[i].sub_authorities[0] <= 2);
	assert_int_equal(pen_token_is_anonymous(token), is_anonymous);
	assert_int_equal(pen_token_is_admin(token), c->is_admin);
	assert_int_equal(pen_token_has_privilege(token, PEN_PRIVILEGE_SECURITY), c->is_admin);
	assert_int_equal(pen_token_has_privilege(token, PEN_PRIVILEGE_CHANGE_NOTIFY),
			 !is_anonymous);
	assert_int_equal(info->primary_group.revision, is_anonymous ? 0 : 1);
	assert_true(info->has_unix);
	assert_int_equal(info->uid, c->uid);
	assert_int_equal(info->gid, c->gid);
	assert_int_equal(info->n_groups, c->n_groups);
	assert_string_equal(info->account, c->account);
	assert_string_equal(info->domain, c->domain);
	assert_string_equal(info->remote_address, c->address);
	assert_int_equal(info->remote_port, c->port);
	assert_int_equal(info->local_port, 445);
	assert_int_equal(info->is_encrypted, c->is_encrypted);
	assert_false(info->is_local);
	assert_memory_equal(info->session_key.data, c->session_key, 16);
	pen_token_free(token);
}

static void test_captures(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(captures); i++) {
		struct pen_npa_request request;
		struct pen_buffer buffer;
		struct pen_arena arena;
		size_t n = load(captures[i].file);
		size_t size = 0;

		pen_arena_init(&arena, 0);
		assert_int_equal(pen_npa_request_size(data, 4, &size), 0);
		assert_int_equal(size, n);
		assert_int_equal(pen_npa_request_get(&request, &arena, data, n), 0);
		expect_request(&request, &captures[i]);
		expect_names(&request, &captures[i]);
		expect_token(&request, &captures[i]);

		/* Written again it is the same, byte by byte. */
		pen_buffer_init(&buffer, 0);
		assert_int_equal(pen_npa_request_put(&request, &buffer), 0);
		assert_int_equal(buffer.size, n);
		assert_memory_equal(buffer.data, data, n);
		pen_buffer_done(&buffer);
		pen_arena_done(&arena);
	}
}

static void test_every_prefix_is_refused(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(captures); i++) {
		size_t n = load(captures[i].file);

		for (size_t k = 0; k < n; k++) {
			assert_int_equal(get_copy(data, k, true), PEN_E_BAD_DATA);
			assert_int_equal(get_copy(data, k, false), PEN_E_BAD_DATA);
		}
		data[n] = 0;
		assert_int_equal(get_copy(data, n + 1, false), PEN_E_BAD_DATA);
	}
}

static void test_every_changed_byte_is_safe(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	for (size_t i = 0; i < PEN_COUNT(captures); i++) {
		size_t n = load(captures[i].file);

		for (size_t at = 0; at < n; at++) {
			uint8_t was = data[at];

			for (size_t k = 0; k < PEN_COUNT(values) + 8; k++) {
				int r;

				data[at] = k < 8 ? (uint8_t)(was ^ 1u << k) : values[k - 8];
				r = get_copy(data, n, true);
				assert_true(r == 0 || r == PEN_E_BAD_DATA ||
					    r == PEN_E_UNSUPPORTED || r == -ENOMEM);
			}
			data[at] = was;
		}
	}
}

/* Each layout is recognised from its bytes alone, with keys that shift what follows. */
static void test_layouts_are_told_apart(void **state)
{
	const struct pen_sid sids[] = { pen_sid_network_service, pen_sid_users, pen_sid_everyone };

	for (enum pen_npa_layout layout = 0; layout < PEN_NPA_N_LAYOUTS; layout++)
		for (size_t n_key = 0; n_key <= 32; n_key++) {
			struct pen_npa_request q = sample(layout, sids, 3, n_key);
			struct pen_npa_request back;
			struct pen_buffer first;
			struct pen_buffer second;
			struct pen_arena arena;
			bool may_be_newer = false;

			q.user.authenticated = 1;
			q.user.user_flags = 0x120;
			if (layout == PEN_NPA_4_17_0)
				q.ticket_type = 2;
			pen_arena_init(&arena, 0);
			pen_buffer_init(&first, 0);
			pen_buffer_init(&second, 0);
			assert_int_equal(pen_npa_request_put(&q, &first), 0);
			assert_int_equal(pen_npa_request_get(&back, &arena, first.data, first.size),
					 0);
			/* Where the ticket type would be in a gap, nobody can tell. */
			if (layout == PEN_NPA_4_16 && back.layout == PEN_NPA_4_17_0)
				may_be_newer = true;
			if (!may_be_newer)
				assert_int_equal(back.layout, layout);
			assert_int_equal(back.ticket_type, q.ticket_type);
			assert_string_equal(back.user.account_name, q.user.account_name);
			assert_string_equal(back.user.logon_server, "");
			assert_null(back.local_server_name);
			assert_null(back.sanitized_username);
			assert_int_equal(back.user.last_logon, q.user.last_logon);
			assert_int_equal(back.n_groups, 3);
			assert_int_equal(back.groups[1], 1000);
			assert_int_equal(back.session_key.size, n_key);
			assert_int_equal(back.gss_credentials.size, 3);
			assert_true(pen_sid_equal(&back.sids[1], &pen_sid_users));
			assert_int_equal(back.n_device_sids, layout == PEN_NPA_4_20);
			if (back.n_device_sids)
				assert_true(pen_sid_equal(back.device_sids, &pen_sid_network));
			assert_int_equal(pen_npa_request_put(&back, &second), 0);
			assert_int_equal(second.size, first.size);
			assert_memory_equal(second.data, first.data, first.size);
			pen_buffer_done(&first);
			pen_buffer_done(&second);
			pen_arena_done(&arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_every_changed_byte_is_safe),
		cmocka_unit_test(test_layouts_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
