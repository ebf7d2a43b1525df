/* SPDX-License-Identifier: MIT */
#include "io/socket.h"
#include "np/file.h"
#include "np/provider.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUOTA = 65536 };

static bool is_for(const struct pen_name *name)
{
	const char *file = name->path + strlen(PEN_NAME_PIPES);

	return !name->server && name->kind == PEN_NAME_PIPE && *file && !strchr(file, '/');
}

/* What .NET calls the pipe's socket. */
static int find_address(const struct pen_name *name, struct pen_address *address)
{
	const char *directory = secure_getenv("TMPDIR");
	char file[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int n = snprintf(file, sizeof(file), "CoreFxPipe_%s", name->path + strlen(PEN_NAME_PIPES));

	if (n < 0 || (size_t)n >= sizeof(file))
		return -ENAMETOOLONG;
	return pen_unix_address(address, directory && *directory ? directory : "/tmp", file);
}

/* One that is refused is nobody's any more. */
static uint32_t status_of(int r)
{
	switch (r) {
	case -ENOENT:
	case -ECONNREFUSED:
	case -ENAMETOOLONG:
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	case -EAGAIN:
		return PEN_STATUS_PIPE_NOT_AVAILABLE;
	default:
		return pen_ntstatus_from_errno(r);
	}
}

static uint32_t connect_socket(const struct pen_name *name, int *fdp)
{
	struct pen_address address;
	bool is_pending;
	int r = find_address(name, &address);

	if (!r) {
		*fdp = pen_socket_connect(&address, &is_pending);
		r = *fdp < 0 ? *fdp : 0;
	}
	return r ? status_of(r) : PEN_STATUS_SUCCESS;
}

/* The client's end of a channel of this process's own, whose server's end is the socket. */
static uint32_t make_end(struct pen_file *file, int fd)
{
	struct pen_stream *stream;
	struct pen_link *link;
	int r = pen_stream_new(&stream, PEN_CHANNEL_SERVER, fd, false);

	if (r)
		return PEN_STATUS_NO_MEMORY;
	r = pen_link_make_alone(&link, PEN_CHANNEL_CLIENT, &file->config);
	if (r) {
		pen_stream_free(stream);
		return pen_ntstatus_from_errno(r);
	}
	pen_end_init(&file->end, PEN_CHANNEL_CLIENT, link);
	pen_link_enter(link, -1);
	pen_channel_connect(pen_link_channel(link));
	pen_end_attach(&file->end, stream);
	pen_link_leave(link);
	return PEN_STATUS_SUCCESS;
}

/* There is no descriptor of the pipe's that could give less than what is asked for. */
static uint32_t grant(const struct pen_pipe_open_config *config)
{
	static const struct pen_generic_mapping mapping = {
		.read = PEN_FILE_GENERIC_READ,
		.write = PEN_FILE_GENERIC_WRITE & ~PEN_PIPE_CREATE_INSTANCE,
		.execute = PEN_FILE_GENERIC_EXECUTE,
		.all = PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE,
	};
	uint32_t access =
		config ? config->access : PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE;

	return pen_access_map(access, &mapping) | PEN_ACCESS_SYNCHRONIZE | PEN_PIPE_READ_ATTRIBUTES;
}

static void fill(struct pen_file *file, int fd)
{
	const struct object_pipe pipe = {
		.configuration = PEN_PIPE_DUPLEX,
		.instances_max = UINT32_MAX,
		.inbound_quota = QUOTA,
		.outbound_quota = QUOTA,
	};
	struct ucred peer = { 0 };

	pen_socket_peer(fd, &peer);
	pen_file_set_pipe(file, &pipe);
	file->is_foreign = file->is_static = true;
	file->server_process = (uint32_t)peer.pid;
	file->opener_process = (uint32_t)getpid();
}

static uint32_t open_dotnet(struct pen_pipe **pipep, const struct pen_name *name,
			    const struct pen_pipe_open_config *config)
{
	struct pen_file *file;
	uint32_t status;
	int fd = -1;

	status = connect_socket(name, &fd);
	if (status)
		return status;
	file = pen_file_new(NULL);
	if (!file) {
		close(fd);
		return PEN_STATUS_NO_MEMORY;
	}
	fill(file, fd);
	status = make_end(file, fd);
	if (!status) {
		status = pen_file_open(pipep, file, grant(config));
		if (status)
			pen_end_close(&file->end, -1);
	}
	if (status)
		pen_file_free(file);
	return status;
}

const struct pen_provider pen_provider_dotnet = { .is_for = is_for, .open = open_dotnet };
