/* SPDX-License-Identifier: MIT */
/*
 * Calls a real server under a security context, and says how they were protected.
 *
 *	client-live BINDING MECH LEVEL CALLS [OPTION...]
 *
 * MECH is ntlm, krb5 or spnego; LEVEL a number, as on the wire; CALLS one of epm, samr,
 * lsarpc (which a domain controller refuses over TCP, by a fault). The user is $LIVE_USER of
 * $LIVE_DOMAIN, with $LIVE_PASSWORD; without a user, the tickets there are. Options:
 * big-endian, ndr, weak, and target=PRINCIPAL.
 */
#include <penstock/client.h>
#include <penstock/credentials.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/samr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **options;

static const char *option(const char *name)
{
	size_t n = strlen(name);

	for (char **p = options; *p; p++)
		if (strncmp(*p, name, n) == 0)
			return *p + n;
	return NULL;
}

static int complain(const char *what, struct pen_call *call, int result)
{
	printf("%s: %s: %s\n", what, pen_error_name(result), pen_call_error(call));
	return 1;
}

/* An answer of many fragments. */
static int call_epm(struct pen_call *call)
{
	struct epm_ept_lookup_in in = { .vers_option = 1, .max_ents = 500 };
	struct epm_ept_lookup_out out;

	for (int i = 0; i < 3; i++) {
		int r = epm_ept_lookup(call, &in, &out);

		if (r || out.num_ents < 20)
			return complain("ept_lookup", call, r);
	}
	return 0;
}

/* Requests of one fragment and of many, and a context handle through all of them. */
static int call_samr(struct pen_call *call)
{
	struct samr_SamrConnect2_in in = { .DesiredAccess = 0x02000000 };
	struct samr_SamrEnumerateDomainsInSamServer_in enumerate = { .PreferedMaximumLength =
									     65536 };
	struct samr_SamrEnumerateDomainsInSamServer_out domains;
	struct samr_SamrCloseHandle_in close = { 0 };
	struct samr_SamrConnect2_out out;
	struct samr_SamrCloseHandle_out closed;
	char name[20000];
	int r;

	for (int i = 0; i < 4; i++) {
		memset(name, 'x', sizeof(name));
		name[i & 1 ? sizeof(name) - 1 : 7] = 0;
		in.ServerName = name;
		r = samr_SamrConnect2(call, &in, &out);
		if (r || out.result)
			return complain("SamrConnect2", call, r);
		enumerate.ServerHandle = close.SamHandle = out.ServerHandle;
		r = samr_SamrEnumerateDomainsInSamServer(call, &enumerate, &domains);
		if (r || domains.CountReturned != 2)
			return complain("SamrEnumerateDomainsInSamServer", call, r);
		r = samr_SamrCloseHandle(call, &close, &closed);
		if (r || closed.result)
			return complain("SamrCloseHandle", call, r);
	}
	return 0;
}

static int call_lsarpc(struct pen_call *call)
{
	struct lsarpc_LsarOpenPolicy2_in in = { .DesiredAccess = 0x02000000 };
	struct lsarpc_LsarOpenPolicy2_out out;
	int r;

	for (int i = 0; i < 2; i++) {
		r = lsarpc_LsarOpenPolicy2(call, &in, &out);
		if (r != PEN_E_FAULT)
			return complain("LsarOpenPolicy2", call, r);
		printf("fault: %s\n", pen_call_error(call));
	}
	return 0;
}

static const struct {
	const char *name;
	int (*function)(struct pen_call *call);
} calls[] = { { "epm", call_epm }, { "samr", call_samr }, { "lsarpc", call_lsarpc } };

static int get_credentials(struct pen_credentials **credentialsp)
{
	const char *user = getenv("LIVE_USER");

	return user ? pen_credentials_new_password(credentialsp, user, getenv("LIVE_DOMAIN"),
						   getenv("LIVE_PASSWORD"))
		    : pen_credentials_new_ccache(credentialsp, NULL);
}

static int say_how(const struct pen_client *client)
{
	struct pen_client_security_info info;

	if (pen_client_security_info(client, &info)) {
		printf("nothing is known of security\n");
		return 1;
	}
	printf("mech %s level %u type %u headers %s\n", info.mech, info.auth_level, info.auth_type,
	       info.signs_headers ? "signed" : "not signed");
	if (*info.left_out)
		printf("left out: %s\n", info.left_out);
	return 0;
}

int main(int argc, char **argv)
{
	struct pen_client_config config = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_client *client;
	struct pen_call *call;
	int r = 2;

	if (argc < 5)
		return 2;
	options = argv + 5;
	config.security.auth_type = strcmp(argv[2], "ntlm") == 0   ? 10
				    : strcmp(argv[2], "krb5") == 0 ? 16
								   : 9;
	config.security.auth_level = (uint8_t)atoi(argv[3]);
	config.security.target = option("target=");
	config.security.allow_weak = option("weak");
	config.is_big_endian = option("big-endian");
	config.refuse_ndr64 = option("ndr");
	if (get_credentials(&config.security.credentials))
		return 2;
	if (pen_client_new(&client, argv[1], &config, &error)) {
		printf("%s\n", error.text);
		return 1;
	}
	if (pen_call_new(&call, client))
		return 2;
	for (size_t i = 0; i < PEN_COUNT(calls); i++)
		if (strcmp(argv[4], calls[i].name) == 0)
			r = calls[i].function(call);
	if (!r)
		r = say_how(client);
	pen_call_free(call);
	pen_client_free(client);
	pen_credentials_free(config.security.credentials);
	return r;
}
