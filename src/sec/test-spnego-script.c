/* SPDX-License-Identifier: MIT */
/* Tokens of SPNEGO that no honest peer sends, line by line. */
#include "support/talk.h"
#include "support/unit.h"
#include <string.h>

static struct pen_slice slice_of(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ buffer->data, buffer->size };
}

static const struct pen_slice foreign = { (const uint8_t *)"\x2a\x03\x04", 3 };

/*
 * A token as a line: the names that an initial one lists or a response chooses, by letters
 * (Microsoft's and the proper name of red, blue, and a stranger), and the other fields.
 */
struct line {
	char kind; /* i(nit), r(esponse), e(mpty), g(arbage); 0: no more */
	const char *mechs;
	int state; /* plus one; 0: none */
	const char *token;
	const char *mic;
	int r;		    /* what the step returns */
	const char *reason; /* that it gives; NULL: any */
};

enum { COMPLETED = 1, INCOMPLETE, REJECT, REQUEST_MIC };

struct script {
	const char *name;
	bool is_server; /* who is tested */
	unsigned n_legs;
	bool has_only_blue;
	bool cannot_sign;
	struct line lines[5];
};

static struct pen_slice name_of(char letter)
{
	switch (letter) {
	case 'm':
		return pen_oid_ms_krb5;
	case 'k':
		return pen_oid_krb5;
	case 'b':
		return pen_oid_ntlm;
	default:
		return foreign;
	}
}

static struct pen_slice text(const char *string)
{
	return (struct pen_slice){ (const uint8_t *)string, string ? strlen(string) : 0 };
}

static void put_line(const struct line *line, struct pen_buffer *out)
{
	struct pen_spnego_token token = {
		.kind = line->kind == 'i' ? PEN_SPNEGO_INIT : PEN_SPNEGO_RESP,
		.state = (enum pen_spnego_state)(line->state - 1),
		.mech_token = text(line->token),
		.mech_list_mic = text(line->mic),
	};
	struct pen_slice names[8];
	struct pen_buffer types;
	size_t n = 0;

	pen_buffer_init(&types, 0);
	for (const char *letter = line->mechs; letter && *letter; letter++)
		names[n++] = name_of(*letter);
	if (line->kind == 'i' && line->mechs) {
		assert_int_equal(pen_spnego_mech_types_put(names, n, &types), 0);
		token.mech_types = slice_of(&types);
	} else if (n) {
		token.supported_mech = names[0];
	}
	if (line->kind == 'g')
		assert_int_equal(pen_buffer_add(out, "garbage", 7), 0);
	else if (line->kind != 'e')
		assert_int_equal(pen_spnego_token_put(&token, out), 0);
	pen_buffer_done(&types);
}

