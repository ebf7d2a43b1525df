/* SPDX-License-Identifier: MIT */
#include "runtime/client-mapper.h"
#include "base/cleanup.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/idl/epm.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>

enum { TOWERS_MAX = 16 };

struct pen_client_mapper {
	struct pen_client *client;
	struct pen_call *call;
	enum pen_protseq protseq;
	struct epm_ept_map_out out;
	bool is_done;
	int result;
};

struct pen_client_mapper *pen_client_mapper_free(struct pen_client_mapper *mapper)
{
	if (!mapper)
		return NULL;
	pen_call_free(mapper->call);
	pen_client_free(mapper->client);
	free(mapper);
	return NULL;
}

PEN_DEFINE_FREEP(struct pen_client_mapper, pen_client_mapper)

static void on_answer(struct pen_call *call, int result, void *data)
{
	struct pen_client_mapper *mapper = data;

	mapper->is_done = true;
	mapper->result = result;
}

/* The same machine, the same way, but another endpoint. */
static int open_client(struct pen_client_mapper *mapper, const struct pen_binding *binding,
		       const struct pen_client_config *config)
{
	const char *endpoint = pen_binding_option(binding, "epmapper");
	struct pen_client_config there_config = *config;
	struct pen_binding there = { .protseq = binding->protseq, .address = binding->address };
	struct pen_buffer text;
	int r;

	if (!endpoint || !*endpoint)
		endpoint = binding->protseq == PEN_NCALRPC ? "EPMAPPER" : "135";
	there.endpoint = (char *)endpoint;
	if (!config->security.at_mapper)
		there_config.security = (struct pen_client_security){ NULL };
	pen_buffer_init(&text, 0);
	r = pen_binding_print(&there, &text);
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (!r)
		r = pen_client_new(&mapper->client, (const char *)text.data, &there_config, NULL);
	pen_buffer_done(&text);
	return r;
}

static int ask(struct pen_client_mapper *mapper, const struct pen_binding *binding,
	       const struct pen_interface *interface)
{
	const struct pen_tower wanted = { .interface = interface->id,
					  .transfer = pen_syntax_ndr,
					  .protseq = binding->protseq };
	struct epm_uuid_t object = { .time_low = binding->object.time_low,
				     .time_mid = binding->object.time_mid,
				     .time_hi_and_version = binding->object.time_hi_and_version };
	struct epm_ept_map_in in = { .object = &object, .max_towers = TOWERS_MAX };
	struct pen_buffer tower;
	struct epm_twr_t twr;
	int r;

	memcpy(object.clock_seq, binding->object.clock_seq, sizeof(object.clock_seq));
	memcpy(object.node, binding->object.node, sizeof(object.node));
	pen_buffer_init(&tower, 0);
	r = pen_tower_put(&wanted, &tower);
	if (!r) {
		twr.tower_length = (uint32_t)tower.size;
		twr.tower_octet_string = tower.data;
		in.map_tower = &twr;
		r = epm_ept_map_start(mapper->call, &in, &mapper->out, on_answer, mapper);
	}
	pen_buffer_done(&tower);
	return r;
}

int pen_client_mapper_new(struct pen_client_mapper **mapperp, const struct pen_binding *binding,
			  const struct pen_interface *interface,
			  const struct pen_client_config *config)
{
	pen_cleanup(pen_client_mapper_freep) struct pen_client_mapper *mapper = NULL;
	int r;

	mapper = calloc(1, sizeof(*mapper));
	if (!mapper)
		return -ENOMEM;
	mapper->protseq = binding->protseq;
	r = open_client(mapper, binding, config);
	if (r)
		return r;
	r = pen_call_new(&mapper->call, mapper->client);
	if (r)
		return r;
	r = ask(mapper, binding, interface);
	if (r)
		return r;
	*mapperp = pen_take(&mapper);
	return 0;
}

struct pen_client *pen_client_mapper_client(const struct pen_client_mapper *mapper)
{
	return mapper->client;
}

/* The first tower that leads where we can go. */
static int choose(const struct pen_client_mapper *mapper, char endpoint[256])
{
	const struct epm_ept_map_out *out = &mapper->out;

	for (uint32_t i = 0; !out->status && i < out->num_towers; i++) {
		const struct epm_twr_t *twr = out->towers[i];
		struct pen_tower tower;

		if (!twr || pen_tower_get(&tower, twr->tower_octet_string, twr->tower_length) ||
		    tower.protseq != mapper->protseq)
			continue;
		if (tower.protseq == PEN_NCACN_IP_TCP)
			snprintf(endpoint, 256, "%u", tower.port);
		else
			snprintf(endpoint, 256, "%s", tower.endpoint);
		return 0;
	}
	return PEN_E_NOT_FOUND;
}

int pen_client_mapper_result(const struct pen_client_mapper *mapper, char endpoint[256],
			     const char **errorp)
{
	if (!mapper->is_done)
		return PEN_E_AGAIN;
	*errorp = pen_call_error(mapper->call);
	return mapper->result ? mapper->result : choose(mapper, endpoint);
}
