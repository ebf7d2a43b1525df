/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_VERDICT_WINBIND_H
#define PEN_DAEMON_VERDICT_WINBIND_H
/*
 * Verdicts of Samba's winbindd, which asks a domain's controllers: by the system's
 * libwbclient, loaded when it is wanted, so that nobody else needs it. winbindd answers
 * such questions to root alone.
 */
#include "sec/ntlm.h"

struct daemon_winbind;

/*
 * PEN_E_UNSUPPORTED: the library is not there, or its header was not when this was
 * built; error has a sentence.
 */
int daemon_winbind_new(struct daemon_winbind **winbindp, char error[256]);
struct daemon_winbind *daemon_winbind_free(struct daemon_winbind *winbind);

/*
 * struct pen_ntlm_server.judge; data is a struct daemon_winbind. It may be called from
 * several threads at a time, and may wait. The token has the SIDs of the domain that are
 * a domain's to give, and the unix ids that winbindd maps them to.
 */
int daemon_winbind_judge(void *data, const struct pen_ntlm_attempt *attempt,
			 struct pen_ntlm_verdict *verdict);

#endif
