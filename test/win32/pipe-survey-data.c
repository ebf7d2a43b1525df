/* SPDX-License-Identifier: MIT */
/*
 * The survey's rows of reading, writing, peeking and transactions.
 */
#include "pipe-survey.h"

#define FACT(what, error) fact(what, "%lu", (unsigned long)(error))

static void test_R1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "ab");
	write_now(&p.c, "cde");
	fact("read", "%s", read_now(&p.s, 4));
	fact("rest", "%s", read_now(&p.s, 4));
	close_ends(&p);
}

static void test_R2(void)
{
	struct pair p;

	connect_ends(&p, BOTH, PIPE_TYPE_MESSAGE, QUOTA);
	write_now(&p.c, "ab");
	write_now(&p.c, "cde");
	fact("read", "%s", read_now(&p.s, 4));
	fact("rest", "%s", read_now(&p.s, 4));
	close_ends(&p);
}

static void test_R3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "ab");
	write_now(&p.c, "cde");
	fact("read", "%s", read_now(&p.s, 9));
	fact("read of just its size", "%s", read_now(&p.s, 3));
	close_ends(&p);
}

static void test_R4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "abcdefg");
	write_now(&p.c, "next");
	fact("part", "%s", read_now(&p.s, 3));
	fact("part", "%s", read_now(&p.s, 3));
	fact("last part", "%s", read_now(&p.s, 3));
	fact("next", "%s", read_now(&p.s, 9));
	close_ends(&p);
}

static void test_R5(void)
{
	struct pair p;
	struct end copy;
	HANDLE h = NULL;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "abcdefg");
	fact("part", "%s", read_now(&p.s, 3));
	FACT("duplicate", error_of(DuplicateHandle(GetCurrentProcess(), p.s.h, GetCurrentProcess(),
						   &h, 0, FALSE, DUPLICATE_SAME_ACCESS)));
	end_init(&copy, h);
	fact("rest by the other handle", "%s", read_now(&copy, 9));
	end_close(&copy);
	close_ends(&p);
}

static void test_R6(void)
{
	struct pair p;
	DWORD n = 77, error;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "abcdefg");
	error = error_of(ReadFile(p.s.h, p.s.bytes, 3, &n, &p.s.ov));
	fact("read", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
	fact("overlapped", "%#lx %lu", (unsigned long)p.s.ov.Internal,
	     (unsigned long)p.s.ov.InternalHigh);
	n = 77;
	error = error_of(GetOverlappedResult(p.s.h, &p.s.ov, &n, FALSE));
	fact("result", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
	close_ends(&p);
}

static void test_R8(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "");
	write_now(&p.c, "ab");
	fact("empty message", "%s", read_now(&p.s, 9));
	fact("next", "%s", read_now(&p.s, 9));
	set_mode(p.s.h, PIPE_READMODE_BYTE);
	write_now(&p.c, "");
	write_now(&p.c, "ab");
	fact("read as bytes", "%s", read_now(&p.s, 9));
	close_ends(&p);
}

static void test_R9(void)
{
	struct pair p;
	DWORD error;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "ab");
	fact("bytes", "%s", read_now(&p.s, 0));
	fact("nothing is taken", "%s", read_now(&p.s, 9));
	close_ends(&p);
	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "ab");
	error = start_read(&p.s, 0);
	fact("message", "%s", error == 0 || error == ERROR_MORE_DATA ? "success or 234" : "no");
	fact("nothing is taken of it", "%s", read_now(&p.s, 9));
	close_ends(&p);
}

static void test_R10(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("read of nothing", start_read(&p.s, 0));
	write_now(&p.c, "");
	fact("an empty write", "%s", waits(&p.s));
	write_now(&p.c, "ab");
	fact("ends", "%s", result(&p.s));
	fact("nothing is lost", "%s", read_now(&p.s, 9));
	close_ends(&p);
}

static void test_R11(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("read", start_read(&p.s, 10));
	fact("without data", "%s", waits(&p.s));
	write_now(&p.c, "abc");
	fact("ends", "%s", result(&p.s));
	close_ends(&p);
}

