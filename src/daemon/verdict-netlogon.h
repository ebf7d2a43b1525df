/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_VERDICT_NETLOGON_H
#define PEN_DAEMON_VERDICT_NETLOGON_H
/*
 * Verdicts of a domain controller, asked through netlogon as a member asks: with a
 * machine account of the domain, NetrLogonSamLogonEx, over a sealed channel.
 */
#include "daemon/config.h"
#include "sec/ntlm.h"

struct daemon_netlogon;

/*
 * Reads the machine's secret; nothing is asked of the controller yet. A failure has a
 * sentence in error: the configuration says too little, or the file with the secret is not
 * there, is others' to read, or has none.
 */
int daemon_netlogon_new(struct daemon_netlogon **netlogonp, const struct config *config,
			char error[256]);
struct daemon_netlogon *daemon_netlogon_free(struct daemon_netlogon *netlogon);

/*
 * struct pen_ntlm_server.judge; data is a struct daemon_netlogon. From any thread, one
 * question at a time, and it waits. The token has SIDs of the domain, and no unix ids.
 */
int daemon_netlogon_judge(void *data, const struct pen_ntlm_attempt *attempt,
			  struct pen_ntlm_verdict *verdict);

#endif
