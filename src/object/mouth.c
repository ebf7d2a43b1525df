/* SPDX-License-Identifier: MIT */
#include "object/mouth.h"
#include "base/cleanup.h"
#include <errno.h>
#include <penstock/status-codes.h>
#include <string.h>

enum { LENGTH_SIZE = 4, ARENA_MAX = 16 * PEN_NPA_REQUEST_MAX };

struct pen_mouth {
	struct pen_buffer in;
	size_t size; /* of the request; 0: not known yet */
	uint64_t deadline;
	bool is_read;
	bool is_probe;
	uint32_t level;
	struct pen_token *token;
	char *computer;
	char pipe[];
};

int pen_mouth_new(struct pen_mouth **mouthp, const char *pipe, uint64_t now)
{
	struct pen_mouth *mouth = calloc(1, sizeof(*mouth) + strlen(pipe) + 1);

	if (!mouth)
		return -ENOMEM;
	strcpy(mouth->pipe, pipe);
	mouth->deadline = now + PEN_MOUTH_MS;
	pen_buffer_init(&mouth->in, PEN_NPA_REQUEST_MAX);
	*mouthp = mouth;
	return 0;
}

struct pen_mouth *pen_mouth_free(struct pen_mouth *mouth)
{
	if (!mouth)
		return NULL;
	pen_buffer_done(&mouth->in);
	pen_token_free(mouth->token);
	free(mouth->computer);
	free(mouth);
	return NULL;
}

uint64_t pen_mouth_deadline(const struct pen_mouth *mouth)
{
	return mouth->deadline;
}

size_t pen_mouth_wants(const struct pen_mouth *mouth)
{
	if (mouth->is_read)
		return 0;
	return (mouth->size ? mouth->size : LENGTH_SIZE) - mouth->in.size;
}

/* What matters of a request is kept, and not its bytes, which may have a session's key. */
static int read_request(struct pen_mouth *mouth)
{
	struct pen_npa_request request;
	struct pen_npa_flags flags;
	const char *computer;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, ARENA_MAX);
	r = pen_npa_request_get(&request, &arena, mouth->in.data, mouth->in.size);
	if (!r) {
		pen_npa_request_flags(&request, &flags);
		mouth->is_probe = flags.is_probe;
		mouth->level = request.level;
		computer = request.remote_client_addr;
		r = pen_npa_request_token(&request, &mouth->token);
	}
	if (!r) {
		mouth->computer = strdup(computer ? computer : "");
		r = mouth->computer ? 0 : -ENOMEM;
	}
	pen_arena_done(&arena);
	explicit_bzero(mouth->in.data, mouth->in.size);
	pen_buffer_done(&mouth->in);
	mouth->is_read = true;
	return r;
}

int pen_mouth_feed(struct pen_mouth *mouth, const void *data, size_t n)
{
	int r;

	if (n > pen_mouth_wants(mouth))
		return -EINVAL;
	r = pen_buffer_add(&mouth->in, data, n);
	if (r)
		return r;
	if (!mouth->size) {
		r = pen_npa_request_size(mouth->in.data, mouth->in.size, &mouth->size);
		if (r)
			return r == PEN_E_AGAIN ? 0 : r;
	}
	return mouth->in.size == mouth->size ? read_request(mouth) : 0;
}

static void put_reply(const struct pen_mouth *mouth, uint32_t type,
		      uint8_t reply[PEN_NPA_REPLY_SIZE])
{
	const struct pen_npa_reply say = {
		.level = mouth->level,
		.file_type = type ? PEN_NPA_MESSAGE_MODE : PEN_NPA_BYTE_MODE,
		.device_state = type ? 0x05ff : 0x00ff,
		.allocation_size = 4096,
	};

	pen_npa_reply_put(&say, reply);
}

enum pen_mouth_end pen_mouth_turn(struct pen_mouth *mouth, struct pen_objects *objects,
				  void *socket, void *owner, uint64_t now,
				  uint8_t reply[PEN_NPA_REPLY_SIZE], void **ticketp)
{
	const struct pen_objects_carried carried = {
		.token = mouth->token,
		.pipe = mouth->pipe,
		.computer = mouth->computer,
		.is_probe = mouth->is_probe,
		.socket = socket,
		.owner = owner,
		.until = mouth->deadline,
		.now = now,
	};
	uint32_t type;
	uint32_t status;

	if (!mouth->token || !mouth->computer || now >= mouth->deadline)
		return PEN_MOUTH_CLOSE;
	status = pen_objects_carry(objects, &carried, &type, ticketp);
	if (status == PEN_STATUS_PENDING)
		return PEN_MOUTH_AWAIT;
	if (status)
		return PEN_MOUTH_CLOSE;
	put_reply(mouth, type, reply);
	return mouth->is_probe ? PEN_MOUTH_REPLY : PEN_MOUTH_GIVEN;
}
