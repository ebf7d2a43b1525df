/* SPDX-License-Identifier: MIT */
#ifndef PEN_PIPE_TEST_CHANNEL_H
#define PEN_PIPE_TEST_CHANNEL_H
/* A channel in memory, with a view at each end. */
#include "pipe/channel-block.h"
#include "support/unit.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum { SRV = PEN_CHANNEL_SERVER, CLI = PEN_CHANNEL_CLIENT };

struct rig {
	struct pen_channel ends[2];
	void *block;
	uint8_t *rings[2][PEN_CHANNEL_CLASSES];
	unsigned ring_class_max; /* a ring above this is not to be had */
};

static inline uint8_t *rig_ring(void *data, unsigned queue, unsigned size_class)
{
	struct rig *rig = data;
	uint8_t **ring = &rig->rings[queue][size_class];

	if (!*ring && size_class <= rig->ring_class_max)
		*ring = test_calloc(
			1, pen_channel_ring_size(&rig->ends[SRV].config, queue, size_class));
	return *ring;
}

static inline void rig_leave(void *data, unsigned queue, unsigned size_class)
{
	struct rig *rig = data;

	test_free(rig->rings[queue][size_class]);
	rig->rings[queue][size_class] = NULL;
}

static inline void rig_listen(struct rig *rig, const struct pen_channel_config *config)
{
	const struct pen_channel_memory memory = { rig, rig_ring, rig_leave };

	*rig = (struct rig){ .ring_class_max = PEN_CHANNEL_CLASSES };
	rig->block = test_calloc(1, pen_channel_block_size());
	for (int i = 0; i < 2; i++)
		pen_channel_init(&rig->ends[i], rig->block, config, &memory);
	pen_channel_begin(&rig->ends[SRV], config->is_message, false);
}

static inline void rig_done(struct rig *rig)
{
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < PEN_CHANNEL_CLASSES; k++)
			if (rig->rings[i][k])
				rig_leave(rig, i, k);
	test_free(rig->block);
}

/* Connected, duplex; the client's end in message mode too, on a message pipe. */
static inline void rig_connect(struct rig *rig, bool is_message, uint32_t quota)
{
	const struct pen_channel_config config = { .is_message = is_message,
						   .configuration = PEN_CHANNEL_DUPLEX,
						   .quotas = { quota, quota } };

	rig_listen(rig, &config);
	assert_int_equal(pen_channel_connect(&rig->ends[CLI]), PEN_STATUS_SUCCESS);
	if (is_message)
		assert_int_equal(pen_channel_set_modes(&rig->ends[CLI], CLI,
						       &(struct pen_channel_modes){ 1, 0 }),
				 PEN_STATUS_SUCCESS);
}

static inline void rig_set_modes(struct rig *rig, unsigned end, uint32_t read_mode,
				 uint32_t completion_mode)
{
	assert_int_equal(
		pen_channel_set_modes(&rig->ends[end], end,
				      &(struct pen_channel_modes){ read_mode, completion_mode }),
		PEN_STATUS_SUCCESS);
}

/* ---- one line an operation ---- */

static inline uint32_t rig_write(struct rig *rig, unsigned end, const char *text,
				 struct pen_channel_result *result)
{
	return pen_channel_write(&rig->ends[end], &(struct pen_channel_caller){ end, 1, 0 }, text,
				 (uint32_t)strlen(text), result);
}

/* It is done, and all of it. */
static inline void rig_put(struct rig *rig, unsigned end, const char *text)
{
	struct pen_channel_result result;

	assert_int_equal(rig_write(rig, end, text, &result), PEN_STATUS_SUCCESS);
	assert_int_equal(result.information, strlen(text));
}

/* It has to wait. */
static inline unsigned rig_put_waits(struct rig *rig, unsigned end, const char *text)
{
	struct pen_channel_result result;

	assert_int_equal(rig_write(rig, end, text, &result), PEN_STATUS_PENDING);
	return result.op;
}

/* A read of n bytes returns that, and those bytes. */
static inline void rig_get(struct rig *rig, unsigned end, uint32_t n, uint32_t status,
			   const char *text)
{
	struct pen_channel_result result = { 0 };
	char *bytes = test_calloc(1, n + 1);

	assert_int_equal(pen_channel_read(&rig->ends[end],
					  &(struct pen_channel_caller){ end, 1, 0 }, bytes, n,
					  &result),
			 status);
	assert_string_equal(bytes, text);
	assert_int_equal(result.information, strlen(text));
	test_free(bytes);
}

static inline unsigned rig_get_waits(struct rig *rig, unsigned end, uint32_t n)
{
	struct pen_channel_result result;

	assert_int_equal(pen_channel_read(&rig->ends[end],
					  &(struct pen_channel_caller){ end, 1, 0 }, NULL, n,
					  &result),
			 PEN_STATUS_PENDING);
	return result.op;
}

/* What waited has come to that; of a read, with those bytes. */
static inline void rig_fetch(struct rig *rig, unsigned end, unsigned op, uint32_t status,
			     const char *text, uint32_t information)
{
	struct pen_channel_result result = { 0 };
	char bytes[256] = "";

	assert_int_equal(
		pen_channel_fetch(&rig->ends[end], end, op, bytes, sizeof(bytes) - 1, &result),
		status);
	assert_string_equal(bytes, text);
	if (status != PEN_STATUS_PENDING)
		assert_int_equal(result.information, information);
}

static inline void rig_fetch_text(struct rig *rig, unsigned end, unsigned op, uint32_t status,
				  const char *text)
{
	rig_fetch(rig, end, op, status, text, (uint32_t)strlen(text));
}

static inline void rig_still_waits(struct rig *rig, unsigned end, unsigned op)
{
	rig_fetch(rig, end, op, PEN_STATUS_PENDING, "", 0);
}

#endif
