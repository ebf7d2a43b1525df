/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_WIN32_NT_H
#define PENSTOCK_WIN32_NT_H
/*
 * NT's own calls for pipes, which those of Win32 are made of. Structures and numbers are those of
 * [MS-FSCC 2.3-2.5] and of Microsoft's documents of the Windows driver kit; statuses are in
 * <penstock/win32-codes.h>. What a call cannot do here it answers by STATUS_NOT_SUPPORTED, a class
 * of information that there is none of by STATUS_INVALID_INFO_CLASS. Include <penstock/win32.h>.
 */
#include <penstock/win32-types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NT_SUCCESS(status)     ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status)     ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status)       ((ULONG)(status) >> 30 == 3)

typedef struct _UNICODE_STRING {
	USHORT Length; /* bytes */
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING;
typedef const STRING *PCANSI_STRING;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT	     0x002
#define OBJ_CASE_INSENSITIVE 0x040

#define InitializeObjectAttributes(attributes, name, flags, root, descriptor)                      \
	((attributes)->Length = sizeof(OBJECT_ATTRIBUTES), (attributes)->RootDirectory = (root),   \
	 (attributes)->ObjectName = (name), (attributes)->Attributes = (flags),                    \
	 (attributes)->SecurityDescriptor = (descriptor),                                          \
	 (attributes)->SecurityQualityOfService = NULL)

typedef enum _SECURITY_IMPERSONATION_LEVEL {
	SecurityAnonymous,
	SecurityIdentification,
	SecurityImpersonation,
	SecurityDelegation,
} SECURITY_IMPERSONATION_LEVEL;

#define SECURITY_STATIC_TRACKING  0
#define SECURITY_DYNAMIC_TRACKING 1

typedef struct _SECURITY_QUALITY_OF_SERVICE {
	DWORD Length;
	SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
	BOOLEAN ContextTrackingMode;
	BOOLEAN EffectiveOnly;
} SECURITY_QUALITY_OF_SERVICE, *PSECURITY_QUALITY_OF_SERVICE;

typedef struct _IO_STATUS_BLOCK {
	__extension__ union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved);

/* Create dispositions and options [MS-SMB2 2.2.13], and what a success says in Information. */
#define FILE_SUPERSEDE		     0
#define FILE_OPEN		     1
#define FILE_CREATE		     2
#define FILE_OPEN_IF		     3
#define FILE_OVERWRITE		     4
#define FILE_OVERWRITE_IF	     5
#define FILE_OPENED		     1
#define FILE_CREATED		     2
#define FILE_DIRECTORY_FILE	     0x01
#define FILE_WRITE_THROUGH	     0x02
#define FILE_SYNCHRONOUS_IO_ALERT    0x10
#define FILE_SYNCHRONOUS_IO_NONALERT 0x20
#define FILE_NON_DIRECTORY_FILE	     0x40

/* Of NtCreateNamedPipeFile. */
#define FILE_PIPE_BYTE_STREAM_TYPE	 0
#define FILE_PIPE_MESSAGE_TYPE		 1
#define FILE_PIPE_ACCEPT_REMOTE_CLIENTS	 0
#define FILE_PIPE_REJECT_REMOTE_CLIENTS	 2
#define FILE_PIPE_BYTE_STREAM_MODE	 0
#define FILE_PIPE_MESSAGE_MODE		 1
#define FILE_PIPE_QUEUE_OPERATION	 0
#define FILE_PIPE_COMPLETE_OPERATION	 1
#define FILE_PIPE_INBOUND		 0
#define FILE_PIPE_OUTBOUND		 1
#define FILE_PIPE_FULL_DUPLEX		 2
#define FILE_PIPE_DISCONNECTED_STATE	 1
#define FILE_PIPE_LISTENING_STATE	 2
#define FILE_PIPE_CONNECTED_STATE	 3
#define FILE_PIPE_CLOSING_STATE		 4
#define FILE_PIPE_CLIENT_END		 0
#define FILE_PIPE_SERVER_END		 1
#define FILE_PIPE_UNLIMITED_INSTANCES	 0xffffffffU
#define FILE_PIPE_CREATE_INSTANCE_ACCESS 0x4

#define CTL_CODE(device, function, method, access)                                                 \
	((DWORD)(device) << 16 | (DWORD)(access) << 14 | (DWORD)(function) << 2 | (DWORD)(method))
#define METHOD_BUFFERED	       0
#define METHOD_NEITHER	       3
#define FILE_ANY_ACCESS	       0
#define FILE_READ_ACCESS       1
#define FILE_WRITE_ACCESS      2
#define FILE_DEVICE_NAMED_PIPE 0x11

#define FSCTL_PIPE_ASSIGN_EVENT		    CTL_CODE(0x11, 0, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_DISCONNECT		    CTL_CODE(0x11, 1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_LISTEN		    CTL_CODE(0x11, 2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_PEEK			    CTL_CODE(0x11, 3, METHOD_BUFFERED, FILE_READ_ACCESS)
#define FSCTL_PIPE_QUERY_EVENT		    CTL_CODE(0x11, 4, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_TRANSCEIVE		    CTL_CODE(0x11, 5, METHOD_NEITHER, 3)
#define FSCTL_PIPE_WAIT			    CTL_CODE(0x11, 6, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_IMPERSONATE		    CTL_CODE(0x11, 7, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SET_CLIENT_PROCESS	    CTL_CODE(0x11, 8, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS	    CTL_CODE(0x11, 9, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE	    CTL_CODE(0x11, 10, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE CTL_CODE(0x11, 12, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _FILE_PIPE_PEEK_BUFFER {
	ULONG NamedPipeState;
	ULONG ReadDataAvailable;
	ULONG NumberOfMessages;
	ULONG MessageLength;
	CHAR Data[1];
} FILE_PIPE_PEEK_BUFFER, *PFILE_PIPE_PEEK_BUFFER;

