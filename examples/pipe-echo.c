/* SPDX-License-Identifier: MIT */
/*
 * The smallest server of a named pipe: every message goes back to the client it comes from. One
 * client after the other; pipe-uv.c serves many at once.
 *
 *	pipe-echo '\\.\pipe\echo'
 *	penstock pipe call echo "a few words"
 */
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 65536 };

static int complain(const char *what, uint32_t status)
{
	fprintf(stderr, "%s: %s: %s\n", what, pen_ntstatus_name(status), pen_ntstatus_text(status));
	return 1;
}

/* Until the client closes its end. A message that is longer is read, and goes back, in parts. */
static uint32_t echo(struct pen_pipe *pipe)
{
	static char message[MESSAGE_MAX];
	uint32_t n, status;

	for (;;) {
		status = pen_pipe_read(pipe, message, sizeof(message), &n, -1);
		if (status && status != PEN_STATUS_BUFFER_OVERFLOW)
			return status;
		status = pen_pipe_write(pipe, message, n, &n, -1);
		if (status)
			return status;
	}
}

int main(int argc, char **argv)
{
	const struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.disposition =
			PEN_PIPE_CREATE, /* or somebody else's pipe would have one more instance */
		.instances_max = 1,
	};
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\echo";
	struct pen_pipe *pipe;
	uint32_t status = pen_pipe_create(&pipe, name, &config, NULL);

	if (status)
		return complain(name, status);
	printf("%s\n", name);
	fflush(stdout);
	for (;;) {
		status = pen_pipe_listen(pipe, -1);
		/* A client may have come before we listened, and even have gone. */
		if (status && status != PEN_STATUS_PIPE_CONNECTED &&
		    status != PEN_STATUS_PIPE_CLOSING)
			break;
		status = echo(pipe);
		if (status != PEN_STATUS_PIPE_BROKEN && status != PEN_STATUS_PIPE_CLOSING)
			complain("a client", status);
		pen_pipe_disconnect(pipe);
	}
	pen_pipe_free(pipe);
	return complain(name, status);
}
