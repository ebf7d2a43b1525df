/* SPDX-License-Identifier: MIT */
/* A pipe that carries no RPC: each message comes back in capital letters. penstockd starts this. */
#include <ctype.h>
#include <penstock/worker.h>

static void shout(void *data, struct pen_pipe *pipe, const struct pen_token *client)
{
	char text[1024];
	uint32_t n;

	while (!pen_pipe_read(pipe, text, sizeof(text), &n, -1)) {
		for (uint32_t i = 0; i < n; i++)
			text[i] = (char)toupper((unsigned char)text[i]);
		pen_pipe_write(pipe, text, n, &n, -1);
	}
}

int main(int argc, char **argv)
{
	const struct pen_worker_pipe pipe = {
		.name = "shout",
		.config = { .configuration = PEN_PIPE_DUPLEX,
			    .is_message = true,
			    .is_message_mode = true },
		.serve = shout,
	};
	const struct pen_worker worker = { .pipes = &pipe, .n_pipes = 1 };

	return pen_worker_main(argc, argv, &worker);
}
