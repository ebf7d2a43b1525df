/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of a file, and set [rows Q1-Q28].
 */
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/text.h"

#include <penstock/status.h>
#include <penstock/win32.h>

/* An answer is made in place: n bytes are there, and *np of them are used. */
struct answer {
	struct win_file *file;
	uint32_t granted;
	void *bytes;
	uint32_t n;
	uint32_t used;
};

/* Copies as many units of a text as there is room for from an offset on. BUFFER_OVERFLOW. */
static uint32_t answer_units(struct answer *answer, size_t offset, const WCHAR *units, size_t n)
{
	size_t room = answer->n - offset;
	size_t size = n * sizeof(*units);

	memcpy((char *)answer->bytes + offset, units, size < room ? size : room);
	answer->used = offset + (size < room ? size : room);
	return size > room ? PEN_STATUS_BUFFER_OVERFLOW : 0;
}

static uint32_t file_info(struct win_file *file, struct pen_pipe_info *info)
{
	*info = (struct pen_pipe_info){ 0 };
	return file->what == WIN_FILE_PIPE ? pen_pipe_get_info(file->pipe, info) : 0;
}

/* The name within the file system: "\echo", of the root "\". To be freed. */
static uint32_t file_name(struct win_file *file, WCHAR **unitsp, size_t *np)
{
	char *name = NULL;
	uint32_t status;

	if (file->what == WIN_FILE_DEVICE)
		return PEN_STATUS_INVALID_PARAMETER;
	status = file->what == WIN_FILE_PIPE ? pen_pipe_get_name(file->pipe, &name) : 0;
	if (status)
		return status;
	*unitsp = win_units(name ? name : "\\", np);
	free(name);
	return *unitsp ? 0 : PEN_STATUS_NO_MEMORY;
}

static uint32_t query_basic(struct answer *answer)
{
	FILE_BASIC_INFORMATION *basic = answer->bytes;
	struct pen_pipe_info info;
	uint32_t status = file_info(answer->file, &info);

	if (!status)
		*basic = (FILE_BASIC_INFORMATION){ .FileAttributes = FILE_ATTRIBUTE_NORMAL };
	return status;
}

static uint32_t query_standard(struct answer *answer)
{
	FILE_STANDARD_INFORMATION *standard = answer->bytes;
	struct pen_pipe_info info;
	uint32_t status = file_info(answer->file, &info);

	if (status)
		return status;
	*standard = (FILE_STANDARD_INFORMATION){ .NumberOfLinks = 1, .DeletePending = TRUE };
	standard->EndOfFile.QuadPart = info.read_data_available;
	standard->AllocationSize.QuadPart = (LONGLONG)info.inbound_quota + info.outbound_quota;
	if (answer->file->what == WIN_FILE_ROOT) {
		standard->DeletePending = FALSE;
		standard->Directory = TRUE;
	}
	return 0;
}

/* A number of the file's own; pipes have no other. */
static uint32_t query_internal(struct answer *answer)
{
	FILE_INTERNAL_INFORMATION *internal = answer->bytes;
	struct pen_pipe_info info;
	uint32_t status = file_info(answer->file, &info);

	if (!status)
		internal->IndexNumber.QuadPart = (LONGLONG)(uintptr_t)answer->file;
	return status;
}

static uint32_t query_ea(struct answer *answer)
{
	struct pen_pipe_info info;
	uint32_t status = file_info(answer->file, &info);

	if (!status)
		*(FILE_EA_INFORMATION *)answer->bytes = (FILE_EA_INFORMATION){ 0 };
	return status;
}

static uint32_t query_access(struct answer *answer)
{
	((FILE_ACCESS_INFORMATION *)answer->bytes)->AccessFlags = answer->granted;
	return 0;
}

static uint32_t query_name(struct answer *answer)
{
	FILE_NAME_INFORMATION *name = answer->bytes;
	WCHAR *units;
	uint32_t status;
	size_t n;

	status = file_name(answer->file, &units, &n);
	if (status)
		return status;
	name->FileNameLength = n * sizeof(*units);
	status = answer_units(answer, FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), units, n);
	free(units);
	return status;
}

static uint32_t query_position(struct answer *answer)
{
	((FILE_POSITION_INFORMATION *)answer->bytes)->CurrentByteOffset.QuadPart = 0;
	return 0;
}

