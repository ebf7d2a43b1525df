/* SPDX-License-Identifier: MIT */
/*
 * The small things of Win32: memory, time, the process, critical sections.
 */
#include "win32/error.h"
#include "win32/wait.h"

#include <penstock/win32.h>
#include <unistd.h>

/* There is one heap, and a handle of it that stands for nothing. */
static const char heap;

HANDLE WINAPI GetProcessHeap(VOID)
{
	return (HANDLE)&heap;
}

/* Before each block is its size: what a larger one has more is to be zero, to the byte. */
struct block {
	_Alignas(16) size_t n;
};

static LPVOID block_new(struct block *block, SIZE_T n, DWORD flags)
{
	SIZE_T before = block ? block->n : 0;

	block = n <= PTRDIFF_MAX - sizeof(*block) ? realloc(block, sizeof(*block) + n) : NULL;
	if (!block)
		return NULL;
	block->n = n;
	if (flags & HEAP_ZERO_MEMORY && n > before)
		memset((char *)(block + 1) + before, 0, n - before);
	return block + 1;
}

LPVOID WINAPI HeapAlloc(HANDLE which, DWORD flags, SIZE_T n)
{
	return block_new(NULL, n, flags);
}

LPVOID WINAPI HeapReAlloc(HANDLE which, DWORD flags, LPVOID memory, SIZE_T n)
{
	return memory ? block_new((struct block *)memory - 1, n, flags) : NULL;
}

BOOL WINAPI HeapFree(HANDLE which, DWORD flags, LPVOID memory)
{
	if (memory)
		free((struct block *)memory - 1);
	return TRUE;
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T n)
{
	void *memory = HeapAlloc(GetProcessHeap(), flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, n);

	if (!memory)
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	return memory;
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
	HeapFree(GetProcessHeap(), 0, memory);
	return NULL;
}

/* ---- time ---- */

ULONGLONG WINAPI GetTickCount64(VOID)
{
	return win_now() / 1000000;
}

DWORD WINAPI GetTickCount(VOID)
{
	return GetTickCount64();
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *countp)
{
	countp->QuadPart = win_now() / 100;
	return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequencyp)
{
	frequencyp->QuadPart = 10000000;
	return TRUE;
}

/* ---- the process ---- */

DWORD WINAPI GetCurrentProcessId(VOID)
{
	return getpid();
}

VOID WINAPI ExitProcess(UINT code)
{
	exit((int)code);
}

/* ---- critical sections ---- */

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(CRITICAL_SECTION), "a mutex lies in it");

static pthread_mutex_t *mutex_of(LPCRITICAL_SECTION section)
{
	return (pthread_mutex_t *)section;
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex_of(section), &attributes);
	pthread_mutexattr_destroy(&attributes);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD n)
{
	InitializeCriticalSection(section);
	return TRUE;
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_lock(mutex_of(section));
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
	return !pthread_mutex_trylock(mutex_of(section));
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_unlock(mutex_of(section));
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_destroy(mutex_of(section));
}
