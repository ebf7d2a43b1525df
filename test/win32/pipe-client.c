/* SPDX-License-Identifier: MIT */
/*
 * A pipe client as Windows programs write them: it opens a pipe, waiting while all instances
 * are busy, makes the handle read messages, and talks by WriteFile and ReadFile, by
 * TransactNamedPipe and by CallNamedPipe. It says what came of each call.
 *
 *	pipe-client NAME
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define INSTANCES 3 /* the server's */

static const char *name;

static void say(const char *what, BOOL ok, DWORD n)
{
	DWORD error = ok ? 0 : GetLastError();

	printf("%s: %s, error %lu, %lu bytes\n", what, ok ? "yes" : "no", (unsigned long)error,
	       (unsigned long)n);
}

/* Waits for the server to begin, then for an instance. */
static HANDLE open_pipe(void)
{
	for (int i = 0; i < 3000; i++) {
		HANDLE pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
					  OPEN_EXISTING, 0, NULL);

		if (pipe != INVALID_HANDLE_VALUE)
			return pipe;
		if (GetLastError() == ERROR_FILE_NOT_FOUND)
			Sleep(10);
		else if (GetLastError() != ERROR_PIPE_BUSY)
			break;
		else if (!WaitNamedPipeA(name, 20000))
			break;
	}
	return INVALID_HANDLE_VALUE;
}

static HANDLE open_messages(void)
{
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
	HANDLE pipe = open_pipe();

	if (pipe == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
		fprintf(stderr, "no pipe: error %lu\n", (unsigned long)GetLastError());
		ExitProcess(1);
	}
	return pipe;
}

/* Reads one message in parts of 10 bytes. */
static void read_message(HANDLE pipe)
{
	char part[11];
	DWORD n = 0;
	BOOL ok;

	do {
		ok = ReadFile(pipe, part, 10, &n, NULL);
		part[n] = 0;
		say("read", ok, n);
		printf("  '%s'\n", part);
	} while (!ok && GetLastError() == ERROR_MORE_DATA);
}

static void write_and_read(void)
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";
	HANDLE pipe = open_messages();
	char big[300];
	DWORD n = 0;
	BOOL ok;

	ok = WriteFile(pipe, text, (DWORD)strlen(text), &n, NULL);
	say("write", ok, n);
	read_message(pipe);
	memset(big, 'b', sizeof(big));
	ok = WriteFile(pipe, big, sizeof(big), &n, NULL);
	say("write of several parts", ok, n);
	ok = ReadFile(pipe, big, sizeof(big), &n, NULL);
	say("read of all of it", ok, n);
	printf("  '%.3s...%.3s'\n", big, big + sizeof(big) - 3);
	ok = WriteFile(pipe, text, 0, &n, NULL);
	say("empty write", ok, n);
	ok = ReadFile(pipe, big, sizeof(big), &n, NULL);
	say("empty read", ok, n);
	CloseHandle(pipe);
}

static void transact(void)
{
	HANDLE pipe = open_messages();
	char reply[100];
	DWORD n = 0;
	BOOL ok;

	ok = TransactNamedPipe(pipe, "a question", 10, reply, sizeof(reply), &n, NULL);
	say("transact", ok, n);
	printf("  '%.*s'\n", (int)n, reply);
	ok = TransactNamedPipe(pipe, "a longer question", 17, reply, 8, &n, NULL);
	say("transact, little room", ok, n);
	printf("  '%.*s'\n", (int)n, reply);
	read_message(pipe);
	CloseHandle(pipe);
}

static void call(void)
{
	char reply[100];
	DWORD n = 0;
	BOOL ok;

	ok = CallNamedPipeA(name, (void *)"a call", 6, reply, sizeof(reply), &n,
			    NMPWAIT_WAIT_FOREVER);
	say("call", ok, n);
	printf("  '%.*s'\n", (int)n, reply);
	ok = CallNamedPipeA(name, (void *)"a longer call", 13, reply, 5, &n,
			    NMPWAIT_USE_DEFAULT_WAIT);
	say("call, little room", ok, 0);
	printf("  '%.*s'\n", 5, reply);
}

/* Takes all instances, and gives one back. */
static void fill(void)
{
	HANDLE pipes[INSTANCES], pipe;
	char none[200];
	DWORD n = 0;
	BOOL ok;

	for (int i = 0; i < INSTANCES; i++) {
		pipes[i] = open_messages();
		ok = TransactNamedPipe(pipes[i], "x", 1, none, 1, &n, NULL);
		say("one of all", ok, n);
	}
	pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	say("one more", pipe != INVALID_HANDLE_VALUE, 0);
	say("wait", WaitNamedPipeA(name, 20), 0);
	say("wait as the pipe says", WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT), 0);
	CloseHandle(pipes[1]);
	say("wait for the free one", WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER), 0);
	pipes[1] = open_messages();
	ok = TransactNamedPipe(pipes[1], "y", 1, none, 1, &n, NULL);
	say("the free one", ok, n);
	for (int i = 0; i < INSTANCES; i++)
		CloseHandle(pipes[i]);
	snprintf(none, sizeof(none), "%s-none", name);
	say("wait for none", WaitNamedPipeA(none, NMPWAIT_WAIT_FOREVER), 0);
	pipe = CreateFileA(none, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	say("open none", pipe != INVALID_HANDLE_VALUE, 0);
}

static void stop(void)
{
	HANDLE pipe = open_messages();
	char reply[8];
	DWORD n = 0;
	BOOL ok = TransactNamedPipe(pipe, "stop", 4, reply, sizeof(reply), &n, NULL);

	say("stop", ok, n);
	ok = ReadFile(pipe, reply, sizeof(reply), &n, NULL);
	say("after the end", ok, n);
	ok = WriteFile(pipe, "x", 1, &n, NULL);
	say("after the end, write", ok, n);
	CloseHandle(pipe);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	name = argv[1];
	write_and_read();
	transact();
	call();
	fill();
	stop();
	return 0;
}
