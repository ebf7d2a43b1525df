/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_VAULT_H
#define PEN_STORE_VAULT_H
/*
 * Who answers what services need passwords' hashes for: the questions of idl/authority.idl that are
 * for the program which serves the accounts. They come back as verdicts, and never as hashes, but
 * for those that a machine is told of its own. Whoever has the accounts with their key answers by
 * himself (pen_vault_desk); whoever has not asks penstock-authd (vault-authority.h).
 *
 *	begin	in the thread that has the accounts
 *	work	in any thread, if begin has said PEN_PENDING: it may wait, or take long
 *	end	then, where begin was
 */
#include "sec/samr-secret.h"
#include "store/account-logon.h"
#include <penstock/idl/authority.h>

/* A question on its way. It is kept in memory for secrets. */
struct pen_vault_query {
	struct authority_question question; /* what it points to lives as long */
	struct authority_answer answer;	    /* what it points to lives in the arena */
	struct pen_arena arena;
	int r; /* of work */

	/* The desk's own, between the parts of a change. */
	struct {
		uint32_t rid, status;
		uint8_t old_hash[PEN_ACCOUNT_HASH_SIZE];
		uint8_t key[PEN_SECRET_CIPHER_KEY_SIZE];
	} change;
};

struct pen_vault;

struct pen_vault_ops {
	/*
	 * 0: there is an answer, whose result may be a failure; PEN_PENDING; PEN_E_PROTOCOL: it is
	 * no such question; else why there is no answer.
	 */
	int (*begin)(const struct pen_vault *vault, struct pen_vault_query *query);
	void (*work)(const struct pen_vault *vault, struct pen_vault_query *query);
	int (*end)(const struct pen_vault *vault, struct pen_vault_query *query);
};

struct pen_vault {
	const struct pen_vault_ops *ops;
	void *data;
};

void pen_vault_query_init(struct pen_vault_query *query, enum authority_question_verb verb);

/* Wipes it. */
void pen_vault_query_done(struct pen_vault_query *query);

/* Whether its answer may take a processor for seconds. */
bool pen_vault_query_is_long(const struct pen_vault_query *query);

/* ---- by the accounts ---- */

/*
 * Wrong proofs of machines, after which none is told its passwords any more. Who may choose both
 * challenges, and say in the file that an account is a machine's, makes a proof of it without its
 * password once in 2^32 tries; so many nobody has.
 */
enum { PEN_VAULT_WRONG_PROOFS_MAX = 65536 };

/* logons' accounts have their key. Must live longer than a vault of it. */
struct pen_vault_desk {
	const struct pen_logons *logons;
	bool allow_ntlm_v1;
	bool allow_weak_netlogon; /* proofs without AES */
	uint32_t n_wrong_proofs;  /* begins as 0 */
};

struct pen_vault pen_vault_of_desk(struct pen_vault_desk *desk);

/* ---- for vault.c alone ---- */

/* A change of a password by who knows the old one (vault-change.c). As the operations. */
int pen_vault_begin_change(const struct pen_vault_desk *desk, struct pen_vault_query *query);
void pen_vault_work_change(const struct pen_vault_desk *desk, struct pen_vault_query *query);
int pen_vault_end_change(const struct pen_vault_desk *desk, struct pen_vault_query *query);

#endif
