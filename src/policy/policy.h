/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_POLICY_H
#define PEN_POLICY_POLICY_H
/*
 * What an administrator rules about who may call what: a text of one rule a line, and
 * questions to it. docs/man/penstock-policy.5.scd has the language.
 *
 *	deny  interface=srvsvc operation=NetrShareDel identity=anonymous
 *	floor interface=samr transport=ncacn_ip_tcp level=privacy
 *	allow interface=srvsvc from=10.0.0.0/8
 *	default deny
 *
 * A policy never changes once made, so that any thread may ask it. To ask allocates nothing.
 */
#include <penstock/auth.h>
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/interface.h>
#include <penstock/token.h>

struct pen_policy;

enum {
	PEN_POLICY_TEXT_MAX = 64 * 1024,
	PEN_POLICY_RULES_MAX = 1024, /* of all kinds */
	PEN_POLICY_SIDS_MAX = 1024,  /* different ones, in conditions of rules */
	PEN_POLICY_AUDITS_MAX = 16,  /* that an answer has */
};

/*
 * What rules may name: the interfaces that there are, of a server that knows them all. One without
 * operations has any: nobody has said which.
 */
struct pen_policy_known {
	const struct pen_interface *const *interfaces;
	size_t n_interfaces;
};

/*
 * Reads the text of a file. With known, names that are not in it are wrong; NULL: any is right.
 * PEN_E_SYNTAX: something is wrong; all of it is in diagnoses, each with
 * name:line:column, the line and a caret. PEN_E_LIMIT: the text is too large, as
 * diagnoses says, or diagnoses is not to hold that much. -ENOMEM.
 */
int pen_policy_new(struct pen_policy **policyp, const char *name, const char *text, size_t n,
		   const struct pen_policy_known *known, struct pen_buffer *diagnoses);
struct pen_policy *pen_policy_free(struct pen_policy *policy);

/* ---- questions ---- */

/* In place of an opnum: the client binds, and calls nothing yet. */
#define PEN_POLICY_BIND UINT32_MAX

/* Who would call what. Ask of a bind when its proof has come to its end. */
struct pen_policy_question {
	struct pen_syntax_id interface;
	const char *interface_name;    /* NULL: it has none */
	uint32_t opnum;		       /* or PEN_POLICY_BIND */
	const char *operation;	       /* its name; NULL: it has none */
	const struct pen_token *token; /* NULL: nobody's */
	const char *source;	       /* a numeric address; NULL or "local": this machine */
	enum pen_protseq protseq;
	uint8_t auth_level; /* enum pen_auth_level */
};

/* A line of the text. */
struct pen_policy_line {
	uint32_t number; /* 0: of the default, which no line says */
	const char *text;
};

/* Texts live as long as the policy. */
struct pen_policy_answer {
	bool is_allowed;
	/* Of a bind: it is allowed so far, and some operation may be denied, or all but some. */
	bool is_maybe;
	struct pen_policy_line by; /* which line decided */
	const char *reason;	   /* a sentence for the log and the client */
	size_t n_audits;	   /* that matched before; the first ones are here */
	struct pen_policy_line audits[PEN_POLICY_AUDITS_MAX];
};

/*
 * The first allow, deny or floor that matches decides, then the default. What the
 * question does not tell (an address that is none, a name that is missing) counts
 * against the caller: no rule allows by it, and every rule may deny by it.
 */
void pen_policy_ask(const struct pen_policy *policy, const struct pen_policy_question *question,
		    struct pen_policy_answer *answer);

/* Appends, for each rule, a sentence: whether it matched, or which condition first did not. */
int pen_policy_why(const struct pen_policy *policy, const struct pen_policy_question *question,
		   struct pen_buffer *buffer);

/* Appends the policy as a text that gives it again, and prints the same. */
int pen_policy_print(const struct pen_policy *policy, struct pen_buffer *buffer);

#endif
