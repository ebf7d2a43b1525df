/* SPDX-License-Identifier: MIT */
/*
 * An echo server that takes sealed calls alone, of users it knows: by NTLM those of a file,
 * each line a name and the NT hash of a password in hexadecimal, and by Kerberos anybody who
 * has a ticket for the process's keytab (KRB5_KTNAME), if there is one.
 *
 *	secure-server ncacn_ip_tcp:127.0.0.1[0] USERS
 */
#include <penstock/idl/rpcecho.h>
#include <penstock/mechs.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct pen_server *server;

static int echo_data(struct pen_call *call, const struct rpcecho_echo_EchoData_in *in,
		     struct rpcecho_echo_EchoData_out *out)
{
	printf("%s calls, by %s\n", pen_token_info(pen_call_token(call))->account,
	       pen_call_auth_level(call) == PEN_AUTH_LEVEL_PRIVACY ? "privacy" : "less");
	fflush(stdout);
	out->out_data = in->in_data;
	return 0;
}

static const struct rpcecho_operations operations = { .echo_EchoData = echo_data };

static const struct pen_service service = {
	.interface = &rpcecho_interface,
	.operations = &operations,
	.auth_level_min = PEN_AUTH_LEVEL_PRIVACY,
};

/* ---- who there is ---- */

static bool read_hash(const char *text, uint8_t hash[PEN_NTLM_KEY_SIZE])
{
	for (size_t i = 0; i < PEN_NTLM_KEY_SIZE; i++)
		if (sscanf(text + 2 * i, "%2hhx", &hash[i]) != 1)
			return false;
	return true;
}

static bool find_user(const char *path, const char *user, uint8_t hash[PEN_NTLM_KEY_SIZE])
{
	FILE *file = fopen(path, "re");
	char name[65], text[33];
	bool is_found = false;

	while (file && !is_found && fscanf(file, "%64s %32s", name, text) == 2)
		is_found = !strcasecmp(name, user) && strlen(text) == 32 && read_hash(text, hash);
	if (file)
		fclose(file);
	return is_found;
}

/* A user's token says what the program knows of the user: here that it is one. */
static int new_token(struct pen_token **tokenp, const char *account)
{
	struct pen_sid sids[3];

	pen_sid_parse(&sids[0], "S-1-5-21-1-2-3-1001"); /* this program's own numbers */
	pen_sid_parse(&sids[1], "S-1-1-0");
	pen_sid_parse(&sids[2], "S-1-5-11");
	return pen_token_new(tokenp, &(struct pen_token_info){ .proof = PEN_TOKEN_RPC,
							       .is_authenticated = true,
							       .sids = sids,
							       .n_sids = 3,
							       .account = account,
							       .domain = "EXAMPLE" });
}

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[PEN_NTLM_KEY_SIZE];
	int r;

	if (!find_user(data, attempt->user, hash))
		return PEN_E_NOT_FOUND;
	r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	explicit_bzero(hash, sizeof(hash));
	return r ? r : new_token(&verdict->token, attempt->user);
}

static int map(void *data, const char *principal, const struct pen_token_info *known,
	       struct pen_token **tokenp)
{
	return new_token(tokenp, principal);
}

/* ---- the server ---- */

static void on_signal(int number)
{
	pen_server_stop(server);
}

static int serve(const char *binding, const struct pen_mechs *mechs)
{
	int r = pen_server_new(&server, &(struct pen_server_config){ .mechs = mechs });

	if (r)
		return r;
	r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, binding, NULL, &binding);
	if (!r) {
		printf("%s\n", binding);
		fflush(stdout);
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		r = pen_server_run(server);
	}
	if (r)
		fprintf(stderr, "%s\n", pen_server_error(server));
	pen_server_free(server);
	return r;
}

int main(int argc, char **argv)
{
	const struct pen_krb5_server krb5 = { .map = map };
	struct pen_ntlm_server ntlm = { .netbios_computer = "EXAMPLE",
					.judge = judge,
					.may_block = true };
	struct pen_mechs *mechs;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s BINDING USERS\n", argv[0]);
		return 2;
	}
	ntlm.data = argv[2];
	r = pen_mechs_new(&mechs, &(struct pen_mechs_config){ .ntlm = &ntlm, .krb5 = &krb5 });
	if (r) {
		fprintf(stderr, "%s\n", pen_error_name(r));
		return 1;
	}
	r = serve(argv[1], mechs);
	pen_mechs_free(mechs);
	return r ? 1 : 0;
}
