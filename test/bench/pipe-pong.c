/* SPDX-License-Identifier: MIT */
/*
 * What bench-pipe measures, as a Windows program: blocking calls between two processes.
 *
 *	pipe-pong server NAME SIZE		until its client is gone
 *	pipe-pong client NAME SIZE SECONDS	rounds a second, or of 64 KiB MiB a second one way
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define LARGE 65536

static char bytes[LARGE];

static int serve(const char *name, DWORD size)
{
	HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX,
				       PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4 * LARGE,
				       4 * LARGE, 0, NULL);
	DWORD n;

	if (pipe == INVALID_HANDLE_VALUE ||
	    (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED))
		return 1;
	while (ReadFile(pipe, bytes, size, &n, NULL))
		if (size < LARGE && !WriteFile(pipe, bytes, size, &n, NULL))
			break;
	CloseHandle(pipe);
	return 0;
}

static HANDLE open_pipe(const char *name)
{
	DWORD mode = PIPE_READMODE_MESSAGE;
	HANDLE pipe = INVALID_HANDLE_VALUE;

	for (int i = 0; i < 1000 && pipe == INVALID_HANDLE_VALUE; i++) {
		pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
				   NULL);
		if (pipe == INVALID_HANDLE_VALUE)
			Sleep(10);
	}
	SetNamedPipeHandleState(pipe, &mode, NULL, NULL);
	return pipe;
}

static int drive(const char *name, DWORD size, double seconds)
{
	HANDLE pipe = open_pipe(name);
	LARGE_INTEGER start, now, frequency;
	double passed = 0, count = 0;
	DWORD n;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&start);
	while (passed < seconds) {
		for (int i = 0; i < 16; i++, count++)
			if (!WriteFile(pipe, bytes, size, &n, NULL) ||
			    (size < LARGE && !ReadFile(pipe, bytes, size, &n, NULL)))
				return 1;
		QueryPerformanceCounter(&now);
		passed = (double)(now.QuadPart - start.QuadPart) / (double)frequency.QuadPart;
	}
	FlushFileBuffers(pipe);
	QueryPerformanceCounter(&now);
	passed = (double)(now.QuadPart - start.QuadPart) / (double)frequency.QuadPart;
	printf("%.0f\n", size < LARGE ? count / passed : count * size / passed / 1048576);
	CloseHandle(pipe);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "server") == 0)
		return serve(argv[2], (DWORD)atoi(argv[3]));
	if (argc > 4 && strcmp(argv[1], "client") == 0)
		return drive(argv[2], (DWORD)atoi(argv[3]), atof(argv[4]));
	return 2;
}
