/* SPDX-License-Identifier: MIT */
#include "runtime/authority-terms.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include "io/errand.h"
#include "runtime/authority-letter.h"
#include "sec/mechs.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- what is offered ---- */

struct pen_authority_offer *pen_authority_offer_free(struct pen_authority_offer *offer)
{
	while (offer) {
		struct pen_authority_offer *before = offer->before;

		pen_mechs_free(offer->mechs);
		pen_arena_done(&offer->arena);
		free(offer);
		offer = before;
	}
	return NULL;
}

PEN_DEFINE_FREEP(struct pen_authority_offer, pen_authority_offer)

static int copy_text(struct pen_arena *arena, const char **textp, const char *text)
{
	*textp = text ? pen_arena_strdup(arena, text) : NULL;
	return text && !*textp ? -ENOMEM : 0;
}

static int copy_terms(struct pen_authority_offer *offer, const struct authority_terms *terms)
{
	struct pen_ntlm_server *ntlm = &offer->ntlm;
	int r = copy_text(&offer->arena, &ntlm->netbios_computer, terms->netbios_computer);

	if (!r)
		r = copy_text(&offer->arena, &ntlm->netbios_domain, terms->netbios_domain);
	if (!r)
		r = copy_text(&offer->arena, &ntlm->dns_computer, terms->dns_computer);
	if (!r)
		r = copy_text(&offer->arena, &ntlm->dns_domain, terms->dns_domain);
	if (!r)
		r = copy_text(&offer->arena, &ntlm->dns_forest, terms->dns_forest);
	ntlm->allow_v1 = terms->allow_v1;
	ntlm->allow_weak = terms->allow_weak_ntlm;
	ntlm->allow_anonymous = terms->allow_anonymous;
	ntlm->require_bindings = terms->needs_ntlm_bindings;
	offer->has_krb5 = terms->has_krb5;
	return r;
}

int pen_authority_offer_new(struct pen_authority_offer **offerp,
			    const struct authority_terms *terms, const struct pen_ntlm_server *ntlm,
			    const struct pen_krb5_server *krb5, struct pen_authority_offer *before)
{
	pen_cleanup(pen_authority_offer_freep) struct pen_authority_offer *offer =
		calloc(1, sizeof(*offer));
	struct pen_mechs_config config;
	int r;

	if (!offer)
		return -ENOMEM;
	pen_arena_init(&offer->arena, 0);
	offer->ntlm = *ntlm;
	offer->krb5 = *krb5;
	r = copy_terms(offer, terms);
	config.ntlm = &offer->ntlm;
	config.krb5 = offer->has_krb5 ? &offer->krb5 : NULL;
	if (!r)
		r = pen_mechs_new(&offer->mechs, &config);
	if (r)
		return r;
	if (before)
		pen_mechs_add_those_of(offer->mechs, before->mechs);
	offer->before = before;
	*offerp = pen_take(&offer);
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool pen_authority_offer_is(const struct pen_authority_offer *offer,
			    const struct authority_terms *terms)
{
	const struct pen_ntlm_server *ntlm = &offer->ntlm;

	return is_same(ntlm->netbios_computer, terms->netbios_computer) &&
	       is_same(ntlm->netbios_domain, terms->netbios_domain) &&
	       is_same(ntlm->dns_computer, terms->dns_computer) &&
	       is_same(ntlm->dns_domain, terms->dns_domain) &&
	       is_same(ntlm->dns_forest, terms->dns_forest) &&
	       ntlm->allow_v1 == !!terms->allow_v1 &&
	       ntlm->allow_weak == !!terms->allow_weak_ntlm &&
	       ntlm->allow_anonymous == !!terms->allow_anonymous &&
	       ntlm->require_bindings == !!terms->needs_ntlm_bindings &&
	       offer->has_krb5 == !!terms->has_krb5;
}

/* ---- asking ---- */

/* What the thread has, which may outlive who began it. */
struct errand {
	int socket; /* to penstock-authd */
	uint32_t timeout_ms;
	int result;
	struct pen_arena arena;
	struct authority_answer answer;
};

struct pen_authority_inquiry {
	struct errand *data; /* the errand's */
	struct pen_errand *errand;
};

static int converse(struct errand *errand, int conversation, uint64_t due)
{
	const struct authority_question question = { .verb = authority_TERMS };
	int r = pen_authority_send_question(conversation, &question, due);

	if (!r)
		r = pen_authority_receive_answer(conversation, &errand->answer, &errand->arena,
						 due);
	return !r && errand->answer.verb != authority_TERMS ? PEN_E_BAD_DATA : r;
}

static void run(void *data)
{
	struct errand *errand = data;
	uint64_t due = pen_clock_ms() + errand->timeout_ms;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		errand->result = -errno;
		return;
	}
	errand->result = pen_authority_send_call(errand->socket, ends[1], due);
	close(ends[1]);
	if (!errand->result)
		errand->result = converse(errand, ends[0], due);
	close(ends[0]);
}

static void forget(void *data)
{
	struct errand *errand = data;

	close(errand->socket);
	pen_arena_done(&errand->arena);
	free(errand);
}

int pen_authority_inquiry_new(struct pen_authority_inquiry **inquiryp, int socket,
			      uint32_t timeout_ms)
{
	struct pen_authority_inquiry *inquiry = calloc(1, sizeof(*inquiry));
	struct errand *errand = calloc(1, sizeof(*errand));
	int r;

	if (!inquiry || !errand) {
		free(inquiry);
		free(errand);
		close(socket);
		return -ENOMEM;
	}
	errand->socket = socket;
	errand->timeout_ms = timeout_ms;
	pen_arena_init(&errand->arena, PEN_AUTHORITY_ARENA_MAX);
	inquiry->data = errand;
	r = pen_errand_new(&inquiry->errand, run, forget, errand);
	if (r) {
		forget(errand);
		free(inquiry);
		return r;
	}
	*inquiryp = inquiry;
	return 0;
}

struct pen_authority_inquiry *pen_authority_inquiry_free(struct pen_authority_inquiry *inquiry)
{
	if (inquiry)
		pen_errand_free(inquiry->errand);
	free(inquiry);
	return NULL;
}

int pen_authority_inquiry_fd(const struct pen_authority_inquiry *inquiry)
{
	return pen_errand_fd(inquiry->errand);
}

int pen_authority_inquiry_terms(const struct pen_authority_inquiry *inquiry,
				const struct authority_terms **termsp)
{
	if (!pen_errand_is_done(inquiry->errand))
		return -EAGAIN;
	*termsp = &inquiry->data->answer.body.terms;
	return inquiry->data->result;
}
