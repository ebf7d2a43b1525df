/* SPDX-License-Identifier: MIT */
/*
 * Pipes are made and opened: NtCreateNamedPipeFile, NtCreateFile, NtOpenFile.
 */
#include "base/utf16.h"
#include "win32/descriptor.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/text.h"

#include <penstock/arena.h>
#include <penstock/status.h>
#include <penstock/win32.h>

static const char device[] = "\\Device\\NamedPipe";

/* What an object's attributes name. */
struct place {
	enum win_file_what what;
	char *name; /* a pipe's, in full; "": the one of that file */
	struct win_file *relative_to;
};

static void place_done(struct place *place)
{
	free(place->name);
	win_object_put(place->relative_to);
}

/* What comes after a prefix, in whatever case; NULL: it does not begin so. */
static const char *after(const char *text, const char *prefix)
{
	while (*prefix) {
		if (pen_upcase((unsigned char)*text) != pen_upcase((unsigned char)*prefix))
			return NULL;
		text++;
		prefix++;
	}
	return text;
}

static uint32_t place_pipe(struct place *place, const char *prefix, const char *name)
{
	place->what = WIN_FILE_PIPE;
	place->name = malloc(strlen(prefix) + strlen(name) + 1);
	if (!place->name)
		return PEN_STATUS_NO_MEMORY;
	strcpy(place->name, prefix);
	strcat(place->name, name);
	return 0;
}

/* From the root of all names: the device and its aliases [rows E4, E5], or another machine's. */
static uint32_t place_absolute(struct place *place, const char *text)
{
	static const char *const aliases[] = { device, "\\??\\pipe", "\\DosDevices\\pipe",
					       "\\GLOBAL??\\pipe" };
	const char *rest;

	for (size_t i = 0; i < PEN_COUNT(aliases); i++) {
		rest = after(text, aliases[i]);
		if (!rest || (*rest && *rest != '\\'))
			continue;
		if (!*rest)
			place->what = WIN_FILE_DEVICE;
		else if (!rest[1])
			place->what = WIN_FILE_ROOT;
		else
			return place_pipe(place, device, rest);
		return 0;
	}
	rest = after(text, "\\??\\UNC\\");
	if (rest)
		return place_pipe(place, "\\\\", rest);
	if (*text != '\\')
		return PEN_STATUS_OBJECT_PATH_SYNTAX_BAD;
	/* There are no other files here. */
	return after(text, "\\??\\") ? PEN_STATUS_NOT_SUPPORTED : PEN_STATUS_OBJECT_PATH_NOT_FOUND;
}

/* From a handle on [rows C12, O12, O13, E10]. */
static uint32_t place_relative(struct place *place, HANDLE root, const char *text)
{
	struct win_file *file;
	uint32_t status;

	status = win_handle_get(root, WIN_FILE, 0, &file, NULL);
	if (status)
		return status;
	place->relative_to = file;
	place->what = file->what;
	if (file->what == WIN_FILE_ROOT && *text)
		return place_pipe(place, "\\Device\\NamedPipe\\", text);
	if (*text)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	if (file->what == WIN_FILE_PIPE)
		return place_pipe(place, "", "");
	return 0;
}

static uint32_t place_find(struct place *place, const OBJECT_ATTRIBUTES *attributes)
{
	static const UNICODE_STRING empty;
	const UNICODE_STRING *name;
	uint32_t status;
	char *text;

	if (!attributes || attributes->Length != sizeof(*attributes))
		return PEN_STATUS_INVALID_PARAMETER;
	name = attributes->ObjectName ? attributes->ObjectName : &empty;
	if (name->Length % 2)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	text = win_text_of(name->Buffer, name->Length / 2);
	if (!text)
		return PEN_STATUS_NO_MEMORY;
	if (strlen(text) != pen_utf16_text_size(name->Buffer, name->Length / 2, PEN_UTF16_HOST))
		status = PEN_STATUS_OBJECT_NAME_INVALID; /* a NUL in it */
	else if (attributes->RootDirectory)
		status = place_relative(place, attributes->RootDirectory, text);
	else
		status = place_absolute(place, text);
	free(text);
	return status;
}

