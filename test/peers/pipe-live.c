/* SPDX-License-Identifier: MIT */
/*
 * Serves a pipe, whoever runs it: answers each message by its letters backwards, and says who wrote
 * it. "bye" ends the connection.
 *
 *	pipe-live NAME message|byte [SDDL|local]
 */
#include <penstock/pipe.h>
#include <penstock/status-codes.h>
#include <stdio.h>
#include <string.h>

static void turn_round(char *text, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		char c = text[i];

		text[i] = text[n - 1 - i];
		text[n - 1 - i] = c;
	}
}

static void say_who(struct pen_pipe *pipe)
{
	struct pen_token *token;
	uint32_t status = pen_pipe_client_token(pipe, &token);

	if (status) {
		printf("nobody: 0x%08x\n", status);
		return;
	}
	printf("%s from %s\n", pen_token_info(token)->account,
	       pen_token_info(token)->is_local ? "here" : "elsewhere");
	pen_token_free(token);
}

static void serve(struct pen_pipe *pipe)
{
	char text[65536];
	uint32_t n, status;

	while (!(status = pen_pipe_read(pipe, text, sizeof(text), &n, -1))) {
		say_who(pipe);
		if (n == 3 && !memcmp(text, "bye", 3))
			return;
		turn_round(text, n);
		if (pen_pipe_write(pipe, text, n, &n, 10000))
			return;
	}
	printf("end 0x%08x\n", status);
}

int main(int argc, char **argv)
{
	struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX };
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	struct pen_pipe *pipe;
	uint32_t status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pen_arena_init(&arena, 0);
	if (argc < 3)
		return 2;
	config.is_message = config.is_message_mode = !strcmp(argv[2], "message");
	if (argc > 3 && !strcmp(argv[3], "local"))
		config.rejects_remote = true;
	else if (argc > 3) {
		if (pen_sddl_parse(&descriptor, &arena, argv[3], NULL, NULL))
			return 2;
		config.descriptor = &descriptor;
	}
	status = pen_pipe_create(&pipe, argv[1], &config, NULL);
	pen_arena_done(&arena);
	while (!status) {
		status = pen_pipe_listen(pipe, -1);
		if (!status) {
			serve(pipe);
			status = pen_pipe_disconnect(pipe);
		}
	}
	printf("failed 0x%08x\n", status);
	return 1;
}
