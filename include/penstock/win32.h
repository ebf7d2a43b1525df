/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_WIN32_H
#define PENSTOCK_WIN32_H
/*
 * Win32's names for named pipes, and for what programs that use them wait with: handles,
 * events, threads, completion ports, APCs, sections. Sources for Windows compile with it as they
 * are (docs/win32.md):
 *
 *	cc $(pkg-config --cflags penstock-win32) server.c $(pkg-config --libs penstock-win32)
 *
 * The flags let <windows.h> and its like be found, and make wchar_t a unit of UTF-16. Each
 * function is Microsoft's of that name, and documented there. What one of them cannot do here
 * fails by ERROR_NOT_SUPPORTED.
 */
#include <penstock/win32-codes.h>
#include <penstock/win32-crt.h>
#include <penstock/win32-nt.h>
#include <penstock/win32-types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NO_ERROR	     0
#define WAIT_OBJECT_0	     0
#define WAIT_ABANDONED	     0x80
#define WAIT_ABANDONED_0     0x80
#define WAIT_IO_COMPLETION   0xc0
#define WAIT_TIMEOUT	     258
#define WAIT_FAILED	     0xffffffffU
#define MAXIMUM_WAIT_OBJECTS 64
#define STILL_ACTIVE	     259

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

/* ---- rights ---- */

#define DELETE			 0x00010000U
#define READ_CONTROL		 0x00020000U
#define WRITE_DAC		 0x00040000U
#define WRITE_OWNER		 0x00080000U
#define SYNCHRONIZE		 0x00100000U
#define STANDARD_RIGHTS_REQUIRED 0x000f0000U
#define STANDARD_RIGHTS_ALL	 0x001f0000U
#define ACCESS_SYSTEM_SECURITY	 0x01000000U
#define MAXIMUM_ALLOWED		 0x02000000U
#define GENERIC_ALL		 0x10000000U
#define GENERIC_EXECUTE		 0x20000000U
#define GENERIC_WRITE		 0x40000000U
#define GENERIC_READ		 0x80000000U

#define FILE_READ_DATA		  0x001
#define FILE_LIST_DIRECTORY	  0x001
#define FILE_WRITE_DATA		  0x002
#define FILE_APPEND_DATA	  0x004
#define FILE_CREATE_PIPE_INSTANCE 0x004
#define FILE_READ_EA		  0x008
#define FILE_WRITE_EA		  0x010
#define FILE_EXECUTE		  0x020
#define FILE_READ_ATTRIBUTES	  0x080
#define FILE_WRITE_ATTRIBUTES	  0x100
#define FILE_ALL_ACCESS		  0x1f01ffU
#define FILE_GENERIC_READ	  0x120089U
#define FILE_GENERIC_WRITE	  0x120116U

#define EVENT_MODIFY_STATE 0x2
#define EVENT_ALL_ACCESS   0x1f0003U
#define THREAD_ALL_ACCESS  0x1fffffU
#define PROCESS_ALL_ACCESS 0x1fffffU

#define OWNER_SECURITY_INFORMATION 0x1
#define GROUP_SECURITY_INFORMATION 0x2
#define DACL_SECURITY_INFORMATION  0x4
#define SACL_SECURITY_INFORMATION  0x8

/* ---- pipes ---- */

#define PIPE_ACCESS_INBOUND  1
#define PIPE_ACCESS_OUTBOUND 2
#define PIPE_ACCESS_DUPLEX   3

#define PIPE_WAIT		   0
#define PIPE_NOWAIT		   1
#define PIPE_READMODE_BYTE	   0
#define PIPE_READMODE_MESSAGE	   2
#define PIPE_TYPE_BYTE		   0
#define PIPE_TYPE_MESSAGE	   4
#define PIPE_ACCEPT_REMOTE_CLIENTS 0
#define PIPE_REJECT_REMOTE_CLIENTS 8
#define PIPE_CLIENT_END		   0
#define PIPE_SERVER_END		   1
#define PIPE_UNLIMITED_INSTANCES   255

#define NMPWAIT_WAIT_FOREVER	 0xffffffffU
#define NMPWAIT_NOWAIT		 1
#define NMPWAIT_USE_DEFAULT_WAIT 0

#define FILE_FLAG_WRITE_THROUGH	      0x80000000U
#define FILE_FLAG_OVERLAPPED	      0x40000000U
#define FILE_FLAG_NO_BUFFERING	      0x20000000U
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000U

#define FILE_SHARE_READ	  1
#define FILE_SHARE_WRITE  2
#define FILE_SHARE_DELETE 4

