/* SPDX-License-Identifier: MIT */
/* Names to SIDs [MS-LSAT 3.1.4.5 to 3.1.4.8]. */
#include "service/lsarpc/translate.h"
#include <errno.h>

/* What all forms of the operation are asked. */
struct question {
	uint32_t n;
	const struct dtyp_RPC_UNICODE_STRING *names;
	enum lsarpc_LSAP_LOOKUP_LEVEL level;
};

/* And what they make their answers of. */
struct answer {
	struct pen_lsarpc_meaning *meanings;
	int32_t *indexes; /* of domains */
	struct lsarpc_LSAPR_REFERENCED_DOMAIN_LIST *domains;
	uint32_t n_mapped;
	uint32_t status;
};

static int mean_one(const struct pen_lsarpc_views *views,
		    const struct dtyp_RPC_UNICODE_STRING *string,
		    struct pen_lsarpc_meaning *meaning)
{
	const char *name;
	int r = pen_lsarpc_text_get(views->call, string, &name);

	*meaning = (struct pen_lsarpc_meaning){ .use = lsarpc_SidTypeUnknown };
	if (r)
		return r < 0 ? r : 0;
	return pen_lsarpc_mean_name(views, name, meaning);
}

static int look_up(struct pen_call *call, const struct question *question, struct answer *answer)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_lsarpc_domains domains;
	struct pen_lsarpc_views views;
	int r;

	if (!pen_lsarpc_is_level(question->level) || (question->n && !question->names)) {
		answer->status = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	answer->meanings = pen_arena_array(arena, question->n + 1u, sizeof(*answer->meanings));
	answer->indexes = pen_arena_array(arena, question->n + 1u, sizeof(*answer->indexes));
	if (!answer->meanings || !answer->indexes)
		return -ENOMEM;
	r = pen_lsarpc_domains_init(&domains, call, question->n);
	if (!r)
		r = pen_lsarpc_views_init(&views, call, question->level);
	for (uint32_t i = 0; !r && i < question->n; i++) {
		r = mean_one(&views, &question->names[i], &answer->meanings[i]);
		if (!r)
			r = pen_lsarpc_domains_add(&domains, call, &answer->meanings[i],
						   &answer->indexes[i]);
		answer->n_mapped += answer->meanings[i].use != lsarpc_SidTypeUnknown;
	}
	if (r)
		return r;
	answer->domains = domains.list;
	answer->status = pen_lsarpc_lookup_status(answer->n_mapped, question->n);
	return 0;
}

/* The last number of a SID; a domain has none [MS-LSAT 2.2.17]. */
static uint32_t rid_of(const struct pen_lsarpc_meaning *meaning)
{
	const struct pen_sid *sid = &meaning->sid;

	if (meaning->use == lsarpc_SidTypeUnknown)
		return 0;
	if (meaning->use == lsarpc_SidTypeDomain || !sid->n_sub_authorities)
		return UINT32_MAX;
	return sid->sub_authorities[sid->n_sub_authorities - 1];
}

/* What there is to answer; without domains it is answer->status alone. */
static int answer_to(struct pen_call *call, const struct pen_context_handle *policy,
		     const struct question *question, struct answer *answer)
{
	int r = pen_lsarpc_policy(call, policy, PEN_LSARPC_LOOKUP_NAMES, &answer->status);

	return r || answer->status ? r : look_up(call, question, answer);
}

int pen_lsarpc_lookup_names3(struct pen_call *call, const struct lsarpc_LsarLookupNames3_in *in,
			     struct lsarpc_LsarLookupNames3_out *out)
{
	const struct question question = { in->Count, in->Names, in->LookupLevel };
	struct lsarpc_LSAPR_TRANSLATED_SID_EX2 *rows;
	struct answer answer = { 0 };
	int r = answer_to(call, &in->PolicyHandle, &question, &answer);

	out->result = answer.status;
	if (r || !answer.domains)
		return r;
	rows = pen_arena_array(pen_call_arena(call), in->Count + 1u, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (uint32_t i = 0; !r && i < in->Count; i++) {
		rows[i].Use = answer.meanings[i].use;
		rows[i].DomainIndex = answer.indexes[i];
		if (answer.meanings[i].use != lsarpc_SidTypeUnknown)
			r = pen_lsarpc_sid_new(call, &answer.meanings[i].sid, &rows[i].Sid);
	}
	out->TranslatedSids.Entries = in->Count;
	out->TranslatedSids.Sids = rows;
	out->ReferencedDomains = answer.domains;
	out->MappedCount = answer.n_mapped;
	return r;
}

int pen_lsarpc_lookup_names2(struct pen_call *call, const struct lsarpc_LsarLookupNames2_in *in,
			     struct lsarpc_LsarLookupNames2_out *out)
{
	const struct question question = { in->Count, in->Names, in->LookupLevel };
	struct lsarpc_LSAPR_TRANSLATED_SID_EX *rows;
	struct answer answer = { 0 };
	int r = answer_to(call, &in->PolicyHandle, &question, &answer);

	out->result = answer.status;
	if (r || !answer.domains)
		return r;
	rows = pen_arena_array(pen_call_arena(call), in->Count + 1u, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->Count; i++)
		rows[i] = (struct lsarpc_LSAPR_TRANSLATED_SID_EX){
			.Use = answer.meanings[i].use,
			.RelativeId = rid_of(&answer.meanings[i]),
			.DomainIndex = answer.indexes[i],
		};
	out->TranslatedSids.Entries = in->Count;
	out->TranslatedSids.Sids = rows;
	out->ReferencedDomains = answer.domains;
	out->MappedCount = answer.n_mapped;
	return 0;
}

/* The second form's answer, whose rows have flags too, that are always 0. */
int pen_lsarpc_lookup_names(struct pen_call *call, const struct lsarpc_LsarLookupNames_in *in,
			    struct lsarpc_LsarLookupNames_out *out)
{
	const struct lsarpc_LsarLookupNames2_in in2 = {
		.PolicyHandle = in->PolicyHandle,
		.Count = in->Count,
		.Names = in->Names,
		.LookupLevel = in->LookupLevel,
	};
	struct lsarpc_LsarLookupNames2_out out2 = { 0 };
	const struct lsarpc_LSAPR_TRANSLATED_SID_EX *rows2;
	struct lsarpc_LSA_TRANSLATED_SID *rows;
	int r = pen_lsarpc_lookup_names2(call, &in2, &out2);

	out->ReferencedDomains = out2.ReferencedDomains;
	out->MappedCount = out2.MappedCount;
	out->result = out2.result;
	rows2 = out2.TranslatedSids.Sids;
	if (r || !rows2)
		return r;
	rows = pen_arena_array(pen_call_arena(call), in->Count + 1u, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->Count; i++)
		rows[i] = (struct lsarpc_LSA_TRANSLATED_SID){ rows2[i].Use, rows2[i].RelativeId,
							      rows2[i].DomainIndex };
	out->TranslatedSids.Entries = in->Count;
	out->TranslatedSids.Sids = rows;
	return 0;
}

/* For domain members who ask their controller, which this is none of. */
int pen_lsarpc_lookup_names4(struct pen_call *call, const struct lsarpc_LsarLookupNames4_in *in,
			     struct lsarpc_LsarLookupNames4_out *out)
{
	out->result = PEN_STATUS_INVALID_SERVER_STATE;
	return pen_lsarpc_check_secure_channel(call);
}
