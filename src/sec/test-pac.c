/* SPDX-License-Identifier: MIT */
#include "base/writer.h"
#include "sec/pac.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/idl/krb5pac.h>
#include <penstock/pickle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_token_info known = { .proof = PEN_TOKEN_RPC, .remote_address = "peer" };

/* A PAC as Samba writes it, of the fuzz target's corpus. */
static struct pen_slice sample(const char *name)
{
	static uint8_t bytes[4096];
	char path[256];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "test/corpus/fuzz-pac/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return (struct pen_slice){ .data = bytes, .size = n };
}

static void expect_sid(const struct pen_sid *sid, const char *expected)
{
	char text[PEN_SID_TEXT_SIZE];

	pen_sid_print(sid, text);
	assert_string_equal(text, expected);
}

static int get(struct pen_slice data)
{
	struct pen_arena arena;
	struct pen_pac pac;
	int r;

	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	r = pen_pac_get(&pac, &arena, data);
	pen_arena_done(&arena);
	return r;
}

/* A PAC of one part: this logon information, serialized. */
static int get_logon(const struct krb5pac_KERB_VALIDATION_INFO *info, bool is_big_endian,
		     struct pen_pac *pac, struct pen_arena *arena)
{
	struct krb5pac_PAC_LOGON_INFO logon = { .Info = (void *)(uintptr_t)info };
	const struct pen_pickle_form form = { .version = 1, .is_big_endian = is_big_endian };
	struct pen_buffer body;
	struct pen_buffer buffer;
	struct pen_writer w;
	int r;

	pen_buffer_init(&body, 0);
	assert_int_equal(pen_pickle_begin(&form, &body), 0);
	assert_int_equal(pen_pickle_put(&form, &krb5pac_PAC_LOGON_INFO_type, &logon, &body, NULL),
			 0);
	pen_buffer_init(&buffer, 0);
	pen_writer_init(&w, &buffer);
	pen_writer_u32(&w, 1); /* parts */
	pen_writer_u32(&w, 0);
	pen_writer_u32(&w, krb5pac_PAC_TYPE_LOGON_INFO);
	pen_writer_u32(&w, (uint32_t)body.size);
	pen_writer_u64(&w, 24);
	pen_writer_bytes(&w, body.data, body.size);
	assert_int_equal(w.error, 0);
	r = pen_pac_get(pac, arena, (struct pen_slice){ .data = buffer.data, .size = buffer.size });
	pen_buffer_done(&buffer);
	pen_buffer_done(&body);
	return r;
}

/* S-1-5-21-1 with room for no more than it has. */
static uint32_t domain_parts[] = { 21, 1 };
static struct dtyp_RPC_SID domain = {
	.Revision = 1,
	.SubAuthorityCount = 2,
	.IdentifierAuthority = { { 0, 0, 0, 0, 0, 5 } },
	.SubAuthority = domain_parts,
};

static void test_samba_says_who_the_user_is(void **state)
{
	static const char *const sids[] = {
		"S-1-5-21-1-2-3-1104",
		"S-1-5-21-1-2-3-513",
		"S-1-5-21-1-2-3-1200",
		"S-1-18-1",
		"S-1-5-21-9-9-9-1000",
		"S-1-5-21-1-2-3-1300",
		"S-1-1-0",
		"S-1-5-2",
		"S-1-5-11",
	};
	const struct pen_token_info *info;
	struct pen_token *token;
	struct pen_arena arena;
	struct pen_pac pac;

	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	assert_int_equal(pen_pac_get(&pac, &arena, sample("full")), 0);
	assert_string_equal(pac.account, "alice");
	assert_string_equal(pac.full_name, "Alice Ångström");
	assert_string_equal(pac.domain, "PENSTOCK");
	assert_string_equal(pac.logon_server, "DC1");
	assert_string_equal(pac.upn, "alice@penstock.test");
	assert_string_equal(pac.dns_domain, "PENSTOCK.TEST");
	assert_string_equal(pac.client, "alice");
	expect_sid(&pac.requestor, "S-1-5-21-1-2-3-1104");
	assert_int_equal(pen_pac_token(&token, &pac, &known), 0);
	pen_arena_done(&arena);

	/* Without the group that is not enabled, nor this machine's Administrators. */
	info = pen_token_info(token);
	assert_int_equal(info->n_sids, PEN_COUNT(sids));
	for (size_t i = 0; i < PEN_COUNT(sids); i++)
		expect_sid(&info->sids[i], sids[i]);
	expect_sid(&info->primary_group, "S-1-5-21-1-2-3-513");
	assert_true(info->is_authenticated);
	assert_string_equal(info->account, "alice");
	assert_string_equal(info->domain, "PENSTOCK");
	assert_string_equal(info->remote_address, "peer");
	pen_token_free(token);
}

