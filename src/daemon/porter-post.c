/* SPDX-License-Identifier: MIT */
#include "daemon/porter-part.h"
#include "np/file.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENVELOPE_SIZE = 1 << 20 };

/* Every user may open and use them; instances are ours. */
static const char everybody[] = "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)(A;;0x12019b;;;WD)";

/* ---- who comes ---- */

struct caller *caller_free(struct caller *caller)
{
	if (!caller)
		return NULL;
	if (caller->envelope >= 0)
		close(caller->envelope);
	pen_token_free(caller->token);
	free(caller);
	return NULL;
}

/* What is in the envelope stays there when this end is closed. A negative errno. */
static int enclose(struct pen_pipe *pipe, int *envelopep)
{
	const int size = ENVELOPE_SIZE;
	uint32_t status;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	status = pen_pipe_send(pipe, ends[0], 0);
	close(ends[0]);
	if (!status) {
		*envelopep = ends[1];
		return 0;
	}
	close(ends[1]);
	return -EIO;
}

/* Who has opened the pipe; and the pipe, which is the caller's. NULL: that is not to be known. */
static struct caller *meet(const struct post *post, struct pen_pipe *pipe)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller)
		return NULL;
	strcpy(caller->name, post->letter.name);
	caller->envelope = -1;
	pen_list_init(&caller->link);
	if (pen_file_opener(pipe->file, &caller->token) ||
	    pen_pipe_client_process(pipe, &caller->process) || enclose(pipe, &caller->envelope))
		return caller_free(caller);
	return caller;
}

static void admit(void *data, struct pen_pipe *pipe)
{
	const struct post *post = data;
	struct caller *caller = meet(post, pipe);

	pen_pipe_free(pipe);
	if (caller)
		porter_announce(post->porter, caller);
}

/* ---- instances ---- */

static void on_missing(void *data)
{
	struct post *post = data;

	if (!post_fill(post))
		porter_try_again(post->porter);
}

/* Said once, as long as it lasts; that there are as many as there may be is nothing to say. */
static void complain(struct post *post, uint32_t status)
{
	if (status && status != post->failure && status != PEN_STATUS_INSTANCE_NOT_AVAILABLE)
		fprintf(stderr, "penstock-porter: \\pipe\\%s: %s\n", post->letter.name,
			pen_ntstatus_text(status));
	post->failure = status;
}

bool post_fill(struct post *post)
{
	uint32_t status;

	/* As long as penstockd hears of nobody, no more are let in. */
	if (!pen_list_is_empty(&post->porter->callers))
		return true;
	status = pen_pipe_instances_fill(post->instances);
	complain(post, status);
	return !status;
}

/* ---- its life ---- */

static int read_security(struct post *post)
{
	const char *text = post->letter.security ? post->letter.security : everybody;
	struct pen_sddl_error error = { 0 };
	int r = pen_sddl_parse(&post->descriptor, &post->arena, text, NULL, &error);

	if (r > 0)
		fprintf(stderr, "penstock-porter: \\pipe\\%s: its security: %s\n",
			post->letter.name, error.text);
	return r;
}

static int copy_letter(struct post *post, const struct worker_post *letter)
{
	post->letter = *letter;
	post->letter.name = pen_arena_strdup(&post->arena, letter->name);
	if (letter->security)
		post->letter.security = pen_arena_strdup(&post->arena, letter->security);
	post->quotas[0] = letter->inbound_quota;
	post->quotas[1] = letter->outbound_quota;
	snprintf(post->path, sizeof(post->path), "\\\\.\\pipe\\%s", letter->name);
	return post->letter.name && (post->letter.security || !letter->security) ? 0 : -ENOMEM;
}

static int make_instances(struct post *post)
{
	const struct worker_post *letter = &post->letter;
	const struct pen_pipe_instances_config config = {
		.loop = &post->porter->loop.uv,
		.name = post->path,
		.sends_on = true,
		.pipe = { .configuration = letter->configuration,
			  .is_message = letter->is_message,
			  .is_message_mode = letter->is_message_mode,
			  .rejects_remote = letter->rejects_remote,
			  .instances_max = letter->instances_max,
			  .quotas = post->quotas,
			  .timeout_ms = letter->timeout_ms,
			  .descriptor = &post->descriptor,
			  .objects_dir = post->porter->config.objects },
		.came = admit,
		.missing = on_missing,
		.data = post,
	};

	return pen_pipe_instances_new(&post->instances, &config);
}

static struct post *done(struct post *post)
{
	pen_pipe_instances_free(post->instances);
	pen_arena_done(&post->arena);
	free(post);
	return NULL;
}

int post_new(struct porter *porter, const struct worker_post *letter)
{
	struct post *post = calloc(1, sizeof(*post));
	int r;

	if (!post)
		return -ENOMEM;
	post->porter = porter;
	post->is_wanted = true;
	pen_arena_init(&post->arena, 0);
	r = copy_letter(post, letter);
	if (!r)
		r = read_security(post);
	if (!r)
		r = make_instances(post);
	if (r) {
		done(post);
		return r;
	}
	pen_list_append(&porter->posts, &post->link);
	on_missing(post);
	return 0;
}

void post_free(struct post *post)
{
	pen_list_remove(&post->link);
	done(post);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool post_is(const struct post *post, const struct worker_post *letter)
{
	const struct worker_post *is = &post->letter;

	return !strcmp(is->name, letter->name) && is->configuration == letter->configuration &&
	       is->is_message == letter->is_message &&
	       is->is_message_mode == letter->is_message_mode &&
	       is->rejects_remote == letter->rejects_remote &&
	       is->instances_max == letter->instances_max && is->timeout_ms == letter->timeout_ms &&
	       is->inbound_quota == letter->inbound_quota &&
	       is->outbound_quota == letter->outbound_quota &&
	       is_same_text(is->security, letter->security);
}