#define CREATE_NEW	  1
#define CREATE_ALWAYS	  2
#define OPEN_EXISTING	  3
#define OPEN_ALWAYS	  4
#define TRUNCATE_EXISTING 5

#define FILE_ATTRIBUTE_NORMAL	0x80
#define INVALID_FILE_ATTRIBUTES 0xffffffffU

#define SECURITY_ANONYMOUS	  (SecurityAnonymous << 16)
#define SECURITY_IDENTIFICATION	  (SecurityIdentification << 16)
#define SECURITY_IMPERSONATION	  (SecurityImpersonation << 16)
#define SECURITY_DELEGATION	  (SecurityDelegation << 16)
#define SECURITY_CONTEXT_TRACKING 0x00040000
#define SECURITY_EFFECTIVE_ONLY	  0x00080000
#define SECURITY_SQOS_PRESENT	  0x00100000
#define SECURITY_VALID_SQOS_FLAGS 0x001f0000

#define FILE_TYPE_UNKNOWN 0
#define FILE_TYPE_DISK	  1
#define FILE_TYPE_CHAR	  2
#define FILE_TYPE_PIPE	  3

HANDLE WINAPI CreateNamedPipeA(LPCSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances_max,
			       DWORD n_out_buffer, DWORD n_in_buffer, DWORD timeout,
			       LPSECURITY_ATTRIBUTES attributes);
HANDLE WINAPI CreateNamedPipeW(LPCWSTR name, DWORD open_mode, DWORD pipe_mode, DWORD instances_max,
			       DWORD n_out_buffer, DWORD n_in_buffer, DWORD timeout,
			       LPSECURITY_ATTRIBUTES attributes);
BOOL WINAPI ConnectNamedPipe(HANDLE pipe, LPOVERLAPPED overlapped);
BOOL WINAPI DisconnectNamedPipe(HANDLE pipe);
BOOL WINAPI WaitNamedPipeA(LPCSTR name, DWORD timeout);
BOOL WINAPI WaitNamedPipeW(LPCWSTR name, DWORD timeout);
BOOL WINAPI CallNamedPipeA(LPCSTR name, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out, LPDWORD np,
			   DWORD timeout);
BOOL WINAPI CallNamedPipeW(LPCWSTR name, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out, LPDWORD np,
			   DWORD timeout);
BOOL WINAPI TransactNamedPipe(HANDLE pipe, LPVOID in, DWORD n_in, LPVOID out, DWORD n_out,
			      LPDWORD np, LPOVERLAPPED overlapped);
BOOL WINAPI PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD n, LPDWORD n_readp, LPDWORD availablep,
			  LPDWORD leftp);
BOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD statep, LPDWORD instancesp,
				     LPDWORD collectionp, LPDWORD timeoutp, LPSTR user,
				     DWORD user_size);
BOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD statep, LPDWORD instancesp,
				     LPDWORD collectionp, LPDWORD timeoutp, LPWSTR user,
				     DWORD user_size);
BOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, LPDWORD modep, LPDWORD collectionp,
				    LPDWORD timeoutp);
BOOL WINAPI GetNamedPipeInfo(HANDLE pipe, LPDWORD flagsp, LPDWORD n_outp, LPDWORD n_inp,
			     LPDWORD instances_maxp);
BOOL WINAPI GetNamedPipeClientProcessId(HANDLE pipe, PULONG idp);
BOOL WINAPI GetNamedPipeServerProcessId(HANDLE pipe, PULONG idp);
BOOL WINAPI GetNamedPipeClientSessionId(HANDLE pipe, PULONG idp);
BOOL WINAPI GetNamedPipeServerSessionId(HANDLE pipe, PULONG idp);
BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE pipe, LPSTR name, ULONG size);
BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE pipe, LPWSTR name, ULONG size);
BOOL WINAPI ImpersonateNamedPipeClient(HANDLE pipe);
BOOL WINAPI RevertToSelf(VOID);
BOOL WINAPI CreatePipe(PHANDLE readp, PHANDLE writep, LPSECURITY_ATTRIBUTES attributes, DWORD size);

/* ---- files, which are pipes' ends here ---- */

HANDLE WINAPI CreateFileA(LPCSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES attributes,
			  DWORD disposition, DWORD flags, HANDLE pattern);
HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES attributes,
			  DWORD disposition, DWORD flags, HANDLE pattern);
BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD n, LPDWORD np, LPOVERLAPPED overlapped);
BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD n, LPDWORD np, LPOVERLAPPED overlapped);
BOOL WINAPI ReadFileEx(HANDLE file, LPVOID buffer, DWORD n, LPOVERLAPPED overlapped,
		       LPOVERLAPPED_COMPLETION_ROUTINE routine);