/* A handle of a file that is made for it; pipe is taken. */
static uint32_t create_handle(const struct place *place, struct pen_pipe *pipe, uint32_t options,
			      bool is_server, uint32_t access, const OBJECT_ATTRIBUTES *attributes,
			      HANDLE *handlep)
{
	struct win_file *file = win_file_new(place->what, pipe, options);
	uint32_t status;

	if (!file)
		return PEN_STATUS_NO_MEMORY;
	file->is_server = is_server;
	status = win_handle_new(&file->object, access, attributes->Attributes & OBJ_INHERIT,
				handlep);
	win_object_put(&file->object);
	return status;
}

/* What NT demands of a handle whose calls wait, and of one whose do not. */
static uint32_t check_options(uint32_t access, uint32_t options)
{
	uint32_t synchronous = options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);

	if (synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
		return PEN_STATUS_INVALID_PARAMETER;
	if (synchronous && !(access & (SYNCHRONIZE | GENERIC_ALL | GENERIC_READ | GENERIC_WRITE |
				       MAXIMUM_ALLOWED)))
		return PEN_STATUS_INVALID_PARAMETER;
	return 0;
}

static const enum pen_pipe_configuration configurations[] = {
	[FILE_SHARE_READ] = PEN_PIPE_OUTBOUND,
	[FILE_SHARE_WRITE] = PEN_PIPE_INBOUND,
	[FILE_SHARE_READ | FILE_SHARE_WRITE] = PEN_PIPE_DUPLEX,
};

/* The server's timeout in milliseconds, rounded up; 0: there is none. */
static uint32_t timeout_ms(const LARGE_INTEGER *timeout)
{
	uint64_t ms;

	if (!timeout || timeout->QuadPart >= 0)
		return 0;
	ms = (0 - (uint64_t)timeout->QuadPart + 9999) / 10000;
	return ms < UINT32_MAX ? ms : UINT32_MAX - 1;
}

/* The place of a new pipe, be it one without a name in the root directory [row C12]. */
static uint32_t place_new(struct place *place, const OBJECT_ATTRIBUTES *attributes)
{
	uint32_t status = place_find(place, attributes);

	if (status)
		return status;
	if (place->what == WIN_FILE_ROOT && place->relative_to)
		return place_pipe(place, "\\Device\\NamedPipe\\", "");
	return place->what == WIN_FILE_PIPE && *place->name ? 0 : PEN_STATUS_OBJECT_NAME_INVALID;
}

