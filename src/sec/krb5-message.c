/* SPDX-License-Identifier: MIT */
#include "base/reader.h"
#include "sec/krb5-context.h"

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
	if (!is_sealed && context->key_type == ENCTYPE_ARCFOUR_HMAC)
		return RC4_MIC_SIZE;
	count = lay_out(iov, &message);
	if (is_sealed)
		major = gss_wrap_iov_length(&minor, context->gss, 1, GSS_C_QOP_DEFAULT, NULL, iov,
					    count);
	else
		major = gss_get_mic_iov_length(&minor, context->gss, GSS_C_QOP_DEFAULT, iov, count);
	return major == GSS_S_COMPLETE ? iov[count - 1].buffer.length : 0;
}

int pen_krb5_protect(struct pen_mech_context *context, struct pen_protected *message)
{
	gss_iov_buffer_desc iov[4];
	int count = lay_out(iov, message);
	int is_sealed = 0;
	OM_uint32 major;
	OM_uint32 minor;

	if (!is_usable(context, message->is_sealed))
		return pen_krb5_deny(context, "no keys were agreed on that can protect a message");
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

/* Bytes of the checksum at the end of what AES encrypts [RFC 3962, RFC 8009]; 0: not AES. */
static size_t aes_checksum_size(int key_type)
{
	switch (key_type) {
	case ENCTYPE_AES128_CTS_HMAC_SHA1_96:
	case ENCTYPE_AES256_CTS_HMAC_SHA1_96:
		return 12;
	case ENCTYPE_AES128_CTS_HMAC_SHA256_128:
		return 16;
	case ENCTYPE_AES256_CTS_HMAC_SHA384_192:
		return 24;
	}
	return 0;
}

/*
 * The signature of a message sealed with AES is a header of 16 bytes [RFC 4121 4.2.6.2],
 * what was rotated to the front, that is EC bytes of filler, the encrypted header and
 * the checksum, and the confounder of 16 bytes [MS-KILE 3.4.5.4.1].
 */
static bool is_wrap_token(struct pen_slice token, size_t checksum_size)
{
	struct pen_reader r;
	uint16_t id;
	uint8_t flags;
	uint8_t filler;
	uint16_t ec;
	uint16_t rrc;

	pen_reader_init(&r, token.data, token.size);
	r.is_big_endian = true;
	id = pen_reader_u16(&r);
	flags = pen_reader_u8(&r);
	filler = pen_reader_u8(&r);
	ec = pen_reader_u16(&r);
	rrc = pen_reader_u16(&r);
	return pen_reader_ok(&r) && id == 0x0504 && flags & 2 && filler == 0xff &&
	       rrc == 16 + checksum_size && token.size == 32 + (size_t)rrc + ec;
}

/*
 * Whether the signature has the shape of one, by its length and by what its header says of
 * its length. The library takes that for granted here and there: in some versions an
 * assertion of its ends the process where a signature is too short.
 */
static bool has_signature(const struct pen_mech_context *context,
			  const struct pen_protected *message)
{
	size_t checksum_size = aes_checksum_size(context->key_type);

	if (message->is_sealed && checksum_size)
		return is_wrap_token((struct pen_slice){ message->signature, message->n_signature },
				     checksum_size);
	return message->n_signature ==
	       pen_krb5_signature_size(context, message->n, message->is_sealed);
}

int pen_krb5_unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	gss_iov_buffer_desc iov[4];
	int count = lay_out(iov, message);
	int is_sealed = 0;
	OM_uint32 major;
	OM_uint32 minor;

	if (!is_usable(context, message->is_sealed))
		return pen_krb5_deny(context, "no keys were agreed on that can protect a message");
	if (!has_signature(context, message))
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