static void run_script(const struct script *script)
{
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;
	struct talk_side *side = script->is_server ? &talk.server : &talk.client;

	talk_init(&talk, script->n_legs, script->has_only_blue);
	for (int i = 0; i < TALK_N_COLOURS; i++)
		side->fake[i].cannot_sign = script->cannot_sign;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	for (const struct line *line = script->lines; line->kind; line++) {
		const char *reason;

		in.size = out.size = 0;
		put_line(line, &in);
		talk_step(side, slice_of(&in), &out);
		reason = pen_mech_spnego.reason(side->context);
		if (side->r != line->r || (line->reason && strcmp(reason, line->reason) != 0))
			fail_msg("%s, line %td: %s: %s", script->name, line - script->lines,
				 pen_error_name(side->r), reason);
	}
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

#define AGAIN  PEN_E_AGAIN
#define BAD    PEN_E_BAD_DATA
#define DENIED PEN_E_DENIED

/* clang-format off */
static const struct script scripts[] = {
	{ .name = "a response to begin with", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'r', "m", INCOMPLETE, "\1key", NULL, BAD,
		  "the first token does not list the client's mechanisms" } } },
	{ .name = "no list", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', NULL, 0, "\1key", NULL, BAD,
		  "the first token does not list the client's mechanisms" } } },
	{ .name = "an empty list", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "", 0, "\1key", NULL, BAD,
		  "the first token does not list the client's mechanisms" } } },
	{ .name = "garbage", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'g', NULL, 0, NULL, NULL, BAD,
		  "7 bytes are no token of SPNEGO, or of its mechanisms" } } },
	{ .name = "strangers only", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "xxx", 0, "\1key", NULL, DENIED,
		  "none of the client's 3 mechanisms is offered here" } } },
	{ .name = "a list twice", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'i', "mkb", 0, "\1key", NULL, BAD,
		  "the negotiation began a second time" } } },
	{ .name = "the hints twice", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'e', NULL, 0, NULL, NULL, BAD, NULL } } },
	{ .name = "the list after the hints", .is_server = true, .n_legs = 1,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'i', "mkb", 0, "\1key", NULL, 0, NULL } } },
	{ .name = "nothing after the list", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'e', NULL, 0, NULL, NULL, BAD, "0 bytes are no token of SPNEGO" } } },
	{ .name = "no token with the list", .is_server = true, .n_legs = 3, .cannot_sign = true,
	  .lines = {
		{ 'i', "mkb", 0, NULL, NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", NULL, 0, NULL } } },
	{ .name = "a token out of order", .is_server = true, .n_legs = 5,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\5key", NULL, BAD, "red: another token" } } },
	{ .name = "a token twice", .is_server = true, .n_legs = 5,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", NULL, BAD, "red: another token" } } },
	{ .name = "the token of another", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1kay", NULL, DENIED, "red: another key" } } },
	{ .name = "a response without a token", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, INCOMPLETE, NULL, NULL, BAD,
		  "the client sent no token of red" } } },
	{ .name = "the client gives up", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, REJECT, "\3key", NULL, DENIED,
		  "the client rejects the negotiation" } } },
	{ .name = "a MIC with the list", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", "123456789012", DENIED,
		  "a mechListMIC before red was complete" } } },
	{ .name = "a MIC with the list, and another choice", .is_server = true, .n_legs = 3, .has_only_blue = true,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", "123456789012", DENIED,
		  "a mechListMIC before blue has begun" } } },
	{ .name = "a wrong MIC with the list of a mechanism of one token", .is_server = true, .n_legs = 1,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", "123456789012", DENIED, NULL } } },
	{ .name = "a MIC too early", .is_server = true, .n_legs = 5,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", "123456789012", DENIED,
		  "a mechListMIC before red was complete" } } },
	{ .name = "a MIC that nobody can verify", .is_server = true, .n_legs = 3, .cannot_sign = true,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", "123456789012", DENIED,
		  "a mechListMIC that red cannot verify" } } },
	{ .name = "no MIC, and the client's first choice", .is_server = true, .n_legs = 3,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", NULL, 0, NULL } } },
	{ .name = "no MIC, and another choice", .is_server = true, .n_legs = 3, .has_only_blue = true,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\3key", NULL, DENIED,
		  "no mechListMIC, though blue was not the client's first choice" } } },
	{ .name = "no MIC of the client", .is_server = true, .n_legs = 2, .has_only_blue = true,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, NULL, NULL, DENIED,
		  "the client sent no mechListMIC" } } },
	{ .name = "a token in place of the MIC", .is_server = true, .n_legs = 2, .has_only_blue = true,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\1key", NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, "\3key", "123456789012", BAD,
		  "a token of blue after its last" } } },
	{ .name = "a token after the end", .is_server = true, .n_legs = 2,
	  .lines = {
		{ 'i', "mkb", 0, "\1key", NULL, AGAIN - 1, NULL },
		{ 'r', NULL, 0, "\1key", NULL, BAD, "a token after the negotiation's end" },
		{ 'r', NULL, 0, "\1key", NULL, BAD,
		  "a token after the negotiation's end" } } },
	{ .name = "a token after a failure", .is_server = true, .n_legs = 2,
	  .lines = {
		{ 'i', "x", 0, "\1key", NULL, DENIED, NULL },
		{ 'i', "mkb", 0, "\1key", NULL, BAD,
		  "none of the client's 1 mechanisms is offered here" } } },

	{ .name = "hints", .n_legs = 3,
	  .lines = {
		{ 'i', "xb", 0, NULL, NULL, AGAIN, NULL } } },
	{ .name = "hints without a list", .n_legs = 3,
	  .lines = {
		{ 'i', NULL, 0, NULL, NULL, AGAIN, NULL } } },
	{ .name = "hints of strangers", .n_legs = 3,
	  .lines = {
		{ 'i', "xx", 0, NULL, NULL, DENIED,
		  "the server has none of the mechanisms that we would offer" } } },
	{ .name = "hints that are none", .n_legs = 3,
	  .lines = {
		{ 'r', "m", INCOMPLETE, "\2key", NULL, BAD,
		  "what the server began with are not the hints of SPNEGO" } } },
	{ .name = "a list for an answer", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'i', "mkb", 0, NULL, NULL, BAD, "the negotiation began a second time" } } },
	{ .name = "nothing for an answer", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'e', NULL, 0, NULL, NULL, BAD, "0 bytes are no token of SPNEGO" } } },
	{ .name = "the choice of a stranger", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "x", INCOMPLETE, "\2key", NULL, DENIED,
		  "the server chose a mechanism that was not offered" } } },
	{ .name = "no choice and no state", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\2key", NULL, AGAIN, NULL } } },
	{ .name = "the other name, with a token", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "k", INCOMPLETE, "\2key", NULL, AGAIN, NULL } } },
	{ .name = "no token", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, NULL, NULL, BAD,
		  "the server sent no token of red" } } },
	{ .name = "a rejection with a token", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", REJECT, "\2key", NULL, DENIED,
		  "the server rejects the negotiation" } } },
	{ .name = "completed too early", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", COMPLETED, "\2key", NULL, DENIED,
		  "the server has completed before red has" } } },
	{ .name = "a MIC too early", .n_legs = 5,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", "123456789012", DENIED,
		  "a mechListMIC before red was complete" } } },
	{ .name = "a MIC asked for too late", .n_legs = 5,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
		{ 'r', NULL, REQUEST_MIC, "\4key", NULL, DENIED,
		  "the server asks for a mechListMIC too late" } } },
	{ .name = "another choice, with a token", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "b", REQUEST_MIC, "\2key", NULL, DENIED,
		  "a token of blue before it has begun" } } },
	{ .name = "another choice, and completed", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "b", COMPLETED, NULL, NULL, DENIED,
		  "the server has completed before blue has" } } },
	{ .name = "another choice, and a MIC", .n_legs = 3,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "b", REQUEST_MIC, NULL, "123456789012", DENIED,
		  "a mechListMIC before blue was complete" } } },
	{ .name = "another choice later is not heeded", .n_legs = 5,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
		{ 'r', "b", INCOMPLETE, "\4key", NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, NULL, NULL, DENIED,
		  "the server did not answer our mechListMIC" } } },
	{ .name = "more wanted of a complete mechanism", .n_legs = 2,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, DENIED,
		  "the server wants more, but red is complete" } } },
	{ .name = "a MIC asked for, and none", .n_legs = 2,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", REQUEST_MIC, "\2key", NULL, DENIED,
		  "no mechListMIC from the server, though one is due: somebody on the way may "
		  "have "
		  "changed the list of mechanisms" } } },
	{ .name = "another choice, and no MIC", .n_legs = 2,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "b", INCOMPLETE, NULL, NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, "\2key", NULL, DENIED, NULL } } },
	{ .name = "completed, without a word", .n_legs = 2,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', NULL, 0, "\2key", NULL, 0, NULL },
		{ 'r', NULL, 0, "\4key", NULL, BAD,
		  "a token after the negotiation's end" } } },
	{ .name = "a token after the last", .n_legs = 3, .cannot_sign = true,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, "\4key", NULL, BAD,
		  "a token of red after its last" } } },
	{ .name = "more wanted at the last", .n_legs = 3, .cannot_sign = true,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
		{ 'r', NULL, INCOMPLETE, NULL, NULL, DENIED,
		  "the server wants more, but red is complete" } } },
	{ .name = "a MIC that cannot be verified", .n_legs = 3, .cannot_sign = true,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", INCOMPLETE, "\2key", NULL, AGAIN, NULL },
		{ 'r', NULL, COMPLETED, NULL, "123456789012", DENIED,
		  "a mechListMIC that red cannot verify" } } },
	{ .name = "a token for a mechanism of one", .n_legs = 1,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", COMPLETED, "\2key", NULL, BAD,
		  "a token of red after its last" } } },
	{ .name = "a MIC asked for of a mechanism of one token, and none", .n_legs = 1,
	  .lines = {
		{ 'e', NULL, 0, NULL, NULL, AGAIN, NULL },
		{ 'r', "m", REQUEST_MIC, NULL, NULL, DENIED, NULL } } },
};
/* clang-format on */

