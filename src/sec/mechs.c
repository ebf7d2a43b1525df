/* SPDX-License-Identifier: MIT */
#include "sec/mechs.h"
#include "sec/krb5.h"
#include "sec/ntlm.h"
#include "sec/spnego.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct pen_mechs {
	struct pen_ntlm_server ntlm;
	struct pen_krb5_server krb5;
	struct pen_krb5_client krb5_client;
	struct pen_spnego_mech negotiated[2];
	struct pen_spnego_config spnego;
	struct pen_mech_row rows[PEN_MECHS_MAX];
	size_t n_rows;
};

void pen_mechs_add(struct pen_mechs *mechs, const struct pen_mech *mech, const void *config)
{
	assert(mechs->n_rows < PEN_MECHS_MAX);
	mechs->rows[mechs->n_rows++] = (struct pen_mech_row){ mech, config };
}

static bool is_usual(const struct pen_mech *mech)
{
	return mech == &pen_mech_krb5 || mech == &pen_mech_ntlm || mech == &pen_mech_spnego;
}

void pen_mechs_add_those_of(struct pen_mechs *mechs, const struct pen_mechs *others)
{
	for (size_t i = 0; i < others->n_rows; i++)
		if (!is_usual(others->rows[i].mech))
			pen_mechs_add(mechs, others->rows[i].mech, others->rows[i].config);
}

static void negotiate(struct pen_mechs *mechs, const struct pen_spnego_mech *mech)
{
	mechs->negotiated[mechs->spnego.n_mechs++] = *mech;
	pen_mechs_add(mechs, mech->mech, mech->config);
}

static void negotiate_krb5(struct pen_mechs *mechs, const void *config)
{
	negotiate(mechs, &(struct pen_spnego_mech){ .mech = &pen_mech_krb5,
						    .config = config,
						    .oids = pen_oids_krb5,
						    .n_oids = PEN_N_OIDS_KRB5 });
}

static void negotiate_ntlm(struct pen_mechs *mechs, const void *config)
{
	negotiate(mechs, &(struct pen_spnego_mech){ .mech = &pen_mech_ntlm,
						    .config = config,
						    .oids = pen_oids_ntlm,
						    .n_oids = PEN_N_OIDS_NTLM });
}

static void add_spnego(struct pen_mechs *mechs)
{
	mechs->spnego.mechs = mechs->negotiated;
	pen_mechs_add(mechs, &pen_mech_spnego, &mechs->spnego);
}

int pen_mechs_new(struct pen_mechs **mechsp, const struct pen_mechs_config *config)
{
	struct pen_mechs *mechs;

	if (!config->ntlm && !config->krb5)
		return -EINVAL;
	if (config->ntlm && (!config->ntlm->netbios_computer || !config->ntlm->judge))
		return -EINVAL;
	mechs = calloc(1, sizeof(*mechs));
	if (!mechs)
		return -ENOMEM;
	if (config->krb5) {
		mechs->krb5 = *config->krb5;
		negotiate_krb5(mechs, &mechs->krb5);
	}
	if (config->ntlm) {
		mechs->ntlm = *config->ntlm;
		negotiate_ntlm(mechs, &mechs->ntlm);
	}
	add_spnego(mechs);
	*mechsp = mechs;
	return 0;
}

int pen_mechs_new_client(struct pen_mechs **mechsp, bool allow_weak_krb5)
{
	struct pen_mechs *mechs = calloc(1, sizeof(*mechs));

	if (!mechs)
		return -ENOMEM;
	mechs->krb5_client.allow_weak = allow_weak_krb5;
	negotiate_krb5(mechs, &mechs->krb5_client);
	negotiate_ntlm(mechs, NULL);
	add_spnego(mechs);
	*mechsp = mechs;
	return 0;
}

struct pen_mechs *pen_mechs_free(struct pen_mechs *mechs)
{
	free(mechs);
	return NULL;
}

const struct pen_mech_row *pen_mechs_rows(const struct pen_mechs *mechs, size_t *n_rowsp)
{
	*n_rowsp = mechs->n_rows;
	return mechs->rows;
}

const struct pen_mech_row *pen_mechs_find(const struct pen_mechs *mechs, uint8_t auth_type)
{
	for (size_t i = 0; i < mechs->n_rows; i++)
		if (mechs->rows[i].mech->auth_type == auth_type)
			return &mechs->rows[i];
	return NULL;
}
