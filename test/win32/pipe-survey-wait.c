/* SPDX-License-Identifier: MIT */
/*
 * The survey's rows of flushing, waiting, states, identities, overlapped calls, cancelling,
 * completion ports, completion routines and handles.
 */
#include "pipe-survey.h"

#define FACT(what, error) fact(what, "%lu", (unsigned long)(error))

static void test_F1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("nothing unread", error_of(FlushFileBuffers(p.c.h)));
	close_ends(&p);
}

static void test_F2(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abc");
	job_start(&job, p.c.h, job_flush);
	fact("unread", "%s", job_waits(&job));
	read_now(&p.s, 2);
	fact("partly read", "%s", job_waits(&job));
	read_now(&p.s, 2);
	FACT("read", job_end(&job));
	close_ends(&p);
}

static void test_F3(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abc");
	job_start(&job, p.c.h, job_flush);
	job_waits(&job);
	DisconnectNamedPipe(p.s.h);
	FACT("disconnected", job_end(&job));
	close_ends(&p);
	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abc");
	job_start(&job, p.c.h, job_flush);
	job_waits(&job);
	CloseHandle(p.s.h);
	p.s.h = NONE;
	FACT("closed", job_end(&job));
	close_ends(&p);
}

static void test_F4(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "");
	job_start(&job, p.c.h, job_flush);
	fact("an empty message", "%s", job_waits(&job));
	read_now(&p.s, 2);
	FACT("read", job_end(&job));
	close_ends(&p);
}

static void test_F5(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, 2);
	start_write(&p.c, "abcd");
	job_start(&job, p.c.h, job_flush);
	fact("unread", "%s", job_waits(&job));
	CancelIoEx(p.c.h, &p.c.ov);
	fact("written", "%s", result(&p.c));
	FACT("flushed", job_end(&job));
	close_ends(&p);
}

static void test_F6(void)
{
	struct end s, c;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	end_init(&c, open_end(GENERIC_READ));
	FACT("flush", error_of(FlushFileBuffers(c.h)));
	end_close(&c);
	end_close(&s);
}

static void test_N1(void)
{
	FACT("no pipe", error_of(WaitNamedPipeA(pipe_name, NMPWAIT_WAIT_FOREVER)));
}

static void test_N2(void)
{
	HANDLE s = create(BOTH, BYTES, 1, QUOTA);

	FACT("listens", error_of(WaitNamedPipeA(pipe_name, 10)));
	FACT("nothing is reserved", error_of(WaitNamedPipeA(pipe_name, 10)));
	CloseHandle(s);
}

static void test_N3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("none listens", error_of(WaitNamedPipeA(pipe_name, 10)));
	close_ends(&p);
}

static void test_N4(void)
{
	struct pair p;
	struct job job = { 0 };

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("as long as the pipe says", error_of(WaitNamedPipeA(pipe_name, 0)));
	job.wait = NMPWAIT_WAIT_FOREVER;
	job_start(&job, NULL, job_wait_name);
	Sleep(200); /* longer than the pipe says */
	fact("forever", "%s", job_waits(&job));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	DisconnectNamedPipe(p.s.h);
	start_listen(&p.s);
	FACT("then", job_end(&job));
	CancelIo(p.s.h);
	close_ends(&p);
}

static void test_N5(void)
{
	struct job jobs[2] = { 0 };
	struct pair p;
	HANDLE s;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	for (int i = 0; i < 2; i++) {
		jobs[i].wait = WHILE;
		job_start(&jobs[i], NULL, job_wait_name);
	}
	fact("two wait", "%s %s", job_waits(&jobs[0]), job_waits(&jobs[1]));
	s = create(BOTH, BYTES, PIPE_UNLIMITED_INSTANCES, QUOTA);
	FACT("a new instance, one", job_end(&jobs[0]));
	FACT("a new instance, the other", job_end(&jobs[1]));
	CloseHandle(s);
	close_ends(&p);
}

static void test_N6(void)
{
	struct job job = { 0 };
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	job.wait = 1500;
	job_start(&job, NULL, job_wait_name);
	fact("it", "%s", job_waits(&job));
	CloseHandle(p.s.h);
	p.s.h = NONE;
	FACT("the pipe goes", job_end(&job));
	close_ends(&p);
}

