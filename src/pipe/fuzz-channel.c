/* SPDX-License-Identifier: MIT */
/*
 * Two ends of a channel, driven by the input. With an even first byte each answer is held
 * against that of a model, which is as plain as can be: lists of writes, walked from the
 * start each time. With an odd one the block and the rings are scribbled on between the
 * operations, as a hostile peer would, and all that is asked is that nobody is hurt.
 */
#include "pipe/channel-block.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WRITES_MAX = 600, BYTES_MAX = 1024, STEPS_MAX = 500 };

/* ---- the model ---- */

struct written {
	uint32_t size, read;
	int op; /* that waits; -1: none */
	bool is_dropped;
	uint8_t first; /* its bytes count up from there */
};

/* What an operation came to, or will. */
struct outcome {
	bool is_used, is_done;
	uint32_t status, information;
	uint32_t size;	 /* a read's */
	bool is_message; /* a transaction's */
	enum pen_channel_kind kind;
	unsigned upto;	 /* flush: the writes before it */
	unsigned number; /* order of beginning */
	uint8_t bytes[BYTES_MAX];
};

struct direction {
	struct written writes[WRITES_MAX];
	unsigned n;
};

struct model {
	struct pen_channel_config config;
	enum pen_channel_state state;
	struct pen_channel_modes modes[2];
	struct direction directions[2]; /* by reader */
	struct outcome ops[2][PEN_CHANNEL_OPS_MAX];
	unsigned n_ops;
	uint8_t counter[2];
};

static bool is_unread(const struct written *written)
{
	return !written->is_dropped && (written->read < written->size || written->size == 0) &&
	       written->read != UINT32_MAX;
}

static struct written *first_unread(struct model *model, unsigned reader)
{
	struct direction *direction = &model->directions[reader];

	for (unsigned i = 0; i < direction->n; i++)
		if (is_unread(&direction->writes[i]))
			return &direction->writes[i];
	return NULL;
}

static uint64_t unread_upto(struct model *model, unsigned reader, const struct written *last)
{
	uint64_t sum = 0;

	for (struct written *w = model->directions[reader].writes; w <= last; w++)
		if (is_unread(w))
			sum += w->size - w->read;
	return sum;
}

static uint64_t unread(struct model *model, unsigned reader)
{
	struct direction *direction = &model->directions[reader];

	return direction->n ? unread_upto(model, reader, &direction->writes[direction->n - 1]) : 0;
}

static void finish(struct outcome *outcome, uint32_t status, uint32_t information)
{
	outcome->is_done = true;
	outcome->status = status;
	outcome->information = information;
}

static uint32_t some(struct written *w, uint32_t n, uint8_t *bytes)
{
	uint32_t taken = w->size - w->read < n ? w->size - w->read : n;

	for (uint32_t i = 0; i < taken; i++)
		bytes[i] = (uint8_t)(w->first + w->read + i);
	w->read += taken;
	if (!w->size)
		w->read = UINT32_MAX;
	return taken;
}

static uint32_t model_take(struct model *model, unsigned reader, uint32_t n, bool is_message,
			   uint8_t *bytes, uint32_t *informationp)
{
	struct written *w = first_unread(model, reader);

	*informationp = 0;
	if (is_message) {
		bool is_part = w->size - w->read > n;

		*informationp = some(w, n, bytes);
		return is_part ? PEN_STATUS_BUFFER_OVERFLOW : PEN_STATUS_SUCCESS;
	}
	for (; w && *informationp < n; w = first_unread(model, reader))
		*informationp += some(w, n - *informationp, bytes + *informationp);
	return PEN_STATUS_SUCCESS;
}

static struct outcome *oldest_read(struct model *model, unsigned end)
{
	struct outcome *oldest = NULL;

	for (int i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		struct outcome *o = &model->ops[end][i];

		if (o->is_used && !o->is_done && o->kind == PEN_CHANNEL_READ &&
		    (!oldest || o->number < oldest->number))
			oldest = o;
	}
	return oldest;
}

