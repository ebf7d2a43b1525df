/* SPDX-License-Identifier: MIT */
#include "daemon/inquiry.h"
#include "daemon/listing.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWERS_MAX = 256 << 20 };

static const struct pen_layout layout = { .transfer = PEN_NDR };

struct heritage_stamp inquiry_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct heritage_stamp){ 0 };
	return (struct heritage_stamp){
		.device = (int64_t)st.st_dev,
		.inode = (int64_t)st.st_ino,
		.size = st.st_size,
		.changed_s = st.st_mtim.tv_sec,
		.changed_ns = (int32_t)st.st_mtim.tv_nsec,
	};
}

bool inquiry_is_same(const struct heritage_stamp *a, const struct heritage_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

/* ---- there ---- */

static int ask(struct heritage_answer *answer, const char *path, struct pen_arena *arena)
{
	struct heritage_program *program = &answer->program;
	struct listing listing;
	char error[256] = "";

	program->path = path;
	program->stamp = inquiry_stamp(path);
	answer->result = listing_ask(&listing, path, LISTING_ASK_MS, error);
	answer->error = pen_arena_strdup(arena, error);
	if (!answer->error)
		return -ENOMEM;
	if (answer->result)
		return 0;
	program->n_source = (uint32_t)listing.source.size;
	program->source = pen_arena_copy(arena, listing.source.data, listing.source.size);
	listing_done(&listing);
	return program->source ? 0 : -ENOMEM;
}

static int put(const struct heritage_answers *answers, int fd)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, ANSWERS_MAX);
	r = pen_ndr_put(&heritage_answers_type, layout, NULL, answers, &text, NULL);
	for (size_t at = 0; !r && at < text.size;) {
		ssize_t n = write(fd, text.data + at, text.size - at);

		if (n < 0 && errno != EINTR)
			r = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	pen_buffer_done(&text);
	return r;
}

int inquiry_write(const char *const *paths, int fd)
{
	struct heritage_answers answers = { 0 };
	struct pen_arena arena;
	uint32_t n = 0;
	int r = 0;

	while (paths[n])
		n++;
	pen_arena_init(&arena, ANSWERS_MAX);
	answers.answers = pen_arena_array(&arena, n, sizeof(*answers.answers));
	if (!answers.answers)
		r = -ENOMEM;
	for (; !r && answers.n_answers < n; answers.n_answers++)
		r = ask(&answers.answers[answers.n_answers], paths[answers.n_answers], &arena);
	if (!r)
		r = put(&answers, fd);
	pen_arena_done(&arena);
	return r;
}

/* ---- here ---- */

static int read_all(struct pen_buffer *text, int fd, size_t n)
{
	int r = pen_buffer_reserve(text, n);

	while (!r && text->size < n) {
		ssize_t got = pread(fd, text->data + text->size, n - text->size, (off_t)text->size);

		if (got < 0 && errno != EINTR)
			r = -errno;
		else if (!got)
			r = PEN_E_BAD_DATA;
		text->size += got > 0 ? (size_t)got : 0;
	}
	return r;
}

int inquiry_read(struct heritage_answers *answers, int fd, struct pen_arena *arena)
{
	struct pen_buffer text;
	struct stat st;
	int r;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size <= 0 || st.st_size > ANSWERS_MAX)
		return PEN_E_BAD_DATA;
	pen_buffer_init(&text, 0);
	memset(answers, 0, sizeof(*answers));
	r = read_all(&text, fd, (size_t)st.st_size);
	if (!r)
		r = pen_ndr_get(&heritage_answers_type, layout, NULL, text.data, text.size, answers,
				arena, NULL, NULL);
	pen_buffer_done(&text);
	return r;
}