static void test_Q6(void)
{
	struct pair p;
	DWORD mode = PIPE_READMODE_MESSAGE;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("server", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	FACT("client", error_of(SetNamedPipeHandleState(p.c.h, &mode, NULL, NULL)));
	close_ends(&p);
}

static void test_Q7(void)
{
	struct pair p;
	DWORD mode = PIPE_NOWAIT;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	FACT("with a read that waits", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	CancelIo(p.s.h);
	result(&p.s);
	FACT("then", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	close_ends(&p);
}

static void test_Q14(void)
{
	struct pair p;
	DWORD state = 7, instances = 7;
	HANDLE other;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	GetNamedPipeHandleState(p.s.h, &state, &instances, NULL, NULL, NULL, 0);
	fact("server", "state %lu instances %lu", (unsigned long)state, (unsigned long)instances);
	other = create(BOTH, MESSAGE, PIPE_UNLIMITED_INSTANCES, QUOTA);
	set_mode(p.c.h, PIPE_NOWAIT);
	GetNamedPipeHandleState(p.c.h, &state, &instances, NULL, NULL, NULL, 0);
	fact("client", "state %lu instances %lu", (unsigned long)state, (unsigned long)instances);
	FACT("nothing asked",
	     error_of(GetNamedPipeHandleState(p.c.h, NULL, NULL, NULL, NULL, NULL, 0)));
	CloseHandle(other);
	close_ends(&p);
}

static void test_Q15(void)
{
	struct pair p;
	DWORD n = 7;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("collection count",
	     error_of(GetNamedPipeHandleState(p.c.h, NULL, NULL, &n, NULL, NULL, 0)));
	FACT("collection timeout",
	     error_of(GetNamedPipeHandleState(p.c.h, NULL, NULL, NULL, &n, NULL, 0)));
	close_ends(&p);
}

static void test_Q17(void)
{
	struct pair p;
	DWORD mode = 0x100;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("unknown bits", error_of(SetNamedPipeHandleState(p.c.h, &mode, NULL, NULL)));
	close_ends(&p);
}

static void test_Q18(void)
{
	struct pair p;
	DWORD n = 7;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("collection count", error_of(SetNamedPipeHandleState(p.c.h, NULL, &n, NULL)));
	FACT("collection timeout", error_of(SetNamedPipeHandleState(p.c.h, NULL, NULL, &n)));
	close_ends(&p);
}

static void test_Q19(void)
{
	struct pair p;
	DWORD flags = 7, out = 7, in = 7, limit = 7;

	end_init(&p.s, CreateNamedPipeA(pipe_name, BOTH, MESSAGE, 3, 100, 200, 0, NULL));
	end_init(&p.c, open_end(GENERIC_READ | GENERIC_WRITE));
	GetNamedPipeInfo(p.s.h, &flags, &out, &in, &limit);
	fact("server", "flags %lu out %lu in %lu limit %lu", (unsigned long)flags,
	     (unsigned long)out, (unsigned long)in, (unsigned long)limit);
	GetNamedPipeInfo(p.c.h, &flags, &out, &in, &limit);
	fact("client", "flags %lu out %lu in %lu limit %lu", (unsigned long)flags,
	     (unsigned long)out, (unsigned long)in, (unsigned long)limit);
	close_ends(&p);
}

static DWORD pid_of(HANDLE h, BOOL of_server)
{
	ULONG pid = 0;
	BOOL ok = of_server ? GetNamedPipeServerProcessId(h, &pid)
			    : GetNamedPipeClientProcessId(h, &pid);

	if (!ok)
		return GetLastError();
	return pid == GetCurrentProcessId() ? 0 : 1;
}

static void pids(const char *when, const struct pair *p)
{
	if (p->s.h != NONE)
		fact(when, "server's end: server %lu client %lu",
		     (unsigned long)pid_of(p->s.h, TRUE), (unsigned long)pid_of(p->s.h, FALSE));
	if (p->c.h != NONE)
		fact(when, "client's end: server %lu client %lu",
		     (unsigned long)pid_of(p->c.h, TRUE), (unsigned long)pid_of(p->c.h, FALSE));
}

static void test_J1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	pids("connected", &p);
	close_ends(&p);
}

static void test_J2(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	pids("client closed", &p);
	close_ends(&p);
	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.s.h);
	p.s.h = NONE;
	pids("server closed", &p);
	close_ends(&p);
}

static void test_J3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	DisconnectNamedPipe(p.s.h);
	fact("server's end", "client %lu", (unsigned long)pid_of(p.s.h, FALSE));
	fact("server's end", "server %lu", (unsigned long)pid_of(p.s.h, TRUE));
	fact("client's end", "client %lu", (unsigned long)pid_of(p.c.h, FALSE));
	fact("client's end", "server %lu", (unsigned long)pid_of(p.c.h, TRUE));
	close_ends(&p);
}

