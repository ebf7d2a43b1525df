/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_WIN32_TYPES_H
#define PENSTOCK_WIN32_TYPES_H
/*
 * Windows' types. LONG and DWORD have 32 bits, as they have there, and so are int here; WCHAR
 * is a unit of UTF-16. Include <penstock/win32.h>.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* <tchar.h> goes by the one, <windows.h> by the other. */
#if defined(_UNICODE) && !defined(UNICODE)
#define UNICODE
#endif

#define WINAPI
#define WINAPIV
#define APIENTRY
#define CALLBACK
#define NTAPI
#define __cdecl
#define __stdcall
#define FAR
#define NEAR
#define CONST const
#define IN
#define OUT
#define OPTIONAL
#define __int64 long long
#define __declspec(x)
#define __forceinline inline
#define WINBASEAPI
#define WINADVAPI
#define NTSYSAPI
#define FORCEINLINE static inline

/* What parameters are for, as Microsoft's compiler is told. */
#define _In_
#define _In_opt_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _In_z_
#define _In_opt_z_
#define _Reserved_
#define _In_reads_(n)
#define _In_reads_bytes_(n)
#define _Out_writes_(n)
#define _Out_writes_bytes_(n)

#ifndef VOID
#define VOID void
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef void *PVOID, *LPVOID, *HANDLE;
typedef const void *LPCVOID, *PCVOID;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef HANDLE HLOCAL, HGLOBAL, HMODULE, HINSTANCE, HWND;

typedef char CHAR, CCHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR, *LPCCH, *PCSZ;
typedef unsigned char BYTE, UCHAR, BOOLEAN, *PBYTE, *LPBYTE, *PUCHAR, *PBOOLEAN;
typedef short SHORT, *PSHORT;
typedef unsigned short WORD, USHORT, *PWORD, *LPWORD, *PUSHORT;
typedef int INT, BOOL, LONG, INT32, LONG32, NTSTATUS, HRESULT;
typedef int *PINT, *LPINT, *PBOOL, *LPBOOL, *PLONG, *LPLONG;
typedef unsigned int UINT, DWORD, ULONG, UINT32, DWORD32, ULONG32, ACCESS_MASK;
typedef unsigned int SECURITY_INFORMATION;
typedef unsigned int *PUINT, *LPUINT, *PDWORD, *LPDWORD, *PULONG, *PACCESS_MASK;
typedef unsigned int *PSECURITY_INFORMATION;
typedef long long LONGLONG, LONG64, INT64, *PLONGLONG, *PLONG64;
typedef unsigned long long ULONGLONG, DWORDLONG, DWORD64, ULONG64, UINT64;
typedef unsigned long long *PULONGLONG, *PDWORDLONG, *PDWORD64;
typedef float FLOAT;
typedef double DOUBLE;
typedef intptr_t LONG_PTR, INT_PTR, SSIZE_T, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, UINT_PTR, DWORD_PTR, SIZE_T, *PULONG_PTR, *PDWORD_PTR, *PSIZE_T;
typedef void *PSECURITY_DESCRIPTOR, *PSID;

/* With -fshort-wchar wchar_t is such a unit, and L"..." a text of them. */
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWSTR, *PWSTR, *LPWCH;
typedef const WCHAR *LPCWSTR, *PCWSTR, *LPCWCH;

#ifdef UNICODE
typedef WCHAR TCHAR;
#if __SIZEOF_WCHAR_T__ == 2
#define __TEXT(text) L##text
#else
#define __TEXT(text) u##text
#endif
#else
typedef char TCHAR;
#define __TEXT(text) text
#endif
#define TEXT(text) __TEXT(text)
typedef TCHAR *PTCHAR, *LPTSTR, *PTSTR, *LPTCH, TBYTE;
typedef const TCHAR *LPCTSTR, *PCTSTR;

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#define MAX_PATH 260
#define INFINITE 0xffffffffU
#define MAXDWORD 0xffffffffU

