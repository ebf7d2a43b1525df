/* SPDX-License-Identifier: MIT */
/*
 * A process dies between two stores, at each place where one can. What the others see is as
 * if it had died before its operation, or after it: what they wait for has come to the same,
 * and the same is left to read.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

static unsigned crash_after; /* stores; 0: never */
static jmp_buf crashed;

static void count_store(void)
{
	if (crash_after && !--crash_after)
		longjmp(crashed, 1);
}

#define STORE(x, y) (__atomic_store_n(&(x), (y), __ATOMIC_RELEASE), count_store())

#include "pipe/channel-io.c"
#include "pipe/channel-op.c"
#include "pipe/channel-queue.c"
#include "pipe/channel.c"

#include "pipe/test-channel.h"
#include <stdio.h>

enum { OTHERS = 1, VICTIM = 2 }; /* holders */

/* ---- states, and what can be seen of them ---- */

static void copy_rig(struct rig *to, const struct rig *from)
{
	const struct pen_channel_memory memory = { to, rig_ring, rig_leave };

	*to = (struct rig){ .ring_class_max = PEN_CHANNEL_CLASSES };
	to->block = test_malloc(pen_channel_block_size());
	memcpy(to->block, from->block, pen_channel_block_size());
	for (unsigned end = 0; end < 2; end++)
		pen_channel_init(&to->ends[end], to->block, &from->ends[end].config, &memory);
	for (unsigned queue = 0; queue < 2; queue++)
		for (unsigned k = 0; k < PEN_CHANNEL_CLASSES; k++)
			if (from->rings[queue][k])
				memcpy(rig_ring(to, queue, k), from->rings[queue][k],
				       pen_channel_ring_size(&from->ends[0].config, queue, k));
}

struct seen {
	size_t n;
	uint8_t bytes[65536];
};

static void see(struct seen *seen, const void *bytes, size_t n)
{
	assert_true(n <= sizeof(seen->bytes) - seen->n);
	memcpy(seen->bytes + seen->n, bytes, n);
	seen->n += n;
}

static void see_number(struct seen *seen, uint32_t number)
{
	see(seen, &number, sizeof(number));
}

/* What the others' operations have come to; the holder of a done one is still known. */
static void see_ops(struct rig *rig, unsigned end, struct seen *seen)
{
	struct pen_channel_end *shared = &rig->ends[end].block->ends[end];

	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++) {
		struct pen_channel_result result = { 0 };
		uint8_t bytes[1024] = { 0 };
		uint32_t status;

		if (!(shared->used >> i & 1) ||
		    pen_channel_op(&rig->ends[end], end, i)->holder != OTHERS)
			continue;
		status = pen_channel_fetch(&rig->ends[end], end, i, bytes, sizeof(bytes), &result);
		see_number(seen, i);
		see_number(seen, status);
		if (status == PEN_STATUS_PENDING)
			continue;
		see_number(seen, result.information);
		if (!status || status == PEN_STATUS_BUFFER_OVERFLOW)
			see(seen, bytes,
			    result.information < sizeof(bytes) ? result.information : 0);
	}
}

static void see_rest(struct rig *rig, unsigned end, struct seen *seen)
{
	const struct pen_channel_caller caller = { end, OTHERS };
	struct pen_channel_info info = { 0 };
	struct pen_channel_result result;
	uint8_t bytes[1024];
	uint32_t status;

	pen_channel_get_info(&rig->ends[end], end, &info);
	see(seen, &info, offsetof(struct pen_channel_info, has_read));
	do {
		result = (struct pen_channel_result){ 0 };
		status = pen_channel_read(&rig->ends[end], &caller, bytes, sizeof(bytes), &result);
		see_number(seen, status);
		see(seen, bytes, status ? 0 : result.information);
	} while (!status);
}

/* ---- operations ---- */

struct deed {
	unsigned kind, end;
	uint32_t holder, n;
	bool is_last; /* of its end's processes */
};

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static struct deed any_deed(uint32_t *state, uint32_t holder)
{
	return (struct deed){ next(state) % 16, next(state) & 1, holder, next(state) % 12, false };
}

static void cancel_some(struct rig *rig, const struct deed *deed)
{
	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (rig->ends[0].block->ends[deed->end].used >> i & 1 &&
		    pen_channel_op(&rig->ends[deed->end], deed->end, i)->holder == deed->holder) {
			pen_channel_cancel(&rig->ends[deed->end], deed->end, i);
			return;
		}
}

static void fetch_some(struct rig *rig, const struct deed *deed)
{
	struct pen_channel_result result;
	uint8_t bytes[1024];

	for (unsigned i = 0; i < PEN_CHANNEL_OPS_MAX; i++)
		if (rig->ends[0].block->ends[deed->end].used >> i & 1 &&
		    pen_channel_op(&rig->ends[deed->end], deed->end, i)->holder == deed->holder &&
		    pen_channel_fetch(&rig->ends[deed->end], deed->end, i, bytes, sizeof(bytes),
				      &result) != PEN_STATUS_PENDING)
			return;
}

