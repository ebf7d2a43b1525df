/* SPDX-License-Identifier: MIT */
#ifndef PEN_PIPE_CHANNEL_H
#define PEN_PIPE_CHANNEL_H
/*
 * A channel: what lies between a named pipe's server end and its client end, from the
 * server's first listening to its disconnecting, with NT's semantics. It goes one way:
 * listening, connected, closing, disconnected; a server that listens again gets a new one.
 *
 * Its state is one block of memory, and a ring for each direction. The two ends, and
 * several processes at each, may share them: each has a view of its own, and holds a lock
 * (not of this file) during each call. No end believes what it finds there, so a hostile
 * peer can spoil its own channel and nothing else.
 *
 * Operations return NTSTATUS codes [MS-ERREF]. One that has to wait returns
 * PEN_STATUS_PENDING and a number; when it is done, which the owner of its end is woken
 * for, pen_channel_fetch gives its result. After each call, those whose bits are in wakes
 * have something to fetch.
 *
 * Rights are the caller's affair, as are names, instances and identities.
 */
#include <penstock/base.h>

/* Ends. A queue is called by the end that reads it: inbound is PEN_CHANNEL_SERVER's. */
enum { PEN_CHANNEL_SERVER, PEN_CHANNEL_CLIENT };

/* NamedPipeState [MS-FSCC 2.4.29]. */
enum pen_channel_state {
	PEN_CHANNEL_DISCONNECTED = 1,
	PEN_CHANNEL_LISTENING,
	PEN_CHANNEL_CONNECTED,
	PEN_CHANNEL_CLOSING,
};

/* NamedPipeConfiguration [MS-FSCC 2.4.29]. */
enum pen_channel_configuration {
	PEN_CHANNEL_INBOUND, /* the client writes */
	PEN_CHANNEL_OUTBOUND,
	PEN_CHANNEL_DUPLEX,
};

enum { PEN_CHANNEL_OPS_MAX = 64 }; /* of one end, waiting or not fetched */

/* Ring sizes go up in classes, to this many bytes. */
enum { PEN_CHANNEL_CLASSES = 15 };
#define PEN_CHANNEL_RING_MAX UINT32_C(0x4000000)

/* What never changes, as a view has it from its owner, not from the block. */
struct pen_channel_config {
	bool is_message; /* its type; else bytes */
	enum pen_channel_configuration configuration;
	uint32_t quotas[2]; /* bytes, by the end that reads */
};

/* Where the bytes lie. */
struct pen_channel_memory {
	void *data;
	/*
	 * A queue's ring of that class, of pen_channel_ring_size bytes, zeros when new. It stays
	 * where it is until it is left. NULL: there is none to be had.
	 */
	uint8_t *(*ring)(void *data, unsigned queue, unsigned size_class);
	/* The ring will not be needed for the time being. */
	void (*leave)(void *data, unsigned queue, unsigned size_class);
};

struct pen_channel_block;

/* A view. Zeros, and what init is given. */
struct pen_channel {
	struct pen_channel_block *block;
	struct pen_channel_config config;
	struct pen_channel_memory memory;
	unsigned wakes; /* bits of ends that have something to fetch; the caller clears them */
	bool is_spoilt; /* the block says what cannot be */
};

/* Bytes of a block, and of a queue's ring. */
size_t pen_channel_block_size(void);
uint32_t pen_channel_ring_size(const struct pen_channel_config *config, unsigned queue,
			       unsigned size_class);

/* A view of a block. The maker's block, all zeros, begins to listen by pen_channel_begin. */
void pen_channel_init(struct pen_channel *channel, void *block,
		      const struct pen_channel_config *config,
		      const struct pen_channel_memory *memory);
void pen_channel_begin(struct pen_channel *channel, bool is_message_mode, bool is_nonblocking);

enum { PEN_CHANNEL_IDENTITIES = 64 };

/* Who calls: an end, and a number for the process, which pen_channel_forget names. */
struct pen_channel_caller {
	unsigned end;
	uint32_t holder;
	uint8_t identity; /* what is written goes under, below PEN_CHANNEL_IDENTITIES */
};

/* What an operation came to. */
struct pen_channel_result {
	uint32_t information; /* bytes */
	unsigned op;	      /* of PEN_STATUS_PENDING */
};

