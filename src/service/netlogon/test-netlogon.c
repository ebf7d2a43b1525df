/* SPDX-License-Identifier: MIT */
/* The service by direct calls, which are on no channel: so it allows those. */
#include "sec/ntlm-keys.h"
#include "service/netlogon/state.h"
#include "support/accounts.h"
#include "support/unit.h"
#include "support/vault.h"
#include <string.h>

static struct pen_crypto *crypto;

static uint64_t now(void *data)
{
	return UINT64_C(0x01d9000000000000);
}

static uint64_t clock_seconds;

static uint64_t seconds(void)
{
	return clock_seconds;
}

struct fixture {
	struct pen_server *server;
	struct pen_accounts *accounts;
	struct pen_logons logons;
	struct pen_vault_desk desk;
	struct pen_vault vault;
	struct pen_netlogon_sessions *sessions;
	struct pen_netlogon *netlogon;
	struct pen_token *tokens[2];
	struct pen_call *call;
	struct pen_call *admin;
	uint32_t member; /* rids */
	uint8_t hash[16];
	struct pen_netlogon_credential client;
};

static const struct netlogon_operations *ops(void)
{
	return pen_netlogon_service.operations;
}

static uint32_t add_user(struct fixture *f, const char *name, uint32_t control,
			 const char *password)
{
	const struct pen_account_user user = { .name = name, .control = control };
	uint32_t rid;

	assert_int_equal(pen_accounts_add_user(f->accounts, &user, &rid), 0);
	assert_int_equal(pen_accounts_set_password(f->accounts, crypto, rid, password, now(NULL)),
			 0);
	return rid;
}

static void set_up_with(void **state, const struct pen_netlogon_config *settings)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct pen_netlogon_config config = *settings;

	clock_seconds = 1000;
	f->accounts = test_accounts(":memory:", "SERVER", now(NULL), crypto);
	f->logons = (struct pen_logons){ .accounts = f->accounts, .crypto = crypto, .now = now };
	assert_int_equal(pen_netlogon_sessions_new(&f->sessions, crypto), 0);
	config.name = "SERVER";
	f->desk = (struct pen_vault_desk){ .logons = &f->logons,
					   .allow_weak_netlogon = config.allow_weak };
	f->vault = pen_vault_of_desk(&f->desk);
	config.logons = &f->logons;
	config.vault = &f->vault;
	config.sessions = f->sessions;
	config.seconds = seconds;
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_netlogon_new(&f->netlogon, &config), 0);
	assert_int_equal(pen_token_new_anonymous(&f->tokens[0], true), 0);
	assert_int_equal(pen_token_new_unix(&f->tokens[1], 0, 0, NULL, 0, 0, false), 0);
	assert_int_equal(pen_call_new_direct(&f->call, f->server, f->netlogon, f->tokens[0]), 0);
	assert_int_equal(pen_call_new_direct(&f->admin, f->server, f->netlogon, f->tokens[1]), 0);
	f->member = add_user(f, "MEMBER$", PEN_ACCOUNT_WORKSTATION_TRUST, "machine secret");
	add_user(f, "ann", PEN_ACCOUNT_NORMAL, "Ann's secret 1");
	assert_int_equal(pen_ntlm_nt_hash(crypto, "machine secret", f->hash), 0);
	*state = f;
}

static int set_up(void **state)
{
	set_up_with(state, &(struct pen_netlogon_config){ .allow_unsealed = true });
	return 0;
}

static int set_up_weak(void **state)
{
	set_up_with(state,
		    &(struct pen_netlogon_config){ .allow_unsealed = true, .allow_weak = true });
	return 0;
}

static int set_up_strict(void **state)
{
	set_up_with(state, &(struct pen_netlogon_config){ 0 });
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pen_call_free(f->call);
	pen_call_free(f->admin);
	pen_token_free(f->tokens[0]);
	pen_token_free(f->tokens[1]);
	pen_server_free(f->server);
	pen_netlogon_free(f->netlogon);
	pen_netlogon_sessions_free(f->sessions);
	pen_accounts_close(f->accounts);
	test_free(f);
	return 0;
}

/* ---- a client's steps ---- */

#define FLAGS UINT32_C(0x612fffff)

