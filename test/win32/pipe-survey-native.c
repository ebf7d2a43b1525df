/* SPDX-License-Identifier: MIT */
/*
 * The survey's rows of NT's own calls: names, information classes, control codes.
 */
#include "pipe-survey.h"
#include <winternl.h>

#define DUPLEX	    (FILE_SHARE_READ | FILE_SHARE_WRITE)
#define BASE	    "\\Device\\NamedPipe\\"
#define OPEN	    1
#define CREATE	    2
#define OPEN_IF	    3
#define ACCESS	    (GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE)
#define CODE(n)	    (0x110000 | (n) << 2)
#define DISCONNECT  CODE(1)
#define LISTEN	    CODE(2)
#define PEEK	    (CODE(3) | 1 << 14)
#define TRANSCEIVE  (CODE(5) | 3 << 14 | 3)
#define WAIT	    CODE(6)
#define IMPERSONATE CODE(7)

static void status(const char *what, NTSTATUS value)
{
	fact(what, "%#lx", (unsigned long)(ULONG)value);
}

/* An NT name of ASCII. */
struct name {
	WCHAR units[200];
	UNICODE_STRING string;
	OBJECT_ATTRIBUTES attributes;
};

static OBJECT_ATTRIBUTES *name_of(struct name *name, HANDLE root, const char *text)
{
	USHORT n = 0;

	for (; text[n]; n++)
		name->units[n] = (WCHAR)text[n];
	name->string.Length = (USHORT)(n * sizeof(WCHAR));
	name->string.MaximumLength = name->string.Length;
	name->string.Buffer = name->units;
	memset(&name->attributes, 0, sizeof(name->attributes));
	name->attributes.Length = sizeof(name->attributes);
	name->attributes.RootDirectory = root;
	name->attributes.ObjectName = &name->string;
	name->attributes.Attributes = OBJ_CASE_INSENSITIVE;
	return &name->attributes;
}

struct how {
	HANDLE root;
	ULONG access, share, disposition, options, type, mode, nonblocking, instances;
	LONGLONG timeout;
};

static const struct how usual = { NULL, ACCESS, DUPLEX, OPEN_IF, 0, 1, 1, 0, 4, -500000 };

static NTSTATUS make_as(HANDLE *h, const char *text, const struct how *how, IO_STATUS_BLOCK *iosb)
{
	LARGE_INTEGER timeout;
	struct name name;

	timeout.QuadPart = how->timeout;
	memset(iosb, 0, sizeof(*iosb));
	*h = NONE;
	return NtCreateNamedPipeFile(h, how->access, name_of(&name, how->root, text), iosb,
				     how->share, how->disposition, how->options, how->type,
				     how->mode, how->nonblocking, how->instances, 100, 200,
				     &timeout);
}

/* This row's pipe, by its NT name. */
static const char *own_name(void)
{
	static char text[96];

	snprintf(text, sizeof(text), "%s%s", BASE, pipe_name + strlen("\\\\.\\pipe\\"));
	return text;
}

static NTSTATUS make(HANDLE *h, const struct how *how)
{
	IO_STATUS_BLOCK iosb;

	return make_as(h, own_name(), how, &iosb);
}

static void try_make(const char *what, const struct how *how)
{
	HANDLE h;
	NTSTATUS r = make(&h, how);

	status(what, r);
	if (!r)
		CloseHandle(h);
}

static NTSTATUS open_as(HANDLE *h, HANDLE root, const char *text, ULONG access)
{
	IO_STATUS_BLOCK iosb;
	struct name name;

	*h = NONE;
	return NtOpenFile(h, access, name_of(&name, root, text), &iosb, DUPLEX, 0);
}

static NTSTATUS control(HANDLE h, ULONG code, void *in, ULONG n_in, void *out, ULONG n_out,
			ULONG_PTR *n)
{
	IO_STATUS_BLOCK iosb;
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	NTSTATUS r;

	memset(&iosb, 0, sizeof(iosb));
	r = NtFsControlFile(h, event, NULL, NULL, &iosb, code, in, n_in, out, n_out);
	if (r == STATUS_PENDING) {
		if (WaitForSingleObject(event, WHILE))
			CancelIo(h);
		r = iosb.Status;
	}
	CloseHandle(event);
	if (n)
		*n = iosb.Information;
	return r;
}

