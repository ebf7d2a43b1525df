/* SPDX-License-Identifier: MIT */
/*
 * GSSAPI's status pairs as one sentence: what was wrong, what would help, and in
 * parentheses what the library itself says of it.
 */
#include "sec/krb5-context.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a Kerberos error means on either side. NULL: the same as on the other. */
struct sentence {
	long code;
	const char *server;
	const char *client;
};

#define WRONG_KEY                                                                                  \
	"the ticket was not made for the keys in the keytab: the account's password or keys "      \
	"changed after the keytab was written; write it anew"
#define NO_ENTRY                                                                                   \
	"the keytab has no entry for the service that the ticket is for: add that principal to "   \
	"the keytab, or let the client ask for a name that is in it"
#define NO_KEYTAB                                                                                  \
	"the keytab is not there, may not be read, or has no key for the server: write one, or "   \
	"name another"
#define NO_REALM                                                                                   \
	"no KDC is known for the realm: is its name right, and is it in krb5.conf or in DNS?"
#define NO_TICKET "there is no ticket: get one with kinit, or give a password or a keytab"
#define SKEW                                                                                       \
	"the clocks of client and server are too far apart: synchronize them, both with the "      \
	"domain's"
#define REPLAY "the ticket was presented twice with one authenticator, which is a replay"

static const struct sentence sentences[] = {
	{ KRB5KRB_AP_ERR_TKT_EXPIRED, "the client's ticket has expired: it has to get a new one",
	  "the ticket has expired: get a new one, as with kinit" },
	{ KRB5KRB_AP_ERR_TKT_NYV, "the client's ticket is not valid yet: are both clocks right?",
	  "the ticket is not valid yet: are both clocks right?" },
	{ KRB5KRB_AP_ERR_SKEW, SKEW, NULL },
	{ KRB5_KDCREP_SKEW, SKEW, NULL },
	{ KRB5KRB_AP_ERR_REPEAT, REPLAY, NULL },
	{ KRB5_RC_REPLAY, REPLAY, NULL },
	{ KRB5_KT_NOTFOUND, NO_ENTRY,
	  "the keytab has no entry for the principal: name another, or write the keytab anew" },
	{ KRB5KRB_AP_ERR_NOT_US, NO_ENTRY, "the server has no key for that name: is it right?" },
	{ KRB5KRB_AP_WRONG_PRINC, NO_ENTRY, "the server has no key for that name: is it right?" },
	{ KRB5KRB_AP_ERR_NOKEY, WRONG_KEY, "the server has no key that fits the ticket" },
	{ KRB5KRB_AP_ERR_BADKEYVER, WRONG_KEY, "the server's keys have changed: get new tickets" },
	{ KRB5_KT_KVNONOTFOUND, WRONG_KEY, NULL },
	{ KRB5KRB_AP_ERR_BAD_INTEGRITY, WRONG_KEY,
	  "what came back cannot be decrypted: the password is wrong, or the server's keys have "
	  "changed and old tickets are still in use" },
	{ KRB5KRB_AP_ERR_MODIFIED, "the message was changed on its way", NULL },
	{ KRB5_FCC_NOFILE, NULL, NO_TICKET },
	{ KRB5_CC_NOTFOUND, NULL, NO_TICKET },
	{ KRB5_NO_TKT_SUPPLIED, NULL, NO_TICKET },
	{ KRB5_REALM_UNKNOWN, NULL, NO_REALM },
	{ KRB5_REALM_CANT_RESOLVE, NULL, NO_REALM },
	{ KRB5KDC_ERR_WRONG_REALM, NULL, "the KDC does not serve that realm" },
	{ KRB5_NO_TKT_IN_RLM, NULL, "there is no way from the user's realm to the server's" },
	{ KRB5_CONFIG_NODEFREALM, NULL,
	  "no realm was given and krb5.conf has no default one: write user@REALM" },
	{ KRB5_KDC_UNREACH, NULL, "no KDC of the realm answers: is it up, and can it be reached?" },
	{ KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, NULL,
	  "the KDC does not know the user: is the name right?" },
	{ KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, NULL,
	  "the KDC does not know the server by that name: is the target right, has its service a "
	  "principal, and do the realms of user and server trust each other?" },
	{ KRB5KDC_ERR_PREAUTH_FAILED, NULL, "the password is wrong" },
	{ KRB5KDC_ERR_KEY_EXP, NULL, "the password has expired: set a new one, as with kpasswd" },
	{ KRB5KDC_ERR_CLIENT_REVOKED, NULL, "the account is locked or disabled" },
	{ KRB5KDC_ERR_NAME_EXP, NULL, "the account has expired" },
	{ KRB5KDC_ERR_POLICY, NULL, "the KDC's policy does not allow it" },
	{ KRB5KDC_ERR_ETYPE_NOSUPP, "there is no kind of key that both sides take",
	  "there is no kind of key that both sides take: give the server's account AES keys, or "
	  "allow weak ones" },
	{ KRB5_PROG_ETYPE_NOSUPP, "the ticket's kind of key is not taken by this machine", NULL },
	{ KRB5_NOPERM_ETYPE, "krb5.conf does not permit the ticket's kind of key", NULL },
	{ ENOENT, NO_KEYTAB, NO_TICKET },
	{ EACCES, "the keytab may not be read: give this service the right to",
	  "the tickets or the keytab may not be read" },
};

