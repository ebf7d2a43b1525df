/* SPDX-License-Identifier: MIT */
/*
 * A pipe server as Windows programs write them: several instances, each with an event, one
 * thread that waits for all of them, overlapped calls. It answers each message by the same
 * text in capitals, until it is told "stop", and then says what it has heard of each client,
 * in the order of the alphabet: which instance serves whom is left to chance.
 *
 *	pipe-server NAME
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define INSTANCES 3
#define PART	  64   /* of a message, that one read takes */
#define MESSAGE	  1024 /* the longest */
#define CLIENTS	  32
#define JOURNAL	  256

enum state { CONNECTING, READING, WRITING };

struct instance {
	HANDLE pipe;
	OVERLAPPED overlapped;
	enum state state;
	BOOL pending;
	char text[MESSAGE];
	DWORD length;
	char *journal; /* of its client */
};

static struct instance instances[INSTANCES];
static char journals[CLIENTS][JOURNAL];
static int clients;

static void note(struct instance *it, const char *what, DWORD value)
{
	size_t used;

	if (!it->journal)
		it->journal = journals[clients < CLIENTS - 1 ? clients++ : clients];
	used = strlen(it->journal);
	snprintf(it->journal + used, JOURNAL - used, " %s %lu", what, (unsigned long)value);
}

static int fail(const char *what)
{
	fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
	return 1;
}

/* Begins to wait for a client. */
static BOOL connect_instance(struct instance *it)
{
	it->state = CONNECTING;
	it->pending = FALSE;
	it->length = 0;
	if (ConnectNamedPipe(it->pipe, &it->overlapped)) {
		SetLastError(ERROR_INVALID_DATA); /* overlapped, it never succeeds at once */
		return FALSE;
	}
	switch (GetLastError()) {
	case ERROR_IO_PENDING:
		it->pending = TRUE;
		return TRUE;
	case ERROR_PIPE_CONNECTED: /* there already; the event is ours to set */
		return SetEvent(it->overlapped.hEvent);
	case ERROR_NO_DATA: /* there, and gone again */
		return DisconnectNamedPipe(it->pipe) && connect_instance(it);
	default:
		return FALSE;
	}
}

static BOOL reconnect(struct instance *it, DWORD why)
{
	note(it, "gone", why);
	it->journal = NULL;
	return DisconnectNamedPipe(it->pipe) && connect_instance(it);
}

static void make_capitals(struct instance *it)
{
	for (DWORD i = 0; i < it->length; i++)
		if (it->text[i] >= 'a' && it->text[i] <= 'z')
			it->text[i] = (char)(it->text[i] - 'a' + 'A');
}

static BOOL begin_read(struct instance *it)
{
	it->state = READING;
	it->pending = TRUE;
	if (ReadFile(it->pipe, it->text + it->length, PART, NULL, &it->overlapped))
		return TRUE;
	switch (GetLastError()) {
	case ERROR_IO_PENDING:
		return TRUE;
	case ERROR_MORE_DATA: /* done at once; the event is set by hand, to come back here */
		return SetEvent(it->overlapped.hEvent);
	default:
		return reconnect(it, GetLastError());
	}
}

static BOOL begin_write(struct instance *it)
{
	it->state = WRITING;
	it->pending = TRUE;
	if (WriteFile(it->pipe, it->text, it->length, NULL, &it->overlapped) ||
	    GetLastError() == ERROR_IO_PENDING)
		return TRUE;
	return reconnect(it, GetLastError());
}

/* What an instance waited for is there. */
static BOOL step(struct instance *it, BOOL *stop)
{
	DWORD n = 0, error = 0;

	if (it->pending && !GetOverlappedResult(it->pipe, &it->overlapped, &n, FALSE))
		error = GetLastError();
	switch (it->state) {
	case CONNECTING:
		if (error)
			return reconnect(it, error);
		return begin_read(it);
	case READING:
		if (error && error != ERROR_MORE_DATA)
			return reconnect(it, error);
		it->length += n;
		note(it, error ? "part" : "read", n);
		if (error)
			return it->length + PART > MESSAGE ? reconnect(it, error) : begin_read(it);
		if (it->length == 4 && memcmp(it->text, "stop", 4) == 0)
			*stop = TRUE;
		make_capitals(it);
		return begin_write(it);
	default:
		if (error)
			return reconnect(it, error);
		note(it, "written", n);
		it->length = 0;
		return begin_read(it);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Told to stop, it waits until it has answered that, and all others are gone. */
static BOOL is_over(BOOL stop)
{
	int n = 0;

	for (int i = 0; i < INSTANCES; i++)
		n += instances[i].state == CONNECTING;
	for (int i = 0; i < INSTANCES; i++)
		if (instances[i].state == WRITING)
			return FALSE;
	return stop && n >= INSTANCES - 1;
}

int main(int argc, char **argv)
{
	HANDLE events[INSTANCES];
	BOOL stop = FALSE;

	if (argc < 2)
		return fail("no name");
	for (int i = 0; i < INSTANCES; i++) {
		struct instance *it = &instances[i];

		events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
		if (!events[i])
			return fail("CreateEvent");
		it->overlapped.hEvent = events[i];
		it->pipe = CreateNamedPipeA(argv[1], PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
					    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
					    INSTANCES, 4096, 4096, 200, NULL);
		if (it->pipe == INVALID_HANDLE_VALUE)
			return fail("CreateNamedPipe");
		if (!connect_instance(it))
			return fail("ConnectNamedPipe");
	}
	while (!is_over(stop)) {
		DWORD which = WaitForMultipleObjects(INSTANCES, events, FALSE, 60000);

		if (which >= WAIT_OBJECT_0 + INSTANCES)
			return fail("WaitForMultipleObjects");
		ResetEvent(events[which - WAIT_OBJECT_0]);
		if (!step(&instances[which - WAIT_OBJECT_0], &stop))
			return fail("an instance");
	}
	for (int i = 0; i < INSTANCES; i++) {
		FlushFileBuffers(instances[i].pipe);
		CloseHandle(instances[i].pipe);
		CloseHandle(events[i]);
	}
	qsort(journals, (size_t)clients, JOURNAL, compare);
	for (int i = 0; i < clients; i++)
		printf("client:%s\n", journals[i]);
	return 0;
}