static void model_settle(struct model *model, unsigned reader)
{
	struct direction *direction = &model->directions[reader];

	for (unsigned i = 0; i < direction->n; i++) {
		struct written *w = &direction->writes[i];

		if (w->op >= 0 && unread_upto(model, reader, w) <= model->config.quotas[reader]) {
			finish(&model->ops[reader ^ 1][w->op], PEN_STATUS_SUCCESS, w->size);
			w->op = -1;
		}
	}
	for (int i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		struct outcome *o = &model->ops[reader ^ 1][i];
		struct written *w = first_unread(model, reader);

		if (o->is_used && !o->is_done && o->kind == PEN_CHANNEL_FLUSH &&
		    (!w || w - direction->writes >= o->upto))
			finish(o, PEN_STATUS_SUCCESS, 0);
	}
}

static void model_serve(struct model *model, unsigned reader)
{
	struct outcome *o;

	while ((o = oldest_read(model, reader)) && first_unread(model, reader)) {
		uint32_t information;
		uint32_t status = model_take(model, reader, o->size,
					     o->is_message || model->modes[reader].read_mode,
					     o->bytes, &information);

		finish(o, status, information);
	}
}

static struct written *model_append(struct model *model, unsigned reader, uint32_t n)
{
	struct direction *direction = &model->directions[reader];
	struct written *w = &direction->writes[direction->n++];

	*w = (struct written){ .size = n, .op = -1, .first = model->counter[reader] };
	model->counter[reader] += (uint8_t)n;
	return w;
}

static uint32_t model_fitting(struct model *model, unsigned reader, uint32_t n)
{
	uint64_t asked = 0;

	for (int i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		struct outcome *o = &model->ops[reader][i];

		if (o->is_used && !o->is_done && o->kind == PEN_CHANNEL_READ)
			asked += o->size;
	}
	if (asked > n)
		asked = n;
	if (unread(model, reader) + n - asked <= model->config.quotas[reader])
		return n;
	return model->config.is_message ? 0 : (uint32_t)asked;
}

static uint32_t model_write(struct model *model, unsigned end, uint32_t n, uint32_t *informationp,
			    struct written **waitsp)
{
	unsigned reader = end ^ 1;
	struct written *w;

	*waitsp = NULL;
	*informationp = n;
	if (model->state != PEN_CHANNEL_CONNECTED)
		return model->state == PEN_CHANNEL_CLOSING ? PEN_STATUS_PIPE_CLOSING
							   : PEN_STATUS_PIPE_DISCONNECTED;
	if (!n && !model->config.is_message)
		return PEN_STATUS_SUCCESS;
	if (n && model->modes[end].completion_mode) {
		*informationp = n = model_fitting(model, reader, n);
		if (!n)
			return PEN_STATUS_SUCCESS;
	}
	w = model_append(model, reader, n);
	model_serve(model, reader);
	if (n && unread(model, reader) > model->config.quotas[reader]) {
		*waitsp = w;
		return PEN_STATUS_PENDING;
	}
	return PEN_STATUS_SUCCESS;
}

static void model_drop(struct model *model, unsigned writer, int op)
{
	struct direction *direction = &model->directions[writer ^ 1];

	for (unsigned i = 0; i < direction->n; i++)
		if (direction->writes[i].op == op) {
			direction->writes[i].is_dropped = true;
			direction->writes[i].op = -1;
		}
	model_settle(model, writer ^ 1);
}

static void model_lose(struct model *model, unsigned reader)
{
	struct direction *direction = &model->directions[reader];

	for (unsigned i = 0; i < direction->n; i++)
		if (is_unread(&direction->writes[i]))
			direction->writes[i].is_dropped = true;
	for (unsigned i = 0; i < direction->n; i++)
		direction->writes[i].op = -1;
}