/* An instance by what it is to be, with the descriptor of the attributes. */
static uint32_t create_pipe(const struct place *place, struct pen_pipe_config *config,
			    const OBJECT_ATTRIBUTES *attributes, struct pen_pipe **pipep,
			    uint32_t *informationp)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	uint32_t status = 0;

	pen_arena_init(&arena, 0);
	if (attributes->SecurityDescriptor) {
		status = win_descriptor_get(&descriptor, &arena, attributes->SecurityDescriptor);
		config->descriptor = &descriptor;
	}
	if (!status)
		status = pen_pipe_create(pipep, place->name, config, informationp);
	pen_arena_done(&arena);
	return status;
}

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes,
				     PIO_STATUS_BLOCK iosb, ULONG share, ULONG disposition,
				     ULONG options, ULONG type, ULONG read_mode,
				     ULONG completion_mode, ULONG instances_max,
				     ULONG inbound_quota, ULONG outbound_quota,
				     PLARGE_INTEGER timeout)
{
	uint32_t quotas[] = { inbound_quota, outbound_quota };
	struct pen_pipe_config config = {
		.is_message = type & FILE_PIPE_MESSAGE_TYPE,
		.rejects_remote = type & FILE_PIPE_REJECT_REMOTE_CLIENTS,
		.is_message_mode = read_mode == FILE_PIPE_MESSAGE_MODE,
		.is_nonblocking = completion_mode == FILE_PIPE_COMPLETE_OPERATION,
		.disposition = (enum pen_pipe_disposition)disposition,
		.instances_max =
			instances_max < PEN_PIPE_UNLIMITED ? instances_max : PEN_PIPE_UNLIMITED,
		.quotas = quotas,
		.timeout_ms = timeout_ms(timeout),
		.access = access,
		.is_access_exact = true,
	};
	struct place place = { 0 };
	struct pen_pipe *pipe = NULL;
	uint32_t information = 0;
	uint32_t status;

	if (!share || share >= PEN_COUNT(configurations) || disposition < FILE_OPEN ||
	    disposition > FILE_OPEN_IF ||
	    type > (FILE_PIPE_MESSAGE_TYPE | FILE_PIPE_REJECT_REMOTE_CLIENTS) || read_mode > 1 ||
	    completion_mode > 1)
		return PEN_STATUS_INVALID_PARAMETER;
	if (disposition != FILE_OPEN && (!instances_max || !timeout || timeout->QuadPart >= 0))
		return PEN_STATUS_INVALID_PARAMETER;
	if (!access)
		return PEN_STATUS_ACCESS_DENIED;
	status = check_options(access, options);
	if (status)
		return status;
	config.configuration = configurations[share];

	status = place_new(&place, attributes);
	if (!status)
		status = create_pipe(&place, &config, attributes, &pipe, &information);
	if (!status)
		status = create_handle(&place, pipe, options, true, pen_pipe_access(pipe),
				       attributes, handle);
	if (!status)
		*iosb = (IO_STATUS_BLOCK){ .Information = information };
	place_done(&place);
	return status;
}

static uint32_t open_pipe(const struct place *place, uint32_t access,
			  const OBJECT_ATTRIBUTES *attributes, struct pen_pipe **pipep)
{
	const SECURITY_QUALITY_OF_SERVICE *qos = attributes->SecurityQualityOfService;
	struct pen_pipe_open_config config = { .access = access };
	struct win_file *relative_to = *place->name ? NULL : place->relative_to;
	uint32_t status;

	if (qos) {
		config.has_qos = true;
		config.level = (enum pen_pipe_level)qos->ImpersonationLevel;
		config.is_static = qos->ContextTrackingMode == SECURITY_STATIC_TRACKING;
		config.is_effective_only = qos->EffectiveOnly;
	}
	if (!relative_to)
		return pen_pipe_open(pipep, place->name, &config);
	if (!win_file_enter(relative_to))
		return PEN_STATUS_INVALID_HANDLE;
	config.relative_to = relative_to->pipe;
	status = pen_pipe_open(pipep, NULL, &config);
	win_file_leave(relative_to);
	return status;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
			    PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation_size,
			    ULONG file_attributes, ULONG share, ULONG disposition, ULONG options,
			    PVOID ea, ULONG n_ea)
{
	struct place place = { 0 };
	struct pen_pipe *pipe = NULL;
	uint32_t status;

	if (disposition > FILE_OVERWRITE_IF)
		return PEN_STATUS_INVALID_PARAMETER;
	status = check_options(access, options);
	if (!status)
		status = place_find(&place, attributes);
	if (!status && place.what == WIN_FILE_PIPE) {
		status = open_pipe(&place, access, attributes, &pipe);
		if (!status)
			access = pen_pipe_access(pipe);
	}
	if (!status)
		status = create_handle(&place, pipe, options, false, access, attributes, handle);
	if (!status) {
		iosb->Status = 0;
		iosb->Information = FILE_OPENED;
	}
	place_done(&place);
	return status;
}

NTSTATUS NTAPI NtOpenFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
			  PIO_STATUS_BLOCK iosb, ULONG share, ULONG options)
{
	return NtCreateFile(handle, access, attributes, iosb, NULL, 0, share, FILE_OPEN, options,
			    NULL, 0);
}
