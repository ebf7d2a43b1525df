/* SPDX-License-Identifier: MIT */
/*
 * A pipe server that does what it is told, a line for each call; the answer is the status in hex,
 * a number, and bytes in hex or a text.
 *
 *	create END NAME message|byte QUOTA local|all SDDL|default
 *	listen|disconnect|close|peek|token|computer|state END
 *	read END SIZE
 *	write END BYTES
 *	flush END
 */
#include <penstock/pipe.h>
#include <penstock/sid.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDS = 8, WAIT_MS = 20000, SIZE = 200000 };

static struct pen_pipe *ends[ENDS];
static uint8_t bytes[SIZE];

static void answer(uint32_t status, uint32_t n, const uint8_t *data, uint32_t n_data)
{
	printf("%08x %u ", status, n);
	for (uint32_t i = 0; i < n_data; i++)
		printf("%02x", data[i]);
	printf("\n");
	fflush(stdout);
}

static void answer_text(uint32_t status, const char *text)
{
	printf("%08x 0 %s\n", status, text);
	fflush(stdout);
}

static uint32_t from_hex(const char *text)
{
	uint32_t n = 0;
	unsigned byte;

	for (; sscanf(text, "%2x", &byte) == 1 && n < SIZE; text += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static void create(unsigned end, char *arguments)
{
	const char *name = strtok(arguments, " "), *type = strtok(NULL, " ");
	const char *quota = strtok(NULL, " "), *who = strtok(NULL, " "), *sddl = strtok(NULL, " ");
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	uint32_t quotas[2] = { 0 };
	struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX, .quotas = quotas };

	if (!sddl) {
		answer(PEN_STATUS_INVALID_PARAMETER, 0, NULL, 0);
		return;
	}
	pen_arena_init(&arena, SIZE);
	quotas[0] = quotas[1] = (uint32_t)atoi(quota);
	config.is_message = config.is_message_mode = strcmp(type, "message") == 0;
	config.rejects_remote = strcmp(who, "local") == 0;
	if (!pen_sddl_parse(&descriptor, &arena, sddl, NULL, NULL))
		config.descriptor = &descriptor;
	answer(pen_pipe_create(&ends[end], name, &config, NULL), 0, NULL, 0);
	pen_arena_done(&arena);
}

/* Who it is: the account, the domain, the uid, and the first SID. */
static void tell_token(unsigned end)
{
	const struct pen_token_info *info;
	struct pen_token *token;
	char text[600], sid[PEN_SID_TEXT_SIZE];
	uint32_t status = pen_pipe_client_token(ends[end], &token);

	if (status) {
		answer(status, 0, NULL, 0);
		return;
	}
	info = pen_token_info(token);
	pen_sid_print(pen_token_user(token), sid);
	snprintf(text, sizeof(text), "%s\\%s %u %s %s %d", info->domain, info->account, info->uid,
		 sid, info->is_local ? "local" : "remote", info->is_identify_only);
	answer_text(status, text);
	pen_token_free(token);
}

static void tell_computer(unsigned end)
{
	char *name;
	uint32_t status = pen_pipe_client_computer(ends[end], &name);

	answer_text(status, status ? "" : name);
	if (!status)
		free(name);
}

static void peek(unsigned end)
{
	struct pen_pipe_peek seen = { 0 };
	uint32_t status = pen_pipe_peek(ends[end], bytes, SIZE, &seen);

	answer(status, seen.available, bytes, seen.n);
}

static void state(unsigned end)
{
	struct pen_pipe_info info = { 0 };
	uint32_t status = pen_pipe_get_info(ends[end], &info);

	answer(status, info.state, NULL, 0);
}

static void obey(const char *verb, unsigned end, char *arguments)
{
	uint32_t n = 0, status;

	if (strcmp(verb, "create") == 0) {
		create(end, arguments);
	} else if (strcmp(verb, "listen") == 0) {
		answer(pen_pipe_listen(ends[end], WAIT_MS), 0, NULL, 0);
	} else if (strcmp(verb, "read") == 0) {
		status = pen_pipe_read(ends[end], bytes, (uint32_t)atoi(arguments), &n, WAIT_MS);
		answer(status, n, bytes, n);
	} else if (strcmp(verb, "write") == 0) {
		status = pen_pipe_write(ends[end], bytes, from_hex(arguments), &n, WAIT_MS);
		answer(status, n, NULL, 0);
	} else if (strcmp(verb, "flush") == 0) {
		answer(pen_pipe_flush(ends[end], WAIT_MS), 0, NULL, 0);
	} else if (strcmp(verb, "disconnect") == 0) {
		answer(pen_pipe_disconnect(ends[end]), 0, NULL, 0);
	} else if (strcmp(verb, "close") == 0) {
		ends[end] = pen_pipe_free(ends[end]);
		answer(0, 0, NULL, 0);
	} else if (strcmp(verb, "token") == 0) {
		tell_token(end);
	} else if (strcmp(verb, "computer") == 0) {
		tell_computer(end);
	} else if (strcmp(verb, "peek") == 0) {
		peek(end);
	} else if (strcmp(verb, "state") == 0) {
		state(end);
	} else {
		answer(PEN_STATUS_NOT_IMPLEMENTED, 0, NULL, 0);
	}
}

int main(void)
{
	static char line[2 * SIZE + 100];

	while (fgets(line, sizeof(line), stdin)) {
		char verb[20] = "";
		unsigned end = ENDS;
		int at = 0;

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%19s %u %n", verb, &end, &at) < 2 || end >= ENDS)
			return 1;
		obey(verb, end, line + at);
	}
	for (unsigned i = 0; i < ENDS; i++)
		pen_pipe_free(ends[i]);
	return 0;
}