BOOL WINAPI WriteFileEx(HANDLE file, LPCVOID buffer, DWORD n, LPOVERLAPPED overlapped,
			LPOVERLAPPED_COMPLETION_ROUTINE routine);
BOOL WINAPI FlushFileBuffers(HANDLE file);
DWORD WINAPI GetFileType(HANDLE file);

/* An open, which takes an instance and breaks it: the server sees a client that came and went. */
DWORD WINAPI GetFileAttributesA(LPCSTR name);
DWORD WINAPI GetFileAttributesW(LPCWSTR name);
BOOL WINAPI GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information);
BOOL WINAPI GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information);

BOOL WINAPI CancelIo(HANDLE file);
BOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped);
BOOL WINAPI CancelSynchronousIo(HANDLE thread);
BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD np, BOOL waits);
BOOL WINAPI GetOverlappedResultEx(HANDLE file, LPOVERLAPPED overlapped, LPDWORD np, DWORD timeout,
				  BOOL is_alertable);
HANDLE WINAPI FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA data);
HANDLE WINAPI FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW data);
BOOL WINAPI FindNextFileA(HANDLE find, LPWIN32_FIND_DATAA data);
BOOL WINAPI FindNextFileW(HANDLE find, LPWIN32_FIND_DATAW data);
BOOL WINAPI FindClose(HANDLE find);

/* What has come in meanwhile is looked at too. */
#define HasOverlappedIoCompleted(overlapped)                                                       \
	(SleepEx(0, FALSE), (DWORD)(overlapped)->Internal != (DWORD)STATUS_PENDING)

/* ---- completion ports ---- */

HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD n_threads);
BOOL WINAPI GetQueuedCompletionStatus(HANDLE port, LPDWORD np, PULONG_PTR keyp,
				      LPOVERLAPPED *overlappedp, DWORD timeout);
BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries, ULONG n_entries,
					PULONG np, DWORD timeout, BOOL is_alertable);
BOOL WINAPI PostQueuedCompletionStatus(HANDLE port, DWORD n, ULONG_PTR key,
				       LPOVERLAPPED overlapped);
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE file, UCHAR flags);

/* ---- handles, waiting, events ---- */

#define DUPLICATE_CLOSE_SOURCE	       1
#define DUPLICATE_SAME_ACCESS	       2
#define HANDLE_FLAG_INHERIT	       1
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 2

BOOL WINAPI CloseHandle(HANDLE handle);
BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process,
			    LPHANDLE targetp, DWORD access, BOOL is_inherited, DWORD options);

/*
 * What DuplicateHandle does for another process, between two that agree: a pipe's handle goes by
 * a socket of the unix domain that keeps messages whole (SOCK_SEQPACKET, SOCK_DGRAM), or that has
 * nothing else in it. access is as DuplicateHandle's, but 0 for the same rights. Who closes the
 * source then has moved the end. ERROR_ACCESS_DENIED: more rights than it has;
 * ERROR_NOT_SUPPORTED: no pipe's of this machine; errors of the socket's.
 */
BOOL WINAPI pen_win32_send_handle(HANDLE pipe, int socket, DWORD access);

/*
 * With FILE_FLAG_OVERLAPPED or without, whatever the sender's is. INVALID_HANDLE_VALUE:
 * ERROR_INVALID_PARAMETER, what came is none; errors of the socket's.
 */
HANDLE WINAPI pen_win32_receive_handle(int socket, DWORD flags, BOOL is_inherited);

BOOL WINAPI GetHandleInformation(HANDLE handle, LPDWORD flagsp);
BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags);
DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD timeout);
DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD timeout, BOOL is_alertable);
DWORD WINAPI WaitForMultipleObjects(DWORD n, const HANDLE *handles, BOOL is_all, DWORD timeout);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD n, const HANDLE *handles, BOOL is_all, DWORD timeout,
				      BOOL is_alertable);
VOID WINAPI Sleep(DWORD ms);
DWORD WINAPI SleepEx(DWORD ms, BOOL is_alertable);
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL is_manual, BOOL is_set,
			   LPCSTR name);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL is_manual, BOOL is_set,
			   LPCWSTR name);
BOOL WINAPI SetEvent(HANDLE event);
BOOL WINAPI ResetEvent(HANDLE event);
BOOL WINAPI PulseEvent(HANDLE event);

/* ---- threads and the process ---- */

#define CREATE_SUSPENDED 0x4

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack_size,
			   LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags,
			   LPDWORD idp);