static const uint8_t client_challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void challenge(struct fixture *f, const char *computer, const uint8_t *bytes,
		      uint8_t *server_challenge)
{
	struct netlogon_NetrServerReqChallenge_in in = { .ComputerName = computer };
	struct netlogon_NetrServerReqChallenge_out out = { 0 };

	memcpy(in.ClientChallenge.data, bytes, 8);
	assert_int_equal(ops()->NetrServerReqChallenge(f->call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	memcpy(server_challenge, out.ServerChallenge.data, 8);
}

struct
try {
	const char *account;
	const char *computer;
	uint32_t type;
	uint32_t flags;
	const uint8_t *bytes;
	bool is_wrong; /* the password */
	bool is_late;
};

static int32_t authenticate(struct fixture *f, const struct try *try)
{
	const uint8_t *bytes = try->bytes ? try->bytes : client_challenge;
	struct netlogon_NetrServerAuthenticate3_in in = {
		.AccountName = try->account,
		.ComputerName = try->computer,
		.SecureChannelType = try->type,
		.NegotiateFlags = try->flags,
	};
	struct netlogon_NetrServerAuthenticate3_out out = { 0 };
	uint8_t server_challenge[8];

	challenge(f, try->computer, bytes, server_challenge);
	if (!pen_netlogon_credential_init(&f->client, crypto, try->flags, f->hash, bytes,
					  server_challenge))
		memcpy(in.ClientCredential.data, f->client.client, 8);
	if (try->is_wrong)
		in.ClientCredential.data[0] ^= 1;
	if (try->is_late)
		clock_seconds += PEN_NETLOGON_CHALLENGE_SECONDS + 1;
	assert_int_equal(ops()->NetrServerAuthenticate3(f->call, &in, &out), 0);
	if (!out.result) {
		assert_memory_equal(out.ServerCredential.data, f->client.server, 8);
		assert_int_equal(out.AccountRid, f->member);
	} else {
		assert_int_equal(out.ServerCredential.data[0] | out.AccountRid, 0);
	}
	assert_int_equal(out.NegotiateFlags, (uint32_t)out.result == PEN_STATUS_DOWNGRADE_DETECTED
						     ? 0
						     : try->flags & FLAGS);
	return out.result;
}

static const struct try member = { "MEMBER$", "MEMBER", 2, FLAGS };

static struct netlogon_NETLOGON_AUTHENTICATOR step(struct fixture *f)
{
	struct netlogon_NETLOGON_AUTHENTICATOR wire;
	struct pen_netlogon_authenticator authenticator;

	assert_int_equal(pen_netlogon_credential_step(&f->client, crypto, 77, &authenticator), 0);
	memcpy(wire.Credential.data, authenticator.credential, 8);
	wire.Timestamp = authenticator.timestamp;
	return wire;
}

static void expect_answer(struct fixture *f, const struct netlogon_NETLOGON_AUTHENTICATOR *wire)
{
	struct pen_netlogon_authenticator answer = { .timestamp = wire->Timestamp };

	memcpy(answer.credential, wire->Credential.data, 8);
	assert_int_equal(pen_netlogon_credential_check(&f->client, crypto, &answer), 0);
}

/* ---- */

static void test_authenticate(void **state)
{
	static const uint8_t repeated[8] = { 0, 0, 0, 0, 0, 1, 2, 3 };
	static const struct {
		struct try try;
		uint32_t status;
	} rows[] = {
		{ { "MEMBER$", "MEMBER", 2, FLAGS }, 0 },
		{ { "member$", "member", 2, 0xffffffff }, 0 },
		{ { "MEMBER$", "MEMBER", 2, FLAGS, .is_wrong = true }, PEN_STATUS_ACCESS_DENIED },
		{ { "MEMBER$", "MEMBER", 2, FLAGS, .is_late = true }, PEN_STATUS_ACCESS_DENIED },
		{ { "MEMBER$", "MEMBER", 2, FLAGS, repeated }, PEN_STATUS_ACCESS_DENIED },
		{ { "MEMBER$", "OTHER", 2, FLAGS }, PEN_STATUS_ACCESS_DENIED },
		{ { "OTHER$", "OTHER", 2, FLAGS }, PEN_STATUS_NO_TRUST_SAM_ACCOUNT },
		{ { "ann", "ann", 2, FLAGS }, PEN_STATUS_NO_TRUST_SAM_ACCOUNT },
		{ { "MEMBER$", "MEMBER", 6, FLAGS }, PEN_STATUS_NO_TRUST_SAM_ACCOUNT },
		{ { "MEMBER$", "MEMBER", 4, FLAGS }, PEN_STATUS_INVALID_PARAMETER },
		{ { "MEMBER$", "COMPUTER-OF-15C", 2, FLAGS }, PEN_STATUS_ACCESS_DENIED },
		{ { "MEMBER$", "COMPUTER-OF-16CH", 2, FLAGS }, PEN_STATUS_BUFFER_OVERFLOW },
		{ { "MEMBER$", "MEMBER", 2, FLAGS & ~PEN_NETLOGON_AES },
		  PEN_STATUS_DOWNGRADE_DETECTED },
		{ { "MEMBER$", "MEMBER", 2, 0 }, PEN_STATUS_DOWNGRADE_DETECTED },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		assert_int_equal((uint32_t)authenticate(*state, &rows[i].try), rows[i].status);
}

static void test_disabled(void **state)
{
	struct fixture *f = *state;
	struct pen_account_user user;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_accounts_get_user(f->accounts, f->member, &arena, &user), 0);
	user.control |= PEN_ACCOUNT_DISABLED;
	assert_int_equal(pen_accounts_set_user(f->accounts, &user), 0);
	assert_int_equal((uint32_t)authenticate(f, &member), PEN_STATUS_NO_TRUST_SAM_ACCOUNT);
	pen_arena_done(&arena);
}

/* A proof is for one challenge, and a challenge for one proof. */
static void test_once(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerAuthenticate3_in in = {
		.AccountName = "MEMBER$",
		.ComputerName = "MEMBER",
		.SecureChannelType = 2,
		.NegotiateFlags = FLAGS,
	};
	struct netlogon_NetrServerAuthenticate3_out out = { 0 };

	assert_int_equal(authenticate(f, &member), 0);
	memcpy(in.ClientCredential.data, f->client.client, 8);
	assert_int_equal(ops()->NetrServerAuthenticate3(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
}

/* Zerologon: zeros as challenge and as proof, as often as the attack tries. */
static void test_zerologon(void **state)
{
	static const uint8_t zeros[8];
	struct fixture *f = *state;
	struct netlogon_NetrServerAuthenticate3_in in = {
		.AccountName = "MEMBER$",
		.ComputerName = "MEMBER",
		.SecureChannelType = 2,
		.NegotiateFlags = FLAGS,
	};

	for (int i = 0; i < 2000; i++) {
		struct netlogon_NetrServerAuthenticate3_out out = { 0 };
		uint8_t server_challenge[8];

		challenge(f, "MEMBER", zeros, server_challenge);
		assert_true(pen_netlogon_challenge_is_random(server_challenge));
		assert_int_equal(ops()->NetrServerAuthenticate3(f->call, &in, &out), 0);
		assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
	}
}

static void test_weak(void **state)
{
	static const struct try weak = { "MEMBER$", "MEMBER", 2, FLAGS & ~PEN_NETLOGON_AES };
	static const struct try none = { "MEMBER$", "MEMBER", 2, 0 };

	assert_int_equal(authenticate(*state, &weak), 0);
	assert_int_equal((uint32_t)authenticate(*state, &none), PEN_STATUS_DOWNGRADE_DETECTED);
}

/* Who asked for too little may ask for more with the same challenge. */
static void test_downgrade(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerAuthenticate3_in in = { .AccountName = "MEMBER$",
							  .ComputerName = "MEMBER",
							  .SecureChannelType = 2 };
	struct netlogon_NetrServerAuthenticate3_out out = { 0 };
	uint8_t server_challenge[8];

	challenge(f, "MEMBER", client_challenge, server_challenge);
	assert_int_equal(ops()->NetrServerAuthenticate3(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_DOWNGRADE_DETECTED);
	assert_int_equal(pen_netlogon_credential_init(&f->client, crypto, FLAGS, f->hash,
						      client_challenge, server_challenge),
			 0);
	memcpy(in.ClientCredential.data, f->client.client, 8);
	in.NegotiateFlags = FLAGS;
	memset(&out, 0, sizeof(out));
	assert_int_equal(ops()->NetrServerAuthenticate3(f->call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_memory_equal(out.ServerCredential.data, f->client.server, 8);
}

static void test_capabilities(void **state)
{
	static const struct try asks = { "MEMBER$", "MEMBER", 2, 0xffffffff };
	struct fixture *f = *state;

	assert_int_equal(authenticate(f, &asks), 0);
	for (uint32_t level = 1; level <= 2; level++) {
		struct netlogon_NetrLogonGetCapabilities_in in = {
			.ComputerName = "MEMBER",
			.QueryLevel = level,
			.Authenticator = step(f),
		};
		struct netlogon_NetrLogonGetCapabilities_out out = { 0 };

		assert_int_equal(ops()->NetrLogonGetCapabilities(f->call, &in, &out), 0);
		assert_int_equal(out.result, 0);
		expect_answer(f, &out.ReturnAuthenticator);
		assert_int_equal(out.ServerCapabilities.ServerCapabilities,
				 level == 1 ? FLAGS : 0xffffffff);
		/* The same authenticator again. */
		assert_int_equal(ops()->NetrLogonGetCapabilities(f->call, &in, &out), 0);
		assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
		assert_int_equal(out.ReturnAuthenticator.Credential.data[0], 0);
	}
}

static void test_other_level(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrLogonGetCapabilities_in in = { .ComputerName = "MEMBER",
							   .QueryLevel = 3 };
	struct netlogon_NetrLogonGetCapabilities_out out = { 0 };

	assert_int_equal(ops()->NetrLogonGetCapabilities(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->call), PEN_FAULT_INVALID_TAG);
}

/* On a channel that netlogon's provider does not seal, a machine is nobody. */
static void test_unsealed(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrLogonGetCapabilities_in in = { .ComputerName = "MEMBER",
							   .QueryLevel = 1 };
	struct netlogon_NetrLogonGetCapabilities_out out = { 0 };
	struct netlogon_NetrLogonSamLogonEx_in logon = { .LogonLevel = 2, .ValidationLevel = 3 };
	struct netlogon_NetrLogonSamLogonEx_out logged_on = { 0 };

	assert_int_equal(authenticate(f, &member), 0);
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrLogonGetCapabilities(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(ops()->NetrLogonSamLogonEx(f->call, &logon, &logged_on), 0);
	assert_int_equal((uint32_t)logged_on.result, PEN_STATUS_ACCESS_DENIED);
}

/* ---- passwords ---- */

static int32_t set_password(struct fixture *f, const char *password, size_t n, bool is_plain)
{
	struct netlogon_NetrServerPasswordSet2_in in = { .ComputerName = "MEMBER" };
	struct netlogon_NetrServerPasswordSet2_out out = { 0 };
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE] = { 0 };
	const struct pen_slice slice = { (const uint8_t *)password, n };

	if (!is_plain)
		assert_int_equal(pen_netlogon_trust_password_put(&f->client, crypto, slice, trust),
				 0);
	for (size_t i = 0; i < PEN_COUNT(in.ClearNewPassword.Buffer); i++)
		in.ClearNewPassword.Buffer[i] = (uint16_t)(trust[2 * i] | trust[2 * i + 1] << 8);
	for (size_t i = 0; i < 4; i++)
		in.ClearNewPassword.Length |= (uint32_t)trust[512 + i] << 8 * i;
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerPasswordSet2(f->call, &in, &out), 0);
	expect_answer(f, &out.ReturnAuthenticator);
	return out.result;
}

static void test_password_set2(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(authenticate(f, &member), 0);
	assert_int_equal((uint32_t)set_password(f, NULL, 0, true), PEN_STATUS_WRONG_PASSWORD);
	assert_int_equal(set_password(f, "n\0e\0w\0", 6, false), 0);
	assert_int_equal((uint32_t)authenticate(f, &member), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(pen_ntlm_nt_hash(crypto, "new", f->hash), 0);
	assert_int_equal(authenticate(f, &member), 0);
}

static void test_password_set(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerPasswordSet_in in = { .ComputerName = "MEMBER" };
	struct netlogon_NetrServerPasswordSet_out out = { 0 };
	uint8_t encrypted[16];

	assert_int_equal(authenticate(f, &member), 0);
	assert_int_equal(pen_ntlm_nt_hash(crypto, "newer", f->hash), 0);
	assert_int_equal(pen_netlogon_encrypt_hash(&f->client, crypto, f->hash, encrypted), 0);
	memcpy(in.UasNewPassword.data, encrypted, sizeof(encrypted));
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerPasswordSet(f->call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	expect_answer(f, &out.ReturnAuthenticator);
	assert_int_equal(authenticate(f, &member), 0);
}

static void test_password_get(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerPasswordGet_in in = { .ComputerName = "MEMBER" };
	struct netlogon_NetrServerPasswordGet_out out = { 0 };

	assert_int_equal(authenticate(f, &member), 0);
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerPasswordGet(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(out.EncryptedNtOwfPassword.data[0].data[0], 0);
	expect_answer(f, &out.ReturnAuthenticator);
}

static void expect_hash(struct fixture *f, const struct netlogon_NT_OWF_PASSWORD *wire,
			const char *password)
{
	uint8_t wanted[16];
	uint8_t got[16];

	memcpy(got, wire->data, sizeof(got));
	assert_int_equal(pen_netlogon_decrypt_hash(&f->client, crypto, got, got), 0);
	assert_int_equal(pen_ntlm_nt_hash(crypto, password, wanted), 0);
	assert_memory_equal(got, wanted, sizeof(got));
}

/* A machine is told its own passwords, this one and the one before, and nobody else's. */
static void test_own_passwords(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerTrustPasswordsGet_in in = { .AccountName = "member$",
							      .ComputerName = "MEMBER" };
	struct netlogon_NetrServerTrustPasswordsGet_out out = { 0 };
	struct netlogon_NetrServerGetTrustInfo_in in2 = { .AccountName = "MEMBER$",
							  .ComputerName = "MEMBER" };
	struct netlogon_NetrServerGetTrustInfo_out out2 = { 0 };

	assert_int_equal(authenticate(f, &member), 0);
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerTrustPasswordsGet(f->call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	expect_answer(f, &out.ReturnAuthenticator);
	expect_hash(f, &out.EncryptedNewOwfPassword, "machine secret");
	expect_hash(f, &out.EncryptedOldOwfPassword, "machine secret");

	assert_int_equal(set_password(f, "n\0e\0w\0", 6, false), 0);
	in2.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerGetTrustInfo(f->call, &in2, &out2), 0);
	assert_int_equal(out2.result, 0);
	expect_answer(f, &out2.ReturnAuthenticator);
	expect_hash(f, &out2.EncryptedNewOwfPassword, "new");
	expect_hash(f, &out2.EncryptedOldOwfPassword, "machine secret");
	assert_null(out2.TrustInfo);

	in.AccountName = "ann";
	in.Authenticator = step(f);
	memset(&out, 0, sizeof(out));
	assert_int_equal(ops()->NetrServerTrustPasswordsGet(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(out.EncryptedNewOwfPassword.data[0].data[0], 0);
	expect_answer(f, &out.ReturnAuthenticator);
	/* Nor whoever does not prove himself. */
	memset(&in2.Authenticator, 0, sizeof(in2.Authenticator));
	memset(&out2, 0, sizeof(out2));
	assert_int_equal(ops()->NetrServerGetTrustInfo(f->call, &in2, &out2), 0);
	assert_int_equal((uint32_t)out2.result, PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(out2.EncryptedNewOwfPassword.data[0].data[0], 0);
}

/* As long as the caller says, as far as that is little. */
static void test_lan_manager(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrAccountSync_in in = { .BufferSize = 65536 };
	struct netlogon_NetrAccountSync_out out = { 0 };
	struct netlogon_NetrAccountDeltas_in deltas_in = { .BufferSize = 0 };
	struct netlogon_NetrAccountDeltas_out deltas = { 0 };

	assert_int_equal(ops()->NetrAccountSync(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_NOT_IMPLEMENTED);
	assert_int_equal(out.Buffer[65535], 0);
	in.BufferSize++;
	assert_int_equal(ops()->NetrAccountSync(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(ops()->NetrAccountDeltas(f->call, &deltas_in, &deltas), 0);
	assert_int_equal((uint32_t)deltas.result, PEN_STATUS_NOT_IMPLEMENTED);
}

/* ---- logons ---- */

static struct dtyp_RPC_UNICODE_STRING wide(struct fixture *f, const char *text)
{
	struct dtyp_RPC_UNICODE_STRING wire;

	assert_int_equal(pen_netlogon_text_put(f->admin, text, &wire), 0);
	return wire;
}

static struct netlogon_NetrLogonSamLogonWithFlags_out log_on(
	struct fixture *f, enum netlogon_NETLOGON_LOGON_INFO_CLASS kind,
	union netlogon_NETLOGON_LEVEL info, enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level)
{
	const struct pen_netlogon_credential before = f->client;
	struct netlogon_NETLOGON_AUTHENTICATOR authenticator = step(f);
	struct netlogon_NETLOGON_AUTHENTICATOR answer = { 0 };
	struct netlogon_NetrLogonSamLogonWithFlags_in in = {
		.ComputerName = "MEMBER",
		.Authenticator = &authenticator,
		.ReturnAuthenticator = &answer,
		.LogonLevel = kind,
		.LogonInformation = info,
		.ValidationLevel = level,
		.ExtraFlags = 5,
	};
	struct netlogon_NetrLogonSamLogonWithFlags_out out = { 0 };

	assert_int_equal(ops()->NetrLogonSamLogonWithFlags(f->call, &in, &out), 0);
	assert_int_equal(out.ExtraFlags, 5);
	/* Who was not looked at has not moved on. */
	if ((uint32_t)out.result == PEN_STATUS_INVALID_INFO_CLASS ||
	    ((uint32_t)out.result == PEN_STATUS_INVALID_PARAMETER &&
	     (!kind || kind > 7 || level == 6)))
		f->client = before;
	else
		expect_answer(f, out.ReturnAuthenticator);
	return out;
}

static union netlogon_NETLOGON_LEVEL interactive(struct fixture *f, const char *domain,
						 const char *user, const char *password)
{
	struct netlogon_NETLOGON_INTERACTIVE_INFO *info =
		pen_arena_zalloc(pen_call_arena(f->admin), sizeof(*info));
	uint8_t hash[16];

	info->Identity.LogonDomainName = wide(f, domain);
	info->Identity.UserName = wide(f, user);
	info->Identity.Workstation = wide(f, "\\\\MEMBER");
	assert_int_equal(pen_ntlm_nt_hash(crypto, password, hash), 0);
	assert_int_equal(pen_netlogon_encrypt_key(&f->client, crypto, hash, 16), 0);
	memcpy(info->NtOwfPassword.data, hash, 16);
	return (union netlogon_NETLOGON_LEVEL){ .LogonInteractive = info };
}

static void test_interactive(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrLogonSamLogonWithFlags_out out;
	const struct netlogon_NETLOGON_VALIDATION_SAM_INFO *base;

	assert_int_equal(authenticate(f, &member), 0);
	for (int level = 2; level <= 3; level++) {
		out = log_on(f, netlogon_NetlogonInteractiveInformation,
			     interactive(f, "SERVER", "ann", "Ann's secret 1"), level);
		assert_int_equal(out.result, 0);
		assert_int_equal(out.Authoritative, 1);
		base = out.ValidationInformation.ValidationSam;
		assert_int_equal(base->EffectiveName.Length, 6);
		assert_int_equal(base->PrimaryGroupId, PEN_RID_DOMAIN_USERS);
		assert_int_equal(base->GroupCount, 1);
		assert_int_equal(base->LogonDomainId->SubAuthorityCount, 4);
	}
	out = log_on(f, netlogon_NetlogonInteractiveInformation, interactive(f, "", "ann", "wrong"),
		     3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_WRONG_PASSWORD);
	assert_null(out.ValidationInformation.ValidationSam2);
	out = log_on(f, netlogon_NetlogonInteractiveInformation,
		     interactive(f, "SERVER", "nobody", "wrong"), 3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(out.Authoritative, 1);
	out = log_on(f, netlogon_NetlogonInteractiveInformation,
		     interactive(f, "ELSEWHERE", "ann", "Ann's secret 1"), 3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_NO_SUCH_USER);
	assert_int_equal(out.Authoritative, 0);
	for (int level = 0; level < 8; level++) {
		if (level == 2 || level == 3 || level == 6)
			continue;
		out = log_on(f, netlogon_NetlogonInteractiveInformation,
			     interactive(f, "", "ann", "Ann's secret 1"), level);
		assert_int_equal((uint32_t)out.result, PEN_STATUS_INVALID_INFO_CLASS);
		assert_int_equal(out.Authoritative, 1);
	}
	/* Its key is not encrypted, and this call is not on a sealed channel. */
	out = log_on(f, netlogon_NetlogonInteractiveInformation,
		     interactive(f, "", "ann", "Ann's secret 1"), 6);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_INVALID_PARAMETER);
	out = log_on(f, 52, interactive(f, "", "ann", "Ann's secret 1"), 3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_INVALID_PARAMETER);
	out = log_on(f, netlogon_NetlogonGenericInformation,
		     interactive(f, "", "ann", "Ann's secret 1"), 3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_INVALID_INFO_CLASS);
	/* Where a pointer may be null, it may be. */
	for (int kind = 0; kind < 9; kind++) {
		out = log_on(f, kind, (union netlogon_NETLOGON_LEVEL){ NULL }, 3);
		assert_true(out.result < 0);
	}
}

/* NTLM, version 2: the session key comes back under the machine's, and is the right one. */
static void test_network(void **state)
{
	static const uint8_t challenge_bytes[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };
	static const uint8_t temp[44] = { 1, 1 };
	struct fixture *f = *state;
	struct netlogon_NETLOGON_NETWORK_INFO info = { 0 };
	struct netlogon_NetrLogonSamLogonWithFlags_out out;
	uint8_t response[16 + sizeof(temp)];
	uint8_t hash[16];
	uint8_t v2[16];
	uint8_t wanted[16];
	uint8_t got[16];

	assert_int_equal(authenticate(f, &member), 0);
	info.Identity.LogonDomainName = wide(f, "SERVER");
	info.Identity.UserName = wide(f, "ann");
	info.Identity.Workstation = wide(f, "CLIENT");
	memcpy(info.LmChallenge.data, challenge_bytes, 8);
	pen_ntlm_nt_hash(crypto, "Ann's secret 1", hash);
	pen_ntlm_v2_key(crypto, hash, "ann", "SERVER", v2);
	memcpy(response + 16, temp, sizeof(temp));
	pen_ntlm_v2_proof(crypto, v2, challenge_bytes, (struct pen_slice){ temp, sizeof(temp) },
			  response);
	pen_ntlm_v2_base_key(crypto, v2, response, wanted);
	info.NtChallengeResponse = (struct netlogon_STRING){ .Length = sizeof(response),
							     .MaximumLength = sizeof(response),
							     .Buffer = response };
	out = log_on(f, netlogon_NetlogonNetworkInformation,
		     (union netlogon_NETLOGON_LEVEL){ .LogonNetwork = &info }, 3);
	assert_int_equal(out.result, 0);
	memcpy(got, out.ValidationInformation.ValidationSam2->Base.UserSessionKey.data, 16);
	assert_memory_not_equal(got, wanted, 16);
	assert_int_equal(pen_netlogon_decrypt_key(&f->client, crypto, got, 16), 0);
	assert_memory_equal(got, wanted, 16);
	response[3] ^= 1;
	out = log_on(f, netlogon_NetlogonNetworkInformation,
		     (union netlogon_NETLOGON_LEVEL){ .LogonNetwork = &info }, 3);
	assert_int_equal((uint32_t)out.result, PEN_STATUS_WRONG_PASSWORD);
}

/* What nobody can judge is neither a wrong password nor a wrong proof. */
static void test_nobody_answers(void **state)
{
	struct fixture *f = *state;
	struct netlogon_NetrServerTrustPasswordsGet_in in = { .AccountName = "MEMBER$",
							      .ComputerName = "MEMBER" };
	struct netlogon_NetrServerTrustPasswordsGet_out out = { 0 };
	struct netlogon_NetrLogonSamLogonWithFlags_out logon;
	const uint32_t away = PEN_STATUS_INTERNAL_ERROR;

	assert_int_equal(authenticate(f, &member), 0);
	f->vault = test_vault_away();
	logon = log_on(f, netlogon_NetlogonInteractiveInformation,
		       interactive(f, "", "ann", "Ann's secret 1"), 3);
	assert_int_equal((uint32_t)logon.result, away);
	assert_null(logon.ValidationInformation.ValidationSam2);
	assert_int_equal((uint32_t)set_password(f, "n\0e\0w\0", 6, false), away);
	in.Authenticator = step(f);
	assert_int_equal(ops()->NetrServerTrustPasswordsGet(f->call, &in, &out), 0);
	assert_int_equal((uint32_t)out.result, away);
	assert_int_equal(out.EncryptedNewOwfPassword.data[0].data[0], 0);
	assert_int_equal((uint32_t)authenticate(f, &member), away);
	f->vault = pen_vault_of_desk(&f->desk);
	assert_int_equal(authenticate(f, &member), 0);
}

/* The key is under the session's, but for SAM_INFO4, which only sealed channels carry. */
static void test_session_key(void **state)
{
	struct fixture *f = *state;
	struct pen_logon logon = { .session_base_key = { 1, 2, 3 } };
	struct pen_netlogon_session session = { 0 };

	assert_int_equal(authenticate(f, &member), 0);
	session.credential = f->client;
	logon.user.name = "ann";
	for (int level = 2; level <= 6; level++) {
		union netlogon_NETLOGON_VALIDATION validation = { 0 };
		const uint8_t *key;

		if (level == 4 || level == 5)
			continue;
		assert_int_equal(
			pen_netlogon_validate(f->call, &session, &logon, level, &validation), 0);
		key = (const uint8_t *)validation.ValidationSam->UserSessionKey.data;
		if (level == 6)
			assert_memory_equal(key, logon.session_base_key, 16);
		else
			assert_memory_not_equal(key, logon.session_base_key, 16);
		assert_memory_equal(validation.ValidationSam->LMKey, key, 8);
	}
}

/* ---- the rest ---- */

static void test_control(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t function;
		uint32_t level;
		uint32_t user;
		uint32_t admin;
	} rows[] = {
		{ 1, 1, 0, 0 },
		{ 1, 3, 0, 0 },
		{ 1, 9, PEN_WERR_INVALID_LEVEL, PEN_WERR_INVALID_LEVEL },
		{ 99, 0, PEN_WERR_INVALID_LEVEL, PEN_WERR_INVALID_LEVEL },
		{ 2, 1, PEN_WERR_ACCESS_DENIED, PEN_WERR_NOT_SUPPORTED },
		{ 5, 2, PEN_WERR_ACCESS_DENIED, PEN_WERR_NO_SUCH_DOMAIN },
		{ 99, 1, PEN_WERR_ACCESS_DENIED, PEN_WERR_NOT_SUPPORTED },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct netlogon_NetrLogonControl2Ex_in in = { .FunctionCode =
									    rows[i].function,
								    .QueryLevel = rows[i].level };
		struct netlogon_NetrLogonControl2Ex_out out = { 0 };

		assert_int_equal(ops()->NetrLogonControl2Ex(f->call, &in, &out), 0);
		assert_int_equal(out.result, rows[i].user);
		assert_int_equal(ops()->NetrLogonControl2Ex(f->admin, &in, &out), 0);
		assert_int_equal(out.result, rows[i].admin);
	}
}

/* The older operations know fewer levels. */
static void test_older_control(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t function;
		uint32_t level;
		uint32_t first;
		uint32_t second;
	} rows[] = {
		{ 1, 1, 0, 0 },
		{ 1, 2, PEN_WERR_NOT_SUPPORTED, PEN_WERR_INVALID_PARAMETER },
		{ 1, 3, PEN_WERR_INVALID_LEVEL, 0 },
		{ 8, 1, PEN_WERR_NOT_SUPPORTED, PEN_WERR_NO_SUCH_USER },
		{ 0xffff, 1, PEN_WERR_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED },
		{ 8, 4, PEN_WERR_INVALID_LEVEL, PEN_WERR_INVALID_LEVEL },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct netlogon_NetrLogonControl_in in = { .FunctionCode = rows[i].function,
								 .QueryLevel = rows[i].level };
		const struct netlogon_NetrLogonControl2_in in2 = { .FunctionCode = rows[i].function,
								   .QueryLevel = rows[i].level };
		struct netlogon_NetrLogonControl_out out = { 0 };
		struct netlogon_NetrLogonControl2_out out2 = { 0 };

		assert_int_equal(ops()->NetrLogonControl(f->admin, &in, &out), 0);
		assert_int_equal(out.result, rows[i].first);
		assert_int_equal(ops()->NetrLogonControl2(f->admin, &in2, &out2), 0);
		assert_int_equal(out2.result, rows[i].second);
	}
}

static void test_domain_info(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(authenticate(f, &member), 0);
	for (uint32_t level = 1; level <= 2; level++) {
		struct netlogon_NetrLogonGetDomainInfo_in in = { .ComputerName = "MEMBER",
								 .Level = level,
								 .Authenticator = step(f) };
		struct netlogon_NetrLogonGetDomainInfo_out out = { 0 };

		assert_int_equal(ops()->NetrLogonGetDomainInfo(f->call, &in, &out), 0);
		assert_int_equal(out.result, 0);
		expect_answer(f, &out.ReturnAuthenticator);
		if (level == 1)
			assert_int_equal(out.DomBuffer.DomainInfo->PrimaryDomain.DomainName.Length,
					 12);
	}
}

#define TEST(name, with) cmocka_unit_test_setup_teardown(name, with, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_authenticate, set_up),   TEST(test_disabled, set_up),
		TEST(test_once, set_up),	   TEST(test_zerologon, set_up),
		TEST(test_weak, set_up_weak),	   TEST(test_downgrade, set_up),
		TEST(test_downgrade, set_up_weak), TEST(test_capabilities, set_up),
		TEST(test_other_level, set_up),	   TEST(test_unsealed, set_up_strict),
		TEST(test_password_set2, set_up),  TEST(test_password_set, set_up),
		TEST(test_password_get, set_up),   TEST(test_interactive, set_up),
		TEST(test_network, set_up),	   TEST(test_nobody_answers, set_up),
		TEST(test_control, set_up),	   TEST(test_session_key, set_up),
		TEST(test_own_passwords, set_up),  TEST(test_lan_manager, set_up),
		TEST(test_older_control, set_up),  TEST(test_domain_info, set_up),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