static uint32_t query_mode(struct answer *answer)
{
	((FILE_MODE_INFORMATION *)answer->bytes)->Mode =
		answer->file->options &
		(FILE_WRITE_THROUGH | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
	return 0;
}

static uint32_t query_pipe(struct answer *answer)
{
	FILE_PIPE_INFORMATION *modes = answer->bytes;
	bool is_message_mode, is_nonblocking;
	uint32_t status;

	if (answer->file->what != WIN_FILE_PIPE)
		return PEN_STATUS_INVALID_PARAMETER;
	status = pen_pipe_get_modes(answer->file->pipe, &is_message_mode, &is_nonblocking);
	if (!status)
		*modes = (FILE_PIPE_INFORMATION){ is_message_mode, is_nonblocking };
	return status;
}

static uint32_t query_pipe_local(struct answer *answer)
{
	FILE_PIPE_LOCAL_INFORMATION *local = answer->bytes;
	struct pen_pipe_info info;
	uint32_t status;

	if (answer->file->what != WIN_FILE_PIPE)
		return PEN_STATUS_INVALID_PARAMETER;
	status = pen_pipe_get_info(answer->file->pipe, &info);
	if (status)
		return status;
	*local = (FILE_PIPE_LOCAL_INFORMATION){
		.NamedPipeType = info.type,
		.NamedPipeConfiguration = info.configuration,
		.MaximumInstances = info.instances_max,
		.CurrentInstances = info.instances,
		.InboundQuota = info.inbound_quota,
		.ReadDataAvailable = info.read_data_available,
		.OutboundQuota = info.outbound_quota,
		.WriteQuotaAvailable = info.write_quota_available,
		.NamedPipeState = info.state,
		.NamedPipeEnd = info.end,
	};
	return 0;
}

/* Of pipes on other machines. */
static uint32_t query_pipe_remote(struct answer *answer)
{
	return PEN_STATUS_INVALID_PARAMETER;
}

/* The classes there are: how much room each needs at least, and which right. */
struct query {
	int which;
	uint32_t size;
	uint32_t access;
	uint32_t (*query)(struct answer *answer);
};

static const struct query queries[] = {
	{ FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, query_basic },
	{ FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, query_standard },
	{ FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0, query_internal },
	{ FileEaInformation, sizeof(FILE_EA_INFORMATION), 0, query_ea },
	{ FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0, query_access },
	{ FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0, query_name },
	{ FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, query_position },
	{ FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0, query_mode },
	{ FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES, query_pipe },
	{ FilePipeLocalInformation, sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES,
	  query_pipe_local },
	{ FilePipeRemoteInformation, 0, FILE_READ_ATTRIBUTES, query_pipe_remote },
};

/* ---- the file system's ---- */

static uint32_t volume_volume(struct answer *answer)
{
	FILE_FS_VOLUME_INFORMATION *volume = answer->bytes;
	size_t offset = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);

	memset(volume, 0, offset);
	volume->VolumeLabelLength = sizeof(u"NamedPipe") - sizeof(WCHAR);
	return answer_units(answer, offset, (const WCHAR *)u"NamedPipe", 9);
}

static uint32_t volume_size(struct answer *answer)
{
	*(FILE_FS_SIZE_INFORMATION *)answer->bytes =
		(FILE_FS_SIZE_INFORMATION){ .SectorsPerAllocationUnit = 1, .BytesPerSector = 1 };
	return 0;
}

static uint32_t volume_full_size(struct answer *answer)
{
	*(FILE_FS_FULL_SIZE_INFORMATION *)answer->bytes =
		(FILE_FS_FULL_SIZE_INFORMATION){ .SectorsPerAllocationUnit = 1,
						 .BytesPerSector = 1 };
	return 0;
}

static uint32_t volume_device(struct answer *answer)
{
	*(FILE_FS_DEVICE_INFORMATION *)answer->bytes =
		(FILE_FS_DEVICE_INFORMATION){ .DeviceType = FILE_DEVICE_NAMED_PIPE };
	return 0;
}

enum { CASE_PRESERVED_NAMES = 2 };

static uint32_t volume_attributes(struct answer *answer)
{
	FILE_FS_ATTRIBUTE_INFORMATION *attributes = answer->bytes;

	attributes->FileSystemAttributes = CASE_PRESERVED_NAMES;
	attributes->MaximumComponentNameLength = -1;
	attributes->FileSystemNameLength = sizeof(u"NPFS") - sizeof(WCHAR);
	return answer_units(answer, FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
			    (const WCHAR *)u"NPFS", 4);
}

static const struct query volume_queries[] = {
	{ FileFsVolumeInformation, FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), 0,
	  volume_volume },
	{ FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION), 0, volume_size },
	{ FileFsDeviceInformation, sizeof(FILE_FS_DEVICE_INFORMATION), 0, volume_device },
	{ FileFsAttributeInformation, FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
	  0, volume_attributes },
	{ FileFsFullSizeInformation, sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0, volume_full_size },
};

/* ---- asking ---- */

