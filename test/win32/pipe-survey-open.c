/* SPDX-License-Identifier: MIT */
/*
 * The survey's rows of creating, opening, listening, disconnecting and closing.
 */
#include "pipe-survey.h"

#define RW (GENERIC_READ | GENERIC_WRITE)

/* Whether it came to be; closes it. */
static DWORD made(HANDLE h)
{
	if (h == NONE)
		return GetLastError();
	CloseHandle(h);
	return 0;
}

static DWORD try_name(const char *name)
{
	return made(CreateNamedPipeA(name, BOTH, BYTES, 1, 0, 0, 0, NULL));
}

static DWORD try_mode(DWORD open_mode, DWORD pipe_mode, DWORD instances)
{
	return made(CreateNamedPipeA(pipe_name, open_mode, pipe_mode, instances, 0, 0, 0, NULL));
}

#define FACT(what, error) fact(what, "%lu", (unsigned long)(error))

static void test_C1(void)
{
	FACT("no prefix", try_name("survey"));
}

static void test_C2(void)
{
	FACT("no name", try_name(NULL));
}

static void test_C3(void)
{
	FACT("empty name", try_name("\\\\.\\pipe\\"));
}

static void test_C6(void)
{
	HANDLE h;
	char *p;

	strcat(pipe_name, "-MiXeD");
	h = create(BOTH, BYTES, 1, QUOTA);
	for (p = pipe_name + 9; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z'   ? *p - 32
			    : *p >= 'A' && *p <= 'Z' ? *p + 32
						     : *p);
	FACT("other case", made(open_end(RW)));
	CloseHandle(h);
}

static void test_C7(void)
{
	strcat(pipe_name, "<>*?\"/:|\\x y.");
	FACT("all characters", try_mode(BOTH, BYTES, 1));
}

static void test_C10(void)
{
	size_t n = strlen(pipe_name);
	HANDLE h;

	strcat(pipe_name, "\\");
	h = create(BOTH, BYTES, 1, QUOTA);
	pipe_name[n] = 0;
	FACT("without the last backslash", made(open_end(RW)));
	pipe_name[n] = '\\';
	FACT("with it", made(open_end(RW)));
	CloseHandle(h);
}

static void test_C13(void)
{
	FACT("no access", try_mode(0, BYTES, 1));
}

static void test_C14(void)
{
	FACT("unknown open mode", try_mode(BOTH | 0x10, BYTES, 1));
	FACT("unknown pipe mode", try_mode(BOTH, BYTES | 0x100, 1));
}

static void test_C15(void)
{
	FACT("bytes read as messages", try_mode(BOTH, PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1));
}

static void test_C16(void)
{
	FACT("0 instances", try_mode(BOTH, BYTES, 0));
	FACT("256 instances", try_mode(BOTH, BYTES, 256));
	FACT("254 instances", try_mode(BOTH, BYTES, 254));
}

static void test_C17(void)
{
	HANDLE h = create(BOTH, BYTES, PIPE_UNLIMITED_INSTANCES, QUOTA);
	DWORD instances = 0;

	FACT("unlimited", error_of(GetNamedPipeInfo(h, NULL, NULL, NULL, &instances)));
	FACT("as many", instances);
	CloseHandle(h);
}

static void test_C19(void)
{
	static const DWORD sizes[] = { 0, 1, 4097, 100000 };

	for (int i = 0; i < 4; i++) {
		HANDLE h = CreateNamedPipeA(pipe_name, BOTH, BYTES, 1, sizes[i], sizes[3 - i], 0,
					    NULL);
		DWORD out = 7, in = 7;
		char what[32];

		GetNamedPipeInfo(h, NULL, &out, &in, NULL);
		snprintf(what, sizeof(what), "quota %lu", (unsigned long)sizes[i]);
		fact(what, "out %lu in %lu", (unsigned long)out, (unsigned long)in);
		CloseHandle(h);
	}
}

static void test_C25(void)
{
	HANDLE h = create(BOTH | FILE_FLAG_FIRST_PIPE_INSTANCE, BYTES, 2, QUOTA);

	FACT("first", error_of(h != NONE));
	FACT("second as first", try_mode(BOTH | FILE_FLAG_FIRST_PIPE_INSTANCE, BYTES, 2));
	FACT("second", try_mode(BOTH, BYTES, 2));
	CloseHandle(h);
}

