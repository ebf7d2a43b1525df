/* SPDX-License-Identifier: MIT */
/*
 * The survey's rows of ports, asynchronous procedure calls, synchronous handles, directories, and
 * of what is seldom asked.
 */
#include "pipe-survey.h"
#include <winternl.h>

#define BASE		  "\\Device\\NamedPipe\\"
#define CODE(n)		  (0x110000 | (n) << 2)
#define FACT(what, error) fact(what, "%lu", (unsigned long)(error))

static void status(const char *what, NTSTATUS value)
{
	fact(what, "%#lx", (unsigned long)(ULONG)value);
}

/* An NT name of ASCII. Its length. */
static USHORT fill_name(OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *string, WCHAR *units,
			const char *text)
{
	USHORT n = 0;

	for (; text[n]; n++)
		units[n] = (WCHAR)text[n];
	string->Length = string->MaximumLength = (USHORT)(n * sizeof(WCHAR));
	string->Buffer = units;
	memset(attributes, 0, sizeof(*attributes));
	attributes->Length = sizeof(*attributes);
	attributes->ObjectName = string;
	attributes->Attributes = OBJ_CASE_INSENSITIVE;
	return n;
}

/* The device, or its root directory. */
static NTSTATUS open_native(HANDLE *h, const char *text, ULONG access, ULONG options)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	IO_STATUS_BLOCK iosb;
	WCHAR units[96];

	fill_name(&attributes, &string, units, text);
	*h = NONE;
	return NtOpenFile(h, access | SYNCHRONIZE, &attributes, &iosb,
			  FILE_SHARE_READ | FILE_SHARE_WRITE, options);
}

static void test_C40(void)
{
	HANDLE h = create(BOTH | FILE_FLAG_WRITE_THROUGH, BYTES, 1, QUOTA);

	FACT("write through", error_of(h != NONE));
	CloseHandle(h);
}

static void test_O15(void)
{
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	fact("types", "%lu %lu", (unsigned long)GetFileType(p.s.h),
	     (unsigned long)GetFileType(p.c.h));
	close_ends(&p);
}

/* Asking by the name is an open, which comes and goes. */
static void test_O16(void)
{
	struct end s;

	end_init(&s, create(BOTH, BYTES, 1, QUOTA));
	fact("attributes", "0x%lx", (unsigned long)GetFileAttributesA(pipe_name));
	fact("listen", "%lu", (unsigned long)start_listen(&s));
	fact("attributes again", "0x%lx", (unsigned long)GetFileAttributesA(pipe_name));
	end_close(&s);
}

static void test_P2(void)
{
	struct pair p;
	DWORD left = 77;
	char bytes[4];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	write_now(&p.c, "abcde");
	PeekNamedPipe(p.s.h, bytes, 3, NULL, NULL, &left);
	FACT("left", left);
	close_ends(&p);
}

static void test_P11(void)
{
	IO_STATUS_BLOCK iosb;
	struct pair p;
	char bytes[16];
	NTSTATUS r;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	r = NtFsControlFile(p.s.h, NULL, NULL, NULL, &iosb, CODE(3) | 1 << 14, NULL, 0, bytes, 8);
	fact("little room", "%s", r < 0 ? "an error" : "none");
	close_ends(&p);
}

struct wait_for {
	LARGE_INTEGER timeout;
	ULONG n;
	BOOLEAN is_specified;
	WCHAR name[64];
};

static NTSTATUS wait_by(HANDLE h, BOOLEAN is_specified)
{
	const char *text = pipe_name + strlen("\\\\.\\pipe\\");
	struct wait_for wait;
	IO_STATUS_BLOCK iosb;
	ULONG n = 0;
	NTSTATUS r;

	memset(&wait, 0, sizeof(wait));
	wait.timeout.QuadPart = -100000;
	wait.is_specified = is_specified;
	for (; text[n]; n++)
		wait.name[n] = (WCHAR)text[n];
	wait.n = n * (ULONG)sizeof(WCHAR);
	memset(&iosb, 0, sizeof(iosb));
	r = NtFsControlFile(h, NULL, NULL, NULL, &iosb, CODE(6), &wait,
			    (ULONG)((char *)wait.name - (char *)&wait) + wait.n, NULL, 0);
	if (r == STATUS_PENDING) {
		WaitForSingleObject(h, WHILE);
		r = iosb.Status;
	}
	return r;
}

