/* SPDX-License-Identifier: MIT */
#include "runtime/server-policy.h"
#include "io/file.h"
#include "policy/identity.h"
#include "rpc/auth.h"
#include "runtime/server-call.h"
#include <errno.h>
#include <penstock/binding.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { A_SECOND = 1000, RECORD_PERIOD_MS = 5000 };

/* ---- the file ---- */

int pen_server_policy_read(struct pen_policy **policyp, const char *path,
			   const struct pen_interface *const *interfaces,
			   struct pen_buffer *diagnoses)
{
	struct pen_policy_known known = { .interfaces = interfaces };
	struct pen_buffer text;
	int r;

	while (interfaces && interfaces[known.n_interfaces])
		known.n_interfaces++;
	pen_buffer_init(&text, PEN_POLICY_TEXT_MAX);
	r = path ? pen_file_read(path, &text) : 0;
	if (r)
		pen_buffer_printf(diagnoses, "cannot read %s: %s\n", path,
				  r < 0 ? strerror(-r) : "it is larger than 64 KiB");
	else
		r = pen_policy_new(policyp, path ? path : "", text.size ? (char *)text.data : "",
				   text.size, interfaces ? &known : NULL, diagnoses);
	pen_buffer_done(&text);
	return r;
}

/* The sentences; not the lines that they are about, nor the carets. */
static void log_diagnoses(struct pen_server *server, const struct pen_buffer *diagnoses)
{
	const char *line = (const char *)diagnoses->data;
	const char *end = diagnoses->size ? line + diagnoses->size : line;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		int n = (int)((newline ? newline : end) - line);

		if (n && *line != '\t')
			pen_server_log(server, PEN_LOG_ERROR, "the policy: %.*s", n, line);
		line += n + 1;
	}
}

/* ---- which policy rules ---- */

static int ruling_new(struct pen_server *server, struct pen_policy *policy)
{
	struct pen_server_policy *ruling = calloc(1, sizeof(*ruling));
	uint64_t seed = 0;
	int r;

	if (!ruling)
		return -ENOMEM;
	r = pen_random_fill(&server->random, &seed, sizeof(seed));
	/* A peer's account for each connection, and a user's. */
	if (!r)
		r = pen_quotas_new(&ruling->quotas, policy,
				   (size_t)server->config.connections_max * 2, seed);
	if (r) {
		free(ruling);
		return r;
	}
	server->policy = ruling;
	return 0;
}

/* Takes the policy, if that succeeds. */
static int rule(struct pen_server *server, struct pen_policy *policy)
{
	int r = server->policy ? 0 : ruling_new(server, policy);

	if (r)
		return r;
	pen_quotas_rule(server->policy->quotas, policy);
	pen_policy_free(server->policy->policy);
	server->policy->policy = policy;
	server->policy->edition++;
	return 0;
}

static int set_policy(struct pen_server *server, const char *path, struct pen_buffer *diagnoses)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer own;
	int r;

	pen_buffer_init(&own, 0);
	r = pen_server_policy_read(&policy, path, server->config.policy_interfaces,
				   diagnoses ? diagnoses : &own);
	if (!r && server->policy && server->policy->is_given)
		pen_policy_free(policy);
	else if (!r)
		r = rule(server, policy);
	if (r) {
		pen_policy_free(policy);
		log_diagnoses(server, &own);
		pen_server_explain(server, r, "the policy %s does not rule: %s", path ? path : "",
				   r < 0 ? strerror(-r) : "it is wrong");
	}
	pen_buffer_done(&own);
	return r;
}

int pen_server_set_policy(struct pen_server *server, const char *path, struct pen_buffer *diagnoses)
{
	return path || server->policy ? set_policy(server, path, diagnoses) : 0;
}

/* ---- the record ---- */

static int open_record(struct pen_server *server)
{
	struct pen_ndr_error error = { "" };
	int r = pen_call_record_new(&server->policy->record, server->config.policy_record, &error);

	if (r)
		pen_server_log(server, PEN_LOG_ERROR, "%s", error.text);
	return r;
}