static void test_C28(void)
{
	HANDLE a = create(BOTH, BYTES, 2, QUOTA), b = create(BOTH, BYTES, 2, QUOTA);

	FACT("one too many", try_mode(BOTH, BYTES, 2));
	CloseHandle(b);
	FACT("one less", try_mode(BOTH, BYTES, 2));
	CloseHandle(a);
}

static void test_C29(void)
{
	HANDLE h = create(BOTH, BYTES, 2, QUOTA);

	FACT("inbound beside duplex", try_mode(PIPE_ACCESS_INBOUND, BYTES, 2));
	FACT("outbound beside duplex", try_mode(PIPE_ACCESS_OUTBOUND, BYTES, 2));
	CloseHandle(h);
}

static void test_C30(void)
{
	HANDLE a = create(BOTH, MESSAGE, 3, 100);
	HANDLE b = CreateNamedPipeA(pipe_name, BOTH, BYTES, 5, 7, 9, 1000, NULL);
	DWORD flags = 0, out = 0, in = 0, instances = 0;

	FACT("other modes", error_of(b != NONE));
	GetNamedPipeInfo(b, &flags, &out, &in, &instances);
	fact("what it is", "flags %lu out %lu in %lu instances %lu", (unsigned long)flags,
	     (unsigned long)out, (unsigned long)in, (unsigned long)instances);
	CloseHandle(b);
	CloseHandle(a);
}

static void test_C32(void)
{
	HANDLE h = create(BOTH, BYTES, 1, QUOTA);

	FACT("new handle", WaitForSingleObject(h, 0));
	FACT("opened before listening", made(open_end(RW)));
	CloseHandle(h);
}