/* The pipe's own time, 100 ms, is over some time; no other would be. */
static void test_N9(void)
{
	struct pair p;
	HANDLE root;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	open_native(&root, BASE, GENERIC_READ, 0);
	status("no time", wait_by(root, FALSE));
	CloseHandle(root);
	close_ends(&p);
}

static void test_Q8(void)
{
	FILE_PIPE_INFORMATION info;
	IO_STATUS_BLOCK iosb;

	status("query", NtQueryInformationFile((HANDLE)(LONG_PTR)-1, &iosb, &info, sizeof(info),
					       FilePipeInformation));
}

static void test_Q16(void)
{
	struct pair p;
	char user[64];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	fact("before a read", "%s",
	     GetNamedPipeHandleStateA(p.s.h, NULL, NULL, NULL, NULL, user, sizeof(user)) ? "a name"
											 : "none");
	fact("client", "%s",
	     GetNamedPipeHandleStateA(p.c.h, NULL, NULL, NULL, NULL, user, sizeof(user)) ? "a name"
											 : "none");
	close_ends(&p);
}

static void test_Q21(void)
{
	struct {
		UNICODE_STRING name;
		char room[200];
	} type;
	struct pair p;
	NTSTATUS r;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	r = NtQueryObject(p.s.h, (OBJECT_INFORMATION_CLASS)2, &type, sizeof(type), NULL);
	fact("type", "%#lx %c%c%c%c, %lu bytes", (unsigned long)(ULONG)r, (char)type.name.Buffer[0],
	     (char)type.name.Buffer[1], (char)type.name.Buffer[2], (char)type.name.Buffer[3],
	     (unsigned long)type.name.Length);
	close_ends(&p);
}

static void test_Q23(void)
{
	struct {
		ULONG attributes;
		LONG longest;
		ULONG n;
		WCHAR name[16];
	} info;
	IO_STATUS_BLOCK iosb;
	struct pair p;
	NTSTATUS r;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	memset(&info, 0, sizeof(info));
	r = NtQueryVolumeInformationFile(p.s.h, &iosb, &info, sizeof(info),
					 (FS_INFORMATION_CLASS)5);
	fact("file system", "%#lx %lu bytes", (unsigned long)(ULONG)r, (unsigned long)info.n);
	fact("its name", "%c%c%c%c", info.n ? (char)info.name[0] : '-',
	     info.n ? (char)info.name[1] : '-', info.n ? (char)info.name[2] : '-',
	     info.n ? (char)info.name[3] : '-');
	close_ends(&p);
}

static void test_Q26(void)
{
	IO_STATUS_BLOCK iosb;
	LARGE_INTEGER end;
	struct pair p;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	status("end of file",
	       NtSetInformationFile(p.s.h, &iosb, &end, sizeof(end), (FILE_INFORMATION_CLASS)20));
	close_ends(&p);
}

static void test_Q28(void)
{
	IO_STATUS_BLOCK iosb;
	char name[64];
	HANDLE h;

	open_native(&h, "\\Device\\NamedPipe", GENERIC_READ, 0);
	status("device's name",
	       NtQueryInformationFile(h, &iosb, name, sizeof(name), (FILE_INFORMATION_CLASS)9));
	CloseHandle(h);
}

static void test_J8(void)
{
	IO_STATUS_BLOCK iosb;
	struct pair p;
	char out[16];
	NTSTATUS r;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	r = NtFsControlFile(p.s.h, NULL, NULL, NULL, &iosb, CODE(12), (void *)(size_t) "Nonsense",
			    9, out, sizeof(out));
	fact("unknown attribute", "%s", r < 0 ? "an error" : "none");
	close_ends(&p);
}

static BOOL is_listed(const char *pattern)
{
	const char *wanted = pipe_name + strlen("\\\\.\\pipe\\");
	WIN32_FIND_DATAA data;
	HANDLE find = FindFirstFileA(pattern, &data);
	BOOL found = FALSE;

	if (find == NONE)
		return FALSE;
	do
		found = found || strcmp(data.cFileName, wanted) == 0;
	while (FindNextFileA(find, &data));
	FindClose(find);
	return found;
}

