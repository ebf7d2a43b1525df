/* SPDX-License-Identifier: MIT */
#include "daemon/rules.h"
#include "base/cleanup.h"
#include "io/file.h"
#include "runtime/call-record.h"
#include "runtime/private-file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)worker_POLICY_MAX == (int)PEN_POLICY_TEXT_MAX, "a message has room for it");

struct rules {
	char *path; /* NULL: there is no policy */
	struct pen_buffer text;
	int record; /* -1: none */
};

PEN_DEFINE_FREEP(struct rules, rules)

static int read_text(struct rules *rules, const char *path, struct pen_buffer *diagnoses)
{
	int r;

	rules->path = strdup(path);
	if (!rules->path)
		return -ENOMEM;
	r = pen_file_read(path, &rules->text);
	if (r)
		pen_buffer_printf(diagnoses, "cannot read %s: %s\n", path,
				  r < 0 ? strerror(-r) : "it is larger than 64 KiB");
	return r;
}

static int open_record(struct rules *rules, const char *path, struct pen_buffer *diagnoses)
{
	struct pen_ndr_error error = { "" };
	int r = pen_private_file_open(&rules->record, PEN_CALL_RECORD_WHAT, path, &error);

	if (r)
		pen_buffer_printf(diagnoses, "%s\n", error.text);
	return r;
}

int rules_new(struct rules **rulesp, const char *policy, const char *record,
	      struct pen_buffer *diagnoses)
{
	pen_cleanup(rules_freep) struct rules *rules = calloc(1, sizeof(*rules));
	int r = 0;

	if (!rules)
		return -ENOMEM;
	rules->record = -1;
	pen_buffer_init(&rules->text, PEN_POLICY_TEXT_MAX);
	if (policy)
		r = read_text(rules, policy, diagnoses);
	if (!r)
		r = rules_check(rules, NULL, diagnoses);
	if (!r && record)
		r = open_record(rules, record, diagnoses);
	if (r)
		return r;
	*rulesp = pen_take(&rules);
	return 0;
}

struct rules *rules_free(struct rules *rules)
{
	if (!rules)
		return NULL;
	if (rules->record >= 0)
		close(rules->record);
	pen_buffer_done(&rules->text);
	free(rules->path);
	free(rules);
	return NULL;
}

int rules_check(const struct rules *rules, const struct pen_policy_known *known,
		struct pen_buffer *diagnoses)
{
	struct pen_policy *policy = NULL;
	int r;

	if (!rules || !rules->path)
		return 0;
	r = pen_policy_new(&policy, rules->path,
			   rules->text.size ? (const char *)rules->text.data : "", rules->text.size,
			   known, diagnoses);
	pen_policy_free(policy);
	return r;
}

bool rules_say_something(const struct rules *rules)
{
	return rules && (rules->path || rules->record >= 0);
}

int rules_tell(const struct rules *rules, struct child *child)
{
	struct worker_order order = { .verb = worker_POLICY };
	struct worker_policy *letter = &order.body.policy;
	int fd = -1, r;

	if (rules && rules->record >= 0) {
		fd = fcntl(rules->record, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return -errno;
	}
	letter->has_record = fd >= 0;
	if (rules && rules->path) {
		letter->is_there = true;
		letter->n_text = (uint32_t)rules->text.size;
		letter->text = rules->text.data;
	}
	r = child_tell(child, &order, fd);
	if (r && fd >= 0)
		close(fd);
	return r;
}
