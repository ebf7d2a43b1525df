/* SPDX-License-Identifier: MIT */
/*
 * The server's side of a Kerberos context inside SPNEGO, for a peer that talks to it in
 * lines, bytes in hexadecimal ("-": none):
 *
 *	token HEX                             token HEX again|open
 *	unprotect SEALED DATA SIGNATURE       data HEX
 *	protect SEALED DATA                   message DATA SIGNATURE
 *
 * What is refused is answered by "refused REASON".
 *
 *	krb5-serve KEYTAB
 */
#include "runtime/world.h"
#include "sec/krb5.h"
#include "sec/spnego.h"
#include <penstock/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 200000 };

static const struct pen_mech *const mech = &pen_mech_spnego;

/* Bytes in place of their digits. */
static struct pen_slice from_hex(char *text)
{
	size_t n = 0;

	if (!text || !strcmp(text, "-"))
		return (struct pen_slice){ 0 };
	for (; text[2 * n] && text[2 * n + 1]; n++) {
		const char digits[] = { text[2 * n], text[2 * n + 1], 0 };

		text[n] = (char)strtoul(digits, NULL, 16);
	}
	return (struct pen_slice){ (uint8_t *)text, n };
}

static void print_hex(const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", data[i]);
	printf(n ? " " : "- ");
}

static int refuse(const struct pen_mech_context *context)
{
	return printf("refused %s\n", mech->reason(context));
}

static void take_token(struct pen_mech_context *context, struct pen_slice in)
{
	struct pen_buffer out;
	int r;

	pen_buffer_init(&out, 0);
	r = mech->step(context, in, &out);
	while (r == PEN_PENDING) {
		mech->work(context);
		r = mech->step(context, (struct pen_slice){ 0 }, &out);
	}
	if (r && r != PEN_E_AGAIN) {
		refuse(context);
	} else {
		printf("token ");
		print_hex(out.data, out.size);
		printf(r ? "again\n" : "open\n");
	}
	pen_buffer_done(&out);
}

static void protect(struct pen_mech_context *context, bool is_sealed, struct pen_slice data)
{
	uint8_t signature[256];
	struct pen_protected message = {
		.data = (uint8_t *)(uintptr_t)data.data,
		.n = data.size,
		.signature = signature,
		.n_signature = mech->signature_size(context, data.size, is_sealed),
		.is_sealed = is_sealed,
	};

	if (message.n_signature > sizeof(signature) || mech->protect(context, &message)) {
		refuse(context);
		return;
	}
	printf("message ");
	print_hex(message.data, message.n);
	print_hex(signature, message.n_signature);
	printf("\n");
}

static void unprotect(struct pen_mech_context *context, bool is_sealed, struct pen_slice data,
		      struct pen_slice signature)
{
	struct pen_protected message = {
		.data = (uint8_t *)(uintptr_t)data.data,
		.n = data.size,
		.signature = (uint8_t *)(uintptr_t)signature.data,
		.n_signature = signature.size,
		.is_sealed = is_sealed,
	};

	if (mech->unprotect(context, &message)) {
		refuse(context);
		return;
	}
	printf("data ");
	print_hex(message.data, message.n);
	printf("\n");
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

int main(int argc, char **argv)
{
	const struct pen_krb5_server config = { .keytab = argv[1], .allow_weak = true, .map = map };
	const struct pen_spnego_mech served = { &pen_mech_krb5, &config, pen_oids_krb5,
						PEN_N_OIDS_KRB5 };
	const struct pen_spnego_config spnego = { &served, 1 };
	struct pen_world world;
	const struct pen_mech_server server = {
		.world = &world.mech,
		.config = &spnego,
		.peer = "127.0.0.1",
		.level = PEN_AUTH_LEVEL_PRIVACY,
	};
	static char line[LINE_MAX];
	struct pen_mech_context *context;

	if (argc != 2 || pen_world_init(&world) || mech->new_server(&context, &server))
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		char *words = line;
		char *verb = strsep(&words, " \n");
		bool is_sealed = false;

		if (!strcmp(verb, "token")) {
			take_token(context, from_hex(strsep(&words, " \n")));
		} else {
			char *data;

			is_sealed = *strsep(&words, " \n") == '1';
			data = strsep(&words, " \n");
			if (!strcmp(verb, "protect"))
				protect(context, is_sealed, from_hex(data));
			else
				unprotect(context, is_sealed, from_hex(data),
					  from_hex(strsep(&words, " \n")));
		}
		fflush(stdout);
	}
	mech->free(context);
	pen_world_done(&world);
	return 0;
}