static void test_C33(void)
{
	struct pair p;
	DWORD mode = 0;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("server, set state", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	FACT("server, info", error_of(GetNamedPipeInfo(p.s.h, NULL, NULL, NULL, NULL)));
	FACT("client, set state", error_of(SetNamedPipeHandleState(p.c.h, &mode, NULL, NULL)));
	close_ends(&p);
}

static void test_C34(void)
{
	struct pair p;
	DWORD mode = 0;

	connect_ends(&p, PIPE_ACCESS_INBOUND, BYTES, QUOTA);
	fact("write by the server", "%s", write_now(&p.s, "x"));
	fact("read by the client", "%s", read_now(&p.c, 1));
	FACT("server, set state", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	FACT("server, info", error_of(GetNamedPipeInfo(p.s.h, NULL, NULL, NULL, NULL)));
	close_ends(&p);
}

static void test_C35(void)
{
	struct pair p;
	DWORD mode = 0;

	connect_ends(&p, PIPE_ACCESS_OUTBOUND, BYTES, QUOTA);
	fact("read by the server", "%s", read_now(&p.s, 1));
	fact("write by the client", "%s", write_now(&p.c, "x"));
	FACT("server, set state", error_of(SetNamedPipeHandleState(p.s.h, &mode, NULL, NULL)));
	FACT("server, info", error_of(GetNamedPipeInfo(p.s.h, NULL, NULL, NULL, NULL)));
	close_ends(&p);
}

static void test_C42(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	end_close(&p.s);
	FACT("open", made(open_end(RW)));
	FACT("anew", try_mode(PIPE_ACCESS_INBOUND, BYTES, 1));
	close_ends(&p);
}

static void test_C43(void)
{
	HANDLE r = NULL, w = NULL;
	DWORD flags = 7, out = 7, in = 7, instances = 7, n = 0;
	char bytes[8] = "";

	FACT("made", error_of(CreatePipe(&r, &w, NULL, 0)));
	GetNamedPipeInfo(r, &flags, &out, &in, &instances);
	fact("read end", "flags %lu out %lu in %lu instances %lu", (unsigned long)flags,
	     (unsigned long)out, (unsigned long)in, (unsigned long)instances);
	flags = 7;
	GetNamedPipeInfo(w, &flags, NULL, NULL, NULL);
	fact("write end", "flags %lu", (unsigned long)flags);
	FACT("write", error_of(WriteFile(w, "abc", 3, &n, NULL)));
	FACT("written", n);
	FACT("read", error_of(ReadFile(r, bytes, 8, &n, NULL)));
	fact("what was read", "%lu '%.*s'", (unsigned long)n, (int)n, bytes);
	FACT("read from the write end", error_of(ReadFile(w, bytes, 8, &n, NULL)));
	CloseHandle(w);
	FACT("read after its end", error_of(ReadFile(r, bytes, 8, &n, NULL)));
	CloseHandle(r);
	CreatePipe(&r, &w, NULL, 77);
	GetNamedPipeInfo(r, NULL, &out, &in, NULL);
	fact("of size 77", "out %lu in %lu", (unsigned long)out, (unsigned long)in);
	CloseHandle(w);
	CloseHandle(r);
}

static void test_O1(void)
{
	FACT("open", made(open_end(RW)));
}

static void test_O2(void)
{
	struct pair p;
	struct end other;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("while connected", made(open_end(RW)));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("after the client has closed", made(open_end(RW)));
	DisconnectNamedPipe(p.s.h);
	FACT("after disconnecting", made(open_end(RW)));
	FACT("listen", start_listen(&p.s));
	end_init(&other, open_end(RW));
	FACT("after listening", error_of(other.h != NONE));
	fact("listened", "%s", result(&p.s));
	end_close(&other);
	close_ends(&p);
}

static void test_O3(void)
{
	struct end a, b, c;

	end_init(&a, create(BOTH, BYTES, 2, QUOTA));
	end_init(&b, create(BOTH, BYTES, 2, QUOTA));
	start_listen(&b);
	end_init(&c, open_end(RW));
	write_now(&c, "x");
	fact("the first made, not the first that listens", "%s, %s", peek(a.h, 4), waits(&b));
	end_close(&c);
	DisconnectNamedPipe(a.h);
	start_listen(&a);
	end_init(&c, open_end(RW));
	write_now(&c, "xy");
	fact("a new listen goes to the end", "%s", peek(b.h, 4));
	end_close(&c);
	end_close(&b);
	end_close(&a);
}

static void test_O4(void)
{
	struct end s, c;
	DWORD state = 7;

	end_init(&s, create(BOTH, MESSAGE, 1, QUOTA));
	end_init(&c, open_end(RW));
	GetNamedPipeHandleState(c.h, &state, NULL, NULL, NULL, NULL, 0);
	FACT("state", state);
	end_close(&c);
	end_close(&s);
}

static void test_O5(void)
{
	HANDLE h = create(PIPE_ACCESS_INBOUND, BYTES, 1, QUOTA);

	FACT("inbound, to read", made(open_end(GENERIC_READ)));
	FACT("inbound, for both", made(open_end(RW)));
	FACT("inbound, to write", made(open_end(GENERIC_WRITE)));
	CloseHandle(h);
	h = create(PIPE_ACCESS_OUTBOUND, BYTES, 1, QUOTA);
	FACT("outbound, to write", made(open_end(GENERIC_WRITE)));
	FACT("outbound, for both", made(open_end(RW)));
	FACT("outbound, to read", made(open_end(GENERIC_READ)));
	CloseHandle(h);
}

static void test_O6(void)
{
	HANDLE h = create(PIPE_ACCESS_INBOUND, BYTES, 1, QUOTA);

	FACT("inbound, FILE_READ_DATA", made(open_end(FILE_READ_DATA)));
	CloseHandle(h);
	h = create(PIPE_ACCESS_OUTBOUND, BYTES, 1, QUOTA);
	FACT("outbound, FILE_WRITE_DATA", made(open_end(FILE_WRITE_DATA)));
	CloseHandle(h);
}

static void test_O7(void)
{
	struct end s, c;
	DWORD state = 7;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	end_init(&c, open_end(0));
	FACT("open", error_of(c.h != NONE));
	fact("listen", "%s", listen_now(&s));
	fact("read", "%s", read_now(&c, 1));
	fact("write", "%s", write_now(&c, "x"));
	FACT("state", error_of(GetNamedPipeHandleState(c.h, &state, NULL, NULL, NULL, NULL, 0)));
	end_close(&c);
	end_close(&s);
}

static void test_O9(void)
{
	HANDLE s = create(BOTH, BYTES, 1, QUOTA);
	HANDLE c = CreateFileA(pipe_name, RW, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			       OPEN_EXISTING, 0, NULL);

	FACT("shared", error_of(c != NONE));
	FACT("once more", made(CreateFileA(pipe_name, RW, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
					   OPEN_EXISTING, 0, NULL)));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_L1(void)
{
	struct job job;
	HANDLE s, c;

	s = CreateNamedPipeA(pipe_name, BOTH, BYTES, 1, QUOTA, QUOTA, 0, NULL);
	job_start(&job, s, job_listen);
	fact("without a client", "%s", job_waits(&job));
	c = open_end(RW);
	FACT("with one", job_end(&job));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_L2(void)
{
	struct end s, c;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	SetEvent(s.ov.hEvent);
	FACT("listen", start_listen(&s));
	fact("event", "%s", waits(&s));
	fact("Internal", "%#lx", (unsigned long)s.ov.Internal);
	FACT("handle", WaitForSingleObject(s.h, 0));
	end_init(&c, open_end(RW));
	fact("with a client", "%s", result(&s));
	end_close(&c);
	end_close(&s);
}

static void test_L3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("listen", start_listen(&p.s));
	fact("event", "%s", waits(&p.s));
	close_ends(&p);
}

static void test_L4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("listen", start_listen(&p.s));
	close_ends(&p);
}

static void test_L6(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("listen", start_listen(&p.c));
	close_ends(&p);
}

static void test_L7(void)
{
	HANDLE s = CreateNamedPipeA(pipe_name, BOTH, BYTES | PIPE_NOWAIT, 1, 0, 0, 0, NULL);
	HANDLE c;

	FACT("listen", error_of(ConnectNamedPipe(s, NULL)));
	FACT("again", error_of(ConnectNamedPipe(s, NULL)));
	c = open_end(RW);
	FACT("connected", error_of(ConnectNamedPipe(s, NULL)));
	CloseHandle(c);
	FACT("closing", error_of(ConnectNamedPipe(s, NULL)));
	FACT("disconnect", error_of(DisconnectNamedPipe(s)));
	FACT("open", made(open_end(RW)));
	FACT("listen anew", error_of(ConnectNamedPipe(s, NULL)));
	FACT("open then", made(open_end(RW)));
	CloseHandle(s);
}

static void test_L9(void)
{
	struct job job;
	HANDLE s, c;

	s = create(BOTH, BYTES, 1, QUOTA);
	job_start(&job, s, job_listen);
	fact("without a client", "%s", job_waits(&job));
	c = open_end(RW);
	FACT("with one", job_end(&job));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_L10(void)
{
	struct end s;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	start_listen(&s);
	FACT("cancel", error_of(CancelIo(s.h)));
	fact("listened", "%s", result(&s));
	FACT("open", made(open_end(RW)));
	end_close(&s);
}

static void test_L11(void)
{
	struct end a, b;
	HANDLE c;

	end_init(&a, create(BOTH, BYTES, 1, QUOTA));
	end_init(&b, a.h);
	FACT("one", start_listen(&a));
	FACT("other", start_listen(&b));
	c = open_end(RW);
	fact("one listened", "%s", result(&a));
	fact("other listened", "%s", result(&b));
	CloseHandle(c);
	b.h = NONE;
	end_close(&b);
	end_close(&a);
}

static void test_L12(void)
{
	struct end s;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	start_listen(&s);
	CloseHandle(s.h);
	s.h = NONE;
	FACT("event", WaitForSingleObject(s.ov.hEvent, 5000));
	end_close(&s);
}

static void test_D1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.s, "abc");
	write_now(&p.c, "abc");
	FACT("disconnect", error_of(DisconnectNamedPipe(p.s.h)));
	fact("read by the client", "%s", read_now(&p.c, 3));
	fact("read by the server", "%s", read_now(&p.s, 3));
	close_ends(&p);
}

static void test_D2(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("disconnect", error_of(DisconnectNamedPipe(p.s.h)));
	FACT("again", error_of(DisconnectNamedPipe(p.s.h)));
	close_ends(&p);
}

static void test_D4(void)
{
	struct end s;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	start_listen(&s);
	FACT("disconnect", error_of(DisconnectNamedPipe(s.h)));
	CancelIo(s.h);
	fact("listened", "%s", result(&s));
	end_close(&s);
}

static void test_D5(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("client", error_of(DisconnectNamedPipe(p.c.h)));
	close_ends(&p);
}

static void test_D6(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	start_read(&p.c, 4);
	DisconnectNamedPipe(p.s.h);
	fact("server's read", "%s", result(&p.s));
	fact("client's read", "%s", result(&p.c));
	close_ends(&p);
	connect_ends(&p, BOTH, BYTES, 2);
	start_write(&p.c, "abcd");
	start_write(&p.s, "abcd");
	DisconnectNamedPipe(p.s.h);
	fact("server's write", "%s", result(&p.s));
	fact("client's write", "%s", result(&p.c));
	close_ends(&p);
}

static void test_D7(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	start_read(&p.c, 4);
	DisconnectNamedPipe(p.s.h);
	fact("reads", "%s and %s", result(&p.s), result(&p.c));
	FACT("server's handle", WaitForSingleObject(p.s.h, 0));
	FACT("client's handle", WaitForSingleObject(p.c.h, 0));
	close_ends(&p);
}

static void client_of_nobody(struct pair *p, const char *when)
{
	DWORD state = 0;

	fact(when, "read: %s", read_now(&p->c, 1));
	fact(when, "write: %s", write_now(&p->c, "x"));
	fact(when, "peek: %s", peek(p->c.h, 1));
	FACT(when, error_of(GetNamedPipeHandleState(p->c.h, &state, NULL, NULL, NULL, NULL, 0)));
	FACT(when, error_of(SetNamedPipeHandleState(p->c.h, &state, NULL, NULL)));
	FACT(when, error_of(GetNamedPipeInfo(p->c.h, &state, NULL, NULL, NULL)));
	FACT(when, error_of(FlushFileBuffers(p->c.h)));
}

static void test_D8(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	DisconnectNamedPipe(p.s.h);
	client_of_nobody(&p, "disconnected");
	end_close(&p.s);
	client_of_nobody(&p, "closed too");
	close_ends(&p);
}

static void test_X1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "abc");
	write_now(&p.c, "");
	write_now(&p.c, "de");
	CloseHandle(p.c.h);
	p.c.h = NONE;
	fact("write", "%s", write_now(&p.s, "x"));
	fact("peek", "%s", peek(p.s.h, 10));
	fact("read 1", "%s", read_now(&p.s, 10));
	fact("read 2", "%s", read_now(&p.s, 10));
	fact("read 3", "%s", read_now(&p.s, 10));
	fact("read 4", "%s", read_now(&p.s, 10));
	fact("peek at nothing", "%s", peek(p.s.h, 10));
	close_ends(&p);
}

