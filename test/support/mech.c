/* SPDX-License-Identifier: MIT */
#include "support/mech.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>

int fake_n_contexts;
int fake_n_rewinds;

struct pen_mech_context {
	const struct fake_config *config;
	bool is_server;
	unsigned n_steps;
	unsigned leg; /* tokens that went, both ways */
	bool is_done;
	bool is_pending;
	bool has_worked;
	struct pen_buffer held; /* the token of the step that pends */
	uint32_t number[2];	/* of the client's and the server's next message */
	uint32_t place[2];	/* in the streams */
	const char *reason;
};

static int context_new(struct pen_mech_context **contextp, const struct fake_config *config,
		       bool is_server)
{
	struct pen_mech_context *context;

	if (config->cannot_begin)
		return config->cannot_begin;
	context = calloc(1, sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->config = config;
	context->is_server = is_server;
	context->reason = "";
	pen_buffer_init(&context->held, 0);
	fake_n_contexts++;
	*contextp = context;
	return 0;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	return context_new(contextp, server->config, true);
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	return context_new(contextp, client->config, false);
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	if (context) {
		pen_buffer_done(&context->held);
		free(context);
		fake_n_contexts--;
	}
	return NULL;
}

static int fail(struct pen_mech_context *context, int error, const char *reason)
{
	context->reason = reason;
	return error;
}

/* A token is the number of its leg and the key; the first has the prefix before it. */
static int put(struct pen_mech_context *context, struct pen_buffer *out)
{
	const struct fake_config *config = context->config;
	uint8_t leg = (uint8_t)++context->leg;
	int r = 0;

	if (leg == 1)
		r = pen_buffer_add(out, config->prefix.data, config->prefix.size);
	if (!r)
		r = pen_buffer_add(out, &leg, 1);
	if (!r)
		r = pen_buffer_add(out, config->key, strlen(config->key));
	return r;
}

static int get(struct pen_mech_context *context, struct pen_slice in)
{
	const struct fake_config *config = context->config;

	if (!context->is_server && context->n_steps == 1)
		return in.size ? fail(context, PEN_E_BAD_DATA, "a token to begin with") : 0;
	if (++context->leg == 1) {
		if (in.size < config->prefix.size ||
		    (config->prefix.size &&
		     memcmp(in.data, config->prefix.data, config->prefix.size) != 0))
			return fail(context, PEN_E_BAD_DATA, "another prefix");
		in.data += config->prefix.size;
		in.size -= config->prefix.size;
	}
	if (in.size < 1 || in.data[0] != context->leg)
		return fail(context, PEN_E_BAD_DATA, "another token");
	if (in.size - 1 != strlen(config->key) ||
	    memcmp(in.data + 1, config->key, in.size - 1) != 0)
		return fail(context, PEN_E_DENIED, "another key");
	return 0;
}

static int step_now(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	const struct fake_config *config = context->config;
	int r;

	if (context->n_steps++ == config->fails_at && config->fails_with)
		return fail(context, config->fails_with, "told to fail");
	if (context->is_done)
		return fail(context, PEN_E_BAD_DATA, "done already");
	r = get(context, in);
	if (!r && context->leg < config->n_legs)
		r = put(context, out);
	if (r)
		return r;
	context->is_done = context->leg == config->n_legs;
	return context->is_done ? 0 : PEN_E_AGAIN;
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	int r;

	if (context->is_pending) {
		if (!context->has_worked || in.size)
			abort();
		context->is_pending = false;
		return step_now(context,
				(struct pen_slice){ context->held.data, context->held.size }, out);
	}
	if (!(context->config->pends >> context->n_steps & 1))
		return step_now(context, in, out);
	context->held.size = 0;
	r = pen_buffer_add(&context->held, in.data, in.size);
	if (r)
		return r;
	context->is_pending = true;
	context->has_worked = false;
	return PEN_PENDING;
}

static void work(struct pen_mech_context *context)
{
	if (!context->is_pending)
		abort();
	context->has_worked = true;
}

static const char *reason(const struct pen_mech_context *context)
{
	return context->reason;
}

static bool has_header_signing(const struct pen_mech_context *context)
{
	return true;
}

static bool has_no_header_signing(const struct pen_mech_context *context)
{
	return false;
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	return context->config->cannot_sign ? 0 : FAKE_SIGNATURE_SIZE;
}

static uint32_t add(uint32_t sum, const void *data, size_t n)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ bytes[i]) * 16777619;
	return sum;
}

static void sign(struct pen_mech_context *context, const struct pen_protected *message, int way,
		 uint8_t *signature)
{
	uint32_t number = context->number[way]++;
	uint32_t place = context->place[way]++;
	uint32_t sum = 2166136261u + (uint32_t)way;

	if (!context->is_done || message->n_signature != FAKE_SIGNATURE_SIZE)
		abort();
	sum = add(sum, context->config->key, strlen(context->config->key));
	sum = add(sum, message->head.data, message->head.size);
	sum = add(sum, message->data, message->n);
	sum = add(sum, message->tail.data, message->tail.size);
	sum = add(sum, &number, sizeof(number));
	sum = add(sum, &place, sizeof(place));
	memcpy(signature, &sum, 4);
	memcpy(signature + 4, &place, 4);
	memcpy(signature + 8, &number, 4);
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	sign(context, message, context->is_server, message->signature);
	return 0;
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	uint8_t signature[FAKE_SIGNATURE_SIZE];

	sign(context, message, !context->is_server, signature);
	if (memcmp(signature, message->signature, sizeof(signature)) == 0)
		return 0;
	return fail(context, PEN_E_DENIED, "the message was changed");
}

static int rewind_streams(struct pen_mech_context *context)
{
	context->place[0] = context->place[1] = 0;
	fake_n_rewinds++;
	return 0;
}

static int token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	return pen_token_new_anonymous(tokenp, true);
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	return (struct pen_slice){ (const uint8_t *)context->config->key,
				   strlen(context->config->key) };
}

const struct pen_mech fake_red = {
	.name = "red",
	.auth_type = 201,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.rewind = rewind_streams,
	.token = token,
	.session_key = session_key,
};

const struct pen_mech fake_blue = {
	.name = "blue",
	.auth_type = 202,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.work = work,
	.reason = reason,
	.has_header_signing = has_no_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.token = token,
	.session_key = session_key,
};