typedef struct _FILE_PIPE_WAIT_FOR_BUFFER {
	LARGE_INTEGER Timeout;
	ULONG NameLength; /* bytes */
	BOOLEAN TimeoutSpecified;
	WCHAR Name[1];
} FILE_PIPE_WAIT_FOR_BUFFER, *PFILE_PIPE_WAIT_FOR_BUFFER;

typedef enum _FILE_INFORMATION_CLASS {
	FileDirectoryInformation = 1,
	FileFullDirectoryInformation = 2,
	FileBothDirectoryInformation = 3,
	FileBasicInformation = 4,
	FileStandardInformation = 5,
	FileInternalInformation = 6,
	FileEaInformation = 7,
	FileAccessInformation = 8,
	FileNameInformation = 9,
	FileRenameInformation = 10,
	FileNamesInformation = 12,
	FileDispositionInformation = 13,
	FilePositionInformation = 14,
	FileModeInformation = 16,
	FileAllInformation = 18,
	FilePipeInformation = 23,
	FilePipeLocalInformation = 24,
	FilePipeRemoteInformation = 25,
	FileCompletionInformation = 30,
	FileIoCompletionNotificationInformation = 41,
} FILE_INFORMATION_CLASS,
	*PFILE_INFORMATION_CLASS;

typedef struct _FILE_BASIC_INFORMATION {
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	ULONG FileAttributes;
} FILE_BASIC_INFORMATION, *PFILE_BASIC_INFORMATION;

typedef struct _FILE_STANDARD_INFORMATION {
	LARGE_INTEGER AllocationSize;
	LARGE_INTEGER EndOfFile;
	ULONG NumberOfLinks;
	BOOLEAN DeletePending;
	BOOLEAN Directory;
} FILE_STANDARD_INFORMATION, *PFILE_STANDARD_INFORMATION;

typedef struct _FILE_INTERNAL_INFORMATION {
	LARGE_INTEGER IndexNumber;
} FILE_INTERNAL_INFORMATION, *PFILE_INTERNAL_INFORMATION;

typedef struct _FILE_EA_INFORMATION {
	ULONG EaSize;
} FILE_EA_INFORMATION, *PFILE_EA_INFORMATION;

typedef struct _FILE_ACCESS_INFORMATION {
	ACCESS_MASK AccessFlags;
} FILE_ACCESS_INFORMATION, *PFILE_ACCESS_INFORMATION;

typedef struct _FILE_NAME_INFORMATION {
	ULONG FileNameLength; /* bytes */
	WCHAR FileName[1];
} FILE_NAME_INFORMATION, *PFILE_NAME_INFORMATION;

typedef struct _FILE_NETWORK_OPEN_INFORMATION {
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	LARGE_INTEGER AllocationSize;
	LARGE_INTEGER EndOfFile;
	ULONG FileAttributes;
} FILE_NETWORK_OPEN_INFORMATION, *PFILE_NETWORK_OPEN_INFORMATION;

typedef struct _FILE_POSITION_INFORMATION {
	LARGE_INTEGER CurrentByteOffset;
} FILE_POSITION_INFORMATION, *PFILE_POSITION_INFORMATION;