static void do_deed(struct rig *rig, const struct deed *deed)
{
	struct pen_channel *channel = &rig->ends[deed->end];
	const struct pen_channel_caller caller = { deed->end, deed->holder };
	struct pen_channel_result result;
	uint8_t bytes[1024];

	memset(bytes, 'a' + (int)deed->n, sizeof(bytes));
	switch (deed->kind) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		pen_channel_write(channel, &caller, bytes, deed->n, &result);
		break;
	case 5:
	case 6:
	case 7:
		pen_channel_read(channel, &caller, bytes, deed->n, &result);
		break;
	case 8:
		pen_channel_flush(channel, &caller, &result);
		break;
	case 9:
		pen_channel_transact(channel, &caller, bytes, deed->n, deed->n, &result);
		break;
	case 10:
	case 11:
		cancel_some(rig, deed);
		break;
	case 12:
		fetch_some(rig, deed);
		break;
	case 13:
		pen_channel_set_modes(channel, deed->end,
				      &(struct pen_channel_modes){ deed->n & 1, deed->n >> 3 & 1 });
		break;
	case 14:
		pen_channel_write(channel, &caller, bytes, deed->n * 60, &result);
		break;
	default:
		if (deed->holder == VICTIM && deed->end == PEN_CHANNEL_SERVER && deed->n < 4)
			pen_channel_disconnect(channel);
		else if (deed->is_last)
			pen_channel_close(channel, deed->end);
	}
}

/* ---- */

static void go(struct rig *rig, const struct deed *deed)
{
	if (deed->is_last)
		pen_channel_close(&rig->ends[deed->end ^ 1], deed->end);
	else
		pen_channel_forget(&rig->ends[deed->end ^ 1],
				   &(struct pen_channel_caller){ deed->end, VICTIM });
}

static void look(struct rig *rig, const struct deed *deed, struct seen *seen)
{
	seen->n = 0;
	go(rig, deed);
	for (unsigned end = 0; end < 2; end++) {
		if (deed->is_last && end == deed->end)
			continue;
		see_ops(rig, end, seen);
		see_rest(rig, end, seen);
	}
}

/* With the operation done (a whole), or without (not at all). */
static void foresee(const struct rig *rig, const struct deed *deed, bool is_done, struct seen *seen)
{
	struct rig copy;

	copy_rig(&copy, rig);
	if (is_done)
		do_deed(&copy, deed);
	look(&copy, deed, seen);
	rig_done(&copy);
}

static bool is_same(const struct seen *a, const struct seen *b)
{
	return a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
}

/* Dies at the k-th store; false: there are not as many. */
static bool die(const struct rig *rig, const struct deed *deed, unsigned k, struct seen *seen)
{
	static struct rig copy;
	static bool has_died;

	copy_rig(&copy, rig);
	has_died = false;
	if (!setjmp(crashed)) {
		crash_after = k;
		do_deed(&copy, deed);
	} else {
		has_died = true;
	}
	crash_after = 0;
	if (has_died) {
		pen_channel_recover(&copy.ends[deed->end ^ 1]);
		assert_false(copy.ends[deed->end ^ 1].is_spoilt);
		look(&copy, deed, seen);
	}
	rig_done(&copy);
	return has_died;
}

static unsigned die_everywhere(const struct rig *rig, const struct deed *deed)
{
	static struct seen before, after, now;
	unsigned k = 0;

	foresee(rig, deed, false, &before);
	foresee(rig, deed, true, &after);
	while (die(rig, deed, k + 1, &now)) {
		k++;
		if (!is_same(&now, &before) && !is_same(&now, &after))
			fail_msg("kind %u at end %u, store %u", deed->kind, deed->end, k);
	}
	return k;
}

static void test_crashes(void **state)
{
	uint32_t random = 1;
	unsigned n_crashes = 0;

	for (unsigned round = 0; round < (getenv("PEN_TEST_ALL") ? 20000U : 400U); round++) {
		struct rig rig;
		unsigned n_steps = next(&random) % 24;

		rig_connect(&rig, next(&random) & 1, next(&random) % 20);
		for (unsigned i = 0; i < n_steps; i++) {
			struct deed deed = any_deed(&random, next(&random) & 1 ? OTHERS : VICTIM);

			if (deed.kind < 15)
				do_deed(&rig, &deed);
		}
		for (unsigned i = 0; i < 8; i++) {
			struct deed deed = any_deed(&random, VICTIM);

			deed.is_last = i & 1;
			n_crashes += die_everywhere(&rig, &deed);
		}
		rig_done(&rig);
	}
	assert_true(n_crashes > 1000);
	printf("%u deaths\n", n_crashes);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_crashes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