static uint32_t query_run(const struct query *query, struct answer *answer, IO_STATUS_BLOCK *iosb)
{
	bool is_pipe = answer->file->what == WIN_FILE_PIPE;
	uint32_t status;

	if (answer->n < query->size)
		return PEN_STATUS_INFO_LENGTH_MISMATCH;
	if (query->access && is_pipe && !(answer->granted & query->access))
		return PEN_STATUS_ACCESS_DENIED;
	status = is_pipe ? win_file_begin(answer->file, NULL) : win_turn_take(answer->file, NULL);
	if (status)
		return status;
	answer->used = query->size;
	status = query->query(answer);
	if (is_pipe)
		win_file_end(answer->file);
	else
		win_turn_give(answer->file);
	if (!NT_ERROR(status))
		*iosb = (IO_STATUS_BLOCK){ .Pointer = (PVOID)(uintptr_t)status,
					   .Information = answer->used };
	return status;
}

static uint32_t query_find(const struct query *table, size_t n, int which, HANDLE handle,
			   IO_STATUS_BLOCK *iosb, void *buffer, ULONG n_buffer)
{
	struct answer answer = { .bytes = buffer, .n = n_buffer };
	uint32_t status;

	status = win_handle_get(handle, WIN_FILE, 0, &answer.file, &answer.granted);
	if (status)
		return status;
	status = PEN_STATUS_INVALID_INFO_CLASS;
	for (size_t i = 0; i < n; i++)
		if (table[i].which == which)
			status = query_run(&table[i], &answer, iosb);
	win_object_put(&answer.file->object);
	return status;
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				      FILE_INFORMATION_CLASS which)
{
	return query_find(queries, PEN_COUNT(queries), which, file, iosb, buffer, n);
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer,
					    ULONG n, FS_INFORMATION_CLASS which)
{
	return query_find(volume_queries, PEN_COUNT(volume_queries), which, file, iosb, buffer, n);
}

/* ---- setting ---- */

static uint32_t set_pipe(struct win_file *file, uint32_t granted, const void *buffer)
{
	const FILE_PIPE_INFORMATION *modes = buffer;
	uint32_t status;

	if (!(granted & FILE_WRITE_ATTRIBUTES))
		return PEN_STATUS_ACCESS_DENIED;
	if (file->what != WIN_FILE_PIPE)
		return PEN_STATUS_INVALID_PARAMETER;
	if (!win_file_enter(file))
		return PEN_STATUS_INVALID_HANDLE;
	status = pen_pipe_set_modes(file->pipe, modes->ReadMode, modes->CompletionMode);
	win_file_leave(file);
	return status;
}

static uint32_t set_completion(struct win_file *file, uint32_t granted, const void *buffer)
{
	const FILE_COMPLETION_INFORMATION *completion = buffer;
	struct win_port *port;
	uint32_t status;

	if (file->is_synchronous)
		return PEN_STATUS_INVALID_PARAMETER;
	status = win_handle_get(completion->Port, WIN_PORT, 0, &port, NULL);
	if (status)
		return status;
	win_lock();
	if (file->port) {
		status = PEN_STATUS_INVALID_PARAMETER;
	} else {
		file->port = port;
		file->key = (ULONG_PTR)completion->Key;
	}
	win_unlock();
	if (status)
		win_object_put(port);
	return status;
}

static uint32_t set_notification(struct win_file *file, uint32_t granted, const void *buffer)
{
	const FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *notification = buffer;

	if (notification->Flags &
	    ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE |
	      FILE_SKIP_SET_USER_EVENT_ON_FAST_IO))
		return PEN_STATUS_INVALID_PARAMETER;
	win_lock();
	file->modes |= notification->Flags;
	win_unlock();
	return 0;
}

/* What pipes take and do not keep. */
static uint32_t set_nothing(struct win_file *file, uint32_t granted, const void *buffer)
{
	return 0;
}

static const struct set {
	int which;
	uint32_t size;
	uint32_t (*set)(struct win_file *file, uint32_t granted, const void *buffer);
} sets[] = {
	{ FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), set_nothing },
	{ FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), set_nothing },
	{ FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), set_pipe },
	{ FileCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), set_completion },
	{ FileIoCompletionNotificationInformation,
	  sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), set_notification },
};

static uint32_t set_run(const struct set *set, struct win_file *file, uint32_t granted,
			const void *buffer, ULONG n)
{
	uint32_t status;

	if (n < set->size)
		return PEN_STATUS_INFO_LENGTH_MISMATCH;
	status = win_turn_take(file, NULL);
	if (status)
		return status;
	status = set->set(file, granted, buffer);
	win_turn_give(file);
	return status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG n,
				    FILE_INFORMATION_CLASS which)
{
	uint32_t status = PEN_STATUS_INVALID_PARAMETER;
	struct win_file *file;
	uint32_t granted;
	uint32_t found;

	found = win_handle_get(handle, WIN_FILE, 0, &file, &granted);
	if (found)
		return found;
	for (size_t i = 0; i < PEN_COUNT(sets); i++)
		if (sets[i].which == (int)which)
			status = set_run(&sets[i], file, granted, buffer, n);
	win_object_put(&file->object);
	if (!status)
		*iosb = (IO_STATUS_BLOCK){ 0 };
	return status;
}
