/* SPDX-License-Identifier: MIT */
/*
 * A client in somebody's poll(2) loop, with many calls under way at once.
 *
 *	poll-client ncacn_ip_tcp:127.0.0.1[PORT]
 */
#include <penstock/client.h>
#include <penstock/idl/rpcecho.h>
#include <poll.h>
#include <stdio.h>

enum { N_CALLS = 16 };

/* A call, and where its answer goes. */
struct question {
	struct pen_call *call;
	struct rpcecho_echo_AddOne_out answer;
};

static int n_done;

static void on_answer(struct pen_call *call, int result, void *data)
{
	const struct question *question = data;

	if (result)
		printf("%s: %s\n", pen_error_name(result), pen_call_error(call));
	else
		printf("%u\n", question->answer.out_data);
	n_done++;
}

static int ask(struct pen_client *client, struct question *question, uint32_t number)
{
	const struct rpcecho_echo_AddOne_in in = { .in_data = number };
	int r;

	r = pen_call_new(&question->call, client);
	if (r)
		return r;
	pen_call_set_timeout(question->call, 10000);
	return rpcecho_echo_AddOne_start(question->call, &in, &question->answer, on_answer,
					 question);
}

int main(int argc, char **argv)
{
	struct question questions[N_CALLS] = { 0 };
	struct pen_client *client;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s BINDING\n", argv[0]);
		return 2;
	}
	r = pen_client_new(&client, argv[1], NULL, NULL);
	if (r) {
		fprintf(stderr, "%s\n", pen_error_name(r));
		return 1;
	}
	for (uint32_t i = 0; i < N_CALLS && !r; i++)
		r = ask(client, &questions[i], i);

	/* Other descriptors would stand in the same array. */
	while (!r && n_done < N_CALLS) {
		struct pollfd wait = { .fd = pen_client_fd(client),
				       .events = pen_client_events(client) };

		poll(&wait, 1, pen_client_timeout(client));
		r = pen_client_dispatch(client);
	}
	if (r)
		fprintf(stderr, "%s: %s\n", pen_error_name(r), pen_client_error(client));
	for (int i = 0; i < N_CALLS; i++)
		pen_call_free(questions[i].call);
	pen_client_free(client);
	return r ? 1 : 0;
}