static void model_end(struct model *model, unsigned end, uint32_t status)
{
	for (int i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (model->ops[end][i].is_used && !model->ops[end][i].is_done)
			finish(&model->ops[end][i], status, 0);
}

static void model_close(struct model *model, unsigned end)
{
	struct direction *direction = &model->directions[end ^ 1];

	/* All writes that wait at once, so that none comes to fit. */
	for (unsigned i = 0; i < direction->n; i++)
		if (direction->writes[i].op >= 0) {
			finish(&model->ops[end][direction->writes[i].op], PEN_STATUS_CANCELLED, 0);
			direction->writes[i].is_dropped = true;
			direction->writes[i].op = -1;
		}
	model_settle(model, end ^ 1);
	model_end(model, end, PEN_STATUS_CANCELLED);
	if (model->state == PEN_CHANNEL_DISCONNECTED)
		return;
	model->state = PEN_CHANNEL_CLOSING;
	model_lose(model, end);
	model_end(model, end ^ 1, PEN_STATUS_PIPE_BROKEN);
}

/* ---- both ---- */

struct game {
	struct pen_channel ends[2];
	uint8_t *rings[2][PEN_CHANNEL_CLASSES];
	struct pen_channel_block *block;
	bool is_hostile;
	bool is_closed[2];
	struct model *model;
	uint8_t bytes[BYTES_MAX];
};

static uint8_t *ring(void *data, unsigned queue, unsigned size_class)
{
	struct game *game = data;
	uint8_t **p = &game->rings[queue][size_class];

	if (!*p && size_class < 4)
		*p = calloc(1, pen_channel_ring_size(&game->ends[0].config, queue, size_class));
	return *p;
}

static void leave(void *data, unsigned queue, unsigned size_class)
{
	struct game *game = data;

	free(game->rings[queue][size_class]);
	game->rings[queue][size_class] = NULL;
}

static void same(const struct game *game, bool is_same)
{
	if (!is_same && !game->is_hostile)
		abort();
}

static struct outcome *begin(struct game *game, unsigned end, unsigned op,
			     enum pen_channel_kind kind, uint32_t size)
{
	struct outcome *o = &game->model->ops[end][op];

	if (game->is_hostile)
		return o;
	if (o->is_used)
		abort();
	*o = (struct outcome){
		.is_used = true, .kind = kind, .size = size, .number = ++game->model->n_ops
	};
	return o;
}

static void do_write(struct game *game, unsigned end, uint32_t n)
{
	const struct pen_channel_caller caller = { end, 1 };
	struct pen_channel_result result = { 0 };
	struct written *waits = NULL;
	uint32_t status, information = 0, expected = 0;
	uint8_t first = game->model->counter[end ^ 1];

	for (uint32_t i = 0; i < n; i++)
		game->bytes[i] = (uint8_t)(first + i);
	status = pen_channel_write(&game->ends[end], &caller, game->bytes, n, &result);
	if (status == PEN_STATUS_INSUFFICIENT_RESOURCES || game->is_hostile)
		return;
	expected = model_write(game->model, end, n, &information, &waits);
	same(game, status == expected);
	if (waits) {
		begin(game, end, result.op, PEN_CHANNEL_WRITE, n);
		waits->op = (int)result.op;
	} else if (!status) {
		same(game, result.information == information);
	}
}

static uint32_t model_read_status(struct model *model, unsigned end)
{
	if (model->state == PEN_CHANNEL_DISCONNECTED)
		return PEN_STATUS_PIPE_DISCONNECTED;
	if (first_unread(model, end))
		return PEN_STATUS_SUCCESS;
	if (model->state == PEN_CHANNEL_CLOSING)
		return PEN_STATUS_PIPE_BROKEN;
	return model->modes[end].completion_mode ? PEN_STATUS_PIPE_EMPTY : PEN_STATUS_PENDING;
}

static void do_read(struct game *game, unsigned end, uint32_t n)
{
	const struct pen_channel_caller caller = { end, 1 };
	struct pen_channel_result result = { 0 };
	uint8_t *exact = malloc(n + 1); /* so that one byte too many is found */
	uint32_t status = pen_channel_read(&game->ends[end], &caller, exact, n, &result);
	uint32_t expected, information;

	if (!game->is_hostile && status != PEN_STATUS_INSUFFICIENT_RESOURCES) {
		expected = model_read_status(game->model, end);
		if (!expected) {
			expected =
				model_take(game->model, end, n, game->model->modes[end].read_mode,
					   game->bytes, &information);
			same(game, result.information == information &&
					   !memcmp(exact, game->bytes, information));
			model_settle(game->model, end);
		}
		same(game, status == expected);
	}
	if (status == PEN_STATUS_PENDING)
		begin(game, end, result.op, PEN_CHANNEL_READ, n);
	free(exact);
}

static void do_transact(struct game *game, unsigned end, uint32_t n)
{
	const struct pen_channel_caller caller = { end, 1 };
	struct pen_channel_result result = { 0 };
	uint8_t first = game->model->counter[end ^ 1];
	uint32_t status;

	for (uint32_t i = 0; i < n; i++)
		game->bytes[i] = (uint8_t)(first + i);
	status = pen_channel_transact(&game->ends[end], &caller, game->bytes, n, n, &result);
	if (game->is_hostile || status != PEN_STATUS_PENDING)
		return;
	same(game, game->model->modes[end].read_mode && !first_unread(game->model, end));
	model_append(game->model, end ^ 1, n);
	model_serve(game->model, end ^ 1);
	begin(game, end, result.op, PEN_CHANNEL_READ, n)->is_message = true;
}

static void do_peek(struct game *game, unsigned end, uint32_t n)
{
	struct pen_channel_peek peek = { 0 };
	uint8_t *exact = malloc(n + 1);
	uint32_t status = pen_channel_peek(&game->ends[end], end, exact, n, &peek);

	if (!status || status == PEN_STATUS_BUFFER_OVERFLOW)
		same(game, peek.available == unread(game->model, end));
	free(exact);
}

static void do_flush(struct game *game, unsigned end)
{
	const struct pen_channel_caller caller = { end, 1 };
	struct pen_channel_result result = { 0 };
	uint32_t status = pen_channel_flush(&game->ends[end], &caller, &result);

	if (status == PEN_STATUS_PENDING)
		begin(game, end, result.op, PEN_CHANNEL_FLUSH, 0)->upto =
			game->model->directions[end ^ 1].n;
	if (!status && game->model->state == PEN_CHANNEL_CONNECTED)
		same(game, !first_unread(game->model, end ^ 1));
}

static void do_fetch(struct game *game, unsigned end, unsigned op)
{
	struct outcome *o = &game->model->ops[end][op];
	struct pen_channel_result result = { 0 };
	uint8_t *exact;
	uint32_t status;

	if (!o->is_used && !game->is_hostile)
		return;
	exact = malloc(BYTES_MAX);
	status = pen_channel_fetch(&game->ends[end], end, op, exact, BYTES_MAX, &result);
	same(game, (status == PEN_STATUS_PENDING) == !o->is_done);
	if (o->is_done) {
		same(game, status == o->status && result.information == o->information);
		if (o->kind == PEN_CHANNEL_READ)
			same(game, !memcmp(exact, o->bytes, o->information));
		o->is_used = false;
	}
	free(exact);
}

static void do_cancel(struct game *game, unsigned end, unsigned op)
{
	struct outcome *o = &game->model->ops[end][op];
	uint32_t status;

	if (!o->is_used && !game->is_hostile)
		return;
	status = pen_channel_cancel(&game->ends[end], end, op);
	same(game, (status == PEN_STATUS_NOT_FOUND) == o->is_done);
	if (o->is_done || game->is_hostile)
		return;
	finish(o, PEN_STATUS_CANCELLED, 0);
	if (o->kind == PEN_CHANNEL_WRITE)
		model_drop(game->model, end, (int)op);
}

static void do_modes(struct game *game, unsigned end, unsigned bits)
{
	const struct pen_channel_modes modes = { bits & 1, bits >> 1 & 1 };

	if (!pen_channel_set_modes(&game->ends[end], end, &modes))
		game->model->modes[end] = modes;
}

static void do_end(struct game *game, unsigned end, unsigned how)
{
	if (how == 7 && !game->is_closed[end]) {
		game->is_closed[end] = true;
		pen_channel_close(&game->ends[end], end);
		model_close(game->model, end);
	} else if (how == 6 && !game->is_closed[PEN_CHANNEL_SERVER]) {
		pen_channel_disconnect(&game->ends[PEN_CHANNEL_SERVER]);
		game->model->state = PEN_CHANNEL_DISCONNECTED;
		for (unsigned e = 0; e < 2; e++) {
			model_end(game->model, e, PEN_STATUS_PIPE_DISCONNECTED);
			model_lose(game->model, e);
		}
	} else if (game->is_hostile) {
		pen_channel_forget(&game->ends[end], &(struct pen_channel_caller){ end, how });
	}
}

static void scribble(struct game *game, unsigned place, uint8_t value)
{
	uint8_t *block = (uint8_t *)game->block;

	if (place & 1 && game->rings[place >> 1 & 1][0])
		game->rings[place >> 1 & 1][0][place >> 2 & 255] = value;
	else
		block[(place >> 1) % offsetof(struct pen_channel_block, ops[0][2])] = value;
}

static void step(struct game *game, const uint8_t in[3])
{
	unsigned end = in[0] & 1;
	uint32_t n = in[1];

	if (game->is_closed[end] && !game->is_hostile)
		return;
	switch (in[0] >> 1 & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
		do_write(game, end, in[2] & 1 ? n * 4 : n & 15);
		break;
	case 4:
	case 5:
	case 6:
		do_read(game, end, in[2] & 1 ? n * 4 : n & 15);
		break;
	case 7:
		do_transact(game, end, n & 15);
		break;
	case 8:
		do_peek(game, end, n);
		break;
	case 9:
		do_flush(game, end);
		break;
	case 10:
	case 11:
		do_fetch(game, end, n % PEN_CHANNEL_OPS_MAX);
		break;
	case 12:
		do_cancel(game, end, n % PEN_CHANNEL_OPS_MAX);
		break;
	case 13:
		do_modes(game, end, n);
		break;
	case 14:
		do_end(game, end, n);
		break;
	default:
		if (game->is_hostile)
			scribble(game, n | (unsigned)in[0] >> 5 << 8, in[2]);
	}
}

static void fetch_all(struct game *game)
{
	for (unsigned end = 0; end < 2; end++)
		for (unsigned op = 0; op < PEN_CHANNEL_OPS_MAX; op++)
			do_fetch(game, end, op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct game *game = calloc(1, sizeof(*game));
	const struct pen_channel_memory memory = { game, ring, leave };
	struct model *model = game->model = calloc(1, sizeof(*model));

	if (size > 3) {
		model->config = (struct pen_channel_config){
			.is_message = data[0] & 2,
			.configuration = PEN_CHANNEL_DUPLEX,
			.quotas = { data[1], data[2] * 4U },
		};
		model->state = PEN_CHANNEL_CONNECTED;
		game->is_hostile = data[0] & 1;
		game->block = calloc(1, pen_channel_block_size());
		for (unsigned end = 0; end < 2; end++)
			pen_channel_init(&game->ends[end], game->block, &model->config, &memory);
		pen_channel_begin(&game->ends[0], false, false);
		pen_channel_connect(&game->ends[1]);
		for (size_t i = 3, n = 0; i + 3 <= size && n < STEPS_MAX; i += 3, n++)
			step(game, data + i);
		if (!game->is_hostile)
			fetch_all(game);
	}
	for (unsigned queue = 0; queue < 2; queue++)
		for (unsigned k = 0; k < PEN_CHANNEL_CLASSES; k++)
			free(game->rings[queue][k]);
	free(game->block);
	free(model);
	free(game);
	return 0;
}
