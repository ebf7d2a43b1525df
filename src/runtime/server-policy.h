/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_POLICY_H
#define PEN_RUNTIME_SERVER_POLICY_H
/*
 * A server that a policy rules (policy/policy.h): reads its file, asks it before each call,
 * and logs what it audits. What a caller may have of everything is server-quota.h.
 */
#include "policy/quota.h"
#include "runtime/call-record.h"

struct pen_event;
struct pen_server;
struct pen_server_call;

/* How many lines an audit has had in this second. */
struct pen_audit_gate {
	uint64_t began_ms;
	uint32_t n;
	uint32_t n_untold; /* since the last that was told */
};

enum {
	PEN_AUDIT_GATES = 256,	 /* by a rule's line and a caller */
	PEN_AUDIT_GATE_MAX = 5,	 /* lines a second of each, */
	PEN_AUDIT_ALL_MAX = 100, /* and of all together */
};

struct pen_server_policy {
	struct pen_policy *policy;
	struct pen_quotas *quotas;
	uint32_t edition; /* which policy it is that rules; from 1 on */
	struct pen_audit_gate gates[PEN_AUDIT_GATES];
	struct pen_audit_gate all;
	bool is_given; /* by pen_server_take_policy, and so the config's does not */
	struct pen_call_record *record; /* NULL: none */
	bool is_record_given;
	uint64_t written_ms;   /* when it was last */
	bool is_record_broken; /* which was said */
};

/*
 * Reads a policy's file; NULL: one that says nothing. It may name the interfaces, ended by NULL;
 * NULL: any. Fails as pen_server_set_policy.
 */
int pen_server_policy_read(struct pen_policy **policyp, const char *path,
			   const struct pen_interface *const *interfaces,
			   struct pen_buffer *diagnoses);

/*
 * The policy of those who have started this process: it rules in the place of the server's own,
 * whatever pen_server_set_policy says, until there is none any more. The text was checked; it may
 * name any interface. record gets what is called in the place of a file of the server's own; it is
 * taken in any case. -1: none. Fails as pen_server_set_policy, and then nothing changes.
 */
struct pen_given_policy {
	bool is_there;
	struct pen_slice text;
	int record;
};

int pen_server_take_policy(struct pen_server *server, const struct pen_given_policy *given);

/* Begins as the server's configuration says. What is wrong is logged. */
int pen_server_policy_new(struct pen_server *server);

/* Writes the record from time to time, and when nobody is connected any more. */
void pen_server_policy_turn(struct pen_server *server);

/* Says of how many audits no line was, writes the record, and frees all. */
void pen_server_policy_free(struct pen_server *server);

/*
 * Asks the policy about a call that nothing is decoded of. PEN_E_DENIED, with the sentence in
 * the call, which its client is not told.
 */
int pen_server_policy_ask(struct pen_server_call *call, const struct pen_event *event);

#endif