static void test_E1(void)
{
	HANDLE h = create(BOTH, BYTES, 1, QUOTA);

	fact("listed", "%d", is_listed("\\\\.\\pipe\\*"));
	CloseHandle(h);
	fact("when it is gone", "%d", is_listed("\\\\.\\pipe\\*"));
}

static NTSTATUS list(HANDLE root, BOOLEAN restart, void *out, ULONG n)
{
	IO_STATUS_BLOCK iosb;
	NTSTATUS r;

	memset(&iosb, 0, sizeof(iosb));
	r = NtQueryDirectoryFile(root, NULL, NULL, NULL, &iosb, out, n, (FILE_INFORMATION_CLASS)1,
				 FALSE, NULL, restart);
	if (r == STATUS_PENDING) {
		WaitForSingleObject(root, WHILE);
		r = iosb.Status;
	}
	return r;
}

static void test_E2(void)
{
	static char out[65536];
	HANDLE h = create(BOTH, BYTES, 1, QUOTA), root;

	open_native(&root, BASE, GENERIC_READ, 0);
	status("list", list(root, TRUE, out, sizeof(out)));
	status("the end", list(root, FALSE, out, sizeof(out)));
	CloseHandle(root);
	CloseHandle(h);
}

static void test_E5(void)
{
	HANDLE s = create(BOTH, BYTES, 1, QUOTA), h;

	open_native(&h, "\\Device\\NamedPipe", GENERIC_READ, 0);
	status("wait by the device", wait_by(h, TRUE));
	CloseHandle(h);
	open_native(&h, BASE, GENERIC_READ, 0);
	status("wait by its root", wait_by(h, TRUE));
	CloseHandle(h);
	CloseHandle(s);
}

/* ---- ports and calls ---- */

static BOOL has_packet(HANDLE port)
{
	OVERLAPPED *ov = NULL;
	ULONG_PTR key = 0;
	DWORD n = 0;

	GetQueuedCompletionStatus(port, &n, &key, &ov, 50);
	return ov != NULL;
}

/* Older versions of Windows are done at once, without a packet; newer ones have one. */
static void test_A9(void)
{
	struct pair p;
	HANDLE port;
	DWORD error;

	connect_ends(&p, BOTH, MESSAGE, QUOTA);
	port = CreateIoCompletionPort(p.s.h, NULL, 1, 0);
	write_now(&p.c, "abcdef");
	error = start_read(&p.s, 2);
	fact("a part at once", "%s",
	     has_packet(port) == (error == ERROR_IO_PENDING) ? "as some Windows" : "as none");
	CloseHandle(port);
	close_ends(&p);
}

static void test_A10(void)
{
	struct pair p;
	OVERLAPPED ov;
	HANDLE port;
	char bytes[4];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	port = CreateIoCompletionPort(p.s.h, NULL, 1, 0);
	FACT("set", error_of(SetFileCompletionNotificationModes(
			    p.s.h, 2 /* FILE_SKIP_SET_EVENT_ON_HANDLE */)));
	memset(&ov, 0, sizeof(ov));
	ReadFile(p.s.h, bytes, 4, NULL, &ov);
	write_now(&p.c, "ab");
	fact("packet", "%d", has_packet(port));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	CloseHandle(port);
	close_ends(&p);
}

static int calls;

static void WINAPI native_call(void *context, IO_STATUS_BLOCK *iosb, ULONG reserved)
{
	(void)context, (void)iosb, (void)reserved;
	calls++;
}

static void WINAPI user_call(ULONG_PTR data)
{
	(void)data;
	calls++;
}

static void test_A11(void)
{
	IO_STATUS_BLOCK iosb;
	struct pair p;
	HANDLE port;
	char bytes[4];

	connect_ends(&p, BOTH, BYTES, QUOTA);
	port = CreateIoCompletionPort(p.s.h, NULL, 1, 0);
	status("both", NtReadFile(p.s.h, NULL, native_call, NULL, &iosb, bytes, 4, NULL, NULL));
	CloseHandle(port);
	close_ends(&p);
}