static void test_scripts(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(scripts); i++)
		run_script(&scripts[i]);
}

/* A server may not choose what the client could not begin with, and so did not offer. */
static void test_choice_of_what_was_left_out(void **state)
{
	static const struct line choice = { 'r', "m", INCOMPLETE, NULL, NULL, DENIED, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.client.fake[TALK_RED].cannot_begin = PEN_E_UNSUPPORTED;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&choice, &in);
	assert_int_equal(talk_step(&talk.client, (struct pen_slice){ NULL, 0 }, &out), AGAIN);
	assert_int_equal(talk_step(&talk.client, slice_of(&in), &out), DENIED);
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* A mechanism at work takes no token before it has done it. */
static void test_token_while_at_work(void **state)
{
	static const struct line list = { 'i', "mkb", 0, "\1key", NULL, 0, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.server.fake[TALK_RED].pends = 1;
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&list, &in);
	assert_int_equal(pen_mech_spnego.step(talk.server.context, slice_of(&in), &out),
			 PEN_PENDING);
	assert_int_equal(pen_mech_spnego.step(talk.server.context, slice_of(&in), &out), BAD);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "a token while the last one is at work");
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* A MIC that no mechanism has is not even kept. */
static void test_long_mic(void **state)
{
	static char mic[1026];
	const struct line list = { 'i', "mkb", 0, "\1key", mic, 0, NULL };
	struct pen_buffer out;
	struct pen_buffer in;
	struct talk talk;

	memset(mic, 'm', sizeof(mic) - 1);
	talk_init(&talk, 1, false);
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&in, 0);
	pen_buffer_init(&out, 0);
	put_line(&list, &in);
	assert_int_equal(talk_step(&talk.server, slice_of(&in), &out), BAD);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "a mechListMIC of 1025 bytes");
	pen_buffer_done(&in);
	pen_buffer_done(&out);
	talk_done(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_choice_of_what_was_left_out),
		cmocka_unit_test(test_token_while_at_work),
		cmocka_unit_test(test_long_mic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