static void test_an_account_without_rid_is_the_first_extra_sid(void **state)
{
	struct pen_arena arena;
	struct pen_pac pac;

	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	assert_int_equal(pen_pac_get(&pac, &arena, sample("no-rid")), 0);
	expect_sid(&pac.user, "S-1-5-21-7-7-7-77");
	for (size_t i = 0; i < pac.n_groups; i++)
		assert_false(pen_sid_equal(&pac.groups[i], &pac.user));
	pen_arena_done(&arena);
}

static void test_without_logon_information(void **state)
{
	assert_int_equal(get(sample("no-logon")), PEN_E_NOT_FOUND);
}

static void test_no_prefix_of_one_is_one(void **state)
{
	struct pen_slice full = sample("full");

	for (size_t n = 0; n < full.size; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, full.data, n);
		assert_int_equal(get((struct pen_slice){ .data = cut, .size = n }), PEN_E_BAD_DATA);
		free(cut);
	}
}

static void test_the_sids_of_the_client_agree(void **state)
{
	struct pen_slice full = sample("full");
	uint8_t *bytes = (uint8_t *)(uintptr_t)full.data;
	static const uint8_t rid[] = { 0x50, 4, 0, 0 };
	uint8_t *p = memmem(bytes, full.size, rid, 4); /* of the logon information */

	assert_non_null(p);
	*p = 0x51;
	assert_int_equal(get(full), PEN_E_BAD_DATA);
}

static void test_either_byte_order(void **state)
{
	struct krb5pac_GROUP_MEMBERSHIP groups[] = { { 513, 7 }, { 515, 7 } };
	uint16_t name[] = { 'b', 'o', 'b' };
	struct krb5pac_KERB_VALIDATION_INFO info = {
		.EffectiveName = { 6, 6, name },
		.UserId = 1000,
		.PrimaryGroupId = 513,
		.GroupCount = 2,
		.GroupIds = groups,
		.LogonDomainId = &domain,
		.UserFlags = krb5pac_LOGON_GUEST,
	};

	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		struct pen_token *token;
		struct pen_arena arena;
		struct pen_pac pac;

		pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
		assert_int_equal(get_logon(&info, is_big_endian, &pac, &arena), 0);
		assert_string_equal(pac.account, "bob");
		assert_int_equal(pac.n_groups, 2);
		expect_sid(&pac.groups[1], "S-1-5-21-1-515");
		/* A guest is not authenticated. */
		assert_int_equal(pen_pac_token(&token, &pac, &known), 0);
		assert_false(pen_token_info(token)->is_authenticated);
		assert_false(pen_token_has_sid(token, &pen_sid_authenticated_users));
		pen_token_free(token);
		pen_arena_done(&arena);
	}
}