static NTSTATUS query(HANDLE h, void *out, ULONG n, int which, ULONG_PTR *np)
{
	IO_STATUS_BLOCK iosb;
	NTSTATUS r;

	memset(&iosb, 0, sizeof(iosb));
	r = NtQueryInformationFile(h, &iosb, out, n, (FILE_INFORMATION_CLASS)which);
	if (np)
		*np = iosb.Information;
	return r;
}

static NTSTATUS set_pipe(HANDLE h, ULONG mode, ULONG completion)
{
	FILE_PIPE_INFORMATION info;
	IO_STATUS_BLOCK iosb;

	info.ReadMode = mode;
	info.CompletionMode = completion;
	return NtSetInformationFile(h, &iosb, &info, sizeof(info), FilePipeInformation);
}

static void ends_of(HANDLE *s, HANDLE *c)
{
	make(s, &usual);
	*c = open_end(GENERIC_READ | GENERIC_WRITE);
}

static void put(HANDLE h, const char *text)
{
	struct end end;

	end_init(&end, h);
	write_now(&end, text);
	end.h = NONE;
	end_close(&end);
}

/* ---- create ---- */

static void test_C11(void)
{
	IO_STATUS_BLOCK iosb;
	HANDLE h;

	status("a backslash", make_as(&h, BASE "\\", &usual, &iosb));
	if (h != NONE)
		CloseHandle(h);
}

static void test_C12(void)
{
	IO_STATUS_BLOCK iosb;
	struct how how = usual;
	HANDLE root, a, b, c;
	char name[64];

	status("root", open_as(&root, NULL, BASE, GENERIC_READ | SYNCHRONIZE));
	how.root = root;
	how.instances = 1;
	status("unnamed", make_as(&a, "", &how, &iosb));
	status("another", make_as(&b, "", &how, &iosb));
	status("its name", query(a, name, sizeof(name), FileNameInformation, NULL));
	status("open", open_as(&c, a, "", ACCESS));
	put(c, "abc");
	fact("peek", "%s", peek(a, 10));
	CloseHandle(c);
	CloseHandle(b);
	CloseHandle(a);
	CloseHandle(root);
}

static void test_C20(void)
{
	struct how how = usual;

	how.timeout = 500000;
	try_make("timeout not relative", &how);
	how = usual;
	how.instances = 0;
	try_make("no instances", &how);
}

static void test_C21(void)
{
	struct how how = usual;

	how.share = 0;
	try_make("none", &how);
	how.share = DUPLEX | FILE_SHARE_DELETE;
	try_make("delete", &how);
	how.share = 8;
	try_make("another bit", &how);
}

static void test_C22(void)
{
	static const ULONG shares[] = { FILE_SHARE_READ, FILE_SHARE_WRITE, DUPLEX };

	for (int i = 0; i < 3; i++) {
		FILE_PIPE_LOCAL_INFORMATION info;
		struct how how = usual;
		HANDLE h;

		how.share = shares[i];
		make(&h, &how);
		memset(&info, 0x77, sizeof(info));
		query(h, &info, sizeof(info), FilePipeLocalInformation, NULL);
		fact("configuration", "%lu", (unsigned long)info.NamedPipeConfiguration);
		CloseHandle(h);
	}
}

static void test_C23(void)
{
	struct how how = usual;

	how.disposition = 4;
	try_make("overwrite", &how);
	how.disposition = 5;
	try_make("overwrite if", &how);
	how.disposition = 0;
	try_make("supersede", &how);
}

static void test_C24(void)
{
	struct how how = usual;

	how.disposition = OPEN;
	try_make("open", &how);
}

static void test_C26(void)
{
	IO_STATUS_BLOCK iosb;
	HANDLE a, b;

	make_as(&a, own_name(), &usual, &iosb);
	fact("first", "%lu", (unsigned long)iosb.Information);
	make_as(&b, own_name(), &usual, &iosb);
	fact("second", "%lu", (unsigned long)iosb.Information);
	CloseHandle(b);
	CloseHandle(a);
}

