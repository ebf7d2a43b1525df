/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_PIPES_SITE_H
#define PEN_TEST_PIPES_SITE_H
/*
 * A site: a process in which ends of pipes are. It does one call of <penstock/pipe.h> after the
 * other, as a struct says, which may have come from another process. Ends and operations have
 * numbers; what was started stays at the site.
 */
#include <penstock/pipe.h>

enum { SITE_ENDS = 8, SITE_OPS = 32, SITE_BYTES = 8192, SITE_TEXT = 512 };

enum site_verb {
	SITE_CREATE,
	SITE_OPEN,
	SITE_FREE,
	SITE_LISTEN, /* these five start an operation */
	SITE_READ,
	SITE_WRITE,
	SITE_FLUSH,
	SITE_TRANSACT,
	SITE_CANCEL,
	SITE_WAIT,
	SITE_CALL, /* these two in a thread, which is the operation */
	SITE_START_WAIT_NAME,
	SITE_WAIT_NAME,
	SITE_DISCONNECT,
	SITE_PEEK,
	SITE_GET_MODES,
	SITE_SET_MODES,
	SITE_GET_INFO,
	SITE_GET_NAME,
	SITE_GET_ACCESS,
	SITE_CLIENT_PROCESS,
	SITE_CLIENT_SESSION,
	SITE_SERVER_PROCESS,
	SITE_SERVER_SESSION,
	SITE_CLIENT_COMPUTER,
	SITE_CLIENT_TOKEN,
	SITE_IMPERSONATE,
	SITE_GET_SECURITY,
	SITE_SET_SECURITY,
	SITE_DUPLICATE,
	SITE_SEND,
	SITE_RECEIVE,
	SITE_LIST,
	SITE_WATCH,
	SITE_BECOME,	    /* another user, in this thread; 0 again root */
	SITE_CHILD_PUT,	    /* forks; the child writes, and ends */
	SITE_CHILD_DIE,	    /* forks; the child begins to write, and is killed */
	SITE_CLOSE_STARTED, /* starts to listen, or to read, and closes: what came of that */
	SITE_PID,
	SITE_RESET, /* closes all */
};

/* A call, and what came of it. Pointers in config and open are the site's to set. */
struct site_call {
	enum site_verb verb;
	unsigned end;
	unsigned op;
	int wait_ms;

	bool has_name;
	char name[SITE_TEXT];
	struct pen_pipe_config config;
	bool has_quotas;
	uint32_t quotas[2];
	char sddl[SITE_TEXT]; /* "": none; and what there is */
	bool has_open;
	struct pen_pipe_open_config open;
	bool is_relative;
	unsigned relative_to;
	uint32_t access;
	uint32_t numbers[4];

	uint32_t size; /* to read */
	uint32_t n;    /* bytes, there and back */
	uint8_t bytes[SITE_BYTES];

	uint32_t status;
	uint32_t information;
	struct pen_pipe_peek peek;
	struct pen_pipe_info info;
};

/* The socket by which this site sends handles to the other, and receives. */
void site_set_socket(int socket);

void site_do(struct site_call *call);

#endif