static void test_R12(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	set_mode(p.s.h, PIPE_NOWAIT);
	FACT("read", start_read(&p.s, 10));
	close_ends(&p);
}

static void test_R13(void)
{
	struct pair p;
	struct end b;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	end_init(&b, p.s.h);
	start_read(&p.s, 2);
	start_read(&b, 9);
	write_now(&p.c, "abcd");
	fact("first", "%s", result(&p.s));
	fact("second", "%s", result(&b));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	end_init(&b, p.s.h);
	start_read(&p.s, 2);
	start_read(&b, 9);
	write_now(&p.c, "abcd");
	fact("first of a message", "%s", result(&p.s));
	fact("rest of the message", "%s", result(&b));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
}

static void test_R14(void)
{
	struct pair p;
	struct end b;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	end_init(&b, p.s.h);
	start_read(&p.s, 2);
	start_read(&b, 9);
	write_now(&p.c, "");
	fact("first", "%s", result(&p.s));
	fact("second", "%s", waits(&b));
	write_now(&p.c, "x");
	fact("second then", "%s", result(&b));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
}

static void test_R15(void)
{
	struct end s, c;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	end_init(&c, open_end(GENERIC_WRITE));
	FACT("read", start_read(&c, 1));
	end_close(&c);
	end_close(&s);
}

static void test_R17(void)
{
	struct pair p;
	OVERLAPPED ov;
	char bytes[4];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	memset(&ov, 0, sizeof(ov));
	ov.hEvent = (HANDLE)(size_t)0xbadbadc;
	FACT("bad event", error_of(ReadFile(p.s.h, bytes, 4, NULL, &ov)));
	close_ends(&p);
}

static void test_R18(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.s.h);
	SetEvent(p.s.ov.hEvent);
	FACT("read", start_read(&p.s, 4));
	fact("event", "%s", waits(&p.s));
	p.s.h = NONE;
	close_ends(&p);
}

static void test_R19(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	CloseHandle(p.c.h);
	p.c.h = NONE;
	SetEvent(p.s.ov.hEvent);
	FACT("read", start_read(&p.s, 4));
	fact("event", "%s", waits(&p.s));
	close_ends(&p);
}

static void test_R21(void)
{
	DWORD n = 77, error;
	char byte;

	error = error_of(ReadFile(INVALID_HANDLE_VALUE, &byte, 0, &n, NULL));
	fact("read", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
}

static void test_R22(void)
{
	struct pair p;
	DWORD n = 0, error;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abc");
	p.s.ov.Offset = 2;
	ReadFile(p.s.h, p.s.bytes, 9, NULL, &p.s.ov);
	error = error_of(GetOverlappedResult(p.s.h, &p.s.ov, &n, TRUE));
	fact("read", "%lu, count %lu", (unsigned long)error, (unsigned long)n);
	close_ends(&p);
}

static void test_W2(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	FACT("fits", start_write(&p.c, "abc"));
	FACT("just", start_write(&p.c, "d"));
	FACT("too much", start_write(&p.c, "e"));
	fact("too much", "%s", waits(&p.c));
	FACT("the other direction", start_write(&p.s, "abcd"));
	close_ends(&p);
}

static void test_W3(void)
{
	struct pair p;
	struct job job;

	connect_ends(&p, BOTH, BYTES, 4);
	FACT("write", start_write(&p.c, "abcdef"));
	fact("peek", "%s", peek(p.s.h, 10));
	fact("it", "%s", waits(&p.c));
	fact("read", "%s", read_now(&p.s, 10));
	fact("written", "%s", result(&p.c));
	job_start(&job, p.c.h, job_write);
	fact("without overlapped", "%s", job_waits(&job));
	fact("read of that", "%s", read_now(&p.s, 10));
	FACT("it ends", job_end(&job));
	FACT("bytes", job.n);
	close_ends(&p);
}

static void test_W4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	start_write(&p.c, "abcdefgh");
	fact("read", "%s", read_now(&p.s, 3));
	fact("5 left", "%s", waits(&p.c));
	fact("read", "%s", read_now(&p.s, 1));
	fact("4 left", "%s", result(&p.c));
	close_ends(&p);
}

