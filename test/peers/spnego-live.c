/* SPDX-License-Identifier: MIT */
/*
 * SPNEGO over Kerberos through a real KDC, with ourselves and with MIT's own SPNEGO.
 *
 *	spnego-live CLIENT SERVER KEYTAB [OPTION...]     each "ours", "mit", or "pipe"
 *
 * A pipe is somebody at our standard input and output, who answers a line with a line:
 * "step TOKEN" with "done TOKEN" or "again TOKEN", "sign DATA" with the signature, and
 * "check DATA SIGNATURE" with "good" or "bad"; all in hexadecimal, after "=".
 *
 * The user is alice@PENSTOCK.TEST; the server, host/aes256. Options: other, for a client
 * of ours whose first choice is a mechanism that nobody knows; krb5-only, for a server of
 * ours that knows Kerberos by its proper name only; connect or integrity, for the level.
 */
#include "runtime/world.h"
#include "sec/credentials.h"
#include "sec/krb5.h"
#include "sec/spnego.h"
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <penstock/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **options;

static bool is_on(const char *option)
{
	for (char **p = options; *p; p++)
		if (strcmp(*p, option) == 0)
			return true;
	return false;
}

static void die(const char *who, const char *why)
{
	printf("%s: %s\n", who, why);
	exit(1);
}

/* Everybody is S-1-5-21-1-1000. */
static int map(void *data, const char *principal, const struct pen_token_info *known,
	       struct pen_token **tokenp)
{
	struct pen_token_info info = *known;
	struct pen_sid sid;

	pen_sid_parse(&sid, "S-1-5-21-1-1000");
	info.sids = &sid;
	info.n_sids = 1;
	return pen_token_new(tokenp, &info);
}

/* ---- one side, ours or MIT's ---- */

struct side {
	const char *who;
	bool is_server;
	struct pen_mech_context *ours;
	gss_ctx_id_t mit;
	gss_cred_id_t credentials;
	gss_name_t target;
	bool is_pipe;
	bool is_done;
};

static struct gss_OID_desc_struct spnego_oid = { 6, (void *)"\x2b\x06\x01\x05\x05\x02" };

static void mit_init(struct side *side, const char *keytab)
{
	gss_OID_set_desc mechs = { 1, &spnego_oid };
	gss_buffer_desc user = { strlen("alice@PENSTOCK.TEST"), (void *)"alice@PENSTOCK.TEST" };
	gss_buffer_desc password = { strlen("alicepw"), (void *)"alicepw" };
	gss_buffer_desc target = { strlen("host/aes256@PENSTOCK.TEST"),
				   (void *)"host/aes256@PENSTOCK.TEST" };
	const gss_key_value_element_desc element = { "keytab", keytab };
	const gss_key_value_set_desc store = { 1, (gss_key_value_element_desc *)&element };
	gss_name_t name;
	OM_uint32 major;
	OM_uint32 minor;

	if (side->is_server) {
		major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs,
					      GSS_C_ACCEPT, &store, &side->credentials, NULL, NULL);
	} else {
		gss_import_name(&minor, &user, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
		gss_import_name(&minor, &target, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME,
				&side->target);
		major = gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE,
						       &mechs, GSS_C_INITIATE, &side->credentials,
						       NULL, NULL);
		gss_release_name(&minor, &name);
	}
	if (major)
		die(side->who, "no credentials of MIT's");
}

static int mit_step(struct side *side, struct pen_slice in, struct pen_buffer *out)
{
	gss_buffer_desc token = { in.size, (void *)(uintptr_t)in.data };
	gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
	OM_uint32 major;
	OM_uint32 minor;
	OM_uint32 ignored;

	if (side->is_server)
		major = gss_accept_sec_context(&minor, &side->mit, side->credentials, &token,
					       GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &answer, NULL,
					       NULL, NULL);
	else
		major = gss_init_sec_context(
			&minor, side->credentials, &side->mit, side->target, &spnego_oid,
			GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG | GSS_C_REPLAY_FLAG |
				GSS_C_SEQUENCE_FLAG | GSS_C_DCE_STYLE,
			0, GSS_C_NO_CHANNEL_BINDINGS, &token, NULL, &answer, NULL, NULL);
	if (pen_buffer_add(out, answer.value, answer.length))
		exit(2);
	gss_release_buffer(&ignored, &answer);
	if (GSS_ERROR(major)) {
		gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
		OM_uint32 more = 0;

		gss_display_status(&ignored, minor ? minor : major,
				   minor ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, &spnego_oid, &more,
				   &text);
		printf("%s: %.*s\n", side->who, (int)text.length, (char *)text.value);
		exit(1);
	}
	return major == GSS_S_COMPLETE ? 0 : PEN_E_AGAIN;
}