/* ---- the life of it ---- */

/* Server: waits for a client [rows L1-L11]. */
uint32_t pen_channel_listen(struct pen_channel *channel, const struct pen_channel_caller *caller,
			    struct pen_channel_result *result);

/* A client has come. PEN_STATUS_PIPE_NOT_AVAILABLE: it is not listening. */
uint32_t pen_channel_connect(struct pen_channel *channel);

/* Server [rows D1-D9]; and closing an end [rows X1-X9]. */
uint32_t pen_channel_disconnect(struct pen_channel *channel);
void pen_channel_close(struct pen_channel *channel, unsigned end);

/*
 * Disconnects without the lock, from a client that never gives it back. Whoever has the lock
 * next and finds it cut, with something waiting, calls pen_channel_recover.
 */
void pen_channel_cut(struct pen_channel *channel);
bool pen_channel_was_cut(const struct pen_channel *channel);

/* One of an end's processes is gone: what it waited for is cancelled [rows X5, X10, H4]. */
void pen_channel_forget(struct pen_channel *channel, const struct pen_channel_caller *caller);

/*
 * A process died within a call, with the lock in its hands: finishes what it had begun, or
 * undoes it. To be called before anything else; what the process waited for is then forgotten
 * or closed as ever. Both ends may have something to fetch.
 */
void pen_channel_recover(struct pen_channel *channel);

/* ---- data ---- */

uint32_t pen_channel_read(struct pen_channel *channel, const struct pen_channel_caller *caller,
			  void *bytes, uint32_t n, struct pen_channel_result *result);
uint32_t pen_channel_write(struct pen_channel *channel, const struct pen_channel_caller *caller,
			   const void *bytes, uint32_t n, struct pen_channel_result *result);
uint32_t pen_channel_transact(struct pen_channel *channel, const struct pen_channel_caller *caller,
			      const void *in, uint32_t n_in, uint32_t n_out,
			      struct pen_channel_result *result);
uint32_t pen_channel_flush(struct pen_channel *channel, const struct pen_channel_caller *caller,
			   struct pen_channel_result *result);

/* [MS-FSCC 2.3.34] */
struct pen_channel_peek {
	uint32_t state;
	uint32_t available;    /* bytes, of all messages */
	uint32_t n_messages;   /* 0 on byte pipes */
	uint32_t message_size; /* what is unread of the first; 0 on byte pipes */
	uint32_t n;	       /* bytes that were copied */
};

uint32_t pen_channel_peek(struct pen_channel *channel, unsigned end, void *bytes, uint32_t n,
			  struct pen_channel_peek *peek);

/* ---- what waited ---- */

/*
 * The result of an operation, and a read's bytes. PEN_STATUS_PENDING: it still waits. After
 * any other the number means nothing any more.
 */
uint32_t pen_channel_fetch(struct pen_channel *channel, unsigned end, unsigned op, void *bytes,
			   uint32_t n, struct pen_channel_result *result);

/* Ends its waiting, by PEN_STATUS_CANCELLED, which is to be fetched. NOT_FOUND: it is done. */
uint32_t pen_channel_cancel(struct pen_channel *channel, unsigned end, unsigned op);

/* ---- what is asked and set ---- */

/* FILE_PIPE_INFORMATION [MS-FSCC 2.4.32]. */
struct pen_channel_modes {
	uint32_t read_mode;	  /* 1: messages */
	uint32_t completion_mode; /* 1: operations do not wait */
};

uint32_t pen_channel_get_modes(struct pen_channel *channel, unsigned end,
			       struct pen_channel_modes *modes);
uint32_t pen_channel_set_modes(struct pen_channel *channel, unsigned end,
			       const struct pen_channel_modes *modes);

/* The part of FILE_PIPE_LOCAL_INFORMATION [MS-FSCC 2.4.31] that an end knows. */
struct pen_channel_info {
	uint32_t state;
	uint32_t read_data_available;
	uint32_t write_quota_available;
	bool has_read;	  /* the end, anything: then its peer may be impersonated */
	uint8_t identity; /* under which the last of that was written */
};

uint32_t pen_channel_get_info(struct pen_channel *channel, unsigned end,
			      struct pen_channel_info *info);

#endif