static void test_J4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("nowhere to put it", error_of(GetNamedPipeClientProcessId(p.s.h, NULL)));
	close_ends(&p);
}

static void test_J5(void)
{
	struct pair p;
	ULONG server = 7, client = 9;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("server's", error_of(GetNamedPipeServerSessionId(p.c.h, &server)));
	FACT("client's", error_of(GetNamedPipeClientSessionId(p.s.h, &client)));
	FACT("the same", server == client);
	close_ends(&p);
}

static void test_I9(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "x");
	read_now(&p.s, 1);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("impersonate", error_of(ImpersonateNamedPipeClient(p.s.h)));
	FACT("revert", error_of(RevertToSelf()));
	close_ends(&p);
}

static void test_I1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("nothing read", error_of(ImpersonateNamedPipeClient(p.s.h)));
	RevertToSelf();
	write_now(&p.c, "xy");
	read_now(&p.s, 1);
	FACT("partly read", error_of(ImpersonateNamedPipeClient(p.s.h)));
	RevertToSelf();
	close_ends(&p);
}

static void test_I10(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.s, "xy");
	read_now(&p.c, 1);
	FACT("client's end", error_of(ImpersonateNamedPipeClient(p.c.h)));
	close_ends(&p);
}

static void test_I11(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "xy");
	read_now(&p.s, 1);
	DisconnectNamedPipe(p.s.h);
	FACT("disconnected", error_of(ImpersonateNamedPipeClient(p.s.h)));
	RevertToSelf();
	close_ends(&p);
}