typedef struct _FILE_MODE_INFORMATION {
	ULONG Mode;
} FILE_MODE_INFORMATION, *PFILE_MODE_INFORMATION;

typedef struct _FILE_PIPE_INFORMATION {
	ULONG ReadMode;
	ULONG CompletionMode;
} FILE_PIPE_INFORMATION, *PFILE_PIPE_INFORMATION;

typedef struct _FILE_PIPE_LOCAL_INFORMATION {
	ULONG NamedPipeType;
	ULONG NamedPipeConfiguration;
	ULONG MaximumInstances;
	ULONG CurrentInstances;
	ULONG InboundQuota;
	ULONG ReadDataAvailable;
	ULONG OutboundQuota;
	ULONG WriteQuotaAvailable;
	ULONG NamedPipeState;
	ULONG NamedPipeEnd;
} FILE_PIPE_LOCAL_INFORMATION, *PFILE_PIPE_LOCAL_INFORMATION;

typedef struct _FILE_COMPLETION_INFORMATION {
	HANDLE Port;
	PVOID Key;
} FILE_COMPLETION_INFORMATION, *PFILE_COMPLETION_INFORMATION;

#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 1
#define FILE_SKIP_SET_EVENT_ON_HANDLE	     2
#define FILE_SKIP_SET_USER_EVENT_ON_FAST_IO  4

typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION {
	ULONG Flags;
} FILE_IO_COMPLETION_NOTIFICATION_INFORMATION, *PFILE_IO_COMPLETION_NOTIFICATION_INFORMATION;

typedef struct _FILE_DIRECTORY_INFORMATION {
	ULONG NextEntryOffset;
	ULONG FileIndex;
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	LARGE_INTEGER EndOfFile;
	LARGE_INTEGER AllocationSize;
	ULONG FileAttributes;
	ULONG FileNameLength;
	WCHAR FileName[1];
} FILE_DIRECTORY_INFORMATION, *PFILE_DIRECTORY_INFORMATION;

typedef struct _FILE_FULL_DIR_INFORMATION {
	ULONG NextEntryOffset;
	ULONG FileIndex;
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	LARGE_INTEGER EndOfFile;
	LARGE_INTEGER AllocationSize;
	ULONG FileAttributes;
	ULONG FileNameLength;
	ULONG EaSize;
	WCHAR FileName[1];
} FILE_FULL_DIR_INFORMATION, *PFILE_FULL_DIR_INFORMATION;

typedef struct _FILE_BOTH_DIR_INFORMATION {
	ULONG NextEntryOffset;
	ULONG FileIndex;
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	LARGE_INTEGER EndOfFile;
	LARGE_INTEGER AllocationSize;
	ULONG FileAttributes;
	ULONG FileNameLength;
	ULONG EaSize;
	CCHAR ShortNameLength;
	WCHAR ShortName[12];
	WCHAR FileName[1];
} FILE_BOTH_DIR_INFORMATION, *PFILE_BOTH_DIR_INFORMATION;

typedef struct _FILE_NAMES_INFORMATION {
	ULONG NextEntryOffset;
	ULONG FileIndex;
	ULONG FileNameLength;
	WCHAR FileName[1];
} FILE_NAMES_INFORMATION, *PFILE_NAMES_INFORMATION;

typedef enum _FSINFOCLASS {
	FileFsVolumeInformation = 1,
	FileFsSizeInformation = 3,
	FileFsDeviceInformation = 4,
	FileFsAttributeInformation = 5,
	FileFsFullSizeInformation = 7,
} FS_INFORMATION_CLASS,
	*PFS_INFORMATION_CLASS;

typedef struct _FILE_FS_VOLUME_INFORMATION {
	LARGE_INTEGER VolumeCreationTime;
	ULONG VolumeSerialNumber;
	ULONG VolumeLabelLength;
	BOOLEAN SupportsObjects;
	WCHAR VolumeLabel[1];
} FILE_FS_VOLUME_INFORMATION, *PFILE_FS_VOLUME_INFORMATION;

typedef struct _FILE_FS_SIZE_INFORMATION {
	LARGE_INTEGER TotalAllocationUnits;
	LARGE_INTEGER AvailableAllocationUnits;
	ULONG SectorsPerAllocationUnit;
	ULONG BytesPerSector;
} FILE_FS_SIZE_INFORMATION, *PFILE_FS_SIZE_INFORMATION;

typedef struct _FILE_FS_FULL_SIZE_INFORMATION {
	LARGE_INTEGER TotalAllocationUnits;
	LARGE_INTEGER CallerAvailableAllocationUnits;
	LARGE_INTEGER ActualAvailableAllocationUnits;
	ULONG SectorsPerAllocationUnit;
	ULONG BytesPerSector;
} FILE_FS_FULL_SIZE_INFORMATION, *PFILE_FS_FULL_SIZE_INFORMATION;

