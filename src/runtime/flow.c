/* SPDX-License-Identifier: MIT */
#include "runtime/flow.h"
#include <penstock/conn.h>
#include <stdio.h>
#include <string.h>

/* Opens the next pipe from that field on. */
static void open_pipe(struct pen_flow *flow, uint32_t field)
{
	const struct pen_type *parameters = flow->parameters;

	while (field < parameters->n_fields && parameters->fields[field].type->kind != PEN_PIPE)
		field++;
	flow->field = field;
	flow->chunks = (struct pen_chunks){ .layout = flow->layout };
	if (field < parameters->n_fields)
		flow->chunks.element = parameters->fields[field].type->element;
}

void pen_flow_init(struct pen_flow *flow, const struct pen_type *parameters, void *values,
		   struct pen_layout layout, struct pen_scope scope, struct pen_pool *pool)
{
	*flow = (struct pen_flow){
		.parameters = parameters,
		.values = values,
		.layout = layout,
		.scope = scope,
		.bytes.pool = pool,
	};
	open_pipe(flow, 0);
}

void pen_flow_done(struct pen_flow *flow)
{
	pen_buffer_done(&flow->bytes);
}

const struct pen_call_pipe *pen_flow_pipe(const struct pen_flow *flow)
{
	if (flow->field == flow->parameters->n_fields)
		return NULL;
	return (const void *)(flow->values + flow->parameters->fields[flow->field].offset);
}

const struct pen_type *pen_flow_element(const struct pen_flow *flow)
{
	return flow->chunks.element;
}

/* ---- what comes ---- */

/* What has been read goes, by a multiple of 16, once that is worth it. */
static void forget_read(struct pen_flow *flow)
{
	size_t n = flow->pos & ~(size_t)(PEN_PART_ALIGN - 1);

	if (flow->pos < flow->bytes.size && n < flow->bytes.size / 2)
		return;
	pen_buffer_consume(&flow->bytes, n);
	flow->pos -= n;
}

int pen_flow_add(struct pen_flow *flow, struct pen_slice part)
{
	return pen_buffer_add(&flow->bytes, part.data, part.size);
}

bool pen_flow_is_full(const struct pen_flow *flow)
{
	return flow->bytes.size - flow->pos > PEN_FLOW_HIGH;
}

static struct pen_slice come(const struct pen_flow *flow)
{
	return (struct pen_slice){ flow->bytes.data, flow->bytes.size };
}

int pen_flow_get_parameters(struct pen_flow *flow, struct pen_arena *arena,
			    struct pen_ndr_error *error)
{
	int r = pen_ndr_get_part(flow->parameters, flow->layout, &flow->scope, come(flow),
				 &flow->pos, flow->values, arena, error);

	if (r == PEN_E_AGAIN && flow->is_whole)
		return PEN_E_BAD_DATA;
	if (r == PEN_E_AGAIN && flow->bytes.size - flow->pos > PEN_FLOW_PARAMETERS)
		return PEN_E_LIMIT;
	return r;
}

int pen_flow_get(struct pen_flow *flow, void *elements, size_t max, size_t *np,
		 struct pen_ndr_error *error)
{
	int r = pen_chunks_get(&flow->chunks, come(flow), &flow->pos, elements, max, np, error);

	forget_read(flow);
	if (r == PEN_E_AGAIN && flow->is_whole) {
		snprintf(error->text, sizeof(error->text), "the bytes end within a pipe");
		return PEN_E_BAD_DATA;
	}
	if (!r && flow->chunks.state == PEN_CHUNK_END)
		open_pipe(flow, flow->field + 1);
	return r;
}

/* ---- what goes ---- */

int pen_flow_put_parameters(struct pen_flow *flow, struct pen_ndr_error *error)
{
	return pen_ndr_put_part(flow->parameters, flow->layout, &flow->scope, flow->values,
				&flow->bytes, error);
}

int pen_flow_put(struct pen_flow *flow, const void *elements, size_t n, struct pen_ndr_error *error)
{
	int r = pen_chunk_put(flow->chunks.element, flow->layout, elements, n, &flow->bytes, error);

	if (!r && !n)
		open_pipe(flow, flow->field + 1);
	return r;
}

int pen_flow_close(struct pen_flow *flow)
{
	int r = 0;

	while (!r && pen_flow_pipe(flow))
		r = pen_flow_put(flow, NULL, 0, NULL);
	return r;
}

int pen_flow_send(struct pen_flow *flow, bool is_last,
		  int (*send)(void *data, struct pen_buffer *part, bool is_last), void *data)
{
	size_t size = flow->bytes.size, n_tail = is_last ? 0 : size % PEN_PART_ALIGN;
	uint8_t tail[PEN_PART_ALIGN];
	int r;

	if (!is_last && size == n_tail)
		return 0;
	flow->bytes.size -= n_tail;
	if (n_tail)
		memcpy(tail, flow->bytes.data + flow->bytes.size, n_tail);
	r = send(data, &flow->bytes, is_last);
	if (!r)
		return pen_buffer_add(&flow->bytes, tail, n_tail);
	flow->bytes.size = flow->bytes.data ? size : 0;
	return r;
}
