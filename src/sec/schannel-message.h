/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_SCHANNEL_MESSAGE_H
#define PEN_SEC_SCHANNEL_MESSAGE_H
/*
 * NL_AUTH_MESSAGE [MS-NRPC 2.2.1.3.1]: with which names a client asks for a session that
 * it made before, and the server's nod. It proves nothing: signatures do.
 */
#include <penstock/base.h>
#include <penstock/buffer.h>

enum { PEN_SCHANNEL_NAME_SIZE = 256, PEN_SCHANNEL_MESSAGE_MAX = 2048 };

enum pen_schannel_flag {
	PEN_SCHANNEL_NETBIOS_DOMAIN = 0x01,
	PEN_SCHANNEL_NETBIOS_COMPUTER = 0x02,
	PEN_SCHANNEL_DNS_DOMAIN = 0x04,
	PEN_SCHANNEL_DNS_COMPUTER = 0x08,
	PEN_SCHANNEL_UTF8_COMPUTER = 0x10,
};

enum pen_schannel_message_type { PEN_SCHANNEL_REQUEST, PEN_SCHANNEL_RESPONSE };

/* Texts are in UTF-8 and end in a NUL; "" where the message has none of a kind. */
struct pen_schannel_message {
	uint32_t type;
	char netbios_domain[PEN_SCHANNEL_NAME_SIZE];
	char netbios_computer[PEN_SCHANNEL_NAME_SIZE];
	char dns_domain[PEN_SCHANNEL_NAME_SIZE];
	char dns_computer[PEN_SCHANNEL_NAME_SIZE];
	char utf8_computer[PEN_SCHANNEL_NAME_SIZE];
};

/*
 * PEN_E_BAD_DATA: no such message, a name that does not end or is too long, a NetBIOS
 * name with a byte above 0x7f, whose code page nobody told. What flags of later days
 * mean is not known, so what follows the names is not looked at.
 */
int pen_schannel_message_get(struct pen_schannel_message *message, struct pen_slice in);

/*
 * Appends. The names are written that are not "". -ENOMEM, PEN_E_LIMIT: the buffer's;
 * PEN_E_BAD_DATA: a label of a DNS name is empty or longer than 63 bytes, or a NetBIOS
 * name is not ASCII.
 */
int pen_schannel_message_put(const struct pen_schannel_message *message, struct pen_buffer *out);

#endif
