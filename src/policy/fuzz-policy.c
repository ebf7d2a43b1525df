/* SPDX-License-Identifier: MIT */
/*
 * A policy that is right prints as one that prints the same, and both answer any question alike.
 */
#include "policy/quota.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pen_operation operations[] = { { .name = "NetrShareDel" }, { .name = NULL } };
static const struct pen_interface srvsvc = { .name = "srvsvc",
					     .operations = operations,
					     .n_operations = PEN_COUNT(operations) };
static const struct pen_interface samr = { .name = "samr", .id.uuid.time_low = 1 };
static const struct pen_interface *const interfaces[] = { &srvsvc, &samr };
static const struct pen_policy_known all = { interfaces, PEN_COUNT(interfaces) };

static struct pen_policy *read(const void *text, size_t n, const struct pen_policy_known *known)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer diagnoses;

	pen_buffer_init(&diagnoses, 0);
	if (!pen_policy_new(&policy, "fuzz", text, n, known, &diagnoses) != !diagnoses.size)
		abort();
	pen_buffer_done(&diagnoses);
	return policy;
}

static uint32_t pick(uint32_t *random, uint32_t n)
{
	*random = *random * 1103515245 + 12345;
	return (*random >> 16) % n;
}

static struct pen_policy_question make_question(uint32_t *random, const struct pen_token *token)
{
	static const char *const names[] = { "srvsvc", "samr", "A", NULL, "NetrShareDel", "" };
	static const char *const sources[] = { "10.0.0.1", "::1", NULL, "local", "10.1", "\xff" };
	uint32_t opnum = pick(random, 5);

	return (struct pen_policy_question){
		.interface.uuid.time_low = pick(random, 3),
		.interface_name = names[pick(random, PEN_COUNT(names))],
		.opnum = opnum ? opnum : PEN_POLICY_BIND,
		.operation = names[pick(random, PEN_COUNT(names))],
		.token = pick(random, 4) ? token : NULL,
		.source = sources[pick(random, PEN_COUNT(sources))],
		.protseq = (enum pen_protseq)pick(random, 3),
		.auth_level = (uint8_t)pick(random, 8),
	};
}

/* What a bind is denied, no call is allowed. */
static void check_bind(const struct pen_policy *policy, struct pen_policy_question question,
		       const struct pen_policy_answer *answer)
{
	struct pen_policy_answer of_bind;

	if (!answer->is_allowed)
		return;
	question.opnum = PEN_POLICY_BIND;
	pen_policy_ask(policy, &question, &of_bind);
	if (!of_bind.is_allowed)
		abort();
}

static void ask_both(const struct pen_policy *first, const struct pen_policy *second,
		     const struct pen_token *token, uint32_t *random)
{
	const struct pen_policy_question question = make_question(random, token);
	struct pen_policy_answer a, b;
	struct pen_buffer why;

	pen_policy_ask(first, &question, &a);
	pen_policy_ask(second, &question, &b);
	if (a.is_allowed != b.is_allowed || a.is_maybe != b.is_maybe || a.n_audits != b.n_audits ||
	    strcmp(a.reason, b.reason) != 0)
		abort();
	check_bind(first, question, &a);
	pen_buffer_init(&why, 0);
	if (pen_policy_why(first, &question, &why))
		abort();
	pen_buffer_done(&why);
}

static void enter_both(const struct pen_policy *policy, const struct pen_token *token)
{
	struct pen_quotas *quotas = NULL;
	struct pen_quota *peer = NULL, *user = NULL;
	struct pen_quota_refusal refusal;

	if (pen_quotas_new(&quotas, policy, 2, 0) ||
	    pen_quota_enter_peer(quotas, "10.0.0.1", &peer) ||
	    pen_quota_enter_identity(quotas, token, &user))
		abort();
	for (int i = 0; i < PEN_QUOTA_N_RESOURCES; i++) {
		pen_quota_take(peer, (enum pen_quota_resource)i, 1 << 20, 1, &refusal);
		pen_quota_take(user, (enum pen_quota_resource)i, 1 << 20, 1, &refusal);
	}
	pen_quota_leave(quotas, peer);
	pen_quota_leave(quotas, user);
	pen_quotas_free(quotas);
}

static void compare(const struct pen_policy *first, const struct pen_buffer *printed,
		    const struct pen_policy_known *known)
{
	struct pen_policy *second = read(printed->data, printed->size, known);
	struct pen_token *token = NULL;
	struct pen_buffer again;
	uint32_t random = (uint32_t)printed->size;

	pen_buffer_init(&again, 0);
	if (!second || pen_policy_print(second, &again) || again.size != printed->size ||
	    memcmp(again.data, printed->data, again.size) != 0)
		abort();
	if (pen_token_new_unix(&token, 1000, 100, NULL, 0, 0, false))
		abort();
	for (int i = 0; i < 8; i++)
		ask_both(first, second, token, &random);
	enter_both(first, token);
	pen_token_free(token);
	pen_buffer_done(&again);
	pen_policy_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Half of all texts are held against the interfaces that there are. */
	const struct pen_policy_known *known = size % 2 ? &all : NULL;
	struct pen_policy *policy = read(data, size, known);
	struct pen_buffer printed;

	pen_buffer_init(&printed, 0);
	if (policy) {
		if (pen_policy_print(policy, &printed))
			abort();
		/* A text of full length may have no room for the default that is printed. */
		if (printed.size <= PEN_POLICY_TEXT_MAX)
			compare(policy, &printed, known);
	}
	pen_buffer_done(&printed);
	pen_policy_free(policy);
	return 0;
}
