/* SPDX-License-Identifier: MIT */
#include "daemon/page-answer.h"
#include "daemon/metrics.h"
#include "page-html.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { HOST_SIZE = 256 };

/* ---- hosts ---- */

static bool is_port(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* The name or address without brackets and port. False: it is none. */
static bool cut(const char *host, char name[HOST_SIZE])
{
	size_t n = strlen(host);
	char *end;

	if (!n || n >= HOST_SIZE)
		return false;
	memcpy(name, host, n + 1);
	if (*name == '[') {
		end = strchr(name, ']');
		if (!end || (end[1] && (end[1] != ':' || !is_port(end + 2))))
			return false;
		*end = '\0';
		memmove(name, name + 1, strlen(name + 1) + 1);
		return true;
	}
	end = strchr(name, ':');
	if (end && !is_port(end + 1))
		return false;
	if (end)
		*end = '\0';
	return true;
}

bool page_is_own_host(const char *host, const char *machine)
{
	char name[HOST_SIZE];
	struct in6_addr v6;
	struct in_addr v4;

	if (!cut(host, name))
		return false;
	if (*host == '[')
		return inet_pton(AF_INET6, name, &v6) == 1;
	return inet_pton(AF_INET, name, &v4) == 1 || !strcasecmp(name, "localhost") ||
	       (*machine && !strcasecmp(name, machine));
}

/* ---- answers ---- */

static int say(struct page_answer *answer, unsigned code, const char *sentence)
{
	answer->code = code;
	answer->type = "text/plain; charset=utf-8";
	answer->body.size = 0;
	return pen_buffer_printf(&answer->body, "%s\n", sentence);
}

static int show_page(struct page_answer *answer)
{
	answer->code = 200;
	answer->type = "text/html; charset=utf-8";
	answer->policy = page_policy;
	for (size_t i = 0; i < PEN_COUNT(page_html); i++) {
		int r = pen_buffer_printf(&answer->body, "%s\n", page_html[i]);

		if (r)
			return r;
	}
	return 0;
}

static int put_json(const struct control_status *status, struct pen_buffer *body)
{
	struct pen_ndr_error error = { "" };

	return pen_ndr_to_json(&control_status_type, NULL, status, body, &error);
}

static int show_status(struct page_answer *answer, const struct page_source *source,
		       const char *type,
		       int (*put)(const struct control_status *status, struct pen_buffer *body))
{
	const struct control_status *status;
	int r = source->ask(source->data, &status);

	if (r == -ENOMEM)
		return r;
	if (r)
		return say(answer, 503, "penstockd does not answer.");
	answer->code = 200;
	answer->type = type;
	return put(status, &answer->body);
}

static bool is_known(const struct page_request *request)
{
	char machine[HOST_SIZE] = "";

	if (request->is_local)
		return true;
	gethostname(machine, sizeof(machine) - 1);
	return request->host && page_is_own_host(request->host, machine);
}

int page_answer(struct page_answer *answer, const struct page_request *request,
		const struct page_source *source)
{
	*answer = (struct page_answer){ .code = 500 };
	pen_buffer_init(&answer->body, 0);
	if (!is_known(request))
		return say(answer, 421, "This is not the host that you are looking for.");
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
		answer->allow = "GET, HEAD";
		return say(answer, 405, "There is nothing here but to be read.");
	}
	if (!strcmp(request->path, "/"))
		return show_page(answer);
	if (!strcmp(request->path, "/status.json"))
		return show_status(answer, source, "application/json", put_json);
	if (!strcmp(request->path, "/metrics"))
		return show_status(answer, source, METRICS_TYPE, metrics_put);
	return say(answer, 404, "There are /, /status.json and /metrics here.");
}