static void test_what_no_domain_may_say(void **state)
{
	uint32_t parts[15] = { 21 };
	uint32_t system_part = 18;
	struct dtyp_RPC_SID longest = domain;
	struct dtyp_RPC_SID system_sid = domain;
	struct krb5pac_KERB_SID_AND_ATTRIBUTES extra = { .Sid = &system_sid, .Attributes = 7 };
	uint16_t name[] = { 'b', 0, 'b' };
	struct krb5pac_KERB_VALIDATION_INFO with_nul = {
		.EffectiveName = { 6, 6, name },
		.UserId = 1000,
		.LogonDomainId = &domain,
	};
	struct krb5pac_KERB_VALIDATION_INFO no_domain = { .UserId = 1000 };
	struct krb5pac_KERB_VALIDATION_INFO no_user = { .LogonDomainId = &domain };
	struct krb5pac_KERB_VALIDATION_INFO no_room = { .UserId = 1, .LogonDomainId = &longest };
	struct krb5pac_KERB_VALIDATION_INFO the_system = {
		.LogonDomainId = &domain,
		.SidCount = 1,
		.ExtraSids = &extra,
	};
	struct pen_arena arena;
	struct pen_pac pac;

	longest.SubAuthorityCount = 15;
	longest.SubAuthority = parts;
	system_sid.SubAuthorityCount = 1;
	system_sid.SubAuthority = &system_part;
	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	assert_int_equal(get_logon(&with_nul, false, &pac, &arena), PEN_E_BAD_DATA);
	assert_int_equal(get_logon(&no_domain, false, &pac, &arena), PEN_E_BAD_DATA);
	assert_int_equal(get_logon(&no_user, false, &pac, &arena), PEN_E_BAD_DATA);
	assert_int_equal(get_logon(&no_room, false, &pac, &arena), PEN_E_BAD_DATA);
	assert_int_equal(get_logon(&the_system, false, &pac, &arena), PEN_E_BAD_DATA);
	assert_int_equal(get_logon(NULL, false, &pac, &arena), PEN_E_BAD_DATA);
	pen_arena_done(&arena);
}

static void test_limits(void **state)
{
	static struct krb5pac_GROUP_MEMBERSHIP groups[PEN_TOKEN_SIDS_MAX];
	static uint8_t large[PEN_PAC_SIZE_MAX + 1];
	struct krb5pac_KERB_VALIDATION_INFO info = {
		.UserId = 1000,
		.PrimaryGroupId = 513,
		.GroupCount = PEN_TOKEN_SIDS_MAX - 5,
		.GroupIds = groups,
		.LogonDomainId = &domain,
	};
	struct pen_token *token;
	struct pen_arena arena;
	struct pen_pac pac;

	for (size_t i = 0; i < PEN_COUNT(groups); i++)
		groups[i] = (struct krb5pac_GROUP_MEMBERSHIP){ 2000 + i, 7 };
	pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
	assert_int_equal(get_logon(&info, false, &pac, &arena), 0);
	assert_int_equal(pen_pac_token(&token, &pac, &known), 0);
	assert_int_equal(pen_token_info(token)->n_sids, PEN_TOKEN_SIDS_MAX);
	pen_token_free(token);
	info.GroupCount++;
	assert_int_equal(get_logon(&info, false, &pac, &arena), PEN_E_LIMIT);
	pen_arena_done(&arena);

	assert_int_equal(get((struct pen_slice){ .data = large, .size = sizeof(large) }),
			 PEN_E_LIMIT);
	large[0] = PEN_PAC_BUFFERS_MAX + 1;
	assert_int_equal(get((struct pen_slice){ .data = large, .size = 4096 }), PEN_E_LIMIT);
	/* Parts of no known type, all empty, are none. */
	large[0] = PEN_PAC_BUFFERS_MAX;
	assert_int_equal(get((struct pen_slice){ .data = large, .size = 4096 }), PEN_E_NOT_FOUND);
}

static void test_failing_allocations(void **state)
{
	struct pen_slice full = sample("full");
	struct pen_token *token = NULL;
	struct pen_arena arena;
	struct pen_pac pac;
	int r;

	for (size_t n = 1;; n++) {
		pen_arena_init(&arena, PEN_PAC_ARENA_MAX);
		pen_fail_at(n);
		r = pen_pac_get(&pac, &arena, full);
		if (!r)
			r = pen_pac_token(&token, &pac, &known);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		pen_arena_done(&arena);
	}
	assert_int_equal(r, 0);
	pen_token_free(token);
	pen_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samba_says_who_the_user_is),
		cmocka_unit_test(test_an_account_without_rid_is_the_first_extra_sid),
		cmocka_unit_test(test_without_logon_information),
		cmocka_unit_test(test_no_prefix_of_one_is_one),
		cmocka_unit_test(test_the_sids_of_the_client_agree),
		cmocka_unit_test(test_either_byte_order),
		cmocka_unit_test(test_what_no_domain_may_say),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_failing_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
