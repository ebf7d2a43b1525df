/* SPDX-License-Identifier: MIT */
/*
 * A Windows program, as its documents would have it, and nothing in it is ours: a server of
 * several instances of a pipe, overlapped, that gives each message back; and its client.
 *
 *	win32-echo serve NAME [CALLS]
 *	win32-echo call NAME TEXT
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCES 4
#define SIZE	  512

typedef struct {
	OVERLAPPED overlapped;
	HANDLE pipe;
	BOOL is_connected;
	char bytes[SIZE];
} INSTANCE;

static int fail(const char *what)
{
	LPSTR text = NULL;

	FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
			       FORMAT_MESSAGE_IGNORE_INSERTS,
		       NULL, GetLastError(), 0, (LPSTR)&text, 0, NULL);
	fprintf(stderr, "%s: %s", what, text ? text : "it fails\n");
	LocalFree(text);
	return 1;
}

/* Waits for a client, or finds that one has come; then there is no wait to be ended. */
static BOOL listen_at(INSTANCE *instance)
{
	instance->is_connected = FALSE;
	if (ConnectNamedPipe(instance->pipe, &instance->overlapped))
		return FALSE;
	if (GetLastError() == ERROR_PIPE_CONNECTED)
		return SetEvent(instance->overlapped.hEvent);
	return GetLastError() == ERROR_IO_PENDING;
}

static BOOL create_instance(INSTANCE *instance, const char *name)
{
	instance->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	instance->pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
					  PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
					  INSTANCES, SIZE, SIZE, 0, NULL);
	return instance->overlapped.hEvent && instance->pipe != INVALID_HANDLE_VALUE &&
	       listen_at(instance);
}

/* Writes the message that has come, and begins to read the next; at its end it listens again. */
static BOOL go_on(INSTANCE *instance)
{
	DWORD n;

	if (instance->is_connected) {
		if (!GetOverlappedResult(instance->pipe, &instance->overlapped, &n, FALSE) ||
		    !WriteFile(instance->pipe, instance->bytes, n, &n, NULL)) {
			DisconnectNamedPipe(instance->pipe);
			return listen_at(instance);
		}
	}
	instance->is_connected = TRUE;
	if (ReadFile(instance->pipe, instance->bytes, SIZE, NULL, &instance->overlapped) ||
	    GetLastError() == ERROR_IO_PENDING)
		return TRUE;
	DisconnectNamedPipe(instance->pipe);
	return listen_at(instance);
}

static int serve(const char *name, int calls)
{
	static INSTANCE instances[INSTANCES];
	HANDLE events[INSTANCES];

	for (int i = 0; i < INSTANCES; i++) {
		if (!create_instance(&instances[i], name))
			return fail("create");
		events[i] = instances[i].overlapped.hEvent;
	}
	printf("ready\n");
	fflush(stdout);
	while (calls) {
		DWORD i = WaitForMultipleObjects(INSTANCES, events, FALSE, INFINITE);
		BOOL was_connected;

		if (i >= INSTANCES)
			return fail("wait");
		was_connected = instances[i].is_connected;
		if (!go_on(&instances[i]))
			return fail("serve");
		calls -= was_connected && !instances[i].is_connected;
	}
	for (int i = 0; i < INSTANCES; i++) {
		CloseHandle(instances[i].pipe);
		CloseHandle(events[i]);
	}
	return 0;
}

static int call(const char *name, char *text)
{
	char answer[SIZE];
	DWORD n;

	if (!CallNamedPipeA(name, text, (DWORD)strlen(text), answer, SIZE, &n,
			    NMPWAIT_WAIT_FOREVER))
		return fail("call");
	printf("%.*s\n", (int)n, answer);
	return 0;
}

int main(int argc, char *argv[])
{
	char name[256];

	if (argc < 3)
		return 2;
	snprintf(name, sizeof(name), "\\\\.\\pipe\\%s", argv[2]);
	if (!strcmp(argv[1], "serve"))
		return serve(name, argc > 3 ? atoi(argv[3]) : -1);
	return argc > 3 ? call(name, argv[3]) : 2;
}