static void test_A13(void)
{
	OVERLAPPED ov;
	struct pair p;
	char bytes[4];
	DWORD n;

	end_init(&p.s, CreateNamedPipeA(pipe_name, BOTH, BYTES, 1, QUOTA, QUOTA, 0, NULL));
	end_init(&p.c, open_end(GENERIC_READ | GENERIC_WRITE));
	write_now(&p.c, "abcd");
	memset(&ov, 0, sizeof(ov));
	ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	FACT("read", error_of(ReadFile(p.s.h, bytes, 2, &n, &ov)));
	FACT("event", WaitForSingleObject(ov.hEvent, 0));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	FACT("read without one", error_of(ReadFile(p.s.h, bytes, 2, &n, NULL)));
	FACT("handle", WaitForSingleObject(p.s.h, 0));
	CloseHandle(ov.hEvent);
	close_ends(&p);
}

/* A listen on a handle whose waits are alertable ends with a call. */
static void test_A16(void)
{
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING string;
	IO_STATUS_BLOCK iosb;
	LARGE_INTEGER timeout;
	WCHAR units[96];
	char name[96];
	HANDLE s;
	USHORT n;

	snprintf(name, sizeof(name), "%s%s", BASE, pipe_name + strlen("\\\\.\\pipe\\"));
	n = fill_name(&attributes, &string, units, name);
	timeout.QuadPart = -500000;
	status("create",
	       NtCreateNamedPipeFile(&s, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
				     &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE, 3,
				     FILE_SYNCHRONOUS_IO_ALERT, 0, 0, 0, 1, n, n, &timeout));
	calls = 0;
	QueueUserAPC(user_call, GetCurrentThread(), 0);
	status("listen", NtFsControlFile(s, NULL, NULL, NULL, &iosb, CODE(2), NULL, 0, NULL, 0));
	FACT("calls", calls);
	CloseHandle(s);
}

static void test_A23(void)
{
	struct pair p;
	struct job job;
	DWORD error;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	FACT("nothing to cancel", error_of(CancelSynchronousIo(GetCurrentThread())));
	close_ends(&p);
	end_init(&p.s, CreateNamedPipeA(pipe_name, BOTH, BYTES, 1, QUOTA, QUOTA, 0, NULL));
	end_init(&p.c, open_end(GENERIC_READ | GENERIC_WRITE));
	job_start(&job, p.s.h, job_read);
	fact("a read", "%s", job_waits(&job));
	error = error_of(CancelSynchronousIo(job.thread));
	FACT("cancel", error);
	FACT("read", job_end(&job));
	close_ends(&p);
}

static void test_A26(void)
{
	struct pair p;
	DWORD n;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	calls = 0;
	QueueUserAPC(user_call, GetCurrentThread(), 0);
	FACT("0 ms", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 0, TRUE)));
	FACT("calls", calls);
	FACT("10 ms, alertable", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 10, TRUE)));
	FACT("calls", calls);
	CancelIo(p.s.h);
	result(&p.s);
	close_ends(&p);
}

static void test_A27(void)
{
	struct pair p;
	DWORD n;

	connect_ends(&p, BOTH, BYTES, QUOTA);
	start_read(&p.s, 4);
	calls = 0;
	FACT("10 ms", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 10, TRUE)));
	QueueUserAPC(user_call, GetCurrentThread(), 0);
	FACT("10 ms, not alertable",
	     error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 10, FALSE)));
	FACT("calls", calls);
	FACT("10 ms, alertable", error_of(GetOverlappedResultEx(p.s.h, &p.s.ov, &n, 10, TRUE)));
	FACT("calls", calls);
	CancelIo(p.s.h);
	result(&p.s);
	close_ends(&p);
}

const struct row rows_more[] = {
	ROW(C40), ROW(O15), ROW(O16), ROW(P2),	ROW(P11), ROW(N9),  ROW(Q8), ROW(Q16), ROW(Q21),
	ROW(Q23), ROW(Q26), ROW(Q28), ROW(J8),	ROW(E1),  ROW(E2),  ROW(E5), ROW(A9),  ROW(A10),
	ROW(A11), ROW(A13), ROW(A16), ROW(A23), ROW(A26), ROW(A27), { 0 },
};