/* A line "=VERB HEX HEX" to the peer, and its answer in line. */
enum { LINE_MAX_SIZE = 65536 };

static char line[LINE_MAX_SIZE];

static void put_hex(struct pen_slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		printf("%02x", bytes.data[i]);
}

static const char *ask(const char *verb, struct pen_slice a, struct pen_slice b)
{
	printf("=%s ", verb);
	put_hex(a);
	printf(" ");
	put_hex(b);
	printf("\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		die("pipe", "nobody is there");
	line[strcspn(line, "\n")] = 0;
	return line;
}

static size_t get_hex(const char *text, uint8_t *bytes, size_t max)
{
	size_t n = 0;
	unsigned byte;

	for (; n < max && sscanf(text, "%2x", &byte) == 1; text += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static int pipe_step(struct pen_slice in, struct pen_buffer *out)
{
	static uint8_t token[LINE_MAX_SIZE / 2];
	const char *answer = ask("step", in, (struct pen_slice){ NULL, 0 });
	const char *space = strchr(answer, ' ');

	if (!space)
		die("pipe", answer);
	if (pen_buffer_add(out, token, get_hex(space + 1, token, sizeof(token))))
		exit(2);
	return strncmp(answer, "done", 4) == 0 ? 0 : PEN_E_AGAIN;
}

static int ours_step(struct side *side, struct pen_slice in, struct pen_buffer *out)
{
	int r = pen_mech_spnego.step(side->ours, in, out);

	while (r == PEN_PENDING) {
		pen_mech_spnego.work(side->ours);
		r = pen_mech_spnego.step(side->ours, (struct pen_slice){ NULL, 0 }, out);
	}
	if (r && r != PEN_E_AGAIN)
		die(side->who, pen_mech_spnego.reason(side->ours));
	return r;
}

static void side_step(struct side *side, struct pen_slice in, struct pen_buffer *out)
{
	int r;

	if (side->is_pipe)
		r = pipe_step(in, out);
	else
		r = side->ours ? ours_step(side, in, out) : mit_step(side, in, out);
	side->is_done = r == 0;
}

/* ---- what they say ---- */

static void show(const char *who, const struct pen_buffer *bytes)
{
	struct pen_spnego_token token;

	if (pen_spnego_token_get(&token, (struct pen_slice){ bytes->data, bytes->size })) {
		die(who, "sent what is no token of SPNEGO");
		return;
	}
	printf("%s%s state %d, %zu mechs, token %zu, MIC %zu\n", who,
	       token.kind == PEN_SPNEGO_INIT ? " init" : "", token.state, token.n_mechs,
	       token.mech_token.size, token.mech_list_mic.size);
}

static void negotiate(struct side *client, struct side *server)
{
	struct side *sides[] = { client, server };
	struct pen_buffer tokens[2];

	pen_buffer_init(&tokens[0], 0);
	pen_buffer_init(&tokens[1], 0);
	for (int i = 0; !client->is_done || !server->is_done; i = !i) {
		struct pen_buffer *in = &tokens[!i];
		struct pen_buffer *out = &tokens[i];

		out->size = 0;
		if (sides[i]->is_done)
			die(sides[i]->who, "is done, and the other waits");
		side_step(sides[i], (struct pen_slice){ in->data, in->size }, out);
		if (out->size)
			show(sides[i]->who, out);
		else if (!sides[!i]->is_done)
			die(sides[i]->who, "has nothing to say, and the other waits");
	}
	pen_buffer_done(&tokens[0]);
	pen_buffer_done(&tokens[1]);
}

/* A signed message. */
static void send_message(struct side *from, struct side *to)
{
	uint8_t data[] = "a stub that is signed";
	gss_buffer_desc message = { sizeof(data), data };
	uint8_t signature[256];
	gss_buffer_desc mic = { 0, signature };
	struct pen_protected parts = { .data = data, .n = sizeof(data), .signature = signature };
	OM_uint32 minor;
	bool is_good;

	if (from->ours) {
		mic.length = pen_mech_spnego.signature_size(from->ours, sizeof(data), false);
		parts.n_signature = mic.length;
		if (pen_mech_spnego.protect(from->ours, &parts))
			die(from->who, "cannot sign");
	} else if (from->is_pipe) {
		const char *answer = ask("sign", (struct pen_slice){ data, sizeof(data) },
					 (struct pen_slice){ NULL, 0 });

		mic.length = get_hex(answer, signature, sizeof(signature));
	} else {
		gss_buffer_desc made = GSS_C_EMPTY_BUFFER;

		if (gss_get_mic(&minor, from->mit, GSS_C_QOP_DEFAULT, &message, &made) ||
		    made.length > sizeof(signature))
			die(from->who, "cannot sign");
		memcpy(signature, made.value, made.length);
		mic.length = made.length;
		gss_release_buffer(&minor, &made);
	}
	parts.n_signature = mic.length;
	if (to->is_pipe)
		is_good = strcmp(ask("check", (struct pen_slice){ data, sizeof(data) },
				     (struct pen_slice){ signature, mic.length }),
				 "good") == 0;
	else if (to->ours)
		is_good = !pen_mech_spnego.unprotect(to->ours, &parts);
	else
		is_good = !gss_verify_mic(&minor, to->mit, &message, &mic, NULL);
	if (!is_good)
		die(to->who, "does not take the other's signature");
}

/* ---- the sides, made ---- */

static const struct pen_slice nobodys = { (const uint8_t *)"\x2a\x03\x04", 3 };

int main(int argc, char **argv)
{
	const struct pen_krb5_server krb5_server = {
		.keytab = argc > 3 ? argv[3] : NULL,
		.map = map,
	};
	const struct pen_spnego_mech client_mechs[] = {
		{ &pen_mech_krb5, NULL, &nobodys, 1 },
		{ &pen_mech_krb5, NULL, pen_oids_krb5, PEN_N_OIDS_KRB5 },
	};
	struct pen_spnego_mech server_mech = { &pen_mech_krb5, &krb5_server, pen_oids_krb5,
					       PEN_N_OIDS_KRB5 };
	struct pen_spnego_config client_config = { client_mechs + 1, 1 };
	const struct pen_spnego_config server_config = { &server_mech, 1 };
	struct pen_credentials *credentials = NULL;
	struct side client = { .who = "client" };
	struct side server = { .who = "server", .is_server = true };
	struct pen_world world;
	struct pen_mech_client ours = { .world = &world.mech,
					.config = &client_config,
					.target = "host/aes256" };
	struct pen_mech_server theirs = { .world = &world.mech,
					  .config = &server_config,
					  .peer = "127.0.0.1" };
	OM_uint32 minor;

	if (argc < 4 || pen_world_init(&world))
		return 2;
	options = argv + 4;
	if (is_on("other"))
		client_config = (struct pen_spnego_config){ client_mechs, 2 };
	if (is_on("krb5-only")) {
		server_mech.oids = &pen_oid_krb5;
		server_mech.n_oids = 1;
	}
	ours.level = theirs.level = is_on("connect")	 ? PEN_AUTH_LEVEL_CONNECT
				    : is_on("integrity") ? PEN_AUTH_LEVEL_INTEGRITY
							 : PEN_AUTH_LEVEL_PRIVACY;
	if (pen_credentials_new_password(&credentials, "alice@PENSTOCK.TEST", NULL, "alicepw"))
		return 2;
	ours.credentials = credentials;
	client.is_pipe = strcmp(argv[1], "pipe") == 0;
	if (strcmp(argv[1], "mit") == 0)
		mit_init(&client, NULL);
	else if (!client.is_pipe && pen_mech_spnego.new_client(&client.ours, &ours))
		return 2;
	if (strcmp(argv[2], "mit") == 0)
		mit_init(&server, argv[3]);
	else if (pen_mech_spnego.new_server(&server.ours, &theirs))
		return 2;

	negotiate(&client, &server);
	if (!is_on("connect")) {
		for (int i = 0; i < 3; i++) {
			send_message(&client, &server);
			send_message(&server, &client);
		}
	}
	printf("agreed\n");
	pen_mech_spnego.free(client.ours);
	pen_mech_spnego.free(server.ours);
	pen_credentials_free(credentials);
	pen_world_done(&world);
	for (int i = 0; i < 2; i++) {
		struct side *side = i ? &server : &client;

		gss_delete_sec_context(&minor, &side->mit, NULL);
		gss_release_cred(&minor, &side->credentials);
		gss_release_name(&minor, &side->target);
	}
	return 0;
}
