/* SPDX-License-Identifier: MIT */
/*
 * The attributes of a file that is known by its name: as of a pipe everything is, they are asked
 * of an open one, which takes an instance and breaks it [row O16].
 */
#include "win32/error.h"
#include "win32/path.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>
#include <string.h>

static uint32_t attributes_query(OBJECT_ATTRIBUTES *object, FILE_BASIC_INFORMATION *basic,
				 FILE_STANDARD_INFORMATION *standard)
{
	IO_STATUS_BLOCK iosb;
	uint32_t status;
	HANDLE file;

	status = NtOpenFile(&file, SYNCHRONIZE | FILE_READ_ATTRIBUTES, object, &iosb, 0,
			    FILE_SYNCHRONOUS_IO_NONALERT);
	if (status)
		return status;
	status = NtQueryInformationFile(file, &iosb, basic, sizeof(*basic), FileBasicInformation);
	if (!status && standard)
		status = NtQueryInformationFile(file, &iosb, standard, sizeof(*standard),
						FileStandardInformation);
	NtClose(file);
	return status;
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES object, PFILE_BASIC_INFORMATION basic)
{
	return attributes_query(object, basic, NULL);
}

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES object,
					 PFILE_NETWORK_OPEN_INFORMATION full)
{
	FILE_STANDARD_INFORMATION standard;
	FILE_BASIC_INFORMATION basic;
	uint32_t status;

	status = attributes_query(object, &basic, &standard);
	if (!status)
		*full = (FILE_NETWORK_OPEN_INFORMATION){
			.CreationTime = basic.CreationTime,
			.LastAccessTime = basic.LastAccessTime,
			.LastWriteTime = basic.LastWriteTime,
			.ChangeTime = basic.ChangeTime,
			.AllocationSize = standard.AllocationSize,
			.EndOfFile = standard.EndOfFile,
			.FileAttributes = basic.FileAttributes,
		};
	return status;
}

static FILETIME file_time(LARGE_INTEGER time)
{
	return (FILETIME){ time.LowPart, time.HighPart };
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information)
{
	WIN32_FILE_ATTRIBUTE_DATA *data = information;
	FILE_NETWORK_OPEN_INFORMATION full;
	OBJECT_ATTRIBUTES object;
	UNICODE_STRING path;
	uint32_t status;

	if (level != GetFileExInfoStandard) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return FALSE;
	}
	if (win_set_error(win_path_any(name, &path)))
		return FALSE;
	InitializeObjectAttributes(&object, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
	status = NtQueryFullAttributesFile(&object, &full);
	win_path_done(&path);
	if (win_set_error(status))
		return FALSE;
	*data = (WIN32_FILE_ATTRIBUTE_DATA){
		.dwFileAttributes = full.FileAttributes,
		.ftCreationTime = file_time(full.CreationTime),
		.ftLastAccessTime = file_time(full.LastAccessTime),
		.ftLastWriteTime = file_time(full.LastWriteTime),
		.nFileSizeHigh = full.EndOfFile.HighPart,
		.nFileSizeLow = full.EndOfFile.LowPart,
	};
	return TRUE;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information)
{
	WCHAR *units;
	BOOL is_done;

	if (win_set_error(win_path_units(name, &units)))
		return FALSE;
	is_done = GetFileAttributesExW(units, level, information);
	free(units);
	return is_done;
}

DWORD WINAPI GetFileAttributesW(LPCWSTR name)
{
	WIN32_FILE_ATTRIBUTE_DATA data;

	return GetFileAttributesExW(name, GetFileExInfoStandard, &data) ? data.dwFileAttributes
									: INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(LPCSTR name)
{
	WIN32_FILE_ATTRIBUTE_DATA data;

	return GetFileAttributesExA(name, GetFileExInfoStandard, &data) ? data.dwFileAttributes
									: INVALID_FILE_ATTRIBUTES;
}