static void test_W6(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	start_read(&p.s, 6);
	FACT("10 bytes", start_write(&p.c, "abcdefghij"));
	fact("read", "%s", result(&p.s));
	fact("rest", "%s", peek(p.s.h, 10));
	close_ends(&p);
}

static void test_W7(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 4);
	fact("empty write", "%s", write_now(&p.c, ""));
	fact("peek", "%s", peek(p.s.h, 10));
	close_ends(&p);
}

static void test_W8(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, 4);
	write_now(&p.c, "abcd");
	fact("empty write, full quota", "%s", write_now(&p.c, ""));
	fact("read", "%s", read_now(&p.s, 10));
	fact("read", "%s", read_now(&p.s, 10));
	close_ends(&p);
}

static void nowait(DWORD pipe_mode, const char *what)
{
	struct pair p;

	connect_ends(&p, BOTH, pipe_mode, 4);
	set_mode(p.c.h, PIPE_NOWAIT | (pipe_mode & PIPE_READMODE_MESSAGE));
	fact(what, "too much: %s", write_now(&p.c, "abcde"));
	fact(what, "the quota: %s", write_now(&p.c, "abcd"));
	fact(what, "a byte more: %s", write_now(&p.c, "e"));
	close_ends(&p);
}

static void test_W9(void)
{
	nowait(BYTES, "bytes");
	nowait(MESSAGE, "messages");
}

static void nowait_reader(DWORD pipe_mode, const char *text)
{
	struct pair p;

	connect_ends(&p, BOTH, pipe_mode, 4);
	set_mode(p.c.h, PIPE_NOWAIT | (pipe_mode & PIPE_READMODE_MESSAGE));
	start_read(&p.s, 2);
	fact("write", "%s", write_now(&p.c, text));
	fact("reader", "%s", waits(&p.s));
	fact("left", "%s", peek(p.s.h, 10));
	CancelIo(p.s.h);
	close_ends(&p);
}

static void test_W10(void)
{
	nowait_reader(BYTES, "abcdef");
}

static void test_W11(void)
{
	nowait_reader(BYTES, "abcdefg");
}

static void test_W12(void)
{
	nowait_reader(MESSAGE, "abcdefg");
}

static void test_W14(void)
{
	struct pair p;
	struct end b;

	connect_ends(&p, BOTH, BYTES, 2);
	end_init(&b, p.c.h);
	start_write(&p.c, "abcd");
	FACT("second", start_write(&b, "ef"));
	fact("read", "%s", read_now(&p.s, 4));
	fact("first", "%s", result(&p.c));
	fact("second", "%s", result(&b));
	fact("read", "%s", read_now(&p.s, 4));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
}

static void test_W15(void)
{
	struct pair p;
	struct end b;

	connect_ends(&p, BOTH, BYTES, 4);
	end_init(&b, p.c.h);
	start_write(&p.c, "abcdef");
	FACT("second", start_write(&b, "gh"));
	fact("read", "%s", read_now(&p.s, 1));
	FACT("cancel", error_of(CancelIoEx(p.c.h, &p.c.ov)));
	fact("cancelled", "%s", result(&p.c));
	fact("second", "%s", result(&b));
	fact("read", "%s", read_now(&p.s, 9));
	b.h = NONE;
	end_close(&b);
	close_ends(&p);
}

static void test_W18(void)
{
	struct end s, c;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	end_init(&c, open_end(GENERIC_READ));
	FACT("write", start_write(&c, "x"));
	end_close(&c);
	end_close(&s);
}

static void test_W20(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, 0);
	FACT("write", start_write(&p.c, "ab"));
	read_now(&p.s, 1);
	fact("partly read", "%s", waits(&p.c));
	read_now(&p.s, 1);
	fact("read", "%s", result(&p.c));
	close_ends(&p);
}

static void test_P1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	fact("nothing", "%s", peek(p.s.h, 10));
	write_now(&p.c, "ab");
	write_now(&p.c, "cde");
	fact("all", "%s", peek(p.s.h, 10));
	fact("part", "%s", peek(p.s.h, 2));
	close_ends(&p);
}