/* What GSSAPI says without Kerberos' help. */
static const struct sentence majors[] = {
	{ GSS_S_CREDENTIALS_EXPIRED, "the client's ticket has expired: it has to get a new one",
	  "the ticket has expired: get a new one, as with kinit" },
	{ GSS_S_DUPLICATE_TOKEN, REPLAY, NULL },
	{ GSS_S_BAD_BINDINGS,
	  "the client spoke through another channel than this one: somebody may be between", NULL },
	{ GSS_S_NO_CRED, NO_KEYTAB, NO_TICKET },
	{ GSS_S_BAD_SIG, "the message is not what the peer protected", NULL },
	{ GSS_S_BAD_NAME, NULL, "the name is not one of a principal" },
	{ GSS_S_BAD_MECH, "the token is of another mechanism than Kerberos", NULL },
	{ GSS_S_DEFECTIVE_TOKEN,
	  "the token is not one of Kerberos, or not of the DCE style that RPC needs",
	  "the token is not one of Kerberos" },
};

static const char *find(const struct sentence *table, size_t n, long code, bool is_server)
{
	for (size_t i = 0; i < n; i++) {
		const char *first = is_server ? table[i].server : table[i].client;

		if (table[i].code == code)
			return first ? first : is_server ? table[i].client : table[i].server;
	}
	return NULL;
}

/* What is not an error in a message's status, and yet makes it not the peer's next. */
static const char *find_supplement(OM_uint32 major)
{
	if (major & GSS_S_DUPLICATE_TOKEN)
		return "the message came before, which is a replay";
	if (major & (GSS_S_OLD_TOKEN | GSS_S_UNSEQ_TOKEN | GSS_S_GAP_TOKEN))
		return "the message is not the next one of the peer's: one was lost, moved or "
		       "replayed";
	return NULL;
}

/* The library's own words, cut to what fits. */
static void display(OM_uint32 status, int type, char *text, size_t n)
{
	gss_buffer_desc words = GSS_C_EMPTY_BUFFER;
	OM_uint32 message = 0;
	OM_uint32 minor;

	*text = 0;
	if (gss_display_status(&minor, status, type,
			       type == GSS_C_MECH_CODE ? gss_mech_krb5 : GSS_C_NO_OID, &message,
			       &words) == GSS_S_COMPLETE)
		snprintf(text, n, "%.*s", (int)words.length, (const char *)words.value);
	gss_release_buffer(&minor, &words);
}

int pen_krb5_fail(struct pen_mech_context *context, OM_uint32 major, OM_uint32 minor)
{
	bool is_server = context->is_server;
	const char *sentence;
	char words[300];

	if (minor == ENOMEM)
		return -ENOMEM;
	sentence = GSS_ERROR(major) ? NULL : find_supplement(major);
	if (sentence)
		return pen_krb5_deny(context, "%s", sentence);
	/* A keytab with no entry at all is another matter than one without the ticket's. */
	if (is_server && !context->credentials && (int32_t)minor == KRB5_KT_NOTFOUND)
		sentence = NO_KEYTAB;
	else
		sentence = find(sentences, PEN_COUNT(sentences), (int32_t)minor, is_server);
	if (!sentence)
		sentence = find(majors, PEN_COUNT(majors), GSS_ERROR(major), is_server);

	display(minor, GSS_C_MECH_CODE, words, sizeof(words));
	if (!minor || !strcmp(words, "Success")) {
		display(GSS_ERROR(major), GSS_C_GSS_CODE, words, sizeof(words));
		if (!sentence)
			sentence =
				"the token is malformed, or Kerberos refuses it and says no more";
	}
	pen_krb5_deny(context, "%s (%s)", sentence ? sentence : "Kerberos refuses", words);
	return GSS_ERROR(major) == GSS_S_DEFECTIVE_TOKEN ? PEN_E_BAD_DATA : PEN_E_DENIED;
}

int pen_krb5_deny(struct pen_mech_context *context, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(context->reason, sizeof(context->reason), format, arguments);
	va_end(arguments);
	return PEN_E_DENIED;
}