/* Once, if it cannot be: it is a help, and no reason to refuse calls. */
static void note_record(struct pen_server *server, int r)
{
	if (!r || server->policy->is_record_broken)
		return;
	server->policy->is_record_broken = true;
	pen_server_log(server, PEN_LOG_ERROR, "the record of calls is not complete: %s",
		       r < 0 ? strerror(-r) : "it is full");
}

static void free_record(struct pen_server *server)
{
	struct pen_server_policy *ruling = server->policy;

	if (ruling->record)
		note_record(server, pen_call_record_write(ruling->record, true));
	ruling->record = pen_call_record_free(ruling->record);
}

void pen_server_policy_turn(struct pen_server *server)
{
	struct pen_server_policy *ruling = server->policy;
	uint64_t now_ms = uv_now(&server->loop.uv);
	bool is_quiet = !server->connections;

	if (!ruling || !ruling->record ||
	    (!is_quiet && now_ms - ruling->written_ms < RECORD_PERIOD_MS))
		return;
	ruling->written_ms = now_ms;
	note_record(server, pen_call_record_write(ruling->record, false));
}

/* ---- its life ---- */

int pen_server_policy_new(struct pen_server *server)
{
	int r;

	if (!server->config.policy && !server->config.policy_record)
		return 0;
	r = set_policy(server, server->config.policy, NULL);
	return r || !server->config.policy_record ? r : open_record(server);
}

void pen_server_policy_free(struct pen_server *server)
{
	struct pen_server_policy *ruling = server->policy;
	uint64_t n = 0;

	if (!ruling)
		return;
	for (size_t i = 0; i < PEN_AUDIT_GATES; i++)
		n += ruling->gates[i].n_untold;
	if (n)
		pen_server_log(server, PEN_LOG_WARNING,
			       "audit: %llu more came too fast to be told of",
			       (unsigned long long)n);
	free_record(server);
	pen_policy_free(ruling->policy);
	pen_quotas_free(ruling->quotas);
	free(ruling);
	server->policy = NULL;
}

/* ---- of those who have started this process ---- */

static int take_text(struct pen_server *server, struct pen_slice text)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = pen_policy_new(&policy, "policy", text.size ? (const char *)text.data : "", text.size,
			   NULL, &diagnoses);
	if (!r)
		r = rule(server, policy);
	if (r) {
		pen_policy_free(policy);
		log_diagnoses(server, &diagnoses);
	} else {
		server->policy->is_given = true;
	}
	pen_buffer_done(&diagnoses);
	return r;
}

/* Its own comes back. */
static int drop_text(struct pen_server *server)
{
	int r;

	server->policy->is_given = false;
	r = set_policy(server, server->config.policy, NULL);
	server->policy->is_given = r != 0;
	return r;
}

/* One that cannot be opened again is logged: it is a help. */
static void take_record(struct pen_server *server, struct pen_call_record *record)
{
	if (!record && !server->policy->is_record_given)
		return;
	free_record(server);
	server->policy->record = record;
	server->policy->is_record_given = record;
	server->policy->is_record_broken = false;
	if (!record && server->config.policy_record)
		open_record(server);
}

int pen_server_take_policy(struct pen_server *server, const struct pen_given_policy *given)
{
	struct pen_call_record *record = NULL;
	int r = given->record < 0 ? 0 : pen_call_record_take(&record, given->record);

	if (!r && given->is_there)
		r = take_text(server, given->text);
	else if (!r && server->policy && server->policy->is_given)
		r = drop_text(server);
	else if (!r && record && !server->policy)
		r = set_policy(server, NULL, NULL);
	if (!r && server->policy)
		take_record(server, record);
	else
		pen_call_record_free(record);
	return r ? pen_server_explain(server, r, "the policy that is given does not rule: %s",
				      r < 0 ? strerror(-r) : "it is wrong")
		 : 0;
}

/* ---- audits ---- */