#define LOWORD(value)			  ((WORD)((DWORD_PTR)(value)&0xffff))
#define HIWORD(value)			  ((WORD)((DWORD_PTR)(value) >> 16))
#define LOBYTE(value)			  ((BYTE)((DWORD_PTR)(value)&0xff))
#define HIBYTE(value)			  ((BYTE)((DWORD_PTR)(value) >> 8))
#define MAKELONG(low, high)		  ((LONG)((WORD)(low) | (DWORD)(WORD)(high) << 16))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define FIELD_OFFSET(type, field)	  ((LONG)offsetof(type, field))
#define ARRAYSIZE(array)		  (sizeof(array) / sizeof((array)[0]))
#define _countof(array)			  ARRAYSIZE(array)

#define SUCCEEDED(result) ((HRESULT)(result) >= 0)
#define FAILED(result)	  ((HRESULT)(result) < 0)

typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/* [MS-DTYP 2.4.5]: the header; entries follow. */
typedef struct _ACL {
	BYTE AclRevision;
	BYTE Sbz1;
	WORD AclSize;
	WORD AceCount;
	WORD Sbz2;
} ACL, *PACL;

typedef WORD SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;

/* A descriptor in parts; PSECURITY_DESCRIPTOR may also be a self-relative one [MS-DTYP 2.4.6]. */
typedef struct _SECURITY_DESCRIPTOR {
	BYTE Revision;
	BYTE Sbz1;
	SECURITY_DESCRIPTOR_CONTROL Control;
	PSID Owner;
	PSID Group;
	PACL Sacl;
	PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

typedef struct _OVERLAPPED {
	ULONG_PTR Internal;
	ULONG_PTR InternalHigh;
	__extension__ union {
		__extension__ struct {
			DWORD Offset;
			DWORD OffsetHigh;
		};
		PVOID Pointer;
	};
	HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

typedef struct _OVERLAPPED_ENTRY {
	ULONG_PTR lpCompletionKey;
	LPOVERLAPPED lpOverlapped;
	ULONG_PTR Internal;
	DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY, *LPOVERLAPPED_ENTRY;

typedef struct _RTL_CRITICAL_SECTION {
	void *own[8];
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

typedef enum _GET_FILEEX_INFO_LEVELS {
	GetFileExInfoStandard,
	GetFileExMaxInfoLevel,
} GET_FILEEX_INFO_LEVELS;

typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
	DWORD dwFileAttributes;
	FILETIME ftCreationTime;
	FILETIME ftLastAccessTime;
	FILETIME ftLastWriteTime;
	DWORD nFileSizeHigh;
	DWORD nFileSizeLow;
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

typedef struct _WIN32_FIND_DATAA {
	DWORD dwFileAttributes;
	FILETIME ftCreationTime;
	FILETIME ftLastAccessTime;
	FILETIME ftLastWriteTime;
	DWORD nFileSizeHigh;
	DWORD nFileSizeLow;
	DWORD dwReserved0;
	DWORD dwReserved1;
	CHAR cFileName[MAX_PATH];
	CHAR cAlternateFileName[14];
} WIN32_FIND_DATAA, *PWIN32_FIND_DATAA, *LPWIN32_FIND_DATAA;

typedef struct _WIN32_FIND_DATAW {
	DWORD dwFileAttributes;
	FILETIME ftCreationTime;
	FILETIME ftLastAccessTime;
	FILETIME ftLastWriteTime;
	DWORD nFileSizeHigh;
	DWORD nFileSizeLow;
	DWORD dwReserved0;
	DWORD dwReserved1;
	WCHAR cFileName[MAX_PATH];
	WCHAR cAlternateFileName[14];
} WIN32_FIND_DATAW, *PWIN32_FIND_DATAW, *LPWIN32_FIND_DATAW;

typedef DWORD(WINAPI *PTHREAD_START_ROUTINE)(LPVOID parameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;
typedef VOID(NTAPI *PAPCFUNC)(ULONG_PTR data);
typedef VOID(WINAPI *LPOVERLAPPED_COMPLETION_ROUTINE)(DWORD error, DWORD n_transferred,
						      LPOVERLAPPED overlapped);

#ifdef __cplusplus
}
#endif
#endif
