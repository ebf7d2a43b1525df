/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_PATH_H
#define PEN_WIN32_PATH_H
/*
 * Win32's paths of pipes as NT's.
 */
#include <penstock/win32-nt.h>

/*
 * "\\.\pipe\x" as "\??\pipe\x"; its buffer is to be freed by done. OBJECT_PATH_NOT_FOUND: NULL;
 * OBJECT_NAME_INVALID: another path, or another machine's, or one of more than 256 characters.
 */
uint32_t win_path_local(LPCWSTR name, UNICODE_STRING *path);

/* And "\\server\pipe\x" too, as "\??\UNC\server\pipe\x". NOT_SUPPORTED: anything else. */
uint32_t win_path_any(LPCWSTR name, UNICODE_STRING *path);
void win_path_done(UNICODE_STRING *path);

/* A path in UTF-8 in units, to be freed; NULL stays NULL. NO_MEMORY, OBJECT_NAME_INVALID. */
uint32_t win_path_units(LPCSTR name, WCHAR **unitsp);

#endif