DWORD WINAPI ResumeThread(HANDLE thread);
VOID WINAPI ExitThread(DWORD code) __attribute__((noreturn));
BOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD codep);
HANDLE WINAPI GetCurrentThread(VOID);
DWORD WINAPI GetCurrentThreadId(VOID);
DWORD WINAPI GetThreadId(HANDLE thread);
DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE thread, ULONG_PTR data);
HANDLE WINAPI GetCurrentProcess(VOID);
DWORD WINAPI GetCurrentProcessId(VOID);
VOID WINAPI ExitProcess(UINT code) __attribute__((noreturn));
DWORD WINAPI GetLastError(VOID);
VOID WINAPI SetLastError(DWORD error);

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section);
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD n);
VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION section);
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section);
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section);
VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section);

#define InterlockedIncrement(p)		 __atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(p)		 __atomic_sub_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedExchange(p, value)	 __atomic_exchange_n((p), (value), __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd(p, value) __atomic_fetch_add((p), (value), __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange(p, value, expected)                                             \
	__sync_val_compare_and_swap((p), (expected), (value))
#define InterlockedExchangePointer	  InterlockedExchange
#define InterlockedCompareExchangePointer InterlockedCompareExchange
#define InterlockedIncrement64		  InterlockedIncrement
#define InterlockedDecrement64		  InterlockedDecrement
#define MemoryBarrier()			  __sync_synchronize()
#define YieldProcessor()		  __sync_synchronize()

/* ---- sections ---- */

#define PAGE_NOACCESS	       0x01
#define PAGE_READONLY	       0x02
#define PAGE_READWRITE	       0x04
#define PAGE_WRITECOPY	       0x08
#define PAGE_EXECUTE_READ      0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define SEC_COMMIT	       0x08000000U
#define SEC_RESERVE	       0x04000000U

#define SECTION_QUERY	    0x01
#define SECTION_MAP_WRITE   0x02
#define SECTION_MAP_READ    0x04
#define SECTION_MAP_EXECUTE 0x08
#define SECTION_ALL_ACCESS  0xf001fU
#define FILE_MAP_COPY	    0x01
#define FILE_MAP_WRITE	    SECTION_MAP_WRITE
#define FILE_MAP_READ	    SECTION_MAP_READ
#define FILE_MAP_EXECUTE    0x20
#define FILE_MAP_ALL_ACCESS SECTION_ALL_ACCESS

HANDLE WINAPI CreateFileMappingA(HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection,
				 DWORD size_high, DWORD size_low, LPCSTR name);
HANDLE WINAPI CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection,
				 DWORD size_high, DWORD size_low, LPCWSTR name);
HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL is_inherited, LPCSTR name);
HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL is_inherited, LPCWSTR name);
LPVOID WINAPI MapViewOfFile(HANDLE mapping, DWORD access, DWORD offset_high, DWORD offset_low,
			    SIZE_T n);
LPVOID WINAPI MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD offset_high, DWORD offset_low,
			      SIZE_T n, LPVOID address);
BOOL WINAPI UnmapViewOfFile(LPCVOID address);

/* ---- security descriptors ---- */

#define SECURITY_DESCRIPTOR_REVISION   1
#define SECURITY_DESCRIPTOR_MIN_LENGTH sizeof(SECURITY_DESCRIPTOR)
#define SDDL_REVISION_1		       1
#define SE_DACL_PRESENT		       0x0004
#define SE_SELF_RELATIVE	       0x8000

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision);
BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL is_present, PACL dacl,
				      BOOL is_defaulted);
BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR text, DWORD revision,
								 PSECURITY_DESCRIPTOR *descriptorp,
								 PULONG sizep);
BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR text, DWORD revision,
								 PSECURITY_DESCRIPTOR *descriptorp,
								 PULONG sizep);

/* ---- memory, time, texts ---- */

#define HEAP_ZERO_MEMORY 0x8
#define LMEM_FIXED	 0x0
#define LMEM_ZEROINIT	 0x40
#define LPTR		 0x40

HANDLE WINAPI GetProcessHeap(VOID);
LPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T n);
LPVOID WINAPI HeapReAlloc(HANDLE heap, DWORD flags, LPVOID memory, SIZE_T n);
BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID memory);
HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T n);
HLOCAL WINAPI LocalFree(HLOCAL memory);
#define GlobalAlloc(flags, n) LocalAlloc(flags, n)
#define GlobalFree(memory)    LocalFree(memory)

#define ZeroMemory(memory, n)	     memset((memory), 0, (n))
#define SecureZeroMemory(memory, n)  explicit_bzero((memory), (n))
#define FillMemory(memory, n, value) memset((memory), (value), (n))
#define CopyMemory(to, from, n)	     memcpy((to), (from), (n))
#define MoveMemory(to, from, n)	     memmove((to), (from), (n))

