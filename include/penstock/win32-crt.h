/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_WIN32_CRT_H
#define PENSTOCK_WIN32_CRT_H
/*
 * What Windows' programs expect of their C library and this one does otherwise: printing in which
 * "l" is 32 bits and %s of a wide format is a wide text, functions of texts of WCHAR, <tchar.h>,
 * <strsafe.h>, <process.h>, <conio.h>. Include <penstock/win32.h>.
 */
#include <penstock/win32-types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- printing; wide texts come out as UTF-8 ---- */

int __cdecl pen_win32_printf(const char *format, ...);
int __cdecl pen_win32_fprintf(FILE *file, const char *format, ...);
int __cdecl pen_win32_sprintf(char *text, const char *format, ...);
int __cdecl pen_win32_snprintf(char *text, size_t size, const char *format, ...);
int __cdecl pen_win32_vprintf(const char *format, va_list arguments);
int __cdecl pen_win32_vfprintf(FILE *file, const char *format, va_list arguments);
int __cdecl pen_win32_vsnprintf(char *text, size_t size, const char *format, va_list arguments);
int __cdecl pen_win32_wprintf(const WCHAR *format, ...);
int __cdecl pen_win32_fwprintf(FILE *file, const WCHAR *format, ...);
int __cdecl pen_win32_swprintf(WCHAR *text, size_t size, const WCHAR *format, ...);
int __cdecl pen_win32_vwprintf(const WCHAR *format, va_list arguments);
int __cdecl pen_win32_vfwprintf(FILE *file, const WCHAR *format, va_list arguments);
int __cdecl pen_win32_vswprintf(WCHAR *text, size_t size, const WCHAR *format, va_list arguments);
int __cdecl pen_win32_putws(const WCHAR *text);
WCHAR *__cdecl pen_win32_fgetws(WCHAR *text, int size, FILE *file);

#ifndef __cplusplus
#define printf(...)    pen_win32_printf(__VA_ARGS__)
#define fprintf(...)   pen_win32_fprintf(__VA_ARGS__)
#define sprintf(...)   pen_win32_sprintf(__VA_ARGS__)
#define snprintf(...)  pen_win32_snprintf(__VA_ARGS__)
#define vprintf(...)   pen_win32_vprintf(__VA_ARGS__)
#define vfprintf(...)  pen_win32_vfprintf(__VA_ARGS__)
#define vsnprintf(...) pen_win32_vsnprintf(__VA_ARGS__)
#define wprintf(...)   pen_win32_wprintf(__VA_ARGS__)
#define fwprintf(...)  pen_win32_fwprintf(__VA_ARGS__)
#define swprintf(...)  pen_win32_swprintf(__VA_ARGS__)
#define vwprintf(...)  pen_win32_vwprintf(__VA_ARGS__)
#define vfwprintf(...) pen_win32_vfwprintf(__VA_ARGS__)
#define vswprintf(...) pen_win32_vswprintf(__VA_ARGS__)
#define fgetws(...)    pen_win32_fgetws(__VA_ARGS__)
#define _putws(text)   pen_win32_putws(text)
#endif
#define _snprintf  pen_win32_snprintf
#define _vsnprintf pen_win32_vsnprintf
#define _snwprintf pen_win32_swprintf

/* ---- texts of WCHAR ---- */

size_t __cdecl pen_win32_wcslen(const WCHAR *text);
WCHAR *__cdecl pen_win32_wcscpy(WCHAR *to, const WCHAR *from);
WCHAR *__cdecl pen_win32_wcscat(WCHAR *to, const WCHAR *from);
int __cdecl pen_win32_wcscmp(const WCHAR *a, const WCHAR *b);
int __cdecl pen_win32_wcsicmp(const WCHAR *a, const WCHAR *b);
WCHAR *__cdecl pen_win32_wcschr(const WCHAR *text, WCHAR character);
int __cdecl pen_win32_wtoi(const WCHAR *text);

#ifndef __cplusplus
#define wcslen(text)		pen_win32_wcslen(text)
#define wcscpy(to, from)	pen_win32_wcscpy(to, from)
#define wcscat(to, from)	pen_win32_wcscat(to, from)
#define wcscmp(a, b)		pen_win32_wcscmp(a, b)
#define wcschr(text, character) pen_win32_wcschr(text, character)
#endif
#define _wcsicmp  pen_win32_wcsicmp
#define _wtoi	  pen_win32_wtoi
#define _stricmp  strcasecmp
#define _strnicmp strncasecmp