typedef struct _FILE_FS_DEVICE_INFORMATION {
	ULONG DeviceType;
	ULONG Characteristics;
} FILE_FS_DEVICE_INFORMATION, *PFILE_FS_DEVICE_INFORMATION;

typedef struct _FILE_FS_ATTRIBUTE_INFORMATION {
	ULONG FileSystemAttributes;
	LONG MaximumComponentNameLength;
	ULONG FileSystemNameLength;
	WCHAR FileSystemName[1];
} FILE_FS_ATTRIBUTE_INFORMATION, *PFILE_FS_ATTRIBUTE_INFORMATION;

typedef enum _OBJECT_INFORMATION_CLASS {
	ObjectBasicInformation = 0,
	ObjectNameInformation = 1,
	ObjectTypeInformation = 2,
} OBJECT_INFORMATION_CLASS;

typedef struct _PUBLIC_OBJECT_BASIC_INFORMATION {
	ULONG Attributes;
	ACCESS_MASK GrantedAccess;
	ULONG HandleCount;
	ULONG PointerCount;
	ULONG Reserved[10];
} PUBLIC_OBJECT_BASIC_INFORMATION, *PPUBLIC_OBJECT_BASIC_INFORMATION;

typedef struct _OBJECT_NAME_INFORMATION {
	UNICODE_STRING Name;
} OBJECT_NAME_INFORMATION, *POBJECT_NAME_INFORMATION;

typedef struct _PUBLIC_OBJECT_TYPE_INFORMATION {
	UNICODE_STRING TypeName;
	ULONG Reserved[22];
} PUBLIC_OBJECT_TYPE_INFORMATION, *PPUBLIC_OBJECT_TYPE_INFORMATION;

/* ---- names and files ---- */

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes,
				     PIO_STATUS_BLOCK iosb, ULONG share, ULONG disposition,
				     ULONG options, ULONG type, ULONG read_mode,
				     ULONG completion_mode, ULONG instances_max,
				     ULONG inbound_quota, ULONG outbound_quota,
				     PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
			    PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation_size,
			    ULONG file_attributes, ULONG share, ULONG disposition, ULONG options,
			    PVOID ea, ULONG n_ea);
NTSTATUS NTAPI NtOpenFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
			  PIO_STATUS_BLOCK iosb, ULONG share, ULONG options);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES attributes, PFILE_BASIC_INFORMATION basic);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES attributes,
					 PFILE_NETWORK_OPEN_INFORMATION full);
NTSTATUS NTAPI NtClose(HANDLE handle);
NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process,
				 PHANDLE target, ACCESS_MASK access, ULONG attributes,
				 ULONG options);

/* ---- data ---- */

NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			  PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n, PLARGE_INTEGER offset,
			  PULONG key);
NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			   PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n, PLARGE_INTEGER offset,
			   PULONG key);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtFsControlFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
			       PIO_STATUS_BLOCK iosb, ULONG code, PVOID in, ULONG n_in, PVOID out,
			       ULONG n_out);
NTSTATUS NTAPI NtCancelIoFile(HANDLE file, PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, PIO_STATUS_BLOCK which, PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE thread, PIO_STATUS_BLOCK which,
					 PIO_STATUS_BLOCK iosb);

/* ---- what is asked and set ---- */

NTSTATUS NTAPI NtQueryInformationFile(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				      FILE_INFORMATION_CLASS which);
NTSTATUS NTAPI NtSetInformationFile(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				    FILE_INFORMATION_CLASS which);
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer,
					    ULONG n, FS_INFORMATION_CLASS which);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine,
				    PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				    FILE_INFORMATION_CLASS which, BOOLEAN is_single,
				    PUNICODE_STRING pattern, BOOLEAN restarts);
NTSTATUS NTAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS which, PVOID buffer, ULONG n,
			     PULONG n_needed);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION which,
				     PSECURITY_DESCRIPTOR descriptor, ULONG n, PULONG n_needed);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION which,
				   PSECURITY_DESCRIPTOR descriptor);

/* ---- waiting ---- */

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN is_alertable, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN is_alertable, PLARGE_INTEGER interval);

/* ---- texts and codes ---- */

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text);
VOID NTAPI RtlInitAnsiString(PANSI_STRING string, PCSZ text);
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status);
VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status);

#ifdef __cplusplus
}
#endif
#endif