static void test_A1(void)
{
	struct pair p;
	DWORD n = 77, error;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	SetEvent(p.s.ov.hEvent);
	error = error_of(ReadFile(p.s.h, p.s.bytes, 4, &n, &p.s.ov));
	fact("read", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
	fact("event", "%s", waits(&p.s));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	write_now(&p.c, "x");
	FACT("event", WaitForSingleObject(p.s.ov.hEvent, WHILE));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	close_ends(&p);
}

static void test_A4(void)
{
	struct pair p;
	OVERLAPPED ov;
	DWORD n = 0, error;
	char bytes[4];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	memset(&ov, 0, sizeof(ov));
	FACT("read", error_of(ReadFile(p.s.h, bytes, 4, NULL, &ov)));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	write_now(&p.c, "abc");
	FACT("handle", WaitForSingleObject(p.s.h, WHILE));
	error = error_of(GetOverlappedResult(p.s.h, &ov, &n, FALSE));
	fact("result", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
	close_ends(&p);
}

static HANDLE port_of(struct end *end)
{
	return CreateIoCompletionPort(end->h, NULL, 42, 0);
}

static void packet(HANDLE port, const struct end *end)
{
	OVERLAPPED *ov = NULL;
	ULONG_PTR key = 0;
	DWORD n = 77, error;

	error = error_of(GetQueuedCompletionStatus(port, &n, &key, &ov, 50));
	if (!ov)
		fact("packet", "none, %lu", (unsigned long)error);
	else
		fact("packet", "%lu, %lu bytes, key %lu, %s", (unsigned long)error,
		     (unsigned long)n, (unsigned long)key, ov == &end->ov ? "its own" : "another");
}

static void test_A6(void)
{
	struct pair p;
	HANDLE port;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	port = port_of(&p.s);
	FACT("port", error_of(port != NULL));
	write_now(&p.c, "abc");
	FACT("read at once", start_read(&p.s, 10));
	packet(port, &p.s);
	FACT("read that waits", start_read(&p.s, 10));
	packet(port, &p.s);
	write_now(&p.c, "de");
	packet(port, &p.s);
	FACT("read to cancel", start_read(&p.s, 10));
	CancelIo(p.s.h);
	packet(port, &p.s);
	FACT("read to be cut", start_read(&p.s, 2));
	write_now(&p.c, "abc");
	packet(port, &p.s);
	read_now(&p.s, 10);
	packet(port, &p.s);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("read that fails", start_read(&p.s, 10));
	packet(port, &p.s);
	CloseHandle(port);
	close_ends(&p);
}

static void test_A12(void)
{
	struct pair p;
	HANDLE port, event;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	port = port_of(&p.s);
	event = p.s.ov.hEvent;
	write_now(&p.c, "abc");
	p.s.ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
	FACT("read", start_read(&p.s, 10));
	packet(port, &p.s);
	p.s.ov.hEvent = event;
	FACT("event", WaitForSingleObject(event, 0));
	CloseHandle(port);
	close_ends(&p);
}

static void test_A14(void)
{
	struct pair p;
	DWORD n = 77, error;

	end_init(&p.s, CreateNamedPipeA(pipe_name, BOTH, MESSAGE, 1, QUOTA, QUOTA, 0, NULL));
	end_init(&p.c, open_end(GENERIC_READ | GENERIC_WRITE));
	write_now(&p.c, "abcdef");
	error = error_of(ReadFile(p.s.h, p.s.bytes, 4, &n, &p.s.ov));
	fact("part", "%lu, count %lu, %#lx %lu", (unsigned long)error, (unsigned long)n,
	     (unsigned long)p.s.ov.Internal, (unsigned long)p.s.ov.InternalHigh);
	error = error_of(ReadFile(p.s.h, p.s.bytes, 4, &n, &p.s.ov));
	fact("rest", "%lu, count %lu, %#lx %lu", (unsigned long)error, (unsigned long)n,
	     (unsigned long)p.s.ov.Internal, (unsigned long)p.s.ov.InternalHigh);
	close_ends(&p);
}

static void test_A15(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	job_start(&job, p.s.h, job_read);
	fact("read without overlapped", "%s", job_waits(&job));
	write_now(&p.c, "abc");
	FACT("then", job_end(&job));
	fact("read", "%.*s", (int)job.n, job.bytes);
	close_ends(&p);
}

static DWORD routine_error, routine_n, routine_calls;
static OVERLAPPED *routine_ov;

static void WINAPI routine(DWORD error, DWORD n, OVERLAPPED *ov)
{
	routine_error = error;
	routine_n = n;
	routine_ov = ov;
	routine_calls++;
}

static void called(const char *when, const struct end *end)
{
	fact(when, "%lu times, error %lu, %lu bytes, %s", (unsigned long)routine_calls,
	     (unsigned long)routine_error, (unsigned long)routine_n,
	     routine_ov == &end->ov ? "its own" : "nobody's");
}

static void test_A18(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	routine_calls = 0;
	routine_ov = NULL;
	FACT("read", error_of(ReadFileEx(p.s.h, p.s.bytes, 10, &p.s.ov, routine)));
	FACT("write", error_of(WriteFileEx(p.c.h, "abc", 3, &p.c.ov, routine)));
	called("before", &p.s);
	FACT("sleep", SleepEx(0, FALSE));
	called("after a plain sleep", &p.s);
	FACT("alertable sleep", SleepEx(WHILE, TRUE));
	FACT("routines", routine_calls);
	FACT("read of nothing there", error_of(ReadFileEx(p.s.h, p.s.bytes, 10, &p.s.ov, routine)));
	FACT("cancel", error_of(CancelIo(p.s.h)));
	FACT("alertable sleep", SleepEx(WHILE, TRUE));
	called("cancelled", &p.s);
	FACT("and an alertable wait", WaitForSingleObjectEx(p.s.ov.hEvent, 0, TRUE));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("at the end", error_of(ReadFileEx(p.s.h, p.s.bytes, 10, &p.s.ov, routine)));
	FACT("alertable sleep", SleepEx(10, TRUE));
	close_ends(&p);
}

static void test_A19(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	FACT("cancel", error_of(CancelIo(p.s.h)));
	fact("read", "%s", result(&p.s));
	FACT("with nothing to cancel", error_of(CancelIo(p.s.h)));
	close_ends(&p);
}

static void test_A20(void)
{
	struct pair p;
	struct end b;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	end_init(&b, p.s.h);
	start_read(&p.s, 4);
	start_read(&b, 4);
	FACT("one", error_of(CancelIoEx(p.s.h, &p.s.ov)));
	fact("read", "%s", result(&p.s));
	fact("the other", "%s", waits(&b));
	FACT("again", error_of(CancelIoEx(p.s.h, &p.s.ov)));
	FACT("all", error_of(CancelIoEx(p.s.h, NULL)));
	fact("the other", "%s", result(&b));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
}

static void test_A21(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	FACT("closed handle", error_of(CancelIo(p.c.h)));
	p.c.h = NONE;
	close_ends(&p);
}

static HANDLE copy_of(HANDLE h)
{
	HANDLE copy = NULL;

	DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
			DUPLICATE_SAME_ACCESS);
	return copy;
}

static void test_A22(void)
{
	struct pair p;
	HANDLE copy;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	copy = copy_of(p.s.h);
	start_read(&p.s, 4);
	CloseHandle(p.s.h);
	p.s.h = copy;
	fact("one of two handles closed", "%s", waits(&p.s));
	write_now(&p.c, "abc");
	fact("read", "%s", result(&p.s));
	close_ends(&p);
}

static void test_A25(void)
{
	struct pair p;
	DWORD n = 0;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	FACT("not done", error_of(GetOverlappedResult(p.s.h, &p.s.ov, &n, FALSE)));
	FACT("0 ms", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 0, FALSE)));
	FACT("10 ms", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 10, FALSE)));
	write_now(&p.c, "abc");
	FACT("done", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, WHILE, FALSE)));
	FACT("bytes", n);
	close_ends(&p);
}