static bool gate_lets(struct pen_audit_gate *gate, uint32_t max, uint64_t now_ms)
{
	if (now_ms - gate->began_ms >= A_SECOND) {
		gate->began_ms = now_ms;
		gate->n = 0;
	}
	if (gate->n >= max)
		return false;
	gate->n++;
	return true;
}

/* One caller's flood at one rule hides nobody else's audits. */
static struct pen_audit_gate *gate_of(struct pen_server_policy *ruling, uint32_t line,
				      const struct pen_token *token)
{
	uint32_t hash = line * UINT32_C(2654435761);

	if (token) {
		const struct pen_sid *user = pen_token_user(token);

		for (size_t i = 0; i < user->n_sub_authorities; i++)
			hash = (hash ^ user->sub_authorities[i]) * UINT32_C(2654435761);
	}
	return &ruling->gates[hash >> 24];
}

static void log_audit(struct pen_server *server, const struct pen_policy_question *question,
		      const struct pen_policy_line *line, bool is_allowed, uint32_t n_untold)
{
	char before[64] = "";
	struct pen_buffer who;

	pen_buffer_init(&who, 0);
	if (pen_identity_print(question->token, &who))
		pen_buffer_done(&who);
	if (n_untold)
		snprintf(before, sizeof(before), " (%u more came too fast to be told of)",
			 n_untold);
	pen_server_log(
		server, PEN_LOG_WARNING, "audit: %s.%s %s: %.*s from %s by %s, %s%s: line %u: %s",
		question->interface_name ? question->interface_name : "?",
		question->operation ? question->operation : "?", is_allowed ? "allowed" : "denied",
		(int)who.size, who.size ? (const char *)who.data : "",
		question->source && *question->source ? question->source : "local",
		pen_protseq_name(question->protseq), pen_auth_level_name(question->auth_level),
		before, line->number, line->text);
	pen_buffer_done(&who);
}

static void audit(struct pen_server *server, const struct pen_policy_question *question,
		  const struct pen_policy_answer *answer)
{
	uint64_t now_ms = uv_now(&server->loop.uv);
	struct pen_server_policy *ruling = server->policy;

	for (size_t i = 0; i < answer->n_audits && i < PEN_POLICY_AUDITS_MAX; i++) {
		const struct pen_policy_line *line = &answer->audits[i];
		struct pen_audit_gate *gate = gate_of(ruling, line->number, question->token);

		if (!gate_lets(gate, PEN_AUDIT_GATE_MAX, now_ms) ||
		    !gate_lets(&ruling->all, PEN_AUDIT_ALL_MAX, now_ms)) {
			gate->n_untold++;
			continue;
		}
		log_audit(server, question, line, answer->is_allowed, gate->n_untold);
		gate->n_untold = 0;
	}
}

/* ---- a call ---- */

static int deny(struct pen_server_call *call, const struct pen_policy_answer *answer)
{
	call->is_withheld = true;
	if (!answer->by.number)
		return pen_call_explain(&call->call, PEN_E_DENIED,
					"Denied by the policy's default: %s.", answer->reason);
	return pen_call_explain(&call->call, PEN_E_DENIED,
				"Denied by line %u of the policy: %s: %.128s", answer->by.number,
				answer->reason, answer->by.text);
}

int pen_server_policy_ask(struct pen_server_call *call, const struct pen_event *event)
{
	const struct pen_interface *interface = call->call.interface;
	bool is_known = event->opnum < interface->n_operations;
	const struct pen_policy_question question = {
		.interface = interface->id,
		.interface_name = interface->name,
		.opnum = event->opnum,
		.operation = is_known ? interface->operations[event->opnum].name : NULL,
		.token = call->token,
		.source = pen_token_info(call->connection->token)->remote_address,
		.protseq = call->call.protseq,
		.auth_level = pen_call_auth_level(&call->call),
	};
	struct pen_policy_answer answer;

	pen_policy_ask(call->server->policy->policy, &question, &answer);
	audit(call->server, &question, &answer);
	if (!answer.is_allowed)
		return deny(call, &answer);
	if (call->server->policy->record)
		note_record(call->server,
			    pen_call_record_add(call->server->policy->record, &question));
	return 0;
}
