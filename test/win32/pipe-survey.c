/* SPDX-License-Identifier: MIT */
/*
 * Says, row by row, what pipes do by Win32's functions, a line for each fact. The rows are
 * those of docs/pipes.md.
 *
 *	pipe-survey [ROW...]
 */
#include "pipe-survey.h"
#include <stdarg.h>

char pipe_name[64];

static const char *row;

void fact(const char *what, const char *format, ...)
{
	va_list args;

	printf("%s %s: ", row, what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

DWORD error_of(BOOL ok)
{
	return ok ? 0 : GetLastError();
}

void end_init(struct end *end, HANDLE h)
{
	memset(end, 0, sizeof(*end));
	end->h = h;
	end->ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

void end_close(struct end *end)
{
	if (end->h != NONE)
		CloseHandle(end->h);
	end->h = NONE;
	if (end->ov.hEvent)
		CloseHandle(end->ov.hEvent);
	end->ov.hEvent = NULL;
}

HANDLE create(DWORD open_mode, DWORD pipe_mode, DWORD instances, DWORD quota)
{
	return CreateNamedPipeA(pipe_name, open_mode | FILE_FLAG_OVERLAPPED, pipe_mode, instances,
				quota, quota, 100, NULL);
}

HANDLE open_end(DWORD access)
{
	return CreateFileA(pipe_name, access, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

void connect_ends(struct pair *p, DWORD open_mode, DWORD pipe_mode, DWORD quota)
{
	DWORD access = open_mode == PIPE_ACCESS_INBOUND	   ? GENERIC_WRITE
		       : open_mode == PIPE_ACCESS_OUTBOUND ? GENERIC_READ | FILE_WRITE_ATTRIBUTES
							   : GENERIC_READ | GENERIC_WRITE;

	end_init(&p->s, create(open_mode, pipe_mode, PIPE_UNLIMITED_INSTANCES, quota));
	end_init(&p->c, open_end(access));
	if (p->s.h == NONE || p->c.h == NONE) {
		fprintf(stderr, "%s: no pipe: error %lu\n", row, (unsigned long)GetLastError());
		exit(1);
	}
	if ((pipe_mode & PIPE_READMODE_MESSAGE) && open_mode != PIPE_ACCESS_INBOUND)
		set_mode(p->c.h, PIPE_READMODE_MESSAGE);
}

void close_ends(struct pair *p)
{
	end_close(&p->c);
	end_close(&p->s);
}

void set_mode(HANDLE h, DWORD mode)
{
	if (!SetNamedPipeHandleState(h, &mode, NULL, NULL))
		fact("set mode", "error %lu", (unsigned long)GetLastError());
}

static DWORD started(struct end *end, BOOL ok)
{
	DWORD error = error_of(ok);

	/* What fails at once leaves nothing to wait for. */
	if (error && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA)
		end->ov.Internal = error;
	return error;
}

static void prepare(struct end *end, BOOL reads, DWORD size)
{
	HANDLE event = end->ov.hEvent;

	memset(&end->ov, 0, sizeof(end->ov));
	end->ov.hEvent = event;
	end->reads = reads;
	end->size = size;
	memset(end->bytes, 0, sizeof(end->bytes));
}

DWORD start_listen(struct end *end)
{
	prepare(end, FALSE, 0);
	return started(end, ConnectNamedPipe(end->h, &end->ov));
}

DWORD start_read(struct end *end, DWORD size)
{
	prepare(end, TRUE, size);
	return started(end, ReadFile(end->h, end->bytes, size, NULL, &end->ov));
}

DWORD start_write(struct end *end, const char *text)
{
	prepare(end, FALSE, 0);
	return started(end, WriteFile(end->h, text, (DWORD)strlen(text), NULL, &end->ov));
}

DWORD start_transact(struct end *end, const char *text, DWORD size)
{
	prepare(end, TRUE, size);
	return started(end, TransactNamedPipe(end->h, (void *)(size_t)text, (DWORD)strlen(text),
					      end->bytes, size, NULL, &end->ov));
}

static const char *tell(const struct end *end, DWORD error, DWORD n)
{
	static char texts[4][320];
	static int turn;
	char *text = texts[turn++ % 4];

	if (end->reads && (!error || error == ERROR_MORE_DATA))
		snprintf(text, 320, "%lu, %lu bytes '%.*s'", (unsigned long)error, (unsigned long)n,
			 (int)n, end->bytes);
	else
		snprintf(text, 320, "%lu, %lu bytes", (unsigned long)error, (unsigned long)n);
	return text;
}

const char *result(struct end *end)
{
	DWORD n = 0, error;

	if (WaitForSingleObject(end->ov.hEvent, WHILE))
		return "still waits";
	error = error_of(GetOverlappedResult(end->h, &end->ov, &n, FALSE));
	return tell(end, error, n);
}

static const char *result_of(struct end *end, DWORD error)
{
	if (error && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA)
		return tell(end, error, 0);
	if (error == ERROR_MORE_DATA)
		return tell(end, error, (DWORD)end->ov.InternalHigh);
	return result(end);
}

const char *listen_now(struct end *end)
{
	return result_of(end, start_listen(end));
}

const char *read_now(struct end *end, DWORD size)
{
	return result_of(end, start_read(end, size));
}

const char *write_now(struct end *end, const char *text)
{
	return result_of(end, start_write(end, text));
}

const char *waits(const struct end *end)
{
	return WaitForSingleObject(end->ov.hEvent, 20) == WAIT_TIMEOUT ? "waits" : "done";
}

const char *peek(HANDLE h, DWORD size)
{
	static char text[2][320];
	static int turn;
	DWORD n = 77, available = 77, left = 77;
	char bytes[256] = "";
	char *told = text[turn++ % 2];
	DWORD error = error_of(PeekNamedPipe(h, bytes, size, &n, &available, &left));

	snprintf(told, 320, "%lu, %lu read, %lu available, %lu left '%.*s'", (unsigned long)error,
		 (unsigned long)n, (unsigned long)available, (unsigned long)left,
		 error ? 0 : (int)n, bytes);
	return told;
}

static DWORD WINAPI job_thread(void *argument)
{
	struct job *job = argument;

	job->error = job->run(job);
	return 0;
}

void job_start(struct job *job, HANDLE h, DWORD (*run)(struct job *job))
{
	job->h = h;
	job->run = run;
	job->thread = CreateThread(NULL, 0, job_thread, job, 0, NULL);
}

const char *job_waits(struct job *job)
{
	return WaitForSingleObject(job->thread, 50) == WAIT_TIMEOUT ? "waits" : "done";
}

DWORD job_end(struct job *job)
{
	if (WaitForSingleObject(job->thread, WHILE)) {
		fact("a thread", "does not come back");
		exit(1);
	}
	CloseHandle(job->thread);
	return job->error;
}

DWORD job_listen(struct job *job)
{
	return error_of(ConnectNamedPipe(job->h, NULL));
}

DWORD job_read(struct job *job)
{
	return error_of(ReadFile(job->h, job->bytes, sizeof(job->bytes), &job->n, NULL));
}

DWORD job_write(struct job *job)
{
	return error_of(WriteFile(job->h, "0123456789", 10, &job->n, NULL));
}

DWORD job_flush(struct job *job)
{
	return error_of(FlushFileBuffers(job->h));
}

DWORD job_wait_name(struct job *job)
{
	return error_of(WaitNamedPipeA(pipe_name, job->wait));
}

static BOOL is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return TRUE;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const struct row *tables[] = { rows_open, rows_data, rows_wait, rows_native, rows_more };
	int number = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct row *r = tables[i]; r->name; r++) {
			row = r->name;
			/* No two rows, and no two surveys, have the same pipe. */
			snprintf(pipe_name, sizeof(pipe_name), "\\\\.\\pipe\\survey-%lu-%d",
				 (unsigned long)GetCurrentProcessId(), number++);
			if (is_wanted(row, argc, argv))
				r->test();
		}
	}
	return 0;
}
