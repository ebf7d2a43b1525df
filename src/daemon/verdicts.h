/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_VERDICTS_H
#define PEN_DAEMON_VERDICTS_H
/*
 * Who a client is, as the configuration says that it is found out: by the accounts, by a domain's
 * controller, by the keytab. Only what has this has the secrets.
 */
#include "daemon/config.h"
#include <penstock/mechs.h>

struct pen_vault;
struct verdicts;

/*
 * Opens what there is to ask but the accounts, and reads their key; Kerberos is left out where the
 * system's keytab has no keys. config and crypto must live longer. A failure has a sentence in
 * error, as far as there is one.
 */
int verdicts_new(struct verdicts **verdictsp, const struct config *config,
		 const struct pen_crypto *crypto, char error[256]);
struct verdicts *verdicts_free(struct verdicts *verdicts);

/* For who will not be able to read the keytab any more: its keys as they are now. As new. */
int verdicts_keep_keys(struct verdicts *verdicts, char error[256]);

/* Opens the accounts, by which all is judged, with the key that new has read. As new. */
int verdicts_open(struct verdicts *verdicts, char error[256]);

/* How a server takes them. From any thread, and they may wait. */
const struct pen_ntlm_server *verdicts_ntlm(const struct verdicts *verdicts);
const struct pen_krb5_server *verdicts_krb5(const struct verdicts *verdicts); /* NULL: not at all */

/* Who answers the program that serves the accounts. In the same way. */
const struct pen_vault *verdicts_vault(const struct verdicts *verdicts);

#endif
