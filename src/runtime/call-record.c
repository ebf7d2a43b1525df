/* SPDX-License-Identifier: MIT */
#include "runtime/call-record.h"
#include "ndr/json.h"
#include "policy/identity.h"
#include "policy/rule.h"
#include "runtime/private-file.h"
#include <errno.h>
#include <penstock/binding.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 1024 };

struct kind {
	struct kind *next;
	struct pen_uuid interface;
	char *interface_name, *operation; /* NULL: none */
	uint16_t opnum;
	enum pen_protseq protseq;
	uint8_t auth_level;
	uint64_t n_calls, n_written;
	char identity[];
};

struct pen_call_record {
	int fd;
	size_t n_kinds;
	struct pen_buffer identity; /* of the call at hand */
	struct kind *buckets[BUCKETS];
};

int pen_call_record_take(struct pen_call_record **recordp, int fd)
{
	struct pen_call_record *record = calloc(1, sizeof(*record));

	if (!record) {
		close(fd);
		return -ENOMEM;
	}
	record->fd = fd;
	pen_buffer_init(&record->identity, 0);
	*recordp = record;
	return 0;
}

int pen_call_record_new(struct pen_call_record **recordp, const char *path,
			struct pen_ndr_error *error)
{
	int fd = -1;
	int r = pen_private_file_open(&fd, PEN_CALL_RECORD_WHAT, path, error);

	return r ? r : pen_call_record_take(recordp, fd);
}

static struct kind *kind_free(struct kind *kind)
{
	if (kind) {
		free(kind->interface_name);
		free(kind->operation);
	}
	free(kind);
	return NULL;
}

struct pen_call_record *pen_call_record_free(struct pen_call_record *record)
{
	if (!record)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		while (record->buckets[i]) {
			struct kind *kind = record->buckets[i];

			record->buckets[i] = kind->next;
			kind_free(kind);
		}
	if (record->fd >= 0)
		close(record->fd);
	pen_buffer_done(&record->identity);
	free(record);
	return NULL;
}

/* ---- counting ---- */

static struct kind **bucket_of(struct pen_call_record *record,
			       const struct pen_policy_question *question, const char *identity)
{
	uint32_t hash = question->interface.uuid.time_low ^ question->opnum;

	for (; *identity; identity++)
		hash = (hash ^ (uint8_t)*identity) * 16777619;
	return &record->buckets[hash % BUCKETS];
}

static bool is_kind(const struct kind *kind, const struct pen_policy_question *question,
		    const char *identity)
{
	return kind->opnum == question->opnum && kind->protseq == question->protseq &&
	       kind->auth_level == question->auth_level &&
	       pen_uuid_equal(&kind->interface, &question->interface.uuid) &&
	       !strcmp(kind->identity, identity);
}

static struct kind *kind_new(const struct pen_policy_question *question, const char *identity)
{
	size_t n = strlen(identity) + 1;
	struct kind *kind = calloc(1, sizeof(*kind) + n);

	if (!kind)
		return NULL;
	memcpy(kind->identity, identity, n);
	kind->interface = question->interface.uuid;
	kind->opnum = (uint16_t)question->opnum;
	kind->protseq = question->protseq;
	kind->auth_level = question->auth_level;
	if (question->interface_name)
		kind->interface_name = strdup(question->interface_name);
	if (question->operation)
		kind->operation = strdup(question->operation);
	if ((question->interface_name && !kind->interface_name) ||
	    (question->operation && !kind->operation))
		return kind_free(kind);
	return kind;
}

