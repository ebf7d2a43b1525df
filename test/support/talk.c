/* SPDX-License-Identifier: MIT */
#include "support/talk.h"
#include "support/unit.h"
#include <string.h>

static void side_init(struct talk_side *side, unsigned n_legs)
{
	*side = (struct talk_side){ 0 };
	for (int i = 0; i < TALK_N_COLOURS; i++)
		side->fake[i] = (struct fake_config){ .key = "key", .n_legs = n_legs };
	side->mechs[TALK_RED] = (struct pen_spnego_mech){ &fake_red, &side->fake[TALK_RED],
							  pen_oids_krb5, PEN_N_OIDS_KRB5 };
	side->mechs[TALK_BLUE] = (struct pen_spnego_mech){ &fake_blue, &side->fake[TALK_BLUE],
							   pen_oids_ntlm, PEN_N_OIDS_NTLM };
}

void talk_init(struct talk *talk, unsigned n_legs, bool is_other)
{
	*talk = (struct talk){ 0 };
	side_init(&talk->client, n_legs);
	side_init(&talk->server, n_legs);
	talk->client.config = (struct pen_spnego_config){ talk->client.mechs, TALK_N_COLOURS };
	talk->server.config = talk->client.config;
	talk->server.config.mechs = talk->server.mechs;
	if (is_other)
		talk->server.config =
			(struct pen_spnego_config){ &talk->server.mechs[TALK_BLUE], 1 };
	for (size_t i = 0; i < TALK_TOKENS_MAX; i++)
		pen_buffer_init(&talk->tokens[i], 0);
}

int talk_new(struct talk *talk)
{
	const struct pen_mech_client client = { .config = &talk->client.config };
	const struct pen_mech_server server = { .config = &talk->server.config };
	int r = pen_mech_spnego.new_client(&talk->client.context, &client);

	return r ? r : pen_mech_spnego.new_server(&talk->server.context, &server);
}

void talk_done(struct talk *talk)
{
	talk->client.context = pen_mech_spnego.free(talk->client.context);
	talk->server.context = pen_mech_spnego.free(talk->server.context);
	for (size_t i = 0; i < TALK_TOKENS_MAX; i++)
		pen_buffer_done(&talk->tokens[i]);
	assert_int_equal(fake_n_contexts, 0);
}

int talk_step(struct talk_side *side, struct pen_slice in, struct pen_buffer *out)
{
	side->r = pen_mech_spnego.step(side->context, in, out);
	while (side->r == PEN_PENDING) {
		assert_int_equal(out->size, 0);
		pen_mech_spnego.work(side->context);
		side->r = pen_mech_spnego.step(side->context, (struct pen_slice){ NULL, 0 }, out);
	}
	return side->r;
}

static void count_mic(struct talk *talk, const struct pen_buffer *token)
{
	struct pen_spnego_token read;

	if (pen_spnego_token_get(&read, (struct pen_slice){ token->data, token->size }) == 0)
		talk->n_mics += read.mech_list_mic.data != NULL;
}

void talk_run(struct talk *talk)
{
	struct pen_slice in = { NULL, 0 };
	bool is_server = talk->has_hints;

	for (talk->n = 0; talk->n < TALK_TOKENS_MAX; is_server = !is_server) {
		struct talk_side *side = is_server ? &talk->server : &talk->client;
		struct pen_buffer *out = &talk->tokens[talk->n];

		talk_step(side, in, out);
		if (!out->size || (side->r && side->r != PEN_E_AGAIN))
			break;
		if (talk->meddle)
			talk->meddle(talk, talk->n);
		count_mic(talk, out);
		in = (struct pen_slice){ out->data, out->size };
		talk->n++;
	}
}

bool talk_is_agreed(const struct talk *talk)
{
	return talk->client.r == 0 && talk->server.r == 0;
}
