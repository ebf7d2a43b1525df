/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_SMB2_WALK_H
#define PEN_TOOL_SMB2_WALK_H
/*
 * What SMB2 and SMB3 messages [MS-SMB2] carry of named pipes: who opens which, and what is
 * written and read there. It looks on at both sides of one connection, whose messages come
 * whole; nothing is verified, and what is encrypted is only noticed.
 */
#include <penstock/base.h>

enum {
	SMB2_OPENS_MAX = 256,
	SMB2_REQUESTS_MAX = 512,
	SMB2_NAME_MAX = 128, /* bytes of UTF-8, with the NUL; longer ones are cut */
	SMB2_MESSAGE_MAX = (8 << 20) + 65536,
};

/* A file handle. Those of files are here too: nothing but its bytes tells it from a pipe. */
struct smb2_open {
	bool is_used;
	bool is_told; /* by an event */
	uint8_t id[16];
	char name[SMB2_NAME_MAX]; /* "": not seen */
	uint64_t age;
};

/* A request that is not answered. */
struct smb2_request {
	bool is_used;
	uint64_t message_id;
	uint16_t command;
	uint8_t id[16];
	char name[SMB2_NAME_MAX];
};

struct smb2_walk {
	struct smb2_open opens[SMB2_OPENS_MAX];
	struct smb2_request requests[SMB2_REQUESTS_MAX];
	size_t next_request;
	uint64_t age;

	/* The message at hand. */
	struct pen_slice message;
	size_t at;
	bool is_over;
	uint8_t related[16]; /* the file of the request before, in a compound */
};

enum smb2_event_kind {
	SMB2_DATA,	 /* written or read */
	SMB2_CLOSED,	 /* the file is */
	SMB2_ENCRYPTED,	 /* a message that only its two sides read */
	SMB2_COMPRESSED, /* one that is not looked into */
};

struct smb2_event {
	enum smb2_event_kind kind;
	bool is_from_server;
	bool is_new;   /* the slot was another's until now, or nobody's */
	unsigned slot; /* of the file, below SMB2_OPENS_MAX */
	const char *name;
	struct pen_slice data;
};

void smb2_walk_init(struct smb2_walk *walk);

/* A message, which must live as long as its events are pulled. */
void smb2_walk_begin(struct smb2_walk *walk, struct pen_slice message);

/* PEN_E_AGAIN: no more in this message; PEN_E_BAD_DATA: nor is the rest of it SMB2. */
int smb2_walk_next(struct smb2_walk *walk, struct smb2_event *event);

#endif