DWORD WINAPI GetTickCount(VOID);
ULONGLONG WINAPI GetTickCount64(VOID);
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *countp);
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequencyp);

int WINAPI lstrlenA(LPCSTR text);
int WINAPI lstrlenW(LPCWSTR text);
LPSTR WINAPI lstrcpyA(LPSTR to, LPCSTR from);
LPWSTR WINAPI lstrcpyW(LPWSTR to, LPCWSTR from);
LPSTR WINAPI lstrcpynA(LPSTR to, LPCSTR from, int size);
LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size);
LPSTR WINAPI lstrcatA(LPSTR to, LPCSTR from);
LPWSTR WINAPI lstrcatW(LPWSTR to, LPCWSTR from);
int WINAPI lstrcmpA(LPCSTR a, LPCSTR b);
int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b);
int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b);
int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b);

/* Narrow texts are UTF-8, whatever the page. */
#define CP_ACP		     0
#define CP_UTF8		     65001
#define MB_ERR_INVALID_CHARS 8

int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCSTR text, int n, LPWSTR to, int size);
int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWSTR text, int n, LPSTR to, int size,
			       LPCSTR unknown, LPBOOL has_unknownp);

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x0100
#define FORMAT_MESSAGE_IGNORE_INSERTS  0x0200
#define FORMAT_MESSAGE_FROM_STRING     0x0400
#define FORMAT_MESSAGE_FROM_HMODULE    0x0800
#define FORMAT_MESSAGE_FROM_SYSTEM     0x1000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY  0x2000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK  0x00ff
#define LANG_NEUTRAL		       0
#define SUBLANG_DEFAULT		       1
#define MAKELANGID(language, sub)      ((WORD)(sub) << 10 | (WORD)(language))

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR text,
			    DWORD size, va_list *arguments);
DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR text,
			    DWORD size, va_list *arguments);

#ifdef UNICODE
#define CreateNamedPipe		       CreateNamedPipeW
#define WaitNamedPipe		       WaitNamedPipeW
#define CallNamedPipe		       CallNamedPipeW
#define GetNamedPipeHandleState	       GetNamedPipeHandleStateW
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameW
#define CreateFile		       CreateFileW
#define GetFileAttributes	       GetFileAttributesW
#define GetFileAttributesEx	       GetFileAttributesExW
#define FindFirstFile		       FindFirstFileW
#define FindNextFile		       FindNextFileW
#define WIN32_FIND_DATA		       WIN32_FIND_DATAW
#define LPWIN32_FIND_DATA	       LPWIN32_FIND_DATAW
#define CreateEvent		       CreateEventW
#define CreateFileMapping	       CreateFileMappingW
#define OpenFileMapping		       OpenFileMappingW
#define ConvertStringSecurityDescriptorToSecurityDescriptor                                        \
	ConvertStringSecurityDescriptorToSecurityDescriptorW
#define lstrlen	      lstrlenW
#define lstrcpy	      lstrcpyW
#define lstrcpyn      lstrcpynW
#define lstrcat	      lstrcatW
#define lstrcmp	      lstrcmpW
#define lstrcmpi      lstrcmpiW
#define FormatMessage FormatMessageW
#else
#define CreateNamedPipe		       CreateNamedPipeA
#define WaitNamedPipe		       WaitNamedPipeA
#define CallNamedPipe		       CallNamedPipeA
#define GetNamedPipeHandleState	       GetNamedPipeHandleStateA
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameA
#define CreateFile		       CreateFileA
#define GetFileAttributes	       GetFileAttributesA
#define GetFileAttributesEx	       GetFileAttributesExA
#define FindFirstFile		       FindFirstFileA
#define FindNextFile		       FindNextFileA
#define WIN32_FIND_DATA		       WIN32_FIND_DATAA
#define LPWIN32_FIND_DATA	       LPWIN32_FIND_DATAA
#define CreateEvent		       CreateEventA
#define CreateFileMapping	       CreateFileMappingA
#define OpenFileMapping		       OpenFileMappingA
#define ConvertStringSecurityDescriptorToSecurityDescriptor                                        \
	ConvertStringSecurityDescriptorToSecurityDescriptorA
#define lstrlen	      lstrlenA
#define lstrcpy	      lstrcpyA
#define lstrcpyn      lstrcpynA
#define lstrcat	      lstrcatA
#define lstrcmp	      lstrcmpA
#define lstrcmpi      lstrcmpiA
#define FormatMessage FormatMessageA
#endif

#ifdef __cplusplus
}
#endif
#endif
