/* SPDX-License-Identifier: MIT */
#include "runtime/client-security.h"
#include "base/cleanup.h"
#include "rpc/auth.h"
#include "runtime/client.h"
#include "sec/credentials.h"
#include "sec/schannel.h"
#include "sec/spnego.h"
#include <errno.h>
#include <penstock/credentials.h>
#include <stdio.h>
#include <string.h>

struct pen_client_proof *pen_client_proof_free(struct pen_client_proof *proof)
{
	if (!proof || __atomic_sub_fetch(&proof->n_users, 1, __ATOMIC_ACQ_REL))
		return NULL;
	pen_world_done(&proof->world);
	pen_mechs_free(proof->mechs);
	pen_credentials_free(proof->credentials);
	free(proof->target);
	free(proof);
	return NULL;
}

PEN_DEFINE_FREEP(struct pen_client_proof, pen_client_proof)

/* ---- which mechanism ---- */

static int choose_mech(struct pen_client_proof *proof, uint8_t auth_type)
{
	const struct pen_schannel_client *machine =
		pen_credentials_info(proof->credentials)->machine;
	const struct pen_mech_row *row;

	/* A machine's session is for netlogon's provider, and that for nothing else. */
	if (auth_type == PEN_AUTH_SCHANNEL && machine) {
		proof->row = (struct pen_mech_row){ &pen_mech_schannel, machine };
		return 0;
	}
	row = pen_mechs_find(proof->mechs, auth_type ? auth_type : PEN_AUTH_SPNEGO);
	if (machine || !row)
		return PEN_E_UNSUPPORTED;
	proof->row = *row;
	return 0;
}

static int refuse(struct pen_ndr_error *error, int result, const char *sentence)
{
	if (error)
		snprintf(error->text, sizeof(error->text), "%s", sentence);
	return result;
}

static int check(const struct pen_client_security *security, struct pen_ndr_error *error)
{
	uint8_t level = security->auth_level;

	if (level > PEN_AUTH_LEVEL_PRIVACY || level == PEN_AUTH_LEVEL_CALL)
		return refuse(error, -EINVAL, "there is no such level of protection");
	if (level == PEN_AUTH_LEVEL_NONE && security->credentials)
		return refuse(error, -EINVAL, "credentials are of no use without protection");
	if (!security->credentials && (level > PEN_AUTH_LEVEL_NONE || security->auth_type))
		return refuse(error, -EINVAL, "protection needs credentials");
	return 0;
}

/* "host/" and the server's address, unless there is a name for it. Of this machine: none. */
static int name_target(struct pen_client_proof *proof, const char *target, const char *address)
{
	if (!target && !*address)
		return 0;
	if (target)
		proof->target = strdup(target);
	else if (asprintf(&proof->target, "host/%s", address) < 0)
		proof->target = NULL;
	return proof->target ? 0 : -ENOMEM;
}

int pen_client_proof_new(struct pen_client_proof **proofp,
			 const struct pen_client_security *security, const char *address,
			 struct pen_ndr_error *error)
{
	pen_cleanup(pen_client_proof_freep) struct pen_client_proof *proof = NULL;
	int r = check(security, error);

	if (r || !security->credentials)
		return r;
	proof = calloc(1, sizeof(*proof));
	if (!proof)
		return -ENOMEM;
	proof->n_users = 1;
	proof->credentials = pen_credentials_ref(security->credentials);
	r = pen_mechs_new_client(&proof->mechs, security->allow_weak);
	if (r)
		return r;
	r = choose_mech(proof, security->auth_type);
	if (r)
		return refuse(error, r, "there is no such security mechanism for clients");
	r = name_target(proof, security->target, address);
	if (r)
		return r;
	r = pen_world_init(&proof->world);
	if (r)
		return r;
	proof->client = (struct pen_mech_client){
		.world = &proof->world.mech,
		.credentials = proof->credentials,
		.target = proof->target,
		.level = security->auth_level ? security->auth_level : PEN_AUTH_LEVEL_PRIVACY,
		.wants_delegation = security->wants_delegation,
	};
	*proofp = pen_take(&proof);
	return 0;
}

/* ---- work ---- */

/* One work in a thread. The security context is the association's, unless that has ended. */
struct pen_client_work {
	struct pen_client_proof *proof;
	struct pen_conn_auth *auth;
	bool is_abandoned;
};

static void work_run(void *data)
{
	struct pen_client_work *work = data;

	work->auth->mech->work(work->auth->context);
}

static void work_forget(void *data)
{
	struct pen_client_work *work = data;

	if (work->is_abandoned)
		pen_conn_auth_free(work->auth);
	pen_client_proof_free(work->proof);
	free(work);
}

void pen_client_work(struct pen_client *client)
{
	struct pen_client_work *work = calloc(1, sizeof(*work));
	int r = -ENOMEM;

	if (work) {
		__atomic_add_fetch(&client->proof->n_users, 1, __ATOMIC_RELAXED);
		work->proof = client->proof;
		work->auth = pen_conn_auth_working(client->conn);
		r = pen_errand_new(&client->errand, work_run, work_forget, work);
	}
	if (!r) {
		client->work = work;
		return;
	}
	/* There is no thread to wait in, so everybody waits. */
	if (work)
		work_forget(work);
	pen_conn_work(client->conn);
	pen_conn_worked(client->conn);
}

bool pen_client_has_worked(struct pen_client *client)
{
	if (!pen_errand_is_done(client->errand))
		return false;
	client->errand = pen_errand_free(client->errand);
	client->work = NULL;
	pen_conn_worked(client->conn);
	return true;
}

void pen_client_abandon_work(struct pen_client *client)
{
	struct pen_client_work *work = client->work;

	if (!client->errand)
		return;
	pen_conn_auth_leave(client->conn, work->auth);
	work->is_abandoned = true;
	client->work = NULL;
	client->errand = pen_errand_free(client->errand);
}

/* ---- what came of it ---- */

int pen_client_security_info(const struct pen_client *client, struct pen_client_security_info *info)
{
	const struct pen_conn_auth *auth = pen_conn_auth_of(client->auth);

	if (client->state != PEN_CLIENT_OPEN || (auth && !client->is_proved))
		return PEN_E_CLOSED;
	*info = (struct pen_client_security_info){ .auth_level = PEN_AUTH_LEVEL_NONE,
						   .left_out = "" };
	if (!auth)
		return 0;
	info->auth_level = auth->info.auth_level;
	info->auth_type = auth->info.auth_type;
	info->mech = auth->info.mech;
	if (auth->mech == &pen_mech_spnego) {
		info->mech = pen_spnego_chosen(auth->context)->name;
		info->left_out = pen_spnego_left_out(auth->context);
	}
	info->signs_headers = pen_conn_auth_signs_headers(client->conn, auth);
	info->session_key = auth->info.session_key;
	return 0;
}
