/* SPDX-License-Identifier: MIT */
/* What reads as an order or a report is sent again, and reads again as the same bytes. */
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pen_layout layout = { .transfer = PEN_NDR };
static uint8_t room[worker_LETTER_MAX];

/* The bytes that value has; where they are sent they come as the same. */
static void write_again(const struct pen_type *type, const void *value, struct pen_buffer *bytes)
{
	if (pen_ndr_put(type, layout, NULL, value, bytes, NULL))
		abort();
}

static void same(const struct pen_buffer *first, const struct pen_buffer *second)
{
	if (first->size != second->size || memcmp(first->data, second->data, first->size) != 0)
		abort();
}

static void try_order(int ends[2], const uint8_t *data, size_t size, struct pen_arena *arena)
{
	struct pen_buffer first = { 0 }, second = { 0 }, scratch = { 0 };
	struct worker_order order, again;
	struct pen_token *token;
	int fd;

	if (send(ends[0], data, size, MSG_DONTWAIT) < 0)
		return;
	/* Where a descriptor belongs there is none: the value is tried, whatever is said of it. */
	(void)pen_worker_receive_order(ends[1], &order, &fd, room, arena);
	if (fd >= 0)
		abort();
	memset(&order, 0, sizeof(order));
	if (pen_ndr_get(&worker_order_type, layout, NULL, data, size, &order, arena, NULL, NULL))
		return;
	write_again(&worker_order_type, &order, &first);
	bool has_fd = order.verb == worker_GREET || order.verb == worker_ARRIVE ||
		      order.verb == worker_AUTHORITY || order.verb == worker_CLIENT ||
		      order.verb == worker_RELAY || order.verb == worker_TRACE ||
		      (order.verb == worker_POLICY && order.body.policy.has_record) ||
		      (order.verb == worker_HELLO && order.body.hello.has_authority);
	if (pen_worker_send_order(ends[0], &order, has_fd ? STDIN_FILENO : -1, &scratch))
		abort();
	if (pen_worker_receive_order(ends[1], &again, &fd, room, arena) || (fd >= 0) != has_fd)
		abort();
	if (fd >= 0)
		close(fd);
	write_again(&worker_order_type, &again, &second);
	same(&first, &second);
	if (again.verb == worker_ARRIVE && !pen_letter_to_token(&token, &again.body.arrival.token))
		pen_token_free(token);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_buffer_done(&scratch);
}

static void try_report(int ends[2], const uint8_t *data, size_t size, struct pen_arena *arena)
{
	struct pen_buffer first = { 0 }, second = { 0 }, scratch = { 0 };
	struct worker_report report, again;
	int fd;

	if (send(ends[1], data, size, MSG_DONTWAIT) < 0)
		return;
	(void)pen_worker_receive_report(ends[0], &report, &fd, room, arena);
	if (fd >= 0)
		abort();
	memset(&report, 0, sizeof(report));
	if (pen_ndr_get(&worker_report_type, layout, NULL, data, size, &report, arena, NULL, NULL))
		return;
	write_again(&worker_report_type, &report, &first);
	bool has_fd = report.verb == worker_GUEST || report.verb == worker_VISIT;
	if (pen_worker_send_report(ends[1], &report, has_fd ? STDIN_FILENO : -1, &scratch))
		abort();
	if (pen_worker_receive_report(ends[0], &again, &fd, room, arena) || (fd >= 0) != has_fd)
		abort();
	if (fd >= 0)
		close(fd);
	write_again(&worker_report_type, &again, &second);
	same(&first, &second);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_buffer_done(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ends[2] = { -1, -1 };
	struct pen_arena arena;

	if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		abort();
	if (!size)
		return 0;
	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	try_order(ends, data, size, &arena);
	pen_arena_reset(&arena);
	try_report(ends, data, size, &arena);
	pen_arena_done(&arena);
	return 0;
}