static void test_X2(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, 2);
	start_write(&p.s, "abcd");
	fact("write", "%s", waits(&p.s));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	fact("written", "%s", result(&p.s));
	close_ends(&p);
	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.s, "abcd");
	job_start(&job, p.s.h, job_flush);
	fact("flush", "%s", job_waits(&job));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("flushed", job_end(&job));
	close_ends(&p);
}

static void test_X3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	fact("server's read", "%s", result(&p.s));
	close_ends(&p);
}

static void test_X4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.s, "abc");
	CloseHandle(p.s.h);
	p.s.h = NONE;
	fact("read", "%s", read_now(&p.c, 10));
	fact("read again", "%s", read_now(&p.c, 10));
	fact("write", "%s", write_now(&p.c, "x"));
	FACT("instances are gone", try_mode(PIPE_ACCESS_OUTBOUND, BYTES, 1));
	close_ends(&p);
}

static void test_X5(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	write_now(&p.c, "ab");
	FACT("write", start_write(&p.c, "cdefgh"));
	fact("read", "%s", read_now(&p.s, 3));
	CloseHandle(p.c.h);
	p.c.h = NONE;
	fact("the rest", "%s", read_now(&p.s, 10));
	close_ends(&p);
}

static void test_X7(void)
{
	struct pair p;
	DWORD state = 7;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	FACT("get", error_of(GetNamedPipeHandleState(p.s.h, &state, NULL, NULL, NULL, NULL, 0)));
	FACT("set", error_of(SetNamedPipeHandleState(p.s.h, &state, NULL, NULL)));
	close_ends(&p);
}

const struct row rows_open[] = {
	ROW(C1),  ROW(C2),  ROW(C3),  ROW(C6),	ROW(C7),  ROW(C10), ROW(C13), ROW(C14), ROW(C15),
	ROW(C16), ROW(C17), ROW(C19), ROW(C25), ROW(C28), ROW(C29), ROW(C30), ROW(C32), ROW(C33),
	ROW(C34), ROW(C35), ROW(C42), ROW(C43), ROW(O1),  ROW(O2),  ROW(O3),  ROW(O4),	ROW(O5),
	ROW(O6),  ROW(O7),  ROW(O9),  ROW(L1),	ROW(L2),  ROW(L3),  ROW(L4),  ROW(L6),	ROW(L7),
	ROW(L9),  ROW(L10), ROW(L11), ROW(L12), ROW(D1),  ROW(D2),  ROW(D4),  ROW(D5),	ROW(D6),
	ROW(D7),  ROW(D8),  ROW(X1),  ROW(X2),	ROW(X3),  ROW(X4),  ROW(X5),  ROW(X7),	{ 0 },
};
