/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_NTLM_MESSAGE_H
#define PEN_SEC_NTLM_MESSAGE_H
/*
 * The three messages of NTLM and the AV_PAIRs in them [MS-NLMP 2.2]. What is read
 * borrows from the message's bytes. Texts stay as they are on the wire: UTF-16LE where
 * the UNICODE flag is set, else OEM.
 */
#include <penstock/buffer.h>
#include <penstock/mechs.h>

enum { PEN_NTLM_MESSAGE_MAX = 65536 };

/* [MS-NLMP 2.2.2.5] */
#define PEN_NTLM_UNICODE		   UINT32_C(0x00000001)
#define PEN_NTLM_OEM			   UINT32_C(0x00000002)
#define PEN_NTLM_REQUEST_TARGET		   UINT32_C(0x00000004)
#define PEN_NTLM_SIGN			   UINT32_C(0x00000010)
#define PEN_NTLM_SEAL			   UINT32_C(0x00000020)
#define PEN_NTLM_NTLM			   UINT32_C(0x00000200)
#define PEN_NTLM_ANONYMOUS		   UINT32_C(0x00000800)
#define PEN_NTLM_DOMAIN_SUPPLIED	   UINT32_C(0x00001000)
#define PEN_NTLM_WORKSTATION_SUPPLIED	   UINT32_C(0x00002000)
#define PEN_NTLM_ALWAYS_SIGN		   UINT32_C(0x00008000)
#define PEN_NTLM_TARGET_TYPE_DOMAIN	   UINT32_C(0x00010000)
#define PEN_NTLM_TARGET_TYPE_SERVER	   UINT32_C(0x00020000)
#define PEN_NTLM_EXTENDED_SESSION_SECURITY UINT32_C(0x00080000)
#define PEN_NTLM_IDENTIFY		   UINT32_C(0x00100000)
#define PEN_NTLM_TARGET_INFO		   UINT32_C(0x00800000)
#define PEN_NTLM_VERSION		   UINT32_C(0x02000000)
#define PEN_NTLM_128			   UINT32_C(0x20000000)
#define PEN_NTLM_KEY_EXCH		   UINT32_C(0x40000000)
#define PEN_NTLM_56			   UINT32_C(0x80000000)

/* Where the MIC of an AUTHENTICATE lies [MS-NLMP 2.2.1.3]. */
enum { PEN_NTLM_MIC_OFFSET = 72, PEN_NTLM_MIC_SIZE = 16 };

struct pen_ntlm_negotiate {
	uint32_t flags;
	struct pen_slice domain; /* these two are always OEM */
	struct pen_slice workstation;
};

struct pen_ntlm_challenge {
	uint32_t flags;
	struct pen_slice target_name;
	uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE];
	struct pen_slice target_info; /* AV_PAIRs, checked; empty: none */
};

struct pen_ntlm_authenticate {
	uint32_t flags;
	struct pen_slice lm;
	struct pen_slice nt;
	struct pen_slice domain;
	struct pen_slice user;
	struct pen_slice workstation;
	struct pen_slice session_key; /* encrypted */
	bool has_mic;		      /* there is room for one, and it is what lies there */
	uint8_t mic[PEN_NTLM_MIC_SIZE];
};

/* PEN_E_BAD_DATA: the bytes are no such message. */
int pen_ntlm_negotiate_get(struct pen_ntlm_negotiate *message, struct pen_slice in);
int pen_ntlm_challenge_get(struct pen_ntlm_challenge *message, struct pen_slice in);
int pen_ntlm_authenticate_get(struct pen_ntlm_authenticate *message, struct pen_slice in);

/* Appends. -ENOMEM; PEN_E_LIMIT: a field is longer than one can be. */
int pen_ntlm_negotiate_put(const struct pen_ntlm_negotiate *message, struct pen_buffer *out);
int pen_ntlm_challenge_put(const struct pen_ntlm_challenge *message, struct pen_buffer *out);
int pen_ntlm_authenticate_put(const struct pen_ntlm_authenticate *message, struct pen_buffer *out);

/* ---- AV_PAIRs [MS-NLMP 2.2.2.1] ---- */

enum pen_ntlm_av {
	PEN_NTLM_AV_EOL,
	PEN_NTLM_AV_NB_COMPUTER,
	PEN_NTLM_AV_NB_DOMAIN,
	PEN_NTLM_AV_DNS_COMPUTER,
	PEN_NTLM_AV_DNS_DOMAIN,
	PEN_NTLM_AV_DNS_FOREST,
	PEN_NTLM_AV_FLAGS,
	PEN_NTLM_AV_TIMESTAMP,
	PEN_NTLM_AV_SINGLE_HOST,
	PEN_NTLM_AV_TARGET_NAME,
	PEN_NTLM_AV_CHANNEL_BINDINGS,
};

enum { PEN_NTLM_AV_FLAG_MIC = 2 };

struct pen_reader;

/*
 * The next pair, and steps over it. Begin with a reader of the list. PEN_E_NOT_FOUND: it
 * was the last; PEN_E_BAD_DATA: the list ends before its end.
 */
int pen_ntlm_av_next(struct pen_reader *list, uint16_t *idp, struct pen_slice *valuep);

/* The first value of that id. PEN_E_NOT_FOUND, PEN_E_BAD_DATA. */
int pen_ntlm_av_find(struct pen_slice list, enum pen_ntlm_av id, struct pen_slice *valuep);

int pen_ntlm_av_put(struct pen_buffer *list, enum pen_ntlm_av id, struct pen_slice value);

/* ---- texts ---- */

enum { PEN_NTLM_TEXT_MAX = 1024 }; /* code units */

/*
 * A text as UTF-8 with a NUL, to be freed. PEN_E_BAD_DATA: it is too long, has a NUL
 * within, half a code unit, or a byte above 0x7f in OEM, whose code page nobody told.
 */
int pen_ntlm_text_get(char **textp, struct pen_slice wire, bool is_unicode);

/* Appends a text as UTF-16LE, or in upper case. PEN_E_BAD_DATA: not UTF-8 or too long. */
int pen_ntlm_text_put(struct pen_buffer *out, const char *text, bool is_upper);

#endif