static void test_P3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "abcd");
	write_now(&p.c, "ef");
	fact("first alone", "%s", peek(p.s.h, 10));
	fact("part of it", "%s", peek(p.s.h, 3));
	read_now(&p.s, 1);
	fact("the rest of it", "%s", peek(p.s.h, 10));
	set_mode(p.s.h, PIPE_READMODE_BYTE);
	fact("in byte mode", "%s", peek(p.s.h, 10));
	close_ends(&p);
}

static void test_P8(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	DisconnectNamedPipe(p.s.h);
	fact("server", "%s", peek(p.s.h, 4));
	fact("client", "%s", peek(p.c.h, 4));
	close_ends(&p);
}

static void test_P9(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abcd");
	fact("no room", "%s", peek(p.s.h, 0));
	close_ends(&p);
}

static void test_P12(void)
{
	struct end s, c;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	end_init(&c, open_end(GENERIC_WRITE));
	fact("peek", "%s", peek(c.h, 4));
	end_close(&c);
	end_close(&s);
}

static void test_P13(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.c, "");
	fact("an empty message", "%s", peek(p.s.h, 4));
	close_ends(&p);
}

static void test_T1(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("bytes", start_transact(&p.c, "x", 4));
	close_ends(&p);
	connect_ends(&p, BOTH, PIPE_TYPE_MESSAGE, QUOTA);
	FACT("byte mode", start_transact(&p.c, "x", 4));
	close_ends(&p);
}

static void test_T3(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	write_now(&p.s, "x");
	FACT("unread", start_transact(&p.c, "abc", 4));
	fact("nothing is written", "%s", peek(p.s.h, 4));
	close_ends(&p);
}

static void test_T4(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, 2);
	FACT("above the quota", start_transact(&p.c, "question", 9));
	fact("it", "%s", waits(&p.c));
	fact("read", "%s", read_now(&p.s, 9));
	start_write(&p.s, "reply");
	fact("replied", "%s", result(&p.c));
	close_ends(&p);
}

static void test_T5(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	start_transact(&p.c, "question", 3);
	read_now(&p.s, 9);
	write_now(&p.s, "reply");
	fact("part", "%s", result(&p.c));
	fact("rest", "%s", read_now(&p.c, 9));
	close_ends(&p);
}

static void test_T6(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	start_transact(&p.c, "a", 9);
	read_now(&p.s, 9);
	start_transact(&p.s, "b", 9);
	fact("client", "%s", result(&p.c));
	write_now(&p.c, "c");
	fact("server", "%s", result(&p.s));
	close_ends(&p);
}

static void test_T7(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	start_transact(&p.c, "", 9);
	fact("empty question", "%s", read_now(&p.s, 9));
	write_now(&p.s, "");
	fact("empty reply", "%s", result(&p.c));
	start_transact(&p.c, "x", 0);
	read_now(&p.s, 9);
	write_now(&p.s, "");
	fact("no room for it", "%s", result(&p.c));
	close_ends(&p);
}

static void test_T8(void)
{
	struct pair p;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	start_transact(&p.c, "question", 9);
	CancelIo(p.c.h);
	fact("cancelled", "%s", result(&p.c));
	fact("the question", "%s", read_now(&p.s, 9));
	close_ends(&p);
}

const struct row rows_data[] = {
	ROW(R1),  ROW(R2),  ROW(R3),  ROW(R4),	ROW(R5),  ROW(R6),  ROW(R8),  ROW(R9),
	ROW(R10), ROW(R11), ROW(R12), ROW(R13), ROW(R14), ROW(R15), ROW(R17), ROW(R18),
	ROW(R19), ROW(R21), ROW(R22), ROW(W2),	ROW(W3),  ROW(W4),  ROW(W6),  ROW(W7),
	ROW(W8),  ROW(W9),  ROW(W10), ROW(W11), ROW(W12), ROW(W14), ROW(W15), ROW(W18),
	ROW(W20), ROW(P1),  ROW(P3),  ROW(P8),	ROW(P9),  ROW(P12), ROW(P13), ROW(T1),
	ROW(T3),  ROW(T4),  ROW(T5),  ROW(T6),	ROW(T7),  ROW(T8),  { 0 },
};
