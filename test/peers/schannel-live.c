/* SPDX-License-Identifier: MIT */
/*
 * A machine of a domain that looks up a name at its controller, and then the SID that it
 * got: LSA's calls without a handle, which take the machine's own channel.
 *
 *	schannel-live BINDING DOMAIN COMPUTER PASSWORD NAME
 */
#include "base/utf16.h"
#include "io/random.h"
#include "sec/credentials.h"
#include "sec/netlogon-credential.h"
#include "sec/ntlm-keys.h"
#include "sec/schannel.h"
#include <penstock/auth.h>
#include <penstock/client.h>
#include <penstock/credentials.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/netlogon.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What today's members ask for. */
#define FLAGS UINT32_C(0x612fffff)

enum { CHALLENGE = PEN_NETLOGON_CHALLENGE_SIZE };

static struct pen_crypto *crypto;
static char **arguments;
static struct pen_client *clients[2];
static struct pen_call *calls[2];

static _Noreturn void leave(int status)
{
	for (int i = 0; i < 2; i++) {
		pen_call_free(calls[i]);
		pen_client_free(clients[i]);
	}
	pen_crypto_free(crypto);
	exit(status);
}

static _Noreturn void die(const char *what, struct pen_call *call, int r, uint32_t result)
{
	printf("%s: %s %s\n", what, r ? pen_error_name(r) : pen_ntstatus_name(result),
	       r ? pen_call_error(call) : "");
	leave(1);
}

static struct pen_call *open_at(int which, const struct pen_client_security *security)
{
	struct pen_client_config config = { 0 };
	struct pen_ndr_error error = { "" };

	if (security)
		config.security = *security;
	if (pen_client_new(&clients[which], arguments[1], &config, &error) ||
	    pen_call_new(&calls[which], clients[which])) {
		printf("%s\n", error.text);
		exit(2);
	}
	return calls[which];
}

static void prove(struct pen_netlogon_credential *credential)
{
	struct netlogon_NetrServerReqChallenge_in ask = { .ComputerName = arguments[3] };
	struct netlogon_NetrServerReqChallenge_out asked = { 0 };
	struct netlogon_NetrServerAuthenticate3_in in = {
		.SecureChannelType = netlogon_WorkstationSecureChannel,
		.ComputerName = arguments[3],
		.NegotiateFlags = FLAGS,
	};
	struct netlogon_NetrServerAuthenticate3_out out = { 0 };
	struct pen_random random = { 0 };
	struct pen_call *call = open_at(0, NULL);
	uint8_t hash[16];
	char account[64];
	int r;

	snprintf(account, sizeof(account), "%s$", arguments[3]);
	in.AccountName = account;
	if (pen_ntlm_nt_hash(crypto, arguments[4], hash) ||
	    pen_random_fill(&random, ask.ClientChallenge.data, CHALLENGE))
		exit(2);
	r = netlogon_NetrServerReqChallenge(call, &ask, &asked);
	if (r || asked.result)
		die("NetrServerReqChallenge", call, r, (uint32_t)asked.result);
	if (pen_netlogon_credential_init(credential, crypto, FLAGS, hash, ask.ClientChallenge.data,
					 asked.ServerChallenge.data))
		exit(2);
	memcpy(in.ClientCredential.data, credential->client, CHALLENGE);
	r = netlogon_NetrServerAuthenticate3(call, &in, &out);
	if (r || out.result)
		die("NetrServerAuthenticate3", call, r, (uint32_t)out.result);
	credential->flags = out.NegotiateFlags;
}

static struct pen_call *open_channel(const struct pen_netlogon_credential *credential)
{
	struct pen_client_security security = { .auth_type = PEN_AUTH_SCHANNEL };
	struct pen_schannel_client session = {
		.keys.flags = credential->flags,
		.domain = arguments[2],
		.computer = arguments[3],
	};

	memcpy(session.keys.session_key, credential->session_key, PEN_NETLOGON_KEY_SIZE);
	if (pen_credentials_new_machine(&security.credentials, &session))
		exit(2);
	open_at(1, &security);
	pen_credentials_free(security.credentials);
	return calls[1];
}

/* The name by the SID that the name has. */
static void look_up(struct pen_call *call)
{
	uint16_t units[64];
	size_t n = pen_utf16_put(arguments[5], strlen(arguments[5]), PEN_UTF16_HOST, units, 64);
	struct dtyp_RPC_UNICODE_STRING name = { (uint16_t)(2 * n), (uint16_t)(2 * n), units };
	const struct lsarpc_LsarLookupNames4_in names = {
		.Count = 1, .Names = &name, .LookupLevel = 1, .ClientRevision = 2
	};
	struct lsarpc_LsarLookupNames4_out by_name;
	struct lsarpc_LSAPR_SID_INFORMATION info;
	const struct lsarpc_LsarLookupSids3_in sids = { .SidEnumBuffer = { 1, &info },
							.LookupLevel = 1,
							.ClientRevision = 2 };
	struct lsarpc_LsarLookupSids3_out by_sid;
	const struct dtyp_RPC_UNICODE_STRING *found;
	struct dtyp_RPC_SID sid;
	uint32_t subs[15];
	int r = lsarpc_LsarLookupNames4(call, &names, &by_name);

	if (r || by_name.result)
		die("LsarLookupNames4", call, r, (uint32_t)by_name.result);
	sid = *by_name.TranslatedSids.Sids[0].Sid;
	memcpy(subs, sid.SubAuthority, 4 * sid.SubAuthorityCount);
	sid.SubAuthority = subs;
	info.Sid = &sid;
	printf("rid %u\n", subs[sid.SubAuthorityCount - 1]);
	r = lsarpc_LsarLookupSids3(call, &sids, &by_sid);
	if (r || by_sid.result)
		die("LsarLookupSids3", call, r, (uint32_t)by_sid.result);
	found = &by_sid.TranslatedNames.Names[0].Name;
	printf("the same name: %s\n",
	       found->Length == name.Length && !memcmp(found->Buffer, units, name.Length) ? "yes"
											  : "no");
}

int main(int argc, char **argv)
{
	struct pen_netlogon_credential credential;

	arguments = argv;
	if (argc < 6 || pen_crypto_new(&crypto))
		return 2;
	prove(&credential);
	look_up(open_channel(&credential));
	leave(0);
}
