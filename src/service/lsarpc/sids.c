/* SPDX-License-Identifier: MIT */
/* SIDs to names [MS-LSAT 3.1.4.9 to 3.1.4.11]. */
#include "service/lsarpc/translate.h"
#include <errno.h>

/* A row of an answer, as the newer form has it. */
typedef struct lsarpc_LSAPR_TRANSLATED_NAME_EX row_t;

/*
 * What a SID that nobody has is called: its last number, where the domain is known, else
 * the SID itself.
 */
static const char *name_of_unknown(struct pen_call *call, const struct pen_lsarpc_meaning *meaning)
{
	const struct pen_sid *sid = &meaning->sid;
	char text[PEN_SID_TEXT_SIZE];

	if (meaning->domain)
		return pen_arena_printf(pen_call_arena(call), "%08X",
					sid->sub_authorities[sid->n_sub_authorities - 1]);
	pen_sid_print(sid, text);
	return pen_arena_strdup(pen_call_arena(call), text);
}

static int put_row(const struct pen_lsarpc_views *views, const struct pen_sid *sid,
		   struct pen_lsarpc_domains *domains, row_t *row, uint32_t *n_mappedp)
{
	struct pen_lsarpc_meaning meaning;
	const char *name;
	int r = pen_lsarpc_mean_sid(views, sid, &meaning);

	if (r)
		return r;
	name = meaning.use == lsarpc_SidTypeUnknown ? name_of_unknown(views->call, &meaning)
						    : meaning.name;
	if (!name)
		return -ENOMEM;
	row->Use = meaning.use;
	*n_mappedp += meaning.use != lsarpc_SidTypeUnknown;
	r = pen_lsarpc_text_put(views->call, name, &row->Name);
	return r ? r : pen_lsarpc_domains_add(domains, views->call, &meaning, &row->DomainIndex);
}

/* 0 with *statusp: as it ends. *rowsp stays NULL where there is no answer. */
static int look_up(struct pen_call *call, const struct lsarpc_LSAPR_SID_ENUM_BUFFER *sids,
		   enum lsarpc_LSAP_LOOKUP_LEVEL level, row_t **rowsp,
		   struct lsarpc_LSAPR_REFERENCED_DOMAIN_LIST **domainsp, uint32_t *n_mappedp,
		   uint32_t *statusp)
{
	struct pen_lsarpc_domains domains;
	struct pen_lsarpc_views views;
	uint32_t n_mapped = 0;
	struct pen_sid sid;
	row_t *rows;
	int r;

	*statusp = PEN_STATUS_INVALID_PARAMETER;
	if (!pen_lsarpc_is_level(level) || (sids->Entries && !sids->SidInfo))
		return 0;
	rows = pen_arena_array(pen_call_arena(call), sids->Entries + 1u, sizeof(*rows));
	r = rows ? pen_lsarpc_domains_init(&domains, call, sids->Entries) : -ENOMEM;
	if (!r)
		r = pen_lsarpc_views_init(&views, call, level);
	for (uint32_t i = 0; !r && i < sids->Entries; i++) {
		if (!sids->SidInfo[i].Sid || !pen_lsarpc_sid_get(sids->SidInfo[i].Sid, &sid))
			return 0;
		r = put_row(&views, &sid, &domains, &rows[i], &n_mapped);
	}
	if (r)
		return r;
	*rowsp = rows;
	*domainsp = domains.list;
	*n_mappedp = n_mapped;
	*statusp = pen_lsarpc_lookup_status(n_mapped, sids->Entries);
	return 0;
}

int pen_lsarpc_lookup_sids(struct pen_call *call, const struct lsarpc_LsarLookupSids_in *in,
			   struct lsarpc_LsarLookupSids_out *out)
{
	struct lsarpc_LSAPR_TRANSLATED_NAME *older;
	uint32_t n = in->SidEnumBuffer.Entries;
	row_t *rows = NULL;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_LOOKUP_NAMES, &out->result);

	if (!r && !out->result)
		r = look_up(call, &in->SidEnumBuffer, in->LookupLevel, &rows,
			    &out->ReferencedDomains, &out->MappedCount, &out->result);
	if (r || !rows)
		return r;
	older = pen_arena_array(pen_call_arena(call), n + 1u, sizeof(*older));
	if (!older)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		older[i] = (struct lsarpc_LSAPR_TRANSLATED_NAME){ rows[i].Use, rows[i].Name,
								  rows[i].DomainIndex };
	out->TranslatedNames.Entries = n;
	out->TranslatedNames.Names = older;
	return 0;
}

int pen_lsarpc_lookup_sids2(struct pen_call *call, const struct lsarpc_LsarLookupSids2_in *in,
			    struct lsarpc_LsarLookupSids2_out *out)
{
	row_t *rows = NULL;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_LOOKUP_NAMES, &out->result);

	if (!r && !out->result)
		r = look_up(call, &in->SidEnumBuffer, in->LookupLevel, &rows,
			    &out->ReferencedDomains, &out->MappedCount, &out->result);
	if (r || !rows)
		return r;
	out->TranslatedNames.Entries = in->SidEnumBuffer.Entries;
	out->TranslatedNames.Names = rows;
	return 0;
}

/* As LsarLookupNames4. */
int pen_lsarpc_lookup_sids3(struct pen_call *call, const struct lsarpc_LsarLookupSids3_in *in,
			    struct lsarpc_LsarLookupSids3_out *out)
{
	out->result = PEN_STATUS_INVALID_SERVER_STATE;
	return pen_lsarpc_check_secure_channel(call);
}