static void test_C36(void)
{
	struct how how = usual;
	FILE_PIPE_INFORMATION info;
	HANDLE h;

	how.access = SYNCHRONIZE;
	status("create", make(&h, &how));
	status("query", query(h, &info, sizeof(info), FilePipeInformation, NULL));
	CloseHandle(h);
}

static void test_C37(void)
{
	struct how how = usual;

	how.access = 0;
	try_make("no access", &how);
}

/* ---- open ---- */

static void test_O12(void)
{
	HANDLE s, c;

	make(&s, &usual);
	status("empty name", open_as(&c, s, "", ACCESS));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_O13(void)
{
	HANDLE s, c;

	make(&s, &usual);
	status("other name", open_as(&c, s, "x", ACCESS));
	CloseHandle(s);
}

static void test_O14(void)
{
	HANDLE h = CreateFileA("\\\\.\\pipe\\", GENERIC_READ, DUPLEX, NULL, OPEN_EXISTING, 0, NULL);

	fact("root directory", "%lu", (unsigned long)error_of(h != NONE));
	CloseHandle(h);
	h = CreateFileA("\\\\.\\pipe", GENERIC_READ, DUPLEX, NULL, OPEN_EXISTING, 0, NULL);
	fact("device", "%lu", (unsigned long)error_of(h != NONE));
	CloseHandle(h);
}

/* ---- data ---- */

static void test_R16(void)
{
	struct how how = usual;
	struct end s;
	HANDLE c;

	how.share = FILE_SHARE_READ;
	make(&s.h, &how);
	end_init(&s, s.h);
	c = open_end(GENERIC_READ);
	fact("read by the server", "%lu", (unsigned long)start_read(&s, 4));
	CloseHandle(c);
	end_close(&s);
}

static void test_R20(void)
{
	IO_STATUS_BLOCK iosb;
	HANDLE h;
	char bytes[4];

	open_as(&h, NULL, "\\Device\\NamedPipe", GENERIC_READ | SYNCHRONIZE);
	status("device", NtReadFile(h, NULL, NULL, NULL, &iosb, bytes, 4, NULL, NULL));
	CloseHandle(h);
	open_as(&h, NULL, BASE, GENERIC_READ | SYNCHRONIZE);
	status("root directory", NtReadFile(h, NULL, NULL, NULL, &iosb, bytes, 4, NULL, NULL));
	CloseHandle(h);
}

struct peeked {
	ULONG state, available, messages, length;
	char bytes[16];
};

static void look(const char *what, HANDLE h, ULONG size)
{
	struct peeked peeked;
	ULONG_PTR n = 0;
	NTSTATUS r;

	memset(&peeked, 0, sizeof(peeked));
	r = control(h, PEEK, NULL, 0, &peeked, size, &n);
	fact(what,
	     "%#lx, Information %lu: state %lu, %lu available, %lu messages, %lu long, '%.16s'",
	     (unsigned long)(ULONG)r, (unsigned long)n, (unsigned long)peeked.state,
	     (unsigned long)peeked.available, (unsigned long)peeked.messages,
	     (unsigned long)peeked.length, peeked.bytes);
}

static void test_P4(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	put(c, "abcd");
	look("part", s, 18);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_P5(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	put(c, "ab");
	put(c, "");
	put(c, "c");
	look("three", s, 32);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_P6(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	look("nothing", s, 32);
	put(c, "ab");
	look("two bytes", s, 32);
	look("no room", s, 16);
	CloseHandle(c);
	look("closing", s, 32);
	CloseHandle(s);
}

static void test_P14(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	look("connected", c, 16);
	put(s, "x");
	CloseHandle(s);
	look("closing", c, 16);
	CloseHandle(c);
}

struct wait_for {
	LARGE_INTEGER timeout;
	ULONG n;
	BOOLEAN is_specified;
	WCHAR name[64];
};

/* MS-FSCC 2.3.49: 14 bytes, and the name. */
static ULONG wait_for(struct wait_for *wait, const char *text, LONGLONG timeout)
{
	ULONG n = 0;

	memset(wait, 0, sizeof(*wait));
	wait->timeout.QuadPart = timeout;
	wait->is_specified = TRUE;
	for (; text[n]; n++)
		wait->name[n] = (WCHAR)text[n];
	wait->n = n * (ULONG)sizeof(WCHAR);
	return (ULONG)((char *)wait->name - (char *)wait) + wait->n;
}

static void test_N10(void)
{
	const char *name = pipe_name + strlen("\\\\.\\pipe\\");
	struct wait_for wait;
	HANDLE device, s, c;
	ULONG n;

	open_as(&device, NULL, BASE, GENERIC_READ | SYNCHRONIZE);
	n = wait_for(&wait, name, -100000);
	status("no pipe", control(device, WAIT, &wait, n, NULL, 0, NULL));
	make(&s, &usual);
	status("listens", control(device, WAIT, &wait, n, NULL, 0, NULL));
	c = open_end(GENERIC_READ);
	status("busy", control(device, WAIT, &wait, n, NULL, 0, NULL));
	wait.is_specified = FALSE;
	status("busy, the pipe's time", control(device, WAIT, &wait, n, NULL, 0, NULL));
	CloseHandle(c);
	CloseHandle(s);
	CloseHandle(device);
}

static void test_N7(void)
{
	struct wait_for wait;
	HANDLE device, s;
	ULONG n = wait_for(&wait, "x", -100000);

	open_as(&device, NULL, "\\Device\\NamedPipe", GENERIC_READ | SYNCHRONIZE);
	status("device", control(device, WAIT, &wait, n, NULL, 0, NULL));
	make(&s, &usual);
	status("pipe", control(s, WAIT, &wait, n, NULL, 0, NULL));
	CloseHandle(s);
	CloseHandle(device);
}

static void test_N8(void)
{
	struct wait_for wait;
	HANDLE root;
	ULONG n = wait_for(&wait, "x", -100000);

	open_as(&root, NULL, BASE, GENERIC_READ | SYNCHRONIZE);
	status("short", control(root, WAIT, &wait, 4, NULL, 0, NULL));
	wait.n = 100;
	status("name beyond the end", control(root, WAIT, &wait, n, NULL, 0, NULL));
	CloseHandle(root);
}

/* ---- query and set ---- */

static void modes(const char *what, HANDLE h)
{
	FILE_PIPE_INFORMATION info;
	NTSTATUS r;

	memset(&info, 0x77, sizeof(info));
	r = query(h, &info, sizeof(info), FilePipeInformation, NULL);
	fact(what, "%#lx %lu %lu", (unsigned long)(ULONG)r, (unsigned long)info.ReadMode,
	     (unsigned long)info.CompletionMode);
}

static void test_Q1(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	modes("server", s);
	modes("client", c);
	status("set client", set_pipe(c, 1, 1));
	modes("server", s);
	modes("client", c);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q2(void)
{
	struct how how = usual;
	HANDLE h;

	how.access = GENERIC_WRITE & ~FILE_READ_ATTRIBUTES;
	make(&h, &how);
	modes("no right to", h);
	CloseHandle(h);
}

static void test_Q3(void)
{
	struct how how = usual;
	HANDLE h;

	how.access = GENERIC_READ;
	make(&h, &how);
	status("right values", set_pipe(h, 0, 0));
	status("wrong values", set_pipe(h, 9, 9));
	CloseHandle(h);
}

static void test_Q4(void)
{
	HANDLE s, c;

	make(&s, &usual);
	c = open_end(GENERIC_READ);
	status("client", set_pipe(c, 1, 0));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q5(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	status("read mode 2", set_pipe(s, 2, 0));
	status("completion mode 2", set_pipe(c, 0, 2));
	CloseHandle(c);
	CloseHandle(s);
}

static void local(const char *what, HANDLE h)
{
	FILE_PIPE_LOCAL_INFORMATION i;
	NTSTATUS r;

	memset(&i, 0x77, sizeof(i));
	r = query(h, &i, sizeof(i), FilePipeLocalInformation, NULL);
	if (r) {
		status(what, r);
		return;
	}
	fact(what, "type %lu configuration %lu limit %lu instances %lu state %lu end %lu",
	     (unsigned long)i.NamedPipeType, (unsigned long)i.NamedPipeConfiguration,
	     (unsigned long)i.MaximumInstances, (unsigned long)i.CurrentInstances,
	     (unsigned long)i.NamedPipeState, (unsigned long)i.NamedPipeEnd);
	fact(what, "inbound %lu outbound %lu to read %lu", (unsigned long)i.InboundQuota,
	     (unsigned long)i.OutboundQuota, (unsigned long)i.ReadDataAvailable);
	fact(what, "to write %lu", (unsigned long)i.WriteQuotaAvailable);
}

static void test_Q9(void)
{
	HANDLE s, c;

	make(&s, &usual);
	local("listening", s);
	c = open_end(GENERIC_READ | GENERIC_WRITE);
	put(c, "abc");
	local("server", s);
	local("client", c);
	DisconnectNamedPipe(s);
	local("disconnected server", s);
	local("disconnected client", c);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q12(void)
{
	HANDLE s, c;

	ends_of(&s, &c);
	CloseHandle(s);
	local("client alone", c);
	CloseHandle(c);
}

static void test_Q13(void)
{
	HANDLE s, c;
	char info[64];

	ends_of(&s, &c);
	status("remote information", query(c, info, sizeof(info), FilePipeRemoteInformation, NULL));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q20(void)
{
	struct {
		ULONG n;
		WCHAR name[100];
	} info;
	HANDLE s, c;
	ULONG_PTR n;
	NTSTATUS r;

	ends_of(&s, &c);
	r = query(s, &info, sizeof(info), FileNameInformation, &n);
	fact("name", "%#lx, %d, begins with %c", (unsigned long)(ULONG)r,
	     n == 4 + info.n && info.n / 2 == strlen(own_name() + strlen(BASE)) + 1,
	     (char)info.name[0]);
	r = query(c, &info, 12, FileNameInformation, &n);
	fact("short", "%#lx, Information %lu, whole length %d", (unsigned long)(ULONG)r,
	     (unsigned long)n, info.n / 2 == strlen(own_name() + strlen(BASE)) + 1);
	status("too short", query(c, &info, 4, FileNameInformation, NULL));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q22(void)
{
	FILE_FS_DEVICE_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	HANDLE s, c;
	NTSTATUS r;

	ends_of(&s, &c);
	memset(&info, 0, sizeof(info));
	r = NtQueryVolumeInformationFile(c, &iosb, &info, sizeof(info), FileFsDeviceInformation);
	fact("device", "%#lx type %#lx", (unsigned long)(ULONG)r, (unsigned long)info.DeviceType);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q24(void)
{
	FILE_STANDARD_INFORMATION info;
	HANDLE s, c;
	NTSTATUS r;

	ends_of(&s, &c);
	put(c, "abc");
	memset(&info, 0, sizeof(info));
	r = query(s, &info, sizeof(info), FileStandardInformation, NULL);
	fact("standard", "%#lx end %lu allocation %lu links %lu delete %d", (unsigned long)(ULONG)r,
	     (unsigned long)info.EndOfFile.QuadPart, (unsigned long)info.AllocationSize.QuadPart,
	     (unsigned long)info.NumberOfLinks, info.DeletePending);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_Q25(void)
{
	FILE_BASIC_INFORMATION info;
	HANDLE s, c;
	NTSTATUS r;

	ends_of(&s, &c);
	memset(&info, 0x77, sizeof(info));
	r = query(s, &info, sizeof(info), FileBasicInformation, NULL);
	fact("basic", "%#lx attributes %#lx", (unsigned long)(ULONG)r,
	     (unsigned long)info.FileAttributes);
	CloseHandle(c);
	CloseHandle(s);
}

static void rights(const char *what, HANDLE h)
{
	FILE_ACCESS_INFORMATION info;

	info.AccessFlags = 0;
	status(what, query(h, &info, sizeof(info), FileAccessInformation, NULL));
	fact(what, "%#lx", (unsigned long)info.AccessFlags);
}

static void test_Q27(void)
{
	HANDLE s = create(PIPE_ACCESS_DUPLEX, BYTES, 1, 0), c = open_end(0);

	rights("duplex", s);
	rights("client without access", c);
	CloseHandle(c);
	CloseHandle(s);
	s = create(PIPE_ACCESS_INBOUND, BYTES, 1, 0);
	rights("inbound", s);
	CloseHandle(s);
	s = create(PIPE_ACCESS_OUTBOUND, BYTES, 1, 0);
	rights("outbound", s);
	CloseHandle(s);
}

/* ---- the device and its root directory ---- */

static void both(const char *what, ULONG code)
{
	static const char *names[] = { "\\Device\\NamedPipe", BASE };

	for (int i = 0; i < 2; i++) {
		char bytes[32];
		HANDLE h;

		if (open_as(&h, NULL, names[i], GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE))
			open_as(&h, NULL, names[i], GENERIC_READ | SYNCHRONIZE);
		status(what, control(h, code, NULL, 0, bytes, sizeof(bytes), NULL));
		CloseHandle(h);
	}
}

static void test_E6(void)
{
	both("peek", PEEK);
}

static void test_E7(void)
{
	both("disconnect", DISCONNECT);
}

static void test_E8(void)
{
	both("listen", LISTEN);
	both("impersonate", IMPERSONATE);
}

static void test_E9(void)
{
	both("assign event", CODE(0));
	both("query event", CODE(4));
	both("set client process", CODE(8));
}

static void test_E4(void)
{
	HANDLE s, c;
	char name[96];

	make(&s, &usual);
	snprintf(name, sizeof(name), "\\??\\pipe\\%s", own_name() + strlen(BASE));
	status("by its link", open_as(&c, NULL, name, ACCESS));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_E10(void)
{
	IO_STATUS_BLOCK iosb;
	struct how how = usual;
	HANDLE h;

	open_as(&how.root, NULL, BASE, GENERIC_READ | SYNCHRONIZE);
	status("relative to the root", make_as(&h, "survey\\inner", &how, &iosb));
	CloseHandle(h);
	CloseHandle(how.root);
	open_as(&how.root, NULL, "\\Device\\NamedPipe", GENERIC_READ | SYNCHRONIZE);
	status("relative to the device", make_as(&h, "survey", &how, &iosb));
	CloseHandle(how.root);
}

static void test_E13(void)
{
	HANDLE s, c;
	char out[8];

	ends_of(&s, &c);
	set_pipe(c, 1, 0);
	status("listen", control(s, LISTEN, NULL, 0, NULL, 0, NULL));
	put(s, "x");
	status("transceive", control(c, TRANSCEIVE, (void *)(size_t) "ab", 2, out, 8, NULL));
	status("disconnect", control(s, DISCONNECT, NULL, 0, NULL, 0, NULL));
	status("disconnect the client", control(c, DISCONNECT, NULL, 0, NULL, 0, NULL));
	CloseHandle(c);
	CloseHandle(s);
}

/* ---- what is signaled ---- */

static void start_native(HANDLE h, HANDLE event, IO_STATUS_BLOCK *iosb, char *bytes)
{
	memset(iosb, 0x77, sizeof(*iosb));
	status("read", NtReadFile(h, event, NULL, NULL, iosb, bytes, 4, NULL, NULL));
	fact("iosb untouched", "%d", iosb->Information == (ULONG_PTR)0x7777777777777777);
}

static void test_A3(void)
{
	HANDLE s, c, event = CreateEventA(NULL, TRUE, TRUE, NULL);
	IO_STATUS_BLOCK iosb;
	char bytes[4];

	ends_of(&s, &c);
	start_native(s, event, &iosb, bytes);
	fact("event", "%lu", (unsigned long)WaitForSingleObject(event, 0));
	put(c, "ab");
	fact("event", "%lu", (unsigned long)WaitForSingleObject(event, WHILE));
	fact("handle", "%lu", (unsigned long)WaitForSingleObject(s, 0));
	status("status", iosb.Status);
	fact("bytes", "%lu", (unsigned long)iosb.Information);
	CloseHandle(event);
	CloseHandle(c);
	CloseHandle(s);
}

static int apc_calls;

static void WINAPI apc(void *context, IO_STATUS_BLOCK *iosb, ULONG reserved)
{
	apc_calls += context == (void *)&apc_calls && reserved == 0 && iosb->Information == 2;
}

static void test_A5(void)
{
	IO_STATUS_BLOCK iosb;
	HANDLE s, c;
	char bytes[4];

	ends_of(&s, &c);
	status("read", NtReadFile(s, NULL, apc, &apc_calls, &iosb, bytes, 4, NULL, NULL));
	put(c, "ab");
	SleepEx(10, FALSE);
	fact("not alertable", "%d", apc_calls);
	fact("alertable", "%lu", (unsigned long)SleepEx(WHILE, TRUE));
	fact("calls", "%d", apc_calls);
	put(c, "cd");
	status("at once", NtReadFile(s, NULL, apc, &apc_calls, &iosb, bytes, 4, NULL, NULL));
	SleepEx(WHILE, TRUE);
	fact("calls", "%d", apc_calls);
	CloseHandle(c);
	CloseHandle(s);
}

static void test_A7(void)
{
	HANDLE s, c, event = CreateEventA(NULL, TRUE, TRUE, NULL);
	IO_STATUS_BLOCK iosb;
	char bytes[4];

	ends_of(&s, &c);
	CloseHandle(c);
	start_native(s, event, &iosb, bytes);
	fact("event", "%lu", (unsigned long)WaitForSingleObject(event, 0));
	CloseHandle(event);
	CloseHandle(s);
}

static void packet(const char *what, HANDLE port)
{
	OVERLAPPED *ov = NULL;
	ULONG_PTR key = 0;
	DWORD n = 0;
	BOOL ok = GetQueuedCompletionStatus(port, &n, &key, &ov, 50);

	fact(what, "%s", ov || ok ? "a packet" : "none");
}

static void test_A8(void)
{
	FILE_IO_COMPLETION_NOTIFICATION_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	struct end s;
	HANDLE c, port;

	ends_of(&s.h, &c);
	end_init(&s, s.h);
	port = CreateIoCompletionPort(s.h, NULL, 1, 0);
	info.Flags = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;
	status("set", NtSetInformationFile(s.h, &iosb, &info, sizeof(info),
					   FileIoCompletionNotificationInformation));
	put(c, "ab");
	fact("read at once", "%s", read_now(&s, 4));
	packet("at once", port);
	start_read(&s, 4);
	put(c, "ab");
	packet("later", port);
	CloseHandle(port);
	CloseHandle(c);
	end_close(&s);
}

static void test_A17(void)
{
	struct how how = usual;
	IO_STATUS_BLOCK iosb;
	HANDLE s, c;
	char bytes[4];

	how.options = FILE_SYNCHRONOUS_IO_NONALERT;
	make(&s, &how);
	c = open_end(GENERIC_READ | GENERIC_WRITE);
	apc_calls = 0;
	put(c, "ab");
	status("read", NtReadFile(s, NULL, apc, &apc_calls, &iosb, bytes, 4, NULL, NULL));
	fact("calls", "%d", apc_calls);
	SleepEx(0, TRUE);
	fact("calls", "%d", apc_calls);
	fact("handle", "%lu", (unsigned long)WaitForSingleObject(s, 0));
	CloseHandle(c);
	CloseHandle(s);
}

static void test_A24(void)
{
	IO_STATUS_BLOCK iosb;

	status("nothing to cancel", NtCancelSynchronousIoFile(GetCurrentThread(), NULL, &iosb));
}

static void test_S7(void)
{
	HANDLE s = create(PIPE_ACCESS_DUPLEX, BYTES, 1, 0);
	ULONG n = 0;

	status("no room", NtQuerySecurityObject(s, DACL_SECURITY_INFORMATION, NULL, 0, &n));
	fact("needed", "%d", n >= 20);
	CloseHandle(s);
}

const struct row rows_native[] = {
	ROW(C11), ROW(C12), ROW(C20), ROW(C21), ROW(C22), ROW(C23), ROW(C24), ROW(C26), ROW(C36),
	ROW(C37), ROW(O12), ROW(O13), ROW(O14), ROW(R16), ROW(R20), ROW(P4),  ROW(P5),	ROW(P6),
	ROW(P14), ROW(N10), ROW(N7),  ROW(N8),	ROW(Q1),  ROW(Q2),  ROW(Q3),  ROW(Q4),	ROW(Q5),
	ROW(Q9),  ROW(Q12), ROW(Q13), ROW(Q20), ROW(Q22), ROW(Q24), ROW(Q25), ROW(Q27), ROW(E6),
	ROW(E7),  ROW(E8),  ROW(E9),  ROW(E4),	ROW(E10), ROW(E13), ROW(A3),  ROW(A5),	ROW(A7),
	ROW(A8),  ROW(A17), ROW(A24), ROW(S7),	{ 0 },
};