static void test_A28(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	start_read(&p.s, 4);
	CancelIo(p.s.h);
	result(&p.s);
	start_write(&p.s, "abcdef");
	CancelIo(p.s.h);
	result(&p.s);
	write_now(&p.c, "abc");
	fact("read", "%s", read_now(&p.s, 4));
	write_now(&p.s, "def");
	fact("written", "%s", read_now(&p.c, 4));
	close_ends(&p);
}

static void test_H2(void)
{
	struct pair p;
	HANDLE copy;
	DWORD state = 7;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	copy = copy_of(p.s.h);
	set_mode(copy, PIPE_NOWAIT);
	GetNamedPipeHandleState(p.s.h, &state, NULL, NULL, NULL, NULL, 0);
	FACT("state by the first handle", state);
	CloseHandle(copy);
	close_ends(&p);
}

static void test_H3(void)
{
	struct pair p;
	HANDLE copy;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	copy = copy_of(p.c.h);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	fact("one closed", "%s", write_now(&p.s, "x"));
	CloseHandle(copy);
	fact("both closed", "%s", write_now(&p.s, "x"));
	close_ends(&p);
}

static void test_H5(void)
{
	struct pair p;
	HANDLE moved = NULL;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("move",
	     error_of(DuplicateHandle(GetCurrentProcess(), p.c.h, GetCurrentProcess(), &moved, 0,
				      FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE)));
	p.c.h = moved;
	fact("write", "%s", write_now(&p.c, "x"));
	close_ends(&p);
}

const struct row rows_wait[] = {
	ROW(F1),  ROW(F2),  ROW(F3),  ROW(F4),	ROW(F5),  ROW(F6),  ROW(N1),  ROW(N2),	ROW(N3),
	ROW(N4),  ROW(N5),  ROW(N6),  ROW(Q6),	ROW(Q7),  ROW(Q14), ROW(Q15), ROW(Q17), ROW(Q18),
	ROW(Q19), ROW(J1),  ROW(J2),  ROW(J3),	ROW(J4),  ROW(J5),  ROW(I1),  ROW(I9),	ROW(I10),
	ROW(I11), ROW(A1),  ROW(A4),  ROW(A6),	ROW(A12), ROW(A14), ROW(A15), ROW(A18), ROW(A19),
	ROW(A20), ROW(A21), ROW(A22), ROW(A25), ROW(A28), ROW(H2),  ROW(H3),  ROW(H5),	{ 0 },
};
