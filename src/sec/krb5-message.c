/* SPDX-License-Identifier: MIT */
/* By AES the session protects messages; by RC4 MIT's library does. */
#include "sec/krb5-context.h"

/* ---- by RC4 ---- */

/*
 * A message's parts in the order in which they are signed, then the signature. What is
 * empty is left out. Returns how many.
 */
static int lay_out(gss_iov_buffer_desc iov[4], const struct pen_protected *message)
{
	int n = 0;

	if (message->head.size)
		iov[n++] = (gss_iov_buffer_desc){ GSS_IOV_BUFFER_TYPE_SIGN_ONLY,
						  { message->head.size,
						    (void *)(uintptr_t)message->head.data } };
	iov[n++] = (gss_iov_buffer_desc){ GSS_IOV_BUFFER_TYPE_DATA, { message->n, message->data } };
	if (message->tail.size)
		iov[n++] = (gss_iov_buffer_desc){ GSS_IOV_BUFFER_TYPE_SIGN_ONLY,
						  { message->tail.size,
						    (void *)(uintptr_t)message->tail.data } };
	iov[n++] = (gss_iov_buffer_desc){ message->is_sealed ? GSS_IOV_BUFFER_TYPE_HEADER
							     : GSS_IOV_BUFFER_TYPE_MIC_TOKEN,
					  { message->n_signature, message->signature } };
	return n;
}

static bool is_usable(const struct pen_mech_context *context, bool is_sealed)
{
	OM_uint32 needs = GSS_C_SEQUENCE_FLAG | (is_sealed ? GSS_C_CONF_FLAG : GSS_C_INTEG_FLAG);

	return context->state == PEN_KRB5_OPEN && (context->flags & needs) == needs;
}

/*
 * A MIC by RC4: 13 bytes of frame and 24 of token [RFC 4757 7.2]. The library says that it
 * is as long as a sealed message's signature, and writes this.
 */
#define RC4_MIC_SIZE 37

size_t pen_krb5_signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	/* The lengths alone count. */
	struct pen_protected message = { .n = n, .is_sealed = is_sealed };
	gss_iov_buffer_desc iov[4];
	OM_uint32 major;
	OM_uint32 minor;
	int count;

	if (!is_usable(context, is_sealed))
		return 0;
	if (context->session)
		return pen_krb5_session_signature_size(context->session, is_sealed);
	if (!is_sealed)
		return RC4_MIC_SIZE;
	count = lay_out(iov, &message);
	major = gss_wrap_iov_length(&minor, context->gss, 1, GSS_C_QOP_DEFAULT, NULL, iov, count);
	return major == GSS_S_COMPLETE ? iov[count - 1].buffer.length : 0;
}

static int protect_rc4(struct pen_mech_context *context, struct pen_protected *message)
{
	gss_iov_buffer_desc iov[4];
	int count = lay_out(iov, message);
	int is_sealed = 0;
	OM_uint32 major;
	OM_uint32 minor;

	if (message->is_sealed)
		major = gss_wrap_iov(&minor, context->gss, 1, GSS_C_QOP_DEFAULT, &is_sealed, iov,
				     count);
	else
		major = gss_get_mic_iov(&minor, context->gss, GSS_C_QOP_DEFAULT, iov, count);
	if (major != GSS_S_COMPLETE)
		return pen_krb5_fail(context, major, minor);
	if (is_sealed != message->is_sealed || iov[count - 1].buffer.length != message->n_signature)
		return pen_krb5_deny(context, "the library did not protect the message as asked");
	return 0;
}

/*
 * The signature's length is looked at first. The library takes it for granted here and
 * there: in some versions an assertion of its ends the process where it is too short.
 */
static int unprotect_rc4(struct pen_mech_context *context, struct pen_protected *message)
{
	gss_iov_buffer_desc iov[4];
	int count = lay_out(iov, message);
	int is_sealed = 0;
	OM_uint32 major;
	OM_uint32 minor;

	if (message->n_signature !=
	    pen_krb5_signature_size(context, message->n, message->is_sealed))
		return pen_krb5_deny(context, "the message has no signature of the kind that was "
					      "agreed on");
	if (message->is_sealed)
		major = gss_unwrap_iov(&minor, context->gss, &is_sealed, NULL, iov, count);
	else
		major = gss_verify_mic_iov(&minor, context->gss, NULL, iov, count);
	/* Supplementary bits too: a message twice, or out of its place, is not the peer's next. */
	if (major != GSS_S_COMPLETE) {
		int r = pen_krb5_fail(context, major, minor);

		return r == PEN_E_BAD_DATA ? PEN_E_DENIED : r;
	}
	if (is_sealed != message->is_sealed)
		return pen_krb5_deny(context, "a message that was to be sealed is only signed");
	return 0;
}

/* ---- by either ---- */

static int session_result(struct pen_mech_context *context, int r)
{
	if (r != PEN_E_DENIED)
		return r;
	return pen_krb5_deny(context, "%s", pen_krb5_session_reason(context->session));
}

int pen_krb5_protect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (!is_usable(context, message->is_sealed))
		return pen_krb5_deny(context, "no keys were agreed on that can protect a message");
	if (!context->session)
		return protect_rc4(context, message);
	return session_result(context, pen_krb5_session_protect(context->session, message));
}

int pen_krb5_unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (!is_usable(context, message->is_sealed))
		return pen_krb5_deny(context, "no keys were agreed on that can protect a message");
	if (!context->session)
		return unprotect_rc4(context, message);
	return session_result(context, pen_krb5_session_unprotect(context->session, message));
}
