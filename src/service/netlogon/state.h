/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_NETLOGON_STATE_H
#define PEN_SERVICE_NETLOGON_STATE_H
/*
 * What the files of the service share.
 */
#include "io/random.h"
#include "service/netlogon/netlogon.h"
#include <penstock/idl/netlogon.h>
#include <penstock/status.h>
#include <penstock/token.h>

struct pen_netlogon {
	struct pen_netlogon_config config;
	struct pen_random random;
};

static inline struct pen_netlogon *pen_netlogon_of(const struct pen_call *call)
{
	return (struct pen_netlogon *)pen_call_data(call);
}

/* ---- authenticate.c ---- */

/*
 * What an operation with an authenticator begins with: 0 and the session, which the caller
 * wipes, and the answer's authenticator in out; or STATUS_ACCESS_DENIED, and out is zero.
 */
int32_t pen_netlogon_enter(struct pen_call *call, const char *computer,
			   const struct netlogon_NETLOGON_AUTHENTICATOR *in,
			   struct netlogon_NETLOGON_AUTHENTICATOR *out,
			   struct pen_netlogon_session *session);

/* The session of a call by its channel alone. */
int32_t pen_netlogon_enter_channel(struct pen_call *call, struct pen_netlogon_session *session);

int pen_netlogon_req_challenge(struct pen_call *call,
			       const struct netlogon_NetrServerReqChallenge_in *in,
			       struct netlogon_NetrServerReqChallenge_out *out);
int pen_netlogon_authenticate(struct pen_call *call,
			      const struct netlogon_NetrServerAuthenticate_in *in,
			      struct netlogon_NetrServerAuthenticate_out *out);
int pen_netlogon_authenticate2(struct pen_call *call,
			       const struct netlogon_NetrServerAuthenticate2_in *in,
			       struct netlogon_NetrServerAuthenticate2_out *out);
int pen_netlogon_authenticate3(struct pen_call *call,
			       const struct netlogon_NetrServerAuthenticate3_in *in,
			       struct netlogon_NetrServerAuthenticate3_out *out);
int pen_netlogon_get_capabilities(struct pen_call *call,
				  const struct netlogon_NetrLogonGetCapabilities_in *in,
				  struct netlogon_NetrLogonGetCapabilities_out *out);

/* ---- password.c ---- */
int pen_netlogon_password_set(struct pen_call *call,
			      const struct netlogon_NetrServerPasswordSet_in *in,
			      struct netlogon_NetrServerPasswordSet_out *out);
int pen_netlogon_password_set2(struct pen_call *call,
			       const struct netlogon_NetrServerPasswordSet2_in *in,
			       struct netlogon_NetrServerPasswordSet2_out *out);
int pen_netlogon_password_get(struct pen_call *call,
			      const struct netlogon_NetrServerPasswordGet_in *in,
			      struct netlogon_NetrServerPasswordGet_out *out);
int pen_netlogon_trust_passwords_get(struct pen_call *call,
				     const struct netlogon_NetrServerTrustPasswordsGet_in *in,
				     struct netlogon_NetrServerTrustPasswordsGet_out *out);
int pen_netlogon_get_trust_info(struct pen_call *call,
				const struct netlogon_NetrServerGetTrustInfo_in *in,
				struct netlogon_NetrServerGetTrustInfo_out *out);

/* ---- logon.c ---- */
int pen_netlogon_sam_logon(struct pen_call *call, const struct netlogon_NetrLogonSamLogon_in *in,
			   struct netlogon_NetrLogonSamLogon_out *out);
int pen_netlogon_sam_logon_flags(struct pen_call *call,
				 const struct netlogon_NetrLogonSamLogonWithFlags_in *in,
				 struct netlogon_NetrLogonSamLogonWithFlags_out *out);
int pen_netlogon_sam_logon_ex(struct pen_call *call,
			      const struct netlogon_NetrLogonSamLogonEx_in *in,
			      struct netlogon_NetrLogonSamLogonEx_out *out);
int pen_netlogon_sam_logoff(struct pen_call *call, const struct netlogon_NetrLogonSamLogoff_in *in,
			    struct netlogon_NetrLogonSamLogoff_out *out);

/* ---- validation.c ---- */

/* What is said of a logon, at one of the levels. -ENOMEM; PEN_E_UNSUPPORTED: another level. */
int pen_netlogon_validate(struct pen_call *call, const struct pen_netlogon_session *session,
			  const struct pen_logon *logon,
			  enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level,
			  union netlogon_NETLOGON_VALIDATION *validation);

/* ---- control.c ---- */
int pen_netlogon_control(struct pen_call *call, const struct netlogon_NetrLogonControl_in *in,
			 struct netlogon_NetrLogonControl_out *out);
int pen_netlogon_control2(struct pen_call *call, const struct netlogon_NetrLogonControl2_in *in,
			  struct netlogon_NetrLogonControl2_out *out);
int pen_netlogon_control2_ex(struct pen_call *call,
			     const struct netlogon_NetrLogonControl2Ex_in *in,
			     struct netlogon_NetrLogonControl2Ex_out *out);

/* ---- domain.c ---- */
int pen_netlogon_get_domain_info(struct pen_call *call,
				 const struct netlogon_NetrLogonGetDomainInfo_in *in,
				 struct netlogon_NetrLogonGetDomainInfo_out *out);

/* ---- text.c: texts and SIDs as the wire has them, in the call's arena ---- */

/* UTF-8 with a NUL. PEN_E_BAD_DATA: a NUL within, or its lengths disagree; -ENOMEM. */
int pen_netlogon_text_get(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *wire,
			  const char **textp);

/* NULL is taken as "". -ENOMEM; PEN_E_BAD_DATA: not UTF-8, or too long. */
int pen_netlogon_text_put(struct pen_call *call, const char *text,
			  struct dtyp_RPC_UNICODE_STRING *wire);

/* NULL: no memory. */
struct dtyp_RPC_SID *pen_netlogon_sid_put(struct pen_call *call, const struct pen_sid *sid);

#endif
