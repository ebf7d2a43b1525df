/* SPDX-License-Identifier: MIT */
/*
 * In which order an operation's end is told: who sees a sign of it finds all that came before.
 */
#include "win32/test-pipes.h"

#include <sched.h>

enum { N_ROUNDS = 2000, N_WATCHERS = 3, SIZE = 5 };

/* A read that pends, with all that may tell of its end. */
struct watched {
	HANDLE server;
	HANDLE event; /* stays set until the next read */
	HANDLE port;
	OVERLAPPED overlapped;
	char bytes[8];
};

static bool is_filled(const struct watched *watched)
{
	const OVERLAPPED *overlapped = &watched->overlapped;

	return !__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE) &&
	       overlapped->InternalHigh == SIZE && !memcmp(watched->bytes, "hello", SIZE);
}

static bool sees_event(struct watched *watched)
{
	return WaitForSingleObject(watched->event, LONG_MS) == WAIT_OBJECT_0 && is_filled(watched);
}

/* It makes no call: what it sees is memory. */
static bool sees_block(struct watched *watched)
{
	for (unsigned i = 1;
	     __atomic_load_n(&watched->overlapped.Internal, __ATOMIC_ACQUIRE) == STATUS_PENDING;
	     i++)
		if (i % 1000 == 0)
			sched_yield();
	return is_filled(watched);
}

static bool sees_packet(struct watched *watched)
{
	OVERLAPPED *overlapped;
	ULONG_PTR key;
	DWORD n;

	return GetQueuedCompletionStatus(watched->port, &n, &key, &overlapped, LONG_MS) &&
	       n == SIZE && is_filled(watched) &&
	       WaitForSingleObject(watched->event, 0) == WAIT_OBJECT_0;
}

struct watcher {
	bool (*sees)(struct watched *watched);
	struct watched *watched;
	HANDLE go, seen, thread;
	unsigned n_wrong;
};

static DWORD WINAPI watch(LPVOID pointer)
{
	struct watcher *watcher = pointer;

	for (int i = 0; i < N_ROUNDS; i++) {
		WaitForSingleObject(watcher->go, LONG_MS);
		watcher->n_wrong += !watcher->sees(watcher->watched);
		SetEvent(watcher->seen);
	}
	return 0;
}

/* A2: the block, then the event, then the packet, whoever looks, and whenever. */
static void test_block_event_packet(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	struct watched watched = { .server = ends.server };
	struct watcher watchers[N_WATCHERS] = { { sees_event }, { sees_block }, { sees_packet } };
	HANDLE seen[N_WATCHERS];
	DWORD n;

	watched.event = CreateEventA(NULL, TRUE, FALSE, NULL);
	watched.port = CreateIoCompletionPort(ends.server, NULL, 5, 0);
	for (int i = 0; i < N_WATCHERS; i++) {
		watchers[i].watched = &watched;
		watchers[i].go = CreateEventA(NULL, FALSE, FALSE, NULL);
		watchers[i].seen = seen[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
		watchers[i].thread = CreateThread(NULL, 0, watch, &watchers[i], 0, NULL);
	}
	for (int i = 0; i < N_ROUNDS; i++) {
		watched.overlapped = (OVERLAPPED){ .InternalHigh = 77, .hEvent = watched.event };
		memset(watched.bytes, 0, sizeof(watched.bytes));
		assert_false(ReadFile(ends.server, watched.bytes, 8, NULL, &watched.overlapped));
		for (int j = 0; j < N_WATCHERS; j++)
			SetEvent(watchers[j].go);
		assert_true(WriteFile(ends.client, "hello", SIZE, &n, NULL));
		assert_int_equal(WaitForMultipleObjects(N_WATCHERS, seen, TRUE, LONG_MS), 0);
	}
	for (int i = 0; i < N_WATCHERS; i++) {
		assert_int_equal(WaitForSingleObject(watchers[i].thread, LONG_MS), 0);
		assert_int_equal(watchers[i].n_wrong, 0);
		CloseHandle(watchers[i].thread);
		CloseHandle(watchers[i].go);
		CloseHandle(watchers[i].seen);
	}
	CloseHandle(watched.port);
	CloseHandle(watched.event);
	ends_close(&ends);
}

struct routine_seen {
	struct watched *watched;
	HANDLE signaled; /* by then */
	unsigned n_right;
};

static VOID NTAPI on_end(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
	struct routine_seen *seen = context;

	seen->n_right +=
		is_filled(seen->watched) && WaitForSingleObject(seen->signaled, 0) == WAIT_OBJECT_0;
}

/* A2: the block, then the event, or else the handle, then the APC. */
static void test_block_handle_apc(void **state)
{
	struct ends ends = ends_open(MESSAGES, FILE_FLAG_OVERLAPPED, 0);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	struct watched watched = { .server = ends.server };
	struct routine_seen seen = { .watched = &watched };
	DWORD n;

	for (unsigned i = 0; i < N_ROUNDS; i++) {
		bool has_event = i & 1;

		seen.signaled = has_event ? event : ends.server;
		watched.overlapped = (OVERLAPPED){ .Internal = STATUS_PENDING };
		assert_int_equal(NtReadFile(ends.server, has_event ? event : NULL, on_end, &seen,
					    (PIO_STATUS_BLOCK)&watched.overlapped, watched.bytes, 8,
					    NULL, NULL),
				 STATUS_PENDING);
		assert_true(WriteFile(ends.client, "hello", SIZE, &n, NULL));
		assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
		assert_int_equal(seen.n_right, i + 1);
	}
	CloseHandle(event);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_event_packet),
		cmocka_unit_test(test_block_handle_apc),
	};

	return cmocka_run_group_tests(tests, pipes_begin, pipes_end);
}
