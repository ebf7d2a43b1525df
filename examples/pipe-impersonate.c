/* SPDX-License-Identifier: MIT */
/*
 * A service that reads files for its clients, as its clients: whoever may not read a file does not
 * get it here either. Root's serves everybody; another user's serves that user.
 *
 *	pipe-impersonate '\\.\pipe\files'
 *	penstock pipe call files /etc/hostname
 */
#include <errno.h>
#include <fcntl.h>
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 4096 };

static uint32_t answer(struct pen_pipe *pipe, const char *format, const char *what, const char *why)
{
	char text[MESSAGE_MAX];
	int n = snprintf(text, sizeof(text), format, what, why);
	uint32_t n_written;

	return pen_pipe_write(pipe, text, n < MESSAGE_MAX ? (uint32_t)n : MESSAGE_MAX, &n_written,
			      -1);
}

static void tell_who(struct pen_pipe *pipe)
{
	struct pen_token *token;
	char user[PEN_SID_TEXT_SIZE];
	uint32_t pid = 0;

	if (pen_pipe_client_token(pipe, &token))
		return;
	pen_pipe_client_process(pipe, &pid);
	pen_sid_print(pen_token_user(token), user);
	printf("%s asks, process %u\n", user, pid);
	fflush(stdout);
	pen_token_free(token);
}

/* The first piece of a file. A client is known once something has been read from it. */
static uint32_t serve_file(struct pen_pipe *pipe, const char *path)
{
	char text[MESSAGE_MAX];
	uint32_t status, n_written;
	ssize_t n;
	int fd, error;

	tell_who(pipe);
	status = pen_pipe_impersonate(pipe);
	if (status) /* the thread is still itself: it does nothing for this client */
		return answer(pipe, "%s: %s", path, pen_ntstatus_name(status));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	error = errno;
	pen_pipe_revert();
	if (fd < 0)
		return answer(pipe, "%s: %s", path, strerror(error));
	n = read(fd, text, sizeof(text));
	error = errno;
	close(fd);
	if (n < 0)
		return answer(pipe, "%s: %s", path, strerror(error));
	return pen_pipe_write(pipe, text, (uint32_t)n, &n_written, -1);
}

static void serve_client(struct pen_pipe *pipe)
{
	char path[MESSAGE_MAX];
	uint32_t n;

	while (!pen_pipe_read(pipe, path, sizeof(path) - 1, &n, -1)) {
		path[n] = '\0';
		if (serve_file(pipe, path))
			return;
	}
}

int main(int argc, char **argv)
{
	/* Everybody may ask: what they get, the system's own rights say. */
	static const char sddl[] = "D:(A;;GA;;;SY)(A;;GA;;;OW)(A;;0x12019b;;;WD)";
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\files";
	struct pen_descriptor descriptor;
	struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.disposition = PEN_PIPE_CREATE,
		.instances_max = 1,
		.descriptor = &descriptor,
	};
	struct pen_arena arena;
	struct pen_pipe *pipe;
	uint32_t status;

	pen_arena_init(&arena, 0);
	if (pen_sddl_parse(&descriptor, &arena, sddl, NULL, NULL))
		return 1;
	status = pen_pipe_create(&pipe, name, &config, NULL);
	pen_arena_done(&arena);
	if (status) {
		fprintf(stderr, "%s: %s\n", name, pen_ntstatus_name(status));
		return 1;
	}
	printf("%s\n", name);
	fflush(stdout);
	for (;;) {
		status = pen_pipe_listen(pipe, -1);
		if (status && status != PEN_STATUS_PIPE_CONNECTED &&
		    status != PEN_STATUS_PIPE_CLOSING)
			break;
		serve_client(pipe);
		pen_pipe_flush(pipe, 1000); /* what it has not read is lost otherwise */
		pen_pipe_disconnect(pipe);
	}
	fprintf(stderr, "%s: %s\n", name, pen_ntstatus_name(status));
	pen_pipe_free(pipe);
	return 1;
}