/* ---- <tchar.h>; a program's wmain is called by a main that the library has ---- */

#define _T(text)    __TEXT(text)
#define _TEXT(text) __TEXT(text)

#ifdef UNICODE
#define _tmain	   wmain
#define _tprintf   pen_win32_wprintf
#define _ftprintf  pen_win32_fwprintf
#define _sntprintf pen_win32_swprintf
#define _vtprintf  pen_win32_vwprintf
#define _putts	   pen_win32_putws
#define _fgetts	   pen_win32_fgetws
#define _tcslen	   pen_win32_wcslen
#define _tcscpy	   pen_win32_wcscpy
#define _tcscat	   pen_win32_wcscat
#define _tcscmp	   pen_win32_wcscmp
#define _tcsicmp   pen_win32_wcsicmp
#define _tcschr	   pen_win32_wcschr
#define _ttoi	   pen_win32_wtoi
#else
#define _tmain	   main
#define _tprintf   pen_win32_printf
#define _ftprintf  pen_win32_fprintf
#define _stprintf  pen_win32_sprintf
#define _sntprintf pen_win32_snprintf
#define _vtprintf  pen_win32_vprintf
#define _putts	   puts
#define _fgetts	   fgets
#define _tcslen	   strlen
#define _tcscpy	   strcpy
#define _tcscat	   strcat
#define _tcscmp	   strcmp
#define _tcsicmp   strcasecmp
#define _tcschr	   strchr
#define _ttoi	   atoi
#endif

/* ---- <strsafe.h> ---- */

#define S_OK			      ((HRESULT)0)
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007aU)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057U)
#define STRSAFE_MAX_CCH		      2147483647

/* Sizes are in characters, the NUL among them; what does not fit is cut. */
HRESULT WINAPI StringCchCopyA(LPSTR to, size_t size, LPCSTR from);
HRESULT WINAPI StringCchCopyW(LPWSTR to, size_t size, LPCWSTR from);
HRESULT WINAPI StringCchCatA(LPSTR to, size_t size, LPCSTR from);
HRESULT WINAPI StringCchCatW(LPWSTR to, size_t size, LPCWSTR from);
HRESULT WINAPI StringCchLengthA(LPCSTR text, size_t max, size_t *np);
HRESULT WINAPI StringCchLengthW(LPCWSTR text, size_t max, size_t *np);
HRESULT WINAPIV StringCchPrintfA(LPSTR to, size_t size, LPCSTR format, ...);
HRESULT WINAPIV StringCchPrintfW(LPWSTR to, size_t size, LPCWSTR format, ...);

#define StringCbCopyA(to, size, from)  StringCchCopyA(to, size, from)
#define StringCbCopyW(to, size, from)  StringCchCopyW(to, (size) / sizeof(WCHAR), from)
#define StringCbCatA(to, size, from)   StringCchCatA(to, size, from)
#define StringCbCatW(to, size, from)   StringCchCatW(to, (size) / sizeof(WCHAR), from)
#define StringCbPrintfA(to, size, ...) StringCchPrintfA(to, size, __VA_ARGS__)
#define StringCbPrintfW(to, size, ...) StringCchPrintfW(to, (size) / sizeof(WCHAR), __VA_ARGS__)
#ifdef UNICODE
#define StringCchCopy	StringCchCopyW
#define StringCchCat	StringCchCatW
#define StringCchLength StringCchLengthW
#define StringCchPrintf StringCchPrintfW
#define StringCbCopy	StringCbCopyW
#define StringCbCat	StringCbCatW
#define StringCbPrintf	StringCbPrintfW
#else
#define StringCchCopy	StringCchCopyA
#define StringCchCat	StringCchCatA
#define StringCchLength StringCchLengthA
#define StringCchPrintf StringCchPrintfA
#define StringCbCopy	StringCbCopyA
#define StringCbCat	StringCbCatA
#define StringCbPrintf	StringCbPrintfA
#endif

/* ---- <process.h>, <conio.h> ---- */

uintptr_t __cdecl _beginthreadex(void *attributes, unsigned stack_size,
				 unsigned(__stdcall *start)(void *parameter), void *parameter,
				 unsigned flags, unsigned *idp);
void __cdecl _endthreadex(unsigned code);

/* A character of standard input; from a terminal it waits for the line. */
#define _getch()    getchar()
#define _gettch()   getchar()
#define _gettchar() getchar()

#ifdef __cplusplus
}
#endif
#endif