int pen_call_record_add(struct pen_call_record *record, const struct pen_policy_question *question)
{
	struct kind **bucket, *kind;
	const char *identity;
	int r;

	record->identity.size = 0;
	r = pen_identity_print(question->token, &record->identity);
	if (!r)
		r = pen_buffer_add(&record->identity, "", 1);
	if (r)
		return r;
	identity = (const char *)record->identity.data;
	bucket = bucket_of(record, question, identity);
	kind = *bucket;
	while (kind && !is_kind(kind, question, identity))
		kind = kind->next;
	if (!kind) {
		if (record->n_kinds == PEN_CALL_RECORD_KINDS_MAX)
			return PEN_E_LIMIT;
		kind = kind_new(question, identity);
		if (!kind)
			return -ENOMEM;
		kind->next = *bucket;
		*bucket = kind;
		record->n_kinds++;
	}
	kind->n_calls++;
	return 0;
}

/* ---- writing ---- */

static int put_text(struct pen_buffer *text, const char *name, const char *value)
{
	int r = value ? pen_buffer_printf(text, "\"%s\":", name) : 0;

	if (!r && value)
		r = pen_json_put_string(text, value, false);
	return !r && value ? pen_buffer_add(text, ",", 1) : r;
}

/* The level that a rule names: its own, or the one below that has a name. */
static const char *level_name(uint8_t level)
{
	if (level >= PEN_RULE_N_LEVELS)
		level = PEN_RULE_N_LEVELS - 1;
	while (level && !pen_rule_level_name(level))
		level--;
	return level ? pen_rule_level_name(level) : pen_rule_level_name(PEN_AUTH_LEVEL_NONE);
}

static int put_kind(struct pen_buffer *text, const struct kind *kind)
{
	char uuid[PEN_UUID_TEXT_SIZE];
	int r;

	pen_uuid_print(&kind->interface, uuid);
	r = pen_buffer_printf(text, "{\"interface\":\"%s\",\"opnum\":%u,", uuid, kind->opnum);
	if (!r)
		r = put_text(text, "interface_name", kind->interface_name);
	if (!r)
		r = put_text(text, "operation", kind->operation);
	if (!r)
		r = put_text(text, "identity", kind->identity);
	return r ? r
		 : pen_buffer_printf(text,
				     "\"transport\":\"%s\",\"level\":\"%s\",\"calls\":%llu}\n",
				     pen_protseq_name(kind->protseq), level_name(kind->auth_level),
				     (unsigned long long)(kind->n_calls - kind->n_written));
}

static bool is_due(const struct kind *kind, bool is_all)
{
	return kind->n_calls > kind->n_written && (is_all || kind->n_calls / 2 >= kind->n_written);
}

/* What is not whole goes again, unless another process has written behind it. */
static int take_back(const struct pen_call_record *record, off_t before, size_t n)
{
	struct stat st;

	if (fstat(record->fd, &st))
		return -errno;
	if (st.st_size == before + (off_t)n && ftruncate(record->fd, before))
		return -errno;
	return -ENOSPC;
}

/* In one piece, or not at all. */
static int append(const struct pen_call_record *record, const struct pen_buffer *text)
{
	struct stat st;
	ssize_t n;

	if (!text->size)
		return 0;
	if (fstat(record->fd, &st))
		return -errno;
	if ((uint64_t)st.st_size + text->size > PEN_CALL_RECORD_FILE_MAX)
		return PEN_E_LIMIT;
	n = write(record->fd, text->data, text->size);
	if (n < 0)
		return -errno;
	if ((size_t)n == text->size)
		return 0;
	return take_back(record, st.st_size, (size_t)n);
}

int pen_call_record_write(struct pen_call_record *record, bool is_all)
{
	struct pen_buffer text;
	int r = 0;

	pen_buffer_init(&text, 0);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct kind *kind = record->buckets[i]; kind && !r; kind = kind->next)
			if (is_due(kind, is_all))
				r = put_kind(&text, kind);
	if (!r)
		r = append(record, &text);
	pen_buffer_done(&text);
	for (size_t i = 0; !r && i < BUCKETS; i++)
		for (struct kind *kind = record->buckets[i]; kind; kind = kind->next)
			if (is_due(kind, is_all))
				kind->n_written = kind->n_calls;
	return r;
}
